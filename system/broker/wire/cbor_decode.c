/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The states: the message's length, then items. An item is its first byte and, if that says so, an argument of 1 to 8
 * bytes; then a text has its bytes, and a list or a map opens a level. The end of an item may end the levels around it,
 * and the end of the outermost one is to be the message's.
 *
 * Invariants, between two bytes:
 *  1. `left` is what the message still has, and no text, list or map that is open claims more than that.
 *  2. The text written so far is the beginning of a JSON text, with `depth` lists and maps open in it.
 *  3. Each key was greater than the one before it in its map, in the order of their encodings: the shorter first.
 */
#define _GNU_SOURCE
#include "cbor_decode.h"

#include "cbor.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Where the text goes. That there is room is looked after before each byte: BK_CBOR_ROOM. */
struct sink {
    char *text;
    size_t written;
};

static void put(struct sink *sink, char byte)
{
    sink->text[sink->written++] = byte;
}

static void put_text(struct sink *sink, const char *text)
{
    while (*text != '\0')
        put(sink, *text++);
}

static struct bk_cbor_level *innermost(struct bk_cbor_decoder *decoder)
{
    return decoder->depth > 0 ? &decoder->levels[decoder->depth - 1] : NULL;
}

static bool at_key(struct bk_cbor_decoder *decoder)
{
    const struct bk_cbor_level *level = innermost(decoder);

    return level != NULL && level->map && !level->value;
}

/* What parts an item from what stands before it. */
static void put_separator(struct bk_cbor_decoder *decoder, struct sink *sink)
{
    struct bk_cbor_level *level = innermost(decoder);

    if (level == NULL)
        return;
    if (level->map && level->value)
        put(sink, ':');
    else if (level->begun)
        put(sink, ',');
    level->begun = true;
}

/* An item has ended, and with it the levels that it was the last of, and maybe the message. */
static enum bk_cbor_verdict end_item(struct bk_cbor_decoder *decoder, struct sink *sink)
{
    decoder->at = BK_CBOR_AT_HEAD;
    for (struct bk_cbor_level *level; (level = innermost(decoder)) != NULL; decoder->depth--) {
        if (level->map && !level->value) {
            level->value = true;
            return BK_CBOR_MORE;
        }
        level->value = false;
        if (--level->left > 0)
            return BK_CBOR_MORE;
        put(sink, level->map ? '}' : ']');
    }
    if (decoder->left > 0)
        return BK_CBOR_TRAILING;
    put(sink, '\0');
    decoder->at = BK_CBOR_AT_LENGTH;
    decoder->have = 0;
    decoder->argument = 0;
    return BK_CBOR_MESSAGE;
}

/* ---- texts ---- */

/* RFC 3629: what may follow a character's first byte, so that there is one way to write it and no surrogate. */
static enum bk_cbor_verdict follow_utf8(struct bk_cbor_decoder *decoder, uint8_t byte)
{
    if (decoder->utf8_left > 0) {
        if (byte < decoder->utf8_least || byte > decoder->utf8_most)
            return BK_CBOR_NOT_UTF8;
        decoder->utf8_left--;
        decoder->utf8_least = 0x80;
        decoder->utf8_most = 0xbf;
        return BK_CBOR_MORE;
    }
    if (byte < 0x80)
        return byte == '\0' ? BK_CBOR_NUL : BK_CBOR_MORE;
    if (byte < 0xc2 || byte > 0xf4)
        return BK_CBOR_NOT_UTF8;
    decoder->utf8_left = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    decoder->utf8_least = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
    decoder->utf8_most = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
    return BK_CBOR_MORE;
}

static void put_escaped(struct sink *sink, uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";

    if (byte < 0x20 || byte == 0x7f) { /* JSON allows the latter as it is, sd-json does not */
        put_text(sink, "\\u00");
        put(sink, digits[byte >> 4]);
        put(sink, digits[byte & 15]);
        return;
    }
    if (byte == '"' || byte == '\\')
        put(sink, '\\');
    put(sink, (char)byte);
}

