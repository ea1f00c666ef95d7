/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The toasts at the top right: they slide in, move up when one above them goes, and fade out. When there are more
 * than fit, a small line below says how many.
 *
 * Input from: app (text, already cleaned by the model; the installed description's picture)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_TOAST_H
#define BK_COMPOSITOR_TOAST_H

#include "card.h"
#include "faces.h"
#include "tween.h"

/* Those to be seen, and those still fading out. */
#define BK_TOAST_VIEWS_MAX 8

struct bk_toast_view {
    struct bk_card card;
    struct bk_tween x, y, opacity; /* of the card's top left corner; x from its place */
    bool leaving;
};

struct bk_toasts {
    const struct bk_apps *apps;
    struct bk_faces *faces;
    struct wlr_scene_tree *tree;
    struct wlr_scene_buffer *more_node;
    struct bk_rect more_place;
    size_t more;       /* as drawn */
    bool more_lit;     /* as drawn */
    bool more_focused; /* as drawn */
    double more_scale; /* as drawn */
    struct bk_toast_view views[BK_TOAST_VIEWS_MAX];
    size_t count;
    struct bk_rect room;
    const bool *animated;
};

/* `apps` and `faces` outlive it. */
void bk_toasts_init(struct bk_toasts *toasts, struct wlr_scene_tree *parent, const struct bk_apps *apps,
                    struct bk_faces *faces, const bool *animated);
void bk_toasts_finish(struct bk_toasts *toasts);

/* Makes the toasts follow the model and draws what changed; `room` is the screen without what is the system's. */
void bk_toasts_sync(struct bk_toasts *toasts, struct bk_typesetter *typesetter, struct bk_notifications *model,
                    const struct bk_attention *attention, const struct bk_rect *room, uint64_t now_ms,
                    int64_t now_epoch);

/* Moves what moves; true while something does. */
bool bk_toasts_animate(struct bk_toasts *toasts, uint64_t now_ms);

/* By screen coordinates. */
struct bk_target bk_toasts_at(const struct bk_toasts *toasts, double x, double y);
void bk_toasts_targets(const struct bk_toasts *toasts, struct bk_notifications *model, struct bk_target_list *list);

#endif
