/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compositor as a whole: owns the wlroots objects, the models, the windows, the UI and the service, and ties them
 * together.
 *
 * Input from: trusted
 * Runs in: bk-compositor, main thread
 *
 * sd-event is the loop; wlroots' own loop is one source in it.
 */
#ifndef BK_COMPOSITOR_DESKTOP_H
#define BK_COMPOSITOR_DESKTOP_H

#include "defaults.h"
#include "form.h"
#include "layouts.h"
#include "notifications.h"
#include "paste_hint.h"
#include "place_choice.h"
#include "power.h"
#include "privacy.h"
#include "prompt_view.h"
#include "software.h"
#include "ui.h"

#include <systemd/sd-event.h>
#include <wayland-server-core.h>
#include <wlr/backend.h>
#include <wlr/backend/session.h>
#include <wlr/render/allocator.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/types/wlr_scene.h>

struct bk_desktop_options {
    const char *socket;  /* where the broker connects */
    uint64_t toast_ms;   /* how long a toast stays */
    bool reduced_motion; /* nothing slides or fades */
    uint32_t turn_ms;    /* how long the desktop turns when the machine was turned */
    enum bk_form form;
    size_t layout;      /* of the keyboard, to begin with: a number of bk_layout_table */
    double scale;       /* of the screen: 1, 1.5 or 2; 0: as it is derived from the screen's size */
    int headless_width; /* in device pixels; 0: a real screen and input devices */
    int headless_height;
    const char *display_socket; /* headless: where a test plays the display port and the apps; NULL: no apps */
};

struct bk_output;
struct bk_input;
struct bk_desktop_service;
struct bk_hotplug;
struct bk_phone;
struct bk_seat;
struct bk_switcher;
struct bk_window_news;

struct bk_desktop {
    struct bk_desktop_options options;
    sd_event *event;
    sd_event_source *wayland_source;
    sd_event_source *toast_timer;
    sd_event_source *minute_timer;
    sd_event_source *prompt_timer;
    sd_event_source *paste_timer;
    sd_event_source *software_timer;
    struct wl_display *display;
    struct wl_event_loop *loop;
    struct wlr_session *session; /* NULL when headless */
    struct wlr_backend *backend;
    struct wlr_renderer *renderer;
    struct wlr_allocator *allocator;
    struct wlr_scene *scene;
    struct wlr_output_layout *layout;
    struct bk_notifications *model;
    struct bk_apps *apps;
    struct bk_faces *faces;
    struct bk_layouts layouts; /* of the keyboard */
    struct {
        bool chosen; /* by the person, now or before: these are to be kept */
        bool undisturbed;
        size_t layout;
    } preferences; /* as the broker was told them last, or as they are without a choice */
    struct bk_stage *stage;
    struct bk_switcher *switcher;
    struct bk_window_news *news; /* what the broker knows of the windows */
    struct bk_phone *phone;      /* NULL: it is none */
    struct bk_ui *ui;
    struct bk_privacy privacy;    /* what the broker told of permissions */
    struct bk_defaults defaults;  /* … of what opens with which app */
    struct bk_power power;        /* … of the machine's power */
    struct bk_software software;  /* … of what is installed, or is to be, and what of it they look at */
    struct bk_place_choice place; /* … and of the place that the person set, and what they are writing of it */
    bool animated;                /* things slide and fade: the person does not mind, and power is not to be saved */
    struct bk_prompt prompt;      /* the question to the person, when there is one */
    struct bk_prompt_view prompt_view;
    struct bk_paste_hint paste_hint;
    struct bk_seat *seat;
    struct bk_output *output; /* the screen; NULL while there is none */
    struct bk_input *input;
    struct bk_hotplug *hotplug; /* NULL when headless */
    struct bk_desktop_service *service;
    struct wl_listener new_output;
    struct wl_listener new_input;
    int wanted_orientation; /* degrees clockwise by which the machine was turned: 0, 90, 180, 270 */
    int orientation;        /* what the desktop is laid out for: the same but for a moment */
    bool settled;           /* nothing moves on the screen and it shows the model's last change */
};

/* -errno when a part of the system is missing; it has been logged. */
int bk_desktop_create(sd_event *event, const struct bk_desktop_options *options, struct bk_desktop **ret_desktop);
void bk_desktop_destroy(struct bk_desktop *desktop);

uint64_t bk_desktop_now_ms(void);

/* For the seat: the keyboard's next layout among those that were used; with only one of these, the list of all. */
void bk_desktop_next_layout(struct bk_desktop *desktop);

/* For the service: the keyboard has another layout. Nothing happens without that one's keymap. */
void bk_desktop_choose_layout(struct bk_desktop *desktop, size_t layout);

/* For the output: the screen has this size now, in logical pixels of `scale` device pixels. */
void bk_desktop_resize(struct bk_desktop *desktop, int width, int height, double scale, int refresh_mhz);
/* For the service: the machine was turned, 0, 90, 180 or 270 degrees clockwise from how its panel is built in. */
void bk_desktop_turn(struct bk_desktop *desktop, int orientation);
/* For the output: the desktop begins to turn, or is at rest again. */
void bk_desktop_set_turning(struct bk_desktop *desktop, bool turning);
/* For the service: the broker told the apps anew. */
void bk_desktop_apps_changed(struct bk_desktop *desktop);
/* For the service: the broker told of permissions, or of defaults. */
void bk_desktop_privacy_changed(struct bk_desktop *desktop);
/* … of the machine's power. */
void bk_desktop_power_changed(struct bk_desktop *desktop);
/* … of the place that the person set. */
void bk_desktop_place_changed(struct bk_desktop *desktop);
/* … of what is installed, or is to be. */
void bk_desktop_software_changed(struct bk_desktop *desktop);
/* The settings come up with their page of installed apps. */
void bk_desktop_show_software(struct bk_desktop *desktop);
/* For the service: an app says something else of its window. */
void bk_desktop_traits_changed(struct bk_desktop *desktop);

/* For the service: this is pasted, and the person shall see it. -EINVAL: no id of an app. -ENOMEM. */
int bk_desktop_show_paste(struct bk_desktop *desktop, const struct bk_paste_content *content);

/* For the output: draws before a frame (true while more frames are needed), and what follows one that succeeded. */
bool bk_desktop_before_frame(struct bk_desktop *desktop, uint64_t now_ms);
void bk_desktop_after_frame(struct bk_desktop *desktop, bool more, uint64_t now_ms);

#endif
