/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "boot.h"

#include "data.h"
#include "section.h"
#include "supervisor.h"
#include "verity_device.h"

#include "cleanup.h"
#include "log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define COMMON_CMDLINE "console=hvc0 quiet loglevel=4 panic=-1 root=/dev/vda ro rootfstype=erofs "
#define SYSTEM_CMDLINE COMMON_CMDLINE "init=/sbin/bk-init"
/* Linux ends a program's sound that stands still for 1.1 times its buffer, which is 160 ms at most by itself; a new
 * bk-sound takes longer. */
#define APP_CMDLINE COMMON_CMDLINE "init=/sbin/bk-guest-init virtio_snd.pcm_buffer_ms=500"

/* Where the app and, a step before it, the System VM are in the network of the app's port:
 * docs/protocols/ethernet-cable.md. */
#define ADDRESS(port, host) 10U, 200U, (port) >> 6, ((port) & 63U) * 4U + (host)

static const struct bk_boot nothing = BK_BOOT_NOTHING;

bool bk_boot_add_word(struct bk_boot *boot, const char *word, const char *value)
{
    size_t used = strlen(boot->cmdline);
    size_t left = sizeof boot->cmdline - used;

    return snprintf(boot->cmdline + used, left, "%s%s%s", used > 0 ? " " : "", word, value) < (int)left;
}

static bool set_cmdline(struct bk_boot *boot, const struct bk_supervisor *supervisor, const char *common,
                        const char *arguments)
{
    return bk_boot_add_word(boot, common, "") &&
           (!supervisor->options->debug || bk_boot_add_word(boot, "bulkhead.debug", "")) &&
           (arguments == NULL || bk_boot_add_word(boot, arguments, ""));
}

/* The kernel of the provided Linux sets up its card by itself. */
static bool add_network(struct bk_boot *boot, uint32_t port)
{
    char address[128];

    snprintf(address, sizeof address, "%u.%u.%u.%u::%u.%u.%u.%u:255.255.255.252::eth0:off:%u.%u.%u.%u",
             ADDRESS(port, 2U), ADDRESS(port, 1U), ADDRESS(port, 1U));
    return bk_boot_add_word(boot, "ip=", address);
}

/* A file of the machine's image: in `folder`, which may be NULL, under `parent`. */
static int open_file(const struct bk_supervisor *supervisor, const char *parent, const char *folder, const char *name)
{
    char path[PATH_MAX];

    int n = snprintf(path, sizeof path, "%s/%s/%s%s%s", supervisor->options->machine_directory, parent,
                     folder != NULL ? folder : "", folder != NULL ? "/" : "", name);
    if (n < 0 || n >= (int)sizeof path)
        return -ENAMETOOLONG;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return fd < 0 ? -errno : fd;
}

static int open_provided_kernel(const struct bk_supervisor *supervisor, struct bk_boot *boot, const char **ret_problem)
{
    *ret_problem = "its kernel cannot be opened";
    boot->kernel = open_file(supervisor, "system", NULL, "vmlinux");
    return boot->kernel < 0 ? boot->kernel : 0;
}

static int open_own_kernel(int bundle, const struct bk_bundle_header *header, struct bk_boot *boot,
                           const char **ret_problem)
{
    *ret_problem = "its kernel is not as it was signed, or cannot be read";
    boot->kernel = bk_section_open(bundle, header, BK_BUNDLE_KERNEL);
    if (boot->kernel < 0 || header->sections[BK_BUNDLE_INITRD].size == 0)
        return boot->kernel < 0 ? boot->kernel : 0;
    *ret_problem = "its initrd is not as it was signed, or cannot be read";
    boot->initrd = bk_section_open(bundle, header, BK_BUNDLE_INITRD);
    return boot->initrd < 0 ? boot->initrd : 0;
}

