/* SPDX-License-Identifier: Apache-2.0 */
/*
 * window.print(): there is no printer in a VM; the pages become a PDF, which the person saves where they like.
 *
 * Input from: the app (what is printed)
 * Runs in: bk-web, its main thread
 */
#ifndef BK_WEB_PRINT_H
#define BK_WEB_PRINT_H

#include <webkit2/webkit2.h>

void bk_web_print_init(WebKitWebView *view);

#endif
