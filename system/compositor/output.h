/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The screen: modes, the pace of frames, commits that must be tried again.
 *
 * Input from: trusted (the hypervisor's display)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_OUTPUT_H
#define BK_COMPOSITOR_OUTPUT_H

#include "desktop.h"

/* Takes the screen into use; its first frame follows. */
int bk_output_create(struct bk_desktop *desktop, struct wlr_output *wlr_output, struct bk_output **ret_output);
void bk_output_destroy(struct bk_output *output);

/* Asks for a frame soon. */
void bk_output_schedule(struct bk_output *output);

struct wlr_output *bk_output_wlr(struct bk_output *output);

/* Changes the mode; `mode` is NULL for `width` by `height` on a screen without a list of modes. */
void bk_output_set_mode(struct bk_output *output, struct wlr_output_mode *mode, int width, int height);

/* How wide the screen is, which its scale is derived from with the next mode; 0: it does not say. */
void bk_output_set_mm(struct bk_output *output, int width_mm);

#endif
