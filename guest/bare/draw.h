/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rectangles and text, into the pixels of a screen. What is outside of it is not drawn.
 *
 * Input from: app
 * Runs in: a guest without an OS
 */
#ifndef BK_BARE_DRAW_H
#define BK_BARE_DRAW_H

#include "screen.h"

#include <stddef.h>

enum bk_size { /* of letters */
    BK_SMALL,
    BK_LARGE,
    BK_SIZES,
};

/* Fills it with a colour, 0xRRGGBB. */
void bk_draw_box(struct bk_screen *screen, int x, int y, int width, int height, uint32_t colour);

/* One line; bytes that the font has no letter for are drawn as '?'. x, y is its left upper corner. */
void bk_draw_text(struct bk_screen *screen, int x, int y, enum bk_size size, uint32_t colour, const char *text);

unsigned bk_letter_width(enum bk_size size);
unsigned bk_line_height(enum bk_size size);

#endif
