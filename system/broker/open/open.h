/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an app hands to another one: from the call that names it to the app that takes it.
 *
 * Input from: app (what it hands on, checked by link.h); trusted (what the person chose)
 * Runs in: bk-broker
 *
 *     open_api.c   Link(), Send() ── a default? ──▶ at once ────────────┐
 *     open_ask.c         └── else one question at a time over all apps ─┤
 *     open_deliver.c                         waits with the chosen app ◀┘ until it watches: a link is told; data is
 * told open_relay.c                                                      with a stream, and carried over
 *
 * The system itself is among those to choose from for a bundle: software.h takes it then, in open_deliver.c's place.
 *
 * What waits for an app waits for BK_OPEN_WAITING_MS at the most. An app that does not run is started for it; when it
 * does not take what waits, the person is told.
 */
#ifndef BK_BROKER_OPEN_H
#define BK_BROKER_OPEN_H

#include "link.h"
#include "open_defaults.h"
#include "stream.h"

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

/* The limits that api/io.bulkhead.Open.varlink promises. */
#define BK_OPEN_BURST              5U /* calls at once … */
#define BK_OPEN_INTERVAL_MS        2000UL
#define BK_OPEN_CLOSED_BURST       3U /* dialogs that the person closed … */
#define BK_OPEN_CLOSED_INTERVAL_MS 60000UL
#define BK_OPEN_ASKS_MAX           1U /* of an app that wait for the person */
#define BK_OPEN_COPIES_MAX         1U /* of an app that wait for a fresh copy by a default */
#define BK_OPEN_WAITING_MAX        8U /* things that wait for an app, and that are carried to it */
#define BK_OPEN_WAITING_MS         120000U
#define BK_OPEN_STREAMS_MAX        4U /* of a sender that are not at their end */
#define BK_OPEN_SIZE_MAX           ((INT64_C(1) << 53) - 1)

#define BK_OPEN_OPENERS_MAX 32U   /* that a question offers */
#define BK_OPEN_BUSY_MS     1000U /* until a desktop that had no place for the question is asked again */

struct bk_broker;
struct bk_connection;

/* A link, or data. */
struct bk_open_thing {
    char *link; /* NULL: it is data */
    struct bk_link parsed;
    char *name, *type;
    uint64_t size;
};

/* What the person's default is for: the scheme or the media type. */
const char *bk_open_thing_kind(const struct bk_open_thing *thing);
void bk_open_thing_finish(struct bk_open_thing *thing);

/* It is an app to be installed, which the system itself opens (software.h), and no app by default: whoever has one is
 * asked each time. */
bool bk_open_is_bundle(const struct bk_open_thing *thing);

/* Whether the app opens it for others. */
bool bk_open_fits(const struct bk_app *app, const struct bk_open_thing *thing);

struct bk_open_ask;
struct bk_open_item;

/* The broker's. */
struct bk_open {
    struct bk_open_defaults defaults;
    struct bk_open_ask *asks;
    struct bk_open_ask *shown; /* of them, the one whose question is up; NULL: there is none */
    int64_t question;          /* its number */
    sd_event_source *next;     /* another may be shown */
    struct bk_open_item *items;
    uint64_t waiting_ms;      /* BK_OPEN_WAITING_MS, but for tests */
    sd_event_source *overdue; /* the first that is not taken in time */
    sd_event_source *due;     /* some that watch are to be told; not from within a client */
};

/* ---- open_api.c ---- */

/* Hands the thing to `opener` and answers the call; NULL: the person chose none. The thing is taken. */
void bk_open_conclude(struct bk_connection *connection, struct bk_open_thing *thing, struct bk_app *opener);

/* Whether the app may ask something of the person now, and counts it when it may: by the limits above, over all that it
 * asks, for files too (file.h). */
enum bk_open_admission {
    BK_OPEN_ADMITTED,
    BK_OPEN_NOT_IN_USE, /* its window does not have the focus */
    BK_OPEN_TOO_MANY,   /* `*ret_number` may wait */
    BK_OPEN_TOO_SOON,   /* it may in `*ret_number` milliseconds */
};
enum bk_open_admission bk_open_admit(struct bk_app *app, uint64_t *ret_number);

/* ---- open_ask.c ---- */

int bk_open_ask_start(struct bk_broker *broker);
void bk_open_ask_stop(struct bk_broker *broker);
/* Asks the person, and then concludes. The thing is taken when it succeeds. */
int bk_open_ask(struct bk_connection *connection, struct bk_open_thing *thing, bool share);
/* Opens it in a fresh copy of `opener`, by a default, and concludes when that is there. The thing is taken when it
 * succeeds. */
int bk_open_in_copy(struct bk_connection *connection, struct bk_open_thing *thing, const struct bk_app *opener);
/* Whether something of the app waits for a fresh copy that is to begin, or has begun and has not taken it. */
bool bk_open_awaits_copy(const struct bk_broker *broker, const struct bk_app *app);
/* The app that asks is gone, or does not wait any more. */
void bk_open_ask_cancel(struct bk_connection *connection);

/* ---- open_deliver.c ---- */

int bk_open_deliver_start(struct bk_broker *broker, uint64_t waiting_ms);
void bk_open_deliver_stop(struct bk_broker *broker);

/* Lets the thing wait for `opener`, which comes to the front, and takes it; for data, `*ret_token` is the sender's
 * stream. -ENOBUFS: too much waits there. -EBUSY: the sender has too many streams. -ENOMEM. */
int bk_open_deliver(struct bk_broker *broker, struct bk_app *sender, struct bk_app *opener, struct bk_open_thing *thing,
                    struct bk_stream_token *ret_token);
/* Whether something of the sender waits for a fresh copy. */
bool bk_open_deliver_awaits_copy(const struct bk_broker *broker, const struct bk_app *sender);
/* Something may be told to those that watch. */
void bk_open_deliver_wake(struct bk_broker *broker);
/* The app's state or VM is another; or it could not be started. */
void bk_open_deliver_app_changed(struct bk_broker *broker, struct bk_app *app);
void bk_open_deliver_start_failed(struct bk_broker *broker, const struct bk_app *app);

#endif
