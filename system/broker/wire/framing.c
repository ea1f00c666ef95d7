/* SPDX-License-Identifier: Apache-2.0 */
#include "framing.h"

enum bk_framing_verdict bk_framing_scan(struct bk_framing *framing, const char *data, size_t size, size_t *ret_taken)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '\0') {
            bool empty = framing->length == 0;
            *framing = (struct bk_framing){ 0 };
            *ret_taken = i + 1;
            return empty ? BK_FRAMING_EMPTY : BK_FRAMING_MESSAGE;
        }
        *ret_taken = i;
        if (framing->length == BK_FRAMING_MESSAGE_MAX)
            return BK_FRAMING_TOO_LONG;
        framing->length++;
        bk_json_depth_follow(&framing->depth, data[i]);
        if (framing->depth.open > BK_FRAMING_DEPTH_MAX)
            return BK_FRAMING_TOO_DEEP;
    }
    *ret_taken = size;
    return BK_FRAMING_MORE;
}

const char *bk_framing_fault(enum bk_framing_verdict verdict)
{
    switch (verdict) {
    case BK_FRAMING_MORE:
    case BK_FRAMING_MESSAGE:
        return NULL;
    case BK_FRAMING_EMPTY:
        return "an empty message";
    case BK_FRAMING_TOO_LONG:
        return "a message of more than 256 KiB";
    case BK_FRAMING_TOO_DEEP:
        return "a message nested more than 32 deep";
    }
    return NULL;
}
