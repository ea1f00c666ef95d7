/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls by which an app hears how something is, and with `more` whenever that has changed: its window, what can be
 * pasted, what others offer.
 *
 * Input from: app (that it calls, and when it reads)
 * Runs in: bk-broker
 *
 * Who reads slowly is told the newest, and misses what was in between: a connection has at most one reply on its way,
 * and otherwise a mark that it is due. Nobody is told from within what has changed, but for bk_watch_tell().
 */
#ifndef BK_BROKER_WATCH_H
#define BK_BROKER_WATCH_H

#include "broker.h"

int bk_watch_start(struct bk_broker *broker);
void bk_watch_stop(struct bk_broker *broker);

/* Answers the call of a method that says how things are, as `build` does; with `more` for as long as the call goes on.
 */
int bk_watch_answer(struct bk_connection *connection, sd_varlink *link, sd_varlink_method_flags_t flags,
                    bk_watch_build_t build);

/* What `build` says has changed, for this app; NULL: for all. */
void bk_watch_changed(struct bk_broker *broker, bk_watch_build_t build, const struct bk_app *app);

/* Tells at once all that are due and read what they are told. Not from within a client. */
void bk_watch_tell(struct bk_broker *broker);

/* It has read what it was told. */
void bk_watch_read(const struct bk_connection *connection);

#endif
