/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "open_api.h"

#include "bk_api.h"
#include "invalid.h"
#include "parameters.h"

#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-json.h>

#define INTERFACE "io.bulkhead.Open."

/* ---- things ---- */

const char *bk_open_thing_kind(const struct bk_open_thing *thing)
{
    return thing->link != NULL ? thing->parsed.scheme : thing->type;
}

void bk_open_thing_finish(struct bk_open_thing *thing)
{
    free(thing->link);
    free(thing->name);
    free(thing->type);
    *thing = (struct bk_open_thing){ .link = NULL };
}

bool bk_open_is_bundle(const struct bk_open_thing *thing)
{
    return thing->link == NULL && strcmp(thing->type, BK_SOFTWARE_TYPE) == 0;
}

bool bk_open_fits(const struct bk_app *app, const struct bk_open_thing *thing)
{
    return thing->link != NULL ? bk_opens_scheme(&app->opens, thing->parsed.scheme)
                               : bk_opens_type(&app->opens, thing->type);
}

/* ---- answers ---- */

static int answer_too_many(sd_varlink *link, struct bk_app *app, unsigned limit)
{
    bk_broker_log_refusal(app, "Open: too many");
    return sd_varlink_errorbo(link, INTERFACE "TooMany", SD_JSON_BUILD_PAIR_UNSIGNED("limit", limit));
}

static int answer(sd_varlink *link, struct bk_app *app, bool data, int r, const struct bk_stream_token *token)
{
    if (r == -EALREADY)
        return answer_too_many(link, app, 1); /* bundle */
    if (r == -ENOBUFS)
        return answer_too_many(link, app, BK_OPEN_WAITING_MAX);
    if (r == -EBUSY)
        return answer_too_many(link, app, BK_OPEN_STREAMS_MAX);
    if (r < 0)
        return sd_varlink_error_errno(link, r);
    return data ? sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_STRING("stream", token->text))
                : sd_varlink_reply(link, NULL);
}

void bk_open_conclude(struct bk_connection *connection, struct bk_open_thing *thing, struct bk_app *opener)
{
    sd_varlink *link = bk_client_link(connection->client);
    struct bk_stream_token token = { "" };
    const bool data = thing->link == NULL;

    if (link != NULL && opener == NULL) {
        (void)sd_varlink_error(link, INTERFACE "NotOpened", NULL);
    } else if (link != NULL) {
        bk_info("%s opens %s of %s", opener->id, bk_open_thing_kind(thing), connection->app->id);
        int r = opener == &connection->broker->system
                    ? bk_software_open(connection->broker, connection->app, thing, &token)
                    : bk_open_deliver(connection->broker, connection->app, opener, thing, &token);
        if (r < 0 && bk_app_is_copy(opener)) /* it was started for nothing else */
            (void)bk_hypervisor_request(connection->broker->hypervisor, BK_HYPERVISOR_END, opener->id);
        (void)answer(link, connection->app, data, r, &token);
    }
    bk_open_thing_finish(thing);
}

/* ---- Link, Send ---- */

enum bk_open_admission bk_open_admit(struct bk_app *app, uint64_t *ret_number)
{
    const uint64_t now_ms = bk_broker_now_ms();

    if (!app->window.focused)
        return BK_OPEN_NOT_IN_USE;
    if (app->open_asks >= BK_OPEN_ASKS_MAX) {
        *ret_number = BK_OPEN_ASKS_MAX;
        return BK_OPEN_TOO_MANY;
    }
    uint64_t wait_ms = bk_pace_wait(&app->open_calls, BK_OPEN_BURST, BK_OPEN_INTERVAL_MS, now_ms);
    if (wait_ms == 0)
        wait_ms = bk_pace_wait(&app->open_closed, BK_OPEN_CLOSED_BURST, BK_OPEN_CLOSED_INTERVAL_MS, now_ms);
    if (wait_ms > 0) {
        *ret_number = wait_ms;
        return BK_OPEN_TOO_SOON;
    }
    bk_pace_count(&app->open_calls, BK_OPEN_INTERVAL_MS, now_ms);
    return BK_OPEN_ADMITTED;
}

