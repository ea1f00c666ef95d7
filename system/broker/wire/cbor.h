/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What CBOR's decoder and encoder both know: RFC 8949 §3 (heads), §4.1 (the shortest floating-point number).
 *
 * Input from: app, trusted
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_CBOR_H
#define BK_BROKER_CBOR_H

#include <stdint.h>
#include <string.h>

/* The upper three bits of an item's first byte. */
enum bk_cbor_major {
    BK_CBOR_UNSIGNED,
    BK_CBOR_NEGATIVE,
    BK_CBOR_BYTES,
    BK_CBOR_TEXT,
    BK_CBOR_LIST,
    BK_CBOR_MAP,
    BK_CBOR_TAG,
    BK_CBOR_SIMPLE,
};

/* The lower five: a number below 24, or what follows. */
#define BK_CBOR_MINOR_1_BYTE     24U
#define BK_CBOR_MINOR_2_BYTES    25U
#define BK_CBOR_MINOR_4_BYTES    26U
#define BK_CBOR_MINOR_8_BYTES    27U
#define BK_CBOR_MINOR_INDEFINITE 31U

/* First bytes. */
#define BK_CBOR_FALSE  0xf4U
#define BK_CBOR_TRUE   0xf5U
#define BK_CBOR_NULL   0xf6U
#define BK_CBOR_HALF   0xf9U
#define BK_CBOR_SINGLE 0xfaU
#define BK_CBOR_DOUBLE 0xfbU

/* The shortest of the three forms that hold a finite number exactly: yields its first byte, and its bits. */
static inline uint8_t bk_cbor_shortest(double value, uint64_t *ret_bits)
{
    float single = (float)value;
    uint32_t single_bits;
    uint16_t half_bits;

    if ((double)single != value) {
        memcpy(ret_bits, &value, sizeof value);
        return BK_CBOR_DOUBLE;
    }
    _Float16 half = (_Float16)single;
    if ((float)half != single) {
        memcpy(&single_bits, &single, sizeof single);
        *ret_bits = single_bits;
        return BK_CBOR_SINGLE;
    }
    memcpy(&half_bits, &half, sizeof half);
    *ret_bits = half_bits;
    return BK_CBOR_HALF;
}

/* What the bits of a form mean. */
static inline double bk_cbor_number(uint8_t form, uint64_t bits)
{
    uint16_t half_bits = (uint16_t)bits;
    uint32_t single_bits = (uint32_t)bits;
    _Float16 half;
    float single;
    double value;

    switch (form) {
    case BK_CBOR_HALF:
        memcpy(&half, &half_bits, sizeof half);
        return (double)half;
    case BK_CBOR_SINGLE:
        memcpy(&single, &single_bits, sizeof single);
        return (double)single;
    default:
        memcpy(&value, &bits, sizeof value);
        return value;
    }
}

#endif
