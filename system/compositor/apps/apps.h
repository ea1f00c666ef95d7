/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The apps that are installed, as the broker told them last.
 *
 * Input from: the broker; names and pictures are an app developer's: text is cleaned, pictures are bounded
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_APPS_H
#define BK_COMPOSITOR_APPS_H

#include "traits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_APPS_MAX          256U
#define BK_APP_ID_BYTES      255U
#define BK_APP_NAME_BYTES    128U
#define BK_APP_ICON_BYTES    (48UL * 1024UL) /* of the PNG */
#define BK_APP_ICON_SIDE_MIN 16U
#define BK_APP_ICON_SIDE_MAX 256U
#define BK_APP_NAME_UNKNOWN  "Unknown app"

enum bk_app_state {
    BK_APP_STOPPED,
    BK_APP_STARTING,
    BK_APP_RUNNING,
    BK_APP_STOPPING,
    BK_APP_STATES,
};
extern const char *const bk_app_state_names[BK_APP_STATES];

struct bk_app {
    char *id;
    char *name;
    enum bk_app_state state;
    uint32_t cid; /* 0: no VM */
    bool copy;    /* it is a fresh copy of another one: nothing that can be started */
    void *icon;   /* a PNG; NULL: none */
    size_t icon_size;
    uint64_t icon_revision; /* another number with another picture */
};

/* What the broker tells; borrowed. */
struct bk_app_told {
    const char *id, *name;
    enum bk_app_state state;
    uint32_t cid;
    bool copy;
    const void *icon; /* NULL: the one told before stays */
    size_t icon_size;
};

/* Zero-initialised: none. Sorted by name. */
struct bk_apps {
    struct bk_app items[BK_APPS_MAX];
    size_t count;
    uint64_t revision; /* another number after each change */
    struct bk_traits traits;
};

void bk_apps_finish(struct bk_apps *apps);

/* Replaces all. -EINVAL: an id that is empty, too long or there twice. -ENOBUFS, -ENOMEM. Nothing has changed then. */
int bk_apps_set(struct bk_apps *apps, const struct bk_app_told *told, size_t count);

/* Another number when the app's name, picture or what it says of its window is another. */
uint64_t bk_apps_look_of(const struct bk_apps *apps, uint32_t cid);

const struct bk_app *bk_apps_by_cid(const struct bk_apps *apps, uint32_t cid);
const struct bk_app *bk_apps_by_id(const struct bk_apps *apps, const char *id);

/* How well a name fits what was typed: 0 not at all, more is better. Letters of ASCII are compared without case. */
int bk_apps_match(const char *name, const char *typed);

/* True for a PNG of a size that is kept: square and within the bounds. Looks at its first bytes only. */
bool bk_app_icon_fits(const void *png, size_t size);

#endif
