/* SPDX-License-Identifier: Apache-2.0 */
#include "layout_menu.h"

#include "badge.h"
#include "canvas.h"

#define COLUMNS     2
#define ROWS        ((int)(BK_LAYOUTS + COLUMNS - 1) / COLUMNS) /* the table goes down the first column, then the next */
#define CELL_WIDTH  208                                         /* less on a narrow screen */
#define CELL_HEIGHT 30
#define PADDING     10
#define HEADER      36
#define HEIGHT      (HEADER + ROWS * CELL_HEIGHT + PADDING)
#define LABEL_X     12
#define LABEL_WIDTH 50
#define RADIUS      16
#define CELL_RADIUS 8

static const struct bk_typeset_style header_style = { .size = 13, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };
static const struct bk_typeset_style hint_style = {
    .size = 12, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1, .align = PANGO_ALIGN_RIGHT
};
static const struct bk_typeset_style label_style = { .size = 12, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };
static const struct bk_typeset_style name_style = { .size = 13, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1 };

void bk_layout_menu_init(struct bk_layout_menu *menu, struct wlr_scene_tree *parent, const struct bk_layouts *layouts)
{
    *menu = (struct bk_layout_menu){ .node = wlr_scene_buffer_create(parent, NULL), .layouts = layouts };
    wlr_scene_node_set_enabled(&menu->node->node, false);
}

void bk_layout_menu_set_open(struct bk_layout_menu *menu, bool open)
{
    menu->open = open;
    menu->dirty = true;
    menu->marked = menu->layouts->chosen;
}

bool bk_layout_menu_key(struct bk_layout_menu *menu, xkb_keysym_t key, size_t *ret_chosen)
{
    const size_t all = BK_LAYOUTS, rows = (size_t)ROWS;

    switch (key) {
    case XKB_KEY_Down:
        menu->marked = (menu->marked + 1) % all;
        break;
    case XKB_KEY_Up:
        menu->marked = (menu->marked + all - 1) % all;
        break;
    case XKB_KEY_Left:
    case XKB_KEY_Right:
        menu->marked = menu->marked >= rows        ? menu->marked - rows
                       : menu->marked + rows < all ? menu->marked + rows
                                                   : all - 1;
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

/* From the menu's top left. */
static struct bk_rect cell(const struct bk_layout_menu *menu, size_t layout)
{
    int width = (menu->place.width - 2 * PADDING) / COLUMNS;

    return (struct bk_rect){ PADDING + (int)layout / ROWS * width, HEADER + (int)layout % ROWS * CELL_HEIGHT, width,
                             CELL_HEIGHT };
}

struct bk_target bk_layout_menu_at(const struct bk_layout_menu *menu, double x, double y)
{
    if (!menu->open || !bk_rect_has(&menu->place, x, y))
        return (struct bk_target){ .kind = BK_TARGET_NONE };
    for (size_t i = 0; i < BK_LAYOUTS; i++) {
        const struct bk_rect place = cell(menu, i);
        if (bk_rect_has(&place, x - menu->place.x, y - menu->place.y))
            return (struct bk_target){ .kind = BK_TARGET_LAYOUT, .number = (uint32_t)i };
    }
    return (struct bk_target){ .kind = BK_TARGET_MENU };
}

static void paint_layout(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_layout_menu *menu, size_t i)
{
    const struct bk_layout *layout = &bk_layout_table[i];
    const struct bk_target target = { .kind = BK_TARGET_LAYOUT, .number = (uint32_t)i };
    const struct bk_rect place = cell(menu, i);
    const struct bk_rect around = { place.x + 2, place.y + 1, place.width - 4, place.height - 2 };
    const struct bk_rect label = { place.x + LABEL_X, place.y, LABEL_WIDTH, place.height };
    const struct bk_rect name = { label.x + LABEL_WIDTH + 4, place.y, place.width - LABEL_X - LABEL_WIDTH - 12,
                                  place.height };
    bool chosen = i == menu->layouts->chosen;
    struct bk_color text = chosen || bk_layouts_has_used(menu->layouts, i) ? BK_COLOR_TEXT : BK_COLOR_TEXT_SOFT;

    if (chosen)
        bk_paint_surface(cairo, &around, CELL_RADIUS, BK_RGBA(0x8ab8ff, 0.16), BK_RGBA(0x8ab8ff, 0.55));
    if (bk_target_equal(&menu->pressed, &target))
        bk_paint_surface(cairo, &around, CELL_RADIUS, BK_COLOR_PRESS, BK_RGBA(0, 0));
    else if (bk_target_equal(&menu->hover, &target))
        bk_paint_surface(cairo, &around, CELL_RADIUS, BK_COLOR_HOVER, BK_RGBA(0, 0));
    if (i == menu->marked && !chosen)
        bk_paint_surface(cairo, &around, CELL_RADIUS, BK_RGBA(0, 0), BK_COLOR_FOCUS);
    bk_paint_line(cairo, typesetter, &label_style, layout->label, &label,
                  chosen ? BK_COLOR_FOCUS : BK_COLOR_TEXT_FAINT);
    bk_paint_line(cairo, typesetter, &name_style, layout->name, &name, text);
}

static void paint(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_layout_menu *menu)
{
    const struct bk_rect whole = { 0, 0, menu->place.width, HEIGHT };
    const struct bk_rect header = { PADDING + LABEL_X, 4, whole.width - 2 * (PADDING + LABEL_X), HEADER - 4 };

    cairo_translate(cairo, BK_SHADOW_MARGIN, BK_SHADOW_MARGIN);
    bk_paint_shadow(cairo, &whole, RADIUS);
    bk_paint_sheer_surface(cairo, &whole, RADIUS, BK_COLOR_OVERLAY);
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

    wlr_scene_node_set_enabled(&menu->node->node, menu->open);
    if (!menu->open)
        return;
    width = width > most ? most : width;
    int x = indicator->x + (indicator->width - width) / 2;
    const struct bk_rect place = { x + width > last ? last - width
                                   : x < PADDING    ? PADDING
                                                    : x,
                                   bar + 8, width, HEIGHT };
    if (!menu->dirty && bk_rect_equal(&place, &menu->place) && menu->shown == menu->layouts->chosen &&
        bk_target_equal(&menu->hover, &attention->hover) && bk_target_equal(&menu->pressed, &attention->pressed))
        return;
    menu->place = place;
    menu->shown = menu->layouts->chosen;
    menu->hover = attention->hover;
    menu->pressed = attention->pressed;
    if (bk_canvas_begin(width + 2 * BK_SHADOW_MARGIN, HEIGHT + 2 * BK_SHADOW_MARGIN, &canvas) < 0)
        return; /* the old picture stays, the next change tries again */
    paint(canvas.cairo, typesetter, menu);
    bk_canvas_show(&canvas, menu->node);
    wlr_scene_node_set_position(&menu->node->node, place.x - BK_SHADOW_MARGIN, place.y - BK_SHADOW_MARGIN);
    menu->dirty = false;
}
