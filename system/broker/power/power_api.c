/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "power_api.h"

#include "bk_api.h"
#include "desktop_power.h"
#include "invalid.h"
#include "parameters.h"
#include "watch.h"

#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-json.h>

#define INTERFACE "io.bulkhead.Power."

#define PROBLEM_MAX 128U

/* An Inhibit() that goes on; a connection has one at the most. */
struct bk_inhibitor {
    struct bk_inhibitor *next;
    const struct bk_connection *connection;
    char reason[BK_POWER_REASON_MAX + 1];
};

struct bk_power_api {
    struct bk_power power;
    char problem[PROBLEM_MAX];              /* why the machine did not sleep; empty: it was not asked to, or did */
    struct bk_inhibitor *inhibitors, **end; /* in the order in which they came */
    sd_event_source *announce;              /* the machine sleeps then */
    sd_event_source *tell;                  /* the desktop is to be told */
    uint64_t told_ms;
};

/* ---- who is told ---- */

static int on_tell(sd_event_source *source, uint64_t usec, void *userdata)
{
    const struct bk_broker *broker = userdata;
    struct bk_power_api *api = broker->power;
    struct bk_desktop_inhibitor inhibitors[BK_DESKTOP_INHIBITORS_MAX];
    size_t count = 0;

    (void)source;
    (void)usec;
    for (const struct bk_inhibitor *at = api->inhibitors; at != NULL && count < BK_DESKTOP_INHIBITORS_MAX;
         at = at->next)
        inhibitors[count++] = (struct bk_desktop_inhibitor){ at->connection->app, at->reason };
    api->told_ms = bk_broker_now_ms();
    bk_desktop_set_power(broker->desktop, &api->power, api->problem[0] != '\0' ? api->problem : NULL, inhibitors,
                         count);
    return 0;
}

/* Tells the desktop, at once unless it was told just now. */
static void tell_desktop(struct bk_power_api *api)
{
    int enabled = SD_EVENT_OFF;

    if (sd_event_source_get_enabled(api->tell, &enabled) > 0)
        return; /* soon */
    if (sd_event_source_set_time(api->tell, (api->told_ms + BK_POWER_TELL_MS) * 1000) >= 0)
        (void)sd_event_source_set_enabled(api->tell, SD_EVENT_ONESHOT);
}

static int build_state(const struct bk_connection *connection, sd_json_variant **ret)
{
    const struct bk_power *power = &connection->broker->power->power;
    const int64_t left_ms = bk_power_left_ms(power, bk_broker_now_ms());
    const bool battery = power->supply.percent >= 0;

    return sd_json_buildo(
        ret, SD_JSON_BUILD_PAIR_CONDITION(battery, "battery", SD_JSON_BUILD_INTEGER(power->supply.percent)),
        SD_JSON_BUILD_PAIR_CONDITION(!battery, "battery", SD_JSON_BUILD_NULL),
        SD_JSON_BUILD_PAIR_BOOLEAN("plugged", power->supply.plugged),
        SD_JSON_BUILD_PAIR_BOOLEAN("charging", power->supply.charging),
        SD_JSON_BUILD_PAIR_BOOLEAN("lowPower", power->low),
        SD_JSON_BUILD_PAIR_CONDITION(left_ms >= 0, "suspending", SD_JSON_BUILD_INTEGER(left_ms)),
        SD_JSON_BUILD_PAIR_CONDITION(left_ms < 0, "suspending", SD_JSON_BUILD_NULL));
}

static void changed(struct bk_broker *broker)
{
    bk_watch_changed(broker, build_state, NULL);
    tell_desktop(broker->power);
}

/* ---- the methods ---- */

static int on_watch(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    (void)parameters;
    return bk_watch_answer(bk_client_userdata(userdata), link, flags, build_state);
}

static unsigned held_by(const struct bk_power_api *api, const struct bk_app *app)
{
    unsigned held = 0;

    for (const struct bk_inhibitor *at = api->inhibitors; at != NULL; at = at->next)
        held += at->connection->app == app;
    return held;
}

static int on_inhibit(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_connection *connection = bk_client_userdata(userdata);
    struct bk_power_api *api = connection->broker->power;
    struct bk_invalid invalid = { .fault = NULL };
    char reason[BK_POWER_REASON_MAX + 1];

    if (!bk_parameters_accept(link, parameters, &bk_api_io_bulkhead_Power, "Inhibit"))
        return 0;
    if ((flags & SD_VARLINK_METHOD_MORE) == 0)
        return sd_varlink_error(link, SD_VARLINK_ERROR_EXPECTED_MORE, NULL);
    if (!bk_invalid_take_text(sd_json_variant_by_key(parameters, "reason"), "reason", BK_POWER_REASON_MAX, BK_TEXT_LINE,
                              reason, &invalid))
        return bk_invalid_answer(&invalid, link, connection->app, "Inhibit", INTERFACE "InvalidReason");
    if (held_by(api, connection->app) >= BK_POWER_INHIBITORS_MAX) {
        bk_broker_log_refusal(connection->app, "Inhibit: it holds too many");
        return sd_varlink_errorbo(link, INTERFACE "TooManyInhibitors",
                                  SD_JSON_BUILD_PAIR_UNSIGNED("limit", BK_POWER_INHIBITORS_MAX));
    }
    struct bk_inhibitor *inhibitor = calloc(1, sizeof *inhibitor);
    if (inhibitor == NULL)
        return -ENOMEM;
    inhibitor->connection = connection;
    memcpy(inhibitor->reason, reason, strlen(reason) + 1);
    *api->end = inhibitor;
    api->end = &inhibitor->next;
    connection->inhibitor = inhibitor;
    tell_desktop(api);
    (void)bk_client_may_tell(connection->client); /* it is the only one */
    return sd_varlink_notify(link, NULL);
}

