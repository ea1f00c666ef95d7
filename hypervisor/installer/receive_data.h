/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A data disk that comes on a stream (docs/protocols/export.md) becomes a file. What is in it is the app's: it is
 * counted, and not looked at.
 *
 * Input from: app (whoever has the file can have changed it)
 * Runs in: bk-installer
 */
#ifndef BK_INSTALLER_RECEIVE_DATA_H
#define BK_INSTALLER_RECEIVE_DATA_H

#include "finding.h"

#include <stdint.h>

/* Yields 0 with a finding, or a negative errno as bk_receive() does. `target` is an empty file. When it is good,
 * `*ret_size` is the disk's size, at most `max`, and all that is not a hole at its end is on the disk. */
int bk_receive_data(int source, int target, uint64_t max, uint64_t *ret_size, struct bk_bundle_finding *ret);

#endif
