/* SPDX-License-Identifier: Apache-2.0 */
#include "link.h"

#include "text.h"

#include <assert.h>
#include <string.h>

#define DIGITS     "0123456789"
#define HEX_DIGITS DIGITS "abcdefABCDEF"
#define LOWER      "abcdefghijklmnopqrstuvwxyz"
#define LETTERS    LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define UNRESERVED LETTERS DIGITS "-._~"
#define SUB_DELIMS "!$&'()*+,;="

const char *const bk_link_fault_names[BK_LINK_FAULTS] = {
    [BK_LINK_EMPTY] = "empty",      [BK_LINK_TOO_LONG] = "tooLong",    [BK_LINK_BAD_CHARACTER] = "badCharacter",
    [BK_LINK_BAD_FORM] = "badForm", [BK_LINK_FORBIDDEN] = "forbidden",
};
static_assert(BK_LINK_FAULTS == 6, "one name for each fault");

/* ---- links ---- */

/* What their readers find in themselves, or run. */
static const char *const forbidden[] = { "about",    "blob",        "chrome",  "content", "data",
                                         "file",     "filesystem",  "intent",  "jar",     "javascript",
                                         "resource", "view-source", "vbscript" };

/* Whose links have a host, whatever stands in its place: readers find one even where there is none. */
static const char *const of_the_web[] = { "ftp", "ftps", "http", "https", "ws", "wss" };

static bool is_among(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

#define IS_AMONG(name, names) is_among((name), (names), sizeof(names) / sizeof((names)[0]))

/* `to` has room for `length` bytes and a NUL. */
static void lower(const char *text, size_t length, char *to)
{
    for (size_t i = 0; i < length; i++)
        to[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]);
    to[length] = '\0';
}

/* Only what RFC 3986 §2 knows, and '%' with two digits only. Brackets beyond a host's are taken, too: many write them.
 */
static bool has_good_characters(const char *text, size_t length)
{
    static const char good[] = UNRESERVED SUB_DELIMS ":/?#[]@";

    for (size_t i = 0; i < length; i++) {
        if (text[i] == '%') {
            if (length - i < 3 || text[i + 1] == '\0' || text[i + 2] == '\0' ||
                strchr(HEX_DIGITS, text[i + 1]) == NULL || strchr(HEX_DIGITS, text[i + 2]) == NULL)
                return false;
        } else if (text[i] == '\0' || strchr(good, text[i]) == NULL) {
            return false;
        }
    }
    return true;
}

/* The length of what `text` begins with of these characters, `length` at most. */
static size_t span(const char *text, size_t length, const char *of)
{
    size_t at = 0;

    while (at < length && strchr(of, text[at]) != NULL)
        at++;
    return at;
}

static size_t find(const char *text, size_t length, const char *any)
{
    size_t at = 0;

    while (at < length && strchr(any, text[at]) == NULL)
        at++;
    return at;
}

/* What stands between "//" and the path (RFC 3986 §3.2). */
static enum bk_link_fault take_authority(const char *text, size_t length, struct bk_link *link)
{
    size_t user = find(text, length, "@");
    size_t host_length;

    if (user < length) {
        text += user + 1;
        length -= user + 1;
    }
    if (find(text, length, "@") < length)
        return BK_LINK_BAD_FORM;
    if (length > 0 && text[0] == '[') {
        host_length = 1 + span(text + 1, length - 1, HEX_DIGITS ":.");
        if (host_length < 4 || host_length == length || text[host_length] != ']')
            return BK_LINK_BAD_FORM;
        host_length++;
    } else {
        host_length = span(text, length, LETTERS DIGITS "-._");
    }
    if (host_length > BK_LINK_HOST_MAX)
        return BK_LINK_TOO_LONG;
    lower(text, host_length, link->host);
    text += host_length;
    length -= host_length;
    if (length > 0 && (text[0] != ':' || span(text + 1, length - 1, DIGITS) != length - 1 || length > 6))
        return BK_LINK_BAD_FORM;
    return BK_LINK_GOOD;
}

enum bk_link_fault bk_link_parse(const char *text, size_t length, struct bk_link *ret)
{
    struct bk_link link = { .scheme = "" };

