/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One window as it is drawn: shadow, frame, title bar, and within them what the app shows. The frame is drawn over the
 * app's pixels, never under them: what is within it cannot look like another app's window.
 *
 * Input from: app (pixels); its name and picture, as installed
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_WINDOW_VIEW_H
#define BK_COMPOSITOR_WINDOW_VIEW_H

#include "badge.h"
#include "motion.h"
#include "windows.h"

#include <wlr/types/wlr_scene.h>

/* Pictures that all windows share. */
struct bk_window_pictures {
    struct wlr_buffer *shadow;
};
int bk_window_pictures_create(struct bk_window_pictures *pictures);
void bk_window_pictures_finish(struct bk_window_pictures *pictures);

/* What the frame's pictures depend on; equal looks need no new pictures. */
struct bk_window_look {
    int width;
    bool framed; /* it has a title bar */
    enum bk_window_mode mode;
    bool focused;
    unsigned hover, pressed; /* a button of the title bar, or 0 */
    bool starting;           /* nothing drawn yet */
    enum bk_window_closing closing;
    uint64_t face; /* another number with another name, title or picture */
    double scale;
};

enum {
    BK_WINDOW_SHADOWS = 8,
    BK_WINDOW_SIDES = 3, /* left, right, bottom */
};

struct bk_window_view {
    struct wlr_scene_tree *tree; /* at the top left of what is seen */
    struct wlr_scene_buffer *shadows[BK_WINDOW_SHADOWS];
    struct wlr_scene_rect *back;     /* where the app draws nothing */
    struct wlr_scene_buffer *before; /* what the app showed, while what it shows now fades in over it */
    struct wlr_scene_buffer *content;
    struct wlr_scene_rect *veil; /* over an app that is being closed */
    struct wlr_scene_buffer *notice;
    struct wlr_scene_buffer *sides[BK_WINDOW_SIDES];
    struct wlr_scene_buffer *corners[2];
    struct wlr_scene_buffer *title;
    struct bk_window_look look;
    bool drawn; /* `look` is what the pictures are of */
    bool shows; /* the app's pixels */
    /* How it is shown: laid out for `frame`, which is stretched to `seen`. */
    struct bk_rect frame, seen;
    float opacity;
    struct bk_tween fresh; /* of the content, over what was shown before */
    float fresh_part;      /* of it, as it is drawn */
};

void bk_window_view_init(struct bk_window_view *view, struct wlr_scene_tree *parent,
                         const struct bk_window_pictures *pictures);
void bk_window_view_finish(struct bk_window_view *view);
/* The shared pictures are others. */
void bk_window_view_set_pictures(struct bk_window_view *view, const struct bk_window_pictures *pictures);

/* Draws what looks different from before, and puts everything where the pose has it. */
void bk_window_view_sync(struct bk_window_view *view, struct bk_typesetter *typesetter,
                         const struct bk_windows *windows, const struct bk_window *window, const struct bk_pose *pose,
                         const struct bk_window_look *look, const struct bk_app_face *face);
/* Shows what it showed, in another pose: for a window that is gone from the model. */
void bk_window_view_pose(struct bk_window_view *view, const struct bk_windows *windows, const struct bk_window *window,
                         const struct bk_pose *pose);

/* The app shows `buffer`, of which `damage` changed (NULL: all); NULL for nothing. */
void bk_window_view_show(struct bk_window_view *view, struct wlr_buffer *buffer, const pixman_region32_t *damage);

/* What is shown next fades in over what is shown now, as that stands. */
void bk_window_view_fade(struct bk_window_view *view, uint64_t now_ms);
/* Moves what moves; true while something does. */
bool bk_window_view_animate(struct bk_window_view *view, uint64_t now_ms);

#endif
