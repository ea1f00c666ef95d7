/* SPDX-License-Identifier: Apache-2.0 */
/*
 * With which app the person always opens a scheme or a media type, kept over restarts.
 *
 * Input from: trusted (what the person chose); the file, which a power cut or a bad disk may have damaged
 * Runs in: bk-broker
 *
 * The file is one JSON object (preferences.h): kinds and the ids of apps, the oldest choice first; where there is more
 * to say than the app, an object with the id as `app`, and `fresh` or `once`. The oldest goes when there are too many.
 */
#ifndef BK_BROKER_OPEN_DEFAULTS_H
#define BK_BROKER_OPEN_DEFAULTS_H

#include "app.h"
#include "link.h"
#include "preferences.h"

#include <assert.h>
#include <stdbool.h>

#define BK_OPEN_DEFAULTS_MAX 32U
#define BK_OPEN_KIND_MAX     BK_LINK_TYPE_MAX /* bytes: of a scheme or a media type */
#define BK_OPEN_ITEM_MAX     40U              /* bytes of the file around these two */

struct bk_open_default {
    char kind[BK_OPEN_KIND_MAX + 1];
    char app[BK_APP_OWNER_MAX + 1]; /* its `owner`, as struct bk_app has it */
    bool fresh;                     /* each time in a fresh copy of it */
    bool once;                      /* the person is asked the next time */
};

/* What the person wants of one. */
enum bk_open_default_wish {
    BK_OPEN_DEFAULT_APP,
    BK_OPEN_DEFAULT_FRESH,
    BK_OPEN_DEFAULT_ONCE,
    BK_OPEN_DEFAULT_FORGET,
    BK_OPEN_DEFAULT_WISHES,
};

static_assert(2 + BK_OPEN_DEFAULTS_MAX * (BK_OPEN_KIND_MAX + BK_APP_OWNER_MAX + BK_OPEN_ITEM_MAX) <= BK_PREFERENCES_MAX,
              "the file has room for all");

struct bk_open_defaults {
    struct bk_preferences file;
    unsigned count;
    struct bk_open_default items[BK_OPEN_DEFAULTS_MAX];
};

/* Reads the file; what of it is none of ours counts as not there. `path`, which must outlive it, may be NULL: in
 * memory. */
void bk_open_defaults_load(struct bk_open_defaults *defaults, const char *path);
/* The same of what was read: all that there is then, on its way to no file. */
void bk_open_defaults_take(struct bk_open_defaults *defaults, sd_json_variant *object);
void bk_open_defaults_finish(struct bk_open_defaults *defaults);

/* Or NULL. */
struct bk_open_default *bk_open_defaults_find(struct bk_open_defaults *defaults, const char *kind);
void bk_open_defaults_choose(struct bk_open_defaults *defaults, const char *kind, const char *app, bool fresh);
/* Of a kind that has none nothing changes. */
void bk_open_defaults_change(struct bk_open_defaults *defaults, const char *kind, enum bk_open_default_wish wish);
/* Those that are this app. */
void bk_open_defaults_forget(struct bk_open_defaults *defaults, const char *app);

#endif
