/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text on the desktop, laid out and drawn with pango: plain, bounded in width and lines, never markup.
 *
 * Input from: app (text, already cleaned by bk_text_clean())
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_TYPESET_H
#define BK_COMPOSITOR_TYPESET_H

#include "theme.h"

#include <cairo.h>
#include <pango/pango.h>
#include <stdbool.h>

struct bk_typeset_style {
    int size;        /* pixels */
    int weight;      /* PANGO_WEIGHT_* */
    int line_height; /* pixels; 0 for the font's own */
    int max_lines;
    PangoAlignment align;
    bool tabular;   /* digits of one width, for what changes in place */
    bool anywhere;  /* lines end within words, too */
    bool cut_start; /* what does not fit is left out at the beginning */
    int hanging;    /* pixels by which what goes on on another line begins further in */
};

/* Names of hosts, one a line: nothing of one is left out, and what goes on below looks like no other name, as it would
 * where a line ends at a hyphen. */
extern const struct bk_typeset_style bk_typeset_hosts;

/* Everything text needs; the first use reads the fonts and may start threads. */
struct bk_typesetter;
int bk_typesetter_create(struct bk_typesetter **ret_typesetter);
void bk_typesetter_destroy(struct bk_typesetter *typesetter);

/* Lays out `text` in at most `width` pixels and the style's lines, with an ellipsis for what does not fit. */
PangoLayout *bk_typeset_layout(struct bk_typesetter *typesetter, const struct bk_typeset_style *style, const char *text,
                               int width);
void bk_typeset_size(PangoLayout *layout, int *ret_width, int *ret_height);
/* Draws the layout with its top left at (x, y), nothing of it beyond `width` and its own height. */
void bk_typeset_paint(cairo_t *cairo, PangoLayout *layout, int x, int y, int width, struct bk_color color);

#endif
