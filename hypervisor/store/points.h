/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Restore points: an app's bundle and its data disk, together, as they were.
 *
 *     points/ID/NUMBER-SECONDS-CAUSE/bundle, data
 *
 * Input from: trusted (who calls; nobody else writes there)
 * Runs in: bk-supervisor, and its children that work on the store
 *
 * Theory. A bundle is never written to, so a point has it by another name of the same file; a data disk is copied by
 * reference, as nothing here reads it. A point is made aside and comes by one rename; to bring one back is to make the
 * same pair where bundles come in, and to exchange the two folders, which is one rename too. What the app had goes into
 * a point of its own before. The app must not run meanwhile: its guest has then written all that it will.
 */
#ifndef BK_STORE_POINTS_H
#define BK_STORE_POINTS_H

#include "store.h"

#define BK_POINTS_KEPT_MAX      8U /* that the person made: they let one go before they make another */
#define BK_POINTS_AUTOMATIC_MAX 4U /* that were made before an update or an undo: the oldest one goes */
#define BK_POINTS_MAX           (BK_POINTS_KEPT_MAX + BK_POINTS_AUTOMATIC_MAX + 1U) /* while one goes, or after a cut */

enum bk_point_cause {
    BK_POINT_KEPT,   /* the person wanted it */
    BK_POINT_UPDATE, /* made before an update */
    BK_POINT_UNDO,   /* made before another one was brought back */
    BK_POINT_CAUSES,
};
extern const char *const bk_point_cause_names[BK_POINT_CAUSES]; /* as io.bulkhead.Software's Cause */

struct bk_point {
    uint32_t number;  /* counts up, for each app */
    uint64_t seconds; /* since 1970, by the machine's clock */
    enum bk_point_cause cause;
};

/* The oldest first. Points of an app that came with the machine have no bundle, and those of an installed one have:
 * others are passed over. */
int bk_points_list(const struct bk_store *store, const char *id, bool installed,
                   struct bk_point ret[static BK_POINTS_MAX], size_t *ret_count);

/* -ENOENT when there is nothing of the app to keep, -EDQUOT when there are BK_POINTS_KEPT_MAX of the person's. */
int bk_points_keep(struct bk_store *store, const char *id, bool installed, enum bk_point_cause cause, uint64_t seconds);

/* Brings one back, after it kept what there is. -ENOENT when there is none of this number. On success the app's bundle
 * is another one; on failure it may be, and what it is must be read again. */
int bk_points_restore(struct bk_store *store, const char *id, bool installed, uint32_t number, uint64_t seconds);

int bk_points_forget(struct bk_store *store, const char *id, bool installed, uint32_t number);

/* The bundle of a point, to be read. -ENOENT when there is no point, or it has none. */
int bk_points_open_bundle(const struct bk_store *store, const char *id, const struct bk_point *point);

/* Bytes on the disk that no other file has. */
int bk_points_size(const struct bk_store *store, const char *id, const struct bk_point *point, uint64_t *ret);

/* What an app takes on the disk. */
struct bk_usage {
    uint64_t quota;  /* the size of its data disk; 0: it has none */
    uint64_t bundle; /* bytes on the disk, as all of these are */
    uint64_t data;
    uint64_t points; /* of all restore points, beyond what bundle and data have in common with them */
};
int bk_points_measure(const struct bk_store *store, const char *id, bool installed, struct bk_usage *ret);

#endif
