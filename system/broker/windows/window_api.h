/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The methods of io.bulkhead.Window: from JSON to what is known of an app's window, and back.
 *
 * Input from: app (parameters that sd-varlink found to have the declared types); trusted (desktop)
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_WINDOW_API_H
#define BK_BROKER_WINDOW_API_H

#include "broker.h"

/* Adds the interface to the broker's server, as bk_notification_api_bind() does. */
int bk_window_api_start(struct bk_broker *broker);

/* The person, or the system, asked the app to end: it is told before anything else happens. */
void bk_window_api_close(struct bk_broker *broker, struct bk_app *app);
/* The person goes on with it. */
void bk_window_api_stay(struct bk_broker *broker, struct bk_app *app);

/* What the desktop said of a window, and of what is around all of them. */
void bk_window_api_seen(struct bk_broker *broker, uint32_t cid, bool focused, enum bk_window_visibility visibility);
/* The app has a VM now, which the desktop may have told of already. */
void bk_window_api_begin(struct bk_broker *broker, struct bk_app *app);
void bk_window_api_surroundings(struct bk_broker *broker, const struct bk_surroundings *surroundings);
/* The person holds the machine another way. */
void bk_window_api_turned(struct bk_broker *broker, unsigned degrees);
/* There is no desktop any more, and no window to be seen. */
void bk_window_api_desktop_lost(struct bk_broker *broker);

/* Tells a new desktop what the apps said. */
void bk_window_api_show_all(struct bk_broker *broker);

#endif
