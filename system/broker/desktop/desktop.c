/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "desktop.h"

#include "desktop_file.h"
#include "desktop_open.h"
#include "desktop_place.h"
#include "desktop_power.h"
#include "desktop_privacy.h"
#include "desktop_software.h"
#include "json.h"
#include "text.h"

#include "checked.h"
#include "log.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-json.h>
#include <systemd/sd-varlink.h>

#define RETRY_US UINT64_C(200000) /* a desktop that starts or restarts is found so much later at most */

/* Icons in one message, which must stay far below sd-varlink's 16 MiB. */
#define ICONS_AT_ONCE 16U

/* Calls that ask the person and are not answered yet. Each of those who do so has one at a time; those that they
 * withdrew, which count for as long as the desktop does not answer, are bounded by their paces. */
#define ASKS_MAX 16U

#define NO_SUCH_NOTIFICATION "io.bulkhead.Desktop.NoSuchNotification"
#define BUSY                 "io.bulkhead.Desktop.Busy"

struct bk_desktop {
    sd_event *event;
    const char *path;
    const struct bk_desktop_events *events;
    void *userdata;
    sd_varlink *calls; /* both or none */
    sd_varlink *watch; /* a Watch() that goes on occupies its connection */
    sd_event_source *retry;
    sd_event_source *next; /* SetApps() again, outside of sd-varlink's callback */

    int degrees;               /* the machine's orientation; -1: not known yet */
    unsigned number;           /* of the desktops so far, to know what this one was shown; 0: there was none */
    uint64_t called, answered; /* calls on `calls`, which are answered in their order */
    struct bk_app_table *apps;
    uint64_t apps_call; /* the SetApps() that is not answered yet, or 0 */
    bool apps_changed;  /* since it */
    struct {
        uint64_t call; /* 0: free */
        int64_t id;
    } asks[ASKS_MAX];  /* that are not answered yet: whether the question is shown */
    int64_t questions; /* so far */
};

static const char *const request_names[] = {
    [BK_DESKTOP_START] = "start", [BK_DESKTOP_CLOSE] = "close", [BK_DESKTOP_END] = "end",
    [BK_DESKTOP_STAY] = "stay",   [BK_DESKTOP_COPY] = "copy",
};
static_assert(sizeof request_names / sizeof request_names[0] == BK_DESKTOP_REQUESTS, "one name for each");

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata);
static void tell_apps(struct bk_desktop *desktop);
static void tell_orientation(struct bk_desktop *desktop);

static void lose(struct bk_desktop *desktop, const char *why)
{
    bool had = desktop->calls != NULL;
    int r;

    if (had)
        bk_warning("lost the desktop: %s", why);
    desktop->calls = sd_varlink_close_unref(desktop->calls);
    desktop->watch = sd_varlink_close_unref(desktop->watch);
    r = sd_event_source_set_time_relative(desktop->retry, RETRY_US);
    if (r >= 0)
        r = sd_event_source_set_enabled(desktop->retry, SD_EVENT_ONESHOT);
    if (r < 0)
        bk_error("cannot look for the desktop any more: %s", strerror(-r));
    if (had)
        desktop->events->lost(desktop->userdata);
}

static int on_call_reply(sd_varlink *link, sd_json_variant *parameters, const char *error,
                         sd_varlink_reply_flags_t flags, void *userdata)
{
    struct bk_desktop *desktop = userdata;

    (void)link;
    (void)parameters;
    if ((flags & SD_VARLINK_REPLY_LOCAL) != 0) {
        lose(desktop, error);
        return 0;
    }
    desktop->answered++;
    for (unsigned i = 0; i < BK_ARRAY_SIZE(desktop->asks); i++) {
        if (desktop->asks[i].call != desktop->answered)
            continue;
        desktop->asks[i].call = 0;
        if (error != NULL)
            desktop->events->not_asked(desktop->asks[i].id, strcmp(error, BUSY) == 0, desktop->userdata);
    }
    /* The person's answer and a withdrawal may cross: that it has gone is what both wanted. */
    if (error != NULL && strcmp(error, NO_SUCH_NOTIFICATION) != 0 && strcmp(error, BUSY) != 0)
        bk_warning("the desktop refused a call: %s", error);
    if (desktop->answered == desktop->apps_call) {
        desktop->apps_call = 0;
        if (desktop->apps_changed)
            (void)sd_event_source_set_enabled(desktop->next, SD_EVENT_ONESHOT);
    }
    return 0;
}

