/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "hypervisor.h"

#include "json.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-json.h>
#include <systemd/sd-varlink.h>
#include <time.h>
#include <unistd.h>

#define RETRY_US UINT64_C(500000)

#define INTERFACE "io.bulkhead.Hypervisor."

#define MARK_SIZE   2U /* NUL bytes */
#define SESSION_MAX 128
#define OPENING_MAX (SESSION_MAX + 32)

enum phase {
    PHASE_CLOSED, /* no session, until `retry` */
    PHASE_OPENING,
    PHASE_LIST,
    PHASE_ICONS,
    PHASE_SUSPEND,
    PHASE_CALL,
    PHASE_WATCH,
};

struct request {
    enum bk_hypervisor_request kind;
    bool sent; /* a start whose outcome is not known */
    char id[BK_APP_ID_MAX + 1];
};

struct call {
    const char *method;
    sd_json_variant *parameters;
    bk_hypervisor_answered_t answered;
    void *userdata;
};

struct bk_hypervisor {
    sd_event *event;
    const struct bk_hypervisor_events *events;
    void *userdata;

    int fd;                /* open for good; a session ends without closing it */
    sd_varlink *link;      /* on a duplicate of `fd`, once the session has begun */
    sd_event_source *io;   /* while the opening is under way */
    sd_event_source *next; /* the next step, outside of sd-varlink's callback, which allows no new call */
    sd_event_source *retry;

    enum phase phase;
    char session[SESSION_MAX]; /* what the session's first call names */
    char opening[OPENING_MAX];
    size_t opening_size;
    size_t opening_sent;
    char heard[OPENING_MAX * 2]; /* the start of the message that is being read */
    size_t heard_size;
    sd_json_variant *apps; /* what List() answered */
    size_t icons;          /* of them that were answered */
    bool listed;           /* since the last time that other apps were installed, of … */
    uint64_t generation;   /* … this number; and once in this process's life are … */
    bool started_apps;     /* … those that run from the start: an app that was stopped is not started again */
    struct request requests[BK_HYPERVISOR_REQUESTS_MAX + BK_HYPERVISOR_HEARING_MAX];
    size_t n_requests;
    struct call calls[BK_HYPERVISOR_CALLS_MAX];
    size_t n_calls;
    bool called;    /* the first of them, which is not answered yet */
    bool suspend;   /* it is to be asked for, … */
    bool suspended; /* … or was, and is not answered yet */
    bool off;       /* the machine is to be switched off */
};

static void close_session(struct bk_hypervisor *hypervisor)
{
    hypervisor->phase = PHASE_CLOSED;
    hypervisor->link = sd_varlink_close_unref(hypervisor->link);
    hypervisor->io = sd_event_source_disable_unref(hypervisor->io);
    hypervisor->apps = sd_json_variant_unref(hypervisor->apps);
    (void)sd_event_source_set_enabled(hypervisor->next, SD_EVENT_OFF); /* cannot fail for a source that exists */
}

/* The first call has its answer. */
static void end_call(struct bk_hypervisor *hypervisor, sd_json_variant *parameters, const char *error)
{
    const struct call call = hypervisor->calls[0];

    hypervisor->called = false;
    hypervisor->n_calls--;
    memmove(hypervisor->calls, hypervisor->calls + 1, hypervisor->n_calls * sizeof call);
    call.answered(parameters, error, call.userdata);
    sd_json_variant_unref(call.parameters);
}

static void end_session(struct bk_hypervisor *hypervisor, const char *why)
{
    const bool suspended = hypervisor->suspended;
    int r;

    bk_warning("the line to the hypervisor failed: %s", why);
    close_session(hypervisor);
    hypervisor->suspended = false;
    if (suspended)
        hypervisor->events->awake("nobody knows why", hypervisor->userdata);
    if (hypervisor->called)
        end_call(hypervisor, NULL, "the line to the hypervisor failed");
    r = sd_event_source_set_time_relative(hypervisor->retry, RETRY_US);
    if (r >= 0)
        r = sd_event_source_set_enabled(hypervisor->retry, SD_EVENT_ONESHOT);
    if (r < 0)
        bk_error("cannot try the hypervisor again: %s", strerror(-r));
}

