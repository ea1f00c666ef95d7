/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "camera_api.h"

#include "bk_api.h"
#include "camera_offer.h"
#include "camera_session.h"
#include "invalid.h"
#include "json.h"
#include "parameters.h"
#include "watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-json.h>

#define INTERFACE "io.bulkhead.Camera."

static void wake(struct bk_broker *broker)
{
    (void)sd_event_source_set_enabled(broker->cameras.due, SD_EVENT_ONESHOT);
}

/* False when the app's manifest does not say that it uses cameras; nobody is asked. */
static bool is_declared(const struct bk_connection *connection, const char *refusal)
{
    if (connection->app->permissions.reasons[BK_PERMISSION_CAMERA] != NULL)
        return true;
    bk_broker_log_refusal(connection->app, refusal);
    return false;
}

static int refuse_as_too_many(sd_varlink *link, struct bk_app *app, const char *refusal, unsigned limit)
{
    bk_broker_log_refusal(app, refusal);
    return sd_varlink_errorbo(link, INTERFACE "TooManyCameras", SD_JSON_BUILD_PAIR_UNSIGNED("limit", limit));
}

/* A number of 1 to `max`; 0 when it is another one. */
static unsigned take_number(sd_json_variant *json, const char *key, unsigned max)
{
    int64_t number = sd_json_variant_integer(sd_json_variant_by_key(json, key));

    return number >= 1 && number <= (int64_t)max ? (unsigned)number : 0;
}

static bool take_mode(sd_json_variant *json, struct bk_camera_mode *ret)
{
    const char *format = sd_json_variant_string(sd_json_variant_by_key(json, "format"));

    if (!bk_camera_is_format(format))
        return false;
    snprintf(ret->format, sizeof ret->format, "%s", format);
    ret->width = take_number(json, "width", BK_CAMERA_SIDE_MAX);
    ret->height = take_number(json, "height", BK_CAMERA_SIDE_MAX);
    ret->rate = take_number(json, "rate", BK_CAMERA_RATE_MAX);
    return bk_camera_is_mode(ret);
}

/* ---- Offer ---- */

static bool take_modes(sd_json_variant *json, struct bk_camera *said)
{
    size_t count = sd_json_variant_elements(json);

    if (count == 0 || count > BK_CAMERA_MODES_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!take_mode(sd_json_variant_by_index(json, i), &said->modes[i]))
            return false;
    }
    said->n_modes = (unsigned)count;
    return true;
}

static unsigned count_offers(const struct bk_broker *broker, const struct bk_app *app)
{
    unsigned count = 0;

    for (const struct bk_camera *camera = broker->cameras.list; camera != NULL; camera = camera->next)
        count += camera->app == app;
    return count;
}

static int on_offer(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_connection *connection = bk_client_userdata(userdata);
    struct bk_broker *broker = connection->broker;
    struct bk_app *app = connection->app;
    const char *name = sd_json_variant_string(sd_json_variant_by_key(parameters, "name"));
    char good_name[BK_CAMERA_NAME_MAX + 1];
    struct bk_camera said = { .app = app };
    struct bk_invalid invalid = { .fault = NULL };

    (void)flags; /* the interface's table says that it needs `more` */
    if (!bk_parameters_accept(link, parameters, &bk_api_io_bulkhead_Camera, "Offer"))
        return 0;
    if (!take_modes(sd_json_variant_by_key(parameters, "modes"), &said))
        return sd_varlink_error_invalid_parameter_name(link, "modes");
    if (!bk_invalid_take_judged(name, bk_camera_check_name(name, strlen(name)), "name", BK_CAMERA_NAME_MAX, good_name,
                                &invalid) ||
        !bk_invalid_take_text(sd_json_variant_by_key(parameters, "title"), "title", BK_CAMERA_TITLE_MAX, BK_TEXT_LINE,
                              said.title, &invalid))
        return bk_invalid_answer(&invalid, link, app, "Camera.Offer", INTERFACE "InvalidCamera");
    snprintf(said.id, sizeof said.id, "%s/%s", app->id, good_name);
    if (bk_camera_by_id(broker, said.id) != NULL)
        return sd_varlink_errorbo(link, INTERFACE "AlreadyOffered", SD_JSON_BUILD_PAIR_STRING("name", good_name));
    if (count_offers(broker, app) >= BK_CAMERA_OFFERS_MAX)
        return refuse_as_too_many(link, app, "Camera.Offer: too many of its own", BK_CAMERA_OFFERS_MAX);
    if (broker->cameras.n_list >= BK_CAMERA_CAMERAS_MAX)
        return refuse_as_too_many(link, app, "Camera.Offer: too many of all apps", BK_CAMERA_CAMERAS_MAX);
    return bk_camera_offer_begin(connection, &said);
}

