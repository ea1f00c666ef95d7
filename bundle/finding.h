/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with a bundle, and where.
 *
 * Input from: trusted
 * Runs in: bk-bundle, bk-installer, bk-supervisor
 *
 * That a bundle is refused is no error of ours: functions that judge one yield true or false, or 0 and a finding; a
 * negative errno says that the host failed us.
 */
#ifndef BK_BUNDLE_FINDING_H
#define BK_BUNDLE_FINDING_H

#include <stdbool.h>
#include <stdint.h>

/* In the order in which they stand in a bundle. */
enum bk_bundle_part {
    BK_BUNDLE_MANIFEST,
    BK_BUNDLE_ICON,
    BK_BUNDLE_KERNEL,
    BK_BUNDLE_INITRD,
    BK_BUNDLE_ROOT,
    BK_BUNDLE_TREE,
    BK_BUNDLE_SECTIONS,
};

enum bk_bundle_verdict {
    BK_BUNDLE_GOOD,
    BK_BUNDLE_NOT_ONE,     /* it does not begin as a bundle does */
    BK_BUNDLE_UNKNOWN,     /* of a version that this reader does not know */
    BK_BUNDLE_UNSIGNED,    /* nobody has signed it */
    BK_BUNDLE_FORGED,      /* the header is not what the key in it has signed */
    BK_BUNDLE_CUT,         /* bytes are missing at the end */
    BK_BUNDLE_GROWN,       /* bytes follow the end */
    BK_BUNDLE_MISLAID,     /* offsets or sizes that are not as the format has them */
    BK_BUNDLE_CHANGED,     /* what a section holds is not what was signed */
    BK_BUNDLE_BAD_PADDING, /* bytes that belong to nothing are not zero */
    BK_BUNDLE_BAD_CONTENT, /* signed, and no app: a wrong manifest, an icon that is none */
    BK_BUNDLE_VERDICTS,
};
extern const char *const bk_bundle_verdict_names[BK_BUNDLE_VERDICTS];

#define BK_BUNDLE_REASON_MAX 320 /* bytes with the NUL */

struct bk_bundle_finding {
    enum bk_bundle_verdict verdict;
    uint64_t offset; /* in the file: where what is wrong begins, as exactly as is known */
    char reason[BK_BUNDLE_REASON_MAX];
};

/* Writes the finding, and yields false. */
bool bk_bundle_find(struct bk_bundle_finding *ret, enum bk_bundle_verdict verdict, uint64_t offset, const char *format,
                    ...) __attribute__((format(printf, 4, 5)));

#endif