static void take_request(struct bk_desktop *desktop, const char *app, const char *name)
{
    for (int request = 0; request < BK_DESKTOP_REQUESTS; request++) {
        if (strcmp(name, request_names[request]) == 0) {
            desktop->events->requested(app, (enum bk_desktop_request)request, desktop->userdata);
            return;
        }
    }
    bk_warning("the desktop asks for what is not known: %s", name);
}

static bool take_window(struct bk_desktop *desktop, sd_json_variant *json)
{
    sd_json_variant *cid = sd_json_variant_by_key(json, "cid");
    sd_json_variant *focused = sd_json_variant_by_key(json, "focused");
    sd_json_variant *visibility = sd_json_variant_by_key(json, "visibility");

    if (!sd_json_variant_is_unsigned(cid) || sd_json_variant_unsigned(cid) > UINT32_MAX ||
        !sd_json_variant_is_boolean(focused) || !sd_json_variant_is_string(visibility))
        return false;
    for (int i = 0; i < BK_WINDOW_VISIBILITIES; i++) {
        if (strcmp(sd_json_variant_string(visibility), bk_window_visibility_names[i]) != 0)
            continue;
        desktop->events->window((uint32_t)sd_json_variant_unsigned(cid), sd_json_variant_boolean(focused),
                                (enum bk_window_visibility)i, desktop->userdata);
        return true;
    }
    return false;
}

static bool take_name(sd_json_variant *json, const char *key, char to[static BK_SURROUNDINGS_NAME_MAX + 1])
{
    sd_json_variant *name = sd_json_variant_by_key(json, key);

    if (!sd_json_variant_is_string(name) || strlen(sd_json_variant_string(name)) > BK_SURROUNDINGS_NAME_MAX)
        return false;
    memcpy(to, sd_json_variant_string(name), strlen(sd_json_variant_string(name)) + 1);
    return true;
}

static bool take_surroundings(struct bk_desktop *desktop, sd_json_variant *json)
{
    struct bk_surroundings surroundings = { 0 };
    sd_json_variant *scale = sd_json_variant_by_key(json, "scale");
    sd_json_variant *theme = sd_json_variant_by_key(json, "theme");
    sd_json_variant *reduced_motion = sd_json_variant_by_key(json, "reducedMotion");

    if (!sd_json_variant_is_number(scale) || !sd_json_variant_is_string(theme) ||
        !sd_json_variant_is_boolean(reduced_motion) ||
        !take_name(json, "keyboardLayout", surroundings.keyboard_layout) ||
        !take_name(json, "keyboardVariant", surroundings.keyboard_variant))
        return false;
    surroundings.scale = sd_json_variant_real(scale);
    surroundings.light = strcmp(sd_json_variant_string(theme), "light") == 0;
    surroundings.reduced_motion = sd_json_variant_boolean(reduced_motion);
    desktop->events->surroundings(&surroundings, desktop->userdata);
    return true;
}

static void take_reply(struct bk_desktop *desktop, int64_t id, sd_json_variant *text)
{
    const char *wrote = sd_json_variant_is_string(text) ? sd_json_variant_string(text) : "";

    if (bk_text_check(wrote, strlen(wrote), BK_NOTIFICATION_REPLY_MAX, BK_TEXT_LINE) != BK_TEXT_GOOD)
        lose(desktop, "a reply of a wrong form");
    else
        desktop->events->replied(id, wrote, desktop->userdata);
}