/* False when the app may not open something now: it has been answered. */
static bool admit(sd_varlink *link, struct bk_app *app)
{
    uint64_t number = 0;

    switch (bk_open_admit(app, &number)) {
    case BK_OPEN_NOT_IN_USE:
        bk_broker_log_refusal(app, "Open: it does not have the focus");
        (void)sd_varlink_error(link, INTERFACE "NotInUse", NULL);
        return false;
    case BK_OPEN_TOO_MANY:
        (void)answer_too_many(link, app, (unsigned)number);
        return false;
    case BK_OPEN_TOO_SOON:
        bk_broker_log_refusal(app, "Open: too soon");
        (void)sd_varlink_errorbo(link, INTERFACE "TooSoon", SD_JSON_BUILD_PAIR_UNSIGNED("milliseconds", number));
        return false;
    case BK_OPEN_ADMITTED:
        break;
    }
    return true;
}

/* The person's default, and its app; NULL: there is none that can open it. */
static struct bk_open_default *default_of(struct bk_broker *broker, const struct bk_app *app,
                                          const struct bk_open_thing *thing, struct bk_app **ret_opener)
{
    struct bk_open_default *item = bk_open_defaults_find(&broker->open.defaults, bk_open_thing_kind(thing));
    struct bk_app *opener = item != NULL ? bk_app_by_owner(&broker->apps, item->app) : NULL;

    *ret_opener = opener;
    return opener != NULL && opener != app && bk_open_fits(opener, thing) ? item : NULL;
}

/* Takes the thing in any case; what is to be answered is, now or later. */
static int open_thing(sd_varlink *link, struct bk_connection *connection, struct bk_open_thing *thing, bool share)
{
    struct bk_broker *broker = connection->broker;
    struct bk_app *opener = NULL;
    const bool asked = share || bk_open_is_bundle(thing);
    struct bk_open_default *item = asked ? NULL : default_of(broker, connection->app, thing, &opener);
    int r = 0;

    if (!admit(link, connection->app)) {
        bk_open_thing_finish(thing);
        return 0;
    }
    if (item != NULL && item->fresh && bk_app_is_copy(connection->app))
        item = NULL; /* one link could start as many as there may be */
    if (item == NULL || item->once)
        r = bk_open_ask(connection, thing, share);
    else if (!item->fresh)
        bk_open_conclude(connection, thing, opener);
    else if (bk_open_awaits_copy(broker, connection->app))
        (void)answer_too_many(link, connection->app, BK_OPEN_COPIES_MAX);
    else
        r = bk_open_in_copy(connection, thing, opener);
    if (r < 0)
        (void)sd_varlink_error_errno(link, r);
    bk_open_thing_finish(thing);
    return 0;
}

static int on_link(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_connection *connection = bk_client_userdata(userdata);
    const char *text = sd_json_variant_string(sd_json_variant_by_key(parameters, "link"));
    struct bk_open_thing thing = { .link = NULL };
    struct bk_invalid invalid = { .fault = NULL };
    enum bk_link_fault fault = bk_link_parse(text, strlen(text), &thing.parsed);

    if (!bk_parameters_accept(link, parameters, &bk_api_io_bulkhead_Open, "Link"))
        return 0;
    if ((flags & SD_VARLINK_METHOD_ONEWAY) != 0)
        return 0; /* nobody would hear what came of it */
    if (fault != BK_LINK_GOOD) {
        (void)bk_invalid_note(&invalid, "link", bk_link_fault_names[fault],
                              fault == BK_LINK_TOO_LONG ? BK_LINK_MAX : 0);
        return bk_invalid_answer(&invalid, link, connection->app, "Link", INTERFACE "InvalidOpen");
    }
    thing.link = strdup(text);
    return thing.link != NULL ? open_thing(link, connection, &thing, false) : -ENOMEM;
}

