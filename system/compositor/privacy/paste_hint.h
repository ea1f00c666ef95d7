/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line at the top of the screen that says for a moment which app's data are pasted where. It is the system's alone:
 * no app draws over its own window, and none has its colours and pictures of other apps. It takes no input.
 *
 * Input from: app (names, cleaned here; the installed descriptions' pictures)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_PASTE_HINT_H
#define BK_COMPOSITOR_PASTE_HINT_H

#include "faces.h"
#include "tween.h"

#include <stdbool.h>
#include <stdint.h>
#include <wlr/types/wlr_scene.h>

#define BK_PASTE_HINT_MS 2000U

#define BK_PASTE_HINT_APP_BYTES  255U /* an app's id: longer is refused */
#define BK_PASTE_HINT_NAME_BYTES 128U /* the rest is cut */

/* Borrowed. */
struct bk_paste_content {
    const char *from, *from_name, *to, *to_name, *type;
};

struct bk_paste_hint {
    struct bk_typesetter *typesetter;
    const struct bk_apps *apps;
    struct bk_faces *faces;
    struct wlr_scene_buffer *node;
    char *from, *from_name, *to, *to_name; /* NULL: there was nothing to say yet */
    const char *done;                      /* of the words for what is pasted */
    int screen_width, top;
    double scale; /* as drawn */
    bool dirty, animated;
    uint64_t until_ms;     /* it goes then; UINT64_MAX: nobody has seen all of it */
    struct bk_tween shown; /* 0 away, 1 there */
};

/* What is given outlives it. Draws in front of all that `parent` has by now. */
void bk_paste_hint_init(struct bk_paste_hint *hint, struct wlr_scene_tree *parent, struct bk_typesetter *typesetter,
                        const struct bk_apps *apps, struct bk_faces *faces, bool animated);
void bk_paste_hint_finish(struct bk_paste_hint *hint);

/* The screen's width in logical pixels, and where what is the system's at its top ends. */
void bk_paste_hint_resize(struct bk_paste_hint *hint, int width, int top);

/* Says this from now on instead of what it said, for BK_PASTE_HINT_MS after it was seen: a system that stands still
 * takes nothing of that. -EINVAL: no id of an app. -ENOMEM. */
int bk_paste_hint_show(struct bk_paste_hint *hint, const struct bk_paste_content *content);

/* Before a frame: draws what changed; true while more frames are needed. */
bool bk_paste_hint_frame(struct bk_paste_hint *hint, uint64_t now_ms);

/* After a frame came to the screen: when it goes, or UINT64_MAX while that is not known or it is gone. */
uint64_t bk_paste_hint_presented(struct bk_paste_hint *hint, uint64_t now_ms);

#endif
