/* SPDX-License-Identifier: Apache-2.0 */
/* Where a function takes `at`, that is a place in the message, and `end` where it ends; what it yields is the place
 * behind, or NULL. */
#include "message.h"

#include <string.h>

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    return at;
}

static const char *skip_string(const char *at, const char *end)
{
    if (at >= end || *at != '"')
        return NULL;
    for (at++; at < end && *at != '"'; at++) {
        if (*at == '\\' && at + 1 < end)
            at++;
    }
    return at < end ? at + 1 : NULL;
}

/* true, false, null, a number: whatever stands there up to what ends a value. */
static const char *skip_word(const char *at, const char *end)
{
    const char *start = at;

    while (at < end && ((*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'z') || *at == '-' || *at == '+' ||
                        *at == '.' || *at == 'E'))
        at++;
    return at > start ? at : NULL;
}

/* A value, with all that is in it. Brackets are counted, which is enough for JSON that is right; of other JSON any part
 * is a value. */
static const char *skip_value(const char *at, const char *end)
{
    unsigned depth = 0;

    do {
        at = skip_blanks(at, end);
        if (at >= end)
            return NULL;
        if (*at == '{' || *at == '[') {
            if (++depth > BK_MESSAGE_DEPTH)
                return NULL;
            at++;
        } else if (*at == '}' || *at == ']') {
            if (depth-- == 0)
                return NULL;
            at++;
        } else if (depth > 0 && (*at == ',' || *at == ':')) {
            at++;
        } else {
            at = *at == '"' ? skip_string(at, end) : skip_word(at, end);
        }
    } while (at != NULL && depth > 0);
    return at;
}

/* The value of one member of the object that begins at `at`. */
static bool find_member(const char *at, const char *end, const char *name, size_t name_length, struct bk_value *ret)
{
    at = skip_blanks(at, end);
    if (at >= end || *at != '{')
        return false;
    do {
        const char *key = skip_blanks(at + 1, end);
        const char *after = skip_string(key, end);
        if (after == NULL)
            return false;
        const char *colon = skip_blanks(after, end);
        if (colon >= end || *colon != ':')
            return false;
        const char *value = skip_blanks(colon + 1, end);
        at = skip_value(value, end);
        if (at == NULL)
            return false;
        if ((size_t)(after - key) == name_length + 2 && memcmp(key + 1, name, name_length) == 0) {
            *ret = (struct bk_value){ value, (size_t)(at - value) };
            return true;
        }
        at = skip_blanks(at, end);
    } while (at < end && *at == ',');
    return false;
}

bool bk_message_find(const char *message, size_t length, const char *path, struct bk_value *ret_value)
{
    struct bk_value value = { message, length };

    while (*path != '\0') {
        size_t name = 0;
        while (path[name] != '\0' && path[name] != '.')
            name++;
        if (!find_member(value.at, value.at + value.length, path, name, &value))
            return false;
        path += name + (path[name] == '.' ? 1 : 0);
    }
    *ret_value = value;
    return true;
}

bool bk_message_text(struct bk_value value, struct bk_text *text)
{
    if (value.length < 2 || value.at[0] != '"' || value.at[value.length - 1] != '"')
        return false;
    for (size_t i = 1; i + 1 < value.length; i++) {
        char letter = value.at[i];
        if (letter == '\\') {
            letter = value.at[++i];
            if (letter == 'u') { /* four digits follow */
                i += 4;
                letter = '?';
            } else if (letter == 'n' || letter == 't' || letter == 'r') {
                letter = ' ';
            }
        } else if ((letter & 0xc0) == 0x80) {
            continue; /* the rest of a letter that was one '?' */
        }
        bool plain = letter >= ' ' && letter <= '~';
        bk_text_add_bytes(text, plain ? &letter : "?", 1);
    }
    return true;
}

void bk_message_add_string(struct bk_text *text, const char *bytes)
{
    bk_text_add(text, "\"");
    for (; *bytes != '\0'; bytes++) {
        if (*bytes == '"' || *bytes == '\\')
            bk_text_add(text, "\\");
        bk_text_add_bytes(text, *bytes >= ' ' ? bytes : "?", 1);
    }
    bk_text_add(text, "\"");
}
