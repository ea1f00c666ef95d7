/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a bundle may take the place of the app that is installed: only one by the same key, and no older one.
 *
 * Input from: app (a bundle that was verified)
 * Runs in: bk-bundle, bk-supervisor
 */
#ifndef BK_BUNDLE_UPDATE_H
#define BK_BUNDLE_UPDATE_H

#include "version.h"

#include <stdbool.h>
#include <stdint.h>

/* An app, as an update is judged by it. */
struct bk_edition {
    const char *id;
    const uint8_t *key; /* 32 bytes: who signed it */
    struct bk_version version;
};

enum bk_update {
    BK_UPDATE_FIRST, /* nothing is installed: the key is the one to keep to from now on */
    BK_UPDATE_NEWER,
    BK_UPDATE_SAME, /* the version that is there */
    BK_UPDATE_OTHER_APP,
    BK_UPDATE_OTHER_KEY,
    BK_UPDATE_OLDER,
    BK_UPDATES,
};
extern const char *const bk_update_names[BK_UPDATES];

/* `installed` is NULL when nothing is. */
enum bk_update bk_update_judge(const struct bk_edition *installed, const struct bk_edition *offered);

/* False for those that are refused: another app, another key, an older version. */
bool bk_update_is_allowed(enum bk_update update);

#endif
