/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "location_api.h"

#include "bk_api.h"
#include "json.h"
#include "location_provider.h"
#include "location_sources.h"
#include "parameters.h"

#include "checked.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-json.h>

#define INTERFACE "io.bulkhead.Location."

/* A Watch() that goes on; a connection has one at the most. */
struct bk_location_watch {
    struct bk_location_watch *next;
    struct bk_connection *connection;
    bool exact, more;
    struct bk_ask *ask; /* it waits for the person, or … */
    struct bk_use *use; /* … for fixes */
    bool due;           /* there is something that it was not told */
};

struct bk_location {
    struct bk_location_sources sources;
    unsigned users;                        /* sources look while there are any */
    const struct bk_location_source *told; /* whose fix the watches know; NULL: they know none */
    bool news;                             /* it has another one */
    struct bk_coarse coarse;
    const struct bk_location_source *coarse_from;
    struct bk_location_watch *watches;
    sd_event_source *due;   /* things are to be looked at anew; not from within a client */
    sd_event_source *later; /* … and then, whatever happens */
};

/* ---- where it is ---- */

static void wake(struct bk_location *location)
{
    (void)sd_event_source_set_enabled(location->due, SD_EVENT_ONESHOT);
}

static void on_report(struct bk_location_source *source, const struct bk_fix *fix, uint64_t age_ms, void *userdata)
{
    struct bk_location *location = userdata;
    uint64_t now_ms = bk_broker_now_ms();

    bk_location_sources_take(source, fix, now_ms - bk_min(age_ms, now_ms));
    location->news = location->news || source == location->told;
    wake(location);
}

static void add_user(struct bk_location *location)
{
    location->users++;
    wake(location);
}

static void remove_user(struct bk_location *location)
{
    location->users--;
    wake(location);
}

/* Who watches is due when there is something new for them. */
static void look(struct bk_location *location)
{
    uint64_t now_ms = bk_broker_now_ms();
    const struct bk_location_source *best = bk_location_sources_best(&location->sources, now_ms);

    if (best == location->told && !location->news)
        return;
    location->told = best;
    location->news = false;
    if (best == NULL)
        return;
    /* What the person sets says nothing of how the machine moves: it is told at once, and not in five minutes. */
    if (best->rank == BK_LOCATION_SET && location->coarse_from != best)
        location->coarse = (struct bk_coarse){ 0 };
    bool another = bk_coarse_look(&location->coarse, &best->fix, now_ms);
    if (location->coarse.looked_ms == now_ms)
        location->coarse_from = best;
    for (struct bk_location_watch *watch = location->watches; watch != NULL; watch = watch->next)
        watch->due = watch->due || watch->exact || another;
}

/* ---- Watch ---- */

static void end_watch(struct bk_location_watch *watch)
{
    const struct bk_broker *broker = watch->connection->broker;
    struct bk_location_watch **at = &broker->location->watches;

    while (*at != watch)
        at = &(*at)->next;
    *at = watch->next;
    watch->connection->location = NULL;
    if (watch->ask != NULL)
        bk_permission_gate_cancel(broker->gate, watch->ask);
    if (watch->use != NULL) {
        bk_use_end(watch->use);
        remove_user(broker->location);
    }
    free(watch);
}

/* Ends the call with an error; that the connection may be lost over it, it says itself. */
static void refuse(struct bk_location_watch *watch, const char *error)
{
    sd_varlink *link = bk_client_link(watch->connection->client);

    end_watch(watch);
    if (link != NULL)
        (void)sd_varlink_error(link, error, NULL);
}

