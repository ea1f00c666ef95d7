/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the desktop's short lists have in common: entries in columns of equal cells, of which one is marked by the
 * keyboard. What an entry is, and looks like, knows the list that it is a part of.
 *
 * Input from: the person
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_MENU_H
#define BK_COMPOSITOR_MENU_H

#include "canvas.h"
#include "rect.h"
#include "target.h"

#include <wlr/types/wlr_scene.h>
#include <xkbcommon/xkbcommon.h>

struct bk_menu_shape {
    size_t count, rows; /* entries; they go down the first column, then the next */
    int padding, header, cell_height, radius;
};

struct bk_menu {
    struct wlr_scene_buffer *node;
    const struct bk_menu_shape *shape;
    struct bk_rect place; /* on the screen */
    size_t marked;
    struct bk_target hover, pressed;
    bool open, dirty;
};

/* `shape` outlives it. */
void bk_menu_init(struct bk_menu *menu, struct wlr_scene_tree *parent, const struct bk_menu_shape *shape);

void bk_menu_show(struct bk_menu *menu, size_t marked);
void bk_menu_hide(struct bk_menu *menu);

/* True when the key meant something here; `*ret_chosen` is set when it chose an entry. */
bool bk_menu_key(struct bk_menu *menu, xkb_keysym_t key, size_t *ret_chosen);

int bk_menu_height(const struct bk_menu_shape *shape);
/* An entry's place from the menu's top left. */
struct bk_rect bk_menu_cell(const struct bk_menu *menu, size_t entry);
/* True when it is open and this is on it; `*ret_entry` is the entry there, or `shape->count`. */
bool bk_menu_at(const struct bk_menu *menu, double x, double y, size_t *ret_entry);

/* Shows or hides it. True when it is to be drawn: on this canvas, from its top left, until bk_menu_end(). */
bool bk_menu_begin(struct bk_menu *menu, const struct bk_attention *attention, const struct bk_rect *place,
                   struct bk_canvas *ret_canvas);
void bk_menu_end(struct bk_menu *menu, struct bk_canvas *canvas);

#endif
