/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A broker is a process, known by its process number as the kernel reports it for each of its connections. The one
 * whose Watch() is open listens; there is one such connection at a time, and the newest wins: a broker that was
 * started again must not be refused because the end of the one before has not been noticed yet.
 */
#include "desktop_service.h"

#include "bk_api.h"
#include "clipboard_service.h"
#include "file_service.h"
#include "open_service.h"
#include "place_service.h"
#include "power_service.h"
#include "preferences_service.h"
#include "privacy_service.h"
#include "software_service.h"
#include "storage_service.h"
#include "window_news.h"

#include "log.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-varlink.h>
#include <time.h>
#include <unistd.h>

/* A broker holds two connections; its successor may come before they end, and a person may look in. */
#define CONNECTIONS_MAX 8

#define ICON_TEXT_MAX  (BK_APP_ICON_BYTES / 3 * 4) /* in base64 */
#define IMAGE_TEXT_MAX (BK_NOTIFICATION_IMAGE_BYTES / 3 * 4)

struct bk_desktop_service {
    struct bk_desktop *desktop;
    sd_varlink_server *server;
    sd_varlink *watch; /* the connection whose Watch() is open */
    pid_t watcher;     /* the process at its other end */
};

pid_t bk_desktop_service_peer(sd_varlink *link)
{
    pid_t pid = 0;

    if (sd_varlink_get_peer_pid(link, &pid) < 0)
        return 0;
    return pid;
}

struct bk_desktop *bk_desktop_service_desktop(struct bk_desktop_service *service)
{
    return service->desktop;
}

int bk_desktop_service_take_hosts(sd_varlink *link, sd_json_variant *list, struct bk_reach_told *ret)
{
    const size_t count = list != NULL ? sd_json_variant_elements(list) : 0;

    if (count > BK_REACH_HOSTS_MAX)
        return sd_varlink_error_invalid_parameter_name(link, "network");
    for (size_t i = 0; i < count; i++) {
        sd_json_variant *host = sd_json_variant_by_index(list, i);
        if (!sd_json_variant_is_string(host))
            return sd_varlink_error_invalid_parameter_name(link, "network");
        ret->hosts[i] = sd_json_variant_string(host);
    }
    ret->count = count;
    return 0;
}

/* Ends what the Watch() that is open stands for: its owner's notifications and question go. The connection is not
 * touched. */
static void watch_ended(struct bk_desktop_service *service)
{
    pid_t pid = service->watcher;

    service->watch = sd_varlink_unref(service->watch);
    service->watcher = 0;
    bk_notifications_owner_left(service->desktop->model, pid);
    bk_prompt_owner_left(&service->desktop->prompt, pid);
    bk_privacy_clear(&service->desktop->privacy);
    bk_defaults_finish(&service->desktop->defaults);
    bk_desktop_privacy_changed(service->desktop);
    bk_power_clear(&service->desktop->power);
    bk_desktop_power_changed(service->desktop);
    bk_software_clear(&service->desktop->software);
    bk_desktop_software_changed(service->desktop);
    bk_place_choice_clear(&service->desktop->place);
    bk_desktop_place_changed(service->desktop);
}

/* --- Show --- */

struct show_parameters {
    int64_t id;
    struct bk_notification_content content;
    const char *urgency, *image;
    sd_json_variant *buttons, *progress;
};

static int take_buttons(sd_varlink *link, struct show_parameters *parameters)
{
    static const sd_json_dispatch_field table[] = {
        { "id", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, 0, SD_JSON_MANDATORY },
        { "label", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, sizeof(const char *), SD_JSON_MANDATORY },
        {},
    };
    struct bk_notification_content *content = &parameters->content;

    if (!sd_json_variant_is_array(parameters->buttons))
        return sd_varlink_error_invalid_parameter_name(link, "buttons");
    size_t count = sd_json_variant_elements(parameters->buttons);
    if (count > BK_NOTIFICATION_BUTTONS_MAX)
        return sd_varlink_error_invalid_parameter_name(link, "buttons");
    for (size_t i = 0; i < count; i++) {
        const char *button[2] = { NULL, NULL };
        int r = sd_varlink_dispatch(link, sd_json_variant_by_index(parameters->buttons, i), table, button);
        if (r != 0)
            return r; /* it has been answered */
        content->buttons[i].id = button[0];
        content->buttons[i].label = button[1];
    }
    content->button_count = count;
    return 0;
}

