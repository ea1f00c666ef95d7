/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The methods of io.bulkhead.Folders: which folders are offered, and who opens them.
 *
 * Input from: app (parameters that sd-varlink found to have the declared types)
 * Runs in: bk-broker
 *
 * Who opened what, from the call to the end of the stream, is folder_session.h's.
 */
#ifndef BK_BROKER_FOLDERS_API_H
#define BK_BROKER_FOLDERS_API_H

#include "broker.h"

/* Adds the interface to the broker's server. */
int bk_folders_api_start(struct bk_broker *broker);
/* Ends what is still open. */
void bk_folders_api_stop(struct bk_broker *broker);

/* The client of this connection has read what it was told. */
void bk_folders_api_read(struct bk_connection *connection);
/* The connection is ending: whatever it called goes with it. */
void bk_folders_api_closed(struct bk_connection *connection);

#endif
