/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "network.h"

#include "json.h"

#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-varlink.h>

#define INTERFACE "io.bulkhead.Network."
#define RETRY_US  UINT64_C(200000)  /* bk-network that starts or restarts is found so much later at most */
#define AGAIN_US  UINT64_C(1000000) /* until what it could not do is told again */

struct bk_network {
    struct bk_broker *broker;
    const char *path;
    sd_varlink *calls;      /* both or none */
    sd_varlink *watch;      /* a Watch() that goes on occupies its connection */
    bool ready;             /* it has begun to watch, and takes calls */
    char *mac;              /* of the way out, or NULL */
    sd_event_source *retry; /* for the links, or, while they are there, for what it could not do */
    sd_event_source *quiet; /* some have sent nothing for a while */
};

/* ---- what bk-network is told ---- */

/* Without a word while the person has not said no; what its manifest does not declare they are never asked about. */
static const char *access_of(const struct bk_app *app)
{
    const struct bk_app_network *network = &app->network;
    sd_json_variant *first = sd_json_variant_by_index(network->hosts, 0);

    if (network->use != NULL)
        return strcmp(sd_json_variant_string(first), "*") == 0 ? "internet" : "hosts";
    if (network->declined || app->permissions.reasons[BK_PERMISSION_NETWORK] == NULL ||
        app->permissions.choices[BK_PERMISSION_NETWORK] == BK_CHOICE_NEVER)
        return "refused";
    return "waiting";
}

static void call(struct bk_network *network, const char *method, int r, sd_json_variant *parameters)
{
    if (r >= 0)
        r = sd_varlink_invoke(network->calls, method, parameters);
    if (r < 0)
        bk_error("bk-network cannot be told: %s", strerror(-r));
}

/* Tells what the app's port may, when it was told otherwise. */
static void tell(struct bk_broker *broker, struct bk_app *app)
{
    struct bk_network *network = broker->network;
    _cleanup_json_ sd_json_variant *parameters = NULL;
    const char *access = access_of(app);

    if (!network->ready || app->network.port == 0 ||
        (app->network.told != NULL && strcmp(app->network.told, access) == 0))
        return;
    app->network.told = access;
    int r = sd_json_buildo(
        &parameters, SD_JSON_BUILD_PAIR_UNSIGNED("port", app->network.port),
        SD_JSON_BUILD_PAIR_STRING("access", access),
        SD_JSON_BUILD_PAIR_CONDITION(strcmp(access, "hosts") == 0, "hosts", SD_JSON_BUILD_VARIANT(app->network.hosts)));
    call(network, INTERFACE "SetPort", r, parameters);
}

static void tell_uplink(struct bk_network *network)
{
    _cleanup_json_ sd_json_variant *parameters = NULL;

    if (!network->ready)
        return;
    int r = sd_json_buildo(
        &parameters, SD_JSON_BUILD_PAIR_CONDITION(network->mac != NULL, "mac", SD_JSON_BUILD_STRING(network->mac)));
    call(network, INTERFACE "SetUplink", r, parameters);
}

/* ---- who may ---- */

static void on_revoked(void *userdata)
{
    struct bk_app *app = userdata;

    app->network.use = NULL;
    tell(app->network.broker, app);
}

static void on_decided(enum bk_choice basis, void *userdata)
{
    struct bk_app *app = userdata;
    const struct bk_broker *broker = app->network.broker;

    app->network.ask = NULL;
    if (basis == BK_CHOICE_NONE)
        /* Else nobody has answered: the window is hidden, or dialogs about other things were closed too often. */
        app->network.declined = app->permissions.closed[BK_PERMISSION_NETWORK];
    else {
        int r =
            bk_use_begin_resting(broker->gate, app, BK_PERMISSION_NETWORK, basis, on_revoked, app, &app->network.use);
        if (r < 0)
            bk_error("%s cannot reach the network: %s", app->id, strerror(-r));
    }
    tell(app->network.broker, app);
}

static void ask(const struct bk_broker *broker, struct bk_app *app)
{
    struct bk_ask *asked = NULL;

    bk_permission_gate_ask(broker->gate, app, BK_PERMISSION_NETWORK, on_decided, app, &asked);
    if (asked != NULL)
        app->network.ask = asked; /* else it was decided */
}

static bool is_undecided(const struct bk_app *app)
{
    return app->network.port != 0 && app->network.ask == NULL && app->network.use == NULL;
}

static enum bk_verdict judge(const struct bk_app *app)
{
    return bk_permissions_judge(&app->permissions, BK_PERMISSION_NETWORK, app->window.visibility == BK_WINDOW_SHOWN,
                                bk_broker_now_ms());
}

