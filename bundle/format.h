/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layout of a bundle, one signed file that is an app: docs/protocols/bundle.md has it byte by byte.
 *
 * Input from: app (a file of anybody's)
 * Runs in: bk-bundle, bk-installer, bk-supervisor
 *
 * Nothing here reads a file, and nothing here is secret or slow: bytes of the header become a struct and back, and the
 * one layout that given sizes have is told. What a section holds is for verify.h and content.h.
 */
#ifndef BK_BUNDLE_FORMAT_H
#define BK_BUNDLE_FORMAT_H

#include "finding.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_BUNDLE_VERSION        1U
#define BK_BUNDLE_BLOCK          4096U /* of the header, of what sections begin at, and of dm-verity */
#define BK_BUNDLE_KEY_SIZE       32U   /* Ed25519 */
#define BK_BUNDLE_SIGNATURE_SIZE 64U
#define BK_BUNDLE_DIGEST_SIZE    32U                                          /* SHA-256 */
#define BK_BUNDLE_SIGNED_SIZE    (BK_BUNDLE_BLOCK - BK_BUNDLE_SIGNATURE_SIZE) /* of the header, from its start */

#define BK_BUNDLE_MANIFEST_MAX (64ULL << 10)
#define BK_BUNDLE_ICON_MAX     (64ULL << 10)
#define BK_BUNDLE_KERNEL_MAX   (256ULL << 20)
#define BK_BUNDLE_INITRD_MAX   (1ULL << 30)
#define BK_BUNDLE_ROOT_MAX     (64ULL << 30)

struct bk_bundle_section {
    uint64_t offset, size; /* bytes; both are 0 when the bundle has none */
    uint8_t digest[BK_BUNDLE_DIGEST_SIZE];
};

struct bk_bundle_header {
    uint64_t file_size;
    uint8_t key[BK_BUNDLE_KEY_SIZE]; /* whose signature it is; zeros when nobody has signed */
    struct bk_bundle_section sections[BK_BUNDLE_SECTIONS];
    uint8_t signature[BK_BUNDLE_SIGNATURE_SIZE];
};

/* The names of the sections, as people read them. */
extern const char *const bk_bundle_section_names[BK_BUNDLE_SECTIONS];

/* The largest size that a section may have; of the tree, that of the largest root. */
uint64_t bk_bundle_section_max(enum bk_bundle_part section);

/* Takes the fields from a header. False when it is none of this version. What the fields say is not looked at. `size`
 * is how much there is of it: less than BK_BUNDLE_BLOCK is no header. */
bool bk_bundle_decode(const uint8_t *bytes, size_t size, struct bk_bundle_header *ret,
                      struct bk_bundle_finding *finding);
void bk_bundle_encode(const struct bk_bundle_header *header, uint8_t ret[static BK_BUNDLE_BLOCK]);

/* Sets each section's offset, the tree's size, and the file's, by the sizes of the other sections. */
void bk_bundle_lay_out(struct bk_bundle_header *header);

/* True when a header that was decoded from `bytes` is the one that its sections' sizes ask for, each within its bounds,
 * all that means nothing is zero, and the file has the size that it says. */
bool bk_bundle_check_layout(const struct bk_bundle_header *header, const uint8_t bytes[static BK_BUNDLE_BLOCK],
                            uint64_t file_size, struct bk_bundle_finding *finding);

#endif
