/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an app says about what it copies: a type that is fine is printable, short, and fine again with a parameter
 * behind it, for as long as there is room; a size is never above the bound, whatever came.
 */
#include "clipboard_rules.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void check_type(const uint8_t *data, size_t size)
{
    char type[512], longer[sizeof type + 8];

    snprintf(type, sizeof type, "%.*s", (int)(size < sizeof type ? size : sizeof type - 1), (const char *)data);
    const size_t length = strlen(type);
    if (!bk_clipboard_type_is_fine(type))
        return;
    assert(length >= 3 && length <= BK_CLIPBOARD_TYPE_MAX && strchr(type, '/') != NULL);
    for (size_t i = 0; i < length; i++)
        assert(type[i] >= 0x20 && type[i] <= 0x7e);
    snprintf(longer, sizeof longer, "%s;a=b", type);
    assert(bk_clipboard_type_is_fine(longer) == (length + 4 <= BK_CLIPBOARD_TYPE_MAX));
    longer[length] = ' ';
    assert(!bk_clipboard_type_is_fine(longer));
}

static void check_size(const uint8_t *data, size_t size)
{
    struct bk_clipboard_size line = { 0 };

    for (size_t i = 0; i < size; i++) {
        enum bk_clipboard_line answer = bk_clipboard_size_feed(&line, (char)data[i]);
        if (answer == BK_CLIPBOARD_LINE_MORE)
            continue;
        assert(answer != BK_CLIPBOARD_LINE_WHOLE || (line.value <= BK_CLIPBOARD_SIZE_MAX && data[i] == '\n' && i > 0));
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_type(data, size);
    check_size(data, size);
    return 0;
}
