/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The panel along the top of the screen: the launcher's button, the task list, what is in use, the battery, the
 * keyboard's layout, the date and time, the bell. Where one app is shown at a time there is no task list: the panel has
 * that app's colour, picture and name, which no app can draw.
 *
 * Input from: trusted
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_PANEL_H
#define BK_COMPOSITOR_PANEL_H

#include "faces.h"
#include "form.h"
#include "power.h"
#include "target.h"
#include "windows.h"

#include <time.h>
#include <wlr/types/wlr_scene.h>

/* A window in the task list. */
struct bk_panel_task {
    uint32_t cid;
    bool focused, minimised;
};

struct bk_panel_look {
    int width;
    double scale;
    uint32_t shown;                             /* the app that the panel speaks of; 0: none */
    struct bk_panel_task tasks[BK_WINDOWS_MAX]; /* in the order of their CIDs: as they were started */
    size_t task_count;
    uint64_t apps;      /* revision of what the apps are called */
    uint64_t marks;     /* revision of what stands on their badges */
    bool launcher;      /* is open */
    size_t count;       /* of notifications */
    bool undisturbed;   /* none is a toast */
    bool open;          /* the notification panel is */
    const char *layout; /* of the keyboard, as its label says */
    bool layouts;       /* the list of them is open */
    unsigned sensors;   /* that are in use, a bit each */
    bool uses;          /* the list of uses is open */
    uint64_t power;     /* revision of what is known of it */
    struct bk_target hover, pressed, focus;
    char clock[40];
    char date[40];
};

struct bk_panel {
    struct bk_form_layout layout;
    struct wlr_scene_buffer *node;
    struct bk_rect clock, bell, launch, keyboard, battery, uses;
    struct bk_rect tasks[BK_WINDOWS_MAX];
    struct bk_panel_look look;
};

void bk_panel_init(struct bk_panel *panel, struct wlr_scene_tree *parent, enum bk_form form);

/* What the panel shows besides the time. */
struct bk_panel_content {
    const struct bk_windows *windows;
    const struct bk_apps *apps;
    struct bk_faces *faces;
    uint32_t shown; /* CID of the app that fills the screen; 0: none */
    size_t count;   /* of notifications */
    bool undisturbed;
    bool open; /* the notification panel is */
    bool launcher;
    const char *layout; /* its label, which stays where it is */
    bool layouts;
    unsigned sensors; /* that are in use: bk_privacy_sensors() */
    bool uses;        /* the list of uses is open */
    const struct bk_power *power;
};

/* Draws the panel when it looks different from before. */
void bk_panel_draw(struct bk_panel *panel, struct bk_typesetter *typesetter, int width, time_t now,
                   const struct bk_panel_content *content, const struct bk_attention *attention);

/* Where the app's window stands in the task list; the list's beginning when it does not. */
struct bk_rect bk_panel_task_place(const struct bk_panel *panel, uint32_t cid);

/* BK_TARGET_NONE where there is nothing to press. */
struct bk_target bk_panel_at(const struct bk_panel *panel, double x, double y);

#endif
