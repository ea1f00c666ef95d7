/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection of an app: carries its bytes to sd-varlink, and the answers back, within bounds.
 *
 * Input from: app
 * Runs in: bk-broker
 *
 *     app ── vsock ── [in] → framing → │ socket pair │ → sd-varlink
 *                     [out] ←───────── │             │ ←
 *
 * With CBOR, cbor_wire stands between the vsock and the two: all else is the same for both.
 *
 * sd-varlink would take messages of 16 MiB of any depth, and queue 16 MiB of answers for a client that reads none.
 * So this stands between, and keeps these invariants:
 *  1. No byte reaches sd-varlink that bk_framing_scan() has not passed, so its parser never meets a message that
 *     is too long or too deep.
 *  2. A message is passed on only when the one before has been answered and its answer has left for the app: a
 *     client that calls and does not read is no longer read either, and its calls wait in its own VM.
 *  3. What sd-varlink says without having been asked (more answers of one call) is counted by
 *     bk_client_may_tell(); who does not read them is cut off.
 *  4. A message once begun ends within BK_CLIENT_MESSAGE_MS.
 *  5. An app passes no more, and is served no sooner, than quota.h says; the rest waits.
 * For 2, sd-varlink deals at once with what it is given, and the way in has a lower priority in the event loop than
 * everything else: by the time that it runs, sd-varlink is idle or waits for us to answer.
 *
 * Each connection costs at most the two buffers here, the socket pair's, and one message in sd-varlink; with CBOR, what
 * cbor_wire keeps besides.
 */
#ifndef BK_BROKER_CLIENT_H
#define BK_BROKER_CLIENT_H

#include "quota.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>
#include <systemd/sd-varlink.h>

#define BK_CLIENT_MESSAGE_MS 10000U
#define BK_CLIENT_UNREAD_MAX 16U /* answers of one call that wait to be read */

/* How the event loop orders the broker's work; a lower number goes first. */
#define BK_CLIENT_PRIORITY_ANSWER (-10) /* sd-varlink's own sources, and the way out */
#define BK_CLIENT_PRIORITY_CALL   10    /* the way in */
#define BK_CLIENT_PRIORITY_OPEN   15    /* new connections */
#define BK_CLIENT_PRIORITY_LATER  20    /* the way in of an app that calls much, and one more with each doubling */

/* How the app's messages are written. */
enum bk_client_encoding {
    BK_CLIENT_JSON, /* JSON text and a NUL byte */
    BK_CLIENT_CBOR, /* a length of four bytes and CBOR: docs/protocols/cbor.md */
};

struct bk_client;

/* Who ended a connection. */
enum bk_client_end {
    BK_CLIENT_LEFT,    /* the app */
    BK_CLIENT_REFUSED, /* we did, for what the app does */
    BK_CLIENT_ENDED,   /* we did, and it is not to blame */
    BK_CLIENT_FAILED,  /* we did, for what failed us */
};

/* The connection is over, `why` says so in constant words. The last thing that is called; the client is freed after
 * it. */
typedef void (*bk_client_closed_t)(struct bk_client *client, enum bk_client_end end, const char *why, void *userdata);

/* Serves `fd`, a non-blocking stream socket, as a connection of `server`, which shall be attached to `event` with
 * BK_CLIENT_PRIORITY_ANSWER and hand its disconnections to bk_client_disconnected(). Owns `fd` when it succeeds.
 * `quota` and what `userdata` points to must outlive the client. */
int bk_client_create(sd_event *event, sd_varlink_server *server, int fd, enum bk_client_encoding encoding,
                     struct bk_quota *quota, bk_client_closed_t closed, void *userdata, struct bk_client **ret);

/* Ends the connection at once; calls `closed`. Not from within a method of this client's own link. */
void bk_client_close(struct bk_client *client, enum bk_client_end end, const char *why);

/* To be called from the server's disconnect callback; the userdata of each link is its client. */
void bk_client_disconnected(struct bk_client *client);

/* CLOCK_MONOTONIC, as quota.h has it. */
uint64_t bk_client_now_us(void);

/* True when the app has closed the connection and nothing is left to do for it, be it that this was not noticed yet. */
bool bk_client_is_over(const struct bk_client *client);

/* The connection as sd-varlink has it; borrowed; NULL when it is ending. */
sd_varlink *bk_client_link(struct bk_client *client);
void *bk_client_userdata(struct bk_client *client);

/* What a call is told again and again may be told when nothing waits to be read; else `read` is called once that is so,
 * from within the client: it may not close it. */
bool bk_client_reads(const struct bk_client *client);
void bk_client_on_read(struct bk_client *client, void (*read)(void *userdata));

/* `passed` hears all that reaches sd-varlink (from_app) and all that it says, piece by piece. Once, before anything
 * passes. */
typedef void (*bk_client_passed_t)(bool from_app, const char *data, size_t size, void *userdata);
void bk_client_on_pass(struct bk_client *client, bk_client_passed_t passed);

/* True when one more answer may be sent without a call for it; else the client shall be closed. Counts it. */
bool bk_client_may_tell(struct bk_client *client);

#endif
