/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <string.h>

/* Bytes of the character that begins here, within the text's end. */
static size_t length_of(const char *at)
{
    size_t length = 1;

    while (length < 4 && ((unsigned char)at[length] & 0xc0) == 0x80)
        length++;
    return length;
}

/* Control characters, those that change the direction of what follows, line and paragraph separators. */
static bool is_refused(const char *at)
{
    const unsigned char *c = (const unsigned char *)at;

    return c[0] < 0x20 || c[0] == 0x7f || (c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f) ||
           (c[0] == 0xe2 && c[1] == 0x80 && c[2] >= 0xa8 && c[2] <= 0xae);
}

bool bk_web_text(const char *from, bool lines, char *to, size_t size)
{
    size_t length = 0;

    for (size_t step; *from != '\0'; from += step) {
        bool kept = (lines && *from == '\n') || !is_refused(from);
        step = length_of(from);
        if (length + (kept ? step : 1) >= size)
            break;
        if (length == 0 && (!kept || *from == ' ' || *from == '\n'))
            continue;
        if (kept)
            memcpy(to + length, from, step);
        else
            to[length] = ' ';
        length += kept ? step : 1;
    }
    while (length > 0 && (to[length - 1] == ' ' || to[length - 1] == '\n'))
        length--;
    to[length] = '\0';
    return length > 0;
}

bool bk_web_file_name(const char *from, char *to, size_t size)
{
    if (!bk_web_text(from, false, to, size))
        return false;
    for (char *at = to; *at != '\0'; at++) {
        if (*at == '/' || *at == '\\')
            *at = ' ';
    }
    const char *begin = to + strspn(to, ". ");
    memmove(to, begin, strlen(begin) + 1);
    return to[0] != '\0';
}
