/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds where an app's messages end, and refuses one that is too long or nested too deep before any parser has
 * met it: a JSON parser's memory and time grow with both.
 *
 * Input from: app
 * Runs in: bk-broker
 *
 * A Varlink message is JSON text and a NUL byte. The scan keeps no text: it goes over the bytes once, as they
 * come, and knows the message's length so far, how many lists and objects are open, and whether it stands in a
 * string. Text that is no JSON at all may confuse the depth, but only upwards of what a parser would reach
 * before it gives up: a bracket that nothing opened ends a parse, and here it is not counted.
 */
#ifndef BK_BROKER_FRAMING_H
#define BK_BROKER_FRAMING_H

#include "json_depth.h"

#include <stdbool.h>
#include <stddef.h>

#define BK_FRAMING_MESSAGE_MAX (256UL * 1024UL) /* bytes of a message, its NUL not counted */
#define BK_FRAMING_DEPTH_MAX   32U /* lists and objects within each other, the message itself one of them */

enum bk_framing_verdict {
    BK_FRAMING_MORE,     /* all bytes taken, the message goes on */
    BK_FRAMING_MESSAGE,  /* the last byte taken is the NUL that ends a message */
    BK_FRAMING_EMPTY,    /* a NUL with nothing before it */
    BK_FRAMING_TOO_LONG, /* the connection is worth nothing from here on, as with the next */
    BK_FRAMING_TOO_DEEP,
};

/* Zero-initialised. */
struct bk_framing {
    size_t length; /* of the message so far */
    struct bk_json_depth depth;
};

/* Goes over `data` up to the end of a message or of the data; `*ret_taken` says how far. */
enum bk_framing_verdict bk_framing_scan(struct bk_framing *framing, const char *data, size_t size, size_t *ret_taken);

/* True in the middle of a message. */
static inline bool bk_framing_within(const struct bk_framing *framing)
{
    return framing->length > 0;
}

/* What is wrong, for a log; NULL for the verdicts that are none. */
const char *bk_framing_fault(enum bk_framing_verdict verdict);

#endif
