/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A font of strokes: each letter is a few lines and curves, drawn with a round pen, sharp at every size.
 *
 * Input from: trusted
 * Runs in: notes; a compiler (guest/bare/make_letters.c)
 */
#ifndef BK_FONT_H
#define BK_FONT_H

#include <stdint.h>

#define FONT_FIRST ' '
#define FONT_LAST  '~'

struct font {
    unsigned width, height;                            /* pixels of every letter's cell */
    unsigned char *glyphs[FONT_LAST - FONT_FIRST + 1]; /* width x height, how much ink; NULL: not drawn yet */
};

/* `height` in pixels, of a line. */
void bk_font_init(struct font *font, unsigned height);
void bk_font_finish(struct font *font);

/* How much ink is on each pixel of a cell, 0 to 255, row by row; NULL for want of memory. */
const unsigned char *bk_font_glyph(struct font *font, char letter);

#endif
