/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts of ours in each page, by which it has of the web what the engine leaves out.
 *
 * Input from: trusted
 * Runs in: bk-web, its main thread
 */
#ifndef BK_WEB_SCRIPT_H
#define BK_WEB_SCRIPT_H

#include <webkit2/webkit2.h>

/* Pages and the frames in them have it from their next load on, before anything of their own runs. `kept`, unless it is
 * NULL, holds the one that this one takes the place of, or NULL, and then this one. */
void bk_web_script_put(WebKitWebView *view, const char *source, WebKitUserScript **kept);

#endif