/* ---- requests ---- */

static bool is_about_hearing(enum bk_hypervisor_request kind)
{
    return kind == BK_HYPERVISOR_HEAR || kind == BK_HYPERVISOR_DEAFEN;
}

/* Of requests about who hears those of one app are one: the last. So that a place is left for it whatever waits. */
static int add_request(struct bk_hypervisor *hypervisor, enum bk_hypervisor_request kind, const char *id)
{
    size_t others = 0;

    if (strlen(id) > BK_APP_ID_MAX)
        return -EINVAL;
    for (size_t i = 0; i < hypervisor->n_requests; i++) {
        struct request *request = &hypervisor->requests[i];
        if (!is_about_hearing(request->kind))
            others++;
        else if (is_about_hearing(kind) && strcmp(request->id, id) == 0) {
            request->kind = kind;
            request->sent = false;
            return 0;
        }
    }
    if (is_about_hearing(kind) ? hypervisor->n_requests - others == BK_HYPERVISOR_HEARING_MAX
                               : others == BK_HYPERVISOR_REQUESTS_MAX)
        return -ENOBUFS;
    struct request *request = &hypervisor->requests[hypervisor->n_requests++];
    *request = (struct request){ .kind = kind };
    memcpy(request->id, id, strlen(id) + 1);
    return 0;
}

/* Sends what waits; of starts the outcome is awaited. */
static int send_requests(struct bk_hypervisor *hypervisor)
{
    size_t kept = 0;
    int r = 0;

    for (size_t i = 0; r >= 0 && i < hypervisor->n_requests; i++) {
        struct request *request = &hypervisor->requests[i];

        if (!request->sent && request->kind == BK_HYPERVISOR_START)
            r = sd_varlink_sendbo(hypervisor->link, INTERFACE "Start", SD_JSON_BUILD_PAIR_STRING("id", request->id));
        else if (!request->sent && is_about_hearing(request->kind))
            r = sd_varlink_sendbo(hypervisor->link, INTERFACE "SetMicrophone",
                                  SD_JSON_BUILD_PAIR_STRING("id", request->id),
                                  SD_JSON_BUILD_PAIR_BOOLEAN("allowed", request->kind == BK_HYPERVISOR_HEAR));
        else if (!request->sent)
            r = sd_varlink_sendbo(hypervisor->link, INTERFACE "Stop", SD_JSON_BUILD_PAIR_STRING("id", request->id),
                                  SD_JSON_BUILD_PAIR_BOOLEAN("force", request->kind == BK_HYPERVISOR_END),
                                  SD_JSON_BUILD_PAIR_CONDITION(request->kind == BK_HYPERVISOR_ASK, "patient",
                                                               SD_JSON_BUILD_BOOLEAN(true)));
        request->sent = true;
        if (request->kind == BK_HYPERVISOR_START)
            hypervisor->requests[kept++] = *request;
    }
    if (r >= 0)
        hypervisor->n_requests = kept;
    return r;
}

/* What Watch() tells of an app comes after what was sent before it. */
static void judge_start(struct bk_hypervisor *hypervisor, const struct bk_hypervisor_app *app)
{
    for (size_t i = 0; i < hypervisor->n_requests; i++) {
        struct request *request = &hypervisor->requests[i];

        if (!request->sent || request->kind != BK_HYPERVISOR_START || strcmp(request->id, app->id) != 0 ||
            app->state == BK_APP_STARTING)
            continue;
        *request = hypervisor->requests[--hypervisor->n_requests];
        if (app->state == BK_APP_STOPPED)
            hypervisor->events->start_failed(app->id, app->ended != NULL ? app->ended : "nobody knows why",
                                             hypervisor->userdata);
        return;
    }
}

/* ---- what the supervisor tells ---- */

static const char *text_of(sd_json_variant *json, const char *key)
{
    sd_json_variant *value = sd_json_variant_by_key(json, key);

    return sd_json_variant_is_string(value) ? sd_json_variant_string(value) : NULL;
}

