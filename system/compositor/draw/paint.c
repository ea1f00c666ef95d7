/* SPDX-License-Identifier: Apache-2.0 */
#include "paint.h"

#include "canvas.h"
#include "checked.h"

#include <math.h>

#define THUMB_INSET 8
#define THUMB_MIN   28

void bk_paint_color(cairo_t *cairo, struct bk_color color)
{
    cairo_set_source_rgba(cairo, color.r, color.g, color.b, color.a);
}

double bk_paint_hairline(void)
{
    double scale = bk_canvas_scale();

    return floor(scale) / scale;
}

void bk_paint_rounded(cairo_t *cairo, double x, double y, double width, double height, double radius)
{
    cairo_new_sub_path(cairo);
    cairo_arc(cairo, x + width - radius, y + radius, radius, -M_PI_2, 0);
    cairo_arc(cairo, x + width - radius, y + height - radius, radius, 0, M_PI_2);
    cairo_arc(cairo, x + radius, y + height - radius, radius, M_PI_2, M_PI);
    cairo_arc(cairo, x + radius, y + radius, radius, M_PI, 3 * M_PI_2);
    cairo_close_path(cairo);
}

void bk_paint_surface(cairo_t *cairo, const struct bk_rect *rect, double radius, struct bk_color fill,
                      struct bk_color edge)
{
    bk_paint_rounded(cairo, rect->x, rect->y, rect->width, rect->height, radius);
    bk_paint_color(cairo, fill);
    cairo_fill(cairo);
    if (edge.a <= 0)
        return;
    double thin = bk_paint_hairline();
    bk_paint_rounded(cairo, rect->x + thin / 2, rect->y + thin / 2, rect->width - thin, rect->height - thin,
                     radius - thin / 2);
    bk_paint_color(cairo, edge);
    cairo_set_line_width(cairo, thin);
    cairo_stroke(cairo);
}

void bk_paint_sheer_surface(cairo_t *cairo, const struct bk_rect *rect, double radius, struct bk_color fill)
{
    cairo_save(cairo);
    cairo_set_operator(cairo, CAIRO_OPERATOR_SOURCE);
    bk_paint_surface(cairo, rect, radius, fill, BK_RGBA(0, 0));
    cairo_restore(cairo);
    bk_paint_surface(cairo, rect, radius, BK_RGBA(0, 0), BK_COLOR_EDGE);
}

/* One corner of the shadow, quarter of a disc that fades out; the edges are strips of the same fade. */
static cairo_pattern_t *fade(cairo_pattern_t *pattern, double inner, double strength)
{
    const int steps = 12;

    cairo_pattern_add_color_stop_rgba(pattern, inner, 0, 0, 0, strength);
    for (int i = 1; i <= steps; i++) {
        double t = (double)i / steps;
        double left = 1 - t;
        cairo_pattern_add_color_stop_rgba(pattern, inner + (1 - inner) * t, 0, 0, 0, strength * left * left * left);
    }
    return pattern;
}

