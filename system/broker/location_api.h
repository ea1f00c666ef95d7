/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The methods of io.bulkhead.Location: who asked where the machine is, may know it, and is told.
 *
 * Input from: app (parameters that sd-varlink found to have the declared types); host (sources)
 * Runs in: bk-broker
 *
 * A call goes: asked (it waits for the person), then a use, which waits for a fix and is told each one. Sources look
 * only while there is a use. Who watches is told where the machine is, never where it was: when a client has not read
 * the last reply yet, the next one waits for it.
 */
#ifndef BK_BROKER_LOCATION_API_H
#define BK_BROKER_LOCATION_API_H

#include "broker.h"
#include "location_source.h"

#define BK_LOCATION_SOURCES_MAX 4U
#define BK_LOCATION_PATIENCE_MS                                                          \
    10000U /* that the best sources have to find something, before the next one is asked \
            */

/* Adds the interface to the broker's server. */
int bk_location_api_start(struct bk_broker *broker);
void bk_location_api_stop(struct bk_broker *broker);

/* One more source, of BK_LOCATION_SOURCES_MAX at the most, from which fixes are taken when those that were added before
 * have none. Owns it. */
void bk_location_api_add(struct bk_broker *broker, struct bk_location_source *source);

/* The client of this connection has read what it was told. */
void bk_location_api_read(struct bk_connection *connection);
/* The connection is ending: whatever it called goes with it. */
void bk_location_api_closed(struct bk_connection *connection);

#endif
