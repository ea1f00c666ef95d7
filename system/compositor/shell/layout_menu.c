/* SPDX-License-Identifier: Apache-2.0 */
#include "layout_menu.h"

#include "badge.h"

#define COLUMNS     2
#define CELL_WIDTH  208 /* less on a narrow screen */
#define PADDING     10
#define HEADER      36
#define LABEL_X     12
#define LABEL_WIDTH 50
#define CELL_RADIUS 8

static const struct bk_menu_shape shape = { .count = BK_LAYOUTS,
                                            .rows = (BK_LAYOUTS + COLUMNS - 1) / COLUMNS,
                                            .padding = PADDING,
                                            .header = HEADER,
                                            .cell_height = 30,
                                            .radius = 16 };
static const struct bk_typeset_style header_style = { .size = 13, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };
static const struct bk_typeset_style hint_style = {
    .size = 12, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1, .align = PANGO_ALIGN_RIGHT
};
static const struct bk_typeset_style label_style = { .size = 12, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };
static const struct bk_typeset_style name_style = { .size = 13, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1 };

void bk_layout_menu_init(struct bk_layout_menu *menu, struct wlr_scene_tree *parent, const struct bk_layouts *layouts)
{
    *menu = (struct bk_layout_menu){ .layouts = layouts };
    bk_menu_init(&menu->menu, parent, &shape);
}

void bk_layout_menu_set_open(struct bk_layout_menu *menu, bool open)
{
    if (open)
        bk_menu_show(&menu->menu, menu->layouts->chosen);
    else
        bk_menu_hide(&menu->menu);
}

struct bk_target bk_layout_menu_at(const struct bk_layout_menu *menu, double x, double y)
{
    size_t layout;

    if (!bk_menu_at(&menu->menu, x, y, &layout))
        return (struct bk_target){ .kind = BK_TARGET_NONE };
    if (layout == BK_LAYOUTS)
        return (struct bk_target){ .kind = BK_TARGET_MENU };
    return (struct bk_target){ .kind = BK_TARGET_LAYOUT, .number = (uint32_t)layout };
}

static void paint_layout(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_layout_menu *menu, size_t i)
{
    const struct bk_layout *layout = &bk_layout_table[i];
    const struct bk_target target = { .kind = BK_TARGET_LAYOUT, .number = (uint32_t)i };
    const struct bk_rect place = bk_menu_cell(&menu->menu, i);
    const struct bk_rect around = { place.x + 2, place.y + 1, place.width - 4, place.height - 2 };
    const struct bk_rect label = { place.x + LABEL_X, place.y, LABEL_WIDTH, place.height };
    const struct bk_rect name = { label.x + LABEL_WIDTH + 4, place.y, place.width - LABEL_X - LABEL_WIDTH - 12,
                                  place.height };
    bool chosen = i == menu->layouts->chosen;
    struct bk_color text = chosen || bk_layouts_has_used(menu->layouts, i) ? BK_COLOR_TEXT : BK_COLOR_TEXT_SOFT;

    if (chosen)
        bk_paint_surface(cairo, &around, CELL_RADIUS, BK_RGBA(0x8ab8ff, 0.16), BK_RGBA(0x8ab8ff, 0.55));
    if (bk_target_equal(&menu->menu.pressed, &target))
        bk_paint_surface(cairo, &around, CELL_RADIUS, BK_COLOR_PRESS, BK_RGBA(0, 0));
    else if (bk_target_equal(&menu->menu.hover, &target))
        bk_paint_surface(cairo, &around, CELL_RADIUS, BK_COLOR_HOVER, BK_RGBA(0, 0));
    if (i == menu->menu.marked && !chosen)
        bk_paint_surface(cairo, &around, CELL_RADIUS, BK_RGBA(0, 0), BK_COLOR_FOCUS);
    bk_paint_line(cairo, typesetter, &label_style, layout->label, &label,
                  chosen ? BK_COLOR_FOCUS : BK_COLOR_TEXT_FAINT);
    bk_paint_line(cairo, typesetter, &name_style, layout->name, &name, text);
}

static void paint(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_layout_menu *menu)
{
    const struct bk_rect header = { PADDING + LABEL_X, 4, menu->menu.place.width - 2 * (PADDING + LABEL_X),
                                    HEADER - 4 };

    bk_paint_line(cairo, typesetter, &header_style, "Keyboard", &header, BK_COLOR_TEXT);
    if (menu->layouts->used_count > 1)
        bk_paint_line(cairo, typesetter, &hint_style, "Super + Space: the next", &header, BK_COLOR_TEXT_FAINT);
    for (size_t i = 0; i < BK_LAYOUTS; i++)
        paint_layout(cairo, typesetter, menu, i);
}

void bk_layout_menu_sync(struct bk_layout_menu *menu, struct bk_typesetter *typesetter,
                         const struct bk_attention *attention, const struct bk_rect *indicator, int bar,
                         int screen_width)
{
    int width = 2 * PADDING + COLUMNS * CELL_WIDTH;
    const int most = screen_width - 2 * PADDING, last = screen_width - PADDING;
    struct bk_canvas canvas;

    width = width > most ? most : width;
    int x = indicator->x + (indicator->width - width) / 2;
    const struct bk_rect place = { x + width > last ? last - width
                                   : x < PADDING    ? PADDING
                                                    : x,
                                   bar + 8, width, bk_menu_height(&shape) };
    if (menu->shown != menu->layouts->chosen)
        menu->menu.dirty = true;
    if (!bk_menu_begin(&menu->menu, attention, &place, &canvas))
        return;
    menu->shown = menu->layouts->chosen;
    paint(canvas.cairo, typesetter, menu);
    bk_menu_end(&menu->menu, &canvas);
}
