/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The web's geolocation by io.bulkhead.Location: the system asks the person, what they answer the page is told.
 *
 * Input from: the app; trusted (the system)
 * Runs in: bk-web, its main thread
 */
#ifndef BK_WEB_LOCATION_H
#define BK_WEB_LOCATION_H

#include <webkit2/webkit2.h>

/* Once a process. */
void bk_web_location_init(WebKitWebView *view);

/* A page wants to know where it is: the request is answered when the person has answered the system. */
void bk_web_location_ask(WebKitPermissionRequest *request);

#endif
