/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What bk-web makes of a page's URLs, types, titles and names of files. A path that passes stays within the folder; a
 * text fits, and has nothing that the system refuses.
 */
#include "files.h"
#include "text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_SIZE 40U

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_path(const char *text)
{
    char path[BK_WEB_PATH_MAX];

    if (!bk_web_path(text, path))
        return;
    require(strlen(path) < BK_WEB_PATH_MAX && path[0] != '/' && strchr(path, '\\') == NULL);
    for (const char *part = path; part != NULL; part = strchr(part, '/')) {
        part += *part == '/';
        size_t length = strcspn(part, "/");
        require(path[0] == '\0' || length > 0 || part[0] == '\0');
        require(!(length == 2 && memcmp(part, "..", 2) == 0) && !(length == 1 && part[0] == '.'));
    }
    require(strlen(bk_web_type(path)) > 0);
    (void)bk_web_is_place(path);
}

static void check_texts(const char *text)
{
    char to[TEXT_SIZE];

    if (bk_web_text(text, false, to, sizeof to)) {
        require(strlen(to) < sizeof to && to[0] != ' ');
        for (const char *at = to; *at != '\0'; at++)
            require((unsigned char)*at >= 0x20 && *at != 0x7f);
    }
    if (bk_web_file_name(text, to, sizeof to))
        require(strpbrk(to, "/\\\n") == NULL && to[0] != '.');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *endings[BK_WEB_ENDINGS_MAX];
    char *text = malloc(size + 1);

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    check_path(text);
    check_texts(text);
    require(bk_web_endings(text, endings, 3) <= BK_WEB_ENDINGS_MAX);
    free(text);
    return 0;
}
