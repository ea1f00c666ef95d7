/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the person does to a window, as its app's devices have it (display_input.h): places in pixels of the window, a
 * wheel in parts of a click.
 *
 * Input from: the person
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_APP_INPUT_H
#define BK_COMPOSITOR_APP_INPUT_H

#include "display_input.h"

#include <stdbool.h>
#include <stdint.h>

/* Zero-initialised, then bk_app_input_init(). */
struct bk_app_input {
    struct bk_display_input devices;
    int32_t wheel_rest[2]; /* of a click, in 1/120; vertical, horizontal */
};

void bk_app_input_init(struct bk_app_input *input);

/* Every button and finger is let go of; keys stay down. */
void bk_app_input_release_pointers(struct bk_app_input *input);
/* (x, y) within width by height pixels; beyond goes to the edge. */
void bk_app_input_point(struct bk_app_input *input, double x, double y, int width, int height);
/* In 1/120 of a click, down and right as wlroots counts. */
void bk_app_input_scroll(struct bk_app_input *input, bool horizontal, int32_t amount);
/* A finger at `place` below BK_DISPLAY_TOUCHES_MAX: down or moved. */
void bk_app_input_touch(struct bk_app_input *input, unsigned place, double x, double y, int width, int height);

#endif
