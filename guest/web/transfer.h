/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files between the person's folders and the pages: <input type=file> by io.bulkhead.File.Pick(), downloads by Save().
 * And links that lead out of the app, by io.bulkhead.Open: the person answers one of all these at a time.
 *
 * Input from: the app; trusted (the system)
 * Runs in: bk-web, its main thread, and one for the bytes of each file
 */
#ifndef BK_WEB_TRANSFER_H
#define BK_WEB_TRANSFER_H

#include <webkit2/webkit2.h>

/* Once a process. */
void bk_web_transfer_init(WebKitWebView *view);

/* Opens a link with the app that the person chooses. */
void bk_web_transfer_link(const char *link);

#endif
