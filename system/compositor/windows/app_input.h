/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an app's devices are to say: its keyboard, its pointer, its touchscreen.
 *
 * Input from: the person
 * Runs in: bk-compositor, main thread
 *
 * As in bk-screen, what is sent is the difference between how things are and how the app was told that they are. So
 * nothing hangs when the port was full for a while, and to take the focus away is to let every key go.
 */
#ifndef BK_COMPOSITOR_APP_INPUT_H
#define BK_COMPOSITOR_APP_INPUT_H

#include "display_port.h"

#include <linux/input-event-codes.h>
#include <stdbool.h>
#include <stdint.h>

#define BK_APP_INPUT_WORDS ((KEY_CNT + 63) / 64)

enum bk_app_wheel {
    BK_APP_WHEEL,
    BK_APP_WHEEL_HI_RES,
    BK_APP_HWHEEL,
    BK_APP_HWHEEL_HI_RES,
    BK_APP_WHEELS,
};

struct bk_app_touch {
    int32_t id; /* as the app sees it; -1: no finger */
    int32_t x, y;
};

/* Zero-initialised, then bk_app_input_init(). */
struct bk_app_input {
    uint64_t down[BK_APP_INPUT_WORDS];
    int32_t x, y; /* of the pointer, 0..BK_DISPLAY_POINTER_MAX; -1: it was never there */
    int32_t wheels[BK_APP_WHEELS];
    int32_t wheel_rest[2]; /* of a click, in 1/120; vertical, horizontal */
    struct bk_app_touch touches[BK_DISPLAY_TOUCHES_MAX];
    int32_t touch_id; /* of the newest finger */

    /* What the app was told. */
    uint64_t told_down[BK_APP_INPUT_WORDS];
    int32_t told_x, told_y;
    struct bk_app_touch told_touches[BK_DISPLAY_TOUCHES_MAX];
    int32_t told_slot;  /* -1: none */
    bool report_due[3]; /* by enum bk_display_input_device */
};

void bk_app_input_init(struct bk_app_input *input);

void bk_app_input_key(struct bk_app_input *input, unsigned code, bool down);
bool bk_app_input_is_down(const struct bk_app_input *input, unsigned code);
/* Every key, button and finger is let go of. */
void bk_app_input_release(struct bk_app_input *input);
/* (x, y) within width by height pixels; beyond goes to the edge. */
void bk_app_input_point(struct bk_app_input *input, double x, double y, int width, int height);
/* In 1/120 of a click, down and right as wlroots counts. */
void bk_app_input_scroll(struct bk_app_input *input, bool horizontal, int32_t amount);
/* A finger in `slot` below BK_DISPLAY_TOUCHES_MAX: down or moved, or up. */
void bk_app_input_touch(struct bk_app_input *input, unsigned slot, double x, double y, int width, int height);
void bk_app_input_touch_up(struct bk_app_input *input, unsigned slot);

/* Sends what the app does not know yet. `send` yields false when that cannot be now; so does this. */
bool bk_app_input_tell(struct bk_app_input *input,
                       bool (*send)(void *userdata, const struct bk_display_message *message), void *userdata);

#endif
