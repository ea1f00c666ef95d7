/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a file is a bundle, every bit of it as it was signed. It says nothing of who signed it (update.h), and does
 * not understand what is in it (content.h).
 *
 * Input from: app (a file of anybody's)
 * Runs in: bk-bundle, bk-installer, bk-supervisor
 *
 * The file is read once, in a few pages of memory. It holds for the bytes that were read: whoever goes on to use the
 * file has it where nobody else writes to it.
 */
#ifndef BK_BUNDLE_VERIFY_H
#define BK_BUNDLE_VERIFY_H

#include "finding.h"
#include "format.h"

/* `*finding` says whether it is good; `*ret` is set if it is. A negative errno when the file cannot be read. */
int bk_bundle_verify(int fd, struct bk_bundle_header *ret, struct bk_bundle_finding *finding);

/* The same, and good also while nobody has signed it. A signature that is there must be good. */
int bk_bundle_verify_unsigned(int fd, struct bk_bundle_header *ret, struct bk_bundle_finding *finding);

/* The first of what bk_bundle_verify() does: whether a header is one, and the key in it signed it. Of a file whose rest
 * is still to come, and believed to be as long as the header says. */
int bk_bundle_judge_header(const uint8_t block[static BK_BUNDLE_BLOCK], struct bk_bundle_header *ret,
                           struct bk_bundle_finding *finding);
/* The same of a file, whose size it must be, too. */
int bk_bundle_verify_header(int fd, struct bk_bundle_header *ret, struct bk_bundle_finding *finding);

/* Whether a small section, which is one before the root image, is what the header's signer has signed. */
int bk_bundle_verify_section(int fd, const struct bk_bundle_header *header, enum bk_bundle_part part,
                             struct bk_bundle_finding *finding);

#endif
