/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pointers, keyboards and touchscreens: the pointer's picture on the screen, and what the person does handed to the
 * seat.
 *
 * Input from: the person, through the hypervisor's virtual devices
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_INPUT_H
#define BK_COMPOSITOR_INPUT_H

#include "desktop.h"

#include <wlr/types/wlr_input_device.h>

int bk_input_create(struct bk_desktop *desktop, struct bk_input **ret_input);
void bk_input_destroy(struct bk_input *input);

/* A device came; it goes by itself. */
void bk_input_add(struct bk_input *input, struct wlr_input_device *device);

/* The keys of all keyboards mean what the layout (a number of bk_layout_table) says from now on, also those that are
 * held; what is locked stays so. False when it cannot be: nothing has changed then. */
bool bk_input_set_layout(struct bk_input *input, size_t layout);

/* The screen was turned on, has another size, or the desktop on it was turned: the pointer stays where it is on it. */
void bk_input_screen_changed(struct bk_input *input, struct wlr_output *output);

/* While the desktop turns no pointer is seen. */
void bk_input_set_turning(struct bk_input *input, bool turning);

/* What the pointer looks like from now on; `picture` with BK_POINTER_APP only. */
void bk_input_set_pointer(struct bk_input *input, enum bk_pointer_shape shape, struct wlr_buffer *picture, int hot_x,
                          int hot_y);

#endif
