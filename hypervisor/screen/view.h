/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands on the screen: one surface, and the cursor over it. Nothing is drawn when something changes: the change
 * is noted, and bk_view_paint() draws all of it, when who owns the screen says so.
 *
 * Input from: guest (pixels; all else was checked by cable.c)
 * Runs in: bk-screen
 *
 * A surface that is smaller than the screen stands in its middle, on black; of a larger one the upper left is seen.
 */
#ifndef BK_SCREEN_VIEW_H
#define BK_SCREEN_VIEW_H

#include "surface.h"

#include <stdbool.h>
#include <stdint.h>

/* Pixels; empty when x0 >= x1 or y0 >= y1. */
struct bk_rectangle {
    int32_t x0, y0, x1, y1;
};

bool bk_rectangle_is_empty(struct bk_rectangle rectangle);
struct bk_rectangle bk_rectangle_union(struct bk_rectangle a, struct bk_rectangle b);
struct bk_rectangle bk_rectangle_intersect(struct bk_rectangle a, struct bk_rectangle b);

/* Where to draw: 32 bits a pixel, B G R X. */
struct bk_canvas {
    uint8_t *pixels; /* NULL: there is no screen */
    uint32_t width, height, stride;
    bool draws_cursor; /* a hardware cursor stands over it: the view does not draw one */
};

#define BK_CURSOR_PIXELS (BK_DISPLAY_CURSOR_SIDE * BK_DISPLAY_CURSOR_SIDE)

struct bk_cursor {
    bool visible;
    int32_t x, y;                     /* of the image's upper left corner, on the surface */
    int32_t hot_x, hot_y;             /* within the image, for a card that wants to know */
    uint32_t image[BK_CURSOR_PIXELS]; /* B G R A, premultiplied; copied from the surface once */
};

struct bk_view {
    struct bk_canvas canvas;
    struct bk_surface *shown; /* NULL: black */
    struct bk_cursor cursor;
    struct bk_rectangle damage;        /* on the canvas, to be painted */
    bool cursor_moved, cursor_changed; /* for a hardware cursor: since who owns it looked */
};

/* Zero-initialised is a view without a screen that shows nothing. Takes no reference to the canvas's memory: give
 * another canvas before it goes away. All of it is damaged. */
void bk_view_set_canvas(struct bk_view *view, const struct bk_canvas *canvas);

/* `surface` (NULL: black) is shown from now on; the rectangle of it changed. Takes its own reference. */
void bk_view_show(struct bk_view *view, struct bk_surface *surface, struct bk_rectangle changed);

/* `image` (NULL: none) is BK_DISPLAY_CURSOR_SIDE square; `x` and `y` are where the hot spot is. */
void bk_view_set_cursor(struct bk_view *view, const struct bk_surface *image, uint32_t hot_x, uint32_t hot_y, int32_t x,
                        int32_t y);
/* Moves its hot spot. */
void bk_view_move_cursor(struct bk_view *view, int32_t x, int32_t y);

/* Where the cursor's upper left corner is on the canvas. */
void bk_view_locate_cursor(const struct bk_view *view, int32_t *ret_x, int32_t *ret_y);

/* Draws what changed; yields where, and forgets it. */
struct bk_rectangle bk_view_paint(struct bk_view *view);

#endif