static int on_watch_reply(sd_varlink *link, sd_json_variant *parameters, const char *error,
                          sd_varlink_reply_flags_t flags, void *userdata)
{
    struct bk_desktop *desktop = userdata;
    sd_json_variant *id = sd_json_variant_by_key(parameters, "id");
    sd_json_variant *answer = sd_json_variant_by_key(parameters, "answer");
    sd_json_variant *button = sd_json_variant_by_key(parameters, "button");
    sd_json_variant *app = sd_json_variant_by_key(parameters, "app");
    sd_json_variant *request = sd_json_variant_by_key(parameters, "request");
    sd_json_variant *window = sd_json_variant_by_key(parameters, "window");
    sd_json_variant *surroundings = sd_json_variant_by_key(parameters, "surroundings");
    sd_json_variant *preferences = sd_json_variant_by_key(parameters, "preferences");
    sd_json_variant *gesture = sd_json_variant_by_key(parameters, "pasteGesture");
    sd_json_variant *cid = sd_json_variant_by_key(gesture, "cid");
    const char *fault = NULL;

    (void)link;
    if (error != NULL || (flags & SD_VARLINK_REPLY_CONTINUES) == 0) {
        lose(desktop, error != NULL ? error : "it ended the watch");
        return 0;
    }
    if (sd_json_variant_is_string(app) && sd_json_variant_is_string(request)) {
        take_request(desktop, sd_json_variant_string(app), sd_json_variant_string(request));
        return 0;
    }
    if (bk_json_is_given(gesture)) {
        if (!sd_json_variant_is_unsigned(cid) || sd_json_variant_unsigned(cid) > UINT32_MAX)
            lose(desktop, "a gesture of a wrong form");
        else
            desktop->events->pasted((uint32_t)sd_json_variant_unsigned(cid), desktop->userdata);
        return 0;
    }
    if (bk_json_is_given(window) || bk_json_is_given(surroundings)) {
        if (bk_json_is_given(window) ? !take_window(desktop, window) : !take_surroundings(desktop, surroundings))
            lose(desktop, "news of a wrong form");
        return 0;
    }
    if (sd_json_variant_is_object(preferences)) {
        desktop->events->preferences(preferences, desktop->userdata);
        return 0;
    }
    if (bk_desktop_privacy_take(parameters, desktop->events, desktop->userdata, &fault) ||
        bk_desktop_power_take(parameters, desktop->events, desktop->userdata, &fault) ||
        bk_desktop_software_take(parameters, desktop->events, desktop->userdata, &fault) ||
        bk_desktop_place_take(parameters, desktop->events, desktop->userdata, &fault) ||
        bk_desktop_open_take(parameters, desktop->events, desktop->userdata, &fault) ||
        bk_desktop_file_take(parameters, desktop->events, desktop->userdata, &fault)) {
        if (fault != NULL)
            lose(desktop, fault);
        return 0;
    }
    if (!sd_json_variant_is_integer(id) || !sd_json_variant_is_string(answer)) {
        lose(desktop, "an answer of a wrong form");
        return 0;
    }
    if (strcmp(sd_json_variant_string(answer), "replied") == 0) {
        take_reply(desktop, sd_json_variant_integer(id), sd_json_variant_by_key(parameters, "text"));
        return 0;
    }
    bool activated = strcmp(sd_json_variant_string(answer), "activated") == 0 && sd_json_variant_is_string(button);
    desktop->events->answered(sd_json_variant_integer(id), activated ? sd_json_variant_string(button) : NULL,
                              desktop->userdata);
    return 0;
}

static int open_link(struct bk_desktop *desktop, sd_varlink_reply_t on_reply, sd_varlink **ret)
{
    sd_varlink *link = NULL;
    int r = sd_varlink_connect_address(&link, desktop->path);

    if (r < 0)
        return r;
    sd_varlink_set_userdata(link, desktop);
    r = sd_varlink_bind_reply(link, on_reply);
    if (r >= 0)
        r = sd_varlink_attach_event(link, desktop->event, SD_EVENT_PRIORITY_NORMAL);
    if (r < 0) {
        sd_varlink_close_unref(link);
        return r;
    }
    *ret = link;
    return 0;
}

