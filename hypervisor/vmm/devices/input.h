/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input devices (virtio 1.3 §5.8): a keyboard, an absolute pointer and a touchscreen, fed by the display cable.
 *
 * Input from: guest (the configuration space's selectors); the display cable (events, checked)
 * Runs in: bk-vmm, I/O thread
 *
 * The guest gets whole groups of events, up to their SYN_REPORT, or none of a group. It never keeps a key that
 * the person has let go of, nor a finger that was lifted: releases that found no buffer are made up for as soon as
 * there are buffers.
 */
#ifndef BK_DEVICES_INPUT_H
#define BK_DEVICES_INPUT_H

#include "cable/display.h"

struct bk_loop;
struct bk_virtio_device;

/* `display` outlives the device. */
int bk_input_create(struct bk_loop *loop, struct bk_display *display, enum bk_display_input_device which,
                    struct bk_virtio_device **ret_device);

#endif