/* ---- Watch ---- */

static int append_mode(sd_json_variant **modes, const struct bk_camera_mode *mode)
{
    return sd_json_variant_append_arraybo(
        modes, SD_JSON_BUILD_PAIR_STRING("format", mode->format), SD_JSON_BUILD_PAIR_UNSIGNED("width", mode->width),
        SD_JSON_BUILD_PAIR_UNSIGNED("height", mode->height), SD_JSON_BUILD_PAIR_UNSIGNED("rate", mode->rate));
}

static int append_camera(sd_json_variant **cameras, const struct bk_camera *camera)
{
    _cleanup_json_ sd_json_variant *modes = NULL;
    int r = 0;

    for (unsigned i = 0; r >= 0 && i < camera->n_modes; i++)
        r = append_mode(&modes, &camera->modes[i]);
    if (r < 0)
        return r;
    return sd_json_variant_append_arraybo(
        cameras, SD_JSON_BUILD_PAIR_STRING("id", camera->id), SD_JSON_BUILD_PAIR_STRING("title", camera->title),
        SD_JSON_BUILD_PAIR_CONDITION(camera->app != NULL, "app",
                                     SD_JSON_BUILD_STRING(camera->app != NULL ? camera->app->name : NULL)),
        SD_JSON_BUILD_PAIR_CONDITION(camera->app == NULL, "app", SD_JSON_BUILD_NULL),
        SD_JSON_BUILD_PAIR_VARIANT("modes", modes));
}

/* The machine's, and what others offer. */
static int build_cameras(const struct bk_connection *connection, sd_json_variant **ret)
{
    _cleanup_json_ sd_json_variant *cameras = NULL;
    int r = sd_json_variant_new_array(&cameras, NULL, 0);

    for (const struct bk_camera *camera = connection->broker->cameras.list; r >= 0 && camera != NULL;
         camera = camera->next) {
        if (camera->app != connection->app)
            r = append_camera(&cameras, camera);
    }
    return r < 0 ? r : sd_json_buildo(ret, SD_JSON_BUILD_PAIR_VARIANT("cameras", cameras));
}

static int on_watch(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_connection *connection = bk_client_userdata(userdata);

    (void)parameters;
    if (!is_declared(connection, "Camera.Watch: its manifest does not declare it"))
        return sd_varlink_error(link, SD_VARLINK_ERROR_PERMISSION_DENIED, NULL);
    return bk_watch_answer(connection, link, flags, build_cameras);
}

void bk_camera_api_changed(struct bk_broker *broker)
{
    bk_watch_changed(broker, build_cameras, NULL);
}

static int on_due(sd_event_source *source, void *userdata)
{
    struct bk_broker *broker = userdata;

    (void)source;
    for (struct bk_connection *next, *connection = broker->connections; connection != NULL; connection = next) {
        next = connection->next;
        if (connection->camera_offer != NULL)
            bk_camera_offer_tell(connection->camera_offer);
    }
    return 0;
}

/* ---- Open ---- */

