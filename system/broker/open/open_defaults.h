/* SPDX-License-Identifier: Apache-2.0 */
/*
 * With which app the person always opens a scheme or a media type, kept over restarts.
 *
 * Input from: trusted (what the person chose); the file, which a power cut or a bad disk may have damaged
 * Runs in: bk-broker
 *
 * The file is one JSON object (preferences.h): kinds and the ids of apps, the oldest choice first. The oldest goes when
 * there are too many.
 */
#ifndef BK_BROKER_OPEN_DEFAULTS_H
#define BK_BROKER_OPEN_DEFAULTS_H

#include "app.h"
#include "link.h"
#include "preferences.h"

#define BK_OPEN_DEFAULTS_MAX 32U
#define BK_OPEN_KIND_MAX     BK_LINK_TYPE_MAX /* bytes: of a scheme or a media type */

struct bk_open_default {
    char kind[BK_OPEN_KIND_MAX + 1];
    char app[BK_APP_OWNER_MAX + 1]; /* its `owner`, as struct bk_app has it */
};

struct bk_open_defaults {
    struct bk_preferences file;
    unsigned count;
    struct bk_open_default items[BK_OPEN_DEFAULTS_MAX];
};

/* Reads the file; what of it is none of ours counts as not there. `path`, which must outlive it, may be NULL: in
 * memory. */
void bk_open_defaults_load(struct bk_open_defaults *defaults, const char *path);
void bk_open_defaults_finish(struct bk_open_defaults *defaults);

/* The app's `owner`, or NULL. */
const char *bk_open_defaults_find(const struct bk_open_defaults *defaults, const char *kind);
/* NULL: forget it. */
void bk_open_defaults_choose(struct bk_open_defaults *defaults, const char *kind, const char *app);
/* Those that are this app. */
void bk_open_defaults_forget(struct bk_open_defaults *defaults, const char *app);

#endif
