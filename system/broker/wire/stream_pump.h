/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Joins two apps' streams: what one sends the other gets, both ways, unread.
 *
 * Input from: app
 * Runs in: bk-broker
 *
 *     one ──▶ [buffer] ──▶ other
 *     one ◀── [buffer] ◀── other
 *
 * Theory. Each way has a buffer of BK_STREAM_PUMP_BUFFER bytes; it is filled only when it is empty, and emptied before
 * it is filled again. So who does not read stops who sends, through their sockets, and neither costs more than these
 * two buffers. Invariants:
 *  1. Bytes leave in the order in which they came, each once.
 *  2. An end of what one side sends (it closed the stream, or the half of it that it writes) ends the stream: what it
 * had sent is delivered, for BK_STREAM_PUMP_LINGER_MS at the most, and both sides are closed then.
 *  3. A side that is gone for good (its VM ended, it was killed) ends the other one at once, but for what 2 delivers.
 *  4. Calls go first: the pump has the last priority of the event loop, and moves one buffer a turn.
 */
#ifndef BK_BROKER_STREAM_PUMP_H
#define BK_BROKER_STREAM_PUMP_H

#include <systemd/sd-event.h>

#define BK_STREAM_PUMP_BUFFER    (64UL * 1024UL)
#define BK_STREAM_PUMP_LINGER_MS 5000U

struct bk_stream_pump;

/* Moves bytes between two non-blocking stream sockets, which it owns when it succeeds. `ended` is called once, when
 * the stream has ended by itself, and may destroy the pump. */
int bk_stream_pump_create(sd_event *event, int one, int other, void (*ended)(void *userdata), void *userdata,
                          struct bk_stream_pump **ret);

/* Closes both sides at once; what was on its way is lost. NULL is fine. */
void bk_stream_pump_destroy(struct bk_stream_pump *pump);

#endif
