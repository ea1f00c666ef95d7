/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The web's Notification by io.bulkhead.Notification. A click on the web's is a button "Open" on the system's.
 *
 * Input from: the app; trusted (the system)
 * Runs in: bk-web, its main thread
 */
#ifndef BK_WEB_NOTIFICATIONS_H
#define BK_WEB_NOTIFICATIONS_H

#include <webkit2/webkit2.h>

/* From now on `view`'s are shown; `start` is where the app begins, whose pages need not ask.
 * Once a process. */
void bk_web_notifications_init(WebKitWebView *view, const char *start);

#endif
