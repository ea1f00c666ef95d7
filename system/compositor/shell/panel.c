/* SPDX-License-Identifier: Apache-2.0 */
#include "panel.h"

#include "canvas.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PILL_HEIGHT 28
#define PILL_Y      ((BK_BAR_HEIGHT - PILL_HEIGHT) / 2)
#define PILL_RADIUS 9
#define BELL_WIDTH  36
#define BADGE       16

static const struct bk_typeset_style name_style = { .size = 14, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };
static const struct bk_typeset_style date_style = {
    .size = 13, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1, .tabular = true
};
static const struct bk_typeset_style clock_style = {
    .size = 13, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1, .tabular = true
};
static const struct bk_typeset_style badge_style = {
    .size = 10, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1, .align = PANGO_ALIGN_CENTER, .tabular = true
};

void bk_panel_init(struct bk_panel *panel, struct wlr_scene_tree *parent)
{
    *panel = (struct bk_panel){ .node = wlr_scene_buffer_create(parent, NULL) };
}

/* The mark: a hull's cross section, parted by bulkheads. */
static void paint_mark(cairo_t *cairo, double x, double y)
{
    cairo_save(cairo);
    cairo_translate(cairo, x, y);
    bk_paint_rounded(cairo, 0, 0, 18, 18, 5);
    cairo_clip(cairo);
    cairo_pattern_t *gradient = cairo_pattern_create_linear(0, 0, 18, 18);
    cairo_pattern_add_color_stop_rgb(gradient, 0, 0.56, 0.76, 1.0);
    cairo_pattern_add_color_stop_rgb(gradient, 1, 0.31, 0.52, 0.93);
    cairo_set_source(cairo, gradient);
    cairo_paint(cairo);
    cairo_pattern_destroy(gradient);
    bk_paint_color(cairo, BK_RGBA(0x0b1220, 0.85));
    cairo_set_line_width(cairo, 2);
    cairo_move_to(cairo, 7, 0);
    cairo_line_to(cairo, 7, 18);
    cairo_move_to(cairo, 7, 10);
    cairo_line_to(cairo, 18, 10);
    cairo_stroke(cairo);
    cairo_restore(cairo);
}

/* Draws one line of text in the middle of the panel's height; yields its width. */
static int paint_line(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_typeset_style *style,
                      const char *text, int x, int room, struct bk_color color, bool paint)
{
    int width, height;
    PangoLayout *layout = bk_typeset_layout(typesetter, style, text, room);

    bk_typeset_size(layout, &width, &height);
    if (paint)
        bk_typeset_paint(cairo, layout, x, (BK_BAR_HEIGHT - height) / 2, room, color);
    g_object_unref(layout);
    return width;
}

static void paint_pill(cairo_t *cairo, const struct bk_rect *place, const struct bk_panel_look *look,
                       enum bk_target_kind kind)
{
    const struct bk_color none = BK_RGBA(0, 0);

    if (look->pressed == kind)
        bk_paint_surface(cairo, place, PILL_RADIUS, BK_COLOR_PRESS, none);
    else if (look->hover == kind)
        bk_paint_surface(cairo, place, PILL_RADIUS, BK_COLOR_HOVER, none);
    else if (look->open && kind == BK_TARGET_BELL)
        bk_paint_surface(cairo, place, PILL_RADIUS, BK_COLOR_HOVER, none);
    if (look->focus == kind)
        bk_paint_focus(cairo, place, PILL_RADIUS);
}

static void paint_badge(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_rect *bell, size_t count)
{
    char text[8];
    int width, height;

    if (count > 99)
        snprintf(text, sizeof text, "99+");
    else
        snprintf(text, sizeof text, "%d", (int)count);
    PangoLayout *layout = bk_typeset_layout(typesetter, &badge_style, text, 40);
    bk_typeset_size(layout, &width, &height);
    int wide = width + 8 > BADGE ? width + 8 : BADGE;
    int x = bell->x + bell->width / 2 + 1;
    int y = bell->y;

    /* A gap around the badge keeps it off the bell. */
    cairo_save(cairo);
    cairo_set_operator(cairo, CAIRO_OPERATOR_SOURCE);
    bk_paint_rounded(cairo, x - 2, y - 1.5, wide + 4, BADGE + 3.5, BADGE / 2.0 + 1.75);
    bk_paint_color(cairo, BK_COLOR_BAR);
    cairo_fill(cairo);
    cairo_restore(cairo);
    bk_paint_rounded(cairo, x, y, wide, BADGE, BADGE / 2.0);
    bk_paint_color(cairo, BK_COLOR_BADGE);
    cairo_fill(cairo);
    bk_typeset_paint(cairo, layout, x + (wide - 40) / 2, y + (BADGE - height) / 2, 40, BK_COLOR_BADGE_TEXT);
    g_object_unref(layout);
}

