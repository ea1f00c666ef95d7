/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker's connection to the desktop (api/internal/io.bulkhead.Desktop.varlink): found, lost and found again.
 *
 * Input from: trusted (bk-compositor)
 * Runs in: bk-broker
 *
 * While there is no desktop nothing is queued for it: when it arrives it is shown everything anew.
 */
#ifndef BK_BROKER_DESKTOP_H
#define BK_BROKER_DESKTOP_H

#include "app.h"
#include "notification.h"
#include "open_defaults.h"
#include "permission.h"
#include "software_wish.h"
#include "window.h"

#include <stdint.h>
#include <systemd/sd-event.h>
#include <systemd/sd-json.h>

struct bk_desktop;
struct bk_file_deed;
struct bk_place;

enum bk_desktop_request {
    BK_DESKTOP_START,
    BK_DESKTOP_CLOSE,
    BK_DESKTOP_END,
    BK_DESKTOP_STAY,
    BK_DESKTOP_COPY,
    BK_DESKTOP_REQUESTS,
};

struct bk_desktop_events {
    /* A desktop is there and shows nothing yet. */
    void (*arrived)(void *userdata);
    /* It is gone. */
    void (*lost)(void *userdata);
    /* The person answered; `button` is NULL when they dismissed it. */
    void (*answered)(int64_t handle, const char *button, void *userdata);
    /* The person wrote a reply: text that passes the rules of text.h. */
    void (*replied)(int64_t handle, const char *text, void *userdata);
    /* The person asked something of an app. The string is borrowed. */
    void (*requested)(const char *app, enum bk_desktop_request request, void *userdata);
    /* How the window of the app with this CID is seen. */
    void (*window)(uint32_t cid, bool focused, enum bk_window_visibility visibility, void *userdata);
    void (*surroundings)(const struct bk_surroundings *surroundings, void *userdata);
    /* The person answered a dialog (desktop_privacy.h); BK_CHOICE_NONE: closed it. */
    void (*asked)(int64_t id, enum bk_choice choice, void *userdata);
    /* A dialog is not shown; `busy`: because another one is. */
    void (*not_asked)(int64_t id, bool busy, void *userdata);
    /* In the window of the app with this CID the person pressed what pastes. */
    void (*pasted)(uint32_t cid, void *userdata);
    /* The person changed what an app may; the string is borrowed. BK_CHOICE_NONE: it is to ask again. */
    void (*grant)(const char *app, enum bk_permission permission, enum bk_choice choice, void *userdata);
    /* The person chose with which app to open something (desktop_open.h); NULL: none. `fresh`: with a fresh copy of it.
     * The string is borrowed. */
    void (*opened)(int64_t id, const char *app, bool always, bool fresh, void *userdata);
    /* What the default of this scheme or media type is to be; the string is borrowed. */
    void (*change_default)(const char *kind, enum bk_open_default_wish wish, void *userdata);
    /* The person did something in a question which file (desktop_file.h). Borrowed. */
    void (*file)(int64_t id, const struct bk_file_deed *deed, void *userdata);
    /* What the person chose for the desktop itself (preferences.h). */
    void (*preferences)(sd_json_variant *preferences, void *userdata);
    /* The person set where the machine is; NULL: forgot it. Borrowed. */
    void (*place)(const struct bk_place *place, void *userdata);
    /* The person wants something of installed apps (software.h); the string is borrowed, or NULL. */
    void (*software)(enum bk_software_wish wish, const char *what, uint64_t point, void *userdata);
    /* The person switched low-power mode; wants the machine to sleep, `anyway`: though apps keep it awake. */
    void (*low_power)(bool low, void *userdata);
    void (*sleep)(bool anyway, void *userdata);
    /* They want it switched off. */
    void (*power_off)(void *userdata);
};

/* `path`, `events` and `userdata` must outlive it. */
int bk_desktop_create(sd_event *event, const char *path, const struct bk_desktop_events *events, void *userdata,
                      struct bk_desktop **ret);
void bk_desktop_destroy(struct bk_desktop *desktop);

/* These do nothing while there is no desktop. */
void bk_desktop_show(struct bk_desktop *desktop, const struct bk_app *app, const struct bk_notification *notification);
void bk_desktop_withdraw(struct bk_desktop *desktop, int64_t handle);

/* How the person holds the machine; a desktop that arrives is told by itself. */
void bk_desktop_set_orientation(struct bk_desktop *desktop, unsigned degrees);

/* What was kept of an earlier desktop; NULL: nothing. */
void bk_desktop_set_preferences(struct bk_desktop *desktop, sd_json_variant *preferences);

/* What the app with this CID said of its window; the rest stays. */
void bk_desktop_set_window(struct bk_desktop *desktop, uint32_t cid, const struct bk_window_said *said);

/* Something of an app changed, or all of them are new to the desktop: tells it as soon as it has taken what it was told
 * before, with what there is by then. `apps`, all there are, must outlive the desktop. */
void bk_desktop_set_apps(struct bk_desktop *desktop, struct bk_app_table *apps);

/* Calls a method that answers nothing, for the files that know parts of the interface. `built` is how the building of
 * `parameters` went, which stay the caller's. */
void bk_desktop_call(struct bk_desktop *desktop, const char *method, int built, sd_json_variant *parameters);
/* The same for those that ask the person, whose refusal is told; false while there is no desktop. */
bool bk_desktop_ask_call(struct bk_desktop *desktop, const char *method, int64_t id, int built,
                         sd_json_variant *parameters);
/* The number of a new question; no two have the same. */
int64_t bk_desktop_number_question(struct bk_desktop *desktop);

#endif
