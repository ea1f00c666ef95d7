/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The app's folder as the origin app://app, which to a page is as good as https: a secure context.
 *
 * Input from: the app
 * Runs in: bk-web, its main thread
 */
#ifndef BK_WEB_SERVE_H
#define BK_WEB_SERVE_H

#include <webkit2/webkit2.h>

#define BK_WEB_ORIGIN "app://app/"

/* Serves `folder`; `start` is the URL, within the app, of the page that it begins with, which also stands for places
 * that only the app's own router knows. Once a process. -errno: there is no such folder, or that is no path in it. */
int bk_web_serve(WebKitWebContext *context, const char *folder, const char *start);

#endif
