/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The block device (virtio 1.3 §5.2): a raw image file or a host block device as a disk.
 *
 * Input from: guest
 * Runs in: bk-vmm, I/O thread
 *
 * Requests are carried out one after the other, synchronously, in the I/O thread: while the host's disk works,
 * this VM's other devices wait, and no other VM does. Each request moves BK_BLOCK_REQUEST_MAX bytes at most.
 */
#ifndef BK_DEVICES_BLOCK_H
#define BK_DEVICES_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

struct bk_loop;
struct bk_virtio_device;

#define BK_BLOCK_SEGMENTS_MAX     126U
#define BK_BLOCK_SEGMENT_SIZE_MAX 131072U /* bytes */
#define BK_BLOCK_REQUEST_MAX      ((size_t)BK_BLOCK_SEGMENTS_MAX * BK_BLOCK_SEGMENT_SIZE_MAX)

/* `fd` becomes the device's on success. `name` is the disk's serial number (20 bytes of it) and stands in the
 * log; it outlives the device. What is beyond the last whole 512 bytes of the file is not part of the disk. */
int bk_block_create(struct bk_loop *loop, const char *name, int fd, bool readonly,
                    struct bk_virtio_device **ret_device);

#endif
