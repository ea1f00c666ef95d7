/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "notification_api.h"

#include "bk_api.h"
#include "invalid.h"
#include "json.h"
#include "parameters.h"

#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-json.h>

#define INTERFACE "io.bulkhead.Notification."

/* ---- reading a notification ---- */

static bool take_buttons(sd_json_variant *list, struct bk_notification *to, struct bk_invalid *invalid)
{
    char field[BK_INVALID_FIELD_MAX];
    size_t count = sd_json_variant_is_array(list) ? sd_json_variant_elements(list) : 0;

    if (count > BK_NOTIFICATION_BUTTONS_MAX)
        return bk_invalid_note(invalid, "buttons", "tooMany", BK_NOTIFICATION_BUTTONS_MAX);
    for (unsigned i = 0; i < count; i++) {
        sd_json_variant *json = sd_json_variant_by_index(list, i);
        struct bk_notification_button *button = &to->buttons[i];

        snprintf(field, sizeof field, "buttons[%u].id", i);
        if (!bk_invalid_take_text(sd_json_variant_by_key(json, "id"), field, BK_NOTIFICATION_BUTTON_ID_MAX,
                                  BK_TEXT_LINE, button->id, invalid))
            return false;
        for (unsigned before = 0; before < i; before++) {
            if (strcmp(to->buttons[before].id, button->id) == 0)
                return bk_invalid_note(invalid, field, "duplicate", 0);
        }
        snprintf(field, sizeof field, "buttons[%u].label", i);
        if (!bk_invalid_take_text(sd_json_variant_by_key(json, "label"), field, BK_NOTIFICATION_LABEL_MAX, BK_TEXT_LINE,
                                  button->label, invalid))
            return false;
    }
    to->n_buttons = (unsigned)count;
    return true;
}

static bool take_urgency(sd_json_variant *json, struct bk_notification *to)
{
    for (int i = 0; sd_json_variant_is_string(json) && i < BK_NOTIFICATION_URGENCIES; i++) {
        if (strcmp(sd_json_variant_string(json), bk_notification_urgency_names[i]) == 0)
            to->urgency = (enum bk_notification_urgency)i; /* sd-varlink has refused any other */
    }
    return true;
}

static bool take_progress(sd_json_variant *json, struct bk_notification *to, struct bk_invalid *invalid)
{
    sd_json_variant *part = sd_json_variant_by_key(json, "part");

    if (json == NULL || sd_json_variant_is_null(json))
        return true;
    to->progress = (struct bk_notification_progress){ .given = true, .part = -1 };
    if (part == NULL || sd_json_variant_is_null(part))
        return true;
    to->progress.part = sd_json_variant_real(part);
    return (to->progress.part >= 0 && to->progress.part <= 1) ||
           bk_invalid_note(invalid, "progress.part", "outOfRange", 0);
}

/* Borrows the image from `json`. */
static bool take_image(sd_json_variant *json, struct bk_notification *to, struct bk_invalid *invalid)
{
    void *png = NULL;
    size_t size = 0;

    if (json == NULL || sd_json_variant_is_null(json))
        return true;
    if (!sd_json_variant_is_string(json))
        return bk_invalid_note(invalid, "image", "badImage", 0);
    if (strlen(sd_json_variant_string(json)) > BK_NOTIFICATION_IMAGE_MAX)
        return bk_invalid_note(invalid, "image", "tooLong", BK_NOTIFICATION_IMAGE_MAX);
    bool fits = sd_json_variant_unbase64(json, &png, &size) >= 0 && bk_notification_image_fits(png, size);
    free(png);
    to->image = (char *)sd_json_variant_string(json);
    return fits || bk_invalid_note(invalid, "image", "badImage", 0);
}

static bool take_reply(sd_json_variant *json, struct bk_notification *to, struct bk_invalid *invalid)
{
    return json == NULL || sd_json_variant_is_null(json) ||
           bk_invalid_take_text(json, "reply", BK_NOTIFICATION_HINT_MAX, BK_TEXT_LINE, to->reply, invalid);
}

static bool take_notification(sd_json_variant *parameters, struct bk_notification *to, struct bk_invalid *invalid)
{
    return bk_invalid_take_text(sd_json_variant_by_key(parameters, "title"), "title", BK_NOTIFICATION_TITLE_MAX,
                                BK_TEXT_LINE, to->title, invalid) &&
           bk_invalid_take_text(sd_json_variant_by_key(parameters, "body"), "body", BK_NOTIFICATION_BODY_MAX,
                                BK_TEXT_LINES, to->body, invalid) &&
           take_buttons(sd_json_variant_by_key(parameters, "buttons"), to, invalid) &&
           take_urgency(sd_json_variant_by_key(parameters, "urgency"), to) &&
           take_progress(sd_json_variant_by_key(parameters, "progress"), to, invalid) &&
           take_image(sd_json_variant_by_key(parameters, "image"), to, invalid) &&
           take_reply(sd_json_variant_by_key(parameters, "reply"), to, invalid);
}

