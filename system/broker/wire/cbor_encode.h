/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns the system's answers, JSON text, into CBOR in its core deterministic encoding (RFC 8949 §4.2.1).
 * docs/protocols/cbor.md
 *
 * Input from: trusted (sd-varlink's text; an app's words may stand in it)
 * Runs in: bk-broker
 *
 * A number with a fraction or an exponent becomes a floating-point number, the shortest that is it; any other an
 * integer.
 */
#ifndef BK_BROKER_CBOR_ENCODE_H
#define BK_BROKER_CBOR_ENCODE_H

#include <stddef.h>
#include <stdint.h>

/* Bytes that grow; zero-initialised. */
struct bk_cbor_bytes {
    uint8_t *data;
    size_t size;
    size_t allocated;
};

/* Makes `bytes` one message: its length, and what the JSON text `json`, terminated, says. -EBADMSG when that is no
 * JSON, or what CBOR is refused for here: a key that stands there twice, U+0000, an integer of more than 64 bits, an
 * infinite number. -EMSGSIZE when the message would be longer than BK_CBOR_MESSAGE_MAX; -ELOOP when the text is nested
 * deeper than BK_CBOR_DEPTH_MAX. */
int bk_cbor_encode(struct bk_cbor_bytes *bytes, const char *json);

void bk_cbor_bytes_finish(struct bk_cbor_bytes *bytes);

#endif
