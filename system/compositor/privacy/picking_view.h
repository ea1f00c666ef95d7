/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of the dialog below its head when it is about a file (picking.h).
 *
 * Input from: app (names, cleaned by the model)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_PICKING_VIEW_H
#define BK_COMPOSITOR_PICKING_VIEW_H

#include "prompt_view.h"

/* In at most so much room; tells the model how much of the list is to be seen. */
struct bk_prompt_layout bk_picking_view_lay_out(const struct bk_prompt_view *view, int width, int height);

/* It is to be said that the next page is awaited. */
bool bk_picking_view_waits(const struct bk_prompt_view *view, uint64_t now_ms);
/* Another number when the picture of an app that is shown is another. */
uint64_t bk_picking_view_faces(const struct bk_prompt_view *view);
/* All below the head. */
void bk_picking_view_paint(cairo_t *cairo, const struct bk_prompt_view *view, const struct bk_prompt_look *look);

#endif
