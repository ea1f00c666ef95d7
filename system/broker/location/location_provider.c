/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "location_provider.h"

#include "bk_api.h"
#include "json.h"
#include "location_api.h"
#include "parameters.h"

#include "checked.h"

#include <errno.h>
#include <stdlib.h>
#include <systemd/sd-json.h>
#include <time.h>

#define INTERFACE "io.bulkhead.Location."

struct bk_location_provider {
    struct bk_location_source source; /* first */
    struct bk_connection *connection;
    struct bk_ask *ask;   /* it waits for the person, or … */
    struct bk_use *use;   /* … it is a source */
    bool waits;           /* a call of it is not answered yet */
    sd_event_source *due; /* when it may be answered */
    bool said;            /* in its first call; taken when the person has allowed it */
    struct bk_fix fix;
};

static int64_t now_time_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- what it says ---- */

static double take_number(sd_json_variant *json, const char *name, bool *ret_has)
{
    sd_json_variant *number = sd_json_variant_by_key(json, name);

    *ret_has = bk_json_is_given(number);
    return *ret_has ? sd_json_variant_real(number) : 0;
}

static struct bk_fix take_fix(sd_json_variant *json)
{
    struct bk_fix fix = { .time_ms = sd_json_variant_integer(sd_json_variant_by_key(json, "time")) };
    bool has; /* these are, as the interface's table says */

    fix.latitude = take_number(json, "latitude", &has);
    fix.longitude = take_number(json, "longitude", &has);
    fix.accuracy = take_number(json, "accuracyMetres", &has);
    fix.altitude = take_number(json, "altitude", &fix.has_altitude);
    fix.speed = take_number(json, "speed", &fix.has_speed);
    fix.course = take_number(json, "course", &fix.has_course);
    return fix;
}

static void report(struct bk_location_provider *provider)
{
    struct bk_location_pace *pace = &provider->connection->app->location_pace;
    int64_t age_ms = bk_max(now_time_ms() - provider->fix.time_ms, INT64_C(0));

    provider->said = false;
    pace->fix_ms = pace->answer_ms = bk_broker_now_ms() + BK_LOCATION_PROVIDER_MS;
    provider->source.report(&provider->source, &provider->fix, (uint64_t)age_ms, provider->source.userdata);
}

/* ---- what it is told ---- */

/* Answers the call when another fix is wanted, and not too soon. */
static void answer(struct bk_location_provider *provider)
{
    struct bk_location_pace *pace = &provider->connection->app->location_pace;
    sd_varlink *link = bk_client_link(provider->connection->client);
    uint64_t now_ms = bk_broker_now_ms();

    if (!provider->waits || !provider->source.looks || link == NULL)
        return;
    if (now_ms < pace->answer_ms) {
        (void)sd_event_source_set_time(provider->due, pace->answer_ms * 1000);
        (void)sd_event_source_set_enabled(provider->due, SD_EVENT_ONESHOT);
        return;
    }
    provider->waits = false;
    pace->answer_ms = now_ms + BK_LOCATION_PROVIDER_MS;
    (void)sd_varlink_reply(link, NULL);
}

static int on_due(sd_event_source *source, uint64_t usec, void *userdata)
{
    (void)source;
    (void)usec;
    answer(userdata);
    return 0;
}

static void provider_start(struct bk_location_source *source)
{
    struct bk_location_provider *provider = (struct bk_location_provider *)source;

    bk_use_set_resting(provider->use, false);
    answer(provider);
}

static void provider_stop(struct bk_location_source *source)
{
    const struct bk_location_provider *provider = (const struct bk_location_provider *)source;

    if (provider->use != NULL)
        bk_use_set_resting(provider->use, true);
}

/* ---- life ---- */

static void end_provider(struct bk_location_provider *provider)
{
    struct bk_broker *broker = provider->connection->broker;

    provider->connection->location_provider = NULL;
    if (provider->ask != NULL)
        bk_permission_gate_cancel(broker->gate, provider->ask);
    if (provider->source.report != NULL)
        bk_location_api_remove(broker, &provider->source);
    bk_use_end(provider->use);
    sd_event_source_disable_unref(provider->due);
    free(provider);
}

/* It was not allowed, or is no longer; a call that waits says so. */
static void refuse(struct bk_location_provider *provider)
{
    sd_varlink *link = provider->waits ? bk_client_link(provider->connection->client) : NULL;

    end_provider(provider);
    if (link != NULL)
        (void)sd_varlink_error(link, SD_VARLINK_ERROR_PERMISSION_DENIED, NULL);
}

static void on_revoked(void *userdata)
{
    struct bk_location_provider *provider = userdata;

    provider->use = NULL;
    refuse(provider);
}

static void on_decided(enum bk_choice basis, void *userdata)
{
    struct bk_location_provider *provider = userdata;
    const struct bk_connection *connection = provider->connection;

    provider->ask = NULL;
    if (basis == BK_CHOICE_NONE ||
        bk_use_begin_resting(connection->broker->gate, connection->app, BK_PERMISSION_LOCATION_SOURCE, basis,
                             on_revoked, provider, &provider->use) < 0) {
        bk_broker_log_refusal(connection->app, "Location.Provide: it may not");
        refuse(provider);
        return;
    }
    bk_location_api_add(connection->broker, &provider->source);
    if (provider->said)
        report(provider);
}

