/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root image of a bundle as a disk that the kernel checks, block by block, as it is read: a loop device over the
 * image and its hash tree, and dm-verity on it (Linux Documentation/admin-guide/device-mapper/verity.rst).
 *
 * Input from: app (the bundle; its header was verified)
 * Runs in: bk-supervisor
 *
 * The kernel lets both devices go when the last descriptor of the disk is closed, whoever has it: nothing is to be
 * taken down, and nothing stays when we die.
 */
#ifndef BK_STORE_VERITY_DEVICE_H
#define BK_STORE_VERITY_DEVICE_H

#include "format.h"

/* A block that is not what the header's signer has signed reads as an error. Yields a read-only descriptor, or a
 * negative errno: -ENOENT, -ENODEV or -EPERM where the kernel has no such devices, or none for us. */
int bk_verity_device_open(int bundle, const struct bk_bundle_header *header);

#endif