static int read_state(const char *name, enum bk_app_state *ret)
{
    for (int state = 0; name != NULL && state < BK_APP_STATES; state++) {
        if (strcmp(name, bk_app_state_names[state]) == 0) {
            *ret = (enum bk_app_state)state;
            return 0;
        }
    }
    return -EBADMSG;
}

static int read_permissions(sd_json_variant *list, struct bk_hypervisor_app *app)
{
    for (size_t i = 0; list != NULL && i < sd_json_variant_elements(list); i++) {
        sd_json_variant *json = sd_json_variant_by_index(list, i);
        const char *name = text_of(json, "name");
        const char *reason = text_of(json, "reason");

        if (name == NULL || reason == NULL)
            return -EBADMSG;
        enum bk_permission permission = bk_permission_by_name(name);
        if (permission != BK_PERMISSIONS)
            app->reasons[permission] = reason;
        else
            app->unknown_permission = name;
    }
    return 0;
}

static bool is_true(sd_json_variant *json, const char *key)
{
    sd_json_variant *value = sd_json_variant_by_key(json, key);

    return sd_json_variant_is_boolean(value) && sd_json_variant_boolean(value) > 0;
}

static int read_names(sd_json_variant *list, struct bk_opens *opens, bool (*add)(struct bk_opens *, const char *))
{
    if (!sd_json_variant_is_array(list))
        return -EBADMSG;
    for (size_t i = 0; i < sd_json_variant_elements(list); i++) {
        sd_json_variant *name = sd_json_variant_by_index(list, i);
        if (!sd_json_variant_is_string(name) || !add(opens, sd_json_variant_string(name)))
            return -EBADMSG;
    }
    return 0;
}

static int read_opens(sd_json_variant *json, struct bk_opens *opens)
{
    if (json == NULL || sd_json_variant_is_null(json))
        return 0;
    int r = read_names(sd_json_variant_by_key(json, "schemes"), opens, bk_opens_add_scheme);
    return r < 0 ? r : read_names(sd_json_variant_by_key(json, "types"), opens, bk_opens_add_type);
}

/* A card, and what it is for, and where it is: the one without the other is nothing. */
static int read_network(sd_json_variant *json, struct bk_hypervisor_app *app)
{
    sd_json_variant *hosts = sd_json_variant_by_key(json, "network");
    sd_json_variant *port = sd_json_variant_by_key(json, "networkPort");

    if (!bk_json_is_given(hosts))
        return 0;
    const size_t count = sd_json_variant_is_array(hosts) ? sd_json_variant_elements(hosts) : 0;
    if (count == 0 || count > BK_APP_HOSTS_MAX)
        return -EBADMSG;
    for (size_t i = 0; i < count; i++) {
        if (!sd_json_variant_is_string(sd_json_variant_by_index(hosts, i)))
            return -EBADMSG;
    }
    app->network = hosts;
    if (!bk_json_is_given(port))
        return 0;
    if (!sd_json_variant_is_unsigned(port) || sd_json_variant_unsigned(port) < BK_APP_PORT_MIN ||
        sd_json_variant_unsigned(port) > BK_APP_PORT_MAX)
        return -EBADMSG;
    app->port = (unsigned)sd_json_variant_unsigned(port);
    return 0;
}