    if (length == 0)
        return BK_LINK_EMPTY;
    if (length > BK_LINK_MAX)
        return BK_LINK_TOO_LONG;
    if (!has_good_characters(text, length))
        return BK_LINK_BAD_CHARACTER;
    size_t scheme = span(text, length, LETTERS DIGITS "+-.");
    if (scheme == 0 || scheme > BK_LINK_SCHEME_MAX || scheme + 1 >= length || text[scheme] != ':' ||
        strchr(LETTERS, text[0]) == NULL)
        return BK_LINK_BAD_FORM;
    lower(text, scheme, link.scheme);
    if (IS_AMONG(link.scheme, forbidden))
        return BK_LINK_FORBIDDEN;
    text += scheme + 1;
    length -= scheme + 1;
    if (length >= 2 && text[0] == '/' && text[1] == '/') {
        enum bk_link_fault fault = take_authority(text + 2, find(text + 2, length - 2, "/?#"), &link);
        if (fault != BK_LINK_GOOD)
            return fault;
    }
    if (link.host[0] == '\0' && IS_AMONG(link.scheme, of_the_web))
        return BK_LINK_BAD_FORM;
    *ret = link;
    return BK_LINK_GOOD;
}

/* ---- types and names ---- */

/* The length of one of the two names, 0 when it is none. */
static size_t part_length(const char *text)
{
    size_t length = strspn(text, LOWER DIGITS "!#$&-^_.+");

    return length <= BK_LINK_PART_MAX && strchr("!#$&-^_.+", text[0]) == NULL ? length : 0;
}

enum bk_link_fault bk_link_check_type(const char *type)
{
    size_t first = part_length(type);

    if (type[0] == '\0')
        return BK_LINK_EMPTY;
    if (strlen(type) > BK_LINK_TYPE_MAX)
        return BK_LINK_TOO_LONG;
    if (first == 0 || type[first] != '/')
        return BK_LINK_BAD_FORM;
    size_t second = part_length(type + first + 1);
    return second > 0 && type[first + 1 + second] == '\0' ? BK_LINK_GOOD : BK_LINK_BAD_FORM;
}

enum bk_link_fault bk_link_check_name(const char *name, size_t length)
{
    switch (bk_text_check(name, length, BK_LINK_NAME_MAX, BK_TEXT_LINE)) {
    case BK_TEXT_EMPTY:
        return BK_LINK_EMPTY;
    case BK_TEXT_TOO_LONG:
        return BK_LINK_TOO_LONG;
    case BK_TEXT_BAD_CHARACTER:
        return BK_LINK_BAD_CHARACTER;
    case BK_TEXT_GOOD:
        break;
    }
    if (memchr(name, '/', length) != NULL || memchr(name, '\\', length) != NULL)
        return BK_LINK_BAD_CHARACTER;
    return (length == 1 && name[0] == '.') || (length == 2 && name[0] == '.' && name[1] == '.') ? BK_LINK_BAD_FORM
                                                                                                : BK_LINK_GOOD;
}

/* ---- what an app opens ---- */

bool bk_opens_add_scheme(struct bk_opens *opens, const char *scheme)
{
    if (opens->n_schemes == BK_OPENS_SCHEMES_MAX || strlen(scheme) > BK_LINK_SCHEME_MAX)
        return false;
    memcpy(opens->schemes[opens->n_schemes++], scheme, strlen(scheme) + 1);
    return true;
}

bool bk_opens_add_type(struct bk_opens *opens, const char *type)
{
    if (opens->n_types == BK_OPENS_TYPES_MAX || strlen(type) > BK_LINK_TYPE_MAX)
        return false;
    memcpy(opens->types[opens->n_types++], type, strlen(type) + 1);
    return true;
}

bool bk_opens_scheme(const struct bk_opens *opens, const char *scheme)
{
    for (unsigned i = 0; i < opens->n_schemes; i++) {
        if (strcmp(opens->schemes[i], scheme) == 0)
            return true;
    }
    return false;
}

static bool pattern_has(const char *pattern, const char *type)
{
    size_t length = strlen(pattern);

    if (strcmp(pattern, "*/*") == 0)
        return true;
    if (length > 2 && strcmp(pattern + length - 2, "/*") == 0)
        return strncmp(pattern, type, length - 1) == 0;
    return strcmp(pattern, type) == 0;
}

bool bk_opens_type(const struct bk_opens *opens, const char *type)
{
    for (unsigned i = 0; i < opens->n_types; i++) {
        if (pattern_has(opens->types[i], type))
            return true;
    }
    return false;
}
