/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shapes the desktop is made of, drawn with cairo.
 *
 * Input from: trusted
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_PAINT_H
#define BK_COMPOSITOR_PAINT_H

#include "rect.h"
#include "theme.h"

#include <cairo.h>

void bk_paint_color(cairo_t *cairo, struct bk_color color);
/* The thickness of a thin line: a logical pixel, or a little less where it would not be whole device pixels. */
double bk_paint_hairline(void);
void bk_paint_rounded(cairo_t *cairo, double x, double y, double width, double height, double radius);
/* Fills a rounded rectangle and draws a thin line within its edge. */
void bk_paint_surface(cairo_t *cairo, const struct bk_rect *rect, double radius, struct bk_color fill,
                      struct bk_color edge);
/* One that lets a little through, over its own shadow: what lies beneath is replaced, not darkened. */
void bk_paint_sheer_surface(cairo_t *cairo, const struct bk_rect *rect, double radius, struct bk_color fill);
/* A soft shadow below `rect`; reaches BK_SHADOW_MARGIN beyond it. */
void bk_paint_shadow(cairo_t *cairo, const struct bk_rect *rect, double radius);
/* The ring around what has the keyboard's focus, just outside `rect`. */
void bk_paint_focus(cairo_t *cairo, const struct bk_rect *rect, double radius);
/* Which part of a list is seen, on its right edge; nothing when it is all of it. */
void bk_paint_thumb(cairo_t *cairo, const struct bk_rect *list, int view, int whole, int scroll);
void bk_paint_cross(cairo_t *cairo, double center_x, double center_y, double size, struct bk_color color);
void bk_paint_bell(cairo_t *cairo, double center_x, double center_y, double size, struct bk_color color);

#endif
