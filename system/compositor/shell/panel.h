/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The panel along the top of the screen: the product's mark and name, the date and time, the bell.
 *
 * Input from: trusted
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_PANEL_H
#define BK_COMPOSITOR_PANEL_H

#include "paint.h"
#include "target.h"
#include "typeset.h"

#include <time.h>
#include <wlr/types/wlr_scene.h>

struct bk_panel_look {
    int width;
    size_t count; /* of notifications */
    bool open;    /* the notification panel is */
    enum bk_target_kind hover, pressed, focus;
    char clock[40];
    char date[40];
};

struct bk_panel {
    struct wlr_scene_buffer *node;
    struct bk_rect clock, bell;
    struct bk_panel_look look;
};

void bk_panel_init(struct bk_panel *panel, struct wlr_scene_tree *parent);

/* Draws the panel when it looks different from before. */
void bk_panel_draw(struct bk_panel *panel, struct bk_typesetter *typesetter, int width, time_t now, size_t count,
                   bool open, const struct bk_attention *attention);

/* BK_TARGET_NONE where there is nothing to press. */
struct bk_target bk_panel_at(const struct bk_panel *panel, double x, double y);

#endif
