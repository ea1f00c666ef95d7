/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "data_disk.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define RESIZE_FS _IOW('f', 16, uint64_t) /* EXT4_IOC_RESIZE_FS, which Linux keeps to itself: fs/ext4/ext4.h */

static void copy_template(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < bk_data_template_pieces; i++) {
        const struct bk_data_piece *piece = &bk_data_template[i];
        if (piece->offset + piece->size <= size)
            memcpy(bytes + piece->offset, piece->content, piece->size);
    }
}

static bool is_zero(const uint8_t *block)
{
    return block[0] == 0 && memcmp(block, block + 1, BK_DATA_BLOCK - 1) == 0;
}

/* 1: nothing is on it but what stopped being written here; 0: something else is. */
static int is_blank(int disk)
{
    _cleanup_free_ uint8_t *bytes = calloc(2, BK_DATA_BLANK);

    if (bytes == NULL)
        return -ENOMEM;
    uint8_t *made = bytes + BK_DATA_BLANK;
    int r = bk_pread_exact(disk, bytes, BK_DATA_BLANK, 0);
    if (r < 0)
        return r;
    copy_template(made, BK_DATA_BLANK);
    if (!is_zero(bytes))
        return 0;
    for (size_t at = BK_DATA_BLOCK; at < BK_DATA_BLANK; at += BK_DATA_BLOCK) {
        if (!is_zero(bytes + at) && memcmp(bytes + at, made + at, BK_DATA_BLOCK) != 0)
            return 0;
    }
    return 1;
}

/* The pieces in the first block, or all others; what comes after them is written after them. */
static int write_pieces(int disk, bool first)
{
    for (size_t i = 0; i < bk_data_template_pieces; i++) {
        const struct bk_data_piece *piece = &bk_data_template[i];
        int r = (piece->offset < BK_DATA_BLOCK) == first
                    ? bk_pwrite_all(disk, piece->content, piece->size, (off_t)piece->offset)
                    : 0;
        if (r < 0)
            return r;
    }
    return fsync(disk) < 0 ? -errno : 0;
}

int bk_data_disk_prepare(const char *device)
{
    _cleanup_close_ int disk = open(device, O_RDWR | O_CLOEXEC);
    if (disk < 0)
        return -errno;
    int r = is_blank(disk);
    if (r <= 0)
        return r;
    bk_info("the data disk is blank: making a file system on it");
    r = write_pieces(disk, false);
    return r < 0 ? r : write_pieces(disk, true);
}

/* To the disk's size; no change when it has it already. */
static int grow(const char *device, int place)
{
    _cleanup_close_ int disk = open(device, O_RDONLY | O_CLOEXEC);
    if (disk < 0)
        return -errno;
    off_t size = lseek(disk, 0, SEEK_END);
    if (size < 0)
        return -errno;
    uint64_t blocks = (uint64_t)size / BK_DATA_BLOCK;
    return ioctl(place, RESIZE_FS, &blocks) < 0 ? -errno : 0;
}

int bk_data_disk_mount(uid_t uid)
{
    struct stat status;

    int r = bk_data_disk_prepare(BK_DATA_DISK);
    if (r < 0)
        return r;
    (void)mkdir(BK_DATA_PLACE, 0755); /* where the root can be written to */
    if (mount(BK_DATA_DISK, BK_DATA_PLACE, "ext4", MS_NOSUID | MS_NODEV | MS_NOATIME, "errors=remount-ro,discard") < 0)
        return -errno;
    _cleanup_close_ int place = open(BK_DATA_PLACE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place < 0 || fstat(place, &status) < 0)
        return -errno;
    r = grow(BK_DATA_DISK, place);
    if (r < 0)
        bk_warning("the file system cannot be made as large as the data disk: %s", strerror(-r));
    return status.st_uid == 0 && fchown(place, uid, uid) < 0 ? -errno : 0;
}

void bk_data_disk_leave(void)
{
    if (umount2(BK_DATA_PLACE, 0) < 0 && errno != EINVAL && errno != ENOENT)
        (void)mount(NULL, BK_DATA_PLACE, NULL, MS_REMOUNT | MS_RDONLY, NULL); /* what is orphaned has files open */
}
