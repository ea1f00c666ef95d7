/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

#include <string.h>
#include <strings.h>

/* What the web is made of, and what people have as files. A text is UTF-8 unless it says otherwise itself. Modules,
 * WebAssembly and fonts are refused by an engine when they have another type. Sorted by type. */
static const struct {
    const char *ending, *type;
} types[] = {
    { ".bin", "application/octet-stream" },
    { ".geojson", "application/geo+json" },
    { ".json", "application/json" },
    { ".map", "application/json" },
    { ".webmanifest", "application/manifest+json" },
    { ".pdf", "application/pdf" },
    { ".wasm", "application/wasm" },
    { ".xml", "application/xml" },
    { ".zip", "application/zip" },
    { ".flac", "audio/flac" },
    { ".m4a", "audio/mp4" },
    { ".mp3", "audio/mpeg" },
    { ".oga", "audio/ogg" },
    { ".ogg", "audio/ogg" },
    { ".opus", "audio/ogg" },
    { ".wav", "audio/wav" },
    { ".otf", "font/otf" },
    { ".ttf", "font/ttf" },
    { ".woff", "font/woff" },
    { ".woff2", "font/woff2" },
    { ".avif", "image/avif" },
    { ".bmp", "image/bmp" },
    { ".gif", "image/gif" },
    { ".jpeg", "image/jpeg" },
    { ".jpg", "image/jpeg" },
    { ".png", "image/png" },
    { ".svg", "image/svg+xml" },
    { ".webp", "image/webp" },
    { ".ico", "image/x-icon" },
    { ".css", "text/css;charset=utf-8" },
    { ".csv", "text/csv;charset=utf-8" },
    { ".htm", "text/html;charset=utf-8" },
    { ".html", "text/html;charset=utf-8" },
    { ".cjs", "text/javascript;charset=utf-8" },
    { ".js", "text/javascript;charset=utf-8" },
    { ".mjs", "text/javascript;charset=utf-8" },
    { ".md", "text/markdown;charset=utf-8" },
    { ".txt", "text/plain;charset=utf-8" },
    { ".vtt", "text/vtt;charset=utf-8" },
    { ".mp4", "video/mp4" },
    { ".ogv", "video/ogg" },
    { ".webm", "video/webm" },
};

static int digit_of(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);

    return at == NULL ? -1 : (int)(at - digits);
}

/* Decodes the character at `*from` and goes behind it; -1 for one that no file's name has here. */
static int character_at(const char **from)
{
    int c = (unsigned char)**from;

    if (c == '%') {
        int high = digit_of((*from)[1]);
        int low = high < 0 ? -1 : digit_of((*from)[2]);
        if (low < 0)
            return -1;
        c = high * 16 + low;
        if (c == '\0' || c == '/')
            return -1;
        *from += 2;
    }
    *from += 1;
    return c == '\\' ? -1 : c;
}

bool bk_web_path(const char *url_path, char to[static BK_WEB_PATH_MAX])
{
    size_t size = 0;

    for (const char *from = url_path;;) {
        size_t part = size;
        while (*from == '/')
            from++;
        if (*from == '\0')
            break;
        if (size > 0)
            to[size++] = '/';
        size_t begin = size;
        while (*from != '\0' && *from != '/') {
            int c = character_at(&from);
            if (c < 0 || size + 2 >= BK_WEB_PATH_MAX) /* room for a slash and the NUL */
                return false;
            to[size++] = (char)c;
        }
        if (size - begin == 2 && memcmp(to + begin, "..", 2) == 0)
            return false;
        if (size - begin == 1 && to[begin] == '.')
            size = part;
    }
    to[size] = '\0';
    return true;
}

bool bk_web_is_place(const char *path)
{
    const char *last = strrchr(path, '/');

    return strchr(last == NULL ? path : last + 1, '.') == NULL;
}

const char *bk_web_type(const char *name)
{
    const char *ending = strrchr(name, '.');

    for (size_t i = 0; ending != NULL && i < sizeof types / sizeof types[0]; i++) {
        if (strcasecmp(ending, types[i].ending) == 0)
            return types[i].type;
    }
    return types[0].type;
}

static bool is_of(const char *type, const char *wanted)
{
    size_t length = strcspn(wanted, ";*");

    if (wanted[length] == '*')
        return length > 0 && strncasecmp(type, wanted, length) == 0;
    return strncasecmp(type, wanted, length) == 0 && (type[length] == '\0' || type[length] == ';');
}

size_t bk_web_endings(const char *type, const char *endings[static BK_WEB_ENDINGS_MAX], size_t n)
{
    if (type[0] == '.' && type[1] != '\0' && n < BK_WEB_ENDINGS_MAX)
        endings[n++] = type;
    for (size_t i = 0; type[0] != '.' && i < sizeof types / sizeof types[0] && n < BK_WEB_ENDINGS_MAX; i++) {
        if (is_of(types[i].type, type))
            endings[n++] = types[i].ending;
    }
    return n;
}
