/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rectangle of whole pixels.
 *
 * Input from: trusted
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_RECT_H
#define BK_COMPOSITOR_RECT_H

#include <stdbool.h>

struct bk_rect {
    int x, y, width, height;
};

static inline bool bk_rect_has(const struct bk_rect *rect, double x, double y)
{
    return x >= rect->x && y >= rect->y && x < rect->x + rect->width && y < rect->y + rect->height;
}

static inline bool bk_rect_equal(const struct bk_rect *a, const struct bk_rect *b)
{
    return a->x == b->x && a->y == b->y && a->width == b->width && a->height == b->height;
}

#endif
