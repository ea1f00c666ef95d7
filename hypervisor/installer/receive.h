/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bundle that comes on a stream becomes a file: taken as it comes, judged to the last bit, and on the disk.
 *
 * Input from: app (a bundle of anybody's)
 * Runs in: bk-installer
 *
 * The stream says how long it is: its first block is the bundle's header, and nothing more is taken before that was
 * found to be signed.
 */
#ifndef BK_INSTALLER_RECEIVE_H
#define BK_INSTALLER_RECEIVE_H

#include "finding.h"

/* Yields 0 with a finding, or a negative errno: -ENODATA for a stream that ended early, -ETIMEDOUT for one that fell
 * silent, what write(2) says of the file. `source` is non-blocking, `target` an empty file. */
int bk_receive(int source, int target, struct bk_bundle_finding *ret);

#endif
