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
#include "rect.h"
#include "target.h"
#include "typeset.h"

#include <wlr/types/wlr_scene.h>
#include <xkbcommon/xkbcommon.h>

struct bk_layout_menu {
    struct wlr_scene_buffer *node;
    const struct bk_layouts *layouts;
    struct bk_rect place; /* on the screen; cells are as wide as it lets them be */
    size_t marked;        /* by the keyboard */
    size_t shown;         /* the chosen one when it was drawn */
    struct bk_target hover, pressed;
    bool open, dirty;
};

void bk_layout_menu_init(struct bk_layout_menu *menu, struct wlr_scene_tree *parent, const struct bk_layouts *layouts);

void bk_layout_menu_set_open(struct bk_layout_menu *menu, bool open);
/* True when the key meant something here; `*ret_chosen` is set when it chose. */
bool bk_layout_menu_key(struct bk_layout_menu *menu, xkb_keysym_t key, size_t *ret_chosen);

/* A layout, by its number in the table; the menu itself; or nothing. */
struct bk_target bk_layout_menu_at(const struct bk_layout_menu *menu, double x, double y);

/* Draws it when it looks different from before: below `indicator`, as far to the left as the screen's width needs. */
void bk_layout_menu_sync(struct bk_layout_menu *menu, struct bk_typesetter *typesetter,
                         const struct bk_attention *attention, const struct bk_rect *indicator, int bar,
                         int screen_width);

#endif