/* ---- the methods ---- */

static struct bk_connection *connection_of(void *client)
{
    return bk_client_userdata(client);
}

static int no_such_notification(sd_varlink *link, struct bk_app *app, const char *method, int64_t id)
{
    char what[64];

    snprintf(what, sizeof what, "%s: no notification %lld", method, (long long)id);
    bk_broker_log_refusal(app, what);
    return sd_varlink_errorbo(link, INTERFACE "NoSuchNotification", SD_JSON_BUILD_PAIR_INTEGER("id", id));
}

static int on_post(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_connection *connection = connection_of(userdata);
    struct bk_broker *broker = connection->broker;
    struct bk_app *app = connection->app;
    sd_json_variant *replaces = sd_json_variant_by_key(parameters, "replaces");
    struct bk_notification content = { 0 };
    struct bk_invalid invalid = { .fault = NULL };
    const struct bk_notification *posted = NULL;
    int64_t replaced = 0;
    uint64_t wait_ms = 0;

    (void)flags;
    if (!bk_parameters_accept(link, parameters, &bk_api_io_bulkhead_Notification, "Post"))
        return 0;
    if (!take_notification(parameters, &content, &invalid))
        return bk_invalid_answer(&invalid, link, app, "Post", INTERFACE "InvalidNotification");
    if (replaces != NULL && !sd_json_variant_is_null(replaces)) {
        if (!sd_json_variant_is_integer(replaces) || sd_json_variant_integer(replaces) <= 0)
            return sd_varlink_error_invalid_parameter_name(link, "replaces");
        replaced = sd_json_variant_integer(replaces);
    }

    switch (bk_notifications_post(&app->notifications, &content, replaced, broker->last_handle + 1, bk_broker_now_ms(),
                                  &posted, &wait_ms)) {
    case BK_NOTIFICATION_POSTED:
        broker->last_handle++;
        bk_info("%s posted notification %lld", app->id, (long long)posted->id);
        bk_desktop_show(broker->desktop, app, posted);
        return sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_INTEGER("id", posted->id));
    case BK_NOTIFICATION_NONE_SUCH:
        return no_such_notification(link, app, "Post", replaced);
    case BK_NOTIFICATION_TOO_MANY:
        bk_broker_log_refusal(app, "Post: too many notifications");
        return sd_varlink_errorbo(link, INTERFACE "TooManyNotifications",
                                  SD_JSON_BUILD_PAIR_UNSIGNED("limit", BK_NOTIFICATION_SHOWN_MAX));
    case BK_NOTIFICATION_TOO_MANY_IMAGES:
        (void)bk_invalid_note(&invalid, "image", "tooMany", BK_NOTIFICATION_IMAGES_MAX);
        return bk_invalid_answer(&invalid, link, app, "Post", INTERFACE "InvalidNotification");
    case BK_NOTIFICATION_TOO_SOON:
        bk_broker_log_refusal(app, "Post: too soon");
        return sd_varlink_errorbo(link, INTERFACE "TooSoon", SD_JSON_BUILD_PAIR_UNSIGNED("milliseconds", wait_ms));
    case BK_NOTIFICATION_NO_MEMORY:
        return -ENOMEM;
    }
    return -EINVAL;
}

static int on_withdraw(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_connection *connection = connection_of(userdata);
    struct bk_app *app = connection->app;
    int64_t id = sd_json_variant_integer(sd_json_variant_by_key(parameters, "id"));
    const struct bk_notification *shown = bk_notifications_find(&app->notifications, id);

    (void)flags;
    if (!bk_parameters_accept(link, parameters, &bk_api_io_bulkhead_Notification, "Withdraw"))
        return 0;
    if (shown == NULL)
        return no_such_notification(link, app, "Withdraw", id);
    bk_desktop_withdraw(connection->broker->desktop, shown->handle);
    (void)bk_notifications_withdraw(&app->notifications, id);
    return sd_varlink_reply(link, NULL);
}

static bool watches(const struct bk_connection *connection)
{
    return connection->watch == BK_WATCH_ONCE || connection->watch == BK_WATCH_MORE;
}

