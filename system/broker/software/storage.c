/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "storage.h"

#include "broker.h"
#include "desktop_storage.h"
#include "launcher.h"

#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTERFACE "io.bulkhead.Software."

static void tell(const struct bk_broker *broker)
{
    bk_desktop_set_storage(broker->desktop, &broker->storage);
}

/* ---- how it is ---- */

static void forget_answers(struct bk_storage *storage)
{
    storage->usage = sd_json_variant_unref(storage->usage);
    storage->points = sd_json_variant_unref(storage->points);
}

static int call_about(struct bk_broker *broker, const char *method, bk_hypervisor_answered_t answered)
{
    sd_json_variant *parameters = NULL;
    int r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_STRING("id", broker->storage.app));

    if (r >= 0)
        r = bk_hypervisor_call(broker->hypervisor, method, parameters, answered, broker);
    sd_json_variant_unref(parameters);
    if (r < 0)
        bk_error("%s: %s", method, strerror(-r));
    return r;
}

static void ask(struct bk_broker *broker);

/* Whoever is looked at by now is asked for anew, when that is not who it was, or not as it was. */
static void end_asking(struct bk_broker *broker)
{
    struct bk_storage *storage = &broker->storage;

    storage->asking = false;
    if (storage->again)
        ask(broker);
    else
        tell(broker);
}

static void on_points(sd_json_variant *parameters, const char *error, void *userdata)
{
    struct bk_broker *broker = userdata;
    struct bk_storage *storage = &broker->storage;

    if (!storage->again) {
        sd_json_variant_unref(storage->points);
        storage->points = error == NULL ? sd_json_variant_ref(sd_json_variant_by_key(parameters, "points")) : NULL;
    }
    end_asking(broker);
}

static void on_usage(sd_json_variant *parameters, const char *error, void *userdata)
{
    struct bk_broker *broker = userdata;
    struct bk_storage *storage = &broker->storage;

    if (storage->again || storage->app[0] == '\0') {
        end_asking(broker);
        return;
    }
    sd_json_variant_unref(storage->usage);
    storage->usage = error == NULL ? sd_json_variant_ref(parameters) : NULL;
    if (error == NULL && call_about(broker, INTERFACE "Points", on_points) >= 0)
        return;
    if (error != NULL) /* it is gone, or there is no disk */
        bk_info("what %s keeps is not known: %s", storage->app, error);
    storage->points = sd_json_variant_unref(storage->points);
    end_asking(broker);
}

static void ask(struct bk_broker *broker)
{
    struct bk_storage *storage = &broker->storage;

    storage->again = storage->asking;
    if (storage->asking || storage->app[0] == '\0')
        return;
    storage->asking = call_about(broker, INTERFACE "Usage", on_usage) >= 0;
}

/* ---- a deed ---- */

static void forget_deed(struct bk_deed *deed)
{
    free(deed->verdict);
    free(deed->reason);
    *deed = (struct bk_deed){ .state = BK_DEED_NONE };
}

static bool is_under_way(const struct bk_deed *deed)
{
    return deed->state == BK_DEED_ENDING || deed->state == BK_DEED_WORKING;
}

static bool is_looked_at(const struct bk_storage *storage)
{
    return strcmp(storage->app, storage->deed.app) == 0;
}

/* An error's name without its interface, as the desktop has it; NULL for what is none of bk-supervisor's. */
static char *verdict_of(const char *error)
{
    static const size_t prefix = sizeof INTERFACE - 1;
    char *verdict = strncmp(error, INTERFACE, prefix) == 0 ? strdup(error + prefix) : NULL;

    if (verdict != NULL && verdict[0] >= 'A' && verdict[0] <= 'Z')
        verdict[0] = (char)(verdict[0] - 'A' + 'a');
    return verdict;
}

/* `error` NULL: it is done. */
static void end(struct bk_broker *broker, const char *error, sd_json_variant *reason)
{
    struct bk_storage *storage = &broker->storage;
    struct bk_deed *deed = &storage->deed;

    deed->state = error == NULL ? BK_DEED_DONE : BK_DEED_FAILED;
    deed->verdict = error != NULL ? verdict_of(error) : NULL;
    deed->reason = sd_json_variant_is_string(reason) ? strdup(sd_json_variant_string(reason)) : NULL;
    deed->seen = is_looked_at(storage);
    bk_info("%s of %s ended: %s", deed->restores ? "going back" : "a restore point", deed->app,
            error != NULL ? error : "done");
    if (error != NULL && !deed->seen)
        bk_launcher_notify(broker, deed->restores ? "The app is as it was before" : "There is no new restore point",
                           deed->reason != NULL ? deed->reason : "The settings say why, on the app's page.");
    tell(broker);
    if (deed->seen)
        ask(broker);
    bk_software_wish(broker, BK_SOFTWARE_LOOK, NULL, 0);
}

