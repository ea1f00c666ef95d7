/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list below the panel's indicator: who uses what, since when, with a way to stop each.
 *
 * Input from: app (its name, cleaned by the model; the installed description's picture)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_USES_MENU_H
#define BK_COMPOSITOR_USES_MENU_H

#include "faces.h"
#include "privacy.h"
#include "target.h"

#include <wlr/types/wlr_scene.h>

/* What its picture depends on. */
struct bk_uses_look {
    struct bk_rect place;
    uint64_t revision, apps;
    double scale;
    int64_t minute; /* of the clock */
    struct bk_target hover, pressed, focus;
};

struct bk_uses_menu {
    struct wlr_scene_buffer *node;
    const struct bk_privacy *privacy;
    const struct bk_apps *apps;
    struct bk_faces *faces;
    size_t rows; /* that there is room for */
    struct bk_uses_look look;
    bool open;
};

/* What is given outlives it. */
void bk_uses_menu_init(struct bk_uses_menu *menu, struct wlr_scene_tree *parent, const struct bk_privacy *privacy,
                       const struct bk_apps *apps, struct bk_faces *faces);

/* A use's button (BK_TARGET_STOP, by its number), the way to the privacy page, the menu itself; or nothing. */
struct bk_target bk_uses_menu_at(const struct bk_uses_menu *menu, double x, double y);
void bk_uses_menu_targets(const struct bk_uses_menu *menu, struct bk_target_list *list);

/* Draws it when it looks different from before: below `indicator`, within `room`, the screen without what is the
 * system's. */
void bk_uses_menu_sync(struct bk_uses_menu *menu, struct bk_typesetter *typesetter,
                       const struct bk_attention *attention, const struct bk_rect *indicator,
                       const struct bk_rect *room, int64_t now);

#endif
