/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <stdbool.h>
#include <stdint.h>

#define NO_CHARACTER UINT32_MAX

struct range {
    uint32_t first;
    uint32_t last;
};

/* What would disturb its surroundings: controls, characters that turn the direction of what follows them, and
 * the separators that break lines where the layout expects none. */
static const struct range forbidden[] = {
    { 0x00, 0x1f },
    { 0x7f, 0x9f },
    { 0x2028, 0x2029 },
    { 0x202a, 0x202e },
};

/* What shows nothing by itself. */
static const struct range invisible[] = {
    { 0x20, 0x20 },     { 0xa0, 0xa0 },     { 0xad, 0xad },     { 0x034f, 0x034f }, { 0x061c, 0x061c },
    { 0x115f, 0x1160 }, { 0x1680, 0x1680 }, { 0x2000, 0x200f }, { 0x202f, 0x202f }, { 0x205f, 0x206f },
    { 0x3000, 0x3000 }, { 0x3164, 0x3164 }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xe0000, 0xe0fff },
};

static bool within(uint32_t character, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (character >= ranges[i].first && character <= ranges[i].last)
            return true;
    }
    return false;
}

#define WITHIN(character, ranges) within((character), (ranges), sizeof(ranges) / sizeof((ranges)[0]))

/* Takes one character off the front (RFC 3629); NO_CHARACTER when it is none: a wrong or missing byte, more bytes
 * than needed, a surrogate, or beyond the last character. */
static uint32_t take_character(const unsigned char **text, const unsigned char *end)
{
    static const uint32_t smallest[] = { 0, 0x80, 0x800, 0x10000 };
    const unsigned char *at = *text;
    uint32_t character = *at++;
    unsigned more = 0;

    if (character >= 0xf8 || (character >= 0x80 && character < 0xc0))
        return NO_CHARACTER;
    if (character >= 0xf0) {
        more = 3;
        character &= 0x07;
    } else if (character >= 0xe0) {
        more = 2;
        character &= 0x0f;
    } else if (character >= 0xc0) {
        more = 1;
        character &= 0x1f;
    }
    for (unsigned i = 0; i < more; i++) {
        if (at == end || (*at & 0xc0) != 0x80)
            return NO_CHARACTER;
        character = character << 6 | (*at++ & 0x3fU);
    }
    if (character < smallest[more] || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff))
        return NO_CHARACTER;
    *text = at;
    return character;
}

enum bk_text_fault bk_text_check(const char *text, size_t length, size_t max, enum bk_text_kind kind)
{
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *end = at + length;
    bool seen = kind == BK_TEXT_LINES;

    if (length > max)
        return BK_TEXT_TOO_LONG;
    while (at < end) {
        uint32_t character = take_character(&at, end);
        if (character == NO_CHARACTER)
            return BK_TEXT_BAD_CHARACTER;
        if (character == '\n' && kind == BK_TEXT_LINES)
            continue;
        if (WITHIN(character, forbidden))
            return BK_TEXT_BAD_CHARACTER;
        if (!WITHIN(character, invisible))
            seen = true;
    }
    return seen ? BK_TEXT_GOOD : BK_TEXT_EMPTY;
}
