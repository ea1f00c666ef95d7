/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A developer's key, Ed25519 (RFC 8032), and the file that it is kept in: one line, "bulkhead-secret-key ed25519 " and
 * the 32 bytes of the secret in hexadecimal.
 *
 * Input from: trusted (the developer's own files)
 * Runs in: bk-bundle
 *
 * The secret is never printed, and is wiped from memory when it is done with. A key file that others may read is not
 * used.
 */
#ifndef BK_BUNDLE_KEY_H
#define BK_BUNDLE_KEY_H

#include <stddef.h>
#include <stdint.h>

#define BK_KEY_PUBLIC_SIZE    32U
#define BK_KEY_SIGNATURE_SIZE 64U
#define BK_KEY_TEXT_SIZE      (2U * BK_KEY_PUBLIC_SIZE + 1U) /* hexadecimal, with the NUL */

struct bk_key {
    uint8_t secret[64]; /* as libsodium has it: the secret, then the public key */
};

/* Makes a key and the file, which must not be there (-EEXIST), with mode 0600. */
int bk_key_create(const char *path, struct bk_key *ret);

/* -EPERM when others than the owner may read or write the file, -EBADMSG when it holds no key. */
int bk_key_load(const char *path, struct bk_key *ret);
void bk_key_finish(struct bk_key *key);

void bk_key_public(const struct bk_key *key, uint8_t ret[static BK_KEY_PUBLIC_SIZE]);
void bk_key_sign(const struct bk_key *key, const uint8_t *bytes, size_t size,
                 uint8_t ret[static BK_KEY_SIGNATURE_SIZE]);

/* A public key as people and JSON have it: 64 hexadecimal digits. */
void bk_key_text(const uint8_t public[static BK_KEY_PUBLIC_SIZE], char ret[static BK_KEY_TEXT_SIZE]);

#endif
