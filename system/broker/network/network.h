/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who reaches what through the network. No method asks for it: an app sends through its VM's network card, as a program
 * does on any computer, and is heard by nobody until the person lets it.
 *
 * Input from: trusted (hypervisor: which app is at which port; bk-network: which port sends)
 * Runs in: bk-broker
 *
 * An app that has a card is asked about when it first sends something: until the person has answered, what it sends is
 * lost without a word, and its guest sends it again. Then, if they say so, there is a use, until its VM ends or it is
 * revoked; it rests while nothing is sent. If they do not, what it sends is refused. What a port may, bk-network
 * (api/internal/io.bulkhead.Network.varlink) is told whenever that is something else than it was told before; a new one
 * of it is told everything.
 *
 * Who may reach the network and was kept from it reaches it again at once: its window is seen again, or the person
 * chose otherwise. No dialog comes of that.
 */
#ifndef BK_BROKER_NETWORK_H
#define BK_BROKER_NETWORK_H

#include "broker.h"

#define BK_NETWORK_QUIET_MS 5000U /* who has sent nothing for so long does not use the network */

struct bk_network;

/* `path` is bk-network's socket, which must outlive it; NULL: there is no network here. */
int bk_network_start(struct bk_broker *broker, const char *path);
/* All ports are shut by that. */
void bk_network_stop(struct bk_broker *broker);

/* Through which MAC address the way out leads, or NULL: there is none. */
void bk_network_uplink(struct bk_broker *broker, const char *mac);

/* What the hypervisor says of an app: its VM is at that port; 0: it has no network card, or no VM. */
void bk_network_told(struct bk_broker *broker, struct bk_app *app, unsigned port);
/* The app's VM is no more, and its permissions were seen to. */
void bk_network_app_ended(struct bk_broker *broker, struct bk_app *app);

/* What an app may do on what the person chose has changed, of any app. */
void bk_network_look_again(struct bk_broker *broker);
/* The person has chosen about the app anew. */
void bk_network_chosen(struct bk_broker *broker, const char *id);

#endif
