/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The methods of io.bulkhead.File: from JSON to a question to the person (file.h), and back.
 *
 * Input from: app (parameters that sd-varlink found to have the declared types)
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_FILE_API_H
#define BK_BROKER_FILE_API_H

#include "broker.h"

/* Adds the interface to the server. `program` is bk-picker, and must outlive the broker. */
int bk_file_api_start(struct bk_broker *broker, const char *program);
void bk_file_api_stop(struct bk_broker *broker);

/* The connection is closing. */
void bk_file_api_closed(struct bk_connection *connection);
/* The app's VM ended. */
void bk_file_api_app_ended(struct bk_broker *broker, const struct bk_app *app);

/* The person did something in the question of this number. */
void bk_file_api_did(struct bk_broker *broker, int64_t id, const struct bk_file_deed *deed);
/* The desktop does not show it; `busy`: it shows another. */
void bk_file_api_not_shown(struct bk_broker *broker, int64_t id, bool busy);
void bk_file_api_desktop_arrived(struct bk_broker *broker);
void bk_file_api_desktop_lost(struct bk_broker *broker);

#endif
