/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The methods of io.bulkhead.Camera: which cameras there are, who offers one, and who opens one.
 *
 * Input from: app (parameters that sd-varlink found to have the declared types)
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_CAMERA_API_H
#define BK_BROKER_CAMERA_API_H

#include "broker.h"

/* Adds the interface to the broker's server. */
int bk_camera_api_start(struct bk_broker *broker);
/* Ends what is still open. */
void bk_camera_api_stop(struct bk_broker *broker);

/* A camera has come or gone: those who watch are told, later. */
void bk_camera_api_changed(struct bk_broker *broker);

/* The client of this connection has read what it was told. */
void bk_camera_api_read(struct bk_connection *connection);
/* The connection is ending: whatever it called goes with it. */
void bk_camera_api_closed(struct bk_connection *connection);

#endif
