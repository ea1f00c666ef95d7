/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of keyboard layouts below the panel's indicator.
 *
 * Input from: the person
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_LAYOUT_MENU_H
#define BK_COMPOSITOR_LAYOUT_MENU_H

#include "layouts.h"
#include "menu.h"
#include "typeset.h"

struct bk_layout_menu {
    struct bk_menu menu; /* an entry is a layout by its number in the table */
    const struct bk_layouts *layouts;
    size_t shown; /* the chosen one when it was drawn */
};

void bk_layout_menu_init(struct bk_layout_menu *menu, struct wlr_scene_tree *parent, const struct bk_layouts *layouts);

void bk_layout_menu_set_open(struct bk_layout_menu *menu, bool open);

/* A layout, by its number in the table; the menu itself; or nothing. */
struct bk_target bk_layout_menu_at(const struct bk_layout_menu *menu, double x, double y);

/* Draws it when it looks different from before: below `indicator`, as far to the left as the screen's width needs. */
void bk_layout_menu_sync(struct bk_layout_menu *menu, struct bk_typesetter *typesetter,
                         const struct bk_attention *attention, const struct bk_rect *indicator, int bar,
                         int screen_width);

#endif
