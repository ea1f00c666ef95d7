/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The colour by which a person knows an app: made from its id, the same everywhere and always.
 *
 * Input from: app (its id, as installed)
 * Runs in: bk-compositor, main thread
 *
 * Shades of one hue are made in OKLCH, where equal numbers look equally light whatever the hue is, so that no app's
 * frame is louder than another's and white text can be read on each.
 */
#ifndef BK_COMPOSITOR_APP_COLOR_H
#define BK_COMPOSITOR_APP_COLOR_H

#include "theme.h"

struct bk_app_colors {
    struct bk_color frame, frame_edge;             /* of the window that has the focus */
    struct bk_color frame_rest, frame_rest_edge;   /* of the others */
    struct bk_color tile_top, tile_bottom, accent; /* badge; a mark on dark */
};

/* An empty id is an app that nobody told of: grey. */
struct bk_app_colors bk_app_colors_of(const char *app);

#endif
