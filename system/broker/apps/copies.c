/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "copies.h"

#include "broker.h"
#include "desktop_open.h"
#include "json.h"
#include "launcher.h"

#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-json.h>

/* One that was asked for, and is not answered. */
struct bk_copy_start {
    struct bk_copy_start *next;
    struct bk_broker *broker;
    char of[BK_APP_ID_MAX + 1];
    bool forgotten;
    bk_copy_started_t started;
    void *userdata;
};

static void drop(struct bk_copy_start *start)
{
    struct bk_copy_start **at = &start->broker->copy_starts;

    while (*at != start)
        at = &(*at)->next;
    *at = start->next;
    free(start);
}

static void tell_failed(struct bk_broker *broker, const char *of, const char *why)
{
    const struct bk_app *app = bk_app_by_id(&broker->apps, of);
    char title[BK_NOTIFICATION_TITLE_MAX + 1];

    bk_warning("there is no fresh copy of %s: %s", of, why);
    snprintf(title, sizeof title, "There is no fresh copy of %s", app != NULL ? app->name : of);
    bk_launcher_notify(broker, title, why);
}

static void on_answered(sd_json_variant *parameters, const char *error, void *userdata)
{
    struct bk_copy_start *start = userdata;
    struct bk_broker *broker = start->broker;
    sd_json_variant *reason = sd_json_variant_by_key(parameters, "reason");
    const char *id = NULL;

    if (error == NULL)
        id = bk_hypervisor_take_app(broker->hypervisor, sd_json_variant_by_key(parameters, "app"));
    struct bk_app *copy = id != NULL ? bk_app_by_id(&broker->apps, id) : NULL;
    if (copy == NULL && !start->forgotten)
        tell_failed(broker, start->of,
                    sd_json_variant_is_string(reason) ? sd_json_variant_string(reason)
                    : error != NULL                   ? error
                                                      : "nobody knows why");
    if (copy != NULL && start->forgotten)
        (void)bk_hypervisor_request(broker->hypervisor, BK_HYPERVISOR_END, copy->id);
    else if (copy != NULL && start->started == NULL)
        bk_desktop_present(broker->desktop, copy);
    if (start->started != NULL && !start->forgotten)
        start->started(copy, start->userdata);
    drop(start);
}

int bk_copies_start(struct bk_broker *broker, const struct bk_app *app, bk_copy_started_t started, void *userdata,
                    struct bk_copy_start **ret)
{
    _cleanup_json_ sd_json_variant *parameters = NULL;
    struct bk_copy_start *start = bk_app_is_copy(app) ? NULL : calloc(1, sizeof *start);

    if (start == NULL)
        return bk_app_is_copy(app) ? -EINVAL : -ENOMEM;
    *start = (struct bk_copy_start){
        .next = broker->copy_starts, .broker = broker, .started = started, .userdata = userdata
    };
    memcpy(start->of, app->id, sizeof start->of);
    broker->copy_starts = start;
    int r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_STRING("id", app->id));
    if (r >= 0)
        r = bk_hypervisor_call(broker->hypervisor, "io.bulkhead.Hypervisor.StartCopy", parameters, on_answered, start);
    if (r < 0) {
        tell_failed(broker, start->of, strerror(-r));
        drop(start);
        return r;
    }
    if (ret != NULL)
        *ret = start;
    return 0;
}

void bk_copies_forget(struct bk_copy_start *start)
{
    start->forgotten = true;
}

void bk_copies_begin(struct bk_broker *broker, struct bk_app *copy, const char *of)
{
    const struct bk_app *app = bk_app_by_id(&broker->apps, of);

    snprintf(copy->copy_of, sizeof copy->copy_of, "%s", of);
    if (app != NULL)
        bk_app_set_icon(copy, app->icon);
}

bool bk_copies_is_over(const struct bk_app *copy, const struct bk_hypervisor_app *told)
{
    return told->state == BK_APP_STOPPED || (copy != NULL && copy->cid != 0 && copy->cid != told->cid);
}

void bk_copies_stop(struct bk_broker *broker)
{
    while (broker->copy_starts != NULL) {
        struct bk_copy_start *start = broker->copy_starts;

        broker->copy_starts = start->next;
        free(start);
    }
}
