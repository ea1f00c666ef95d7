/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hash tree of a root image, as Linux's dm-verity reads it (Documentation/admin-guide/device-mapper/verity.rst):
 * format 1, SHA-256, blocks of 4096 bytes for data and hashes, no salt, no superblock.
 *
 * Input from: app (a file of anybody's)
 * Runs in: bk-bundle
 *
 * A hash block has the digests of 128 blocks of the level below. The levels stand with the highest, one block, first.
 * The root hash is the digest of that block; an image of one block has no tree, and its root hash is that block's.
 */
#ifndef BK_BUNDLE_VERITY_H
#define BK_BUNDLE_VERITY_H

#include <stdbool.h>
#include <stdint.h>

#define BK_VERITY_BLOCK       4096U
#define BK_VERITY_DIGEST_SIZE 32U
#define BK_VERITY_BLOCKS_MAX  (1ULL << 28) /* of data: four levels; 1 TiB */

/* How many blocks the tree of so many blocks of data has. */
uint64_t bk_verity_tree_blocks(uint64_t data_blocks);

/* Makes the tree, from `tree_offset` on, of `data_blocks` (>= 1, <= BK_VERITY_BLOCKS_MAX) blocks from `data_offset` on.
 */
int bk_verity_write(int fd, uint64_t data_offset, uint64_t data_blocks, uint64_t tree_offset,
                    uint8_t ret_root[static BK_VERITY_DIGEST_SIZE]);

/* The first block, of the tree or of the data, that is not what the root hash was made of. */
struct bk_verity_fault {
    bool found;
    bool in_tree;
    bool surplus;   /* it is what was hashed, and not zero behind its digests */
    uint64_t block; /* counted from the tree's or the data's start */
};

/* Reads all of data and tree, in memory of one block a level, as the kernel would. Yields 0 whether or not it is good.
 */
int bk_verity_check(int fd, uint64_t data_offset, uint64_t data_blocks, uint64_t tree_offset,
                    const uint8_t root[static BK_VERITY_DIGEST_SIZE], struct bk_verity_fault *ret);

#endif