void bk_power_api_closed(struct bk_connection *connection)
{
    struct bk_power_api *api = connection->broker->power;
    struct bk_inhibitor **at = &api->inhibitors;

    if (connection->inhibitor == NULL)
        return;
    while (*at != connection->inhibitor)
        at = &(*at)->next;
    *at = connection->inhibitor->next;
    if (*at == NULL)
        api->end = at;
    free(connection->inhibitor);
    connection->inhibitor = NULL;
    tell_desktop(api);
}

/* ---- what the hypervisor and the person cause ---- */

void bk_power_api_told(struct bk_broker *broker, const struct bk_power_supply *supply)
{
    if (bk_power_told(&broker->power->power, supply))
        changed(broker);
}

void bk_power_api_awake(struct bk_broker *broker, const char *problem)
{
    struct bk_power_api *api = broker->power;

    if (problem != NULL)
        bk_warning("the machine did not sleep: %s", problem);
    else
        bk_info("the machine is awake");
    snprintf(api->problem, sizeof api->problem, "%s", problem != NULL ? problem : "");
    bk_power_awake(&api->power);
    changed(broker);
}

void bk_power_api_choose(struct bk_broker *broker, bool low)
{
    if (bk_power_choose(&broker->power->power, low))
        changed(broker);
}

static int on_announced(sd_event_source *source, uint64_t usec, void *userdata)
{
    const struct bk_broker *broker = userdata;

    (void)source;
    (void)usec;
    bk_hypervisor_suspend(broker->hypervisor);
    return 0;
}

void bk_power_api_sleep(struct bk_broker *broker, bool anyway)
{
    struct bk_power_api *api = broker->power;

    if (!api->power.supply.suspends) {
        bk_warning("the person asked for sleep, which this machine does not");
        return;
    }
    if (api->inhibitors != NULL && !anyway) {
        tell_desktop(api); /* which did not know of them, or it would have asked */
        return;
    }
    if (!bk_power_announce(&api->power, bk_broker_now_ms()))
        return;
    bk_info("the machine sleeps in %u ms", BK_POWER_ANNOUNCE_MS);
    api->problem[0] = '\0';
    int r = sd_event_source_set_time(api->announce, api->power.asleep_ms * 1000);
    if (r >= 0)
        r = sd_event_source_set_enabled(api->announce, SD_EVENT_ONESHOT);
    if (r < 0)
        bk_power_api_awake(broker, strerror(-r));
    else
        changed(broker);
}

void bk_power_api_desktop_arrived(struct bk_broker *broker)
{
    broker->power->told_ms = 0;
    (void)sd_event_source_set_enabled(broker->power->tell, SD_EVENT_OFF);
    (void)on_tell(NULL, 0, broker);
}

/* ---- life ---- */

static int add_timer(struct bk_broker *broker, sd_event_time_handler_t callback, sd_event_source **ret)
{
    int r = sd_event_add_time(broker->event, ret, CLOCK_MONOTONIC, 0, 1000, callback, broker);

    return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

int bk_power_api_start(struct bk_broker *broker)
{
    struct bk_power_api *api = calloc(1, sizeof *api);

    if (api == NULL)
        return -ENOMEM;
    broker->power = api;
    api->power = BK_POWER_DEFAULT;
    api->end = &api->inhibitors;
    int r = add_timer(broker, on_announced, &api->announce);
    if (r >= 0)
        r = add_timer(broker, on_tell, &api->tell);
    if (r >= 0)
        r = sd_varlink_server_add_interface(broker->server, &bk_api_io_bulkhead_Power);
    if (r >= 0)
        r = sd_varlink_server_bind_method_many(broker->server, INTERFACE "Watch", on_watch, INTERFACE "Inhibit",
                                               on_inhibit);
    return r;
}

void bk_power_api_stop(struct bk_broker *broker)
{
    struct bk_power_api *api = broker->power;

    if (api == NULL)
        return;
    sd_event_source_disable_unref(api->announce);
    sd_event_source_disable_unref(api->tell);
    free(api); /* no connection is left, and so no inhibitor */
    broker->power = NULL;
}
