/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alt+Tab: the windows side by side, the newest focus first, each with what it shows right now.
 *
 * Input from: app (pixels); the person
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_SWITCHER_H
#define BK_COMPOSITOR_SWITCHER_H

#include "stage.h"

#define BK_SWITCHER_MAX 10U /* windows shown side by side; more are walked through */

struct bk_switcher;

int bk_switcher_create(struct wlr_scene_tree *parent, struct bk_typesetter *typesetter, struct bk_stage *stage,
                       const bool *animated, void (*wants_frame)(void *userdata), void *userdata,
                       struct bk_switcher **ret_switcher);
void bk_switcher_destroy(struct bk_switcher *switcher);

bool bk_switcher_is_open(const struct bk_switcher *switcher);
/* Opens it at the window before the one with the focus, or goes on to the next. Nothing when there is no window. */
void bk_switcher_step(struct bk_switcher *switcher, bool back);
/* Closes it; with `choose` the window that is marked gets the focus. */
void bk_switcher_end(struct bk_switcher *switcher, bool choose);

/* Windows came or went. */
void bk_switcher_changed(struct bk_switcher *switcher);
/* Before a frame: shows what the windows show; true while more frames are needed. */
bool bk_switcher_frame(struct bk_switcher *switcher, uint64_t now_ms);

#endif
