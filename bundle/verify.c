/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order matters: until the signature is known to be good, the header's fields are nobody's word, and nothing is
 * done with them; after it, they are the signer's, who may lie, too, and the layout is checked before a section is
 * read.
 */
#define _GNU_SOURCE
#include "verify.h"

#include "verity.h"

#include "checked.h"
#include "io.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#define PIECE_SIZE   (64U << 10)
#define SIZE_UNKNOWN UINT64_MAX /* the file is still to come */

static_assert(BK_BUNDLE_BLOCK == BK_VERITY_BLOCK && BK_BUNDLE_DIGEST_SIZE == BK_VERITY_DIGEST_SIZE, "dm-verity's");
static_assert(BK_BUNDLE_ROOT_MAX / BK_BUNDLE_BLOCK <= BK_VERITY_BLOCKS_MAX, "each root image can have its tree");
static_assert(BK_BUNDLE_KEY_SIZE == crypto_sign_PUBLICKEYBYTES, "Ed25519's");
static_assert(BK_BUNDLE_SIGNATURE_SIZE == crypto_sign_BYTES, "Ed25519's");
static_assert(BK_BUNDLE_DIGEST_SIZE == crypto_hash_sha256_BYTES, "SHA-256's");

static bool check_signature(const struct bk_bundle_header *header, const uint8_t *block, bool may_be_unsigned,
                            struct bk_bundle_finding *finding)
{
    static const uint8_t nobody[BK_BUNDLE_KEY_SIZE];

    if (memcmp(header->key, nobody, sizeof nobody) == 0)
        return may_be_unsigned || bk_bundle_find(finding, BK_BUNDLE_UNSIGNED, 0, "nobody has signed this bundle");
    if (crypto_sign_verify_detached(header->signature, block, BK_BUNDLE_SIGNED_SIZE, header->key) != 0)
        return bk_bundle_find(finding, BK_BUNDLE_FORGED, 0, "the header is not what its key has signed");
    return true;
}

static int check_digest(int fd, enum bk_bundle_part number, const struct bk_bundle_section *section,
                        struct bk_bundle_finding *finding)
{
    uint8_t piece[PIECE_SIZE], digest[BK_BUNDLE_DIGEST_SIZE];
    crypto_hash_sha256_state state;

    crypto_hash_sha256_init(&state);
    for (uint64_t done = 0; done < section->size;) {
        size_t part = bk_min(section->size - done, sizeof piece);
        int r = bk_pread_exact(fd, piece, part, (off_t)(section->offset + done));
        if (r < 0)
            return r;
        crypto_hash_sha256_update(&state, piece, part);
        done += part;
    }
    crypto_hash_sha256_final(&state, digest);
    if (memcmp(digest, section->digest, sizeof digest) != 0)
        bk_bundle_find(finding, BK_BUNDLE_CHANGED, section->offset,
                       "the %s is not what was signed: it is bytes %" PRIu64 " to %" PRIu64 " of the file",
                       bk_bundle_section_names[number], section->offset, section->offset + section->size - 1);
    return 0;
}

/* The zeros up to the next block. */
static int check_padding(int fd, enum bk_bundle_part number, const struct bk_bundle_section *section,
                         struct bk_bundle_finding *finding)
{
    uint8_t padding[BK_BUNDLE_BLOCK];
    uint64_t end = section->offset + section->size;
    size_t size = bk_align_up(end, BK_BUNDLE_BLOCK) - end;

    int r = bk_pread_exact(fd, padding, size, (off_t)end);
    if (r < 0)
        return r;
    for (size_t i = 0; i < size; i++) {
        if (padding[i] != 0) {
            bk_bundle_find(finding, BK_BUNDLE_BAD_PADDING, end + i,
                           "byte %" PRIu64 " of the file, behind the %s, is not zero", end + i,
                           bk_bundle_section_names[number]);
            break;
        }
    }
    return 0;
}

