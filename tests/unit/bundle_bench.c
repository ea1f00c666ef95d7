/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "bundle_bench.h"

#include "verify.h"
#include "write.h"

#include "io.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void must(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "bundle_bench: %s\n", what);
        abort();
    }
}

int bundle_bench_file(const void *bytes, size_t size)
{
    int fd = memfd_create("bundle", MFD_CLOEXEC);

    must(fd >= 0 && bk_pwrite_all(fd, bytes, size, 0) == 0, "cannot make a file");
    return fd;
}

static int text_file(const char *text)
{
    return text != NULL ? bundle_bench_file(text, strlen(text)) : -1;
}

static int root_file(size_t blocks, uint8_t variant)
{
    static const uint8_t erofs[4] = { 0xe2, 0xe1, 0xf5, 0xe0 };
    uint8_t block[BK_BUNDLE_BLOCK];

    if (blocks == 0)
        return -1;
    int fd = bundle_bench_file("", 0);
    for (size_t i = 0; i < blocks; i++) {
        memset(block, (int)('a' + i % 26), sizeof block);
        block[0] = variant;
        block[1] = (uint8_t)i;
        if (i == 0)
            memcpy(block + 1024, erofs, sizeof erofs);
        must(bk_pwrite_all(fd, block, sizeof block, (off_t)(i * sizeof block)) == 0, "cannot write a root image");
    }
    return fd;
}

struct bk_key bundle_bench_key(uint8_t number)
{
    uint8_t seed[crypto_sign_SEEDBYTES] = { number }, public[BK_KEY_PUBLIC_SIZE];
    struct bk_key key;

    must(sodium_init() >= 0, "there is no libsodium");
    crypto_sign_seed_keypair(public, key.secret, seed);
    return key;
}

uint8_t *bundle_bench_make(const struct bundle_parts *parts, const struct bk_key *key, size_t *ret_size)
{
    const int fds[BK_BUNDLE_TREE] = {
        [BK_BUNDLE_MANIFEST] = text_file(parts->manifest),
        [BK_BUNDLE_ICON] = text_file(parts->icon),
        [BK_BUNDLE_KERNEL] = text_file(parts->kernel),
        [BK_BUNDLE_INITRD] = text_file(parts->initrd),
        [BK_BUNDLE_ROOT] = root_file(parts->root_blocks, parts->variant),
    };
    struct bk_bundle_header header;
    enum bk_bundle_part failed;
    int fd = bundle_bench_file("", 0);

    must(bk_bundle_write(fd, fds, &header, &failed) == 0, "cannot write a bundle");
    must(key == NULL || bk_bundle_sign(fd, &header, key) == 0, "cannot sign a bundle");
    for (size_t i = 0; i < BK_BUNDLE_TREE; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    uint8_t *bytes = malloc(header.file_size);
    must(bytes != NULL && bk_pread_exact(fd, bytes, header.file_size, 0) == 0, "cannot read a bundle");
    must(lseek(fd, 0, SEEK_END) == (off_t)header.file_size, "a bundle has another size than its header says");
    close(fd);
    *ret_size = header.file_size;
    return bytes;
}

void bundle_bench_sign(uint8_t *bytes, const struct bk_key *key)
{
    bk_key_public(key, bytes + 24);
    bk_key_sign(key, bytes, BK_BUNDLE_SIGNED_SIZE, bytes + BK_BUNDLE_SIGNED_SIZE);
}

enum bk_bundle_verdict bundle_bench_judge(const uint8_t *bytes, size_t size, struct bk_bundle_finding *finding)
{
    struct bk_bundle_header header;
    struct bk_manifest manifest = { 0 };
    char *text = NULL;
    int fd = bundle_bench_file(bytes, size);

    must(bk_bundle_verify(fd, &header, finding) == 0, "cannot read a bundle");
    if (finding->verdict == BK_BUNDLE_GOOD)
        must(bk_bundle_read(fd, &header, &manifest, &text, finding) == 0, "cannot read what is in a bundle");
    bk_manifest_finish(&manifest);
    free(text);
    close(fd);
    return finding->verdict;
}
