/* SPDX-License-Identifier: Apache-2.0 */
#include "version.h"

#include <stddef.h>
#include <string.h>

bool bk_version_parse(const char *text, struct bk_version *ret)
{
    struct bk_version version = { 0 };

    for (size_t i = 0; i < BK_VERSION_NUMBERS; i++) {
        size_t digits = strspn(text, "0123456789");
        if (digits == 0 || digits > BK_VERSION_DIGITS || (digits > 1 && text[0] == '0'))
            return false;
        for (; digits > 0; digits--)
            version.numbers[i] = version.numbers[i] * 10 + (uint32_t)(*text++ - '0');
        if (*text == '\0') {
            *ret = version;
            return true;
        }
        if (*text++ != '.')
            return false;
    }
    return false;
}

int bk_version_compare(const struct bk_version *a, const struct bk_version *b)
{
    for (size_t i = 0; i < BK_VERSION_NUMBERS; i++) {
        if (a->numbers[i] != b->numbers[i])
            return a->numbers[i] < b->numbers[i] ? -1 : 1;
    }
    return 0;
}