static bool take_data(sd_json_variant *parameters, struct bk_open_thing *thing, struct bk_invalid *invalid)
{
    const char *name = sd_json_variant_string(sd_json_variant_by_key(parameters, "name"));
    const char *type = sd_json_variant_string(sd_json_variant_by_key(parameters, "type"));
    int64_t size = sd_json_variant_integer(sd_json_variant_by_key(parameters, "size"));
    enum bk_link_fault fault = bk_link_check_name(name, strlen(name));

    if (fault != BK_LINK_GOOD)
        return bk_invalid_note(invalid, "name", bk_link_fault_names[fault],
                               fault == BK_LINK_TOO_LONG ? BK_LINK_NAME_MAX : 0);
    fault = bk_link_check_type(type);
    if (fault != BK_LINK_GOOD)
        return bk_invalid_note(invalid, "type", bk_link_fault_names[fault],
                               fault == BK_LINK_TOO_LONG ? BK_LINK_TYPE_MAX : 0);
    if (size < 0 || size > BK_OPEN_SIZE_MAX)
        return bk_invalid_note(invalid, "size", "outOfRange", 0);
    thing->name = strdup(name);
    thing->type = strdup(type);
    thing->size = (uint64_t)size;
    return true;
}

static int on_send(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_connection *connection = bk_client_userdata(userdata);
    sd_json_variant *share = sd_json_variant_by_key(parameters, "share");
    struct bk_open_thing thing = { .link = NULL };
    struct bk_invalid invalid = { .fault = NULL };

    if (!bk_parameters_accept(link, parameters, &bk_api_io_bulkhead_Open, "Send"))
        return 0;
    if ((flags & SD_VARLINK_METHOD_ONEWAY) != 0)
        return 0;
    if (!take_data(parameters, &thing, &invalid))
        return bk_invalid_answer(&invalid, link, connection->app, "Send", INTERFACE "InvalidOpen");
    if (thing.name == NULL || thing.type == NULL) {
        bk_open_thing_finish(&thing);
        return -ENOMEM;
    }
    return open_thing(link, connection, &thing,
                      sd_json_variant_is_boolean(share) && sd_json_variant_boolean(share) > 0);
}

/* ---- Watch ---- */

static int on_watch(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_connection *connection = bk_client_userdata(userdata);

    (void)link;
    (void)parameters;
    if ((flags & SD_VARLINK_METHOD_ONEWAY) != 0)
        return 0; /* nobody would hear the answer; it waits for a call that listens */
    connection->watch = (flags & SD_VARLINK_METHOD_MORE) != 0 ? BK_WATCH_OPEN : BK_WATCH_OPEN_ONCE;
    bk_open_deliver_wake(connection->broker);
    return 0;
}

/* ---- life ---- */

int bk_open_api_start(struct bk_broker *broker, const char *defaults_path, uint64_t waiting_ms)
{
    bk_open_defaults_load(&broker->open.defaults, defaults_path);
    int r = bk_open_ask_start(broker);
    if (r >= 0)
        r = bk_open_deliver_start(broker, waiting_ms);
    if (r >= 0)
        r = sd_varlink_server_add_interface(broker->server, &bk_api_io_bulkhead_Open);
    if (r >= 0)
        r = sd_varlink_server_bind_method_many(broker->server, INTERFACE "Link", on_link, INTERFACE "Send", on_send,
                                               INTERFACE "Watch", on_watch);
    return r;
}

void bk_open_api_stop(struct bk_broker *broker)
{
    bk_open_deliver_stop(broker);
    bk_open_ask_stop(broker);
    bk_open_defaults_finish(&broker->open.defaults);
}

void bk_open_api_read(struct bk_connection *connection)
{
    if (connection->watch == BK_WATCH_OPEN)
        bk_open_deliver_wake(connection->broker);
}

void bk_open_api_closed(struct bk_connection *connection)
{
    bk_open_ask_cancel(connection);
}
