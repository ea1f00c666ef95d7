/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text is gone over once. What stands before an item in CBOR and is known behind it in JSON, its length or count,
 * is put in when it is known, by moving the item; so is the order of a map's pairs. Each moves what is in it once a
 * level.
 */
#define _GNU_SOURCE
#include "cbor_encode.h"

#include "cbor.h"
#include "cbor_decode.h"

#include "cleanup.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ALLOCATED_LEAST 256U
#define HEAD_MAX        9U /* bytes of an item's first byte and its argument */
#define MESSAGE_MAX     (BK_CBOR_LENGTH_SIZE + BK_CBOR_MESSAGE_MAX)

struct encoder {
    const char *at; /* in the text */
    struct bk_cbor_bytes *bytes;
};

/* ---- bytes ---- */

/* Makes room for `size` more at the end, which is theirs from then on. */
static int extend(struct bk_cbor_bytes *bytes, size_t size)
{
    if (size > MESSAGE_MAX - bytes->size)
        return -EMSGSIZE;
    if (bytes->size + size > bytes->allocated) {
        size_t allocated = 2 * (bytes->size + size);
        if (allocated < ALLOCATED_LEAST)
            allocated = ALLOCATED_LEAST;
        uint8_t *grown = realloc(bytes->data, allocated);
        if (grown == NULL)
            return -ENOMEM;
        bytes->data = grown;
        bytes->allocated = allocated;
    }
    bytes->size += size;
    return 0;
}

static int put(struct bk_cbor_bytes *bytes, const void *data, size_t size)
{
    size_t start = bytes->size;
    int r = extend(bytes, size);

    if (r >= 0 && size > 0)
        memcpy(bytes->data + start, data, size);
    return r;
}

/* Moves what is there from `start` on, and puts `size` bytes before it. */
static int insert(struct bk_cbor_bytes *bytes, size_t start, const void *data, size_t size)
{
    size_t moved = bytes->size - start;
    int r = extend(bytes, size);

    if (r < 0)
        return r;
    memmove(bytes->data + start + size, bytes->data + start, moved);
    memcpy(bytes->data + start, data, size);
    return 0;
}

/* A first byte and the lowest `size` bytes of a number, the highest of them first; yields their length. */
static size_t make_head(uint8_t head[static HEAD_MAX], uint8_t initial, uint64_t number, size_t size)
{
    head[0] = initial;
    for (size_t i = 0; i < size; i++)
        head[1 + i] = (uint8_t)(number >> (8 * (size - 1 - i)));
    return 1 + size;
}

static size_t make_short_head(uint8_t head[static HEAD_MAX], enum bk_cbor_major major, uint64_t argument)
{
    uint8_t initial = (uint8_t)((unsigned)major << 5);

    if (argument < BK_CBOR_MINOR_1_BYTE)
        return make_head(head, (uint8_t)(initial | argument), 0, 0);
    if (argument <= UINT8_MAX)
        return make_head(head, initial | BK_CBOR_MINOR_1_BYTE, argument, 1);
    if (argument <= UINT16_MAX)
        return make_head(head, initial | BK_CBOR_MINOR_2_BYTES, argument, 2);
    if (argument <= UINT32_MAX)
        return make_head(head, initial | BK_CBOR_MINOR_4_BYTES, argument, 4);
    return make_head(head, initial | BK_CBOR_MINOR_8_BYTES, argument, 8);
}

static int put_head(struct bk_cbor_bytes *bytes, enum bk_cbor_major major, uint64_t argument)
{
    uint8_t head[HEAD_MAX] = { 0 };

    return put(bytes, head, make_short_head(head, major, argument));
}

static int insert_head(struct bk_cbor_bytes *bytes, size_t start, enum bk_cbor_major major, uint64_t argument)
{
    uint8_t head[HEAD_MAX] = { 0 };

    return insert(bytes, start, head, make_short_head(head, major, argument));
}

/* ---- numbers ---- */

static int put_float(struct bk_cbor_bytes *bytes, double value)
{
    uint8_t head[HEAD_MAX] = { 0 };
    uint64_t bits = 0;
    uint8_t form = bk_cbor_shortest(value, &bits);

    return put(bytes, head, make_head(head, form, bits, form == BK_CBOR_HALF ? 2 : form == BK_CBOR_SINGLE ? 4 : 8));
}

static int encode_number(struct encoder *encoder)
{
    const char *start = encoder->at;
    size_t length = strspn(start, "+-.0123456789eE");
    bool fraction = strcspn(start, ".eE") < length;
    char *end;
    int r;

    errno = 0;
    if (fraction) {
        double value = strtod(start, &end);
        r = isfinite(value) ? put_float(encoder->bytes, value) : -EBADMSG;
    } else if (*start == '-') {
        long long value = strtoll(start, &end, 10);
        if (errno == ERANGE)
            return -EBADMSG;
        r = value < 0 ? put_head(encoder->bytes, BK_CBOR_NEGATIVE, (uint64_t)(-1 - value))
                      : put_head(encoder->bytes, BK_CBOR_UNSIGNED, 0);
    } else {
        unsigned long long value = strtoull(start, &end, 10);
        if (errno == ERANGE)
            return -EBADMSG;
        r = put_head(encoder->bytes, BK_CBOR_UNSIGNED, value);
    }
    if (length == 0 || end != start + length)
        return -EBADMSG;
    encoder->at = end;
    return r;
}

