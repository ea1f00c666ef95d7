/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "window_api.h"

#include "bk_api.h"
#include "invalid.h"
#include "json.h"
#include "parameters.h"
#include "watch.h"

#include "log.h"

#include <string.h>
#include <systemd/sd-json.h>

#define INTERFACE "io.bulkhead.Window."

static struct bk_connection *connection_of(void *client)
{
    return bk_client_userdata(client);
}

/* ---- Set ---- */

static bool take_title(sd_json_variant *json, struct bk_window_said *said, struct bk_invalid *invalid)
{
    if (!bk_json_is_given(json))
        return true;
    said->has |= BK_WINDOW_TITLE;
    if (bk_invalid_take_text(json, "title", BK_WINDOW_TITLE_MAX, BK_TEXT_LINE, said->title, invalid))
        return true;
    if (strcmp(invalid->fault, "empty") != 0)
        return false;
    said->title[0] = '\0'; /* none, and nothing wrong with that */
    invalid->fault = NULL;
    return true;
}

static bool take_number(sd_json_variant *json, const char *field, unsigned max, unsigned *to,
                        struct bk_invalid *invalid)
{
    int64_t value = sd_json_variant_integer(json);

    if (!sd_json_variant_is_integer(json) || value < 0 || value > max)
        return bk_invalid_note(invalid, field, "outOfRange", max);
    *to = (unsigned)value;
    return true;
}

static bool take_badge(sd_json_variant *badge, sd_json_variant *count, struct bk_window_said *said,
                       struct bk_invalid *invalid)
{
    bool counts = bk_json_is_given(badge) && strcmp(sd_json_variant_string(badge), "count") == 0;

    if (counts != bk_json_is_given(count))
        return bk_invalid_note(invalid, "count", "missing", 0);
    if (!bk_json_is_given(badge))
        return true;
    said->has |= BK_WINDOW_BADGE;
    while (strcmp(sd_json_variant_string(badge), bk_window_badge_names[said->badge]) != 0)
        said->badge++; /* the caller knows that it is one of them */
    return !counts || take_number(count, "count", BK_WINDOW_COUNT_MAX, &said->count, invalid);
}

static bool take_minimum(sd_json_variant *json, struct bk_window_said *said, struct bk_invalid *invalid)
{
    if (!bk_json_is_given(json))
        return true;
    said->has |= BK_WINDOW_MINIMUM;
    return take_number(sd_json_variant_by_key(json, "width"), "minimum.width", BK_WINDOW_SIDE_MAX, &said->least_width,
                       invalid) &&
           take_number(sd_json_variant_by_key(json, "height"), "minimum.height", BK_WINDOW_SIDE_MAX,
                       &said->least_height, invalid);
}

static bool is_badge(const char *name)
{
    for (int badge = 0; badge < BK_WINDOW_BADGES; badge++) {
        if (strcmp(name, bk_window_badge_names[badge]) == 0)
            return true;
    }
    return false;
}

static int on_set(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    const struct bk_connection *connection = connection_of(userdata);
    struct bk_app *app = connection->app;
    sd_json_variant *badge = sd_json_variant_by_key(parameters, "badge");
    struct bk_window_said said = { 0 };
    struct bk_invalid invalid = { .fault = NULL };

    (void)flags;
    if (!bk_parameters_accept(link, parameters, &bk_api_io_bulkhead_Window, "Set"))
        return 0;
    if (bk_json_is_given(badge) && !is_badge(sd_json_variant_string(badge)))
        return sd_varlink_error_invalid_parameter_name(link, "badge");
    if (!take_title(sd_json_variant_by_key(parameters, "title"), &said, &invalid) ||
        !take_badge(badge, sd_json_variant_by_key(parameters, "count"), &said, &invalid) ||
        !take_minimum(sd_json_variant_by_key(parameters, "minimum"), &said, &invalid))
        return bk_invalid_answer(&invalid, link, app, "Set", INTERFACE "InvalidWindow");
    uint64_t wait_ms = bk_window_say(&app->window, &said, bk_broker_now_ms());
    if (wait_ms > 0) {
        bk_broker_log_refusal(app, "Set: too soon");
        return sd_varlink_errorbo(link, INTERFACE "TooSoon", SD_JSON_BUILD_PAIR_UNSIGNED("milliseconds", wait_ms));
    }
    bk_desktop_set_window(connection->broker->desktop, app->cid, &said);
    return sd_varlink_reply(link, NULL);
}

void bk_window_api_show_all(struct bk_broker *broker)
{
    for (size_t i = 0; i < broker->apps.n_apps; i++) {
        const struct bk_app *app = broker->apps.apps[i];
        if (app->cid != 0 && app->window.said.has != 0)
            bk_desktop_set_window(broker->desktop, app->cid, &app->window.said);
    }
}

/* ---- Watch ---- */