static int read_app(sd_json_variant *json, struct bk_hypervisor_app *ret)
{
    sd_json_variant *cid = sd_json_variant_by_key(json, "cid");
    sd_json_variant *permissions = sd_json_variant_by_key(json, "permissions");
    sd_json_variant *size = sd_json_variant_by_key(json, "size");
    struct bk_hypervisor_app app = {
        .id = text_of(json, "id"),
        .name = text_of(json, "name"),
        .copy_of = text_of(json, "copyOf"),
        .ended = text_of(json, "ended"),
        .crashed = is_true(json, "crashed"),
        .key = text_of(json, "key"),
        .version = text_of(json, "version"),
        .shell = is_true(json, "shell"),
        .recording = is_true(json, "recording"),
        .hears = is_true(json, "microphone"),
    };

    int r = read_state(text_of(json, "state"), &app.state);
    if (r < 0 || app.id == NULL || app.name == NULL)
        return -EBADMSG;
    if (permissions != NULL && !sd_json_variant_is_array(permissions))
        return -EBADMSG;
    if (sd_json_variant_is_unsigned(size))
        app.size = sd_json_variant_unsigned(size);
    r = read_permissions(permissions, &app);
    if (r >= 0)
        r = read_opens(sd_json_variant_by_key(json, "opens"), &app.opens);
    if (r >= 0)
        r = read_network(json, &app);
    if (r < 0)
        return r;
    if (sd_json_variant_is_unsigned(cid)) {
        uint64_t value = sd_json_variant_unsigned(cid);
        if (value == 0 || value >= UINT32_MAX)
            return -EBADMSG;
        app.cid = (uint32_t)value;
    } else if (bk_json_is_given(cid))
        return -EBADMSG;
    *ret = app;
    return 0;
}

/* An app that wants to run from the start and has not run since the machine is up. */
static void start_app(struct bk_hypervisor *hypervisor, const struct bk_hypervisor_app *app, sd_json_variant *json)
{
    if (!is_true(json, "autostart") || app->state != BK_APP_STOPPED || app->ended != NULL)
        return;
    bk_info("starting %s", app->id);
    int r = add_request(hypervisor, BK_HYPERVISOR_START, app->id);
    if (r < 0)
        bk_error("cannot start %s: %s", app->id, strerror(-r));
}

static int take_list(struct bk_hypervisor *hypervisor, sd_json_variant *parameters)
{
    sd_json_variant *apps = sd_json_variant_by_key(parameters, "apps");
    sd_json_variant *generation = sd_json_variant_by_key(parameters, "generation");
    struct bk_hypervisor_app app;

    if (!sd_json_variant_is_array(apps) || !sd_json_variant_is_unsigned(generation))
        return -EBADMSG;
    for (size_t i = 0; i < sd_json_variant_elements(apps); i++) {
        sd_json_variant *json = sd_json_variant_by_index(apps, i);
        int r = read_app(json, &app);
        if (r < 0)
            return r;
        app.listed = true;
        hypervisor->events->app(&app, hypervisor->userdata);
        if (!hypervisor->started_apps)
            start_app(hypervisor, &app, json);
    }
    hypervisor->started_apps = true;
    hypervisor->generation = sd_json_variant_unsigned(generation);
    hypervisor->events->listed(hypervisor->userdata);
    hypervisor->apps = sd_json_variant_ref(apps);
    return 0;
}

/* Other apps are installed than were listed: the next session lists them. */
static int take_generation(struct bk_hypervisor *hypervisor, sd_json_variant *json)
{
    if (!sd_json_variant_is_unsigned(json))
        return -EBADMSG;
    if (sd_json_variant_unsigned(json) == hypervisor->generation)
        return 0;
    hypervisor->listed = false;
    return sd_event_source_set_enabled(hypervisor->next, SD_EVENT_ONESHOT);
}

static int take_orientation(struct bk_hypervisor *hypervisor, sd_json_variant *json)
{
    uint64_t degrees = sd_json_variant_is_unsigned(json) ? sd_json_variant_unsigned(json) : UINT64_MAX;

    if (degrees >= 360 || degrees % 90 != 0)
        return -EBADMSG;
    hypervisor->events->turned((unsigned)degrees, hypervisor->userdata);
    return 0;
}

