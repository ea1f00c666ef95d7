/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What outlives the System VM of permissions: what the person chose for good, and the log of who used what.
 *
 * Input from: trusted (ids of installed apps, the person's choices); the file, which a power cut or a bad disk may
 *             have damaged
 * Runs in: bk-broker
 *
 * Theory. One SQLite file. Whoever stored something knows when the call returns that it will be there after a power
 * cut: each change is one transaction with a rollback journal that is synced, as SQLite's synchronous=FULL with
 * journal_mode=TRUNCATE does it. Invariants:
 *  1. Nothing is granted that the person did not grant. A file that is damaged, of a later version or of something else
 *     is set aside, and a new one begun; values that are not known count as none. When it cannot be stored that
 * something is allowed no more, the file is set aside too.
 *  2. A disk that fails costs memory of what was chosen, never the service: without a file that can be used, everything
 *     is kept in memory until the process ends, which is said once.
 *  3. The log holds the newest BK_PERMISSION_LOG_MAX entries.
 */
#ifndef BK_BROKER_PERMISSION_STORE_H
#define BK_BROKER_PERMISSION_STORE_H

#include "permission.h"

#define BK_PERMISSION_STORE_VERSION 1
#define BK_PERMISSION_LOG_MAX       1000U
#define BK_PERMISSION_STORE_ASIDE   ".aside" /* what a file that is set aside is called besides; the one before goes */

struct bk_permission_store;

/* `path` NULL: in memory. Fails for lack of memory only. */
int bk_permission_store_open(const char *path, struct bk_permission_store **ret);
void bk_permission_store_close(struct bk_permission_store *store);

/* What was chosen for an app, here and below by its `owner`, as struct bk_app has it; BK_CHOICE_NONE for the rest. */
void bk_permission_store_load(struct bk_permission_store *store, const char *app,
                              enum bk_choice choices[BK_PERMISSIONS]);

/* Keeps a choice that is one for good; BK_CHOICE_NONE: it is forgotten. */
void bk_permission_store_choose(struct bk_permission_store *store, const char *app, enum bk_permission permission,
                                enum bk_choice choice);

/* A new entry of the log, by the app's id, which lasts; yields its number, 0 when there is none. `start` is in seconds
 * since 1970. */
int64_t bk_permission_store_log(struct bk_permission_store *store, const char *app, enum bk_permission permission,
                                int64_t start);
/* It lasted so long so far; `over`: and has ended. */
void bk_permission_store_log_seconds(struct bk_permission_store *store, int64_t entry, uint64_t seconds, bool over);

/* An entry of the log; `seconds` -1: it lasts. The string is borrowed. */
struct bk_permission_entry {
    const char *app;
    enum bk_permission permission;
    int64_t start;
    int64_t seconds;
};

/* The newest entries, the newest first, at most `max`. Ends when `take` yields less than 0, and yields that. */
int bk_permission_store_read_log(struct bk_permission_store *store, unsigned max,
                                 int (*take)(const struct bk_permission_entry *entry, void *userdata), void *userdata);

#endif
