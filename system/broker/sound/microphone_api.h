/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The method of io.bulkhead.Microphone: an app asks whether it may hear, before it records.
 *
 * Input from: app (that it asks)
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_MICROPHONE_API_H
#define BK_BROKER_MICROPHONE_API_H

#include "broker.h"

/* Adds the interface to the broker's server. */
int bk_microphone_api_start(struct bk_broker *broker);

/* True while a call of the app waits. */
bool bk_microphone_api_waits(const struct bk_broker *broker, const struct bk_app *app);
/* Answers those calls. */
void bk_microphone_api_answer(const struct bk_broker *broker, struct bk_app *app, bool allowed);

/* The connection is ending: its call goes with it. */
void bk_microphone_api_closed(struct bk_connection *connection);

#endif
