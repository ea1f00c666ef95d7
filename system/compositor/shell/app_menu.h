/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be done with an app of the launcher besides opening it: a short list beside it.
 *
 * Input from: the person
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_APP_MENU_H
#define BK_COMPOSITOR_APP_MENU_H

#include "apps.h"
#include "menu.h"
#include "typeset.h"

struct bk_app_menu {
    struct bk_menu menu;
    char app[BK_APP_ID_BYTES + 1]; /* whose it is */
    int x, y;                      /* where it was asked for */
};

void bk_app_menu_init(struct bk_app_menu *menu, struct wlr_scene_tree *parent);

/* Opens it for an app, at this place of the screen. */
void bk_app_menu_show(struct bk_app_menu *menu, const char *app, int x, int y);
/* True when the key meant something here; `*ret_chosen` is set when it chose. */
bool bk_app_menu_key(struct bk_app_menu *menu, xkb_keysym_t key, struct bk_target *ret_chosen);

/* One of its rows; the menu itself; or nothing. */
struct bk_target bk_app_menu_at(const struct bk_app_menu *menu, double x, double y);

/* Draws it when it looks different from before, whole on the screen. */
void bk_app_menu_sync(struct bk_app_menu *menu, struct bk_typesetter *typesetter, const struct bk_attention *attention,
                      int screen_width, int screen_height);

#endif
