/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "machine.h"

#include "checked.h"
#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <cpuid.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MODULES_LIST_MAX (64U * 1024U)
#define DISK_POLL_MS     50U
#define SERIAL_MAX       256U

/* EROFS's superblock: Linux fs/erofs/erofs_fs.h. */
#define EROFS_OFFSET     1024U
#define EROFS_MAGIC      0xe0f5e1e2U
#define EROFS_LABEL      64U /* within it */
#define EROFS_LABEL_SIZE 16U

static void open_console(void)
{
    int fd = open("/dev/console", O_RDWR | O_NOCTTY);

    if (fd < 0)
        return; /* the kernel's own descriptors, if it had any to give, are what is left */
    for (int target = STDIN_FILENO; target <= STDERR_FILENO; target++)
        (void)dup2(fd, target);
    if (fd > STDERR_FILENO)
        bk_close(fd);
}

/* The initramfs itself cannot be left by pivot_root(2), which the jail does. A bind mount of it, moved over it, can. */
static int make_root_leavable(void)
{
    if (mkdir("/root", 0755) < 0 && errno != EEXIST)
        return -errno;
    if (mount("/", "/root", NULL, MS_BIND, NULL) < 0 || chdir("/root") < 0 ||
        mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
        return -errno;
    return 0;
}

int bk_machine_mount(void)
{
    static const struct {
        const char *type, *target, *options;
        unsigned long flags;
    } mounts[] = {
        { "devtmpfs", "/dev", "mode=0755", MS_NOSUID | MS_NOEXEC },
        { "proc", "/proc", NULL, MS_NOSUID | MS_NOEXEC | MS_NODEV },
        { "sysfs", "/sys", NULL, MS_NOSUID | MS_NOEXEC | MS_NODEV },
        { "tmpfs", "/run", "mode=0755", MS_NOSUID | MS_NOEXEC | MS_NODEV },
    };
    int result = 0;

    int r = make_root_leavable();
    for (size_t i = 0; i < BK_ARRAY_SIZE(mounts); i++) {
        (void)mkdir(mounts[i].target, 0755);
        if (mount(mounts[i].type, mounts[i].target, mounts[i].type, mounts[i].flags, mounts[i].options) < 0 &&
            errno != EBUSY)
            result = -errno;
        if (i == 0)
            open_console();
    }
    if (r < 0)
        bk_warning("the initramfs cannot be made a root to leave: %s", strerror(-r));
    return result;
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

bool bk_machine_skips_module(const char *path, const char *vendor)
{
    const char *name = file_name(path);
    bool amd = strcmp(vendor, "AuthenticAMD") == 0 || strcmp(vendor, "HygonGenuine") == 0;
    bool intel = strcmp(vendor, "GenuineIntel") == 0;

    return (strcmp(name, "kvm-amd.ko") == 0 && !amd) || (strcmp(name, "kvm-intel.ko") == 0 && !intel);
}

static void read_vendor(char vendor[static 13])
{
    unsigned leaf, words[3] = { 0 };

    if (__get_cpuid(0, &leaf, &words[0], &words[2], &words[1]) == 0)
        words[0] = 0;
    memcpy(vendor, words, sizeof words);
    vendor[12] = '\0';
}

static int load_module(const char *path)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    if (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST)
        return -errno;
    return 0;
}

void bk_machine_load_modules(const char *list)
{
    _cleanup_free_ char *text = NULL;
    char vendor[13];
    char *rest = NULL;

    int r = bk_read_file(list, MODULES_LIST_MAX, &text, NULL);
    if (r < 0) {
        bk_error("the list of modules %s cannot be read: %s", list, strerror(-r));
        return;
    }
    read_vendor(vendor);
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        bool optional = line[0] == '-';
        const char *path = line + (optional ? 1 : 0);

        if (line[0] == '#' || path[0] == '\0' || bk_machine_skips_module(path, vendor))
            continue;
        r = load_module(path);
        if (r < 0)
            bk_log(optional ? LOG_INFO : LOG_ERR, "module %s is not loaded: %s", path, strerror(-r));
    }
}