static int take_power(struct bk_hypervisor *hypervisor, sd_json_variant *json)
{
    sd_json_variant *percent = sd_json_variant_by_key(json, "percent");
    sd_json_variant *seconds = sd_json_variant_by_key(json, "seconds");
    sd_json_variant *plugged = sd_json_variant_by_key(json, "plugged");
    sd_json_variant *charging = sd_json_variant_by_key(json, "charging");
    sd_json_variant *suspends = sd_json_variant_by_key(json, "suspends");
    struct bk_power_supply supply = BK_POWER_SUPPLY_DEFAULT;

    if (!sd_json_variant_is_boolean(plugged) || !sd_json_variant_is_boolean(charging) ||
        !sd_json_variant_is_boolean(suspends))
        return -EBADMSG;
    supply.plugged = sd_json_variant_boolean(plugged);
    supply.charging = sd_json_variant_boolean(charging);
    supply.suspends = sd_json_variant_boolean(suspends);
    if (sd_json_variant_is_unsigned(percent)) {
        if (sd_json_variant_unsigned(percent) > 100)
            return -EBADMSG;
        supply.percent = (int)sd_json_variant_unsigned(percent);
    }
    if (sd_json_variant_is_unsigned(seconds) && sd_json_variant_unsigned(seconds) <= INT64_MAX)
        supply.seconds = (int64_t)sd_json_variant_unsigned(seconds);
    hypervisor->events->power(&supply, hypervisor->userdata);
    return 0;
}

static int take_change(struct bk_hypervisor *hypervisor, sd_json_variant *parameters)
{
    sd_json_variant *json = sd_json_variant_by_key(parameters, "app");
    sd_json_variant *orientation = sd_json_variant_by_key(parameters, "orientation");
    sd_json_variant *power = sd_json_variant_by_key(parameters, "power");
    sd_json_variant *uplink = sd_json_variant_by_key(parameters, "uplink");
    sd_json_variant *generation = sd_json_variant_by_key(parameters, "generation");
    sd_json_variant *bundle = sd_json_variant_by_key(parameters, "bundle");
    sd_json_variant *work = sd_json_variant_by_key(parameters, "work");
    struct bk_hypervisor_app app;

    if (!hypervisor->listed)
        return 0; /* all of it is told again */
    if (bk_json_is_given(generation))
        return take_generation(hypervisor, generation);
    if (bk_json_is_given(orientation))
        return take_orientation(hypervisor, orientation);
    if (bk_json_is_given(power))
        return take_power(hypervisor, power);
    if (bk_json_is_given(uplink)) {
        hypervisor->events->uplink(text_of(uplink, "mac"), hypervisor->userdata);
        return 0;
    }
    if (bk_json_is_given(bundle)) {
        hypervisor->events->bundle(bundle, hypervisor->userdata);
        return 0;
    }
    if (bk_json_is_given(work)) {
        hypervisor->events->work(work, hypervisor->userdata);
        return 0;
    }
    int r = read_app(json, &app);
    if (r < 0)
        return r;
    hypervisor->events->app(&app, hypervisor->userdata);
    judge_start(hypervisor, &app);
    return 0;
}

/* ---- the steps of a session ---- */

static void renew_session(struct bk_hypervisor *hypervisor);

static int ask_for_icons(struct bk_hypervisor *hypervisor)
{
    int r = 0;

    for (size_t i = 0; r >= 0 && i < sd_json_variant_elements(hypervisor->apps); i++)
        r = sd_varlink_invokebo(
            hypervisor->link, INTERFACE "Icon",
            SD_JSON_BUILD_PAIR_STRING("id", text_of(sd_json_variant_by_index(hypervisor->apps, i), "id")));
    return r;
}

static int begin_watch(struct bk_hypervisor *hypervisor)
{
    int r = send_requests(hypervisor);

    if (r >= 0 && hypervisor->off) {
        r = sd_varlink_send(hypervisor->link, INTERFACE "PowerOff", NULL);
        hypervisor->off = r < 0; /* else with the next session */
    }
    if (r >= 0 && hypervisor->suspend) {
        hypervisor->suspend = false;
        hypervisor->suspended = true;
        hypervisor->phase = PHASE_SUSPEND;
        return sd_varlink_invoke(hypervisor->link, INTERFACE "Suspend", NULL);
    }
    if (r >= 0 && hypervisor->n_calls > 0) {
        hypervisor->phase = PHASE_CALL;
        hypervisor->called = true;
        return sd_varlink_invoke(hypervisor->link, hypervisor->calls[0].method, hypervisor->calls[0].parameters);
    }
    hypervisor->phase = PHASE_WATCH;
    return r < 0 ? r : sd_varlink_observe(hypervisor->link, INTERFACE "Watch", NULL);
}

