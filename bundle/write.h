/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a bundle, and signing one.
 *
 * Input from: trusted (the developer's own files)
 * Runs in: bk-bundle
 *
 * The same files make the same bytes, whenever and wherever.
 */
#ifndef BK_BUNDLE_WRITE_H
#define BK_BUNDLE_WRITE_H

#include "finding.h"
#include "format.h"
#include "key.h"

/* Writes a bundle that nobody has signed yet into an empty file. `fds` are open for reading, -1 for what it has not;
 * the tree is made here. -EFBIG when one is larger than its section may be, -EINVAL when it is empty or the root image
 * not of whole blocks; `*ret_failed` says which one a failure was about, BK_BUNDLE_SECTIONS that it was about the
 * bundle itself. */
int bk_bundle_write(int fd, const int fds[static BK_BUNDLE_TREE], struct bk_bundle_header *ret,
                    enum bk_bundle_part *ret_failed);

/* Signs the bundle that has this header, and is whole (bk_bundle_verify_unsigned(), or was just written), in its place,
 * whoever had signed it before. On return the bundle is on the disk. */
int bk_bundle_sign(int fd, struct bk_bundle_header *header, const struct bk_key *key);

#endif
