/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who hears the machine's microphone. No method asks for it: an app records from its VM's sound card, as a program does
 * on any computer, and hears silence until the person lets it hear.
 *
 * Input from: trusted (hypervisor: which app records, and which hears)
 * Runs in: bk-broker
 *
 * A recording goes: asked, when it begins (it waits for the person), then, if they say so, a use, until it ends or is
 * revoked. An app hears while there is a use. What it hears by then, the hypervisor is told whenever it says otherwise;
 * so what a broker that died had allowed is taken back by the next one.
 *
 * Who may hear, was kept from it and still records hears again at once: its window is seen again, or the person chose
 * otherwise. No dialog comes of that.
 */
#ifndef BK_BROKER_MICROPHONE_H
#define BK_BROKER_MICROPHONE_H

#include "broker.h"

int bk_microphone_start(struct bk_broker *broker);
/* The hypervisor is told nothing more. */
void bk_microphone_stop(struct bk_broker *broker);

/* What the hypervisor says of an app. */
void bk_microphone_told(struct bk_broker *broker, struct bk_app *app, bool records, bool hears);
/* The app's VM is no more, and its permissions were seen to. */
void bk_microphone_app_ended(struct bk_app *app);

/* What an app may do on what the person chose has changed, of any app. */
void bk_microphone_look_again(struct bk_broker *broker);

#endif