static int build(const struct bk_fix *fix, sd_json_variant **ret)
{
    return sd_json_buildo(
        ret, SD_JSON_BUILD_PAIR_REAL("latitude", fix->latitude), SD_JSON_BUILD_PAIR_REAL("longitude", fix->longitude),
        SD_JSON_BUILD_PAIR_REAL("accuracyMetres", fix->accuracy),
        SD_JSON_BUILD_PAIR_CONDITION(fix->has_altitude, "altitude", SD_JSON_BUILD_REAL(fix->altitude)),
        SD_JSON_BUILD_PAIR_CONDITION(!fix->has_altitude, "altitude", SD_JSON_BUILD_NULL),
        SD_JSON_BUILD_PAIR_CONDITION(fix->has_speed, "speed", SD_JSON_BUILD_REAL(fix->speed)),
        SD_JSON_BUILD_PAIR_CONDITION(!fix->has_speed, "speed", SD_JSON_BUILD_NULL),
        SD_JSON_BUILD_PAIR_CONDITION(fix->has_course, "course", SD_JSON_BUILD_REAL(fix->course)),
        SD_JSON_BUILD_PAIR_CONDITION(!fix->has_course, "course", SD_JSON_BUILD_NULL),
        SD_JSON_BUILD_PAIR_INTEGER("time", fix->time_ms));
}

/* Tells a watch where the machine is; an error of sd-varlink's ends the connection by itself. */
static void tell(struct bk_location_watch *watch, const struct bk_fix *exact)
{
    _cleanup_json_ sd_json_variant *reply = NULL;
    struct bk_connection *connection = watch->connection;
    const struct bk_fix fix = watch->exact ? *exact : bk_coarse_fix(&connection->broker->location->coarse);
    sd_varlink *link = bk_client_link(connection->client);

    watch->due = false;
    int r = build(&fix, &reply);
    if (r < 0) {
        end_watch(watch);
        (void)sd_varlink_error_errno(link, r);
        return;
    }
    if (watch->more) {
        (void)bk_client_may_tell(connection->client); /* there is one at a time: never too many */
        (void)sd_varlink_notify(link, reply);
        return;
    }
    end_watch(watch);
    (void)sd_varlink_reply(link, reply);
}

static void tell_due(struct bk_location *location)
{
    for (struct bk_location_watch *next, *watch = location->watches; watch != NULL; watch = next) {
        const struct bk_connection *connection = watch->connection;
        next = watch->next;
        if (watch->use == NULL || bk_client_link(connection->client) == NULL)
            continue;
        if (location->sources.first == NULL)
            refuse(watch, INTERFACE "NoSource");
        else if (location->told != NULL && watch->due && bk_client_reads(connection->client))
            tell(watch, &location->told->fix);
    }
}

static int on_due(sd_event_source *source, void *userdata)
{
    struct bk_location *location = userdata;

    (void)source;
    location->sources.wanted = location->users > 0;
    uint64_t later_ms = bk_location_sources_settle(&location->sources, bk_broker_now_ms());
    (void)sd_event_source_set_time(location->later, later_ms == UINT64_MAX ? UINT64_MAX : later_ms * 1000);
    (void)sd_event_source_set_enabled(location->later, SD_EVENT_ONESHOT);
    look(location);
    tell_due(location);
    return 0;
}

static int on_later(sd_event_source *source, uint64_t usec, void *userdata)
{
    (void)source;
    (void)usec;
    wake(userdata);
    return 0;
}

static void on_revoked(void *userdata)
{
    struct bk_location_watch *watch = userdata;

    watch->use = NULL;
    remove_user(watch->connection->broker->location);
    refuse(watch, SD_VARLINK_ERROR_PERMISSION_DENIED);
}

static void on_decided(enum bk_choice basis, void *userdata)
{
    struct bk_location_watch *watch = userdata;
    const struct bk_connection *connection = watch->connection;

    watch->ask = NULL;
    if (basis == BK_CHOICE_NONE || bk_use_begin(connection->broker->gate, connection->app, BK_PERMISSION_LOCATION,
                                                basis, on_revoked, watch, &watch->use) < 0) {
        bk_broker_log_refusal(connection->app, "Location.Watch: it may not");
        refuse(watch, SD_VARLINK_ERROR_PERMISSION_DENIED);
        return;
    }
    watch->due = true;
    add_user(connection->broker->location);
    wake(connection->broker->location);
}

