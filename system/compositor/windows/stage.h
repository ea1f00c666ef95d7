/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The windows of the apps as a whole: the display port's session, the model of the windows and their views tied
 * together; what pointer and keyboard do to windows, and what of it the apps are told.
 *
 * Input from: app, through the display port; the person
 * Runs in: bk-compositor, main thread
 *
 * Nothing of an app's is looked at when it comes, but before the next frame of the screen, its newest only. An app is
 * told FRAME_DONE once its frame was on the screen; one that cannot be seen, once a second.
 */
#ifndef BK_COMPOSITOR_STAGE_H
#define BK_COMPOSITOR_STAGE_H

#include "apps.h"
#include "faces.h"
#include "form.h"
#include "motion.h"
#include "typeset.h"
#include "windows.h"

#include <systemd/sd-event.h>
#include <wlr/types/wlr_scene.h>

enum bk_stage_request {
    BK_STAGE_START,
    BK_STAGE_CLOSE,
    BK_STAGE_END,
    BK_STAGE_STAY, /* it is not to close any more */
    BK_STAGE_COPY, /* a fresh one, of an app */
    BK_STAGE_REQUESTS,
};

enum bk_pointer_shape {
    BK_POINTER_ARROW,
    BK_POINTER_HORIZONTAL, /* resizes that way */
    BK_POINTER_VERTICAL,
    BK_POINTER_FALLING, /* from the upper left to the lower right */
    BK_POINTER_RISING,
    BK_POINTER_MOVE,
    BK_POINTER_HIDDEN,
    BK_POINTER_APP, /* the app's picture */
};

struct bk_stage_options {
    const char *socket; /* a Unix socket in place of the virtio port, for tests */
    bool no_source;     /* no apps at all */
    const bool *animated;
    enum bk_form form;
    void (*wants_frame)(void *userdata);
    /* Windows came, went, or changed their order, state or focus. */
    void (*changed)(void *userdata);
    /* `picture` with BK_POINTER_APP only, with its hot spot. */
    void (*set_pointer)(enum bk_pointer_shape shape, struct wlr_buffer *picture, int hot_x, int hot_y, void *userdata);
    /* The person wants an app closed or ended; false when nobody can be asked. */
    bool (*request)(const char *app, enum bk_stage_request request, void *userdata);
    /* Where on the screen the window is to be seen, from the pose that it was sent to before (all zero: it is new).
     * True when a finger holds it: then it is there at once. NULL: where the model has it, or `task_place`. */
    bool (*pose)(const struct bk_window *window, const struct bk_pose *before, struct bk_pose *ret_pose,
                 void *userdata);
    /* Where on the screen a window goes when it is minimised: its app's place in the task list. */
    struct bk_rect (*task_place)(uint32_t cid, void *userdata);
    void *userdata;
};

struct bk_stage;

/* Draws in `parent`; `typesetter`, `apps` and `faces` outlive it. */
int bk_stage_create(sd_event *event, struct wlr_scene_tree *parent, struct bk_typesetter *typesetter,
                    const struct bk_apps *apps, struct bk_faces *faces, const struct bk_stage_options *options,
                    struct bk_stage **ret_stage);
void bk_stage_destroy(struct bk_stage *stage);

/* The screen is about to be turned: what apps show stays until they have drawn their new sizes. */
void bk_stage_hold(struct bk_stage *stage);
/* The screen, in logical pixels; apps draw `scale` device pixels for each. They are told before this returns. */
void bk_stage_resize(struct bk_stage *stage, int width, int height, double scale, int refresh_mhz);
/* The poses are others. */
void bk_stage_pose_again(struct bk_stage *stage);
/* The broker told the apps anew, or what one of them says of its window. */
void bk_stage_apps_changed(struct bk_stage *stage);

/* The person started an app: the next window is the one that they wait for, and gets the focus. Any other comes up
 * behind the one that has it. */
void bk_stage_expect(struct bk_stage *stage);
/* The same of an app that may have a window by now, or one of which it is not told yet whose it is: that gets the
 * focus. */
void bk_stage_present(struct bk_stage *stage, const char *app);

/* Before a frame is made: takes what the apps show; true while more frames are needed. After it was: tells them. */
bool bk_stage_frame(struct bk_stage *stage, uint64_t now_ms);
void bk_stage_presented(struct bk_stage *stage, uint64_t now_ms);

/* The pointer is at (x, y) of the screen, `covered` by something above all windows. */
void bk_stage_pointer_move(struct bk_stage *stage, double x, double y, bool covered, uint64_t now_ms);
/* True while a button that went down here is held: what moves then is this stage's, wherever it is. */
bool bk_stage_holds_pointer(const struct bk_stage *stage);
/* `button` is BTN_*. */
void bk_stage_pointer_button(struct bk_stage *stage, unsigned button, bool down, uint64_t now_ms);
/* Buttons and fingers are let go of, wherever they went down: what was dragged stays where it is. */
void bk_stage_let_go(struct bk_stage *stage);
/* In 1/120 of a click. */
void bk_stage_scroll(struct bk_stage *stage, bool horizontal, int32_t amount);
/* A finger; true when it is on an app's content and so the app's. */
bool bk_stage_touch(struct bk_stage *stage, int32_t finger, double x, double y, bool down, uint64_t now_ms);
void bk_stage_touch_up(struct bk_stage *stage, int32_t finger);

/* For the window that has the focus; false when there is none. */
bool bk_stage_key(struct bk_stage *stage, unsigned code, bool down);
/* Keys go elsewhere from now on: lets go of what the app holds. */
void bk_stage_release_keys(struct bk_stage *stage);

/* Lets go of every finger that an app has: what they do from now on is the system's. */
void bk_stage_release_touches(struct bk_stage *stage);

/* What the keyboard's shortcuts do, to the window that has the focus. */
/* To a half of the screen; where windows are single, the window beside this one is shown. */
void bk_stage_tile(struct bk_stage *stage, bool left);
void bk_stage_toggle(struct bk_stage *stage, enum bk_window_mode mode);
void bk_stage_leave_full_screen(struct bk_stage *stage);
/* From large to normal to minimised; and back. */
void bk_stage_lower(struct bk_stage *stage);
void bk_stage_raise(struct bk_stage *stage);
void bk_stage_close(struct bk_stage *stage, struct bk_window *window, uint64_t now_ms);
void bk_stage_focus(struct bk_stage *stage, struct bk_window *window);
/* A click on its place in the task list: to the front, or away when it is there. */
void bk_stage_toggle_shown(struct bk_stage *stage, uint32_t cid);

struct bk_windows *bk_stage_windows(struct bk_stage *stage);
/* True when the window with the focus covers the screen, the panel too. */
bool bk_stage_is_full_screen(const struct bk_stage *stage);
struct bk_app_face bk_stage_face(struct bk_stage *stage, const struct bk_window *window);
/* How the window is shown at this time. */
struct bk_pose bk_stage_pose(const struct bk_window *window, uint64_t now_ms);
/* What the app showed last; NULL: nothing. The caller locks it to keep it. */
struct wlr_buffer *bk_stage_picture(const struct bk_window *window);

#endif
