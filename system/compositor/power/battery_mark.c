/* SPDX-License-Identifier: Apache-2.0 */
#include "battery_mark.h"

#include <math.h>

#define COLOR_SCARCE BK_COLOR_BADGE
#define COLOR_SAVING BK_RGB(0xffcf6b)
#define COLOR_GROUND BK_RGB(0x0b1220)

/* In a box of 20 by 20 around the origin. */
static void bolt_path(cairo_t *cairo)
{
    cairo_new_path(cairo);
    cairo_move_to(cairo, 2, -9);
    cairo_line_to(cairo, -6, 2);
    cairo_line_to(cairo, -1, 2);
    cairo_line_to(cairo, -2, 9);
    cairo_line_to(cairo, 6, -2);
    cairo_line_to(cairo, 1, -2);
    cairo_close_path(cairo);
}

void bk_paint_bolt(cairo_t *cairo, double center_x, double center_y, double size, struct bk_color color)
{
    cairo_save(cairo);
    cairo_translate(cairo, center_x, center_y);
    cairo_scale(cairo, size / 20, size / 20);
    bolt_path(cairo);
    bk_paint_color(cairo, color);
    cairo_set_line_width(cairo, 1.7);
    cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_fill_preserve(cairo);
    cairo_stroke(cairo);
    cairo_restore(cairo);
}

static void paint_plug(cairo_t *cairo, const struct bk_rect *place, struct bk_color color)
{
    const double unit = place->height / 16.0;

    cairo_save(cairo);
    cairo_translate(cairo, place->x + place->width / 2.0, place->y + place->height / 2.0);
    cairo_scale(cairo, unit, unit);
    bk_paint_color(cairo, color);
    cairo_set_line_width(cairo, 1.5);
    cairo_set_line_cap(cairo, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_new_path(cairo);
    for (int side = -1; side <= 1; side += 2) {
        cairo_move_to(cairo, side * 2.4, -7);
        cairo_line_to(cairo, side * 2.4, -4);
    }
    cairo_move_to(cairo, -5, -3.6);
    cairo_line_to(cairo, 5, -3.6);
    cairo_line_to(cairo, 5, -1);
    cairo_arc(cairo, 0, -1, 5, 0, M_PI);
    cairo_close_path(cairo);
    cairo_move_to(cairo, 0, 4.4);
    cairo_line_to(cairo, 0, 7.4);
    cairo_stroke(cairo);
    cairo_restore(cairo);
}

void bk_paint_battery(cairo_t *cairo, const struct bk_rect *place, const struct bk_power *power)
{
    const struct bk_power_state *state = &power->state;
    const double line = place->height / 9.0, nub = place->width / 12.0, gap = line * 2;
    const double width = place->width - nub - line, room = width - 2 * gap;
    const struct bk_color fill = bk_power_is_scarce(power) ? COLOR_SCARCE : state->low ? COLOR_SAVING : BK_COLOR_TEXT;

    if (state->percent < 0) {
        paint_plug(cairo, place, BK_COLOR_TEXT_SOFT);
        return;
    }
    cairo_save(cairo);
    bk_paint_rounded(cairo, place->x + line / 2, place->y + line / 2, width - line, place->height - line,
                     place->height * 0.28);
    bk_paint_color(cairo, BK_COLOR_TEXT_FAINT);
    cairo_set_line_width(cairo, line);
    cairo_stroke(cairo);
    bk_paint_rounded(cairo, place->x + width + line / 2, place->y + place->height * 0.32, nub, place->height * 0.36,
                     nub * 0.4);
    cairo_fill(cairo);
    const double filled = room * state->percent / 100;
    if (filled > 0) {
        bk_paint_rounded(cairo, place->x + gap, place->y + gap, room, place->height - 2 * gap, place->height * 0.13);
        cairo_clip(cairo);
        cairo_rectangle(cairo, place->x + gap, place->y, filled < line ? line : filled, place->height);
        bk_paint_color(cairo, fill);
        cairo_fill(cairo);
        cairo_reset_clip(cairo);
    }
    cairo_restore(cairo);
    if (!state->charging)
        return;
    const double x = place->x + width / 2, y = place->y + place->height / 2.0;
    bk_paint_bolt(cairo, x, y, place->height * 1.3, COLOR_GROUND);
    bk_paint_bolt(cairo, x, y, place->height * 0.95, BK_COLOR_TEXT);
}
