/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The methods of io.bulkhead.Open: from JSON to what waits for an app (open.h), and back.
 *
 * Input from: app (parameters that sd-varlink found to have the declared types)
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_OPEN_API_H
#define BK_BROKER_OPEN_API_H

#include "broker.h"

/* Adds the interface to the server. `defaults_path` is bk_open_defaults_load()'s; `waiting_ms` is 0 for the usual. */
int bk_open_api_start(struct bk_broker *broker, const char *defaults_path, uint64_t waiting_ms);
void bk_open_api_stop(struct bk_broker *broker);

/* The connection has read what it was told; it is closing. */
void bk_open_api_read(struct bk_connection *connection);
void bk_open_api_closed(struct bk_connection *connection);

/* The person answered a question; NULL: closed it. */
void bk_open_api_opened(struct bk_broker *broker, int64_t id, const char *app, bool always, bool fresh);
/* The desktop does not show it; `busy`: it shows another. */
void bk_open_api_not_shown(struct bk_broker *broker, int64_t id, bool busy);
/* The person changed a default. */
void bk_open_api_change_default(struct bk_broker *broker, const char *kind, enum bk_open_default_wish wish);

/* All apps are known. */
void bk_open_api_apps_listed(struct bk_broker *broker);
void bk_open_api_desktop_arrived(struct bk_broker *broker);
void bk_open_api_desktop_lost(struct bk_broker *broker);

#endif
