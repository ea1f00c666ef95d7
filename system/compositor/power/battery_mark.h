/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Draws a battery, as full as it is.
 *
 * Input from: trusted
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_BATTERY_MARK_H
#define BK_COMPOSITOR_BATTERY_MARK_H

#include "paint.h"
#include "power.h"

/* Lying, in this place; with a bolt while it is charged. Without a battery: a plug. */
void bk_paint_battery(cairo_t *cairo, const struct bk_rect *place, const struct bk_power *power);

/* A bolt around a point. */
void bk_paint_bolt(cairo_t *cairo, double center_x, double center_y, double size, struct bk_color color);

#endif
