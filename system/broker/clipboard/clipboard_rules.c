/* SPDX-License-Identifier: Apache-2.0 */
#include "clipboard_rules.h"

#include <string.h>

#define SIZE_DIGITS_MAX 12U /* more than any size that is taken, so that one that is not is told from nonsense */

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_name(char c)
{
    return is_alphanumeric(c) || (c != '\0' && strchr("!#$&-^_.+", c) != NULL);
}

/* Goes over a name as RFC 6838 has them; NULL when there is none. */
static const char *skip_name(const char *at)
{
    if (!is_alphanumeric(*at))
        return NULL;
    while (is_name(*at))
        at++;
    return at;
}

/* A value of a parameter: a name, or anything printable within quotes but quotes and backslashes. */
static const char *skip_value(const char *at)
{
    if (*at != '"')
        return skip_name(at);
    for (at++; *at != '"'; at++) {
        if (*at < 0x20 || *at > 0x7e || *at == '\\')
            return NULL;
    }
    return at + 1;
}

bool bk_clipboard_type_is_fine(const char *type)
{
    if (strnlen(type, BK_CLIPBOARD_TYPE_MAX + 1) > BK_CLIPBOARD_TYPE_MAX)
        return false;
    const char *at = skip_name(type);
    if (at == NULL || *at != '/')
        return false;
    at = skip_name(at + 1);
    while (at != NULL && *at != '\0') {
        if (*at++ != ';')
            return false;
        at += *at == ' ';
        at = skip_name(at);
        if (at != NULL)
            at = *at == '=' ? skip_value(at + 1) : NULL;
    }
    return at != NULL;
}

enum bk_clipboard_line bk_clipboard_size_feed(struct bk_clipboard_size *size, char byte)
{
    if (byte == '\n' && size->digits > 0)
        return size->value <= BK_CLIPBOARD_SIZE_MAX ? BK_CLIPBOARD_LINE_WHOLE : BK_CLIPBOARD_LINE_TOO_LARGE;
    if (byte < '0' || byte > '9' || size->digits == SIZE_DIGITS_MAX)
        return BK_CLIPBOARD_LINE_WRONG;
    size->digits++;
    size->value = size->value * 10 + (uint64_t)(byte - '0');
    return BK_CLIPBOARD_LINE_MORE;
}

void bk_clipboard_allow(struct bk_clipboard_manners *manners, uint64_t generation, uint64_t now_ms)
{
    manners->until_ms = now_ms + BK_CLIPBOARD_GESTURE_MS;
    manners->generation = generation;
    manners->left = BK_CLIPBOARD_GESTURE_PASTES;
}

bool bk_clipboard_may_paste(struct bk_clipboard_manners *manners, uint64_t generation, uint64_t now_ms)
{
    if (manners->left == 0 || now_ms >= manners->until_ms || manners->generation != generation)
        return false;
    manners->left--;
    return true;
}
