/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carries what one app sends to the app that takes it: so many bytes and no more, as fast as the slower of the two.
 *
 * Input from: app (bytes, which nobody here looks at)
 * Runs in: bk-broker
 *
 * One buffer a relay. It is read again when it is empty, so that a taker that does not read stops the sender and costs
 * nothing else. A relay ends when all has passed, when either side ends, or when nothing passed for
 * BK_OPEN_RELAY_STALL_MS.
 *
 * It is not a stream_pump.h, which joins two apps that know each other: nothing may come back here, or the sender would
 * learn who was chosen; no more may pass than the person was told; and how much did not pass is known at its end.
 */
#ifndef BK_BROKER_OPEN_RELAY_H
#define BK_BROKER_OPEN_RELAY_H

#include <stdint.h>
#include <systemd/sd-event.h>

#define BK_OPEN_RELAY_BUFFER   65536U /* bytes */
#define BK_OPEN_RELAY_STALL_MS 60000U

struct bk_open_relay;

/* It is over and both connections are closed; `short_by` bytes did not pass. The relay is freed after it. */
typedef void (*bk_open_relay_ended_t)(uint64_t short_by, void *userdata);

/* Both are non-blocking stream sockets, and the relay's when it succeeds. `ended` is called later, never from here. */
int bk_open_relay_create(sd_event *event, int from, int to, uint64_t size, bk_open_relay_ended_t ended, void *userdata,
                         struct bk_open_relay **ret);
/* Ends it without a call of `ended`; NULL is fine. */
void bk_open_relay_destroy(struct bk_open_relay *relay);

#endif