static int on_watch(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_connection *connection = bk_client_userdata(userdata);
    struct bk_location *location = connection->broker->location;
    const char *accuracy = sd_json_variant_string(sd_json_variant_by_key(parameters, "accuracy"));
    bool exact = strcmp(accuracy, "exact") == 0;
    struct bk_ask *ask = NULL;

    if (!bk_parameters_accept(link, parameters, &bk_api_io_bulkhead_Location, "Watch"))
        return 0;
    if ((flags & SD_VARLINK_METHOD_ONEWAY) != 0)
        return 0; /* nobody would hear the answer; and the connection would be free for another such call meanwhile */
    if (!exact && strcmp(accuracy, "coarse") != 0)
        return sd_varlink_error_invalid_parameter_name(link, "accuracy");
    if (connection->app->permissions.reasons[BK_PERMISSION_LOCATION] == NULL) {
        bk_broker_log_refusal(connection->app, "Location.Watch: its manifest does not declare it");
        return sd_varlink_error(link, SD_VARLINK_ERROR_PERMISSION_DENIED, NULL);
    }
    if (location->sources.first == NULL)
        return sd_varlink_error(link, INTERFACE "NoSource", NULL);
    struct bk_location_watch *watch = malloc(sizeof *watch);
    if (watch == NULL)
        return -ENOMEM;
    *watch = (struct bk_location_watch){
        .next = location->watches,
        .connection = connection,
        .exact = exact,
        .more = (flags & SD_VARLINK_METHOD_MORE) != 0,
    };
    location->watches = watch;
    connection->location = watch;
    bk_permission_gate_ask(connection->broker->gate, connection->app, BK_PERMISSION_LOCATION, on_decided, watch, &ask);
    if (ask != NULL)
        watch->ask = ask; /* else it was decided, and may be over */
    return 0;
}

/* ---- life ---- */

int bk_location_api_start(struct bk_broker *broker)
{
    broker->location = calloc(1, sizeof *broker->location);
    if (broker->location == NULL)
        return -ENOMEM;
    int r =
        sd_event_add_time(broker->event, &broker->location->later, CLOCK_MONOTONIC, 0, 1, on_later, broker->location);
    if (r >= 0)
        r = sd_event_source_set_enabled(broker->location->later, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_defer(broker->event, &broker->location->due, on_due, broker->location);
    if (r >= 0)
        r = sd_event_source_set_enabled(broker->location->due, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_varlink_server_add_interface(broker->server, &bk_api_io_bulkhead_Location);
    if (r >= 0)
        r = sd_varlink_server_bind_method_many(broker->server, INTERFACE "Watch", on_watch, INTERFACE "Provide",
                                               bk_location_provide);
    return r;
}

void bk_location_api_stop(struct bk_broker *broker)
{
    struct bk_location *location = broker->location;

    if (location == NULL)
        return;
    while (location->sources.first != NULL) {
        struct bk_location_source *source = location->sources.first;
        location->sources.first = source->next;
        source->destroy(source);
    }
    sd_event_source_disable_unref(location->due);
    sd_event_source_disable_unref(location->later);
    free(location);
    broker->location = NULL;
}

void bk_location_api_add(struct bk_broker *broker, struct bk_location_source *source)
{
    source->report = on_report;
    source->userdata = broker->location;
    bk_location_sources_add(&broker->location->sources, source);
    wake(broker->location);
}

void bk_location_api_remove(struct bk_broker *broker, struct bk_location_source *source)
{
    struct bk_location *location = broker->location;

    bk_location_sources_remove(&location->sources, source);
    if (location->told == source)
        location->told = NULL;
    if (location->coarse_from == source) {
        location->coarse = (struct bk_coarse){ 0 }; /* what is believed no more is told no more */
        location->coarse_from = NULL;
        location->news = true;
    }
    wake(location);
}

void bk_location_api_read(struct bk_connection *connection)
{
    if (connection->location != NULL && connection->location->due)
        wake(connection->broker->location);
}

void bk_location_api_closed(struct bk_connection *connection)
{
    if (connection->location != NULL)
        end_watch(connection->location);
    bk_location_provider_closed(connection);
}