/* Invariant 3. */
static enum bk_cbor_verdict end_key(struct bk_cbor_decoder *decoder)
{
    struct bk_cbor_level *level = innermost(decoder);
    int order = (int)decoder->key_length - (int)level->key_length;

    if (order == 0)
        order = memcmp(decoder->key, level->key, decoder->key_length);
    if (level->keyed && order <= 0)
        return BK_CBOR_ORDER;
    memcpy(level->key, decoder->key, decoder->key_length);
    level->key_length = decoder->key_length;
    level->keyed = true;
    return BK_CBOR_MORE;
}

static enum bk_cbor_verdict end_text(struct bk_cbor_decoder *decoder, struct sink *sink)
{
    if (decoder->utf8_left > 0)
        return BK_CBOR_NOT_UTF8;
    put(sink, '"');
    if (at_key(decoder) && end_key(decoder) != BK_CBOR_MORE)
        return BK_CBOR_ORDER;
    return end_item(decoder, sink);
}

static enum bk_cbor_verdict begin_text(struct bk_cbor_decoder *decoder, struct sink *sink)
{
    if (decoder->argument > decoder->left)
        return BK_CBOR_CUT;
    if (at_key(decoder) && decoder->argument > BK_CBOR_KEY_MAX)
        return BK_CBOR_KEY;
    put_separator(decoder, sink);
    put(sink, '"');
    decoder->text_left = (uint32_t)decoder->argument;
    decoder->key_length = 0;
    decoder->at = BK_CBOR_AT_TEXT;
    return decoder->text_left > 0 ? BK_CBOR_MORE : end_text(decoder, sink);
}

static enum bk_cbor_verdict take_text(struct bk_cbor_decoder *decoder, uint8_t byte, struct sink *sink)
{
    enum bk_cbor_verdict verdict = follow_utf8(decoder, byte);

    if (verdict != BK_CBOR_MORE)
        return verdict;
    if (at_key(decoder))
        decoder->key[decoder->key_length++] = (char)byte;
    put_escaped(sink, byte);
    return --decoder->text_left > 0 ? BK_CBOR_MORE : end_text(decoder, sink);
}

/* ---- other items ---- */

static enum bk_cbor_verdict take_integer(struct bk_cbor_decoder *decoder, bool negative, struct sink *sink)
{
    char number[24];

    if (negative && decoder->argument > INT64_MAX)
        return BK_CBOR_RANGE;
    if (negative)
        snprintf(number, sizeof number, "%" PRId64, -1 - (int64_t)decoder->argument);
    else
        snprintf(number, sizeof number, "%" PRIu64, decoder->argument);
    put_separator(decoder, sink);
    put_text(sink, number);
    return end_item(decoder, sink);
}

/* As text that reads as the same number again, and as one with a fraction. */
static enum bk_cbor_verdict take_float(struct bk_cbor_decoder *decoder, struct sink *sink)
{
    double value = bk_cbor_number(decoder->initial, decoder->argument);
    char number[32];
    uint64_t bits;

    if (!isfinite(value))
        return BK_CBOR_NOT_FINITE;
    if (bk_cbor_shortest(value, &bits) != decoder->initial)
        return BK_CBOR_LONG_HEAD;
    snprintf(number, sizeof number, "%.17g", value);
    put_separator(decoder, sink);
    put_text(sink, number);
    if (strpbrk(number, ".e") == NULL)
        put_text(sink, ".0");
    return end_item(decoder, sink);
}

static enum bk_cbor_verdict take_literal(struct bk_cbor_decoder *decoder, const char *literal, struct sink *sink)
{
    put_separator(decoder, sink);
    put_text(sink, literal);
    return end_item(decoder, sink);
}

static enum bk_cbor_verdict take_simple(struct bk_cbor_decoder *decoder, struct sink *sink)
{
    switch (decoder->initial) {
    case BK_CBOR_FALSE:
        return take_literal(decoder, "false", sink);
    case BK_CBOR_TRUE:
        return take_literal(decoder, "true", sink);
    case BK_CBOR_NULL:
        return take_literal(decoder, "null", sink);
    case BK_CBOR_HALF:
    case BK_CBOR_SINGLE:
    case BK_CBOR_DOUBLE:
        return take_float(decoder, sink);
    default:
        return BK_CBOR_NO_JSON;
    }
}

