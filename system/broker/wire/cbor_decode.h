/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns an app's CBOR messages into JSON text, as they come, and refuses what is not deterministic or has no JSON.
 * docs/protocols/cbor.md
 *
 * Input from: app
 * Runs in: bk-broker
 *
 * A message is four bytes, its length (big-endian), and so many bytes: one data item of RFC 8949 in its core
 * deterministic encoding (§4.2.1). What comes out is the JSON text that means the same, and a NUL byte.
 *
 * The decoder goes over the bytes once and keeps none of them but the keys that it stands in: whatever a length or a
 * count claims, nothing is allocated for it. Of what it refuses no text is of use.
 */
#ifndef BK_BROKER_CBOR_DECODE_H
#define BK_BROKER_CBOR_DECODE_H

#include "framing.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_CBOR_MESSAGE_MAX BK_FRAMING_MESSAGE_MAX /* bytes, the length before them not counted */
#define BK_CBOR_DEPTH_MAX   BK_FRAMING_DEPTH_MAX
#define BK_CBOR_KEY_MAX     128U /* bytes of a key */
#define BK_CBOR_LENGTH_SIZE 4U   /* bytes before a message */

/* The most text that one byte can become: a number of 25 characters, what parts it from the one before, the ends of
 * all lists and maps that it is the last of, the NUL. */
#define BK_CBOR_ROOM (32U + BK_CBOR_DEPTH_MAX)

enum bk_cbor_verdict {
    BK_CBOR_MORE,     /* all bytes are taken, or there is no room for what the next one becomes */
    BK_CBOR_MESSAGE,  /* the last byte taken ends a message, the last one written is the NUL */
    BK_CBOR_EMPTY,    /* the connection is worth nothing from here on, as with all that follow */
    BK_CBOR_TOO_LONG, /* a message */
    BK_CBOR_TOO_DEEP,
    BK_CBOR_CUT,        /* the message ends before its item does */
    BK_CBOR_TRAILING,   /* the item ends before its message does */
    BK_CBOR_LONG_HEAD,  /* a number, a length or a count that would fit in fewer bytes */
    BK_CBOR_INDEFINITE, /* a string, a list or a map whose length is not said */
    BK_CBOR_ORDER,      /* a map whose keys do not ascend, or one stands there twice */
    BK_CBOR_KEY,        /* a key that is no text, or too long */
    BK_CBOR_NO_JSON,    /* a byte string, a tag, undefined, a simple value: what JSON does not have */
    BK_CBOR_RANGE,      /* an integer beyond 64 bits with a sign, or without one where it is positive */
    BK_CBOR_NOT_FINITE, /* a floating-point number that is none, or infinite */
    BK_CBOR_NOT_UTF8,
    BK_CBOR_NUL, /* a text that holds U+0000 */
    BK_CBOR_VERDICTS,
};

/* A list or a map that is open. */
struct bk_cbor_level {
    uint32_t left; /* elements, or pairs, to come */
    bool map;
    bool begun; /* an element, or a key, stands before what comes next */
    bool value; /* of a map: a key was read, and its value comes next */
    bool keyed; /* of a map: `key` is its last one */
    uint8_t key_length;
    char key[BK_CBOR_KEY_MAX];
};

/* Zero-initialised. */
struct bk_cbor_decoder {
    enum {
        BK_CBOR_AT_LENGTH,
        BK_CBOR_AT_HEAD,
        BK_CBOR_AT_ARGUMENT,
        BK_CBOR_AT_TEXT
    } at;
    uint32_t left;      /* bytes of the message to come */
    uint8_t initial;    /* the item's first byte */
    unsigned have;      /* bytes that came of the message's length or of the argument, … */
    uint64_t argument;  /* … and their value */
    uint32_t text_left; /* bytes of the text to come */
    unsigned utf8_left; /* bytes of a character to come, … */
    uint8_t utf8_least; /* … and what the next may be */
    uint8_t utf8_most;
    uint8_t key_length;
    char key[BK_CBOR_KEY_MAX]; /* the one that is being read */
    unsigned depth;
    struct bk_cbor_level levels[BK_CBOR_DEPTH_MAX];
};

/* Goes over `data` up to the end of a message, of the data, or of the room in `text`, of which there must be
 * BK_CBOR_ROOM bytes. `*ret_taken` says how far, `*ret_written` how much text there is. */
enum bk_cbor_verdict bk_cbor_decode(struct bk_cbor_decoder *decoder, const uint8_t *data, size_t size,
                                    size_t *ret_taken, char *text, size_t room, size_t *ret_written);

/* True in the middle of a message, be it in its length. */
bool bk_cbor_within(const struct bk_cbor_decoder *decoder);

/* What is wrong, for a log; NULL for the verdicts that are none. */
const char *bk_cbor_fault(enum bk_cbor_verdict verdict);

#endif