/* ---- texts ---- */

/* The four digits at `text`, or -1. */
static int read_hex(const char *text)
{
    int value = 0;

    for (int i = 0; i < 4; i++) {
        char digit = text[i];
        if (digit >= '0' && digit <= '9')
            value = value * 16 + digit - '0';
        else if (digit >= 'a' && digit <= 'f')
            value = value * 16 + digit - 'a' + 10;
        else if (digit >= 'A' && digit <= 'F')
            value = value * 16 + digit - 'A' + 10;
        else
            return -1;
    }
    return value;
}

static int put_utf8(struct bk_cbor_bytes *bytes, unsigned character)
{
    uint8_t utf8[4];
    size_t size = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    static const uint8_t first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

    for (size_t i = size - 1; i > 0; i--, character >>= 6)
        utf8[i] = (uint8_t)(0x80 | (character & 0x3f));
    utf8[0] = (uint8_t)(first[size] | character);
    return put(bytes, utf8, size);
}

/* Behind "\u"; a character beyond U+FFFF is written as two of them. */
static int encode_code(struct encoder *encoder)
{
    int code = read_hex(encoder->at);

    if (code <= 0 || (code >= 0xdc00 && code <= 0xdfff))
        return -EBADMSG;
    encoder->at += 4;
    if (code < 0xd800 || code > 0xdfff)
        return put_utf8(encoder->bytes, (unsigned)code);
    int second = encoder->at[0] == '\\' && encoder->at[1] == 'u' ? read_hex(encoder->at + 2) : -1;
    if (second < 0xdc00 || second > 0xdfff)
        return -EBADMSG;
    encoder->at += 6;
    return put_utf8(encoder->bytes, 0x10000U + ((unsigned)(code - 0xd800) << 10) + (unsigned)(second - 0xdc00));
}

static int encode_escape(struct encoder *encoder)
{
    static const char escapes[] = "\"\\/bfnrt";
    static const char meant[] = "\"\\/\b\f\n\r\t";
    char escape = *encoder->at++;

    if (escape == 'u')
        return encode_code(encoder);
    const char *found = escape != '\0' ? strchr(escapes, escape) : NULL;
    return found == NULL ? -EBADMSG : put(encoder->bytes, &meant[found - escapes], 1);
}

static int encode_text(struct encoder *encoder)
{
    size_t start = encoder->bytes->size;
    int r = 0;

    encoder->at++;
    while (r >= 0 && *encoder->at != '"') {
        size_t plain = strcspn(encoder->at, "\"\\");
        r = put(encoder->bytes, encoder->at, plain);
        encoder->at += plain;
        if (*encoder->at == '\0')
            return -EBADMSG;
        if (r >= 0 && *encoder->at == '\\') {
            encoder->at++;
            r = encode_escape(encoder);
        }
    }
    if (r < 0)
        return r;
    encoder->at++;
    return insert_head(encoder->bytes, start, BK_CBOR_TEXT, encoder->bytes->size - start);
}

/* ---- lists and maps ---- */

static int encode_item(struct encoder *encoder, unsigned depth);

static void skip_blanks(struct encoder *encoder)
{
    encoder->at += strspn(encoder->at, " \t\r\n");
}

/* Behind an element: 1 when another one follows, 0 behind `end`. */
static int go_on(struct encoder *encoder, char end)
{
    skip_blanks(encoder);
    if (*encoder->at != ',' && *encoder->at != end)
        return -EBADMSG;
    return *encoder->at++ == ',';
}

/* Behind what begins a list or a map: as go_on(). */
static int begin(struct encoder *encoder, char end)
{
    encoder->at++;
    skip_blanks(encoder);
    if (*encoder->at != end)
        return 1;
    encoder->at++;
    return 0;
}

static int encode_list(struct encoder *encoder, unsigned depth)
{
    size_t start = encoder->bytes->size;
    size_t count = 0;
    int more = begin(encoder, ']');

    while (more > 0) {
        int r = encode_item(encoder, depth);
        if (r < 0)
            return r;
        count++;
        more = go_on(encoder, ']');
    }
    return more < 0 ? more : insert_head(encoder->bytes, start, BK_CBOR_LIST, count);
}

/* Where a pair stands among the bytes. */
struct pair {
    size_t start;
    size_t key_size;
    size_t size;
};

