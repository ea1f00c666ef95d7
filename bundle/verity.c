/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "verity.h"

#include "io.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define DIGESTS_BITS 7U /* a hash block has 128 */
#define LEVELS_MAX   4U
static_assert((1U << DIGESTS_BITS) * BK_VERITY_DIGEST_SIZE == BK_VERITY_BLOCK, "a hash block is full of digests");
static_assert(1ULL << (DIGESTS_BITS * LEVELS_MAX) >= BK_VERITY_BLOCKS_MAX, "so many levels are enough");

struct shape {
    unsigned levels;
    uint64_t start[LEVELS_MAX], blocks[LEVELS_MAX]; /* of each level, the lowest first; counted from the tree's start */
    uint64_t all;
};

static struct shape shape_of(uint64_t data_blocks)
{
    struct shape shape = { 0 };

    assert(data_blocks <= BK_VERITY_BLOCKS_MAX);
    for (uint64_t below = data_blocks; below > 1; below = shape.blocks[shape.levels++])
        shape.blocks[shape.levels] = (below + (1U << DIGESTS_BITS) - 1) >> DIGESTS_BITS;
    for (unsigned level = shape.levels; level-- > 0;) {
        shape.start[level] = shape.all;
        shape.all += shape.blocks[level];
    }
    return shape;
}

uint64_t bk_verity_tree_blocks(uint64_t data_blocks)
{
    return shape_of(data_blocks).all;
}

static int read_block(int fd, uint64_t offset, uint64_t number, uint8_t ret[static BK_VERITY_BLOCK])
{
    return bk_pread_exact(fd, ret, BK_VERITY_BLOCK, (off_t)(offset + number * BK_VERITY_BLOCK));
}

int bk_verity_write(int fd, uint64_t data_offset, uint64_t data_blocks, uint64_t tree_offset,
                    uint8_t ret_root[static BK_VERITY_DIGEST_SIZE])
{
    uint8_t below[BK_VERITY_BLOCK], hashes[BK_VERITY_BLOCK];
    const struct shape shape = shape_of(data_blocks);
    uint64_t offset = data_offset, count = data_blocks;
    int r;

    assert(data_blocks > 0);
    for (unsigned level = 0; level < shape.levels; level++) {
        uint64_t to = tree_offset + shape.start[level] * BK_VERITY_BLOCK;
        for (uint64_t block = 0; block < shape.blocks[level]; block++) {
            memset(hashes, 0, sizeof hashes);
            for (uint64_t i = 0; i < 1U << DIGESTS_BITS && (block << DIGESTS_BITS) + i < count; i++) {
                r = read_block(fd, offset, (block << DIGESTS_BITS) + i, below);
                if (r < 0)
                    return r;
                crypto_hash_sha256(hashes + i * BK_VERITY_DIGEST_SIZE, below, sizeof below);
            }
            r = bk_pwrite_all(fd, hashes, sizeof hashes, (off_t)(to + block * BK_VERITY_BLOCK));
            if (r < 0)
                return r;
        }
        offset = to;
        count = shape.blocks[level];
    }
    r = read_block(fd, offset, 0, below);
    if (r < 0)
        return r;
    crypto_hash_sha256(ret_root, below, sizeof below);
    return 0;
}

static bool is_good(const uint8_t block[static BK_VERITY_BLOCK], const uint8_t digest[static BK_VERITY_DIGEST_SIZE])
{
    uint8_t made[BK_VERITY_DIGEST_SIZE];

    crypto_hash_sha256(made, block, BK_VERITY_BLOCK);
    return memcmp(made, digest, sizeof made) == 0;
}

/* Whether something stands where a hash block of the digests of so many blocks has zeros. */
static bool has_surplus(const uint8_t block[static BK_VERITY_BLOCK], uint64_t digests)
{
    for (uint64_t i = digests * BK_VERITY_DIGEST_SIZE; i < BK_VERITY_BLOCK; i++) {
        if (block[i] != 0)
            return true;
    }
    return false;
}

int bk_verity_check(int fd, uint64_t data_offset, uint64_t data_blocks, uint64_t tree_offset,
                    const uint8_t root[static BK_VERITY_DIGEST_SIZE], struct bk_verity_fault *ret)
{
    const struct shape shape = shape_of(data_blocks);
    /* The hash blocks above the one that is looked at, each known to be good. */
    uint8_t path[LEVELS_MAX][BK_VERITY_BLOCK];
    uint8_t data[BK_VERITY_BLOCK];
    int r;

    assert(data_blocks > 0);
    for (uint64_t block = 0; block < data_blocks; block++) {
        const uint8_t *digest = root;
        for (unsigned level = shape.levels; level-- > 0;) {
            unsigned shift = DIGESTS_BITS * level;
            uint64_t hash_block = block >> (shift + DIGESTS_BITS);
            /* A hash block is read when the first block below it is. */
            if ((block & ((1ULL << (shift + DIGESTS_BITS)) - 1)) == 0) {
                r = read_block(fd, tree_offset, shape.start[level] + hash_block, path[level]);
                if (r < 0)
                    return r;
                bool good = is_good(path[level], digest);
                uint64_t below = level > 0 ? shape.blocks[level - 1] : data_blocks;
                if (!good || has_surplus(path[level], below - (hash_block << DIGESTS_BITS))) {
                    *ret = (struct bk_verity_fault){
                        .found = true, .in_tree = true, .surplus = good, .block = shape.start[level] + hash_block
                    };
                    return 0;
                }
            }
            digest = path[level] + ((block >> shift) & ((1U << DIGESTS_BITS) - 1)) * BK_VERITY_DIGEST_SIZE;
        }
        r = read_block(fd, data_offset, block, data);
        if (r < 0)
            return r;
        if (!is_good(data, digest)) {
            *ret = (struct bk_verity_fault){ .found = true, .block = block };
            return 0;
        }
    }
    *ret = (struct bk_verity_fault){ 0 };
    return 0;
}