/* What was chosen before needs no dialog and no packet. */
static void look_at(struct bk_broker *broker, struct bk_app *app)
{
    if (is_undecided(app) && judge(app) == BK_VERDICT_GRANTED)
        ask(broker, app);
    else
        tell(broker, app);
}

/* ---- who does ---- */

static void wait_for_quiet(const struct bk_network *network, uint64_t at_ms)
{
    (void)sd_event_source_set_time(network->quiet, at_ms * 1000); /* it exists */
    (void)sd_event_source_set_enabled(network->quiet, SD_EVENT_ONESHOT);
}

static int on_quiet(sd_event_source *source, uint64_t usec, void *userdata)
{
    const struct bk_network *network = userdata;
    const struct bk_app_table *apps = &network->broker->apps;
    const uint64_t now = bk_broker_now_ms();
    uint64_t next = UINT64_MAX;

    (void)source;
    (void)usec;
    for (size_t i = 0; i < apps->n_apps; i++) {
        const struct bk_app_network *of = &apps->apps[i]->network;
        if (of->use == NULL)
            continue;
        if (now >= of->quiet_ms)
            bk_use_set_resting(of->use, true);
        else if (of->quiet_ms < next)
            next = of->quiet_ms;
    }
    if (next != UINT64_MAX)
        wait_for_quiet(network, next);
    return 0;
}

/* Else it waits: what the gate refuses without a dialog the person has not refused. */
static bool may_be_asked_about(const struct bk_app *app)
{
    return app->permissions.asks < BK_PERMISSION_ASKS_MAX && judge(app) != BK_VERDICT_REFUSED;
}

static void on_sends(struct bk_network *network, uint64_t port)
{
    struct bk_app *app = NULL;

    for (size_t i = 0; port != 0 && i < network->broker->apps.n_apps; i++) {
        if (network->broker->apps.apps[i]->network.port == port)
            app = network->broker->apps.apps[i];
    }
    if (app == NULL)
        return; /* its VM has ended meanwhile */
    if (app->network.use != NULL) {
        bk_use_set_resting(app->network.use, false);
        app->network.quiet_ms = bk_broker_now_ms() + BK_NETWORK_QUIET_MS;
        if (sd_event_source_get_enabled(network->quiet, NULL) <= 0) /* else who sent before is looked at first */
            wait_for_quiet(network, app->network.quiet_ms);
    } else if (is_undecided(app) && !app->network.declined && may_be_asked_about(app))
        ask(network->broker, app);
}

/* ---- the line to bk-network ---- */

static void retry_in(const struct bk_network *network, uint64_t usec)
{
    (void)sd_event_source_set_time_relative(network->retry, usec); /* it exists */
    (void)sd_event_source_set_enabled(network->retry, SD_EVENT_ONESHOT);
}

static void lose(struct bk_network *network, const char *why)
{
    const struct bk_app_table *apps = &network->broker->apps;

    if (network->ready)
        bk_warning("lost bk-network: %s", why);
    network->ready = false;
    network->calls = sd_varlink_close_unref(network->calls);
    network->watch = sd_varlink_close_unref(network->watch);
    for (size_t i = 0; i < apps->n_apps; i++)
        apps->apps[i]->network.told = NULL;
    retry_in(network, RETRY_US);
}

static int on_call_reply(sd_varlink *link, sd_json_variant *parameters, const char *error,
                         sd_varlink_reply_flags_t flags, void *userdata)
{
    (void)link;
    if ((flags & SD_VARLINK_REPLY_LOCAL) != 0)
        lose(userdata, error);
    else if (error != NULL) {
        sd_json_variant *reason = sd_json_variant_by_key(parameters, "reason");
        bk_warning("bk-network refused a call: %s: %s", error,
                   sd_json_variant_is_string(reason) ? sd_json_variant_string(reason) : "");
        if (strcmp(error, INTERFACE "Failed") == 0)
            retry_in(userdata, AGAIN_US);
    }
    return 0;
}

/* To bk-network, what it knows already is no news. */
static void tell_all_again(struct bk_network *network)
{
    const struct bk_app_table *apps = &network->broker->apps;

    for (size_t i = 0; i < apps->n_apps; i++)
        apps->apps[i]->network.told = NULL;
    tell_uplink(network);
    bk_network_look_again(network->broker);
}

