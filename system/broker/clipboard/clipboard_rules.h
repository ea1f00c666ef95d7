/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What apps may say about what they copy: the names of types, and the line that data begin with; and how often they may
 * copy and paste. Knows no JSON, no socket and no clock.
 *
 * Input from: app
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_CLIPBOARD_RULES_H
#define BK_BROKER_CLIPBOARD_RULES_H

#include "pace.h"

#include <stdbool.h>
#include <stdint.h>

/* The limits that api/io.bulkhead.Clipboard.varlink promises. */
#define BK_CLIPBOARD_TYPES_MAX        32U
#define BK_CLIPBOARD_TYPE_MAX         127U /* bytes of a type's name */
#define BK_CLIPBOARD_SIZE_MAX         (32UL * 1024UL * 1024UL)
#define BK_CLIPBOARD_COPY_BURST       10U   /* calls at once … */
#define BK_CLIPBOARD_COPY_INTERVAL_MS 100UL /* … and then one each so many milliseconds */
#define BK_CLIPBOARD_GESTURE_MS       2000U /* after the person pressed what pastes, the app may paste … */
#define BK_CLIPBOARD_GESTURE_PASTES   8U    /* … so many times */

/* A media type (RFC 6838 §4.2) with parameters (RFC 2045 §5.1), without comments: printable ASCII, one "/", and nothing
 * else that could mean something else elsewhere. */
bool bk_clipboard_type_is_fine(const char *type);

/* The size before the data: decimal digits and a line feed. */
enum bk_clipboard_line {
    BK_CLIPBOARD_LINE_MORE,
    BK_CLIPBOARD_LINE_WHOLE,
    BK_CLIPBOARD_LINE_TOO_LARGE, /* a size, but of more than BK_CLIPBOARD_SIZE_MAX */
    BK_CLIPBOARD_LINE_WRONG,
};

/* Zero-initialised. */
struct bk_clipboard_size {
    unsigned digits;
    uint64_t value; /* of those so far */
};

/* Takes the next byte; after all answers but the first no more may follow. */
enum bk_clipboard_line bk_clipboard_size_feed(struct bk_clipboard_size *size, char byte);

/* What the person lets an app do, and what it did. Zero-initialised; one for each VM. */
struct bk_clipboard_manners {
    struct bk_pace copies;
    struct bk_pace refusals;
    uint64_t until_ms;   /* it may paste until then … */
    uint64_t generation; /* … what was there when the person said so … */
    unsigned left;       /* … so many times */
};

/* The person pressed what pastes, or said that they want to. */
void bk_clipboard_allow(struct bk_clipboard_manners *manners, uint64_t generation, uint64_t now_ms);
/* True when the app may paste; it has done so once by then. */
bool bk_clipboard_may_paste(struct bk_clipboard_manners *manners, uint64_t generation, uint64_t now_ms);

#endif