void bk_paint_shadow(cairo_t *cairo, const struct bk_rect *rect, double radius)
{
    /* The fade begins within the rectangle, so that at its edge the shadow is soft already. */
    const double inset = 12;
    const double reach = BK_SHADOW_MARGIN - BK_SHADOW_OFFSET + inset;
    const double strength = 0.55;
    const double r = radius + reach;
    const double inner = radius / r;
    const double x0 = rect->x + inset, x1 = rect->x + rect->width - inset;
    const double y0 = rect->y + BK_SHADOW_OFFSET + inset, y1 = rect->y + rect->height + BK_SHADOW_OFFSET - inset;
    const struct {
        double x, y;      /* the disc's centre */
        double left, top; /* the quarter's corner */
    } corners[] = {
        { x0 + radius, y0 + radius, x0 - reach, y0 - reach },
        { x1 - radius, y0 + radius, x1 - radius, y0 - reach },
        { x0 + radius, y1 - radius, x0 - reach, y1 - radius },
        { x1 - radius, y1 - radius, x1 - radius, y1 - radius },
    };
    const struct {
        double from_x, from_y, to_x, to_y, x, y, width, height;
    } sides[] = {
        { 0, y0 + radius, 0, y0 - reach, x0 + radius, y0 - reach, x1 - x0 - 2 * radius, r },
        { 0, y1 - radius, 0, y1 + reach, x0 + radius, y1 - radius, x1 - x0 - 2 * radius, r },
        { x0 + radius, 0, x0 - reach, 0, x0 - reach, y0 + radius, r, y1 - y0 - 2 * radius },
        { x1 - radius, 0, x1 + reach, 0, x1 - radius, y0 + radius, r, y1 - y0 - 2 * radius },
    };

    cairo_save(cairo);
    cairo_set_antialias(cairo, CAIRO_ANTIALIAS_NONE);
    for (size_t i = 0; i < sizeof corners / sizeof corners[0]; i++) {
        cairo_pattern_t *pattern = fade(
            cairo_pattern_create_radial(corners[i].x, corners[i].y, 0, corners[i].x, corners[i].y, r), inner, strength);
        cairo_set_source(cairo, pattern);
        cairo_rectangle(cairo, corners[i].left, corners[i].top, r, r);
        cairo_fill(cairo);
        cairo_pattern_destroy(pattern);
    }
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
        cairo_pattern_t *pattern =
            fade(cairo_pattern_create_linear(sides[i].from_x, sides[i].from_y, sides[i].to_x, sides[i].to_y), inner,
                 strength);
        cairo_set_source(cairo, pattern);
        cairo_rectangle(cairo, sides[i].x, sides[i].y, sides[i].width, sides[i].height);
        cairo_fill(cairo);
        cairo_pattern_destroy(pattern);
    }
    cairo_restore(cairo);
    cairo_set_source_rgba(cairo, 0, 0, 0, strength);
    cairo_rectangle(cairo, x0 + radius, y0 + radius, x1 - x0 - 2 * radius, y1 - y0 - 2 * radius);
    cairo_fill(cairo);
}

void bk_paint_focus(cairo_t *cairo, const struct bk_rect *rect, double radius)
{
    bk_paint_rounded(cairo, rect->x - 2, rect->y - 2, rect->width + 4, rect->height + 4, radius + 2);
    bk_paint_color(cairo, BK_COLOR_FOCUS);
    cairo_set_line_width(cairo, 2);
    cairo_stroke(cairo);
}

void bk_paint_thumb(cairo_t *cairo, const struct bk_rect *list, int view, int whole, int scroll)
{
    const int inset = bk_min(THUMB_INSET, list->height / 8), track = list->height - 2 * inset;

    if (whole <= view)
        return;
    const int thumb = bk_min(bk_max(track * view / whole, THUMB_MIN), track);
    const int y = (track - thumb) * scroll / (whole - view);
    bk_paint_rounded(cairo, list->x + list->width - 5, list->y + inset + y, 3, thumb, 1.5);
    bk_paint_color(cairo, BK_RGBA(0xffffff, 0.28));
    cairo_fill(cairo);
}

void bk_paint_cross(cairo_t *cairo, double center_x, double center_y, double size, struct bk_color color)
{
    double half = size / 2;

    cairo_move_to(cairo, center_x - half, center_y - half);
    cairo_line_to(cairo, center_x + half, center_y + half);
    cairo_move_to(cairo, center_x + half, center_y - half);
    cairo_line_to(cairo, center_x - half, center_y + half);
    bk_paint_color(cairo, color);
    cairo_set_line_width(cairo, 1.6);
    cairo_set_line_cap(cairo, CAIRO_LINE_CAP_ROUND);
    cairo_stroke(cairo);
}

void bk_paint_bell(cairo_t *cairo, double center_x, double center_y, double size, struct bk_color color)
{
    cairo_save(cairo);
    cairo_translate(cairo, center_x, center_y);
    cairo_scale(cairo, size / 20, size / 20);
    cairo_move_to(cairo, -7.5, 4.5);
    cairo_curve_to(cairo, -5.6, 2.8, -5.4, 0.6, -5.4, -1.6);
    cairo_curve_to(cairo, -5.4, -5.2, -3.2, -8, 0, -8);
    cairo_curve_to(cairo, 3.2, -8, 5.4, -5.2, 5.4, -1.6);
    cairo_curve_to(cairo, 5.4, 0.6, 5.6, 2.8, 7.5, 4.5);
    cairo_close_path(cairo);
    bk_paint_color(cairo, color);
    cairo_set_line_width(cairo, 1.6);
    cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(cairo, CAIRO_LINE_CAP_ROUND);
    cairo_stroke(cairo);
    cairo_arc(cairo, 0, 5.6, 2.4, 0.45, M_PI - 0.45);
    cairo_stroke(cairo);
    cairo_restore(cairo);
}
