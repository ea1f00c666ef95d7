/* SPDX-License-Identifier: Apache-2.0 */
#include "menu.h"

#include "paint.h"
#include "theme.h"

void bk_menu_init(struct bk_menu *menu, struct wlr_scene_tree *parent, const struct bk_menu_shape *shape)
{
    *menu = (struct bk_menu){ .node = wlr_scene_buffer_create(parent, NULL), .shape = shape };
    wlr_scene_node_set_enabled(&menu->node->node, false);
}

void bk_menu_show(struct bk_menu *menu, size_t marked)
{
    menu->marked = marked;
    menu->open = menu->dirty = true;
}

void bk_menu_hide(struct bk_menu *menu)
{
    menu->open = false;
}

/* In the other column: the last entry where it is shorter. */
static size_t beside(const struct bk_menu *menu)
{
    const size_t all = menu->shape->count, rows = menu->shape->rows;

    if (all <= rows)
        return menu->marked;
    if (menu->marked >= rows)
        return menu->marked - rows;
    return menu->marked + rows < all ? menu->marked + rows : all - 1;
}

bool bk_menu_key(struct bk_menu *menu, xkb_keysym_t key, size_t *ret_chosen)
{
    const size_t all = menu->shape->count;

    switch (key) {
    case XKB_KEY_Down:
    case XKB_KEY_Tab:
        menu->marked = (menu->marked + 1) % all;
        break;
    case XKB_KEY_Up:
    case XKB_KEY_ISO_Left_Tab:
        menu->marked = (menu->marked + all - 1) % all;
        break;
    case XKB_KEY_Left:
    case XKB_KEY_Right:
        menu->marked = beside(menu);
        break;
    case XKB_KEY_Return:
    case XKB_KEY_KP_Enter:
    case XKB_KEY_space:
        *ret_chosen = menu->marked;
        break;
    default:
        return false;
    }
    menu->dirty = true;
    return true;
}

int bk_menu_height(const struct bk_menu_shape *shape)
{
    return shape->header + (int)shape->rows * shape->cell_height + shape->padding;
}

struct bk_rect bk_menu_cell(const struct bk_menu *menu, size_t entry)
{
    const struct bk_menu_shape *shape = menu->shape;
    const int columns = (int)((shape->count + shape->rows - 1) / shape->rows);
    const int width = (menu->place.width - 2 * shape->padding) / columns;

    return (struct bk_rect){ shape->padding + (int)(entry / shape->rows) * width,
                             shape->header + (int)(entry % shape->rows) * shape->cell_height, width,
                             shape->cell_height };
}

bool bk_menu_at(const struct bk_menu *menu, double x, double y, size_t *ret_entry)
{
    if (!menu->open || !bk_rect_has(&menu->place, x, y))
        return false;
    *ret_entry = menu->shape->count;
    for (size_t i = 0; i < menu->shape->count; i++) {
        const struct bk_rect cell = bk_menu_cell(menu, i);
        if (bk_rect_has(&cell, x - menu->place.x, y - menu->place.y))
            *ret_entry = i;
    }
    return true;
}

bool bk_menu_begin(struct bk_menu *menu, const struct bk_attention *attention, const struct bk_rect *place,
                   struct bk_canvas *ret_canvas)
{
    wlr_scene_node_set_enabled(&menu->node->node, menu->open);
    if (!menu->open)
        return false;
    if (!menu->dirty && bk_rect_equal(place, &menu->place) && bk_target_equal(&menu->hover, &attention->hover) &&
        bk_target_equal(&menu->pressed, &attention->pressed))
        return false;
    menu->place = *place;
    menu->hover = attention->hover;
    menu->pressed = attention->pressed;
    menu->dirty =
        true; /* until it is drawn: without memory for it the old picture stays, the next change tries again */
    if (bk_canvas_begin(place->width + 2 * BK_SHADOW_MARGIN, place->height + 2 * BK_SHADOW_MARGIN, ret_canvas) < 0)
        return false;
    const struct bk_rect whole = { 0, 0, place->width, place->height };
    cairo_translate(ret_canvas->cairo, BK_SHADOW_MARGIN, BK_SHADOW_MARGIN);
    bk_paint_shadow(ret_canvas->cairo, &whole, menu->shape->radius);
    bk_paint_sheer_surface(ret_canvas->cairo, &whole, menu->shape->radius, BK_COLOR_OVERLAY);
    return true;
}

void bk_menu_end(struct bk_menu *menu, struct bk_canvas *canvas)
{
    bk_canvas_show(canvas, menu->node);
    wlr_scene_node_set_position(&menu->node->node, menu->place.x - BK_SHADOW_MARGIN, menu->place.y - BK_SHADOW_MARGIN);
    menu->dirty = false;
}