/* Sends an answer to a connection that watches; an error of sd-varlink's ends the connection by itself. */
static int tell(struct bk_connection *connection, const struct bk_notification_answer *answer)
{
    sd_varlink *link = bk_client_link(connection->client);
    _cleanup_json_ sd_json_variant *reply = NULL;
    bool replied = answer->text[0] != '\0', activated = !replied && !answer->dismissed;
    int r = sd_json_buildo(&reply, SD_JSON_BUILD_PAIR_INTEGER("id", answer->id),
                           SD_JSON_BUILD_PAIR_STRING("answer", replied     ? "replied"
                                                               : activated ? "activated"
                                                                           : "dismissed"),
                           SD_JSON_BUILD_PAIR_CONDITION(activated, "button", SD_JSON_BUILD_STRING(answer->button)),
                           SD_JSON_BUILD_PAIR_CONDITION(!activated, "button", SD_JSON_BUILD_NULL),
                           SD_JSON_BUILD_PAIR_CONDITION(replied, "text", SD_JSON_BUILD_STRING(answer->text)));

    if (r < 0)
        return r;
    if (connection->watch == BK_WATCH_MORE)
        return sd_varlink_notify(link, reply);
    connection->watch = BK_WATCH_NONE;
    return sd_varlink_reply(link, reply);
}

static int on_watch(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_connection *connection = connection_of(userdata);
    struct bk_notification_answer answer;
    int r = 0;

    (void)link;
    (void)parameters;
    if ((flags & SD_VARLINK_METHOD_ONEWAY) != 0)
        return 0; /* nobody would hear the answer; it waits for a call that listens */
    connection->watch = (flags & SD_VARLINK_METHOD_MORE) != 0 ? BK_WATCH_MORE : BK_WATCH_ONCE;
    while (r >= 0 && watches(connection) && bk_notifications_take_answer(&connection->app->notifications, &answer))
        r = tell(connection, &answer);
    return r;
}

int bk_notification_api_bind(sd_varlink_server *server)
{
    int r = sd_varlink_server_add_interface(server, &bk_api_io_bulkhead_Notification);

    if (r < 0)
        return r;
    return sd_varlink_server_bind_method_many(server, INTERFACE "Post", on_post, INTERFACE "Withdraw", on_withdraw,
                                              INTERFACE "Watch", on_watch);
}

/* ---- what the desktop and the hypervisor cause ---- */

/* Gives the newest answer to all connections of the app that watch; it waits on where there are none. */
static void tell_watchers(struct bk_broker *broker, struct bk_app *app)
{
    struct bk_notification_answer answer;
    bool taken = false;

    for (struct bk_connection *next, *connection = broker->connections; connection != NULL; connection = next) {
        next = connection->next;
        if (connection->app != app || !watches(connection) || bk_client_link(connection->client) == NULL)
            continue;
        /* Whoever watches has been told everything before, so there is this one answer. */
        if (!taken && !bk_notifications_take_answer(&app->notifications, &answer))
            return;
        taken = true;
        if (!bk_client_may_tell(connection->client))
            bk_client_close(connection->client, BK_CLIENT_REFUSED, "answers that it does not read");
        else if (tell(connection, &answer) < 0)
            bk_client_close(connection->client, BK_CLIENT_FAILED, "no memory");
    }
}

void bk_notification_api_answered(struct bk_broker *broker, int64_t handle, const char *button, const char *text)
{
    /* Had the app replaced it while the answer was on its way, the desktop would show it again, with nobody behind
     * it. An answered notification that has gone already does not mind. */
    bk_desktop_withdraw(broker->desktop, handle);

    const struct bk_notification *own = bk_notifications_find_handle(&broker->system.notifications, handle);
    if (own != NULL) {
        (void)bk_notifications_withdraw(&broker->system.notifications, own->id);
        return;
    }
    for (size_t i = 0; i < broker->apps.n_apps; i++) {
        struct bk_app *app = broker->apps.apps[i];
        const struct bk_notification *shown = bk_notifications_find_handle(&app->notifications, handle);
        if (shown == NULL)
            continue;
        bk_info("%s: notification %lld was %s", app->id, (long long)shown->id,
                button != NULL || text != NULL ? "answered" : "dismissed");
        (void)bk_notifications_answer(&app->notifications, shown->id, button, text);
        tell_watchers(broker, app);
        return;
    }
}

static void show_all_of(struct bk_broker *broker, const struct bk_app *app)
{
    for (unsigned place = 0; place < BK_NOTIFICATION_SHOWN_MAX; place++) {
        if (app->notifications.shown[place] != NULL)
            bk_desktop_show(broker->desktop, app, app->notifications.shown[place]);
    }
}

void bk_notification_api_show_all(struct bk_broker *broker)
{
    show_all_of(broker, &broker->system);
    for (size_t i = 0; i < broker->apps.n_apps; i++)
        show_all_of(broker, broker->apps.apps[i]);
}

void bk_notification_api_withdraw_all(struct bk_broker *broker, const struct bk_app *app)
{
    for (unsigned place = 0; place < BK_NOTIFICATION_SHOWN_MAX; place++) {
        if (app->notifications.shown[place] != NULL)
            bk_desktop_withdraw(broker->desktop, app->notifications.shown[place]->handle);
    }
}
