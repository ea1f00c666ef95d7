/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Draws marks (mark.h): a dot, or a number in a pill.
 *
 * Input from: app (its badge and its mark, bounded)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_MARKS_H
#define BK_COMPOSITOR_MARKS_H

#include "badge.h"
#include "mark.h"

/* A mark of this height, its top at `y`, its left edge at `x` (`anchor` 0), its right one (1), or between. A gap around
 * it keeps it off what it stands on: there the picture is `gap`. */
void bk_paint_mark(cairo_t *cairo, struct bk_typesetter *typesetter, double x, double y, double height, double anchor,
                   const struct bk_mark *mark, struct bk_color gap);

/* An app's badge with its mark on the upper right corner; `alpha` is for the badge alone. */
void bk_paint_marked_badge(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_rect *place,
                           const struct bk_app_face *face, const struct bk_mark *mark, double alpha);

#endif
