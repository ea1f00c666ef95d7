/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "microphone.h"

#include "microphone_api.h"

#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* An app's, while it records, asks or may begin to record. */
struct bk_microphone {
    struct bk_broker *broker;
    struct bk_app *app;
    bool records;
    bool recording_asks;       /* the answer is awaited for it, maybe among others */
    struct bk_ask *ask;        /* the recording waits for the person, or calls do, or both; or … */
    struct bk_use *use;        /* … it hears, or will, or neither: silence. The use rests while nothing records, … */
    sd_event_source *begin_by; /* … until then */
};

static bool may_hear(const struct bk_app *app)
{
    return app->microphone != NULL && app->microphone->records && app->microphone->use != NULL;
}

/* The hypervisor is told soon: not from within its own callbacks. */
static void wake(const struct bk_broker *broker)
{
    (void)sd_event_source_set_enabled(broker->microphone_due, SD_EVENT_ONESHOT);
}

static int on_due(sd_event_source *source, void *userdata)
{
    const struct bk_broker *broker = userdata;

    (void)source;
    for (size_t i = 0; i < broker->apps.n_apps; i++) {
        struct bk_app *app = broker->apps.apps[i];
        bool may = may_hear(app);
        if (app->cid == 0 || may == app->hears)
            continue;
        int r = bk_hypervisor_request(broker->hypervisor, may ? BK_HYPERVISOR_HEAR : BK_HYPERVISOR_DEAFEN, app->id);
        if (r < 0)
            bk_error("the hypervisor cannot be asked to let %s hear or not: %s", app->id, strerror(-r));
        else
            app->hears = may; /* as it will say when it knows */
    }
    return 0;
}

/* The app's, for what it begins to do with it; NULL: no memory. */
static struct bk_microphone *microphone_of(struct bk_broker *broker, struct bk_app *app)
{
    if (app->microphone == NULL && (app->microphone = malloc(sizeof *app->microphone)) != NULL)
        *app->microphone = (struct bk_microphone){ .broker = broker, .app = app };
    return app->microphone;
}

static void forget_unless_needed(struct bk_app *app)
{
    struct bk_microphone *microphone = app->microphone;

    if (microphone->records || microphone->ask != NULL || microphone->use != NULL)
        return;
    app->microphone = NULL;
    free(microphone);
}

static void stop_waiting(struct bk_microphone *microphone)
{
    microphone->begin_by = sd_event_source_disable_unref(microphone->begin_by);
}

static void end_use(struct bk_microphone *microphone)
{
    stop_waiting(microphone);
    bk_use_end(TAKE_PTR(microphone->use));
}

static void cancel_ask(struct bk_microphone *microphone)
{
    if (microphone->ask != NULL)
        bk_permission_gate_cancel(microphone->broker->gate, TAKE_PTR(microphone->ask));
}

static void on_revoked(void *userdata)
{
    struct bk_microphone *microphone = userdata;

    microphone->use = NULL;
    stop_waiting(microphone);
    wake(microphone->broker);
    forget_unless_needed(microphone->app);
}

/* No recording has begun of what was allowed. */
static int on_not_begun(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_microphone *microphone = userdata;

    (void)source;
    (void)usec;
    end_use(microphone);
    forget_unless_needed(microphone->app);
    return 0;
}

static int begin_use(struct bk_microphone *microphone, enum bk_choice basis)
{
    const struct bk_broker *broker = microphone->broker;

    if (microphone->records)
        return bk_use_begin(broker->gate, microphone->app, BK_PERMISSION_MICROPHONE, basis, on_revoked, microphone,
                            &microphone->use);
    int r = bk_use_begin_resting(broker->gate, microphone->app, BK_PERMISSION_MICROPHONE, basis, on_revoked, microphone,
                                 &microphone->use);
    return r < 0 ? r
                 : sd_event_add_time_relative(broker->event, &microphone->begin_by, CLOCK_MONOTONIC,
                                              BK_MICROPHONE_BEGIN_MS * 1000ULL, 0, on_not_begun, microphone);
}

