/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The GPU device, 2D with a cursor and EDID (virtio 1.3 §5.7): one screen, shown through the display cable.
 *
 * Input from: guest; the size of the screen from the display cable
 * Runs in: bk-vmm, I/O thread
 *
 * Every resource's pixels live in a sealed memfd of its own. TRANSFER_TO_HOST_2D, or the flush of a blob, is the one
 * copy of a damaged rectangle; the same pages are then offered on the cable. Without a cable everything works and
 * nothing is shown. Blobs are offered because Linux fences their flushes: a guest keeps the screen's pace.
 */
#ifndef BK_DEVICES_GPU_H
#define BK_DEVICES_GPU_H

#include <stdint.h>

struct bk_display;
struct bk_loop;
struct bk_memory;
struct bk_virtio_device;

#define BK_GPU_SIDE_MIN 32U   /* pixels, of the screen: what Linux accepts */
#define BK_GPU_SIDE_MAX 8192U /* pixels, of the screen and of a resource */

/* `width` and `height` in pixels are the screen's size until the cable's far end asks for another; -EINVAL when
 * they are not within the two limits. `memory` and `display` outlive the device. */
int bk_gpu_create(struct bk_loop *loop, const struct bk_memory *memory, struct bk_display *display, uint32_t width,
                  uint32_t height, struct bk_virtio_device **ret_device);

#endif
