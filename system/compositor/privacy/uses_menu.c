/* SPDX-License-Identifier: Apache-2.0 */
#include "uses_menu.h"

#include "canvas.h"
#include "sensor_marks.h"

#include <stdio.h>

#define WIDTH       340 /* at most */
#define MARGIN      8
#define PADDING     8
#define HEADER      38
#define ROW         56
#define FOOTER      44
#define RADIUS      16
#define BADGE       34
#define STOP_WIDTH  60
#define STOP_HEIGHT 30

static const struct bk_typeset_style header_style = { .size = 13, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };
static const struct bk_typeset_style name_style = { .size = 14, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1 };
static const struct bk_typeset_style detail_style = { .size = 12, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1 };
static const struct bk_typeset_style button_style = {
    .size = 13, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1, .align = PANGO_ALIGN_CENTER
};

void bk_uses_menu_init(struct bk_uses_menu *menu, struct wlr_scene_tree *parent, const struct bk_privacy *privacy,
                       const struct bk_apps *apps, struct bk_faces *faces)
{
    *menu = (struct bk_uses_menu){
        .node = wlr_scene_buffer_create(parent, NULL), .privacy = privacy, .apps = apps, .faces = faces
    };
    wlr_scene_node_set_enabled(&menu->node->node, false);
}

/* --- where; from the menu's top left --- */

static struct bk_rect stop_of(const struct bk_uses_menu *menu, size_t row)
{
    return (struct bk_rect){ menu->look.place.width - PADDING - 8 - STOP_WIDTH,
                             HEADER + (int)row * ROW + (ROW - STOP_HEIGHT) / 2, STOP_WIDTH, STOP_HEIGHT };
}

static struct bk_rect more_of(const struct bk_uses_menu *menu)
{
    return (struct bk_rect){ PADDING, menu->look.place.height - FOOTER + 2, menu->look.place.width - 2 * PADDING,
                             FOOTER - PADDING - 2 };
}

struct bk_target bk_uses_menu_at(const struct bk_uses_menu *menu, double x, double y)
{
    const struct bk_rect *place = &menu->look.place;

    if (!menu->open || !bk_rect_has(place, x, y))
        return (struct bk_target){ .kind = BK_TARGET_NONE };
    for (size_t row = 0; row < menu->rows; row++) {
        const struct bk_rect stop = stop_of(menu, row);
        if (bk_rect_has(&stop, x - place->x, y - place->y))
            return (struct bk_target){ .kind = BK_TARGET_STOP, .number = (uint32_t)row };
    }
    const struct bk_rect more = more_of(menu);
    if (bk_rect_has(&more, x - place->x, y - place->y))
        return (struct bk_target){ .kind = BK_TARGET_PRIVACY };
    return (struct bk_target){ .kind = BK_TARGET_USES_MENU };
}

void bk_uses_menu_targets(const struct bk_uses_menu *menu, struct bk_target_list *list)
{
    for (size_t row = 0; row < menu->rows; row++)
        list->items[list->count++] = (struct bk_target){ .kind = BK_TARGET_STOP, .number = (uint32_t)row };
    list->items[list->count++] = (struct bk_target){ .kind = BK_TARGET_PRIVACY };
}

/* --- the picture --- */

static void paint_button(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_uses_look *look,
                         const struct bk_rect *place, const char *label, struct bk_target target)
{
    const bool hover = bk_target_equal(&look->hover, &target), pressed = bk_target_equal(&look->pressed, &target);

    bk_paint_surface(cairo, place, 9,
                     hover && pressed ? BK_COLOR_BUTTON_PRESS
                     : hover          ? BK_COLOR_BUTTON_HOVER
                                      : BK_COLOR_BUTTON,
                     BK_RGBA(0, 0));
    if (bk_target_equal(&look->focus, &target))
        bk_paint_focus(cairo, place, 9);
    bk_paint_line(cairo, typesetter, &button_style, label, place, BK_COLOR_TEXT);
}