/* False when it is none of the names. */
static bool take_urgency(const char *name, struct bk_notification_content *content)
{
    for (int i = 0; name != NULL && i < BK_NOTIFICATION_URGENCIES; i++) {
        if (strcmp(name, bk_notification_urgency_names[i]) == 0) {
            content->urgency = (enum bk_notification_urgency)i;
            return true;
        }
    }
    return name == NULL;
}

/* False when it is no progress. */
static bool take_progress(sd_json_variant *json, struct bk_notification_content *content)
{
    sd_json_variant *part = sd_json_variant_by_key(json, "part");

    if (json == NULL || sd_json_variant_is_null(json))
        return true;
    content->has_progress = sd_json_variant_is_object(json);
    content->progress = part != NULL && sd_json_variant_is_number(part) ? sd_json_variant_real(part) : -1;
    return content->has_progress && content->progress <= 1;
}

/* What of it may be left out; `*ret_image` is the caller's to free. NULL, or the name of what is wrong. */
static const char *take_rest(sd_json_variant *json, struct show_parameters *parameters, void **ret_image)
{
    if (!take_urgency(parameters->urgency, &parameters->content))
        return "urgency";
    if (!take_progress(parameters->progress, &parameters->content))
        return "progress";
    if (parameters->image == NULL || strlen(parameters->image) > IMAGE_TEXT_MAX)
        return NULL;
    if (sd_json_variant_unbase64(sd_json_variant_by_key(json, "image"), ret_image, &parameters->content.image_size) < 0)
        return "image";
    parameters->content.image = *ret_image;
    return NULL;
}

static int on_show(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = {
#define FIELD(name, type, dispatch, member) \
    { name, type, dispatch, offsetof(struct show_parameters, member), SD_JSON_MANDATORY }
        FIELD("id", SD_JSON_VARIANT_INTEGER, sd_json_dispatch_int64, id),
        FIELD("app", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, content.app),
        FIELD("appName", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, content.app_name),
        FIELD("title", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, content.title),
        FIELD("body", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, content.body),
        FIELD("buttons", SD_JSON_VARIANT_ARRAY, sd_json_dispatch_variant_noref, buttons),
#undef FIELD
#define FIELD(name, type, dispatch, member) \
    { name, type, dispatch, offsetof(struct show_parameters, member), SD_JSON_NULLABLE }
        FIELD("urgency", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, urgency),
        FIELD("progress", SD_JSON_VARIANT_OBJECT, sd_json_dispatch_variant_noref, progress),
        FIELD("image", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, image),
        FIELD("reply", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, content.reply),
#undef FIELD
        {},
    };
    struct bk_desktop_service *service = userdata;
    struct show_parameters parameters = { 0 };
    void *image = NULL;

    (void)flags;
    int r = sd_varlink_dispatch(link, json, table, &parameters);
    if (r != 0)
        return r;
    r = take_buttons(link, &parameters);
    if (r != 0)
        return r;
    const char *wrong = take_rest(json, &parameters, &image);
    if (wrong != NULL)
        return sd_varlink_error_invalid_parameter_name(link, wrong);
    r = bk_notifications_show(service->desktop->model, bk_desktop_service_peer(link), parameters.id,
                              &parameters.content, bk_desktop_now_ms(), time(NULL));
    free(image);
    if (r == -EINVAL)
        return sd_varlink_error_invalid_parameter_name(link, "buttons");
    if (r == -ENOBUFS)
        return sd_varlink_errorbo(link, "io.bulkhead.Desktop.TooManyNotifications",
                                  SD_JSON_BUILD_PAIR_INTEGER("max", BK_NOTIFICATIONS_MAX));
    if (r < 0)
        return sd_varlink_error_errno(link, r);
    return sd_varlink_reply(link, NULL);
}

