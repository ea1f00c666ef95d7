/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the System VM says is cut into records, and the records of a frame are put together again.
 *
 * Input from: the System VM, through its bk-vmm: any bytes, of which an app chooses those of its frames
 * Runs in: bk-codec
 *
 *     seeking ── a HELLO's head and mark ──▶ head ⇄ body          seeking: where a record begins is not known: at the
 *        ▲                                    │                   start, for another bk-codec may have read half of
 * one, └──────── what is no record ─────────┘                   and behind nonsense
 *
 * A frame may hold what looks like a HELLO, and be believed by who seeks. So zeros come before each true one, as many
 * as a record can be long: whatever was believed is over then, and behind it is no record.
 */
#ifndef BK_CODEC_INTAKE_H
#define BK_CODEC_INTAKE_H

#include "codec_port.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bk_codec_intake_state {
    BK_CODEC_INTAKE_SEEKING,
    BK_CODEC_INTAKE_HEAD,
    BK_CODEC_INTAKE_BODY
};

enum bk_codec_said {
    BK_CODEC_SAID_NOTHING, /* all bytes are taken */
    BK_CODEC_SAID_HELLO,
    BK_CODEC_SAID_START,
    BK_CODEC_SAID_FRAME, /* a whole one is there */
};

/* Zero-initialised: it seeks. */
struct bk_codec_intake {
    enum bk_codec_intake_state state;
    struct bk_codec_port_record record;
    union {
        struct bk_codec_port_hello hello;
        struct bk_codec_port_start start;
        uint8_t recent[sizeof(struct bk_codec_port_record) + sizeof(BK_CODEC_PORT_MARK) - 1]; /* while it seeks */
    } said;
    size_t filled;     /* bytes of what the state is about */
    size_t frame_size; /* what one takes, at most BK_CODEC_PORT_FRAME_MAX; 0: frames are thrown away */
    size_t frame_filled;
    uint8_t frame[BK_CODEC_PORT_FRAME_MAX];
};

/* Takes bytes, from `*data` on, until something is said. After a HELLO or a START frames are thrown away, until
 * bk_codec_intake_expect() says otherwise. */
enum bk_codec_said bk_codec_intake_take(struct bk_codec_intake *intake, const uint8_t **data, size_t *size);

/* Frames of that size, from the first byte on. */
void bk_codec_intake_expect(struct bk_codec_intake *intake, size_t frame_size);

#endif
