/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of a camera that a page asked for, as the web says it: the engine does not.
 *
 * Input from: the app (its pages; the sources in the engine's processes); trusted (the system)
 * Runs in: bk-web, its main thread
 */
#ifndef BK_WEB_CAMERAS_H
#define BK_WEB_CAMERAS_H

#include <webkit2/webkit2.h>

/* Once a process, before there is a page. */
void bk_web_cameras_init(WebKitWebView *view);

#endif
