/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bound before the JSON parser: a Varlink byte stream cut into messages, their size and depth limited, and the
 * mark that begins a session (api/internal/io.bulkhead.Hypervisor.varlink) recognised.
 *
 * Input from: guest (whoever holds the System VM's port), host (the debug port)
 * Runs in: bk-supervisor
 *
 * Each second NUL byte of an unbroken run begins a session. A client sends two of them, whatever was before: the end of
 * a message, half a message, or the two of a client that died there. So each client gets exactly one answer.
 */
#ifndef BK_SUPERVISOR_FRAMER_H
#define BK_SUPERVISOR_FRAMER_H

#include "json_depth.h"

#include <stdbool.h>
#include <stddef.h>

#define BK_FRAMER_MESSAGE_MAX (64U * 1024U) /* bytes, the NUL included */
#define BK_FRAMER_DEPTH_MAX   16U           /* objects and arrays within one another */

enum bk_frame {
    BK_FRAME_NONE,    /* all bytes are taken, no message is complete */
    BK_FRAME_MESSAGE, /* `message` holds one, `size` bytes with its NUL, until the next call */
    BK_FRAME_SESSION, /* a new session begins: what came before it is void */
    BK_FRAME_TOO_BIG, /* the message is too long or too deep; nothing more is yielded until a session begins */
};

struct bk_framer {
    char message[BK_FRAMER_MESSAGE_MAX];
    size_t used;
    size_t size;  /* of the message last yielded */
    bool odd_nul; /* the last byte was a NUL, the first of a pair if another follows */
    struct bk_json_depth depth;
    bool refusing;
};

/* Ready for a stream that starts within a session. */
void bk_framer_reset(struct bk_framer *framer);

/* Yields nothing more until a session begins. */
void bk_framer_refuse(struct bk_framer *framer);

/* Takes bytes from `data` up to the first thing to tell of; `*ret_taken` of them, at least one if there is one. */
enum bk_frame bk_framer_feed(struct bk_framer *framer, const char *data, size_t size, size_t *ret_taken);

#endif
