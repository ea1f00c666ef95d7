/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line that the person writes: what the keys do to it, at a caret. The text is UTF-8, terminated, and whoever has it
 * says how long it may be; the caret is in bytes, and stands where a character begins.
 *
 * Input from: the person
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_WRITING_H
#define BK_COMPOSITOR_WRITING_H

#include <stdbool.h>
#include <stddef.h>

/* What a key types is something to be seen, and no control. */
bool bk_writing_is_text(const char *text);

/* Puts `more` at the caret, which goes behind it; false when it would be more than `max` bytes, and nothing happens. */
bool bk_writing_put(char *text, size_t max, size_t *caret, const char *more);
/* Takes out the character before the caret, … */
void bk_writing_erase(char *text, size_t *caret);
/* … or the one behind it. */
void bk_writing_delete(char *text, size_t caret);
/* By one character, -1 or 1; or, when it is more, to the beginning or the end. */
void bk_writing_move(const char *text, size_t *caret, int by);

#endif
