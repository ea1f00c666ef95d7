/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An encoding's stream: raw frames come, access units go. docs/protocols/video-encoder.md
 *
 * Input from: app
 * Runs in: bk-encoder
 *
 *     app ── frame, frame, … ──▶ [one frame] ── encoding.h or machine.h ──▶ length, access unit ──▶ app
 *
 * One frame is taken in, then its unit is given out, and then the next one is taken: who does not read its units stops
 * by that what it sends. There is nothing to parse: a frame is so many bytes, and any bytes are one.
 */
#ifndef BK_ENCODER_SESSION_H
#define BK_ENCODER_SESSION_H

#include "encoding.h"
#include "machine.h"

/* An app that gives and takes nothing for so long has lost its encoding: there are few of them. */
#define BK_SESSION_STALL_MS 10000

/* Serves a stream socket to its end: `machine` encodes, or, where that is NULL, `encoding`. 0: the app ended it behind
 * a whole frame, and has all units. -ENODATA: within one. -ETIMEDOUT: BK_SESSION_STALL_MS went by. -ECONNRESET or
 * -EPIPE: the app is gone. Else what failed. */
int bk_session_run(int stream, struct bk_encoding *encoding, struct bk_machine *machine);

#endif