static int check_root(int fd, const struct bk_bundle_header *header, struct bk_bundle_finding *finding)
{
    const struct bk_bundle_section *root = &header->sections[BK_BUNDLE_ROOT], *tree = &header->sections[BK_BUNDLE_TREE];
    struct bk_verity_fault fault;

    int r = bk_verity_check(fd, root->offset, root->size / BK_BUNDLE_BLOCK, tree->offset, root->digest, &fault);
    if (r < 0)
        return r;
    if (fault.found) {
        uint64_t at = (fault.in_tree ? tree : root)->offset + fault.block * BK_BUNDLE_BLOCK;
        if (fault.surplus)
            bk_bundle_find(finding, BK_BUNDLE_BAD_PADDING, at,
                           "the hash tree's block %" PRIu64 " has something behind its digests, which is not zero",
                           fault.block);
        else
            bk_bundle_find(finding, BK_BUNDLE_CHANGED, at,
                           "the %s is not what was signed: block %" PRIu64 " of it is another, bytes %" PRIu64
                           " to %" PRIu64 " of the file",
                           bk_bundle_section_names[fault.in_tree ? BK_BUNDLE_TREE : BK_BUNDLE_ROOT], fault.block, at,
                           at + BK_BUNDLE_BLOCK - 1);
    }
    return 0;
}

static int check_sections(int fd, const struct bk_bundle_header *header, struct bk_bundle_finding *finding)
{
    for (unsigned i = 0; i < BK_BUNDLE_SECTIONS; i++) {
        const struct bk_bundle_section *section = &header->sections[i];
        enum bk_bundle_part number = (enum bk_bundle_part)i;
        int r = 0;

        if (section->size == 0 || number == BK_BUNDLE_TREE)
            continue;
        if (number == BK_BUNDLE_ROOT)
            r = check_root(fd, header, finding);
        else
            r = check_digest(fd, number, section, finding);
        if (r >= 0 && finding->verdict == BK_BUNDLE_GOOD)
            r = check_padding(fd, number, section, finding);
        if (r < 0 || finding->verdict != BK_BUNDLE_GOOD)
            return r;
    }
    return 0;
}

static int judge_header(const uint8_t *block, size_t there, uint64_t file_size, bool may_be_unsigned,
                        struct bk_bundle_header *ret, struct bk_bundle_finding *finding)
{
    struct bk_bundle_header header;

    if (sodium_init() < 0)
        return -EIO;
    *finding = (struct bk_bundle_finding){ .verdict = BK_BUNDLE_GOOD };
    if (bk_bundle_decode(block, there, &header, finding) && check_signature(&header, block, may_be_unsigned, finding) &&
        bk_bundle_check_layout(&header, block, file_size == SIZE_UNKNOWN ? header.file_size : file_size, finding))
        *ret = header;
    return 0;
}

int bk_bundle_judge_header(const uint8_t block[static BK_BUNDLE_BLOCK], struct bk_bundle_header *ret,
                           struct bk_bundle_finding *finding)
{
    return judge_header(block, BK_BUNDLE_BLOCK, SIZE_UNKNOWN, false, ret, finding);
}

static int verify_header(int fd, bool may_be_unsigned, struct bk_bundle_header *ret, struct bk_bundle_finding *finding)
{
    uint8_t block[BK_BUNDLE_BLOCK];
    struct stat status;

    *finding = (struct bk_bundle_finding){ .verdict = BK_BUNDLE_GOOD };
    if (fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
    uint64_t size = (uint64_t)status.st_size;
    size_t there = bk_min(size, sizeof block);
    int r = bk_pread_exact(fd, block, there, 0);
    return r < 0 ? r : judge_header(block, there, size, may_be_unsigned, ret, finding);
}

int bk_bundle_verify_header(int fd, struct bk_bundle_header *ret, struct bk_bundle_finding *finding)
{
    return verify_header(fd, false, ret, finding);
}

int bk_bundle_verify_section(int fd, const struct bk_bundle_header *header, enum bk_bundle_part part,
                             struct bk_bundle_finding *finding)
{
    assert(part < BK_BUNDLE_ROOT);
    *finding = (struct bk_bundle_finding){ .verdict = BK_BUNDLE_GOOD };
    return check_digest(fd, part, &header->sections[part], finding);
}

static int verify(int fd, bool may_be_unsigned, struct bk_bundle_header *ret, struct bk_bundle_finding *finding)
{
    struct bk_bundle_header header = { 0 };

    int r = verify_header(fd, may_be_unsigned, &header, finding);
    if (r < 0 || finding->verdict != BK_BUNDLE_GOOD)
        return r;
    r = check_sections(fd, &header, finding);
    if (r >= 0 && finding->verdict == BK_BUNDLE_GOOD)
        *ret = header;
    return r;
}

int bk_bundle_verify(int fd, struct bk_bundle_header *ret, struct bk_bundle_finding *finding)
{
    return verify(fd, false, ret, finding);
}

int bk_bundle_verify_unsigned(int fd, struct bk_bundle_header *ret, struct bk_bundle_finding *finding)
{
    return verify(fd, true, ret, finding);
}
