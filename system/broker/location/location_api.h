/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The methods of io.bulkhead.Location: who asked where the machine is, may know it, and is told.
 *
 * Input from: app (parameters that sd-varlink found to have the declared types); host (sources)
 * Runs in: bk-broker
 *
 * A call goes: asked (it waits for the person), then a use, which waits for a fix and is told each one. Sources look
 * only while there is a use; which of them, location_sources.h says. Who watches is told where the machine is, never
 * where it was: when a client has not read the last reply yet, the next one waits for it.
 */
#ifndef BK_BROKER_LOCATION_API_H
#define BK_BROKER_LOCATION_API_H

#include "broker.h"
#include "location_source.h"

/* Adds the interface to the broker's server. */
int bk_location_api_start(struct bk_broker *broker);
void bk_location_api_stop(struct bk_broker *broker);

/* One more source. Owns it until it is removed. */
void bk_location_api_add(struct bk_broker *broker, struct bk_location_source *source);
/* Gives it back, stopped. Who was told what it said is told otherwise, or that nobody knows. */
void bk_location_api_remove(struct bk_broker *broker, struct bk_location_source *source);

/* The client of this connection has read what it was told. */
void bk_location_api_read(struct bk_connection *connection);
/* The connection is ending: whatever it called goes with it. */
void bk_location_api_closed(struct bk_connection *connection);

#endif
