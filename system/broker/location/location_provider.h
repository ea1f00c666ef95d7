/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An app as a source of the location: io.bulkhead.Location.Provide().
 *
 * Input from: app
 * Runs in: bk-broker
 *
 * A connection provides from the call that the person allowed until it ends, or until that is taken back. What a call
 * says is a fix; it is answered when another one is wanted, so that an app whose fixes nobody wants sleeps, and one
 * that says too much waits. While its fixes are wanted the app uses the permission, else that use rests.
 *
 * What an app says is never mixed with what the machine knows: it is one source of several, believed last
 * (location_sources.h), and all of what it said is gone with it.
 */
#ifndef BK_BROKER_LOCATION_PROVIDER_H
#define BK_BROKER_LOCATION_PROVIDER_H

#include "broker.h"

/* The limits that api/io.bulkhead.Location.varlink promises. */
#define BK_LOCATION_PROVIDERS_MAX 4U    /* of all apps; an app is one at the most */
#define BK_LOCATION_PROVIDER_MS   1000U /* between two fixes of an app, and between two answers to it */

/* The method, for sd-varlink. */
int bk_location_provide(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata);

/* The connection is ending. */
void bk_location_provider_closed(struct bk_connection *connection);

#endif
