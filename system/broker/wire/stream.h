/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams: raw bytes between an app and the system, beside its calls. docs/protocols/streams.md
 *
 * Input from: app
 * Runs in: bk-broker
 *
 *     app ── a call that opens a flow ──▶ method ── bk_stream_offer() ──▶ a token, which is the answer
 *     app ── vsock port 3: the token, a line feed ──▶ arrived(fd) ── raw bytes from here on, the flow's owner's
 *
 * A token is 128 random bits. It is good for one connection, from the VM that it was given to, for BK_STREAM_OFFER_MS.
 * Of a connection not one byte more is read than its token, so that what follows is the owner's to read. One that says
 * anything else, or nothing for BK_STREAM_WAITING_MS, is closed; an app's flows and tokens stay as they are.
 */
#ifndef BK_BROKER_STREAM_H
#define BK_BROKER_STREAM_H

#include "app.h"

#define BK_STREAM_TOKEN_DIGITS 32U

#define BK_STREAM_OFFERED_MAX     16U    /* tokens of an app that no connection has brought yet … */
#define BK_STREAM_OFFER_MS        10000U /* … and how long each is good */
#define BK_STREAM_WAITING_MAX     16U    /* connections of an app that have not brought their token yet, … */
#define BK_STREAM_WAITING_ALL_MAX 256U   /* … of all apps together, … */
#define BK_STREAM_WAITING_MS      5000U  /* … and how long each has for it */

struct bk_broker;

/* Lower-case hexadecimal, terminated. */
struct bk_stream_token {
    char text[BK_STREAM_TOKEN_DIGITS + 1];
};

/* The app's connection is there: a non-blocking stream socket, now the callback's. Or -1: nobody came in time, or the
 * app's VM ended; then it may not offer another. Called once. When a VM ends its connections are reset, so that the
 * owner of one that has arrived learns it from the socket. */
typedef void (*bk_stream_arrived_t)(int fd, void *userdata);

/* What the broker holds; zero-initialised. */
struct bk_streams {
    struct bk_stream_offer *offers;
    struct bk_stream_arrival *arrivals; /* connections without their token */
};

/* Offers `app`, which has a VM, a stream: the method answers with `ret_token->text`. -EBUSY when it has
 * BK_STREAM_OFFERED_MAX. */
int bk_stream_offer(struct bk_broker *broker, struct bk_app *app, bk_stream_arrived_t arrived, void *userdata,
                    struct bk_stream_token *ret_token);

/* Takes an offer back: its callback is not called any more. Nothing when there is none with this token. */
void bk_stream_withdraw(struct bk_broker *broker, const struct bk_stream_token *token);

/* A connection of `app` to the stream port; owns `fd` in any case. */
void bk_stream_admit(struct bk_broker *broker, struct bk_app *app, int fd);

/* The app's VM ended: nothing offered or waiting is left of it. */
void bk_stream_end_app(struct bk_broker *broker, const struct bk_app *app);

/* Ends all offers and all that waits. */
void bk_stream_end_all(struct bk_broker *broker);

#endif
