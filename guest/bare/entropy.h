/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random bytes of the host's (virtio 1.3 §5.4).
 *
 * Input from: host
 * Runs in: a guest without an OS
 */
#ifndef BK_BARE_ENTROPY_H
#define BK_BARE_ENTROPY_H

#include <stdbool.h>
#include <stddef.h>

/* False when there is no such device, or it gives less. */
bool bk_entropy(void *bytes, size_t count);

#endif