static void on_decided(enum bk_choice basis, void *userdata)
{
    struct bk_microphone *microphone = userdata;
    const struct bk_broker *broker = microphone->broker;
    struct bk_app *app = microphone->app;
    int r = basis == BK_CHOICE_NONE ? -EACCES : 0;

    microphone->ask = NULL;
    microphone->recording_asks = false;
    if (r >= 0) {
        r = begin_use(microphone, basis);
        if (r < 0) {
            bk_error("%s cannot hear the microphone: %s", app->id, strerror(-r));
            end_use(microphone);
        }
        wake(broker);
    }
    forget_unless_needed(app);
    bk_microphone_api_answer(broker, app, r >= 0);
}

static void ask(struct bk_microphone *microphone)
{
    struct bk_ask *asked = NULL;

    bk_permission_gate_ask(microphone->broker->gate, microphone->app, BK_PERMISSION_MICROPHONE, on_decided, microphone,
                           &asked);
    if (asked != NULL)
        microphone->ask = asked; /* else it was decided, and may be forgotten */
}

/* The answer to a call that waits is the recording's, too. */
static void ask_for_recording(struct bk_microphone *microphone)
{
    microphone->recording_asks = true;
    if (microphone->ask == NULL)
        ask(microphone);
}

int bk_microphone_ask(struct bk_broker *broker, struct bk_app *app)
{
    struct bk_microphone *microphone = microphone_of(broker, app);

    if (microphone == NULL)
        return -ENOMEM;
    if (microphone->use != NULL)
        bk_microphone_api_answer(broker, app, true);
    else if (microphone->ask == NULL)
        ask(microphone);
    return 0;
}

void bk_microphone_unasked(struct bk_app *app)
{
    struct bk_microphone *microphone = app->microphone;

    if (microphone == NULL || microphone->recording_asks)
        return;
    cancel_ask(microphone);
    forget_unless_needed(app);
}

static void begin(struct bk_broker *broker, struct bk_app *app)
{
    struct bk_microphone *microphone = microphone_of(broker, app);

    if (microphone == NULL)
        return; /* silence, until it is told of again */
    microphone->records = true;
    if (microphone->use != NULL) {
        stop_waiting(microphone);
        bk_use_set_resting(microphone->use, false);
    } else if (app->permissions.reasons[BK_PERMISSION_MICROPHONE] == NULL) {
        bk_broker_log_refusal(app, "it records silence: its manifest does not declare the microphone");
    } else {
        ask_for_recording(microphone);
    }
}

/* Calls that wait go on doing so. */
static void end(struct bk_app *app)
{
    struct bk_microphone *microphone = app->microphone;

    microphone->records = microphone->recording_asks = false;
    end_use(microphone);
    if (!bk_microphone_api_waits(microphone->broker, app))
        cancel_ask(microphone);
    forget_unless_needed(app);
}

void bk_microphone_told(struct bk_broker *broker, struct bk_app *app, bool records, bool hears)
{
    bool recorded = app->microphone != NULL && app->microphone->records;

    app->hears = hears;
    if (records && !recorded)
        begin(broker, app);
    else if (!records && recorded)
        end(app);
    if (may_hear(app) != hears)
        wake(broker);
}

void bk_microphone_app_ended(struct bk_app *app)
{
    if (app->microphone != NULL)
        end(app);
    app->hears = false;
}

void bk_microphone_look_again(struct bk_broker *broker)
{
    for (size_t i = 0; i < broker->apps.n_apps; i++) {
        const struct bk_app *app = broker->apps.apps[i];
        struct bk_microphone *microphone = app->microphone;
        if (microphone == NULL || !microphone->records || microphone->recording_asks || microphone->use != NULL)
            continue;
        if (bk_permissions_judge(&app->permissions, BK_PERMISSION_MICROPHONE, app->window.visibility == BK_WINDOW_SHOWN,
                                 bk_broker_now_ms()) == BK_VERDICT_GRANTED)
            ask_for_recording(microphone);
    }
}

int bk_microphone_start(struct bk_broker *broker)
{
    int r = sd_event_add_defer(broker->event, &broker->microphone_due, on_due, broker);

    if (r >= 0)
        r = sd_event_source_set_priority(broker->microphone_due, SD_EVENT_PRIORITY_IMPORTANT);
    return r < 0 ? r : sd_event_source_set_enabled(broker->microphone_due, SD_EVENT_OFF);
}

void bk_microphone_stop(struct bk_broker *broker)
{
    for (size_t i = 0; i < broker->apps.n_apps; i++)
        bk_microphone_app_ended(broker->apps.apps[i]);
    broker->microphone_due = sd_event_source_disable_unref(broker->microphone_due);
}
