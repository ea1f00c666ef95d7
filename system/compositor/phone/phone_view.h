/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a phone draws around the windows: the cards that they become in the overview, in their apps' colours, and the
 * strip along the bottom edge, where no app draws.
 *
 * Input from: app (its name and picture, as installed)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_PHONE_VIEW_H
#define BK_COMPOSITOR_PHONE_VIEW_H

#include "deck.h"
#include "stage.h"
#include "tween.h"

struct bk_phone_card {
    uint32_t cid; /* 0: free */
    struct wlr_scene_buffer *node;
    int width, height; /* as drawn, without the shadow */
    uint64_t face;
    double scale;
    bool drawn;
    bool gone;            /* the window is */
    struct bk_tween left; /* of its opacity, once it is gone */
    float opacity;
};

struct bk_phone_view {
    struct bk_stage *stage;
    struct bk_typesetter *typesetter;
    const bool *animated;
    int strip_height;
    struct wlr_scene_tree *cards_tree;
    struct wlr_scene_rect *shade; /* over the home screen, below the cards */
    struct bk_tween shaded;       /* 0 to 1 */
    struct bk_phone_card cards[BK_WINDOWS_MAX];
    struct wlr_scene_rect *strip, *strip_edge;
    struct wlr_scene_buffer *handle;
    double scale; /* as the handle is drawn */
};

/* Draws the cards in `under`, the strip in `over`. */
void bk_phone_view_init(struct bk_phone_view *view, struct wlr_scene_tree *under, struct wlr_scene_tree *over,
                        struct bk_typesetter *typesetter, struct bk_stage *stage, const bool *animated);

/* Follows the windows' poses of this moment, after the stage's frame; `shown` is the window that fills the screen, or
 * NULL. True while something moves. `apps` is another number with other names or pictures. */
bool bk_phone_view_frame(struct bk_phone_view *view, const struct bk_deck *deck, const struct bk_window *shown,
                         uint64_t apps, uint64_t now_ms);

#endif
