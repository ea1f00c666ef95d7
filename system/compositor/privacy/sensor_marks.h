/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Draws what stands for a permission (permission.h): a microphone, a camera, a place, a folder, or a key for any other.
 *
 * Input from: trusted
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_SENSOR_MARKS_H
#define BK_COMPOSITOR_SENSOR_MARKS_H

#include "paint.h"
#include "permission.h"

void bk_paint_sensor(cairo_t *cairo, enum bk_sensor sensor, double center_x, double center_y, double size,
                     struct bk_color color);

/* The mark in a disc, as large as the place. */
void bk_paint_sensor_disc(cairo_t *cairo, enum bk_sensor sensor, const struct bk_rect *place, struct bk_color disc,
                          struct bk_color mark);

#endif