/* What is left out is 0, or no format. False, and which it is, when one is out of its limits. */
static bool take_wish(sd_json_variant *parameters, struct bk_camera_mode *ret, const char **ret_wrong)
{
    sd_json_variant *format = sd_json_variant_by_key(parameters, "format");
    const struct {
        const char *name;
        unsigned *to;
        unsigned max;
    } numbers[] = {
        { "width", &ret->width, BK_CAMERA_SIDE_MAX },
        { "height", &ret->height, BK_CAMERA_SIDE_MAX },
        { "rate", &ret->rate, BK_CAMERA_RATE_MAX },
    };

    *ret_wrong = "format";
    if (bk_json_is_given(format)) {
        if (!bk_camera_is_format(sd_json_variant_string(format)))
            return false;
        snprintf(ret->format, sizeof ret->format, "%s", sd_json_variant_string(format));
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (!bk_json_is_given(sd_json_variant_by_key(parameters, numbers[i].name)))
            continue;
        *ret_wrong = numbers[i].name;
        *numbers[i].to = take_number(parameters, numbers[i].name, numbers[i].max);
        if (*numbers[i].to == 0)
            return false;
    }
    return true;
}

static int on_open(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_connection *connection = bk_client_userdata(userdata);
    struct bk_broker *broker = connection->broker;
    struct bk_app *app = connection->app;
    const char *id = sd_json_variant_string(sd_json_variant_by_key(parameters, "camera"));
    struct bk_camera_mode wish = { .width = 0 };
    const char *wrong = NULL;

    if (!bk_parameters_accept(link, parameters, &bk_api_io_bulkhead_Camera, "Open"))
        return 0;
    if ((flags & SD_VARLINK_METHOD_ONEWAY) != 0)
        return 0; /* nobody would hear the answer; and the connection would be free for another such call meanwhile */
    if (!take_wish(parameters, &wish, &wrong))
        return sd_varlink_error_invalid_parameter_name(link, wrong);
    if (!is_declared(connection, "Camera.Open: its manifest does not declare it"))
        return sd_varlink_error(link, SD_VARLINK_ERROR_PERMISSION_DENIED, NULL);
    struct bk_camera *camera = bk_camera_by_id(broker, id);
    if (camera == NULL || camera->app == app)
        return sd_varlink_errorbo(link, INTERFACE "NoSuchCamera", SD_JSON_BUILD_PAIR_STRING("camera", id));
    if (bk_camera_choose(camera->modes, camera->n_modes, &wish) == camera->n_modes)
        return sd_varlink_errorbo(link, INTERFACE "NoSuchFormat", SD_JSON_BUILD_PAIR_STRING("format", wish.format));
    if (bk_camera_sessions_opened(broker, app) >= BK_CAMERA_OPENED_MAX)
        return refuse_as_too_many(link, app, "Camera.Open: too many of its own", BK_CAMERA_OPENED_MAX);
    if (bk_camera_sessions_opened(broker, NULL) >= BK_CAMERA_OPENED_ALL_MAX)
        return refuse_as_too_many(link, app, "Camera.Open: too many of all apps", BK_CAMERA_OPENED_ALL_MAX);
    return bk_camera_session_begin(connection, camera, &wish);
}

/* ---- life ---- */

int bk_camera_api_start(struct bk_broker *broker)
{
    int r = sd_event_add_defer(broker->event, &broker->cameras.due, on_due, broker);

    if (r >= 0)
        r = sd_event_source_set_enabled(broker->cameras.due, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_varlink_server_add_interface(broker->server, &bk_api_io_bulkhead_Camera);
    if (r >= 0)
        r = sd_varlink_server_bind_method_many(broker->server, INTERFACE "Offer", on_offer, INTERFACE "Watch", on_watch,
                                               INTERFACE "Open", on_open);
    return r;
}

void bk_camera_api_stop(struct bk_broker *broker)
{
    bk_camera_sessions_end_all(broker);
    sd_event_source_disable_unref(broker->cameras.due);
}

void bk_camera_api_read(struct bk_connection *connection)
{
    if (connection->camera_offer != NULL)
        wake(connection->broker);
}

void bk_camera_api_closed(struct bk_connection *connection)
{
    if (connection->camera_session != NULL)
        bk_camera_session_cancel(connection->camera_session);
    if (connection->camera_offer != NULL)
        bk_camera_offer_end(connection->camera_offer);
}