static void take_step(struct bk_hypervisor *hypervisor)
{
    int r;

    if (hypervisor->phase == PHASE_LIST && sd_json_variant_elements(hypervisor->apps) > 0) {
        hypervisor->phase = PHASE_ICONS;
        hypervisor->icons = 0;
        r = ask_for_icons(hypervisor);
    } else {
        hypervisor->listed = true;
        hypervisor->apps = sd_json_variant_unref(hypervisor->apps);
        r = begin_watch(hypervisor);
    }
    if (r < 0)
        end_session(hypervisor, strerror(-r));
}

static int on_next(sd_event_source *source, void *userdata)
{
    struct bk_hypervisor *hypervisor = userdata;

    (void)source;
    if (hypervisor->called) /* the machine is to be switched off: what may last is not waited for */
        end_call(hypervisor, NULL, "the machine is switched off");
    else if (hypervisor->phase != PHASE_WATCH) {
        take_step(hypervisor);
        return 0;
    }
    renew_session(hypervisor);
    return 0;
}

static int take_icon(struct bk_hypervisor *hypervisor, sd_json_variant *parameters, const char *error)
{
    sd_json_variant *app = sd_json_variant_by_index(hypervisor->apps, hypervisor->icons++);

    if (error != NULL)
        bk_warning("%s has no icon: %s", text_of(app, "id"), error);
    hypervisor->events->icon(text_of(app, "id"), text_of(parameters, "icon"), hypervisor->userdata);
    if (hypervisor->icons < sd_json_variant_elements(hypervisor->apps))
        return 0;
    return sd_event_source_set_enabled(hypervisor->next, SD_EVENT_ONESHOT);
}

static int take_awake(struct bk_hypervisor *hypervisor, sd_json_variant *parameters, const char *error)
{
    const char *problem = NULL;

    hypervisor->suspended = false;
    if (error != NULL)
        problem = text_of(parameters, "reason") ?: error;
    hypervisor->events->awake(problem, hypervisor->userdata);
    return sd_event_source_set_enabled(hypervisor->next, SD_EVENT_ONESHOT);
}

static int take_reply(struct bk_hypervisor *hypervisor, sd_json_variant *parameters, const char *error)
{
    int r;

    switch (hypervisor->phase) {
    case PHASE_CLOSED:
    case PHASE_OPENING:
        return -EBADMSG;
    case PHASE_LIST:
        r = error == NULL ? take_list(hypervisor, parameters) : -EBADMSG;
        return r < 0 ? r : sd_event_source_set_enabled(hypervisor->next, SD_EVENT_ONESHOT);
    case PHASE_ICONS:
        return take_icon(hypervisor, parameters, error);
    case PHASE_SUSPEND:
        return take_awake(hypervisor, parameters, error);
    case PHASE_CALL:
        end_call(hypervisor, parameters, error);
        return sd_event_source_set_enabled(hypervisor->next, SD_EVENT_ONESHOT);
    case PHASE_WATCH:
        return error == NULL ? take_change(hypervisor, parameters) : -EBADMSG;
    }
    return -EBADMSG;
}

static int on_reply(sd_varlink *link, sd_json_variant *parameters, const char *error, sd_varlink_reply_flags_t flags,
                    void *userdata)
{
    struct bk_hypervisor *hypervisor = userdata;

    (void)link;
    if ((flags & SD_VARLINK_REPLY_LOCAL) != 0) {
        end_session(hypervisor, error);
        return 0;
    }
    int r = take_reply(hypervisor, parameters, error);
    if (r < 0)
        end_session(hypervisor, error != NULL ? error : strerror(-r));
    return 0;
}