/* Keys are prefixed with their length, so that none is the beginning of another. */
static int compare_pairs(const void *a, const void *b, void *data)
{
    const struct pair *one = a;
    const struct pair *other = b;
    size_t size = one->key_size < other->key_size ? one->key_size : other->key_size;

    return memcmp((const uint8_t *)data + one->start, (const uint8_t *)data + other->start, size);
}

/* Brings `count` pairs, which stand from `start` to the end of the bytes, into their order. */
static int sort_pairs(struct bk_cbor_bytes *bytes, size_t start, struct pair *pairs, size_t count)
{
    bool in_order = true;

    for (size_t i = 1; i < count; i++)
        in_order = in_order && compare_pairs(&pairs[i - 1], &pairs[i], bytes->data) < 0;
    if (in_order)
        return 0;
    qsort_r(pairs, count, sizeof *pairs, compare_pairs, bytes->data);
    for (size_t i = 1; i < count; i++) {
        if (compare_pairs(&pairs[i - 1], &pairs[i], bytes->data) == 0)
            return -EBADMSG;
    }
    uint8_t *sorted = malloc(bytes->size - start);
    if (sorted == NULL)
        return -ENOMEM;
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        memcpy(sorted + size, bytes->data + pairs[i].start, pairs[i].size);
        size += pairs[i].size;
    }
    memcpy(bytes->data + start, sorted, size);
    free(sorted);
    return 0;
}

static int encode_pair(struct encoder *encoder, unsigned depth, struct pair *ret)
{
    struct pair pair = { .start = encoder->bytes->size };

    skip_blanks(encoder);
    int r = *encoder->at == '"' ? encode_text(encoder) : -EBADMSG;
    if (r < 0)
        return r;
    pair.key_size = encoder->bytes->size - pair.start;
    skip_blanks(encoder);
    if (*encoder->at++ != ':')
        return -EBADMSG;
    r = encode_item(encoder, depth);
    if (r < 0)
        return r;
    pair.size = encoder->bytes->size - pair.start;
    *ret = pair;
    return 0;
}

static int encode_map(struct encoder *encoder, unsigned depth)
{
    _cleanup_free_ struct pair *pairs = NULL;
    size_t start = encoder->bytes->size;
    size_t allocated = 0;
    size_t count = 0;
    int more = begin(encoder, '}');

    while (more > 0) {
        if (count == allocated) {
            allocated = 2 * allocated + 8;
            struct pair *grown = reallocarray(pairs, allocated, sizeof *pairs);
            if (grown == NULL)
                return -ENOMEM;
            pairs = grown;
        }
        int r = encode_pair(encoder, depth, &pairs[count]);
        if (r < 0)
            return r;
        count++;
        more = go_on(encoder, '}');
    }
    if (more >= 0)
        more = sort_pairs(encoder->bytes, start, pairs, count);
    return more < 0 ? more : insert_head(encoder->bytes, start, BK_CBOR_MAP, count);
}

/* ---- items ---- */

static int encode_literal(struct encoder *encoder, const char *literal, uint8_t byte)
{
    size_t length = strlen(literal);

    if (strncmp(encoder->at, literal, length) != 0)
        return -EBADMSG;
    encoder->at += length;
    return put(encoder->bytes, &byte, 1);
}

/* An item within `depth` lists and maps. */
static int encode_item(struct encoder *encoder, unsigned depth)
{
    skip_blanks(encoder);
    switch (*encoder->at) {
    case '{':
        return depth == BK_CBOR_DEPTH_MAX ? -ELOOP : encode_map(encoder, depth + 1);
    case '[':
        return depth == BK_CBOR_DEPTH_MAX ? -ELOOP : encode_list(encoder, depth + 1);
    case '"':
        return encode_text(encoder);
    case 'f':
        return encode_literal(encoder, "false", BK_CBOR_FALSE);
    case 't':
        return encode_literal(encoder, "true", BK_CBOR_TRUE);
    case 'n':
        return encode_literal(encoder, "null", BK_CBOR_NULL);
    default:
        return encode_number(encoder);
    }
}

int bk_cbor_encode(struct bk_cbor_bytes *bytes, const char *json)
{
    struct encoder encoder = { .at = json, .bytes = bytes };

    bytes->size = 0;
    int r = extend(bytes, BK_CBOR_LENGTH_SIZE);
    if (r >= 0)
        r = encode_item(&encoder, 0);
    if (r < 0)
        return r;
    skip_blanks(&encoder);
    if (*encoder.at != '\0')
        return -EBADMSG;
    size_t length = bytes->size - BK_CBOR_LENGTH_SIZE;
    for (unsigned i = 0; i < BK_CBOR_LENGTH_SIZE; i++)
        bytes->data[i] = (uint8_t)(length >> (8 * (BK_CBOR_LENGTH_SIZE - 1 - i)));
    return 0;
}

void bk_cbor_bytes_finish(struct bk_cbor_bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bk_cbor_bytes){ 0 };
}
