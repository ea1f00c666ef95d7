/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that grows to the end of its room and never beyond, with its NUL at each time.
 *
 * Input from: app
 * Runs in: a guest without an OS
 */
#ifndef BK_BARE_TEXT_H
#define BK_BARE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bk_text {
    char *start;
    size_t length, size; /* bytes without and with the NUL that there are and may be */
    bool cut;            /* something did not fit, and is not there */
};

/* `size` is 1 at least. */
struct bk_text bk_text_begin(char *room, size_t size);

/* Each adds all of it or nothing. */
void bk_text_add_bytes(struct bk_text *text, const char *bytes, size_t count);
void bk_text_add(struct bk_text *text, const char *more);
void bk_text_add_number(struct bk_text *text, uint64_t number);
void bk_text_add_hexadecimal(struct bk_text *text, uint64_t number);

#endif
