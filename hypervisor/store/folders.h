/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folders of the store, by their descriptors.
 *
 * Input from: trusted
 * Runs in: bk-supervisor, and its children that work on the store
 *
 * All functions yield a negative errno on failure.
 */
#ifndef BK_STORE_FOLDERS_H
#define BK_STORE_FOLDERS_H

#define BK_STORE_BUNDLE   "bundle"
#define BK_STORE_DATA     "data"
#define BK_STORE_KEEPING  "keeping"
#define BK_STORE_INCOMING "incoming"
#define BK_STORE_REMOVED  "removed"
#define BK_STORE_OWNER    0600 /* who reads and writes its files */

int bk_folder_open(int at, const char *name);
/* Opens it, and makes it when it is missing. */
int bk_folder_make(int at, const char *name);
/* Of a file as well. */
int bk_folder_sync(int fd);
/* Deletes all that is in it, with what is in that. */
int bk_folder_empty(int folder);
/* Opens it, or makes it; it is empty then. */
int bk_folder_make_empty(int at, const char *name);

#endif
