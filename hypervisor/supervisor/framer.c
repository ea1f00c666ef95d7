/* SPDX-License-Identifier: Apache-2.0 */
#include "framer.h"

static void begin_message(struct bk_framer *framer)
{
    framer->used = 0;
    framer->depth = (struct bk_json_depth){ 0 };
}

void bk_framer_reset(struct bk_framer *framer)
{
    begin_message(framer);
    framer->size = 0;
    framer->odd_nul = false;
    framer->refusing = false;
}

void bk_framer_refuse(struct bk_framer *framer)
{
    begin_message(framer);
    framer->refusing = true;
}

static enum bk_frame take_nul(struct bk_framer *framer)
{
    bool complete = framer->used > 0 && !framer->refusing;

    framer->odd_nul = !framer->odd_nul;
    if (!framer->odd_nul) {
        begin_message(framer);
        framer->refusing = false;
        return BK_FRAME_SESSION;
    }
    if (!complete) {
        begin_message(framer);
        return BK_FRAME_NONE;
    }
    framer->message[framer->used++] = '\0';
    framer->size = framer->used;
    begin_message(framer);
    return BK_FRAME_MESSAGE;
}

enum bk_frame bk_framer_feed(struct bk_framer *framer, const char *data, size_t size, size_t *ret_taken)
{
    for (size_t i = 0; i < size; i++) {
        char c = data[i];

        if (c == '\0') {
            enum bk_frame frame = take_nul(framer);
            if (frame == BK_FRAME_NONE)
                continue;
            *ret_taken = i + 1;
            return frame;
        }
        framer->odd_nul = false;
        if (framer->refusing)
            continue;
        bk_json_depth_follow(&framer->depth, c);
        /* One byte is kept for the NUL. */
        if (framer->used >= sizeof framer->message - 1 || framer->depth.open > BK_FRAMER_DEPTH_MAX) {
            bk_framer_refuse(framer);
            *ret_taken = i + 1;
            return BK_FRAME_TOO_BIG;
        }
        framer->message[framer->used++] = c;
    }
    *ret_taken = size;
    return BK_FRAME_NONE;
}
