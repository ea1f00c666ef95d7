/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pictures of the installed apps, decoded once, and how each app looks (draw/badge.h).
 *
 * Input from: app (PNGs of the installed descriptions, bounded by apps.h)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_FACES_H
#define BK_COMPOSITOR_FACES_H

#include "apps.h"
#include "badge.h"

struct bk_face_picture {
    uint64_t revision; /* 0: free */
    char *id;
    cairo_surface_t *picture; /* NULL: it could not be decoded */
};

/* Zero-initialised. */
struct bk_faces {
    struct bk_face_picture items[BK_APPS_MAX];
};

void bk_faces_finish(struct bk_faces *faces);
/* The apps are others: pictures that are not theirs go. */
void bk_faces_changed(struct bk_faces *faces, const struct bk_apps *apps);
/* Valid until the apps change; NULL is an app that nobody told of. */
struct bk_app_face bk_faces_of(struct bk_faces *faces, const struct bk_app *app);
/* The same for one by its id, with the name that came with it: also for an app that nobody told of yet. */
struct bk_app_face bk_faces_named(struct bk_faces *faces, const struct bk_apps *apps, const char *id, const char *name);

#endif
