/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "microphone.h"

#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* An app's, while it records. */
struct bk_recording {
    struct bk_broker *broker;
    struct bk_app *app;
    struct bk_ask *ask; /* it waits for the person, or … */
    struct bk_use *use; /* … it hears; or neither: silence */
};

static bool may_hear(const struct bk_app *app)
{
    return app->recording != NULL && app->recording->use != NULL;
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

static void on_revoked(void *userdata)
{
    struct bk_recording *recording = userdata;

    recording->use = NULL;
    wake(recording->broker);
}

static void on_decided(enum bk_choice basis, void *userdata)
{
    struct bk_recording *recording = userdata;
    const struct bk_broker *broker = recording->broker;

    recording->ask = NULL;
    if (basis == BK_CHOICE_NONE)
        return;
    int r = bk_use_begin(broker->gate, recording->app, BK_PERMISSION_MICROPHONE, basis, on_revoked, recording,
                         &recording->use);
    if (r < 0)
        bk_error("%s cannot hear the microphone: %s", recording->app->id, strerror(-r));
    wake(broker);
}

static void ask(struct bk_recording *recording)
{
    struct bk_ask *asked = NULL;

    bk_permission_gate_ask(recording->broker->gate, recording->app, BK_PERMISSION_MICROPHONE, on_decided, recording,
                           &asked);
    if (asked != NULL)
        recording->ask = asked; /* else it was decided */
}

static void begin(struct bk_broker *broker, struct bk_app *app)
{
    struct bk_recording *recording = malloc(sizeof *recording);

    if (recording == NULL)
        return; /* silence, until it is told of again */
    *recording = (struct bk_recording){ .broker = broker, .app = app };
    app->recording = recording;
    if (app->permissions.reasons[BK_PERMISSION_MICROPHONE] != NULL)
        ask(recording);
    else
        bk_broker_log_refusal(app, "it records silence: its manifest does not declare the microphone");
}

static void end(struct bk_app *app)
{
    struct bk_recording *recording = app->recording;

    if (recording == NULL)
        return;
    app->recording = NULL;
    if (recording->ask != NULL)
        bk_permission_gate_cancel(recording->broker->gate, recording->ask);
    bk_use_end(recording->use);
    free(recording);
}

void bk_microphone_told(struct bk_broker *broker, struct bk_app *app, bool records, bool hears)
{
    app->hears = hears;
    if (!records)
        end(app);
    else if (app->recording == NULL)
        begin(broker, app);
    if (may_hear(app) != hears)
        wake(broker);
}

void bk_microphone_app_ended(struct bk_app *app)
{
    end(app);
    app->hears = false;
}

void bk_microphone_look_again(struct bk_broker *broker)
{
    for (size_t i = 0; i < broker->apps.n_apps; i++) {
        const struct bk_app *app = broker->apps.apps[i];
        if (app->recording == NULL || app->recording->ask != NULL || app->recording->use != NULL)
            continue;
        if (bk_permissions_judge(&app->permissions, BK_PERMISSION_MICROPHONE, app->window.visibility == BK_WINDOW_SHOWN,
                                 bk_broker_now_ms()) == BK_VERDICT_GRANTED)
            ask(app->recording);
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
        end(broker->apps.apps[i]);
    broker->microphone_due = sd_event_source_disable_unref(broker->microphone_due);
}