static void paint_use(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_uses_menu *menu, size_t row,
                      int64_t now)
{
    const struct bk_privacy_entry *use = &menu->privacy->uses.items[row];
    const struct bk_app_face face = bk_faces_named(menu->faces, menu->apps, use->app, use->app_name);
    const int top = HEADER + (int)row * ROW;
    const struct bk_rect badge = { PADDING + 8, top + (ROW - BADGE) / 2, BADGE, BADGE };
    const struct bk_rect stop = stop_of(menu, row);
    const struct bk_rect name = { badge.x + BADGE + 12, top + 9, stop.x - badge.x - BADGE - 20, 20 };
    const struct bk_rect detail = { name.x + 18, top + 29, name.width - 18, 18 };
    char since[BK_PRIVACY_TIME_MAX], text[BK_PRIVACY_TIME_MAX + BK_PERMISSION_NAME_BYTES + 16];

    bk_privacy_write_time(use->start, now, since);
    snprintf(text, sizeof text, "%s · since %s", bk_permission_noun(use->permission), since);
    bk_paint_badge(cairo, typesetter, &badge, &face);
    bk_paint_line(cairo, typesetter, &name_style, use->app_name, &name, BK_COLOR_TEXT);
    bk_paint_sensor(cairo, bk_permission_words_of(use->permission)->sensor, name.x + 6, detail.y + detail.height / 2.0,
                    13, BK_COLOR_SENSOR);
    bk_paint_line(cairo, typesetter, &detail_style, text, &detail, BK_COLOR_TEXT_SOFT);
    paint_button(cairo, typesetter, &menu->look, &stop, "Stop",
                 (struct bk_target){ .kind = BK_TARGET_STOP, .number = (uint32_t)row });
}

static void paint(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_uses_menu *menu, int64_t now)
{
    const struct bk_rect whole = { 0, 0, menu->look.place.width, menu->look.place.height };
    const struct bk_rect header = { PADDING + 8, 4, whole.width - 2 * PADDING - 16, HEADER - 4 };
    const struct bk_rect more = more_of(menu);
    const size_t hidden = menu->privacy->uses.count - menu->rows;
    char text[64] = "Privacy settings";

    cairo_translate(cairo, BK_SHADOW_MARGIN, BK_SHADOW_MARGIN);
    bk_paint_shadow(cairo, &whole, RADIUS);
    bk_paint_sheer_surface(cairo, &whole, RADIUS, BK_COLOR_OVERLAY);
    bk_paint_line(cairo, typesetter, &header_style, "In use now", &header, BK_COLOR_TEXT);
    for (size_t row = 0; row < menu->rows; row++)
        paint_use(cairo, typesetter, menu, row, now);
    if (hidden > 0)
        snprintf(text, sizeof text, "%zu more in the privacy settings", hidden);
    paint_button(cairo, typesetter, &menu->look, &more, text, (struct bk_target){ .kind = BK_TARGET_PRIVACY });
}

static bool looks_equal(const struct bk_uses_look *a, const struct bk_uses_look *b)
{
    return bk_rect_equal(&a->place, &b->place) && a->revision == b->revision && a->apps == b->apps &&
           a->scale == b->scale && a->minute == b->minute && bk_target_equal(&a->hover, &b->hover) &&
           bk_target_equal(&a->pressed, &b->pressed) && bk_target_equal(&a->focus, &b->focus);
}

void bk_uses_menu_sync(struct bk_uses_menu *menu, struct bk_typesetter *typesetter,
                       const struct bk_attention *attention, const struct bk_rect *indicator,
                       const struct bk_rect *room, int64_t now)
{
    const int most = room->width - 2 * MARGIN, last = room->x + room->width - MARGIN;
    const int width = most < WIDTH ? most : WIDTH;
    const int fitting = (room->height - 2 * MARGIN - HEADER - FOOTER) / ROW;
    struct bk_canvas canvas;

    wlr_scene_node_set_enabled(&menu->node->node, menu->open);
    if (!menu->open)
        return;
    size_t rows = menu->privacy->uses.count;
    rows = fitting<0 ? 0 : rows>(size_t) fitting ? (size_t)fitting : rows;
    int x = indicator->x + (indicator->width - width) / 2;
    x = x + width > last ? last - width : x < room->x + MARGIN ? room->x + MARGIN : x;
    const struct bk_uses_look look = {
        .place = { x & ~1, room->y + MARGIN, width, HEADER + (int)rows * ROW + FOOTER + 6 },
        .revision = menu->privacy->revision,
        .apps = menu->apps->revision,
        .scale = bk_canvas_scale(),
        .minute = now / 60,
        .hover = attention->hover,
        .pressed = attention->pressed,
        .focus = attention->focus,
    };
    if (menu->node->buffer != NULL && looks_equal(&look, &menu->look))
        return;
    if (bk_canvas_begin(width + 2 * BK_SHADOW_MARGIN, look.place.height + 2 * BK_SHADOW_MARGIN, &canvas) < 0)
        return; /* the old picture stays, the next change tries again */
    menu->look = look;
    menu->rows = rows;
    paint(canvas.cairo, typesetter, menu, now);
    bk_canvas_show(&canvas, menu->node);
    wlr_scene_node_set_position(&menu->node->node, look.place.x - BK_SHADOW_MARGIN, look.place.y - BK_SHADOW_MARGIN);
}
