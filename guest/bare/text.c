/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <string.h>

#define DIGITS_MAX 20 /* of 64 bits */

struct bk_text bk_text_begin(char *room, size_t size)
{
    *room = '\0';
    return (struct bk_text){ .start = room, .size = size };
}

void bk_text_add_bytes(struct bk_text *text, const char *bytes, size_t count)
{
    if (count >= text->size - text->length) {
        text->cut = true;
        return;
    }
    memcpy(text->start + text->length, bytes, count);
    text->length += count;
    text->start[text->length] = '\0';
}

void bk_text_add(struct bk_text *text, const char *more)
{
    bk_text_add_bytes(text, more, strlen(more));
}

static void add_digits(struct bk_text *text, uint64_t number, unsigned base)
{
    char digits[DIGITS_MAX];
    size_t at = sizeof digits;

    do {
        digits[--at] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number > 0);
    bk_text_add_bytes(text, digits + at, sizeof digits - at);
}

void bk_text_add_number(struct bk_text *text, uint64_t number)
{
    add_digits(text, number, 10);
}

void bk_text_add_hexadecimal(struct bk_text *text, uint64_t number)
{
    add_digits(text, number, 16);
}
