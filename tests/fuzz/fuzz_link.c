/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The links, media types and names that apps hand on. What passes is bounded, has nothing that a terminal or a reader
 * could mistake, and its host is what stands behind the last '@' and before what ends an authority.
 */
#include "link.h"
#include "text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_link(const char *text, size_t size)
{
    struct bk_link link;

    if (bk_link_parse(text, size, &link) != BK_LINK_GOOD)
        return;
    require(size <= BK_LINK_MAX);
    for (size_t i = 0; i < size; i++)
        require(text[i] > 0x20 && text[i] < 0x7f && strchr("\"<>\\^`{|}", text[i]) == NULL);
    require(link.scheme[0] >= 'a' && link.scheme[0] <= 'z' && strlen(link.scheme) <= BK_LINK_SCHEME_MAX);
    require(strcmp(link.scheme, "javascript") != 0 && strcmp(link.scheme, "file") != 0);
    require(strlen(link.host) <= BK_LINK_HOST_MAX && strpbrk(link.host, "/?#@%") == NULL);
    if (strcmp(link.scheme, "http") == 0 || strcmp(link.scheme, "https") == 0)
        require(link.host[0] != '\0' && strncmp(text + strlen(link.scheme) + 1, "//", 2) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    check_link(text, size);
    if (bk_link_check_type(text) == BK_LINK_GOOD) {
        struct bk_opens opens = { 0 };
        require(bk_opens_add_type(&opens, text) && bk_opens_type(&opens, text));
        require(strlen(text) <= BK_LINK_TYPE_MAX && strchr(text, '*') == NULL);
    }
    if (bk_link_check_name(text, size) == BK_LINK_GOOD)
        require(strlen(text) == size && size <= BK_LINK_NAME_MAX && strpbrk(text, "/\\\n\x1b") == NULL);
    free(text);
    return 0;
}
