/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the System VM says to bk-codec, in pieces of a size that the first byte says, with frames as long as the second
 * one says: all bytes are taken, no frame is longer, and a true greeting behind it all is heard.
 */
#include "intake.h"

#include <assert.h>
#include <string.h>

static struct bk_codec_intake intake; /* large */

/* Whether a greeting with that nonce was heard. */
static bool hear(const uint8_t *data, size_t size, size_t piece, size_t frame_size, const uint8_t *nonce)
{
    bool heard = false;

    for (size_t at = 0; at < size; at += piece) {
        const uint8_t *next = data + at;
        size_t left = size - at < piece ? size - at : piece;
        while (left > 0) {
            size_t before = left;
            enum bk_codec_said said = bk_codec_intake_take(&intake, &next, &left);
            assert(left < before && (said != BK_CODEC_SAID_NOTHING || left == 0));
            assert(intake.frame_filled <= intake.frame_size);
            if (said == BK_CODEC_SAID_START)
                bk_codec_intake_expect(&intake, frame_size);
            else if (said == BK_CODEC_SAID_FRAME)
                assert(intake.frame_size == frame_size && intake.frame_filled == 0);
            else if (said == BK_CODEC_SAID_HELLO)
                heard = nonce != NULL && memcmp(intake.said.hello.nonce, nonce, BK_CODEC_PORT_NONCE) == 0;
        }
    }
    return heard;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t zeros[BK_CODEC_PORT_RECORD];
    struct {
        struct bk_codec_port_record record;
        struct bk_codec_port_hello hello;
    } greeting = { .record = { BK_CODEC_PORT_HELLO, sizeof greeting.hello }, .hello.nonce = "that no one says" };

    if (size < 2)
        return 0;
    memcpy(greeting.hello.mark, BK_CODEC_PORT_MARK, sizeof greeting.hello.mark);
    memset(&intake, 0, sizeof intake);
    (void)hear(data + 2, size - 2, data[0] + 1U, data[1] + 1U, NULL);
    (void)hear(zeros, sizeof zeros, sizeof zeros, data[1] + 1U, NULL);
    assert(hear((const uint8_t *)&greeting, sizeof greeting, data[0] + 1U, data[1] + 1U, greeting.hello.nonce));
    return 0;
}
