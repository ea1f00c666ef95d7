/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The app's data disk, which the machine gives it blank: it gets a file system, is mounted, and is the app's.
 *
 * Input from: trusted (nobody but this guest has written there)
 * Runs in: bk-guest-init
 *
 * Theory. A program that makes file systems would have to be in each app's image. But a new ext4 is 16 MiB of zeros and
 * a few KiB: those are in this program (template.py makes them), and the kernel grows the mounted file system to the
 * disk. The first block, which holds what says that it is an ext4, is written when all else is on the disk. So power
 * that goes in between leaves a first MiB that holds zeros, or what the template has there, and that is taken for blank
 * again.
 */
#ifndef BK_GUEST_DATA_DISK_H
#define BK_GUEST_DATA_DISK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define BK_DATA_WORD  "bulkhead.data=/dev/vdb" /* of the kernel's command line: the app has one */
#define BK_DATA_DISK  "/dev/vdb"
#define BK_DATA_PLACE "/data"
#define BK_DATA_BLOCK 4096U      /* bytes */
#define BK_DATA_BLANK (1U << 20) /* bytes that are looked at */

struct bk_data_piece {
    uint32_t offset;
    uint32_t size; /* within one block, and all that it has */
    const uint8_t *content;
};
extern const struct bk_data_piece bk_data_template[];
extern const size_t bk_data_template_pieces;

/* Makes a file system on a disk, or a file, that is blank; leaves another as it is. */
int bk_data_disk_prepare(const char *device);

/* Prepares and mounts it; its uppermost folder is `uid`'s, when nobody has it yet. */
int bk_data_disk_mount(uid_t uid);

/* Before the machine is turned off. */
void bk_data_disk_leave(void);

#endif
