/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each mark is drawn in a box of 20 by 20 around the origin.
 */
#include "sensor_marks.h"

#include <assert.h>
#include <math.h>

#define BOX 20.0

static void microphone(cairo_t *cairo)
{
    bk_paint_rounded(cairo, -3.2, -9, 6.4, 11.4, 3.2);
    cairo_fill_preserve(cairo);
    cairo_stroke(cairo);
    cairo_arc_negative(cairo, 0, -0.6, 6.2, M_PI, 0);
    cairo_stroke(cairo);
    cairo_move_to(cairo, 0, 5.6);
    cairo_line_to(cairo, 0, 9);
    cairo_move_to(cairo, -3.4, 9);
    cairo_line_to(cairo, 3.4, 9);
    cairo_stroke(cairo);
}

static void camera(cairo_t *cairo)
{
    bk_paint_rounded(cairo, -9, -6, 12, 12, 3);
    cairo_fill_preserve(cairo);
    cairo_stroke(cairo);
    cairo_move_to(cairo, 5, -1.2);
    cairo_line_to(cairo, 9, -4.2);
    cairo_line_to(cairo, 9, 4.2);
    cairo_line_to(cairo, 5, 1.2);
    cairo_close_path(cairo);
    cairo_fill_preserve(cairo);
    cairo_stroke(cairo);
}

static void location(cairo_t *cairo)
{
    cairo_arc(cairo, 0, -2.4, 6.4, M_PI - 0.5, 0.5);
    cairo_curve_to(cairo, 4, 4.4, 1.4, 6.6, 0, 9);
    cairo_curve_to(cairo, -1.4, 6.6, -4, 4.4, -5.6, 0.7);
    cairo_close_path(cairo);
    cairo_stroke(cairo);
    cairo_arc(cairo, 0, -2.4, 2.4, 0, 2 * M_PI);
    cairo_fill(cairo);
}

static void folders(cairo_t *cairo)
{
    cairo_move_to(cairo, -8.6, 6.4);
    cairo_line_to(cairo, -8.6, -6.4);
    cairo_line_to(cairo, -2.6, -6.4);
    cairo_line_to(cairo, -0.4, -3.8);
    cairo_line_to(cairo, 8.6, -3.8);
    cairo_line_to(cairo, 8.6, 6.4);
    cairo_close_path(cairo);
    cairo_stroke(cairo);
}

static void clipboard(cairo_t *cairo)
{
    bk_paint_rounded(cairo, -7, -7, 14, 16, 2.6);
    cairo_stroke(cairo);
    bk_paint_rounded(cairo, -3.4, -9.4, 6.8, 4.8, 1.6);
    cairo_fill(cairo);
    cairo_move_to(cairo, -3.2, 0.2);
    cairo_line_to(cairo, 3.2, 0.2);
    cairo_move_to(cairo, -3.2, 4.4);
    cairo_line_to(cairo, 1.2, 4.4);
    cairo_stroke(cairo);
}

/* A globe. */
static void network(cairo_t *cairo)
{
    cairo_arc(cairo, 0, 0, 8.4, 0, 2 * M_PI);
    cairo_stroke(cairo);
    cairo_move_to(cairo, -8.4, 0);
    cairo_line_to(cairo, 8.4, 0);
    cairo_stroke(cairo);
    cairo_save(cairo);
    cairo_scale(cairo, 0.42, 1);
    cairo_arc(cairo, 0, 0, 8.4, 0, 2 * M_PI);
    cairo_restore(cairo);
    cairo_stroke(cairo);
}

static void other(cairo_t *cairo)
{
    cairo_arc(cairo, -4.4, 0, 4, 0, 2 * M_PI);
    cairo_stroke(cairo);
    cairo_move_to(cairo, -0.4, 0);
    cairo_line_to(cairo, 8.6, 0);
    cairo_line_to(cairo, 8.6, 3.6);
    cairo_move_to(cairo, 5, 0);
    cairo_line_to(cairo, 5, 2.8);
    cairo_stroke(cairo);
}

void bk_paint_sensor(cairo_t *cairo, enum bk_sensor sensor, double center_x, double center_y, double size,
                     struct bk_color color)
{
    static void (*const marks[])(cairo_t *cairo) = {
        [BK_SENSOR_MICROPHONE] = microphone, [BK_SENSOR_CAMERA] = camera,       [BK_SENSOR_LOCATION] = location,
        [BK_SENSOR_FOLDERS] = folders,       [BK_SENSOR_CLIPBOARD] = clipboard, [BK_SENSOR_NETWORK] = network,
        [BK_SENSOR_OTHER] = other,
    };
    static_assert(sizeof marks / sizeof marks[0] == BK_SENSORS, "one mark for each");

    cairo_save(cairo);
    cairo_translate(cairo, center_x, center_y);
    cairo_scale(cairo, size / BOX, size / BOX);
    bk_paint_color(cairo, color);
    cairo_set_line_width(cairo, 1.7);
    cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(cairo, CAIRO_LINE_CAP_ROUND);
    cairo_new_path(cairo);
    marks[sensor](cairo);
    cairo_restore(cairo);
}

void bk_paint_sensor_disc(cairo_t *cairo, enum bk_sensor sensor, const struct bk_rect *place, struct bk_color disc,
                          struct bk_color mark)
{
    const double x = place->x + place->width / 2.0, y = place->y + place->height / 2.0;

    cairo_new_path(cairo);
    cairo_arc(cairo, x, y, place->width / 2.0, 0, 2 * M_PI);
    bk_paint_color(cairo, disc);
    cairo_fill(cairo);
    bk_paint_sensor(cairo, sensor, x, y, place->width * 0.5, mark);
}
