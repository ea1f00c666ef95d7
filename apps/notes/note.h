/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The note: text with a caret, and how it falls into lines of a given width. Knows no screen and no keyboard.
 *
 * Input from: the person (what they type)
 * Runs in: notes
 */
#ifndef BK_NOTES_NOTE_H
#define BK_NOTES_NOTE_H

#include <stdbool.h>
#include <stddef.h>

#define NOTE_SIZE_MAX 16384U /* bytes */

/* Zero-initialised. */
struct note {
    char text[NOTE_SIZE_MAX]; /* printable ASCII and line feeds, not ended by a NUL */
    size_t size;
    size_t caret; /* what is typed goes before this byte */
};

enum note_move {
    NOTE_LEFT,
    NOTE_RIGHT,
    NOTE_UP,
    NOTE_DOWN,
    NOTE_HOME, /* of the line as it is shown */
    NOTE_END,
};

/* A line as it is shown: text[begin, end). A line feed or a blank that ends it belongs to no line. */
struct note_line {
    size_t begin, end;
};

/* False when the note is full, or the character is neither printable ASCII nor a line feed. */
bool bk_note_insert(struct note *note, char character);
/* False when there is nothing there. */
bool bk_note_delete(struct note *note, bool before_caret);
void bk_note_move(struct note *note, enum note_move move, size_t columns);
/* Puts the caret to a place of the shown text, or the nearest there is. */
void bk_note_place(struct note *note, size_t row, size_t column, size_t columns);

/* The line that begins at `begin`, of at most `columns` characters, broken at a blank where there is one. False behind
 * the last; the next one begins at `*ret_next`. A note always has a first line. */
bool bk_note_line_at(const struct note *note, size_t begin, size_t columns, struct note_line *ret, size_t *ret_next);
/* What the note is called: the first line with something in it, without blanks around it, cut to `size` with its NUL.
 * Empty for an empty note. */
void bk_note_title(const struct note *note, char *to, size_t size);
/* Where the caret stands in the shown text. */
void bk_note_caret(const struct note *note, size_t columns, size_t *ret_row, size_t *ret_column);

#endif