static int build_state(const struct bk_connection *connection, sd_json_variant **ret)
{
    const struct bk_broker *broker = connection->broker;
    const struct bk_window *window = &connection->app->window;
    const struct bk_surroundings *around = &broker->surroundings;
    uint64_t now_ms = bk_broker_now_ms();
    bool closing = window->end_ms != 0;
    uint64_t left_ms = window->end_ms > now_ms ? window->end_ms - now_ms : 0;

    return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_BOOLEAN("focused", window->focused),
                          SD_JSON_BUILD_PAIR_STRING("visibility", bk_window_visibility_names[window->visibility]),
                          SD_JSON_BUILD_PAIR_REAL("scale", around->scale),
                          SD_JSON_BUILD_PAIR_UNSIGNED("orientation", broker->orientation),
                          SD_JSON_BUILD_PAIR_STRING("theme", around->light ? "light" : "dark"),
                          SD_JSON_BUILD_PAIR_BOOLEAN("reducedMotion", around->reduced_motion),
                          SD_JSON_BUILD_PAIR_STRING("keyboardLayout", around->keyboard_layout),
                          SD_JSON_BUILD_PAIR_STRING("keyboardVariant", around->keyboard_variant),
                          SD_JSON_BUILD_PAIR_CONDITION(closing, "closing", SD_JSON_BUILD_UNSIGNED(left_ms)),
                          SD_JSON_BUILD_PAIR_CONDITION(!closing, "closing", SD_JSON_BUILD_NULL));
}

static int on_watch(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    (void)parameters;
    return bk_watch_answer(connection_of(userdata), link, flags, build_state);
}

/* Something changed for the app; NULL: for all. */
static void changed(struct bk_broker *broker, const struct bk_app *app)
{
    bk_watch_changed(broker, build_state, app);
}

int bk_window_api_start(struct bk_broker *broker)
{
    broker->surroundings = BK_SURROUNDINGS_DEFAULT;
    int r = sd_varlink_server_add_interface(broker->server, &bk_api_io_bulkhead_Window);
    if (r >= 0)
        r = sd_varlink_server_bind_method_many(broker->server, INTERFACE "Set", on_set, INTERFACE "Watch", on_watch);
    return r;
}

/* ---- what the desktop and the hypervisor cause ---- */

void bk_window_api_close(struct bk_broker *broker, struct bk_app *app)
{
    if (app->cid == 0 || !bk_window_close(&app->window, bk_broker_now_ms()))
        return;
    changed(broker, app);
    bk_watch_tell(broker); /* at once: what follows is the end */
}

void bk_window_api_stay(struct bk_broker *broker, struct bk_app *app)
{
    if (bk_window_stay(&app->window))
        changed(broker, app);
}

/* The place of a CID's window that was told of too early; NULL when it has none. CID 0: a free one. */
static struct bk_early_window *find_early(struct bk_broker *broker, uint32_t cid)
{
    for (size_t i = 0; i < BK_BROKER_EARLY_WINDOWS_MAX; i++) {
        if (broker->early_windows[i].cid == cid)
            return &broker->early_windows[i];
    }
    return NULL;
}

/* Nobody has this CID, or not yet: the desktop does not tell again what has not changed. */
static void keep_early(struct bk_broker *broker, const struct bk_early_window *told)
{
    struct bk_early_window *early = find_early(broker, told->cid);

    if (early == NULL)
        early = find_early(broker, 0);
    if (early != NULL)
        *early = told->visibility != BK_WINDOW_NONE ? *told : (struct bk_early_window){ 0 };
}

void bk_window_api_seen(struct bk_broker *broker, uint32_t cid, bool focused, enum bk_window_visibility visibility)
{
    struct bk_app *app = bk_app_by_cid(&broker->apps, cid);

    if (app == NULL)
        keep_early(broker, &(struct bk_early_window){ cid, focused, visibility });
    else if (bk_window_see(&app->window, focused, visibility))
        changed(broker, app);
}

void bk_window_api_begin(struct bk_broker *broker, struct bk_app *app)
{
    struct bk_early_window *early = find_early(broker, app->cid);

    if (early == NULL)
        return;
    (void)bk_window_see(&app->window, early->focused, early->visibility);
    *early = (struct bk_early_window){ 0 };
}

void bk_window_api_surroundings(struct bk_broker *broker, const struct bk_surroundings *surroundings)
{
    broker->surroundings = *surroundings;
    changed(broker, NULL);
}

void bk_window_api_turned(struct bk_broker *broker, unsigned degrees)
{
    if (degrees == broker->orientation)
        return;
    broker->orientation = degrees;
    changed(broker, NULL);
}

void bk_window_api_desktop_lost(struct bk_broker *broker)
{
    memset(broker->early_windows, 0, sizeof broker->early_windows);
    for (size_t i = 0; i < broker->apps.n_apps; i++) {
        struct bk_app *app = broker->apps.apps[i];
        bool news = bk_window_see(&app->window, false, BK_WINDOW_NONE);
        /* The next desktop knows of no window that was to close. */
        if (app->state == BK_APP_RUNNING && bk_window_stay(&app->window))
            news = true;
        if (news)
            changed(broker, app);
    }
}
