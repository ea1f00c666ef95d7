/* SPDX-License-Identifier: Apache-2.0 */
/* system calls [installer]: pwrite64 fsync */
#define _GNU_SOURCE
#include "receive_data.h"

#include "data_stream.h"
#include "stream.h"

#include "checked.h"
#include "io.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#define UNIT 512U /* bytes: what a disk is counted in */

struct receiver {
    int source, target;
    uint64_t taken; /* bytes of the stream */
    crypto_hash_sha256_state digest;
};

static int take(struct receiver *receiver, void *buffer, size_t size)
{
    uint8_t *at = buffer;

    while (size > 0) {
        ssize_t n = bk_stream_take(receiver->source, at, size, true);
        if (n < 0)
            return (int)n;
        at += n;
        size -= (size_t)n;
        receiver->taken += (uint64_t)n;
    }
    return 0;
}

static int take_counted(struct receiver *receiver, void *buffer, size_t size)
{
    int r = take(receiver, buffer, size);

    crypto_hash_sha256_update(&receiver->digest, buffer, size);
    return r;
}

/* What comes now is what the disk has from `offset` on. */
static int take_piece(struct receiver *receiver, uint64_t offset, uint64_t size)
{
    static uint8_t piece[BK_STREAM_PIECE];

    while (size > 0) {
        size_t n = bk_min(size, sizeof piece);
        int r = take_counted(receiver, piece, n);
        if (r >= 0)
            r = bk_pwrite_all(receiver->target, piece, n, (off_t)offset);
        if (r < 0)
            return r;
        offset += n;
        size -= n;
    }
    return 0;
}

/* False when it is none, which the finding says. */
static bool judge_head(const struct bk_data_stream_head *head, uint64_t max, struct bk_bundle_finding *ret)
{
    if (memcmp(head->magic, BK_DATA_STREAM_MAGIC, sizeof head->magic) != 0)
        return bk_bundle_find(ret, BK_BUNDLE_NOT_ONE, 0, "what follows the bundle is no data disk");
    if (head->version != BK_DATA_STREAM_VERSION || head->zero != 0 || head->zero2 != 0)
        return bk_bundle_find(ret, BK_BUNDLE_UNKNOWN, 0, "its data disk is of version %" PRIu32 ", which is not known",
                              head->version);
    if (head->size % UNIT != 0)
        return bk_bundle_find(ret, BK_BUNDLE_MISLAID, 0, "its data disk is not of whole sectors");
    if (head->size > max)
        return bk_bundle_find(ret, BK_BUNDLE_MISLAID, 0,
                              "its data disk is of %" PRIu64 " bytes, and there may be %" PRIu64, head->size, max);
    return true;
}

/* The pieces up to the last one. */
static int take_pieces(struct receiver *receiver, uint64_t disk_size, struct bk_bundle_finding *ret)
{
    struct bk_data_stream_piece piece;
    uint64_t end = 0;

    for (;;) {
        uint64_t at = receiver->taken;
        int r = take_counted(receiver, &piece, sizeof piece);
        if (r < 0)
            return r;
        if (piece.size == 0 && piece.offset == disk_size)
            return 0;
        if (piece.size == 0 || piece.offset < end || piece.offset > disk_size ||
            piece.size > disk_size - piece.offset) {
            bk_bundle_find(ret, BK_BUNDLE_MISLAID, at, "a piece of its data disk is not where one can be");
            return 0;
        }
        r = take_piece(receiver, piece.offset, piece.size);
        if (r < 0)
            return r;
        end = piece.offset + piece.size;
    }
}

int bk_receive_data(int source, int target, uint64_t max, uint64_t *ret_size, struct bk_bundle_finding *ret)
{
    struct receiver receiver = { .source = source, .target = target };
    uint8_t said[BK_DATA_STREAM_DIGEST], digest[crypto_hash_sha256_BYTES];
    struct bk_data_stream_head head;

    crypto_hash_sha256_init(&receiver.digest);
    int r = take_counted(&receiver, &head, sizeof head);
    if (r < 0 || !judge_head(&head, max, ret))
        return r;
    r = take_pieces(&receiver, head.size, ret);
    if (r >= 0 && ret->verdict == BK_BUNDLE_GOOD)
        r = take(&receiver, said, sizeof said);
    if (r < 0 || ret->verdict != BK_BUNDLE_GOOD)
        return r;
    crypto_hash_sha256_final(&receiver.digest, digest);
    if (memcmp(said, digest, sizeof digest) != 0) {
        bk_bundle_find(ret, BK_BUNDLE_CHANGED, receiver.taken, "its data disk was changed after it was exported");
        return 0;
    }
    *ret_size = head.size;
    return fsync(target) < 0 ? -errno : 0;
}
