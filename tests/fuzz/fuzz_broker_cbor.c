/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an app may send to the broker as CBOR. Whatever passes becomes JSON text that the framer and sd-json take, and
 * that the encoder turns into the very bytes it came from: there is one encoding of each message, and no other is let
 * in. The pieces in which it comes, and the room that there is for the text, change nothing. The first byte says how
 * big the pieces are, the second how much room there is. Then all of it is taken as JSON text, which the encoder must
 * refuse or turn into what passes.
 */
#include "cbor_decode.h"
#include "cbor_encode.h"
#include "framing.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-json.h>

#define ROOM_MAX (BK_CBOR_ROOM + 255U)

struct outcome {
    char *text; /* of all messages */
    size_t length;
    size_t taken;
    enum bk_cbor_verdict last;
};

/* The encoder's bytes are the message that this text was made from. */
static void check_message(const char *text, size_t length, const uint8_t *data, size_t size)
{
    struct bk_framing framing = { 0 };
    struct bk_cbor_bytes bytes = { 0 };
    sd_json_variant *json = NULL;
    size_t taken;

    assert(bk_cbor_encode(&bytes, text) == 0);
    assert(bytes.size == size && memcmp(bytes.data, data, size) == 0);
    bk_cbor_bytes_finish(&bytes);
    enum bk_framing_verdict verdict = bk_framing_scan(&framing, text, length + 1, &taken);
    assert(verdict == BK_FRAMING_TOO_LONG || (verdict == BK_FRAMING_MESSAGE && taken == length + 1));
    assert(sd_json_parse(text, 0, &json, NULL, NULL) >= 0);
    sd_json_variant_unref(json);
}

static struct outcome run(const uint8_t *data, size_t size, size_t piece, size_t room, bool check)
{
    struct outcome outcome = { .text = malloc(64 * size + 64) };
    struct bk_cbor_decoder decoder = { 0 };
    size_t message = 0;
    size_t text = 0;

    assert(outcome.text != NULL);
    while (outcome.taken < size && bk_cbor_fault(outcome.last) == NULL) {
        char sink[ROOM_MAX];
        size_t given = size - outcome.taken < piece ? size - outcome.taken : piece;
        size_t taken = SIZE_MAX;
        size_t written = SIZE_MAX;
        outcome.last = bk_cbor_decode(&decoder, data + outcome.taken, given, &taken, sink, room, &written);
        assert(taken > 0 && taken <= given && written <= room && decoder.depth <= BK_CBOR_DEPTH_MAX);
        assert(outcome.last != BK_CBOR_MORE || taken == given || room - written < BK_CBOR_ROOM);
        outcome.taken += taken;
        if (bk_cbor_fault(outcome.last) != NULL)
            break;
        memcpy(outcome.text + outcome.length, sink, written);
        outcome.length += written;
        if (outcome.last != BK_CBOR_MESSAGE)
            continue;
        assert(!bk_cbor_within(&decoder) && strlen(outcome.text + text) == outcome.length - text - 1);
        if (check)
            check_message(outcome.text + text, outcome.length - text - 1, data + message, outcome.taken - message);
        message = outcome.taken;
        text = outcome.length;
    }
    return outcome;
}

static void check_decoder(const uint8_t *data, size_t size, size_t piece, size_t room)
{
    struct outcome whole = run(data, size, SIZE_MAX, ROOM_MAX, true);
    struct outcome pieces = run(data, size, piece, room, false);

    assert(whole.last == pieces.last && whole.taken == pieces.taken);
    if (bk_cbor_fault(whole.last) == NULL)
        assert(whole.length == pieces.length && memcmp(whole.text, pieces.text, whole.length) == 0);
    free(whole.text);
    free(pieces.text);
}

/* Text that is no UTF-8 never comes from sd-json, so that the encoder passes it on; the decoder does not. */
static void check_encoder(const char *json)
{
    struct bk_cbor_bytes bytes = { 0 };

    if (bk_cbor_encode(&bytes, json) == 0) {
        struct outcome outcome = run(bytes.data, bytes.size, SIZE_MAX, ROOM_MAX, false);
        assert(outcome.last == BK_CBOR_NOT_UTF8 || outcome.last == BK_CBOR_KEY || outcome.last == BK_CBOR_MESSAGE);
        free(outcome.text);
    }
    bk_cbor_bytes_finish(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    check_decoder(data + 2, size - 2, (size_t)data[0] + 1, BK_CBOR_ROOM + data[1]);
    char *json = malloc(size - 1);
    assert(json != NULL);
    memcpy(json, data + 2, size - 2);
    json[size - 2] = '\0';
    check_encoder(json);
    free(json);
    return 0;
}
