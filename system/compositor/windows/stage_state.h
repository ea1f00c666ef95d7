/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stage.c (what apps show), stage_input.c (what the person does) and stage_view.c (what is seen) share; nobody
 * else's.
 *
 * Input from: app, through the display port; the person
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_STAGE_STATE_H
#define BK_COMPOSITOR_STAGE_STATE_H

#include "display_source.h"
#include "hint.h"
#include "stage.h"
#include "window_view.h"

#include "log.h"

/* What a window's `userdata` is. */
struct actor {
    struct bk_display_app *app;
    struct bk_window_view view;
    struct wlr_buffer *shown;  /* locked; NULL: nothing */
    uint32_t shown_id;         /* of the surface; 0: of none that is announced */
    bool held;                 /* the app's last frame is not shown yet, after a turn */
    struct wlr_buffer *cursor; /* locked; NULL: none */
    struct bk_motion motion;
    enum bk_window_mode mode; /* that the motion goes to */
};

#define BK_STAGE_GHOSTS_MAX 8U

/* What is left of a window whose app left: it shows its last picture while it fades. */
struct ghost {
    struct bk_window window; /* as it was */
    struct bk_window_view view;
    struct bk_motion motion;
    uint32_t above; /* the CID of the window right below it; 0: none */
};

struct finger {
    int32_t id;
    uint32_t cid;
    bool down;
};

struct bk_stage {
    struct bk_stage_options options;
    const struct bk_apps *apps;
    struct bk_faces *faces;
    struct bk_typesetter *typesetter;
    struct wlr_scene_tree *tree;
    struct wlr_scene_rect *snap;
    struct bk_hint hint;
    struct bk_window_pictures pictures;
    struct bk_display_session session;
    struct bk_display_source *source;
    struct bk_windows windows;
    struct ghost ghosts[BK_STAGE_GHOSTS_MAX];
    size_t ghost_count;
    int refresh_mhz;
    double scale; /* device pixels to a logical one: what apps draw and are told is in device pixels */

    double x, y;
    bool covered;
    struct bk_window *hover; /* window below the pointer, and what of it */
    unsigned hover_part;
    unsigned buttons;         /* that went down here and are held */
    struct bk_window *holder; /* its content has the pointer while buttons are held */
    struct bk_window *pressed;
    unsigned pressed_part;
    struct bk_window_drag drag;
    struct bk_window *clicked; /* title bar, once */
    uint64_t clicked_ms;
    struct finger fingers[BK_DISPLAY_TOUCHES_MAX];

    sd_event_source *idle_timer;
    sd_event_source *hint_timer;
    sd_event_source *resize_timer;       /* an app that does not follow is told the next size */
    bool expects;                        /* the person started an app, and typed nothing into another since */
    char presented[BK_APP_ID_BYTES + 1]; /* while it does: the app, whose window may be there already; "": not known */
    bool point_due;                      /* a picture has another size: the pointer is elsewhere on it */
    bool dirty;                          /* a view does not show the model yet */
    bool order_dirty;
    bool resized; /* the screen has another size: nothing moves there slowly */
    bool moving;  /* something is on its way */
    struct bk_ratelimit failures;
};

static inline struct actor *actor_of(const struct bk_window *window)
{
    return window->userdata;
}

/* A view does not show the model any more. */
void bk_stage_dirty(struct bk_stage *stage);
/* And others than the views show it too. */
void bk_stage_changed(struct bk_stage *stage);
/* The broker told whose windows are whose: what the person waits for may be there since before that. */
void bk_stage_show_presented(struct bk_stage *stage);
/* The window was asked to close, and is there: the person is asked whether it is to be ended. */
void bk_stage_offer_end(struct bk_stage *stage, struct bk_window *window, uint64_t now_ms);
/* Sends what the apps do not know yet. */
void bk_stage_tell(struct bk_stage *stage);
/* The picture of an app's cursor has its hot spot at this logical pixel, from the app's device pixels. */
int bk_stage_hot_spot(const struct bk_stage *stage, uint32_t device);
/* The app below the pointer is told again where that is: its picture is another. */
void bk_stage_point_again(struct bk_stage *stage);
/* What is below the pointer may look different. */
void bk_stage_update_pointer(struct bk_stage *stage);

/* --- stage_view.c --- */

/* True when the model has the window where it can be seen. */
bool bk_stage_can_be_seen(struct bk_stage *stage, const struct bk_window *window);
/* A view for a new window; and what becomes of the view of one whose app left. */
void bk_stage_view_enter(struct bk_stage *stage, struct bk_window *window);
void bk_stage_view_leave(struct bk_stage *stage, struct bk_window *window, uint64_t now_ms);
void bk_stage_drop_ghosts(struct bk_stage *stage);
/* The model changed: everything sets off for where it is now. */
void bk_stage_view_sync(struct bk_stage *stage, uint64_t now_ms);
/* Draws what looks different, and puts everything where it is at this time; true while something moves. */
bool bk_stage_view_animate(struct bk_stage *stage, uint64_t now_ms);

#endif
