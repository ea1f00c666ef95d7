/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An app's badge: the picture of its installed description, or its name's first letter on its colour.
 *
 * Input from: app (its id, name and picture, as installed and bounded)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_BADGE_H
#define BK_COMPOSITOR_BADGE_H

#include "paint.h"
#include "typeset.h"

/* How an app looks wherever the desktop speaks of it; borrowed. */
struct bk_app_face {
    const char *id; /* empty: an app that nobody told of */
    const char *name;
    cairo_surface_t *picture; /* NULL: a letter stands for it */
    uint64_t revision;        /* another number with another picture */
    const char *title;        /* what the app says in its title bar; NULL: nothing, or it is not asked for */
};

void bk_paint_badge(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_rect *place,
                    const struct bk_app_face *face);

/* One line of text in the middle of the place's height, cut at its width; yields the text's width. */
int bk_paint_line(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_typeset_style *style,
                  const char *text, const struct bk_rect *place, struct bk_color color);

/* The app's name, and fainter behind it what the app says, where there is room for it: the name is cut last. */
void bk_paint_name(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_typeset_style *style,
                   const struct bk_app_face *face, const struct bk_rect *place, struct bk_color color,
                   struct bk_color faint);

#endif