static void paint(cairo_t *cairo, struct bk_typesetter *typesetter, struct bk_panel *panel,
                  const struct bk_panel_look *look)
{
    bk_paint_color(cairo, BK_COLOR_BAR);
    cairo_paint(cairo);
    cairo_rectangle(cairo, 0, BK_BAR_HEIGHT - 1, look->width, 1);
    bk_paint_color(cairo, BK_COLOR_BAR_EDGE);
    cairo_fill(cairo);

    paint_mark(cairo, BK_BAR_PADDING, (BK_BAR_HEIGHT - 18) / 2.0);
    paint_line(cairo, typesetter, &name_style, "Bulkhead", BK_BAR_PADDING + 28, 160, BK_COLOR_TEXT, true);

    int clock_width = paint_line(cairo, typesetter, &clock_style, look->clock, 0, 120, BK_COLOR_TEXT, false);
    int date_width = paint_line(cairo, typesetter, &date_style, look->date, 0, 200, BK_COLOR_TEXT, false);
    panel->bell = (struct bk_rect){ look->width - 8 - BELL_WIDTH, PILL_Y, BELL_WIDTH, PILL_HEIGHT };
    int pill_width = date_width + 10 + clock_width + 24;
    panel->clock = (struct bk_rect){ panel->bell.x - 4 - pill_width, PILL_Y, pill_width, PILL_HEIGHT };

    paint_pill(cairo, &panel->clock, look, BK_TARGET_CLOCK);
    paint_line(cairo, typesetter, &date_style, look->date, panel->clock.x + 12, date_width + 2, BK_COLOR_TEXT_SOFT,
               true);
    paint_line(cairo, typesetter, &clock_style, look->clock, panel->clock.x + 12 + date_width + 10, clock_width + 2,
               BK_COLOR_TEXT, true);
    paint_pill(cairo, &panel->bell, look, BK_TARGET_BELL);
    bk_paint_bell(cairo, panel->bell.x + panel->bell.width / 2.0 - 1, BK_BAR_HEIGHT / 2.0, 18,
                  look->count > 0 || look->open ? BK_COLOR_TEXT : BK_COLOR_TEXT_SOFT);
    if (look->count > 0)
        paint_badge(cairo, typesetter, &panel->bell, look->count);
}

static enum bk_target_kind own(const struct bk_target *target)
{
    return target->kind == BK_TARGET_CLOCK || target->kind == BK_TARGET_BELL ? target->kind : BK_TARGET_NONE;
}

static bool looks_equal(const struct bk_panel_look *a, const struct bk_panel_look *b)
{
    return a->width == b->width && a->count == b->count && a->open == b->open && a->hover == b->hover &&
           a->pressed == b->pressed && a->focus == b->focus && strcmp(a->clock, b->clock) == 0 &&
           strcmp(a->date, b->date) == 0;
}

void bk_panel_draw(struct bk_panel *panel, struct bk_typesetter *typesetter, int width, time_t now, size_t count,
                   bool open, const struct bk_attention *attention)
{
    struct bk_panel_look look = { 0 };
    struct bk_canvas canvas;
    struct tm local;

    look.width = width;
    look.count = count;
    look.open = open;
    look.hover = own(&attention->hover);
    look.focus = own(&attention->focus);
    if (bk_target_equal(&attention->pressed, &attention->hover))
        look.pressed = own(&attention->pressed);
    localtime_r(&now, &local);
    strftime(look.clock, sizeof look.clock, "%H:%M", &local);
    strftime(look.date, sizeof look.date, "%a %-d %b", &local);
    if (looks_equal(&look, &panel->look))
        return;

    if (bk_canvas_begin(width, BK_BAR_HEIGHT, &canvas) < 0)
        return; /* the old picture stays, the next change tries again */
    paint(canvas.cairo, typesetter, panel, &look);
    bk_canvas_show(&canvas, panel->node);
    panel->look = look;
}

struct bk_target bk_panel_at(const struct bk_panel *panel, double x, double y)
{
    /* The whole height is sensitive: the screen's edge is easy to hit. */
    const struct bk_rect clock = { panel->clock.x, 0, panel->clock.width, BK_BAR_HEIGHT };
    const struct bk_rect bell = { panel->bell.x, 0, panel->look.width - panel->bell.x, BK_BAR_HEIGHT };

    if (bk_rect_has(&clock, x, y))
        return (struct bk_target){ .kind = BK_TARGET_CLOCK };
    if (bk_rect_has(&bell, x, y))
        return (struct bk_target){ .kind = BK_TARGET_BELL };
    return (struct bk_target){ .kind = BK_TARGET_NONE };
}
