/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entropy device (virtio 1.3 §5.4): the host kernel's random numbers.
 *
 * Input from: guest (nothing but the sizes of its buffers)
 * Runs in: bk-vmm, I/O thread
 */
#ifndef BK_DEVICES_ENTROPY_H
#define BK_DEVICES_ENTROPY_H

struct bk_loop;
struct bk_virtio_device;

#define BK_ENTROPY_REQUEST_MAX 4096 /* bytes that one buffer gets, however large it is */

int bk_entropy_create(struct bk_loop *loop, struct bk_virtio_device **ret_device);

#endif
