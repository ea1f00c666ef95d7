/* SPDX-License-Identifier: Apache-2.0 */
#include "size_words.h"

#include <stdio.h>

const char *bk_size_words(int64_t size, char *to, size_t max)
{
    static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB" };
    double value = (double)size;
    size_t unit = 0;

    while (value >= 1000 && unit + 1 < sizeof units / sizeof units[0]) {
        value /= 1000;
        unit++;
    }
    snprintf(to, max, unit > 0 && value < 9.95 ? "%.1f %s" : "%.0f %s", value, size == 1 ? "byte" : units[unit]);
    return to;
}
