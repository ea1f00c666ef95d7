/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the broker told of permissions: what is in use at this moment, what was chosen, who used what lately. Knows
 * nothing of drawing and of the wire.
 *
 * Input from: the broker; names are an app developer's: text is cleaned
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_PRIVACY_H
#define BK_COMPOSITOR_PRIVACY_H

#include "permission.h"

#include <stddef.h>
#include <stdint.h>

#define BK_USES_MAX      64U
#define BK_GRANTS_MAX    512U
#define BK_PAST_USES_MAX 100U

#define BK_PRIVACY_APP_BYTES  255U /* an app's id: longer is refused */
#define BK_PRIVACY_NAME_BYTES 128U

struct bk_privacy_entry {
    char *app, *app_name, *permission;
    int64_t start;         /* of a use, in seconds since the epoch */
    int64_t seconds;       /* that a use took; -1 while it lasts */
    enum bk_choice choice; /* of a grant */
};

struct bk_privacy_list {
    struct bk_privacy_entry *items;
    size_t count;
};

/* As an entry, borrowed. */
struct bk_privacy_told {
    const char *app, *app_name, *permission;
    int64_t start, seconds;
    enum bk_choice choice;
};

/* Zero-initialised: nothing was told. */
struct bk_privacy {
    struct bk_privacy_list uses;   /* at this moment, as told */
    struct bk_privacy_list grants; /* by the apps' names; each app's stand together */
    struct bk_privacy_list past;   /* as told: newest first */
    uint64_t revision;             /* another number after each change */
};

void bk_privacy_finish(struct bk_privacy *privacy);

/* Each replaces all of its list. -ENOBUFS: too many. -EINVAL: an app or a permission without a proper name, a time or a
 * length below 0. -ENOMEM. Nothing has changed then. */
int bk_privacy_set_uses(struct bk_privacy *privacy, const struct bk_privacy_told *told, size_t count);
/* Grants and past uses; grants of `once` are left out: they are over when their use is. */
int bk_privacy_set(struct bk_privacy *privacy, const struct bk_privacy_told *grants, size_t grant_count,
                   const struct bk_privacy_told *past, size_t past_count);
/* Nobody is there who would know. */
void bk_privacy_clear(struct bk_privacy *privacy);

/* Which kinds are in use, a bit for each (1 << enum bk_sensor). */
unsigned bk_privacy_sensors(const struct bk_privacy *privacy);

/* How long, and when, as a person says it. */
#define BK_PRIVACY_TIME_MAX 40
void bk_privacy_write_duration(int64_t seconds, char text[static BK_PRIVACY_TIME_MAX]);
/* The time of day, with the day when it is another than that of `now`. */
void bk_privacy_write_time(int64_t time, int64_t now, char text[static BK_PRIVACY_TIME_MAX]);

#endif
