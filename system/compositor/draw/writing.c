/* SPDX-License-Identifier: Apache-2.0 */
#include "writing.h"

#include <string.h>

/* The beginning of the character before, or after, a place. */
static size_t before(const char *text, size_t at)
{
    if (at > 0)
        at--;
    while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80)
        at--;
    return at;
}

static size_t behind(const char *text, size_t at)
{
    if (text[at] != '\0')
        at++;
    while (((unsigned char)text[at] & 0xc0) == 0x80)
        at++;
    return at;
}

static void cut(char *text, size_t from, size_t to)
{
    memmove(text + from, text + to, strlen(text + to) + 1);
}

bool bk_writing_is_text(const char *text)
{
    return (unsigned char)text[0] >= 0x20 && text[0] != 0x7f;
}

bool bk_writing_put(char *text, size_t max, size_t *caret, const char *more)
{
    const size_t length = strlen(text), size = strlen(more);

    if (length + size > max)
        return false;
    memmove(text + *caret + size, text + *caret, length - *caret + 1);
    memcpy(text + *caret, more, size);
    *caret += size;
    return true;
}

void bk_writing_erase(char *text, size_t *caret)
{
    const size_t from = before(text, *caret);

    cut(text, from, *caret);
    *caret = from;
}

void bk_writing_delete(char *text, size_t caret)
{
    cut(text, caret, behind(text, caret));
}

void bk_writing_move(const char *text, size_t *caret, int by)
{
    if (by == -1)
        *caret = before(text, *caret);
    else if (by == 1)
        *caret = behind(text, *caret);
    else
        *caret = by < 0 ? 0 : strlen(text);
}
