/* SPDX-License-Identifier: Apache-2.0 */
#include "app_menu.h"

#include "badge.h"
#include "canvas.h"
#include "checked.h"

#include <stdio.h>

#define WIDTH      248
#define ROW        40
#define PADDING    6
#define INSET      14
#define MARGIN     8 /* of the screen */
#define RADIUS     14
#define ROW_RADIUS 9

static const struct {
    enum bk_target_kind target;
    const char *words;
} rows[] = {
    { BK_TARGET_APP_OPEN, "Open" },
    { BK_TARGET_APP_COPY, "Start a fresh copy" },
};
#define ROWS ((unsigned)BK_ARRAY_SIZE(rows))

static const struct bk_typeset_style row_style = { .size = 14, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1 };

void bk_app_menu_init(struct bk_app_menu *menu, struct wlr_scene_tree *parent)
{
    *menu = (struct bk_app_menu){ .node = wlr_scene_buffer_create(parent, NULL) };
    wlr_scene_node_set_enabled(&menu->node->node, false);
}

void bk_app_menu_show(struct bk_app_menu *menu, const char *app, int x, int y)
{
    snprintf(menu->app, sizeof menu->app, "%s", app);
    menu->x = x;
    menu->y = y;
    menu->marked = 0;
    menu->open = menu->dirty = true;
}

void bk_app_menu_hide(struct bk_app_menu *menu)
{
    menu->open = false;
}

bool bk_app_menu_key(struct bk_app_menu *menu, xkb_keysym_t key, struct bk_target *ret_chosen)
{
    switch (key) {
    case XKB_KEY_Down:
    case XKB_KEY_Tab:
        menu->marked = (menu->marked + 1) % ROWS;
        break;
    case XKB_KEY_Up:
    case XKB_KEY_ISO_Left_Tab:
        menu->marked = (menu->marked + ROWS - 1) % ROWS;
        break;
    case XKB_KEY_Return:
    case XKB_KEY_KP_Enter:
    case XKB_KEY_space:
        *ret_chosen = (struct bk_target){ .kind = rows[menu->marked].target };
        break;
    default:
        return false;
    }
    menu->dirty = true;
    return true;
}

/* From the menu's top left. */
static struct bk_rect row_of(unsigned i)
{
    return (struct bk_rect){ PADDING, PADDING + (int)i * ROW, WIDTH - 2 * PADDING, ROW };
}

struct bk_target bk_app_menu_at(const struct bk_app_menu *menu, double x, double y)
{
    if (!menu->open || !bk_rect_has(&menu->place, x, y))
        return (struct bk_target){ .kind = BK_TARGET_NONE };
    for (unsigned i = 0; i < ROWS; i++) {
        const struct bk_rect place = row_of(i);
        if (bk_rect_has(&place, x - menu->place.x, y - menu->place.y))
            return (struct bk_target){ .kind = rows[i].target };
    }
    return (struct bk_target){ .kind = BK_TARGET_APP_MENU };
}

static void paint(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_app_menu *menu)
{
    const struct bk_rect whole = { 0, 0, menu->place.width, menu->place.height };

    cairo_translate(cairo, BK_SHADOW_MARGIN, BK_SHADOW_MARGIN);
    bk_paint_shadow(cairo, &whole, RADIUS);
    bk_paint_sheer_surface(cairo, &whole, RADIUS, BK_COLOR_OVERLAY);
    for (unsigned i = 0; i < ROWS; i++) {
        const struct bk_target target = { .kind = rows[i].target };
        const struct bk_rect place = row_of(i);

        if (bk_target_equal(&menu->pressed, &target))
            bk_paint_surface(cairo, &place, ROW_RADIUS, BK_COLOR_PRESS, BK_RGBA(0, 0));
        else if (bk_target_equal(&menu->hover, &target))
            bk_paint_surface(cairo, &place, ROW_RADIUS, BK_COLOR_HOVER, BK_RGBA(0, 0));
        if (i == menu->marked)
            bk_paint_surface(cairo, &place, ROW_RADIUS, BK_RGBA(0, 0), BK_COLOR_FOCUS);
        bk_paint_line(cairo, typesetter, &row_style, rows[i].words,
                      &(struct bk_rect){ place.x + INSET, place.y, place.width - 2 * INSET, place.height },
                      BK_COLOR_TEXT);
    }
}

/* Not beyond the end of the screen. */
static int within(int at, int size, int screen)
{
    const int last = screen - MARGIN - size;

    return at > last ? last : at;
}

void bk_app_menu_sync(struct bk_app_menu *menu, struct bk_typesetter *typesetter, const struct bk_attention *attention,
                      int screen_width, int screen_height)
{
    const int height = 2 * PADDING + (int)ROWS * ROW;
    const struct bk_rect place = { within(menu->x, WIDTH, screen_width), within(menu->y, height, screen_height), WIDTH,
                                   height };
    struct bk_canvas canvas;

    wlr_scene_node_set_enabled(&menu->node->node, menu->open);
    if (!menu->open)
        return;
    if (!menu->dirty && bk_rect_equal(&place, &menu->place) && bk_target_equal(&menu->hover, &attention->hover) &&
        bk_target_equal(&menu->pressed, &attention->pressed))
        return;
    menu->place = place;
    menu->hover = attention->hover;
    menu->pressed = attention->pressed;
    if (bk_canvas_begin(WIDTH + 2 * BK_SHADOW_MARGIN, height + 2 * BK_SHADOW_MARGIN, &canvas) < 0)
        return; /* the old picture stays, the next change tries again */
    paint(canvas.cairo, typesetter, menu);
    bk_canvas_show(&canvas, menu->node);
    wlr_scene_node_set_position(&menu->node->node, place.x - BK_SHADOW_MARGIN, place.y - BK_SHADOW_MARGIN);
    menu->dirty = false;
}