bool bk_machine_is_labelled(const unsigned char superblock[static BK_MACHINE_SUPERBLOCK], const char *label)
{
    const unsigned char *at = superblock + EROFS_OFFSET;
    char padded[EROFS_LABEL_SIZE] = { 0 };
    size_t length = strlen(label);
    uint32_t magic = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;

    if (length > sizeof padded)
        return false;
    memcpy(padded, label, length);
    return magic == EROFS_MAGIC && memcmp(at + EROFS_LABEL, padded, sizeof padded) == 0;
}

static bool disk_is_ours(const char *path)
{
    unsigned char superblock[BK_MACHINE_SUPERBLOCK];
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

    return fd >= 0 && bk_pread_exact(fd, superblock, sizeof superblock, 0) == 0 &&
           bk_machine_is_labelled(superblock, BK_MACHINE_LABEL);
}

static bool find_disk(char path[static PATH_MAX])
{
    DIR *directory = opendir("/sys/class/block");
    struct dirent *entry;
    bool found = false;

    if (directory == NULL)
        return false;
    while (!found && (entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, PATH_MAX, "/dev/%s", entry->d_name);
        found = disk_is_ours(path);
    }
    closedir(directory);
    return found;
}

int bk_machine_mount_disk(const char *disk)
{
    const struct timespec pause = { .tv_nsec = DISK_POLL_MS * 1000000L };
    char path[PATH_MAX];
    bool found = false;

    for (unsigned waited = 0; !found && waited < BK_MACHINE_DISK_SECONDS * 1000; waited += DISK_POLL_MS) {
        if (waited > 0)
            nanosleep(&pause, NULL);
        if (disk == NULL)
            found = find_disk(path);
        else
            found = access(disk, R_OK) == 0 && snprintf(path, sizeof path, "%s", disk) < (int)sizeof path;
    }
    if (!found) {
        bk_error("the machine's disk %s did not show up within %u s",
                 disk != NULL ? disk : "(EROFS, label " BK_MACHINE_LABEL ")", BK_MACHINE_DISK_SECONDS);
        return -ENODEV;
    }
    (void)mkdir("/machine", 0755);
    if (mount(path, "/machine", "erofs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) {
        int r = -errno;
        bk_error("%s cannot be mounted: %s", path, strerror(-r));
        return r;
    }
    return 0;
}

static bool has_serial(const char *device, const char *wanted)
{
    _cleanup_free_ char *serial = NULL;
    char path[PATH_MAX];

    snprintf(path, sizeof path, "/sys/class/block/%s/serial", device);
    if (bk_read_file(path, SERIAL_MAX, &serial, NULL) < 0)
        return false;
    serial[strcspn(serial, "\n")] = '\0';
    return strcmp(serial, wanted) == 0;
}

int bk_machine_find_disk(const char *serial, char path[static BK_MACHINE_PATH_MAX])
{
    DIR *directory = opendir("/sys/class/block");
    const struct dirent *entry;
    int r = -ENOENT;

    if (directory == NULL)
        return -errno;
    while (r < 0 && (entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] != '.' && has_serial(entry->d_name, serial) &&
            snprintf(path, BK_MACHINE_PATH_MAX, "/dev/%s", entry->d_name) < (int)BK_MACHINE_PATH_MAX)
            r = 0;
    }
    closedir(directory);
    return r;
}

const char *bk_machine_mount_apps(const char *disk)
{
    static const char target[] = "/apps";
    char path[BK_MACHINE_PATH_MAX];

    if (disk == NULL && bk_machine_find_disk(BK_MACHINE_APPS, path) < 0) {
        bk_info("there is no disk for apps: none can be installed");
        return NULL;
    }
    if (mount(disk != NULL ? disk : path, target, "xfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME, NULL) == 0)
        return target;
    bk_error("the disk for apps %s cannot be used: %s", disk != NULL ? disk : path, strerror(errno));
    return NULL;
}

void bk_machine_power_off(void)
{
    sync();
    bk_info("powering off");
    for (;;) {
        (void)reboot((int)RB_POWER_OFF);
        (void)reboot((int)RB_HALT_SYSTEM); /* a machine that cannot switch itself off */
        pause();
    }
}
