/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT 0xfffdU

/* Decodes one character by the table of RFC 3629 §4; what is malformed yields U+FFFD and one byte. */
static size_t decode(const unsigned char *text, size_t length, uint32_t *ret_character)
{
    static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    unsigned char first = text[0];
    size_t size = first < 0x80             ? 1
                  : (first & 0xe0) == 0xc0 ? 2
                  : (first & 0xf0) == 0xe0 ? 3
                  : (first & 0xf8) == 0xf0 ? 4
                                           : 0;

    *ret_character = REPLACEMENT;
    if (size == 1) {
        *ret_character = first;
        return 1;
    }
    if (size == 0 || size > length)
        return 1;
    uint32_t character = first & (0x7fU >> size);
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 1;
        character = character << 6 | (text[i] & 0x3fU);
    }
    if (character < smallest[size] || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff))
        return 1;
    *ret_character = character;
    return size;
}

static size_t encode(uint32_t character, char out[static 4])
{
    if (character < 0x80) {
        out[0] = (char)character;
        return 1;
    }
    if (character < 0x800) {
        out[0] = (char)(0xc0 | character >> 6);
        out[1] = (char)(0x80 | (character & 0x3f));
        return 2;
    }
    if (character < 0x10000) {
        out[0] = (char)(0xe0 | character >> 12);
        out[1] = (char)(0x80 | (character >> 6 & 0x3f));
        out[2] = (char)(0x80 | (character & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | character >> 18);
    out[1] = (char)(0x80 | (character >> 12 & 0x3f));
    out[2] = (char)(0x80 | (character >> 6 & 0x3f));
    out[3] = (char)(0x80 | (character & 0x3f));
    return 4;
}

struct range {
    uint32_t first, last;
};

static bool within(const struct range *ranges, size_t count, uint32_t character)
{
    for (size_t i = 0; i < count; i++) {
        if (character >= ranges[i].first && character <= ranges[i].last)
            return true;
    }
    return false;
}

#define WITHIN(ranges, character) within(ranges, sizeof(ranges) / sizeof((ranges)[0]), character)

static bool is_line_break(uint32_t character)
{
    return character == '\n' || character == '\v' || character == '\f' || character == '\r' || character == 0x85 ||
           character == 0x2028 || character == 0x2029;
}

static bool is_space(uint32_t character)
{
    static const struct range spaces[] = { { '\t', '\t' },     { ' ', ' ' },       { 0xa0, 0xa0 },
                                           { 0x1680, 0x1680 }, { 0x2000, 0x200a }, { 0x202f, 0x202f },
                                           { 0x205f, 0x205f }, { 0x3000, 0x3000 }, { 0x2800, 0x2800 },
                                           { 0x3164, 0x3164 }, { 0xffa0, 0xffa0 } };

    return WITHIN(spaces, character);
}

/* Zero-width joiners stay: scripts and emoji need them. Directional marks, overrides and isolates go: the
 * layout finds each paragraph's direction from its letters. */
static bool is_dropped(uint32_t character)
{
    static const struct range dropped[] = {
        { 0x00, 0x1f },     { 0x7f, 0x9f },       { 0xad, 0xad },       { 0x61c, 0x61c },     { 0x115f, 0x1160 },
        { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },   { 0x200b, 0x200b },   { 0x200e, 0x200f },   { 0x202a, 0x202e },
        { 0x2060, 0x206f }, { 0xe000, 0xf8ff },   { 0xfdd0, 0xfdef },   { 0xfeff, 0xfeff },   { 0xfff0, 0xfffc },
        { 0xfffe, 0xffff }, { 0x1d173, 0x1d17a }, { 0x1fffe, 0x1ffff }, { 0xe0000, 0xe0fff }, { 0xf0000, 0x10ffff },
    };

    return WITHIN(dropped, character);
}

static bool is_mark(uint32_t character)
{
    static const struct range marks[] = {
        { 0x300, 0x36f },   { 0x483, 0x489 },   { 0x591, 0x5bd },   { 0x610, 0x61a },   { 0x64b, 0x65f },
        { 0x6d6, 0x6ed },   { 0x0e31, 0x0e31 }, { 0x0e34, 0x0e3a }, { 0x0e47, 0x0e4e }, { 0x1ab0, 0x1aff },
        { 0x1dc0, 0x1dff }, { 0x20d0, 0x20ff }, { 0xa670, 0xa672 }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f },
    };

    return WITHIN(marks, character);
}

char *bk_text_clean(const char *text, size_t length, size_t max, enum bk_text_lines lines)
{
    const unsigned char *bytes = (const unsigned char *)text;
    char *clean = malloc(max + 1);
    if (clean == NULL)
        return NULL;

    size_t used = 0;
    unsigned marks = 0;
    const char *gap = ""; /* the white space between the last character and the next, not yet written */
    for (size_t at = 0; at < length;) {
        uint32_t character;
        char encoded[4];

        at += decode(bytes + at, length - at, &character);
        if (is_line_break(character) || is_space(character)) {
            if (is_line_break(character) && lines == BK_TEXT_MANY_LINES)
                gap = BK_TEXT_BREAK;
            else if (gap[0] == '\0')
                gap = " ";
            continue;
        }
        if (is_dropped(character))
            continue;
        if (!is_mark(character))
            marks = 0;
        else if (marks++ >= BK_TEXT_MARKS_MAX)
            continue;

        size_t space = used > 0 ? strlen(gap) : 0;
        size_t size = encode(character, encoded);
        if (used + space + size > max)
            break;
        memcpy(clean + used, gap, space);
        memcpy(clean + used + space, encoded, size);
        used += space + size;
        gap = "";
    }
    clean[used] = '\0';
    return clean;
}