/* --- SetApps --- */

struct app_parameters {
    const char *id, *name, *copy_of, *state, *icon;
    sd_json_variant *cid;
};

static int take_state(const char *name, enum bk_app_state *ret_state)
{
    for (int state = 0; state < BK_APP_STATES; state++) {
        if (strcmp(name, bk_app_state_names[state]) == 0) {
            *ret_state = (enum bk_app_state)state;
            return 0;
        }
    }
    return -EINVAL;
}

static int take_cid(sd_json_variant *json, uint32_t *ret_cid)
{
    if (json == NULL || sd_json_variant_is_null(json))
        return 0; /* no VM */
    if (!sd_json_variant_is_unsigned(json) || sd_json_variant_unsigned(json) > UINT32_MAX)
        return -EINVAL;
    *ret_cid = (uint32_t)sd_json_variant_unsigned(json);
    return 0;
}

/* Fills `told`; its icon is the caller's to free. What is no picture that can be kept counts as none: with an icon of
 * no size the app has a letter again. */
static int take_app(sd_varlink *link, sd_json_variant *json, struct bk_app_told *told)
{
    static const sd_json_dispatch_field table[] = {
#define FIELD(name, type, dispatch, member, flags) \
    { name, type, dispatch, offsetof(struct app_parameters, member), flags }
        FIELD("id", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, id, SD_JSON_MANDATORY),
        FIELD("name", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, name, SD_JSON_MANDATORY),
        FIELD("copyOf", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, copy_of, SD_JSON_NULLABLE),
        FIELD("state", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, state, SD_JSON_MANDATORY),
        FIELD("cid", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_variant_noref, cid, SD_JSON_NULLABLE),
        FIELD("icon", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, icon, SD_JSON_NULLABLE),
#undef FIELD
        {},
    };
    struct app_parameters parameters = { 0 };
    void *icon = NULL;
    size_t size = 0;

    int r = sd_varlink_dispatch(link, json, table, &parameters);
    if (r != 0)
        return r; /* it has been answered */
    if (take_state(parameters.state, &told->state) < 0)
        return sd_varlink_error_invalid_parameter_name(link, "state");
    if (take_cid(parameters.cid, &told->cid) < 0)
        return sd_varlink_error_invalid_parameter_name(link, "cid");
    if (parameters.icon != NULL && strlen(parameters.icon) <= ICON_TEXT_MAX &&
        sd_json_variant_unbase64(sd_json_variant_by_key(json, "icon"), &icon, &size) < 0)
        return sd_varlink_error_invalid_parameter_name(link, "icon");
    if (parameters.icon != NULL && icon == NULL)
        icon = calloc(1, 1);
    told->id = parameters.id;
    told->name = parameters.name;
    told->copy = parameters.copy_of != NULL;
    told->icon = icon;
    told->icon_size = size;
    return 0;
}

static void free_told(struct bk_app_told *told, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free((void *)told[i].icon);
    free(told);
}

static int set_apps(struct bk_desktop_service *service, sd_varlink *link, sd_json_variant *apps,
                    struct bk_app_told *told, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int r = take_app(link, sd_json_variant_by_index(apps, i), &told[i]);
        if (r != 0)
            return r;
    }
    int r = bk_apps_set(service->desktop->apps, told, count);
    if (r == -EINVAL)
        return sd_varlink_error_invalid_parameter_name(link, "apps");
    if (r < 0)
        return sd_varlink_error_errno(link, r);
    bk_desktop_apps_changed(service->desktop);
    return sd_varlink_reply(link, NULL);
}