static int open_installed(const struct bk_app *app, struct bk_boot *boot, const char **ret_problem)
{
    const struct bk_supervisor *supervisor = app->supervisor;

    *ret_problem = "its bundle cannot be opened";
    _cleanup_close_ int bundle = bk_store_open_bundle(&supervisor->software.store, bk_supervisor_home_of(app));
    if (bundle < 0)
        return bundle;
    int r = app->manifest.own_kernel ? open_own_kernel(bundle, &app->bundle, boot, ret_problem)
                                     : open_provided_kernel(supervisor, boot, ret_problem);
    if (r < 0 || app->bundle.sections[BK_BUNDLE_ROOT].size == 0)
        return r;
    *ret_problem = "its disk cannot be checked while it is read: the machine has no loop device or no dm-verity";
    boot->disk = bk_verity_device_open(bundle, &app->bundle);
    return boot->disk < 0 ? boot->disk : 0;
}

static int open_provided(const struct bk_app *app, struct bk_boot *boot, const char **ret_problem)
{
    int r = open_provided_kernel(app->supervisor, boot, ret_problem);

    if (r < 0)
        return r;
    *ret_problem = "its disk cannot be opened";
    boot->disk = open_file(app->supervisor, "apps", bk_supervisor_home_of(app), "root.erofs");
    return boot->disk < 0 ? boot->disk : 0;
}

/* Without a disk for apps nothing can be kept, as without a data disk in the System VM: the app runs all the same. */
static int open_data(const struct bk_app *app, struct bk_boot *boot, const char **ret_problem)
{
    struct bk_store *store = &app->supervisor->software.store;
    const uint64_t size = (uint64_t)app->manifest.storage_mib << 20;

    if (size == 0)
        return 0;
    if (!store->open) {
        bk_warning("%s keeps nothing: there is no disk for apps", app->manifest.id);
        return 0;
    }
    boot->data = app->copy_of != NULL ? bk_data_open_passing(store, size)
                                      : bk_data_open(store, app->manifest.id, app->installed, size);
    *ret_problem = boot->data == -EFBIG   ? "its data disk would be larger than the disk for apps"
                   : boot->data == -EBUSY ? "its data disk is still used by another VM"
                                          : "its data disk cannot be opened";
    return boot->data < 0 ? boot->data : 0;
}

int bk_boot_open_app(const struct bk_app *app, struct bk_boot *ret, const char **ret_problem)
{
    const char *arguments = app->manifest.arguments;

    *ret = nothing;
    int r = app->installed ? open_installed(app, ret, ret_problem) : open_provided(app, ret, ret_problem);
    if (r >= 0)
        r = open_data(app, ret, ret_problem);
    if (r >= 0) {
        *ret_problem = "its kernel's command line is too long";
        if (!(app->manifest.own_kernel ? bk_boot_add_word(ret, arguments != NULL ? arguments : "", "")
                                       : set_cmdline(ret, app->supervisor, APP_CMDLINE, arguments) &&
                                             (ret->data < 0 || bk_boot_add_word(ret, BK_BOOT_DATA_WORD, "")) &&
                                             (app->port == 0 || add_network(ret, app->port))))
            r = -ENAMETOOLONG;
    }
    if (r < 0)
        bk_boot_close(ret);
    return r;
}

int bk_boot_open_system(const struct bk_supervisor *supervisor, struct bk_boot *ret, const char **ret_problem)
{
    *ret = nothing;
    int r = open_provided_kernel(supervisor, ret, ret_problem);
    if (r >= 0) {
        *ret_problem = "its disk cannot be opened";
        r = ret->disk = open_file(supervisor, "system", NULL, "root.erofs");
    }
    if (r >= 0) {
        *ret_problem = "its kernel's command line is too long";
        r = set_cmdline(ret, supervisor, SYSTEM_CMDLINE, supervisor->system_arguments) ? 0 : -ENAMETOOLONG;
    }
    if (r < 0)
        bk_boot_close(ret);
    return r;
}

void bk_boot_close(struct bk_boot *boot)
{
    boot->kernel = bk_close(boot->kernel);
    boot->initrd = bk_close(boot->initrd);
    boot->disk = bk_close(boot->disk);
    boot->data = bk_close(boot->data);
}
