/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mounts.h"

#include "data_disk.h"
#include "services.h"

#include "guest_devices.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *type, *target, *options;
    unsigned long flags;
} mounts[] = {
    { "devtmpfs", "/dev", "mode=0755", MS_NOSUID | MS_NOEXEC },
    { "tmpfs", "/dev/shm", "mode=1777,size=25%", MS_NOSUID | MS_NODEV | MS_NOEXEC },
    { "proc", "/proc", "hidepid=invisible", MS_NOSUID | MS_NODEV | MS_NOEXEC },
    { "sysfs", "/sys", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
    { "tmpfs", "/run", "mode=0755,size=10%", MS_NOSUID | MS_NODEV | MS_NOEXEC },
    { "tmpfs", "/tmp", "mode=1777,size=10%", MS_NOSUID | MS_NODEV | MS_NOEXEC },
};

static int make_directory(const char *path, mode_t mode, uid_t uid)
{
    if (mkdir(path, mode) < 0 && errno != EEXIST) {
        int r = -errno;
        bk_error("cannot make %s: %m", path);
        return r;
    }
    if (chown(path, uid, uid) < 0 || chmod(path, mode) < 0) {
        int r = -errno;
        bk_error("cannot give %s away: %m", path);
        return r;
    }
    return 0;
}

static int make_runtimes(const struct bk_service *service)
{
    int r = 0;

    for (size_t i = 0; r >= 0 && i < BK_SERVICE_RUNTIMES_MAX && service->runtimes[i] != NULL; i++)
        r = make_directory(service->runtimes[i], service->shared ? 0710 : 0700, service->uid);
    return r;
}

static int make_run(void)
{
    int r = bk_guest_devices_make_database();

    /* What services meet at: the desktop makes its socket there, its group may pass. */
    if (r >= 0)
        r = make_directory("/run/bulkhead", 0750, bk_service_find("bk-compositor")->uid);
    for (size_t i = 0; r >= 0 && i < bk_services_count; i++)
        r = make_runtimes(&bk_services[i]);
    return r;
}

/* What services keep is theirs alone; the way there is the system's. */
static int make_state(void)
{
    int r = make_directory(BK_DATA_DISK_PLACE "/lib", 0755, 0);

    for (size_t i = 0; r >= 0 && i < bk_services_count; i++) {
        if (bk_services[i].state != NULL)
            r = make_directory(bk_services[i].state, 0700, bk_services[i].uid);
    }
    return r;
}

int bk_mounts_make_data(const char *device)
{
    int r = bk_data_disk_mount(device);

    if (r >= 0)
        r = make_state();
    if (r >= 0 || device[0] == '\0')
        return r;
    /* ext4 found the disk damaged and lets nobody write. */
    bk_error("the data disk cannot be written: %s", strerror(-r));
    (void)umount2(BK_DATA_DISK_PLACE, MNT_DETACH);
    r = bk_data_disk_mount("");
    return r < 0 ? r : make_state();
}

int bk_mounts_make(void)
{
    for (size_t i = 0; i < sizeof mounts / sizeof mounts[0]; i++) {
        /* Only in a file system that can be written to: the root holds its mount points already. */
        (void)mkdir(mounts[i].target, 0755);
        if (mount(mounts[i].type, mounts[i].target, mounts[i].type, mounts[i].flags, mounts[i].options) == 0)
            continue;
        if (errno == EBUSY)
            continue; /* the kernel mounts /dev by itself */
        int r = -errno;
        bk_error("cannot mount %s: %m", mounts[i].target);
        return r;
    }
    return make_run();
}
