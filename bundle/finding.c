/* SPDX-License-Identifier: Apache-2.0 */
#include "finding.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

const char *const bk_bundle_verdict_names[] = {
    [BK_BUNDLE_GOOD] = "good",           [BK_BUNDLE_NOT_ONE] = "notABundle",  [BK_BUNDLE_UNKNOWN] = "unknownVersion",
    [BK_BUNDLE_UNSIGNED] = "unsigned",   [BK_BUNDLE_FORGED] = "forged",       [BK_BUNDLE_CUT] = "cut",
    [BK_BUNDLE_GROWN] = "grown",         [BK_BUNDLE_MISLAID] = "mislaid",     [BK_BUNDLE_CHANGED] = "changed",
    [BK_BUNDLE_BAD_PADDING] = "padding", [BK_BUNDLE_BAD_CONTENT] = "content",
};
static_assert(sizeof bk_bundle_verdict_names / sizeof bk_bundle_verdict_names[0] == BK_BUNDLE_VERDICTS,
              "one name for each");

bool bk_bundle_find(struct bk_bundle_finding *ret, enum bk_bundle_verdict verdict, uint64_t offset, const char *format,
                    ...)
{
    va_list arguments;

    ret->verdict = verdict;
    ret->offset = offset;
    va_start(arguments, format);
    vsnprintf(ret->reason, sizeof ret->reason, format, arguments);
    va_end(arguments);
    return false;
}
