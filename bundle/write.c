/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "write.h"

#include "verity.h"

#include "checked.h"
#include "io.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_SIZE (64U << 10)

static int size_of(int fd, enum bk_bundle_part section, uint64_t *ret)
{
    struct stat status;

    if (fd < 0) {
        *ret = 0;
        return 0;
    }
    if (fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
    if ((uint64_t)status.st_size > bk_bundle_section_max(section))
        return -EFBIG;
    if (status.st_size == 0 || (section == BK_BUNDLE_ROOT && status.st_size % BK_BUNDLE_BLOCK != 0))
        return -EINVAL;
    *ret = (uint64_t)status.st_size;
    return 0;
}

static int copy(int to, int from, enum bk_bundle_part number, struct bk_bundle_section *section,
                enum bk_bundle_part *ret_failed)
{
    uint8_t piece[PIECE_SIZE];
    crypto_hash_sha256_state state;

    crypto_hash_sha256_init(&state);
    for (uint64_t done = 0; done < section->size;) {
        size_t part = bk_min(section->size - done, sizeof piece);
        int r = bk_pread_exact(from, piece, part, (off_t)done);
        if (r < 0) {
            *ret_failed = number;
            return r;
        }
        r = bk_pwrite_all(to, piece, part, (off_t)(section->offset + done));
        if (r < 0)
            return r;
        crypto_hash_sha256_update(&state, piece, part);
        done += part;
    }
    crypto_hash_sha256_final(&state, section->digest);
    return 0;
}

static int write_header(int fd, const struct bk_bundle_header *header)
{
    uint8_t block[BK_BUNDLE_BLOCK];

    bk_bundle_encode(header, block);
    int r = bk_pwrite_all(fd, block, sizeof block, 0);
    return r < 0 ? r : fsync(fd) < 0 ? -errno : 0;
}

int bk_bundle_write(int fd, const int fds[static BK_BUNDLE_TREE], struct bk_bundle_header *ret,
                    enum bk_bundle_part *ret_failed)
{
    struct bk_bundle_header header = { 0 };
    struct bk_bundle_section *root = &header.sections[BK_BUNDLE_ROOT];
    int r;

    for (unsigned i = 0; i < BK_BUNDLE_TREE; i++) {
        *ret_failed = (enum bk_bundle_part)i;
        r = size_of(fds[i], *ret_failed, &header.sections[i].size);
        if (r < 0)
            return r;
    }
    bk_bundle_lay_out(&header);
    *ret_failed = BK_BUNDLE_SECTIONS;
    if (ftruncate(fd, (off_t)header.file_size) < 0)
        return -errno;
    for (unsigned i = 0; i < BK_BUNDLE_TREE; i++) {
        if (header.sections[i].size == 0)
            continue;
        r = copy(fd, fds[i], (enum bk_bundle_part)i, &header.sections[i], ret_failed);
        if (r < 0)
            return r;
    }
    if (root->size > 0) {
        r = bk_verity_write(fd, root->offset, root->size / BK_BUNDLE_BLOCK, header.sections[BK_BUNDLE_TREE].offset,
                            root->digest);
        if (r < 0)
            return r;
    }
    r = write_header(fd, &header);
    if (r >= 0)
        *ret = header;
    return r;
}

int bk_bundle_sign(int fd, struct bk_bundle_header *header, const struct bk_key *key)
{
    uint8_t block[BK_BUNDLE_BLOCK];

    bk_key_public(key, header->key);
    bk_bundle_encode(header, block);
    bk_key_sign(key, block, BK_BUNDLE_SIGNED_SIZE, header->signature);
    return write_header(fd, header);
}
