/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was copied last: by which app, in which types, and the data of those that have come.
 *
 * Input from: app (types that are fine, data over streams)
 * Runs in: bk-broker
 *
 * A type is there as long as its data are here, are on their way, or can be asked for: the app that copied still offers
 * them (its Copy() goes on). When none is there any more, the clipboard is empty.
 */
#ifndef BK_BROKER_CLIPBOARD_H
#define BK_BROKER_CLIPBOARD_H

#include "clipboard_flow.h"
#include "clipboard_rules.h"

struct bk_broker;
struct bk_connection;

struct bk_clipboard_entry {
    struct bk_clipboard *clipboard;
    char type[BK_CLIPBOARD_TYPE_MAX + 1];
    struct bk_clip *clip;        /* NULL: they are not here … */
    struct bk_clip_fetch *fetch; /* … but on their way */
};

struct bk_clipboard_events {
    /* Other types are there than before. */
    void (*changed)(void *userdata);
    /* The data of this type have come, and stay the clipboard's; NULL: they do not come. */
    void (*resolved)(const char *type, struct bk_clip *clip, void *userdata);
};

/* Zero-initialised, then bk_clipboard_init(). */
struct bk_clipboard {
    struct bk_broker *broker;
    const struct bk_clipboard_events *events;
    void *userdata;
    struct bk_app *from;          /* NULL: it is empty */
    struct bk_connection *source; /* whose Copy() goes on; NULL: none does */
    uint64_t generation;          /* another number with each Copy() */
    struct bk_clipboard_entry *entries[BK_CLIPBOARD_TYPES_MAX];
    unsigned n_entries;
};

void bk_clipboard_init(struct bk_clipboard *clipboard, struct bk_broker *broker,
                       const struct bk_clipboard_events *events, void *userdata);

/* Forgets all there is; nobody is told of it. */
void bk_clipboard_clear(struct bk_clipboard *clipboard);

/* Holds what `from` copied, instead of what it held. `source` is NULL when nothing but the first type can be asked for.
 * On -ENOMEM it is empty. Nobody is told of it. */
int bk_clipboard_replace(struct bk_clipboard *clipboard, struct bk_app *from, struct bk_connection *source,
                         const char *const *types, unsigned n_types);

/* Nothing can be asked for any more. */
void bk_clipboard_source_left(struct bk_clipboard *clipboard);

struct bk_clipboard_entry *bk_clipboard_find(const struct bk_clipboard *clipboard, const char *type);

/* Begins to fetch data that are neither here nor on their way: who copied is to be told the token. Errors of
 * bk_stream_offer(). */
int bk_clipboard_fetch(struct bk_clipboard_entry *entry, struct bk_stream_token *ret_token);

#endif