static enum bk_cbor_verdict begin_level(struct bk_cbor_decoder *decoder, bool map, struct sink *sink)
{
    if (decoder->depth == BK_CBOR_DEPTH_MAX)
        return BK_CBOR_TOO_DEEP;
    if (decoder->argument > decoder->left / (map ? 2 : 1)) /* each element has a byte at the least */
        return BK_CBOR_CUT;
    put_separator(decoder, sink);
    put(sink, map ? '{' : '[');
    if (decoder->argument == 0) {
        put(sink, map ? '}' : ']');
        return end_item(decoder, sink);
    }
    struct bk_cbor_level *level = &decoder->levels[decoder->depth++];
    level->left = (uint32_t)decoder->argument;
    level->map = map;
    level->begun = level->value = level->keyed = false;
    level->key_length = 0;
    decoder->at = BK_CBOR_AT_HEAD;
    return BK_CBOR_MORE;
}

/* ---- heads ---- */

static enum bk_cbor_major major_of(const struct bk_cbor_decoder *decoder)
{
    return (enum bk_cbor_major)(decoder->initial >> 5);
}

/* The first byte and the argument are there. */
static enum bk_cbor_verdict take_head(struct bk_cbor_decoder *decoder, struct sink *sink)
{
    enum bk_cbor_major major = major_of(decoder);

    if (at_key(decoder) && major != BK_CBOR_TEXT)
        return BK_CBOR_KEY;
    switch (major) {
    case BK_CBOR_UNSIGNED:
    case BK_CBOR_NEGATIVE:
        return take_integer(decoder, major == BK_CBOR_NEGATIVE, sink);
    case BK_CBOR_TEXT:
        return begin_text(decoder, sink);
    case BK_CBOR_LIST:
    case BK_CBOR_MAP:
        return begin_level(decoder, major == BK_CBOR_MAP, sink);
    case BK_CBOR_SIMPLE:
        return take_simple(decoder, sink);
    case BK_CBOR_BYTES:
    case BK_CBOR_TAG:
        return BK_CBOR_NO_JSON;
    }
    return BK_CBOR_NO_JSON;
}

/* How many bytes of argument follow a first byte with these lower five bits: 24 to 27. */
static unsigned argument_size(unsigned minor)
{
    return 1U << (minor - BK_CBOR_MINOR_1_BYTE);
}

static enum bk_cbor_verdict take_initial(struct bk_cbor_decoder *decoder, uint8_t byte, struct sink *sink)
{
    unsigned minor = byte & 31;

    decoder->initial = byte;
    decoder->have = 0;
    decoder->argument = minor < BK_CBOR_MINOR_1_BYTE ? minor : 0;
    if (minor < BK_CBOR_MINOR_1_BYTE)
        return take_head(decoder, sink);
    if (minor > BK_CBOR_MINOR_8_BYTES)
        return minor == BK_CBOR_MINOR_INDEFINITE ? BK_CBOR_INDEFINITE : BK_CBOR_NO_JSON;
    if (major_of(decoder) == BK_CBOR_SIMPLE && minor == BK_CBOR_MINOR_1_BYTE)
        return BK_CBOR_NO_JSON;
    decoder->at = BK_CBOR_AT_ARGUMENT;
    return BK_CBOR_MORE;
}

static enum bk_cbor_verdict take_argument(struct bk_cbor_decoder *decoder, uint8_t byte, struct sink *sink)
{
    unsigned minor = decoder->initial & 31;
    unsigned size = argument_size(minor);

    decoder->argument = decoder->argument << 8 | byte;
    if (++decoder->have < size)
        return BK_CBOR_MORE;
    if (major_of(decoder) != BK_CBOR_SIMPLE) {
        uint64_t least = size == 1 ? BK_CBOR_MINOR_1_BYTE : UINT64_C(1) << (size * 4);
        if (decoder->argument < least)
            return BK_CBOR_LONG_HEAD;
    }
    return take_head(decoder, sink);
}

