/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An app's version: one to four numbers of at most nine digits, with dots between them and no zero before: "1.12.3".
 * Two are compared number by number; one that is missing counts as 0, so "1" and "1.0" are the same version.
 *
 * Input from: app (a bundle's manifest)
 * Runs in: bk-supervisor, bk-bundle
 */
#ifndef BK_BUNDLE_VERSION_H
#define BK_BUNDLE_VERSION_H

#include <stdbool.h>
#include <stdint.h>

#define BK_VERSION_NUMBERS 4U
#define BK_VERSION_DIGITS  9U

struct bk_version {
    uint32_t numbers[BK_VERSION_NUMBERS];
};

bool bk_version_parse(const char *text, struct bk_version *ret);
/* Below, equal to, or above 0. */
int bk_version_compare(const struct bk_version *a, const struct bk_version *b);

#endif