static int on_watch_reply(sd_varlink *link, sd_json_variant *parameters, const char *error,
                          sd_varlink_reply_flags_t flags, void *userdata)
{
    struct bk_network *network = userdata;
    sd_json_variant *sends = sd_json_variant_by_key(parameters, "sends");

    (void)link;
    if (error != NULL || (flags & SD_VARLINK_REPLY_CONTINUES) == 0)
        lose(network, error != NULL ? error : "it ended the watch");
    else if (sd_json_variant_is_unsigned(sends))
        on_sends(network, sd_json_variant_unsigned(sends));
    else if (!network->ready) { /* what was allowed before is gone there; from here on it is ours to say */
        bk_info("found bk-network");
        network->ready = true;
        tell_all_again(network);
    }
    return 0;
}

static int open_link(const struct bk_network *network, sd_varlink_reply_t on_reply, sd_varlink **ret)
{
    int r = sd_varlink_connect_address(ret, network->path);

    if (r < 0)
        return r;
    sd_varlink_set_userdata(*ret, (void *)(uintptr_t)network); /* which it hands to on_reply() */
    r = sd_varlink_bind_reply(*ret, on_reply);
    if (r >= 0)
        r = sd_varlink_set_relative_timeout(*ret, UINT64_MAX);
    return r < 0 ? r : sd_varlink_attach_event(*ret, network->broker->event, SD_EVENT_PRIORITY_NORMAL);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_network *network = userdata;

    (void)source;
    (void)usec;
    if (network->ready) {
        tell_all_again(network);
        return 0;
    }
    int r = open_link(network, on_call_reply, &network->calls);
    if (r >= 0)
        r = open_link(network, on_watch_reply, &network->watch);
    if (r >= 0)
        r = sd_varlink_observe(network->watch, INTERFACE "Watch", NULL);
    if (r < 0)
        lose(network, strerror(-r));
    return 0;
}

/* ---- what happens ---- */

void bk_network_uplink(struct bk_broker *broker, const char *mac)
{
    struct bk_network *network = broker->network;

    free(network->mac);
    network->mac = mac != NULL ? strdup(mac) : NULL;
    tell_uplink(network);
}

static void end(struct bk_broker *broker, struct bk_app *app)
{
    struct bk_app_network *network = &app->network;
    _cleanup_json_ sd_json_variant *parameters = NULL;

    if (network->ask != NULL)
        bk_permission_gate_cancel(broker->gate, network->ask);
    bk_use_end(network->use);
    if (network->told != NULL) {
        int r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_UNSIGNED("port", network->port));
        call(broker->network, INTERFACE "ForgetPort", r, parameters);
    }
    *network = (struct bk_app_network){ .hosts = network->hosts };
}

void bk_network_told(struct bk_broker *broker, struct bk_app *app, unsigned port)
{
    if (app->network.hosts == NULL)
        port = 0; /* which would be the hypervisor's mistake */
    if (port == app->network.port)
        return;
    end(broker, app);
    app->network.port = port;
    app->network.broker = broker;
    if (port != 0)
        look_at(broker, app);
}

void bk_network_app_ended(struct bk_broker *broker, struct bk_app *app)
{
    end(broker, app);
}

void bk_network_look_again(struct bk_broker *broker)
{
    for (size_t i = 0; i < broker->apps.n_apps; i++)
        look_at(broker, broker->apps.apps[i]);
}

void bk_network_chosen(struct bk_broker *broker, const char *id)
{
    struct bk_app *app = bk_app_by_id(&broker->apps, id);

    if (app == NULL)
        return;
    app->network.declined = false;
    look_at(broker, app);
}

/* ---- life ---- */

static int add_timer(sd_event *event, sd_event_time_handler_t handler, struct bk_network *network,
                     sd_event_source **ret)
{
    int r = sd_event_add_time(event, ret, CLOCK_MONOTONIC, 0, 0, handler, network);

    return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

int bk_network_start(struct bk_broker *broker, const char *path)
{
    struct bk_network *network = calloc(1, sizeof *network);

    if (network == NULL)
        return -ENOMEM;
    broker->network = network;
    *network = (struct bk_network){ .broker = broker, .path = path };
    int r = add_timer(broker->event, on_retry, network, &network->retry);
    if (r >= 0)
        r = add_timer(broker->event, on_quiet, network, &network->quiet);
    if (r >= 0 && path != NULL)
        r = sd_event_source_set_enabled(network->retry, SD_EVENT_ONESHOT);
    return r;
}

void bk_network_stop(struct bk_broker *broker)
{
    struct bk_network *network = broker->network;

    if (network == NULL)
        return;
    for (size_t i = 0; i < broker->apps.n_apps; i++)
        end(broker, broker->apps.apps[i]);
    sd_varlink_close_unref(network->calls);
    sd_varlink_close_unref(network->watch);
    sd_event_source_disable_unref(network->retry);
    sd_event_source_disable_unref(network->quiet);
    free(network->mac);
    free(network);
    broker->network = NULL;
}