static int on_set_apps(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = {
        { "apps", SD_JSON_VARIANT_ARRAY, sd_json_dispatch_variant_noref, 0, SD_JSON_MANDATORY },
        {},
    };
    sd_json_variant *apps = NULL;

    (void)flags;
    int r = sd_varlink_dispatch(link, json, table, &apps);
    if (r != 0)
        return r;
    size_t count = sd_json_variant_elements(apps);
    if (count > BK_APPS_MAX)
        return sd_varlink_errorbo(link, "io.bulkhead.Desktop.TooManyApps",
                                  SD_JSON_BUILD_PAIR_INTEGER("max", BK_APPS_MAX));
    struct bk_app_told *told = calloc(count + 1, sizeof *told);
    if (told == NULL)
        return sd_varlink_error_errno(link, -ENOMEM);
    r = set_apps(userdata, link, apps, told, count);
    free_told(told, count);
    return r;
}

/* --- SetWindow --- */

struct window_parameters {
    int64_t cid, count, least_width, least_height;
    const char *title, *badge;
};

static bool take_badge(const char *name, struct bk_trait_told *told)
{
    static const char *const names[] = { "none", "dot", "count" };
    static_assert(sizeof names / sizeof names[0] == BK_MARKS, "one name for each");

    for (int kind = 0; kind < BK_MARKS; kind++) {
        if (strcmp(name, names[kind]) != 0)
            continue;
        told->has_mark = true;
        told->mark.kind = (enum bk_mark_kind)kind;
        return true;
    }
    return false;
}

/* NULL, or the name of what is out of its bounds. */
static const char *take_told(const struct window_parameters *parameters, struct bk_trait_told *told)
{
    if (parameters->cid <= 0 || parameters->cid > UINT32_MAX)
        return "cid";
    told->cid = (uint32_t)parameters->cid;
    if (parameters->badge != NULL && !take_badge(parameters->badge, told))
        return "badge";
    if (parameters->count < 0 || parameters->count > BK_TRAIT_COUNT_MAX)
        return "count";
    told->mark.count = (unsigned)parameters->count;
    told->has_least = parameters->least_width >= 0 && parameters->least_height >= 0;
    if (!told->has_least)
        return NULL;
    if (parameters->least_width > BK_TRAIT_SIDE_MAX || parameters->least_height > BK_TRAIT_SIDE_MAX)
        return "minimumWidth";
    told->least_width = (int)parameters->least_width;
    told->least_height = (int)parameters->least_height;
    return NULL;
}

static int on_set_window(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = {
#define FIELD(name, type, dispatch, member, flags) \
    { name, type, dispatch, offsetof(struct window_parameters, member), flags }
        FIELD("cid", SD_JSON_VARIANT_INTEGER, sd_json_dispatch_int64, cid, SD_JSON_MANDATORY),
        FIELD("title", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, title, SD_JSON_NULLABLE),
        FIELD("badge", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, badge, SD_JSON_NULLABLE),
        FIELD("count", SD_JSON_VARIANT_INTEGER, sd_json_dispatch_int64, count, 0),
        FIELD("minimumWidth", SD_JSON_VARIANT_INTEGER, sd_json_dispatch_int64, least_width, 0),
        FIELD("minimumHeight", SD_JSON_VARIANT_INTEGER, sd_json_dispatch_int64, least_height, 0),
#undef FIELD
        {},
    };
    struct bk_desktop_service *service = userdata;
    struct window_parameters parameters = { .least_width = -1, .least_height = -1 };

    (void)flags;
    int r = sd_varlink_dispatch(link, json, table, &parameters);
    if (r != 0)
        return r;
    struct bk_trait_told told = { .title = parameters.title };
    const char *wrong = take_told(&parameters, &told);
    if (wrong != NULL)
        return sd_varlink_error_invalid_parameter_name(link, wrong);
    r = bk_traits_tell(&service->desktop->apps->traits, &told);
    if (r == -EINVAL)
        return sd_varlink_error_invalid_parameter_name(link, "title");
    if (r == -ENOBUFS)
        return sd_varlink_errorbo(link, "io.bulkhead.Desktop.TooManyApps",
                                  SD_JSON_BUILD_PAIR_INTEGER("max", BK_TRAITS_MAX));
    if (r < 0)
        return sd_varlink_error_errno(link, r);
    bk_desktop_traits_changed(service->desktop);
    return sd_varlink_reply(link, NULL);
}

