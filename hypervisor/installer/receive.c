/* SPDX-License-Identifier: Apache-2.0 */
/* system calls [installer]: poll read pwrite64 pread64 fstat newfstatat fsync */
#define _GNU_SOURCE
#include "receive.h"

#include "verify.h"

#include "checked.h"
#include "io.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

#define PIECE_SIZE (256U << 10)

/* Yields how much there is, at most `size`. The stream of a device says that nobody is there, too, before the word of
 * its sender has come: until `begun`, that is no end. */
static ssize_t take(int source, void *buffer, size_t size, bool begun)
{
    const int step_ms = 100;

    for (int waited_ms = 0; waited_ms < BK_RECEIVE_SILENCE_MS;) {
        struct pollfd polled = { .fd = source, .events = POLLIN };

        int n = poll(&polled, 1, step_ms);
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n <= 0) {
            waited_ms += step_ms;
            continue;
        }
        ssize_t got = read(source, buffer, size);
        if (got > 0)
            return got;
        if (got < 0 && errno != EAGAIN && errno != EINTR)
            return -errno;
        if (got == 0 && begun)
            return -ENODATA;
        (void)poll(NULL, 0, step_ms);
        waited_ms += step_ms;
    }
    return -ETIMEDOUT;
}

/* Takes the bytes from `from` to `to` of the bundle. */
static int copy(int source, int target, uint64_t from, uint64_t to)
{
    static uint8_t piece[PIECE_SIZE];

    while (from < to) {
        ssize_t n = take(source, piece, bk_min(to - from, sizeof piece), from > 0);
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
