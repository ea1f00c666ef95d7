/* SPDX-License-Identifier: Apache-2.0 */
#include "app_menu.h"

#include "badge.h"
#include "checked.h"

#include <stdio.h>

#define WIDTH      248
#define INSET      14
#define MARGIN     8 /* of the screen */
#define ROW_RADIUS 9

static const struct {
    enum bk_target_kind target;
    const char *words;
} rows[] = {
    { BK_TARGET_APP_OPEN, "Open" },
    { BK_TARGET_APP_COPY, "Start a fresh copy" },
};
#define ROWS BK_ARRAY_SIZE(rows)

static const struct bk_menu_shape shape = {
    .count = ROWS, .rows = ROWS, .padding = 6, .header = 6, .cell_height = 40, .radius = 14
};
static const struct bk_typeset_style row_style = { .size = 14, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1 };

void bk_app_menu_init(struct bk_app_menu *menu, struct wlr_scene_tree *parent)
{
    *menu = (struct bk_app_menu){ 0 };
    bk_menu_init(&menu->menu, parent, &shape);
}

void bk_app_menu_show(struct bk_app_menu *menu, const char *app, int x, int y)
{
    snprintf(menu->app, sizeof menu->app, "%s", app);
    menu->x = x;
    menu->y = y;
    bk_menu_show(&menu->menu, 0);
}

bool bk_app_menu_key(struct bk_app_menu *menu, xkb_keysym_t key, struct bk_target *ret_chosen)
{
    size_t chosen = ROWS;
    const bool meant = bk_menu_key(&menu->menu, key, &chosen);

    if (chosen < ROWS)
        *ret_chosen = (struct bk_target){ .kind = rows[chosen].target };
    return meant;
}

struct bk_target bk_app_menu_at(const struct bk_app_menu *menu, double x, double y)
{
    size_t row;

    if (!bk_menu_at(&menu->menu, x, y, &row))
        return (struct bk_target){ .kind = BK_TARGET_NONE };
    return (struct bk_target){ .kind = row < ROWS ? rows[row].target : BK_TARGET_APP_MENU };
}

static void paint_row(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_menu *menu, size_t row)
{
    const struct bk_target target = { .kind = rows[row].target };
    const struct bk_rect place = bk_menu_cell(menu, row);
    const struct bk_rect words = { place.x + INSET, place.y, place.width - 2 * INSET, place.height };

    if (bk_target_equal(&menu->pressed, &target))
        bk_paint_surface(cairo, &place, ROW_RADIUS, BK_COLOR_PRESS, BK_RGBA(0, 0));
    else if (bk_target_equal(&menu->hover, &target))
        bk_paint_surface(cairo, &place, ROW_RADIUS, BK_COLOR_HOVER, BK_RGBA(0, 0));
    if (row == menu->marked)
        bk_paint_surface(cairo, &place, ROW_RADIUS, BK_RGBA(0, 0), BK_COLOR_FOCUS);
    bk_paint_line(cairo, typesetter, &row_style, rows[row].words, &words, BK_COLOR_TEXT);
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
    const int height = bk_menu_height(&shape);
    const struct bk_rect place = { within(menu->x, WIDTH, screen_width), within(menu->y, height, screen_height), WIDTH,
                                   height };
    struct bk_canvas canvas;

    if (!bk_menu_begin(&menu->menu, attention, &place, &canvas))
        return;
    for (size_t row = 0; row < ROWS; row++)
        paint_row(canvas.cairo, typesetter, &menu->menu, row);
    bk_menu_end(&menu->menu, &canvas);
}
