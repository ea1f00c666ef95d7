/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes an app's text safe to draw: what would break a line's layout, hide other text or pretend to be another
 * direction is taken out. What is left is drawn as plain text, never as markup.
 *
 * Input from: app
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_TEXT_H
#define BK_COMPOSITOR_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Combining marks that may stand on one character: enough for every living script, too few to climb away. */
#define BK_TEXT_MARKS_MAX 4

enum bk_text_lines {
    BK_TEXT_ONE_LINE,   /* a line break becomes a space */
    BK_TEXT_MANY_LINES, /* line breaks in a row become one BK_TEXT_BREAK */
};

/* U+2028: breaks the line but not the paragraph, so that a bound on a paragraph's lines holds for the whole. */
#define BK_TEXT_BREAK "\xe2\x80\xa8"

/*
 * A copy of `text` that is valid UTF-8 of at most `max` bytes, cut at a character's boundary, without controls,
 * bidirectional overrides, invisible fillers and unassigned specials; white space is collapsed and trimmed.
 * Bytes that are no UTF-8 become U+FFFD. The caller frees it; NULL when memory ends.
 */
char *bk_text_clean(const char *text, size_t length, size_t max, enum bk_text_lines lines);

#endif
