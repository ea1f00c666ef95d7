/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Data of the clipboard on their way over a stream: from the app that copied, and to the app that pastes.
 *
 * Input from: app
 * Runs in: bk-broker
 *
 * Neither waits for an app for ever, and neither gives half of something for the whole: what comes begins with its
 * size, and what goes is announced with its own.
 */
#ifndef BK_BROKER_CLIPBOARD_FLOW_H
#define BK_BROKER_CLIPBOARD_FLOW_H

#include "stream.h"

#define BK_CLIPBOARD_STALL_MS 5000U  /* without a byte from the app that copied, … */
#define BK_CLIPBOARD_FETCH_MS 20000U /* … and for all of them */
#define BK_CLIPBOARD_SEND_MS  10000U /* without a byte taken by the app that pastes */

/* Data, shared by who holds a reference. */
struct bk_clip {
    unsigned references;
    size_t size;
    char *bytes;
};

struct bk_clip *bk_clip_ref(struct bk_clip *clip);
/* NULL is fine. */
void bk_clip_unref(struct bk_clip *clip);

struct bk_clip_fetch;
struct bk_clip_fetch_events {
    /* The app says how much it has: false when there is no room for so much. */
    bool (*announced)(size_t size, void *userdata);
    /* All of it, the callback's to unref; or NULL and why. The fetch is gone by then. */
    void (*fetched)(struct bk_clip *clip, const char *fault, void *userdata);
};

/* Offers `app` a stream that takes data. -EBUSY when it has too many already. `events` and `userdata` outlive it. */
int bk_clip_fetch(struct bk_broker *broker, struct bk_app *app, const struct bk_clip_fetch_events *events,
                  void *userdata, struct bk_stream_token *ret_token, struct bk_clip_fetch **ret);
/* How much the app announced; 0 as long as it did not. */
size_t bk_clip_fetch_size(const struct bk_clip_fetch *fetch);
/* Nothing more comes of it, and `fetched` is not called. NULL is fine. */
void bk_clip_fetch_cancel(struct bk_clip_fetch *fetch);

struct bk_clip_send;

/* Offers `app` a stream that brings `clip`, of which it takes a reference. `ended`: it is gone. The same errors. */
int bk_clip_send(struct bk_broker *broker, struct bk_app *app, struct bk_clip *clip,
                 void (*ended)(struct bk_clip_send *send, void *userdata), void *userdata,
                 struct bk_stream_token *ret_token, struct bk_clip_send **ret);
/* Ends it; `ended` is called. */
void bk_clip_send_end(struct bk_clip_send *send);

#endif
