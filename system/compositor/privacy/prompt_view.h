/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dialog of a question (prompt.h): over everything, with all else dimmed, which no app can do: it draws in its own
 * window only.
 *
 * Input from: app (its name and reason, cleaned by the model; the installed description's picture)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_PROMPT_VIEW_H
#define BK_COMPOSITOR_PROMPT_VIEW_H

#include "faces.h"
#include "prompt.h"
#include "tween.h"

#include <wlr/types/wlr_scene.h>

/* Where the parts are, from the dialog's top left; a height of 0 is a part for which the screen has no room. */
struct bk_prompt_layout {
    int width, height, header;
    struct bk_rect disc, title, detail, hosts, quote, reason;
    int reason_lines;
    int hosts_view, hosts_height; /* what is seen of the hosts at a time, and all of them */
    struct bk_rect parts[BK_PROMPT_PARTS];
};

/* What its picture depends on. */
struct bk_prompt_look {
    uint64_t revision, face;
    int screen_width, screen_height;
    double scale;
    bool ready;
    unsigned hover, pressed, focus;
    size_t first; /* of an opening's apps */
    int scroll;   /* of the hosts */
    bool always, fresh;
    uint64_t picking; /* what there is to see of files */
    bool waiting;
};

struct bk_prompt_view {
    struct bk_prompt *prompt;
    const struct bk_apps *apps;
    struct bk_faces *faces;
    struct bk_typesetter *typesetter;
    struct wlr_scene_tree *tree;
    struct wlr_scene_rect *dimming;
    struct wlr_scene_buffer *node;
    struct bk_prompt_layout layout;
    struct bk_rect place; /* on the screen */
    int screen_width, screen_height;
    struct bk_prompt_look look;
    struct bk_tween shown; /* 0 away, 1 there */
    const bool *animated;
    bool phone;
};

/* What is given outlives it. Draws in front of all that `parent` has by now. */
void bk_prompt_view_init(struct bk_prompt_view *view, struct wlr_scene_tree *parent, struct bk_prompt *prompt,
                         struct bk_typesetter *typesetter, const struct bk_apps *apps, struct bk_faces *faces,
                         bool phone, const bool *animated);

/* The screen, in logical pixels. */
void bk_prompt_view_resize(struct bk_prompt_view *view, int width, int height);

/* Before a frame: draws what changed; true while more frames are needed. */
bool bk_prompt_view_frame(struct bk_prompt_view *view, uint64_t now_ms);
/* The frame that was drawn last has the whole dialog. */
bool bk_prompt_view_is_whole(const struct bk_prompt_view *view, uint64_t now_ms);

/* The part at a place on the screen, or BK_PROMPT_NOTHING. */
unsigned bk_prompt_view_at(const struct bk_prompt_view *view, double x, double y);

#endif
