/* SPDX-License-Identifier: Apache-2.0 */
/* The bound before the supervisor's JSON parser. The first byte says in what pieces the rest arrives. */
#include "framer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)  \
    do {                  \
        if (!(condition)) \
            abort();      \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bk_framer framer;

    if (size == 0)
        return 0;
    size_t piece = (size_t)data[0] + 1;

    bk_framer_reset(&framer);
    for (size_t at = 1; at < size;) {
        size_t length = size - at < piece ? size - at : piece;
        size_t taken = 0;
        enum bk_frame frame = bk_framer_feed(&framer, (const char *)data + at, length, &taken);

        CHECK(taken > 0 && taken <= length);
        if (frame == BK_FRAME_NONE)
            CHECK(taken == length);
        if (frame == BK_FRAME_MESSAGE) {
            /* What is passed on is one message, not empty, and the very bytes that came before this one. */
            CHECK(framer.size >= 2 && framer.size <= BK_FRAMER_MESSAGE_MAX);
            CHECK(strlen(framer.message) == framer.size - 1);
            CHECK(memcmp(framer.message, data + at + taken - framer.size, framer.size) == 0);
        }
        if (frame == BK_FRAME_SESSION)
            CHECK(at + taken >= 3 && data[at + taken - 1] == 0 && data[at + taken - 2] == 0);
        at += taken;
    }
    return 0;
}