static int arrive(struct bk_desktop *desktop)
{
    int r = open_link(desktop, on_watch_reply, &desktop->watch);
    if (r < 0)
        return r;
    r = sd_varlink_set_relative_timeout(desktop->watch, UINT64_MAX);
    if (r >= 0)
        r = sd_varlink_observe(desktop->watch, "io.bulkhead.Desktop.Watch", NULL);
    if (r >= 0)
        r = open_link(desktop, on_call_reply, &desktop->calls);
    if (r < 0)
        return r;
    bk_info("found the desktop");
    desktop->number++;
    desktop->called = desktop->answered = desktop->apps_call = 0;
    memset(desktop->asks, 0, sizeof desktop->asks);
    tell_orientation(desktop); /* first: what comes next is shown so at once */
    if (desktop->calls != NULL)
        desktop->events->arrived(desktop->userdata);
    return 0;
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_desktop *desktop = userdata;

    (void)source;
    (void)usec;
    if (arrive(desktop) < 0)
        lose(desktop, "");
    return 0;
}

static int on_next(sd_event_source *source, void *userdata)
{
    (void)source;
    tell_apps(userdata);
    return 0;
}

int bk_desktop_create(sd_event *event, const char *path, const struct bk_desktop_events *events, void *userdata,
                      struct bk_desktop **ret)
{
    struct bk_desktop *desktop = calloc(1, sizeof *desktop);

