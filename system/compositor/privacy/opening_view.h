/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in the dialog of prompt_view.h when the question is with which app to open something: where it leads, the
 * apps, the marks: for a fresh copy of one, and to make one the default.
 *
 * Input from: app (names, links and types, cleaned by the model; the installed descriptions' pictures)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_OPENING_VIEW_H
#define BK_COMPOSITOR_OPENING_VIEW_H

#include "prompt_view.h"

#define BK_OPENING_LEVELS 4 /* of what gives way on a small screen */

struct bk_prompt_layout bk_opening_view_lay_out(const struct bk_prompt_view *view, int width, int level);

/* Another number when the picture of an app that is shown is another. */
uint64_t bk_opening_view_faces(const struct bk_prompt_view *view);
/* All below the head. */
void bk_opening_view_paint(cairo_t *cairo, const struct bk_prompt_view *view, const struct bk_prompt_look *look);

#endif
