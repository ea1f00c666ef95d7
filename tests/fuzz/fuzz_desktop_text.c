/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the desktop makes of an app's text. Whatever comes in, what goes out is bounded, has no control characters, and
 * is clean: cleaning it again changes nothing.
 *
 * Input: the bound (one byte), the kind of lines (one byte), the text.
 */
#include "text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void require(bool condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t max = data[0];
    enum bk_text_lines lines = (data[1] & 1) != 0 ? BK_TEXT_MANY_LINES : BK_TEXT_ONE_LINE;
    char *clean = bk_text_clean((const char *)data + 2, size - 2, max, lines);
    if (clean == NULL)
        return 0;

    size_t length = strlen(clean);
    require(length <= max);
    for (size_t i = 0; i < length; i++)
        require((unsigned char)clean[i] >= 0x20 && clean[i] != 0x7f);
    require(length == 0 || (clean[0] != ' ' && clean[length - 1] != ' '));
    if (lines == BK_TEXT_ONE_LINE)
        require(strstr(clean, BK_TEXT_BREAK) == NULL);

    char *again = bk_text_clean(clean, length, max, lines);
    if (again != NULL)
        require(strcmp(clean, again) == 0);
    free(again);
    free(clean);
    return 0;
}