static int create_provider(struct bk_connection *connection, struct bk_location_provider **ret)
{
    struct bk_location_provider *provider = calloc(1, sizeof *provider);

    if (provider == NULL)
        return -ENOMEM;
    provider->source = (struct bk_location_source){
        .name = "an app",
        .rank = BK_LOCATION_TOLD,
        .start = provider_start,
        .stop = provider_stop,
    };
    provider->connection = connection;
    int r = sd_event_add_time(connection->broker->event, &provider->due, CLOCK_MONOTONIC, 0, 1, on_due, provider);
    if (r >= 0)
        r = sd_event_source_set_enabled(provider->due, SD_EVENT_OFF);
    if (r < 0) {
        sd_event_source_disable_unref(provider->due);
        free(provider);
        return r;
    }
    connection->location_provider = provider;
    *ret = provider;
    return 0;
}

/* How many connections provide, or want to: of one app, or of all. */
static unsigned count_providers(const struct bk_broker *broker, const struct bk_app *app)
{
    unsigned count = 0;

    for (const struct bk_connection *at = broker->connections; at != NULL; at = at->next)
        count += at->location_provider != NULL && (app == NULL || at->app == app);
    return count;
}

/* ---- Provide ---- */

/* True when the call is answered: with an error. */
static bool refuse_fix(sd_varlink *link, struct bk_app *app, const struct bk_fix *fix, int *ret)
{
    uint64_t now_ms = bk_broker_now_ms();
    struct bk_fix_fault fault;

    if (!bk_fix_check(fix, now_time_ms(), &fault)) {
        bk_broker_log_refusal(app, "Location.Provide: a fix that cannot be");
        *ret = sd_varlink_errorbo(link, INTERFACE "InvalidFix", SD_JSON_BUILD_PAIR_STRING("field", fault.field),
                                  SD_JSON_BUILD_PAIR_REAL("least", fault.least),
                                  SD_JSON_BUILD_PAIR_REAL("most", fault.most));
        return true;
    }
    if (now_ms < app->location_pace.fix_ms) {
        bk_broker_log_refusal(app, "Location.Provide: too soon");
        *ret = sd_varlink_errorbo(link, INTERFACE "TooSoon",
                                  SD_JSON_BUILD_PAIR_UNSIGNED("milliseconds", app->location_pace.fix_ms - now_ms));
        return true;
    }
    return false;
}

static int refuse_provider(sd_varlink *link, struct bk_app *app, const struct bk_broker *broker)
{
    if (count_providers(broker, app) > 0)
        return sd_varlink_error(link, INTERFACE "AlreadyProviding", NULL);
    bk_broker_log_refusal(app, "Location.Provide: too many provide");
    return sd_varlink_errorbo(link, INTERFACE "TooManyProviders",
                              SD_JSON_BUILD_PAIR_UNSIGNED("limit", BK_LOCATION_PROVIDERS_MAX));
}

int bk_location_provide(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_connection *connection = bk_client_userdata(userdata);
    struct bk_location_provider *provider = connection->location_provider;
    struct bk_app *app = connection->app;
    struct bk_broker *broker = connection->broker;
    sd_json_variant *json = sd_json_variant_by_key(parameters, "fix");
    struct bk_fix fix = { 0 };
    struct bk_ask *ask = NULL;
    int r = 0;

    if (!bk_parameters_accept(link, parameters, &bk_api_io_bulkhead_Location, "Provide"))
        return 0;
    if ((flags & SD_VARLINK_METHOD_ONEWAY) != 0)
        return 0; /* it would not be told when to say more */
    if (app->permissions.reasons[BK_PERMISSION_LOCATION_SOURCE] == NULL) {
        bk_broker_log_refusal(app, "Location.Provide: its manifest does not declare it");
        return sd_varlink_error(link, SD_VARLINK_ERROR_PERMISSION_DENIED, NULL);
    }
    if (bk_json_is_given(json)) {
        fix = take_fix(json);
        if (refuse_fix(link, app, &fix, &r))
            return r;
    }
    bool is_new = provider == NULL;
    if (is_new) {
        if (count_providers(broker, app) > 0 || count_providers(broker, NULL) >= BK_LOCATION_PROVIDERS_MAX)
            return refuse_provider(link, app, broker);
        r = create_provider(connection, &provider);
        if (r < 0)
            return r;
    }
    provider->waits = true;
    if (bk_json_is_given(json)) {
        provider->said = true;
        provider->fix = fix;
    }
    if (is_new) {
        bk_permission_gate_ask(broker->gate, app, BK_PERMISSION_LOCATION_SOURCE, on_decided, provider, &ask);
        if (ask != NULL)
            provider->ask = ask; /* else it was decided, and may be over */
        return 0;
    }
    if (provider->said)
        report(provider);
    answer(provider);
    return 0;
}

void bk_location_provider_closed(struct bk_connection *connection)
{
    if (connection->location_provider != NULL)
        end_provider(connection->location_provider);
}
