/* SPDX-License-Identifier: Apache-2.0 */
/* system calls [installer]: pwrite64 pread64 fstat newfstatat fsync */
#define _GNU_SOURCE
#include "receive.h"

#include "stream.h"
#include "verify.h"

#include "checked.h"
#include "io.h"

#include <errno.h>
#include <unistd.h>

/* Takes the bytes from `from` to `to` of the bundle. */
static int copy(int source, int target, uint64_t from, uint64_t to)
{
    static uint8_t piece[BK_STREAM_PIECE];

    while (from < to) {
        ssize_t n = bk_stream_take(source, piece, bk_min(to - from, sizeof piece), from > 0);
        if (n < 0)
            return (int)n;
        int r = bk_pwrite_all(target, piece, (size_t)n, (off_t)from);
        if (r < 0)
            return r;
        from += (uint64_t)n;
    }
    return 0;
}

int bk_receive(int source, int target, struct bk_bundle_finding *ret)
{
    uint8_t block[BK_BUNDLE_BLOCK];
    struct bk_bundle_header header;

    int r = copy(source, target, 0, sizeof block);
    if (r >= 0)
        r = bk_pread_exact(target, block, sizeof block, 0);
    if (r >= 0)
        r = bk_bundle_judge_header(block, &header, ret);
    if (r < 0 || ret->verdict != BK_BUNDLE_GOOD)
        return r;
    r = copy(source, target, sizeof block, header.file_size);
    if (r >= 0)
        r = bk_bundle_verify(target, &header, ret);
    if (r < 0 || ret->verdict != BK_BUNDLE_GOOD)
        return r;
    return fsync(target) < 0 ? -errno : 0;
}
