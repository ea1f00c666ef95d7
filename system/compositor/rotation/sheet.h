/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Draws the desktop as a sheet at any angle: the old picture of it, the new one over it, in one pass over the pixels.
 *
 * Input from: app (pixels, within the pictures, which may change while they are read: they are only ever looked at)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_SHEET_H
#define BK_COMPOSITOR_SHEET_H

#include "turn.h"

#include <stdint.h>

/* Pixels of 32 bits, of which the upper 8 do not count. */
struct bk_sheet_pixels {
    uint32_t *data;
    int width, height;
    int stride; /* pixels from row to row */
};

/* A picture of the desktop, as it lies in a buffer of the panel: `degrees` clockwise, a multiple of 90. */
struct bk_sheet_picture {
    struct bk_sheet_pixels pixels;
    int degrees;
};

/* Fills `target` with `sheet` in its middle, and `backdrop` around it. On the sheet is `held` and, as far as
 * `sheet->fresh` says, `fresh`, which may be NULL when that is 0, as `held` may when it is 1. Edges are smooth. */
void bk_sheet_draw(const struct bk_sheet_pixels *target, const struct bk_turn_sheet *sheet,
                   const struct bk_sheet_picture *held, const struct bk_sheet_picture *fresh, uint32_t backdrop);

#endif
