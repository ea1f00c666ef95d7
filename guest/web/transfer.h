/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files between the person's folders and the pages: <input type=file> by io.bulkhead.File.Pick(), downloads and what is
 * printed by Save().
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

/* Where a file may be made that is to be saved, in memory; its name is made of the suggested one. NULL when there is no
 * room. The caller frees it, behind bk_web_transfer_save(). */
char *bk_web_transfer_place(const char *suggested);

/* The person is asked where to save it; it is gone from here then. Nothing is saved when there is no file. */
void bk_web_transfer_save(const char *path);

/* Opens a link with the app that the person chooses. */
void bk_web_transfer_link(const char *link);

#endif
