/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of scattered memory.
 *
 * Input from: trusted (the ranges were checked when the chain was taken)
 * Runs in: bk-vmm, I/O thread
 */
#ifndef BK_DEVICES_RANGES_H
#define BK_DEVICES_RANGES_H

#include <stddef.h>
#include <sys/uio.h>

/* Fills `to`, which has room for `count`, with the part [offset, offset + size) of `from`, or what there is of
 * it; empty ranges are left out. Yields how many ranges that is. `to` may be `from`. */
static inline unsigned bk_ranges_slice(const struct iovec *from, unsigned count, size_t offset, size_t size,
                                       struct iovec *to)
{
    unsigned used = 0;

    for (unsigned i = 0; i < count && size > 0; i++) {
        struct iovec range = from[i];
        if (offset >= range.iov_len) {
            offset -= range.iov_len;
            continue;
        }
        range.iov_base = (char *)range.iov_base + offset;
        range.iov_len -= offset;
        if (range.iov_len > size)
            range.iov_len = size;
        size -= range.iov_len;
        offset = 0;
        to[used++] = range;
    }
    return used;
}

#endif
