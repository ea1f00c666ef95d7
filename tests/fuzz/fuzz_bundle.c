/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bundle of anybody's. The input is a byte of flags, the first 448 bytes of a header, and pieces, each with its
 * length before it (2 bytes, little-endian) and each at the next block of the file. As no fuzzer makes a signature, nor
 * finds a digest, the target makes them where the flags say so: then the input is that of a signer who lies.
 *
 * What is found good has the one layout that its sizes ask for; what is not has a reason.
 */
#define _GNU_SOURCE
#include "content.h"
#include "key.h"
#include "verify.h"
#include "verity.h"

#include "checked.h"
#include "io.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HEADER_SIZE 448U
#define BLOCKS_MAX  64U

#define FLAG_SIGNED  1U
#define FLAG_DIGESTS 2U
#define FLAG_ODD_END 4U /* the file ends within a block */

static size_t place_pieces(uint8_t *file, const uint8_t *data, size_t size)
{
    size_t blocks = 1;

    while (size >= 2) {
        size_t length = bk_min((size_t)data[0] | (size_t)data[1] << 8, size - 2);
        size_t next = blocks + (length + BK_BUNDLE_BLOCK - 1) / BK_BUNDLE_BLOCK;
        if (next > BLOCKS_MAX)
            break;
        memcpy(file + blocks * BK_BUNDLE_BLOCK, data + 2, length);
        blocks = next;
        data += 2 + length;
        size -= 2 + length;
    }
    return blocks * BK_BUNDLE_BLOCK;
}

static void make_digests(int fd, const uint8_t *file, size_t size, struct bk_bundle_header *header)
{
    for (size_t i = 0; i < BK_BUNDLE_ROOT; i++) {
        struct bk_bundle_section *section = &header->sections[i];
        if (section->size > 0 && bk_range_in(section->offset, section->size, size))
            crypto_hash_sha256(section->digest, file + section->offset, section->size);
    }
    struct bk_bundle_section *root = &header->sections[BK_BUNDLE_ROOT], *tree = &header->sections[BK_BUNDLE_TREE];
    uint64_t blocks = root->size / BK_BUNDLE_BLOCK;
    if (blocks > 0 && bk_range_in(root->offset, root->size, size) && tree->offset <= size &&
        bk_range_in(tree->offset, bk_verity_tree_blocks(blocks) * BK_BUNDLE_BLOCK, size)) {
        int r = bk_verity_write(fd, root->offset, blocks, tree->offset, root->digest);
        assert(r == 0);
    }
}

static void write_header(int fd, const struct bk_bundle_header *header, uint8_t *bytes, bool is_signed)
{
    uint8_t seed[crypto_sign_SEEDBYTES] = { 1 }, public[BK_KEY_PUBLIC_SIZE];
    struct bk_key key;

    for (size_t i = 0; i < BK_BUNDLE_SECTIONS; i++)
        memcpy(bytes + 64 + i * 64 + 16, header->sections[i].digest, BK_BUNDLE_DIGEST_SIZE);
    if (is_signed) {
        crypto_sign_seed_keypair(public, key.secret, seed);
        memcpy(bytes + 24, public, sizeof public);
        bk_key_sign(&key, bytes, BK_BUNDLE_SIGNED_SIZE, bytes + BK_BUNDLE_SIGNED_SIZE);
    }
    int r = bk_pwrite_all(fd, bytes, BK_BUNDLE_BLOCK, 0);
    assert(r == 0);
}

static void judge(int fd, size_t size)
{
    uint8_t read[BK_BUNDLE_BLOCK], again[BK_BUNDLE_BLOCK];
    struct bk_bundle_finding finding = { 0 };
    struct bk_bundle_header header;
    struct bk_manifest manifest = { 0 };
    char *text = NULL;

    int r = bk_bundle_verify(fd, &header, &finding);
    assert(r == 0);
    assert((finding.verdict == BK_BUNDLE_GOOD) == (finding.reason[0] == '\0'));
    if (finding.verdict != BK_BUNDLE_GOOD)
        return;
    bk_bundle_encode(&header, again);
    r = bk_pread_exact(fd, read, sizeof read, 0);
    assert(r == 0 && header.file_size == size && memcmp(read, again, sizeof read) == 0);
    r = bk_bundle_read(fd, &header, &manifest, &text, &finding);
    assert(r == 0);
    if (finding.verdict == BK_BUNDLE_GOOD) {
        assert(bk_app_id_is_valid(manifest.id) && manifest.version != NULL && text != NULL);
        assert(manifest.own_kernel == (header.sections[BK_BUNDLE_KERNEL].size > 0));
        bk_manifest_finish(&manifest);
        free(text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t file[BLOCKS_MAX * BK_BUNDLE_BLOCK];
    struct bk_bundle_finding finding;
    struct bk_bundle_header header;

    if (size < 1 || sodium_init() < 0)
        return 0;
    uint8_t flags = data[0];
    size_t header_size = bk_min(size - 1, (size_t)HEADER_SIZE);
    memset(file, 0, sizeof file);
    memcpy(file, data + 1, header_size);
    size_t length = place_pieces(file, data + 1 + header_size, size - 1 - header_size);
    if (flags & FLAG_ODD_END)
        length -= flags;

    int fd = memfd_create("bundle", MFD_CLOEXEC);
    assert(fd >= 0);
    int r = bk_pwrite_all(fd, file, length, 0);
    assert(r == 0);
    if ((flags & (FLAG_SIGNED | FLAG_DIGESTS)) != 0 && bk_bundle_decode(file, length, &header, &finding)) {
        if (flags & FLAG_DIGESTS)
            make_digests(fd, file, length, &header);
        write_header(fd, &header, file, flags & FLAG_SIGNED);
    }
    judge(fd, length);
    close(fd);
    return 0;
}