static void on_begun(sd_json_variant *parameters, const char *error, void *userdata)
{
    struct bk_broker *broker = userdata;
    struct bk_deed *deed = &broker->storage.deed;
    sd_json_variant *work = sd_json_variant_by_key(parameters, "work");

    if (deed->state != BK_DEED_WORKING || deed->work != 0)
        return; /* the app is gone */
    if (error != NULL)
        end(broker, error, sd_json_variant_by_key(parameters, "reason"));
    else if (sd_json_variant_is_unsigned(work) && sd_json_variant_unsigned(work) > 0)
        deed->work = sd_json_variant_unsigned(work);
    else
        end(broker, "bk-supervisor did not say what it began", NULL);
}

static void begin(struct bk_broker *broker)
{
    struct bk_deed *deed = &broker->storage.deed;
    sd_json_variant *parameters = NULL;

    deed->state = BK_DEED_WORKING;
    int r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_STRING("id", deed->app),
                           SD_JSON_BUILD_PAIR_BOOLEAN("watched", true),
                           SD_JSON_BUILD_PAIR_CONDITION(deed->restores, "point", SD_JSON_BUILD_UNSIGNED(deed->point)));
    if (r >= 0)
        r = bk_hypervisor_call(broker->hypervisor, deed->restores ? INTERFACE "Restore" : INTERFACE "Keep", parameters,
                               on_begun, broker);
    sd_json_variant_unref(parameters);
    if (r < 0)
        end(broker, INTERFACE "Busy", NULL);
    else
        tell(broker);
}

static void want(struct bk_broker *broker, const char *id, bool restores, uint64_t point)
{
    struct bk_deed *deed = &broker->storage.deed;
    const struct bk_app *app = bk_app_by_id(&broker->apps, id);

    if (app == NULL || is_under_way(deed))
        return;
    bk_info("the person wants %s of %s", restores ? "to go back to a restore point" : "a restore point", app->id);
    forget_deed(deed);
    *deed = (struct bk_deed){ .restores = restores, .point = point };
    snprintf(deed->app, sizeof deed->app, "%s", app->id);
    if (app->state == BK_APP_STOPPED) {
        begin(broker);
        return;
    }
    deed->state = BK_DEED_ENDING;
    int r = bk_hypervisor_request(broker->hypervisor, BK_HYPERVISOR_STOP, app->id);
    if (r < 0)
        end(broker, INTERFACE "Busy", NULL);
    else
        tell(broker);
}

void bk_storage_keep(struct bk_broker *broker, const char *id)
{
    want(broker, id, false, 0);
}

void bk_storage_restore(struct bk_broker *broker, const char *id, uint64_t point)
{
    want(broker, id, true, point);
}

void bk_storage_told(struct bk_broker *broker, sd_json_variant *work)
{
    const struct bk_deed *deed = &broker->storage.deed;
    sd_json_variant *number = sd_json_variant_by_key(work, "work");
    sd_json_variant *ended = sd_json_variant_by_key(work, "ended");
    sd_json_variant *error = sd_json_variant_by_key(work, "error");

    if (deed->state != BK_DEED_WORKING || deed->work == 0 || !sd_json_variant_is_unsigned(number) ||
        sd_json_variant_unsigned(number) < deed->work)
        return;
    if (sd_json_variant_unsigned(number) > deed->work)
        end(broker, "it is over, and something else was begun since", NULL);
    else if (sd_json_variant_is_boolean(ended) && sd_json_variant_boolean(ended))
        end(broker, sd_json_variant_is_string(error) ? sd_json_variant_string(error) : NULL,
            sd_json_variant_by_key(work, "reason"));
}

/* ---- what the person looks at ---- */

void bk_storage_look(struct bk_broker *broker, const char *id)
{
    struct bk_storage *storage = &broker->storage;
    struct bk_deed *deed = &storage->deed;
    const struct bk_app *app = bk_app_by_id(&broker->apps, id);

    if (app == NULL)
        return;
    if (strcmp(storage->app, app->id) != 0) {
        forget_answers(storage);
        snprintf(storage->app, sizeof storage->app, "%s", app->id);
    }
    if (!is_under_way(deed) && deed->seen)
        forget_deed(deed);
    else if (!is_under_way(deed))
        deed->seen = is_looked_at(storage);
    ask(broker);
}

void bk_storage_desktop_arrived(struct bk_broker *broker)
{
    tell(broker);
}

void bk_storage_apps_listed(struct bk_broker *broker)
{
    ask(broker);
}

void bk_storage_app_changed(struct bk_broker *broker, const struct bk_app *app)
{
    const struct bk_deed *deed = &broker->storage.deed;

    if (deed->state == BK_DEED_ENDING && strcmp(deed->app, app->id) == 0 && app->state == BK_APP_STOPPED)
        begin(broker);
}

void bk_storage_app_removed(struct bk_broker *broker, const struct bk_app *app)
{
    struct bk_storage *storage = &broker->storage;
    const bool looked_at = strcmp(storage->app, app->id) == 0, done = strcmp(storage->deed.app, app->id) == 0;

    if (done)
        forget_deed(&storage->deed);
    if (looked_at) {
        forget_answers(storage);
        storage->app[0] = '\0';
    }
    if (done || looked_at)
        tell(broker);
}

void bk_storage_stop(struct bk_broker *broker)
{
    forget_answers(&broker->storage);
    forget_deed(&broker->storage.deed);
}
