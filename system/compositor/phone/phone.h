/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A phone: what fingers on the edges of the screen do to its apps, and the overview of those that are open.
 *
 * Input from: the person
 * Runs in: bk-compositor, main thread
 *
 * A finger is asked about here before anybody else gets it. What apps do, or do not do, has no part in it.
 */
#ifndef BK_COMPOSITOR_PHONE_H
#define BK_COMPOSITOR_PHONE_H

#include "stage.h"

#include <xkbcommon/xkbcommon.h>

#define BK_PHONE_POINTER INT32_MIN /* the finger that a pointer's left button is */

struct bk_phone_options {
    const bool *animated;
    void (*wants_frame)(void *userdata);
    /* A gesture took the finger: nobody else has it, or any other finger, from now on. */
    void (*took)(void *userdata);
    bool (*shows_notifications)(void *userdata);
    void (*toggle_notifications)(void *userdata);
    /* True: neither the app with the focus nor the home screen is what is seen just now. */
    void (*away)(bool away, void *userdata);
    void *userdata;
};

struct bk_phone;

/* `under` and `over` are right below and above the windows. */
int bk_phone_create(sd_event *event, struct wlr_scene_tree *under, struct wlr_scene_tree *over,
                    struct bk_typesetter *typesetter, const struct bk_apps *apps, struct bk_stage *stage,
                    const struct bk_phone_options *options, struct bk_phone **ret_phone);
void bk_phone_destroy(struct bk_phone *phone);

/* For the stage: where a window is to be seen; true when a finger holds it there. `icon` is its place at home. */
bool bk_phone_pose(const struct bk_phone *phone, const struct bk_window *window, const struct bk_pose *before,
                   const struct bk_rect *icon, struct bk_pose *ret_pose);

/* Windows came, went, or changed their order, state or focus; or the screen has another size. */
void bk_phone_changed(struct bk_phone *phone);
/* Before a frame, after the stage's; true while more frames are needed. */
bool bk_phone_frame(struct bk_phone *phone, uint64_t now_ms);

/* A finger came down or moved; true when it is this one's, and nobody else is to hear of it. */
bool bk_phone_touch(struct bk_phone *phone, int32_t finger, double x, double y, bool down, uint64_t now_ms);
bool bk_phone_touch_up(struct bk_phone *phone, int32_t finger, uint64_t now_ms);
void bk_phone_touch_cancel(struct bk_phone *phone, int32_t finger, uint64_t now_ms);

/* Every finger is as good as up, and did nothing. */
void bk_phone_let_go(struct bk_phone *phone, uint64_t now_ms);

/* The overview covers what else there is; what is typed is for it. */
bool bk_phone_is_open(const struct bk_phone *phone);
void bk_phone_key(struct bk_phone *phone, xkb_keysym_t key, uint64_t now_ms);

#endif
