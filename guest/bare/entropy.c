/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy.h"

#include "virtio.h"

bool bk_entropy(void *bytes, size_t count)
{
    static struct bk_virtio device;
    static bool opened, there;

    if (!opened) {
        there = bk_virtio_open(&device, BK_VIRTIO_ENTROPY, 0, 1);
        if (there)
            bk_virtio_start(&device);
        opened = true;
    }
    char *at = bytes;
    while (there && count > 0) {
        int got = bk_virtio_ask(&device, 0, &(struct bk_piece){ at, count }, 0, 1);
        if (got <= 0)
            return false;
        at += got;
        count -= (size_t)got;
    }
    return there;
}
