/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "location_api.h"

#include "bk_api.h"

#include "log.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-json.h>

#define INTERFACE "io.bulkhead.Location."

struct slot {
    struct bk_location_source *source;
    bool has_fix;
    uint64_t fix_ms; /* when it came */
    struct bk_fix fix;
};

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
    struct slot slots[BK_LOCATION_SOURCES_MAX]; /* the best first */
    unsigned n_slots;
    unsigned users;   /* sources look while there are any: … */
    unsigned started; /* … so many of them, the others when these find nothing */
    sd_event_source *patience;
    struct bk_coarse coarse;
    struct bk_location_watch *watches;
    sd_event_source *due; /* some are to be told; not from within a client */
};

/* ---- where it is ---- */

/* The best that is known; NULL while nothing is. */
static const struct bk_fix *best_fix(const struct bk_location *location)
{
    for (unsigned i = 0; i < location->n_slots; i++) {
        const struct slot *slot = &location->slots[i];
        if (slot->has_fix && (slot->source->stays || bk_broker_now_ms() - slot->fix_ms < BK_LOCATION_FRESH_MS))
            return &slot->fix;
    }
    return NULL;
}

static void wake(struct bk_location *location)
{
    (void)sd_event_source_set_enabled(location->due, SD_EVENT_ONESHOT);
}

static void on_report(struct bk_location_source *source, const struct bk_fix *fix, void *userdata)
{
    struct bk_location *location = userdata;
    unsigned i = 0;

    while (location->slots[i].source != source)
        i++;
    location->slots[i].fix = *fix;
    location->slots[i].fix_ms = bk_broker_now_ms();
    location->slots[i].has_fix = true;
    if (best_fix(location) != &location->slots[i].fix)
        return;
    bool another = bk_coarse_look(&location->coarse, fix, bk_broker_now_ms());
    for (struct bk_location_watch *watch = location->watches; watch != NULL; watch = watch->next)
        watch->due = watch->due || watch->exact || another;
    wake(location);
}

/* Has one more source look, and the next one after a while. */
static void start_next(struct bk_location *location)
{
    struct bk_location_source *source = location->slots[location->started++].source;

    source->start(source);
    if (location->started < location->n_slots) {
        (void)sd_event_source_set_time_relative(location->patience, BK_LOCATION_PATIENCE_MS * UINT64_C(1000));
        (void)sd_event_source_set_enabled(location->patience, SD_EVENT_ONESHOT);
    }
}

static int on_patience(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_location *location = userdata;

    (void)source;
    (void)usec;
    if (best_fix(location) == NULL)
        start_next(location);
    return 0;
}

static void add_user(struct bk_location *location)
{
    if (location->users++ == 0)
        start_next(location);
}

static void remove_user(struct bk_location *location)
{
    if (--location->users > 0)
        return;
    (void)sd_event_source_set_enabled(location->patience, SD_EVENT_OFF);
    while (location->started > 0) {
        struct bk_location_source *source = location->slots[--location->started].source;
        source->stop(source);
    }
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
    __attribute__((cleanup(sd_json_variant_unrefp))) sd_json_variant *reply = NULL;
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

static int on_due(sd_event_source *source, void *userdata)
{
    struct bk_location *location = userdata;
    const struct bk_fix *fix = best_fix(location);

    (void)source;
    for (struct bk_location_watch *next, *watch = location->watches; fix != NULL && watch != NULL; watch = next) {
        const struct bk_connection *connection = watch->connection;
        next = watch->next;
        if (watch->due && watch->use != NULL && bk_client_link(connection->client) != NULL &&
            bk_client_reads(connection->client))
            tell(watch, fix);
    }
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

    if ((flags & SD_VARLINK_METHOD_ONEWAY) != 0)
        return 0; /* nobody would hear the answer; and the connection would be free for another such call meanwhile */
    if (!exact && strcmp(accuracy, "coarse") != 0)
        return sd_varlink_error_invalid_parameter_name(link, "accuracy");
    if (connection->app->permissions.reasons[BK_PERMISSION_LOCATION] == NULL) {
        bk_broker_log_refusal(connection->app, "Location.Watch: its manifest does not declare it");
        return sd_varlink_error(link, SD_VARLINK_ERROR_PERMISSION_DENIED, NULL);
    }
    if (location->n_slots == 0)
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
    int r = sd_event_add_time_relative(broker->event, &broker->location->patience, CLOCK_MONOTONIC, 0, 0, on_patience,
                                       broker->location);
    if (r >= 0)
        r = sd_event_source_set_enabled(broker->location->patience, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_defer(broker->event, &broker->location->due, on_due, broker->location);
    if (r >= 0)
        r = sd_event_source_set_enabled(broker->location->due, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_varlink_server_add_interface(broker->server, &bk_api_io_bulkhead_Location);
    if (r >= 0)
        r = sd_varlink_server_bind_method(broker->server, INTERFACE "Watch", on_watch);
    return r;
}

void bk_location_api_stop(struct bk_broker *broker)
{
    struct bk_location *location = broker->location;

    if (location == NULL)
        return;
    for (unsigned i = 0; i < location->n_slots; i++)
        location->slots[i].source->destroy(location->slots[i].source);
    sd_event_source_disable_unref(location->due);
    sd_event_source_disable_unref(location->patience);
    free(location);
    broker->location = NULL;
}

void bk_location_api_add(struct bk_broker *broker, struct bk_location_source *source)
{
    struct bk_location *location = broker->location;

    assert(location->n_slots < BK_LOCATION_SOURCES_MAX);
    bk_info("where the machine is says %s", source->name);
    source->report = on_report;
    source->userdata = location;
    location->slots[location->n_slots++].source = source;
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
}