static int begin_calls(struct bk_hypervisor *hypervisor)
{
    _cleanup_close_ int fd = fcntl(hypervisor->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int r = sd_varlink_connect_fd(&hypervisor->link, fd);
    if (r < 0)
        return r;
    TAKE_FD(fd);
    sd_varlink_set_userdata(hypervisor->link, hypervisor);
    hypervisor->phase = PHASE_LIST;
    r = sd_varlink_set_relative_timeout(hypervisor->link, UINT64_MAX);
    if (r >= 0)
        r = sd_varlink_bind_reply(hypervisor->link, on_reply);
    if (r >= 0)
        r = sd_varlink_attach_event(hypervisor->link, hypervisor->event, SD_EVENT_PRIORITY_NORMAL);
    if (r < 0)
        return r;
    return hypervisor->listed ? begin_watch(hypervisor) : sd_varlink_invoke(hypervisor->link, INTERFACE "List", NULL);
}

/* ---- the opening ---- */

/* The mark, and a call that names this session, of a method that does not exist: the error that answers it names it
 * too, and is told from all that is still under way from sessions before, be it half a message. */
static int write_opening(struct bk_hypervisor *hypervisor)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(hypervisor->session, sizeof hypervisor->session, INTERFACE "Session%dat%lldn%ld", getpid(),
             (long long)now.tv_sec, now.tv_nsec);
    int n = snprintf(hypervisor->opening + MARK_SIZE, sizeof hypervisor->opening - MARK_SIZE, "{\"method\":\"%s\"}",
                     hypervisor->session);
    if (n < 0 || (size_t)n >= sizeof hypervisor->opening - MARK_SIZE)
        return -ENOBUFS;
    memset(hypervisor->opening, 0, MARK_SIZE);
    hypervisor->opening_size = MARK_SIZE + (size_t)n + 1;
    hypervisor->opening_sent = 0;
    hypervisor->heard_size = 0;
    return 0;
}

/* Sends what is left of the opening; 1 when it is out. */
static int send_opening(struct bk_hypervisor *hypervisor)
{
    while (hypervisor->opening_sent < hypervisor->opening_size) {
        ssize_t n = write(hypervisor->fd, hypervisor->opening + hypervisor->opening_sent,
                          hypervisor->opening_size - hypervisor->opening_sent);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? 0 : -errno;
        hypervisor->opening_sent += (size_t)n;
    }
    return 1;
}

/* Throws away what is left of sessions before; 1 when our own has begun. A byte at a time, so that none of what
 * follows is taken from sd-varlink. */
