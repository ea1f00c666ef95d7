/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What files take on a disk, where several of them may have the same blocks.
 *
 * Input from: trusted (the kernel); a guest chooses in how many pieces its file lies
 * Runs in: bk-supervisor
 */
#ifndef BK_STORE_EXTENTS_H
#define BK_STORE_EXTENTS_H

#include <stddef.h>
#include <stdint.h>

#define BK_EXTENTS_MAX 65536U /* of all files together; of what lies in more pieces all counts as a file's own */

struct bk_extent {
    uint64_t at, size; /* bytes of the disk */
};

/* Zero-initialised. */
struct bk_extents {
    struct bk_extent *list;
    size_t count, room;
    uint64_t own; /* bytes whose place is not known */
};

/* Adds a file's. `*ret_alone`, if it is not NULL, are the bytes that no other file has, whoever they are. */
int bk_extents_add(struct bk_extents *extents, int file, uint64_t *ret_alone);

/* The bytes that they take, each counted once. */
uint64_t bk_extents_total(struct bk_extents *extents);
void bk_extents_finish(struct bk_extents *extents);

#endif
