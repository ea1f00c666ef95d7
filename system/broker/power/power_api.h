/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The methods of io.bulkhead.Power: who is told how things are with the machine's power, who keeps it awake, and what
 * the person does about it.
 *
 * Input from: app (parameters that sd-varlink found to have the declared types); trusted (desktop, hypervisor)
 * Runs in: bk-broker
 *
 * The way to sleep: the person asks for it on the desktop, and, when apps keep the machine awake, once more; all who
 * watch are told, and BK_POWER_ANNOUNCE_MS later the hypervisor is asked, whose answer comes when the machine is awake.
 */
#ifndef BK_BROKER_POWER_API_H
#define BK_BROKER_POWER_API_H

#include "broker.h"
#include "power.h"

/* The desktop is told of inhibitors and of all else at most once in so long: apps can make them come and go. */
#define BK_POWER_TELL_MS 100U

/* Adds the interface to the broker's server. */
int bk_power_api_start(struct bk_broker *broker);
void bk_power_api_stop(struct bk_broker *broker);

/* The connection is ending: what it holds goes with it. */
void bk_power_api_closed(struct bk_connection *connection);

/* The hypervisor told of the machine's power; and that the machine is awake, or why it did not sleep. */
void bk_power_api_told(struct bk_broker *broker, const struct bk_power_supply *supply);
void bk_power_api_awake(struct bk_broker *broker, const char *problem);

/* What the person did on the desktop: switched the mode; asked for sleep, `anyway`: though apps would rather not. */
void bk_power_api_choose(struct bk_broker *broker, bool low);
void bk_power_api_sleep(struct bk_broker *broker, bool anyway);

/* Tells a new desktop. */
void bk_power_api_desktop_arrived(struct bk_broker *broker);

#endif