static enum bk_cbor_verdict take_length(struct bk_cbor_decoder *decoder, uint8_t byte)
{
    decoder->argument = decoder->argument << 8 | byte;
    if (++decoder->have < BK_CBOR_LENGTH_SIZE)
        return BK_CBOR_MORE;
    if (decoder->argument == 0)
        return BK_CBOR_EMPTY;
    if (decoder->argument > BK_CBOR_MESSAGE_MAX)
        return BK_CBOR_TOO_LONG;
    decoder->left = (uint32_t)decoder->argument;
    decoder->at = BK_CBOR_AT_HEAD;
    return BK_CBOR_MORE;
}

static enum bk_cbor_verdict take(struct bk_cbor_decoder *decoder, uint8_t byte, struct sink *sink)
{
    enum bk_cbor_verdict verdict = BK_CBOR_MORE;

    if (decoder->at == BK_CBOR_AT_LENGTH)
        return take_length(decoder, byte);
    decoder->left--;
    switch (decoder->at) {
    case BK_CBOR_AT_HEAD:
        verdict = take_initial(decoder, byte, sink);
        break;
    case BK_CBOR_AT_ARGUMENT:
        verdict = take_argument(decoder, byte, sink);
        break;
    case BK_CBOR_AT_TEXT:
        verdict = take_text(decoder, byte, sink);
        break;
    case BK_CBOR_AT_LENGTH:
        break;
    }
    return verdict == BK_CBOR_MORE && decoder->left == 0 ? BK_CBOR_CUT : verdict;
}

enum bk_cbor_verdict bk_cbor_decode(struct bk_cbor_decoder *decoder, const uint8_t *data, size_t size,
                                    size_t *ret_taken, char *text, size_t room, size_t *ret_written)
{
    struct sink sink = { .text = text };
    enum bk_cbor_verdict verdict = BK_CBOR_MORE;
    size_t taken = 0;

    assert(room >= BK_CBOR_ROOM);
    while (verdict == BK_CBOR_MORE && taken < size && room - sink.written >= BK_CBOR_ROOM)
        verdict = take(decoder, data[taken++], &sink);
    *ret_taken = taken;
    *ret_written = sink.written;
    return verdict;
}

bool bk_cbor_within(const struct bk_cbor_decoder *decoder)
{
    return decoder->at != BK_CBOR_AT_LENGTH || decoder->have > 0;
}

const char *bk_cbor_fault(enum bk_cbor_verdict verdict)
{
    static const char *const faults[] = {
        [BK_CBOR_MORE] = NULL,
        [BK_CBOR_MESSAGE] = NULL,
        [BK_CBOR_EMPTY] = "an empty message",
        [BK_CBOR_TOO_LONG] = "a message of more than 256 KiB",
        [BK_CBOR_TOO_DEEP] = "a message nested more than 32 deep",
        [BK_CBOR_CUT] = "CBOR that goes on behind its message",
        [BK_CBOR_TRAILING] = "CBOR that ends before its message",
        [BK_CBOR_LONG_HEAD] = "CBOR that could be shorter",
        [BK_CBOR_INDEFINITE] = "CBOR of indefinite length",
        [BK_CBOR_ORDER] = "CBOR whose keys are not in their order, each once",
        [BK_CBOR_KEY] = "CBOR with a key that is no text or longer than 128 bytes",
        [BK_CBOR_NO_JSON] = "CBOR that JSON has nothing for",
        [BK_CBOR_RANGE] = "an integer of more than 64 bits",
        [BK_CBOR_NOT_FINITE] = "a number that is not finite",
        [BK_CBOR_NOT_UTF8] = "text that is not UTF-8",
        [BK_CBOR_NUL] = "text that holds U+0000",
    };
    static_assert(sizeof faults / sizeof faults[0] == BK_CBOR_VERDICTS, "what is wrong, for each verdict");

    return faults[verdict];
}