bool bk_desktop_service_request(struct bk_desktop_service *service, const char *app, enum bk_stage_request request)
{
    static const char *const names[] = { "start", "close", "end", "stay", "copy" };
    static_assert(sizeof names / sizeof names[0] == BK_STAGE_REQUESTS, "one name for each request");

    if (service == NULL || service->watch == NULL)
        return false;
    int r = sd_varlink_notifybo(service->watch, SD_JSON_BUILD_PAIR_STRING("app", app),
                                SD_JSON_BUILD_PAIR_STRING("request", names[request]));
    if (r < 0) {
        errno = -r;
        bk_warning("the broker cannot be asked to %s an app: %m", names[request]);
    }
    return r >= 0;
}

/* --- SetOrientation --- */

static int on_set_orientation(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = {
        { "degrees", SD_JSON_VARIANT_INTEGER, sd_json_dispatch_int64, 0, SD_JSON_MANDATORY },
        {},
    };
    struct bk_desktop_service *service = userdata;
    int64_t degrees = 0;

    (void)flags;
    int r = sd_varlink_dispatch(link, json, table, &degrees);
    if (r != 0)
        return r;
    if (degrees < 0 || degrees > 270 || degrees % 90 != 0)
        return sd_varlink_error_invalid_parameter_name(link, "degrees");
    bk_desktop_turn(service->desktop, (int)degrees);
    return sd_varlink_reply(link, NULL);
}

/* --- Withdraw, Watch --- */

static int on_withdraw(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = {
        { "id", SD_JSON_VARIANT_INTEGER, sd_json_dispatch_int64, 0, SD_JSON_MANDATORY },
        {},
    };
    struct bk_desktop_service *service = userdata;
    int64_t id = 0;

    (void)flags;
    int r = sd_varlink_dispatch(link, json, table, &id);
    if (r != 0)
        return r;
    r = bk_notifications_withdraw(service->desktop->model, id);
    if (r == -ENOENT)
        return sd_varlink_errorbo(link, "io.bulkhead.Desktop.NoSuchNotification", SD_JSON_BUILD_PAIR_INTEGER("id", id));
    return sd_varlink_reply(link, NULL);
}

static int on_watch(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = { {} };
    struct bk_desktop_service *service = userdata;

    int r = sd_varlink_dispatch(link, json, table, NULL);
    if (r != 0)
        return r;
    if ((flags & SD_VARLINK_METHOD_MORE) == 0)
        return sd_varlink_error(link, SD_VARLINK_ERROR_EXPECTED_MORE, NULL);
    if (service->watch != NULL) {
        sd_varlink *before = sd_varlink_ref(service->watch);
        service->watch = sd_varlink_unref(service->watch); /* first: its end is no broker's end */
        sd_varlink_close(before);
        sd_varlink_unref(before);
    }
    service->watch = sd_varlink_ref(link);
    service->watcher = bk_desktop_service_peer(link);
    bk_info("a broker watches");
    bk_notifications_owner_came(service->desktop->model, service->watcher);
    bk_prompt_owner_came(&service->desktop->prompt, service->watcher);
    bk_preferences_service_tell(service->desktop);
    bk_window_news_tell_all(service->desktop->news, service->desktop);
    return 0;
}

void bk_desktop_service_answer(struct bk_desktop_service *service, int64_t id, const char *button)
{
    if (service->watch == NULL)
        return;
    int r = sd_varlink_notifybo(service->watch, SD_JSON_BUILD_PAIR_INTEGER("id", id),
                                SD_JSON_BUILD_PAIR_STRING("answer", button != NULL ? "activated" : "dismissed"),
                                SD_JSON_BUILD_PAIR_CONDITION(button != NULL, "button", SD_JSON_BUILD_STRING(button)));
    if (r < 0) {
        /* It reads no answers, or is about to end. Without it the buttons must not look as if they did anything. */
        errno = -r;
        bk_warning("the broker cannot be told of an answer: %m");
    }
}

