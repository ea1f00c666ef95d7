/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small section of a bundle, as it was signed, in memory.
 *
 * Input from: app (the bundle; its header was verified)
 * Runs in: bk-supervisor
 */
#ifndef BK_STORE_SECTION_H
#define BK_STORE_SECTION_H

#include "format.h"

/* A sealed memory file with a copy of a section that there is, and that is none of root image and tree. -EBADMSG when
 * it is not what the header's signer has signed. */
int bk_section_open(int bundle, const struct bk_bundle_header *header, enum bk_bundle_part part);

/* The same in the caller's memory, which the caller frees. */
int bk_section_load(int bundle, const struct bk_bundle_header *header, enum bk_bundle_part part, char **ret,
                    size_t *ret_size);

#endif
