/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who hears the machine's microphone. An app records from its VM's sound card, as a program does on any computer, and
 * hears silence until the person lets it hear. It may ask before, by io.bulkhead.Microphone (microphone_api.h).
 *
 * Input from: trusted (hypervisor: which app records, and which hears); app (that it asks)
 * Runs in: bk-broker
 *
 * The person is asked when a recording begins or a call asks, once for both. If they say so there is a use: of the
 * recording, until it ends or is revoked; where none goes on it rests, and is the next recording's, if that begins
 * within BK_MICROPHONE_BEGIN_MS. An app hears while it records and has a use. What it hears by then, the hypervisor is
 * told whenever it says otherwise; so what a broker that died had allowed is taken back by the next one.
 *
 * Who may hear, was kept from it and still records hears again at once: its window is seen again, or the person chose
 * otherwise. No dialog comes of that.
 */
#ifndef BK_BROKER_MICROPHONE_H
#define BK_BROKER_MICROPHONE_H

#include "broker.h"

#define BK_MICROPHONE_BEGIN_MS 20000U /* from a yes to a call until the recording that it was for has begun */

int bk_microphone_start(struct bk_broker *broker);
/* The hypervisor is told nothing more. No call waits by then. */
void bk_microphone_stop(struct bk_broker *broker);

/* What the hypervisor says of an app. */
void bk_microphone_told(struct bk_broker *broker, struct bk_app *app, bool records, bool hears);
/* The app's VM is no more, and its permissions were seen to. */
void bk_microphone_app_ended(struct bk_app *app);

/* A call of the app waits for the answer: bk_microphone_api_answer() gives it, from here or later. */
int bk_microphone_ask(struct bk_broker *broker, struct bk_app *app);
/* The app's last call that waited does so no longer. */
void bk_microphone_unasked(struct bk_app *app);

/* What an app may do on what the person chose has changed, of any app. */
void bk_microphone_look_again(struct bk_broker *broker);

#endif
