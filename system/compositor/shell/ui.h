/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The desktop's own parts as the person meets them: wallpaper, panel, launcher, settings, toasts and notification
 * panel, and what pointer and keyboard do to them. Draws only when a frame is about to be made.
 *
 * Input from: the person; app text within the model
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_UI_H
#define BK_COMPOSITOR_UI_H

#include "defaults.h"
#include "layouts.h"
#include "notifications.h"
#include "place_choice.h"
#include "power.h"
#include "privacy.h"
#include "software.h"
#include "stage.h"

#include <wlr/types/wlr_scene.h>
#include <xkbcommon/xkbcommon.h>

struct bk_ui;

struct bk_ui_options {
    enum bk_form form;
    const bool *animated;                /* things slide and fade */
    void (*wants_frame)(void *userdata); /* something changed that the screen does not show yet */
    void (*start)(const char *app, bool fresh_copy, void *userdata);
    const struct bk_layouts *layouts; /* of keyboards; it outlives the UI */
    void (*choose_layout)(size_t layout, void *userdata);
    const struct bk_privacy *privacy; /* it outlives the UI */
    /* `choice` is BK_CHOICES to forget what was chosen. */
    void (*change_grant)(const char *app, const char *permission, enum bk_choice choice, void *userdata);
    struct bk_power *power; /* it outlives the UI */
    void (*switch_low_power)(bool low, void *userdata);
    /* `anyway`: though apps keep the machine awake. */
    void (*sleep)(bool anyway, void *userdata);
    void (*power_off)(void *userdata);
    struct bk_place_choice *place; /* it outlives the UI */
    /* NULL: it is to be forgotten. */
    void (*change_place)(const struct bk_place *place, void *userdata);
    struct bk_software *software; /* it outlives the UI */
    /* `what` is a mark or an id, or NULL; `point` is BK_SOFTWARE_RESTORE's. */
    void (*want_software)(enum bk_software_wish wish, const char *what, uint32_t point, void *userdata);
    const struct bk_defaults *defaults; /* it outlives the UI */
    void (*change_default)(const char *kind, enum bk_default_wish wish, void *userdata);
    void *userdata;
};

/* `model`, `apps` and `faces` outlive it. */
int bk_ui_create(struct wlr_scene *scene, struct bk_notifications *model, const struct bk_apps *apps,
                 struct bk_faces *faces, const struct bk_ui_options *options, struct bk_ui **ret_ui);
void bk_ui_destroy(struct bk_ui *ui);

/* Where the windows are drawn, what is right below and above them, and what is above everything. */
struct wlr_scene_tree *bk_ui_under_tree(struct bk_ui *ui);
struct wlr_scene_tree *bk_ui_window_tree(struct bk_ui *ui);
struct wlr_scene_tree *bk_ui_over_tree(struct bk_ui *ui);
struct wlr_scene_tree *bk_ui_top_tree(struct bk_ui *ui);
struct bk_typesetter *bk_ui_typesetter(struct bk_ui *ui);
/* The windows, once they are there, and before anything else is called. */
void bk_ui_set_stage(struct bk_ui *ui, struct bk_stage *stage);
/* The broker told the apps anew. */
void bk_ui_apps_changed(struct bk_ui *ui);

void bk_ui_resize(struct bk_ui *ui, int width, int height);

/* The broker told of permissions, or of defaults. */
void bk_ui_privacy_changed(struct bk_ui *ui);

/* … of the machine's power. */
void bk_ui_power_changed(struct bk_ui *ui);
/* … of the place that the person set. */
void bk_ui_place_changed(struct bk_ui *ui);
/* … of what is installed, or is to be. */
void bk_ui_software_changed(struct bk_ui *ui);
/* The question whether something is to be installed is what is drawn. */
bool bk_ui_asks_about_software(const struct bk_ui *ui);

/* Something that is drawn has changed: the model, the minute. */
void bk_ui_changed(struct bk_ui *ui);
/* Windows came, went, or changed their order, state or focus. */
void bk_ui_windows_changed(struct bk_ui *ui, uint64_t now_ms);
/* Neither the app with the focus nor the home screen is what is seen just now. */
void bk_ui_set_away(struct bk_ui *ui, bool away, uint64_t now_ms);

/* Draws what changed and moves what moves, before a frame is made; true while more frames are needed. */
bool bk_ui_frame(struct bk_ui *ui, uint64_t now_ms);

/* Screen coordinates; milliseconds of CLOCK_MONOTONIC. */
void bk_ui_pointer_move(struct bk_ui *ui, double x, double y, uint64_t now_ms);
void bk_ui_pointer_press(struct bk_ui *ui, uint64_t now_ms);
/* The other button: what can be done with an app of the launcher. */
void bk_ui_pointer_press_other(struct bk_ui *ui, uint64_t now_ms);
/* What pressed rests where it went down: it does what the other button does, if that is anything, and true is returned;
 * its release then activates nothing. */
bool bk_ui_pointer_hold(struct bk_ui *ui, uint64_t now_ms);
void bk_ui_pointer_release(struct bk_ui *ui, uint64_t now_ms);
/* What is pressed is not to be activated: the finger means something else. */
void bk_ui_pointer_cancel(struct bk_ui *ui);
/* There is no pointer any more. */
void bk_ui_pointer_leave(struct bk_ui *ui, uint64_t now_ms);
void bk_ui_scroll(struct bk_ui *ui, double pixels);

/* Where the task list, or the home screen, has the app: a place on the screen, even when there is no room for it. */
struct bk_rect bk_ui_task_place(const struct bk_ui *ui, uint32_t cid);

/* The pointer is on one of these parts, not on a window. */
bool bk_ui_has_pointer(const struct bk_ui *ui);
/* What is typed is for one of these parts. */
bool bk_ui_has_keyboard(const struct bk_ui *ui);

/* A key went down; `text` is what it types, perhaps nothing. */
void bk_ui_key(struct bk_ui *ui, xkb_keysym_t key, const char *text, bool shift, uint64_t now_ms);

bool bk_ui_shows_notifications(const struct bk_ui *ui);
bool bk_ui_shows_settings(const struct bk_ui *ui);
/* All of them, on the page of installed apps, with what comes or asks there. */
void bk_ui_show_software(struct bk_ui *ui, uint64_t now_ms);
void bk_ui_close_settings(struct bk_ui *ui, uint64_t now_ms);
void bk_ui_toggle_notifications(struct bk_ui *ui, uint64_t now_ms);
void bk_ui_toggle_layouts(struct bk_ui *ui, uint64_t now_ms);
void bk_ui_toggle_launcher(struct bk_ui *ui, uint64_t now_ms);

#endif
