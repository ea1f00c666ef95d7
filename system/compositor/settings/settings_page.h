/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the settings (settings.h) ask of each of their pages. A page knows its own width and nothing of the screen:
 * places are from its top left, and it may be longer than what is seen of it.
 *
 * Input from: trusted
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_SETTINGS_PAGE_H
#define BK_COMPOSITOR_SETTINGS_PAGE_H

#include "paint.h"
#include "target.h"
#include "typeset.h"

struct bk_settings_page {
    const char *title;
    void (*paint_mark)(cairo_t *cairo, double center_x, double center_y, double size, struct bk_color color);
    /* Lays it out for this width; yields how long it is. */
    int (*lay_out)(void *page, struct bk_typesetter *typesetter, int width);
    /* Draws what is between `top` and `bottom`. */
    void (*paint)(void *page, cairo_t *cairo, struct bk_typesetter *typesetter, int top, int bottom,
                  const struct bk_attention *attention);
    struct bk_target (*at)(const void *page, double x, double y);
    void (*targets)(const void *page, struct bk_target_list *list);
    /* False when it is none of its targets. */
    bool (*place_of)(const void *page, const struct bk_target *target, struct bk_rect *ret_place);
    void *page;
};

#endif
