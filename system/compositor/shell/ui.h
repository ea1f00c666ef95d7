/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The desktop as the person meets it: wallpaper, panel, toasts and notification panel, and what pointer and
 * keyboard do to them. Draws only when a frame is about to be made.
 *
 * Input from: the person; app text within the model
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_UI_H
#define BK_COMPOSITOR_UI_H

#include "notifications.h"

#include <wlr/types/wlr_scene.h>
#include <xkbcommon/xkbcommon.h>

struct bk_ui;

struct bk_ui_options {
    bool animated;
    void (*wants_frame)(void *userdata); /* something changed that the screen does not show yet */
    void *userdata;
};

int bk_ui_create(struct wlr_scene *scene, struct bk_notifications *model, const struct bk_ui_options *options,
                 struct bk_ui **ret_ui);
void bk_ui_destroy(struct bk_ui *ui);

void bk_ui_resize(struct bk_ui *ui, int width, int height);

/* Something that is drawn has changed: the model, the minute. */
void bk_ui_changed(struct bk_ui *ui);

/* Draws what changed and moves what moves, before a frame is made; true while more frames are needed. */
bool bk_ui_frame(struct bk_ui *ui, uint64_t now_ms);

/* Screen coordinates; milliseconds of CLOCK_MONOTONIC. */
void bk_ui_pointer_move(struct bk_ui *ui, double x, double y, uint64_t now_ms);
void bk_ui_pointer_press(struct bk_ui *ui, uint64_t now_ms);
void bk_ui_pointer_release(struct bk_ui *ui, uint64_t now_ms);
void bk_ui_scroll(struct bk_ui *ui, double pixels);

enum bk_ui_modifiers {
    BK_UI_SHIFT = 1 << 0,
    BK_UI_SUPER = 1 << 1,
    BK_UI_OTHER = 1 << 2, /* Control or Alt: not ours */
};

/* A key went down. */
void bk_ui_key(struct bk_ui *ui, xkb_keysym_t key, unsigned modifiers, uint64_t now_ms);

#endif