    if (desktop == NULL)
        return -ENOMEM;
    desktop->event = sd_event_ref(event);
    desktop->path = path;
    desktop->events = events;
    desktop->userdata = userdata;
    desktop->degrees = -1;
    int r = sd_event_add_defer(event, &desktop->next, on_next, desktop);
    if (r >= 0)
        r = sd_event_source_set_enabled(desktop->next, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_time_relative(event, &desktop->retry, CLOCK_MONOTONIC, 0, 0, on_retry, desktop);
    if (r < 0) {
        bk_desktop_destroy(desktop);
        return r;
    }
    *ret = desktop;
    return 0;
}

void bk_desktop_destroy(struct bk_desktop *desktop)
{
    if (desktop == NULL)
        return;
    sd_varlink_close_unref(desktop->calls);
    sd_varlink_close_unref(desktop->watch);
    sd_event_source_disable_unref(desktop->next);
    sd_event_source_disable_unref(desktop->retry);
    sd_event_unref(desktop->event);
    free(desktop);
}

static void call(struct bk_desktop *desktop, const char *method, sd_json_variant *parameters)
{
    int r = sd_varlink_invoke(desktop->calls, method, parameters);

    desktop->called++;
    if (r < 0)
        lose(desktop, strerror(-r));
}

void bk_desktop_call(struct bk_desktop *desktop, const char *method, int built, sd_json_variant *parameters)
{
    if (desktop->calls == NULL)
        return;
    if (built < 0)
        lose(desktop, strerror(-built));
    else
        call(desktop, method, parameters);
}

bool bk_desktop_ask_call(struct bk_desktop *desktop, const char *method, int64_t id, int built,
                         sd_json_variant *parameters)
{
    unsigned free = 0;

    if (desktop->calls == NULL)
        return false;
    while (free < ASKS_MAX && desktop->asks[free].call != 0)
        free++;
    if (free == ASKS_MAX) {
        lose(desktop, "it answers no questions");
        return false;
    }
    desktop->asks[free].call = desktop->called + 1;
    desktop->asks[free].id = id;
    bk_desktop_call(desktop, method, built, parameters);
    return desktop->calls != NULL;
}

int64_t bk_desktop_number_question(struct bk_desktop *desktop)
{
    return ++desktop->questions;
}

static int button_list(const struct bk_notification *notification, sd_json_variant **ret)
{
    sd_json_variant *list = NULL;
    int r = sd_json_variant_new_array(&list, NULL, 0);

    for (unsigned i = 0; r >= 0 && i < notification->n_buttons; i++)
        r = sd_json_variant_append_arraybo(&list, SD_JSON_BUILD_PAIR_STRING("id", notification->buttons[i].id),
                                           SD_JSON_BUILD_PAIR_STRING("label", notification->buttons[i].label));
    if (r < 0) {
        sd_json_variant_unref(list);
        return r;
    }
    *ret = list;
    return 0;
}

void bk_desktop_show(struct bk_desktop *desktop, const struct bk_app *app, const struct bk_notification *notification)
{
    _cleanup_json_ sd_json_variant *buttons = NULL;
    _cleanup_json_ sd_json_variant *progress = NULL;
    _cleanup_json_ sd_json_variant *parameters = NULL;
    const bool image = notification->image != NULL, reply = notification->reply[0] != '\0';

    if (desktop->calls == NULL)
        return;
    int r = button_list(notification, &buttons);
    if (r >= 0)
        r = sd_json_buildo(&progress, SD_JSON_BUILD_PAIR_CONDITION(notification->progress.part >= 0, "part",
                                                                   SD_JSON_BUILD_REAL(notification->progress.part)));
    if (r >= 0)
        r = sd_json_buildo(
            &parameters, SD_JSON_BUILD_PAIR_INTEGER("id", notification->handle),
            SD_JSON_BUILD_PAIR_STRING("app", app->id), SD_JSON_BUILD_PAIR_STRING("appName", app->name),
            SD_JSON_BUILD_PAIR_STRING("title", notification->title),
            SD_JSON_BUILD_PAIR_STRING("body", notification->body), SD_JSON_BUILD_PAIR_VARIANT("buttons", buttons),
            SD_JSON_BUILD_PAIR_STRING("urgency", bk_notification_urgency_names[notification->urgency]),
            SD_JSON_BUILD_PAIR_CONDITION(notification->progress.given, "progress", SD_JSON_BUILD_VARIANT(progress)),
            SD_JSON_BUILD_PAIR_CONDITION(image, "image", SD_JSON_BUILD_STRING(notification->image)),
            SD_JSON_BUILD_PAIR_CONDITION(reply, "reply", SD_JSON_BUILD_STRING(notification->reply)));
    if (r < 0)
        lose(desktop, strerror(-r));
    else
        call(desktop, "io.bulkhead.Desktop.Show", parameters);
}

void bk_desktop_withdraw(struct bk_desktop *desktop, int64_t handle)
{
    _cleanup_json_ sd_json_variant *parameters = NULL;

    if (desktop->calls == NULL)
        return;
    int r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_INTEGER("id", handle));
    if (r < 0)
        lose(desktop, strerror(-r));
    else
        call(desktop, "io.bulkhead.Desktop.Withdraw", parameters);
}

static void tell_orientation(struct bk_desktop *desktop)
{
    _cleanup_json_ sd_json_variant *parameters = NULL;

    if (desktop->calls == NULL || desktop->degrees < 0)
        return;
    int r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_INTEGER("degrees", desktop->degrees));
    if (r < 0)
        lose(desktop, strerror(-r));
    else
        call(desktop, "io.bulkhead.Desktop.SetOrientation", parameters);
}

void bk_desktop_set_orientation(struct bk_desktop *desktop, unsigned degrees)
{
    if ((int)degrees == desktop->degrees)
        return;
    desktop->degrees = (int)degrees;
    tell_orientation(desktop);
}

void bk_desktop_set_preferences(struct bk_desktop *desktop, sd_json_variant *preferences)
{
    _cleanup_json_ sd_json_variant *parameters = NULL;

    if (desktop->calls == NULL || preferences == NULL)
        return;
    int r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_VARIANT("preferences", preferences));
    bk_desktop_call(desktop, "io.bulkhead.Desktop.SetPreferences", r, parameters);
}