void bk_desktop_service_reply(struct bk_desktop_service *service, int64_t id, const char *text)
{
    if (service->watch == NULL)
        return;
    int r =
        sd_varlink_notifybo(service->watch, SD_JSON_BUILD_PAIR_INTEGER("id", id),
                            SD_JSON_BUILD_PAIR_STRING("answer", "replied"), SD_JSON_BUILD_PAIR_STRING("text", text));
    if (r < 0) {
        errno = -r;
        bk_warning("the broker cannot be told of a reply: %m");
    }
}

void bk_desktop_service_tell(struct bk_desktop_service *service, sd_json_variant *news)
{
    if (service == NULL || service->watch == NULL)
        return;
    int r = sd_varlink_notify(service->watch, news);
    if (r < 0) {
        errno = -r;
        bk_warning("the broker cannot be told how things are: %m");
    }
}

static void on_disconnect(sd_varlink_server *server, sd_varlink *link, void *userdata)
{
    struct bk_desktop_service *service = userdata;

    (void)server;
    if (link != service->watch)
        return;
    bk_info("the broker is gone");
    watch_ended(service);
}

int bk_desktop_service_create(struct bk_desktop *desktop, struct bk_desktop_service **ret_service)
{
    struct bk_desktop_service *service = calloc(1, sizeof *service);
    if (service == NULL)
        return -ENOMEM;

    service->desktop = desktop;
    int r = sd_varlink_server_new(&service->server, SD_VARLINK_SERVER_INHERIT_USERDATA);
    if (r < 0) {
        free(service);
        return r;
    }
    sd_varlink_server_set_userdata(service->server, service);
    r = sd_varlink_server_set_connections_max(service->server, CONNECTIONS_MAX);
    if (r >= 0)
        r = sd_varlink_server_set_info(service->server, "Bulkhead", "bk-compositor", BK_VERSION, NULL);
    if (r >= 0)
        r = sd_varlink_server_add_interface(service->server, &bk_api_io_bulkhead_Desktop);
    if (r >= 0)
        r = sd_varlink_server_bind_method_many(
            service->server, "io.bulkhead.Desktop.Show", on_show, "io.bulkhead.Desktop.Withdraw", on_withdraw,
            "io.bulkhead.Desktop.Watch", on_watch, "io.bulkhead.Desktop.SetApps", on_set_apps,
            "io.bulkhead.Desktop.SetWindow", on_set_window, "io.bulkhead.Desktop.SetOrientation", on_set_orientation);
    if (r >= 0)
        r = bk_privacy_service_bind(service->server);
    if (r >= 0)
        r = bk_open_service_bind(service->server);
    if (r >= 0)
        r = bk_file_service_bind(service->server);
    if (r >= 0)
        r = bk_preferences_service_bind(service->server);
    if (r >= 0)
        r = bk_power_service_bind(service->server);
    if (r >= 0)
        r = bk_place_service_bind(service->server);
    if (r >= 0)
        r = bk_software_service_bind(service->server);
    if (r >= 0)
        r = bk_storage_service_bind(service->server);
    if (r >= 0)
        r = bk_clipboard_service_bind(service->server);
    if (r >= 0)
        r = sd_varlink_server_bind_disconnect(service->server, on_disconnect);
    if (r >= 0) {
        unlink(desktop->options.socket);
        r = sd_varlink_server_listen_address(service->server, desktop->options.socket, 0660);
    }
    if (r >= 0)
        r = sd_varlink_server_attach_event(service->server, desktop->event, SD_EVENT_PRIORITY_NORMAL);
    if (r < 0) {
        errno = -r;
        bk_error("cannot serve on %s: %m", desktop->options.socket);
        bk_desktop_service_destroy(service);
        return r;
    }
    *ret_service = service;
    return 0;
}

void bk_desktop_service_destroy(struct bk_desktop_service *service)
{
    if (service == NULL)
        return;
    service->watch = sd_varlink_unref(service->watch);
    sd_varlink_server_unref(service->server);
    free(service);
}
