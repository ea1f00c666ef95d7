/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The methods of io.bulkhead.Notification: from JSON to an app's notifications, and back.
 *
 * Input from: app (parameters that sd-varlink found to have the declared types)
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_NOTIFICATION_API_H
#define BK_BROKER_NOTIFICATION_API_H

#include "broker.h"

/* Adds the interface to the server. The userdata of each link is its bk_client, whose own is its bk_connection. */
int bk_notification_api_bind(sd_varlink_server *server);

/* What the person did with the notification that the desktop knows as `handle`; `button` is NULL when it was
 * dismissed or replied to, `text` when there is no reply. */
void bk_notification_api_answered(struct bk_broker *broker, int64_t handle, const char *button, const char *text);

/* Shows the desktop everything that is unanswered. */
void bk_notification_api_show_all(struct bk_broker *broker);

/* The app's VM has ended: what it shows goes. */
void bk_notification_api_withdraw_all(struct bk_broker *broker, const struct bk_app *app);

#endif