void bk_desktop_set_window(struct bk_desktop *desktop, uint32_t cid, const struct bk_window_said *said)
{
    _cleanup_json_ sd_json_variant *parameters = NULL;
    bool title = (said->has & BK_WINDOW_TITLE) != 0;
    bool badge = (said->has & BK_WINDOW_BADGE) != 0;
    bool minimum = (said->has & BK_WINDOW_MINIMUM) != 0;

    if (desktop->calls == NULL)
        return;
    int r = sd_json_buildo(
        &parameters, SD_JSON_BUILD_PAIR_UNSIGNED("cid", cid),
        SD_JSON_BUILD_PAIR_CONDITION(title, "title", SD_JSON_BUILD_STRING(said->title)),
        SD_JSON_BUILD_PAIR_CONDITION(badge, "badge", SD_JSON_BUILD_STRING(bk_window_badge_names[said->badge])),
        SD_JSON_BUILD_PAIR_CONDITION(badge, "count", SD_JSON_BUILD_UNSIGNED(said->count)),
        SD_JSON_BUILD_PAIR_CONDITION(minimum, "minimumWidth", SD_JSON_BUILD_UNSIGNED(said->least_width)),
        SD_JSON_BUILD_PAIR_CONDITION(minimum, "minimumHeight", SD_JSON_BUILD_UNSIGNED(said->least_height)));
    if (r < 0)
        lose(desktop, strerror(-r));
    else
        call(desktop, "io.bulkhead.Desktop.SetWindow", parameters);
}

/* All apps; icons only of those whose icon this desktop does not know, and of so many at a time. What is left over is a
 * change, which the next call tells. */
static int app_list(struct bk_desktop *desktop, sd_json_variant **ret)
{
    sd_json_variant *list = NULL;
    unsigned icons = 0;
    int r = sd_json_variant_new_array(&list, NULL, 0);

    desktop->apps_changed = false;
    for (size_t i = 0; r >= 0 && i < desktop->apps->n_apps; i++) {
        struct bk_app *app = desktop->apps->apps[i];
        bool wanted = app->icon != NULL && app->icon_shown != desktop->number;
        bool given = wanted && icons < ICONS_AT_ONCE;

        if (given) {
            app->icon_shown = desktop->number;
            icons++;
        } else if (wanted) {
            desktop->apps_changed = true;
        }
        r = sd_json_variant_append_arraybo(
            &list, SD_JSON_BUILD_PAIR_STRING("id", app->id), SD_JSON_BUILD_PAIR_STRING("name", app->name),
            SD_JSON_BUILD_PAIR_CONDITION(bk_app_is_copy(app), "copyOf", SD_JSON_BUILD_STRING(app->copy_of)),
            SD_JSON_BUILD_PAIR_STRING("state", bk_app_state_names[app->state]),
            SD_JSON_BUILD_PAIR_CONDITION(app->cid != 0, "cid", SD_JSON_BUILD_UNSIGNED(app->cid)),
            SD_JSON_BUILD_PAIR_CONDITION(given, "icon", SD_JSON_BUILD_STRING(app->icon)));
    }
    if (r < 0) {
        sd_json_variant_unref(list);
        return r;
    }
    *ret = list;
    return 0;
}

static void tell_apps(struct bk_desktop *desktop)
{
    _cleanup_json_ sd_json_variant *apps = NULL;
    _cleanup_json_ sd_json_variant *parameters = NULL;

    if (desktop->calls == NULL || desktop->apps_call != 0)
        return;
    int r = app_list(desktop, &apps);
    if (r >= 0)
        r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_VARIANT("apps", apps));
    if (r < 0) {
        lose(desktop, strerror(-r));
        return;
    }
    desktop->apps_call = desktop->called + 1;
    call(desktop, "io.bulkhead.Desktop.SetApps", parameters);
}

void bk_desktop_set_apps(struct bk_desktop *desktop, struct bk_app_table *apps)
{
    desktop->apps = apps;
    desktop->apps_changed = true;
    tell_apps(desktop);
}