static int await_session(struct bk_hypervisor *hypervisor)
{
    for (;;) {
        char byte;
        ssize_t n = read(hypervisor->fd, &byte, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? 0 : -errno;
        if (n == 0)
            return -ENOTCONN;
        if (byte != '\0') {
            if (hypervisor->heard_size < sizeof hypervisor->heard - 1)
                hypervisor->heard[hypervisor->heard_size++] = byte;
            continue;
        }
        hypervisor->heard[hypervisor->heard_size] = '\0';
        hypervisor->heard_size = 0;
        if (strstr(hypervisor->heard, hypervisor->session) != NULL)
            return 1;
    }
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_hypervisor *hypervisor = userdata;
    int r = send_opening(hypervisor);

    (void)source;
    (void)fd;
    if (r > 0)
        r = sd_event_source_set_io_events(hypervisor->io, EPOLLIN);
    if (r >= 0)
        r = await_session(hypervisor);
    if (r == 0 && (events & (EPOLLHUP | EPOLLERR)) != 0)
        r = -ENOTCONN; /* nobody is at the other end yet */
    if (r > 0) {
        hypervisor->io = sd_event_source_disable_unref(hypervisor->io);
        if (!hypervisor->listed)
            bk_info("found the hypervisor");
        r = begin_calls(hypervisor);
    }
    if (r < 0)
        end_session(hypervisor, strerror(-r));
    return 0;
}

static void begin_session(struct bk_hypervisor *hypervisor)
{
    hypervisor->phase = PHASE_OPENING;
    int r = write_opening(hypervisor);
    if (r >= 0)
        r = sd_event_add_io(hypervisor->event, &hypervisor->io, hypervisor->fd, EPOLLIN | EPOLLOUT, on_io, hypervisor);
    if (r < 0)
        end_session(hypervisor, strerror(-r));
}

/* The next session does what this one cannot any more, since it watches. */
static void renew_session(struct bk_hypervisor *hypervisor)
{
    close_session(hypervisor);
    begin_session(hypervisor);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
    (void)source;
    (void)usec;
    begin_session(userdata);
    return 0;
}

/* ---- life ---- */

int bk_hypervisor_create(sd_event *event, int fd, const struct bk_hypervisor_events *events, void *userdata,
                         struct bk_hypervisor **ret)
{
    struct bk_hypervisor *hypervisor = calloc(1, sizeof *hypervisor);

    if (hypervisor == NULL)
        return -ENOMEM;
    hypervisor->event = sd_event_ref(event);
    hypervisor->fd = -1;
    hypervisor->events = events;
    hypervisor->userdata = userdata;
    int r = sd_event_add_defer(event, &hypervisor->next, on_next, hypervisor);
    if (r >= 0)
        r = sd_event_source_set_enabled(hypervisor->next, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_time_relative(event, &hypervisor->retry, CLOCK_MONOTONIC, 0, 0, on_retry, hypervisor);
    if (r < 0) {
        bk_hypervisor_destroy(hypervisor);
        return r;
    }
    hypervisor->fd = fd;
    *ret = hypervisor;
    return 0;
}

void bk_hypervisor_destroy(struct bk_hypervisor *hypervisor)
{
    if (hypervisor == NULL)
        return;
    sd_varlink_close_unref(hypervisor->link);
    for (size_t i = 0; i < hypervisor->n_calls; i++)
        sd_json_variant_unref(hypervisor->calls[i].parameters);
    sd_json_variant_unref(hypervisor->apps);
    sd_event_source_disable_unref(hypervisor->io);
    sd_event_source_disable_unref(hypervisor->next);
    sd_event_source_disable_unref(hypervisor->retry);
    sd_event_unref(hypervisor->event);
    bk_close(hypervisor->fd);
    free(hypervisor);
}

int bk_hypervisor_request(struct bk_hypervisor *hypervisor, enum bk_hypervisor_request kind, const char *id)
{
    int r = add_request(hypervisor, kind, id);

    if (r >= 0 && hypervisor->phase == PHASE_WATCH) {
        renew_session(hypervisor);
    }
    return r; /* in any other phase, the requests are still to be sent */
}

int bk_hypervisor_call(struct bk_hypervisor *hypervisor, const char *method, sd_json_variant *parameters,
                       bk_hypervisor_answered_t answered, void *userdata)
{
    if (hypervisor->n_calls == BK_HYPERVISOR_CALLS_MAX)
        return -ENOBUFS;
    hypervisor->calls[hypervisor->n_calls++] = (struct call){
        .method = method, .parameters = sd_json_variant_ref(parameters), .answered = answered, .userdata = userdata
    };
    if (hypervisor->phase == PHASE_WATCH)
        (void)sd_event_source_set_enabled(hypervisor->next, SD_EVENT_ONESHOT); /* on_next() begins another session */
    return 0;
}

const char *bk_hypervisor_take_app(struct bk_hypervisor *hypervisor, sd_json_variant *app)
{
    struct bk_hypervisor_app told;

    if (read_app(app, &told) < 0)
        return NULL;
    hypervisor->events->app(&told, hypervisor->userdata);
    return told.id;
}

void bk_hypervisor_forget(struct bk_hypervisor *hypervisor, const char *id)
{
    size_t kept = 0;

    for (size_t i = 0; i < hypervisor->n_requests; i++) {
        if (strcmp(hypervisor->requests[i].id, id) != 0)
            hypervisor->requests[kept++] = hypervisor->requests[i];
    }
    hypervisor->n_requests = kept;
}

void bk_hypervisor_suspend(struct bk_hypervisor *hypervisor)
{
    hypervisor->suspend = true;
    if (hypervisor->phase == PHASE_WATCH) {
        renew_session(hypervisor);
    }
}

void bk_hypervisor_power_off(struct bk_hypervisor *hypervisor)
{
    hypervisor->off = true;
    if (hypervisor->phase == PHASE_WATCH || hypervisor->called)
        (void)sd_event_source_set_enabled(hypervisor->next,
                                          SD_EVENT_ONESHOT); /* cannot fail for a source that exists */
}
