/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logical pixels, in which the desktop is laid out, and device pixels, of which the screen is made: the one place where
 * one becomes the other.
 *
 * Input from: trusted
 * Runs in: bk-compositor, main thread
 *
 * A length has its device pixels by where its two ends lie, each rounded, as wlroots' scene does it: what is side by
 * side stays so. At 1.5 a length is therefore the same wherever it begins only when it and its place are even; what
 * must not be resampled is kept to that grain.
 */
#ifndef BK_COMPOSITOR_SCALE_H
#define BK_COMPOSITOR_SCALE_H

#include "rect.h"

#include <math.h>

#define BK_SCALE_DPI   96.0 /* of a screen whose scale is 1 */
#define BK_MM_PER_INCH 25.4

/* Lengths that are a multiple of this have whole device pixels. */
static inline int bk_scale_grain(double scale)
{
    return scale == floor(scale) ? 1 : 2;
}

/* The device pixel at which a logical coordinate lies. */
static inline int bk_scale_at(double scale, int logical)
{
    return (int)lround(logical * scale);
}

static inline int bk_scale_length(double scale, int at, int length)
{
    return bk_scale_at(scale, at + length) - bk_scale_at(scale, at);
}

static inline struct bk_rect bk_scale_rect(double scale, const struct bk_rect *rect)
{
    return (struct bk_rect){ bk_scale_at(scale, rect->x), bk_scale_at(scale, rect->y),
                             bk_scale_length(scale, rect->x, rect->width),
                             bk_scale_length(scale, rect->y, rect->height) };
}

/* The logical length of what has so many device pixels. */
static inline int bk_scale_down(double scale, int device)
{
    int logical = (int)lround(device / scale);

    return logical < 1 && device > 0 ? 1 : logical;
}

/* The least logical length that reaches over so many device pixels. */
static inline int bk_scale_cover(double scale, int device)
{
    int logical = (int)(device / scale);

    return bk_scale_at(scale, logical) < device ? logical + 1 : logical;
}

/* What a screen of so many pixels and millimetres is best read at: 1, 1.5 or 2; without millimetres 1. */
static inline double bk_scale_of_screen(int pixels, int mm)
{
    double dpi = mm > 0 ? pixels * BK_MM_PER_INCH / mm : 0;

    return dpi >= 2 * BK_SCALE_DPI ? 2 : dpi >= 1.5 * BK_SCALE_DPI ? 1.5 : 1;
}

#endif
