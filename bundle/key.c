/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "key.h"

#include "cleanup.h"
#include "io.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_BEGINS "bulkhead-secret-key ed25519 "
#define BEGINS_SIZE (sizeof FILE_BEGINS - 1)
#define SEED_SIZE   crypto_sign_SEEDBYTES
#define FILE_SIZE   (BEGINS_SIZE + 2 * SEED_SIZE + 1) /* with the line's end */

static_assert(BK_KEY_PUBLIC_SIZE == crypto_sign_PUBLICKEYBYTES && BK_KEY_SIGNATURE_SIZE == crypto_sign_BYTES &&
                  sizeof((struct bk_key){ 0 }).secret == crypto_sign_SECRETKEYBYTES,
              "libsodium's sizes");

static int write_new_file(const char *path, const char *text, size_t size)
{
    _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    int r = fchmod(fd, 0600) < 0 ? -errno : bk_write_all(fd, text, size);
    if (r >= 0)
        r = fsync(fd) < 0 ? -errno : bk_sync_folder(path);
    if (r < 0)
        unlink(path);
    return r;
}

int bk_key_create(const char *path, struct bk_key *ret)
{
    uint8_t seed[SEED_SIZE], public[BK_KEY_PUBLIC_SIZE];
    char text[FILE_SIZE + 1] = FILE_BEGINS;

    if (sodium_init() < 0)
        return -EIO;
    randombytes_buf(seed, sizeof seed);
    sodium_bin2hex(text + BEGINS_SIZE, sizeof text - BEGINS_SIZE, seed, sizeof seed);
    text[FILE_SIZE - 1] = '\n';
    int r = write_new_file(path, text, FILE_SIZE);
    if (r >= 0)
        crypto_sign_seed_keypair(public, ret->secret, seed);
    sodium_memzero(seed, sizeof seed);
    sodium_memzero(text, sizeof text);
    return r;
}

static int parse(const char *text, size_t size, struct bk_key *ret)
{
    uint8_t seed[SEED_SIZE], public[BK_KEY_PUBLIC_SIZE];
    const char *end = NULL;
    size_t used = 0;

    if (size != FILE_SIZE || memcmp(text, FILE_BEGINS, BEGINS_SIZE) != 0 || text[FILE_SIZE - 1] != '\n')
        return -EBADMSG;
    int r = sodium_hex2bin(seed, sizeof seed, text + BEGINS_SIZE, 2 * SEED_SIZE, NULL, &used, &end);
    if (r == 0 && used == sizeof seed && end == text + FILE_SIZE - 1)
        crypto_sign_seed_keypair(public, ret->secret, seed);
    else
        r = -EBADMSG;
    sodium_memzero(seed, sizeof seed);
    return r;
}

int bk_key_load(const char *path, struct bk_key *ret)
{
    char text[FILE_SIZE + 1];
    struct stat status;

    if (sodium_init() < 0)
        return -EIO;
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode) || status.st_size != (off_t)FILE_SIZE)
        return -EBADMSG;
    if ((status.st_mode & 077) != 0)
        return -EPERM;
    int r = bk_read_exact(fd, text, FILE_SIZE);
    if (r >= 0)
        r = parse(text, FILE_SIZE, ret);
    sodium_memzero(text, sizeof text);
    return r == -ENODATA ? -EBADMSG : r;
}

void bk_key_finish(struct bk_key *key)
{
    sodium_memzero(key, sizeof *key);
}

void bk_key_public(const struct bk_key *key, uint8_t ret[static BK_KEY_PUBLIC_SIZE])
{
    memcpy(ret, key->secret + SEED_SIZE, BK_KEY_PUBLIC_SIZE);
}

void bk_key_sign(const struct bk_key *key, const uint8_t *bytes, size_t size, uint8_t ret[static BK_KEY_SIGNATURE_SIZE])
{
    int r = crypto_sign_detached(ret, NULL, bytes, size, key->secret);

    assert(r == 0);
    (void)r;
}

void bk_key_text(const uint8_t public[static BK_KEY_PUBLIC_SIZE], char ret[static BK_KEY_TEXT_SIZE])
{
    sodium_bin2hex(ret, BK_KEY_TEXT_SIZE, public, BK_KEY_PUBLIC_SIZE);
}
