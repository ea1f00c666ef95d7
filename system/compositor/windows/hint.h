/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Says whose window covers the whole screen, and how to leave it, for a while after it began to: no app can keep the
 * person from knowing it.
 *
 * Input from: app (its name and picture, as installed)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_HINT_H
#define BK_COMPOSITOR_HINT_H

#include "badge.h"

#include <stdint.h>
#include <wlr/types/wlr_scene.h>

#define BK_HINT_MS 4000

struct bk_hint {
    struct wlr_scene_buffer *node;
    uint32_t cid; /* whose it is; 0: nobody's */
    double scale; /* as drawn */
    uint64_t until_ms;
    int width;
};

void bk_hint_init(struct bk_hint *hint, struct wlr_scene_tree *parent);

/* The app `cid` covers the screen, out of which `way` leads; 0: none does. Yields when to call again, UINT64_MAX for
 * not before that changes. */
uint64_t bk_hint_sync(struct bk_hint *hint, struct bk_typesetter *typesetter, uint32_t cid,
                      const struct bk_app_face *face, const char *way, int screen_width, uint64_t now_ms);

#endif
