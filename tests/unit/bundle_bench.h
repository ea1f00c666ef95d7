/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bundles for tests, in memory.
 *
 * Input from: trusted
 * Runs in: tests
 */
#ifndef BK_TESTS_BUNDLE_BENCH_H
#define BK_TESTS_BUNDLE_BENCH_H

#include "content.h"
#include "format.h"
#include "key.h"

/* A file that is in memory alone, with these bytes. */
int bundle_bench_file(const void *bytes, size_t size);

struct bundle_parts {
    const char *manifest;
    const char *icon;
    const char *kernel;
    const char *initrd;
    size_t root_blocks; /* of an EROFS by its first block; each block is another */
    uint8_t variant;    /* what the root's blocks begin with */
};

/* Always the same key for the same number. */
struct bk_key bundle_bench_key(uint8_t number);

/* The bytes of a bundle of these parts, signed unless `key` is NULL; the caller frees them. */
uint8_t *bundle_bench_make(const struct bundle_parts *parts, const struct bk_key *key, size_t *ret_size);

/* Writes the header's signature anew, as whoever has the key may. */
void bundle_bench_sign(uint8_t *bytes, const struct bk_key *key);

/* What the reader says of a file with these bytes: its verdict, all it says in `finding`. */
enum bk_bundle_verdict bundle_bench_judge(const uint8_t *bytes, size_t size, struct bk_bundle_finding *finding);

#endif
