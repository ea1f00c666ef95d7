/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "data_disk.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define MKFS  "/usr/sbin/mkfs.ext4"
#define FLAGS (MS_NOSUID | MS_NODEV | MS_NOEXEC)

/* 1 when the disk is blank, 0 when it is not. */
static int is_blank(const char *device)
{
    _cleanup_close_ int fd = open(device, O_RDONLY | O_CLOEXEC);
    _cleanup_free_ char *bytes = malloc(BK_DATA_DISK_BLANK);

    if (fd < 0)
        return -errno;
    if (bytes == NULL)
        return -ENOMEM;
    int r = bk_pread_exact(fd, bytes, BK_DATA_DISK_BLANK, 0);
    if (r < 0)
        return r;
    return bytes[0] == '\0' && memcmp(bytes, bytes + 1, BK_DATA_DISK_BLANK - 1) == 0;
}

/* Few large things are kept, in few files; and what the disk does not need to write now it does not. */
static int make_file_system(const char *device)
{
    const char *const arguments[] = { MKFS,
                                      "-q",
                                      "-F",
                                      "-L",
                                      "bulkhead-data",
                                      "-m",
                                      "0",
                                      "-i",
                                      "131072",
                                      "-J",
                                      "size=16",
                                      "-E",
                                      "lazy_itable_init=1,lazy_journal_init=1,nodiscard",
                                      device,
                                      NULL };
    char *const environment[] = { NULL };
    int status = 0;
    pid_t pid = fork();

    if (pid < 0)
        return -errno;
    if (pid == 0) {
        execve(MKFS, (char *const *)(uintptr_t)arguments, environment); /* it writes through none of them */
        bk_error("cannot run " MKFS ": %s", strerror(errno));
        _exit(127);
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

int bk_data_disk_prepare(const char *device)
{
    int blank = is_blank(device);

    if (blank <= 0)
        return blank;
    bk_info("the data disk is blank: making a file system on it");
    return make_file_system(device);
}

int bk_data_disk_mount(const char *device)
{
    if (device[0] == '\0') {
        bk_warning("there is no data disk");
    } else {
        int r = bk_data_disk_prepare(device);
        if (r >= 0 && mount(device, BK_DATA_DISK_PLACE, "ext4", FLAGS | MS_NOATIME, "errors=remount-ro") == 0)
            return 0;
        bk_error("the data disk cannot be used: %s", strerror(r < 0 ? -r : errno));
    }
    bk_warning("nothing is kept when the System VM ends");
    return mount("tmpfs", BK_DATA_DISK_PLACE, "tmpfs", FLAGS, "mode=0755,size=10%") < 0 ? -errno : 0;
}
