/* SPDX-License-Identifier: Apache-2.0 */
#include "launcher.h"

#include "broker.h"
#include "copies.h"
#include "open.h"
#include "window_api.h"

#include "log.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void bk_launcher_show(struct bk_broker *broker)
{
    if (broker->apps_listed)
        bk_desktop_set_apps(broker->desktop, &broker->apps);
}

void bk_launcher_icon(const char *id, const char *icon, void *userdata)
{
    struct bk_broker *broker = userdata;
    struct bk_app *app = bk_app_by_id(&broker->apps, id);

    if (app == NULL || (icon == NULL ? app->icon == NULL : app->icon != NULL && strcmp(icon, app->icon) == 0))
        return;
    bk_app_set_icon(app, icon);
    bk_launcher_show(broker);
}

void bk_launcher_notify(struct bk_broker *broker, const char *title, const char *body)
{
    const struct bk_notification *posted = NULL;
    struct bk_notification content = { 0 };
    uint64_t wait_ms;

    snprintf(content.title, sizeof content.title, "%s", title);
    snprintf(content.body, sizeof content.body, "%s", body);
    if (bk_notifications_post(&broker->system.notifications, &content, 0, broker->last_handle + 1, bk_broker_now_ms(),
                              &posted, &wait_ms) != BK_NOTIFICATION_POSTED)
        return;
    broker->last_handle++;
    bk_desktop_show(broker->desktop, &broker->system, posted);
}

void bk_launcher_start_failed(const char *id, const char *why, void *userdata)
{
    struct bk_broker *broker = userdata;
    const struct bk_app *app = bk_app_by_id(&broker->apps, id);
    char title[BK_NOTIFICATION_TITLE_MAX + 1];

    bk_warning("could not start %s: %s", id, why);
    if (app == NULL)
        return;
    snprintf(title, sizeof title, "%s could not be started", app->name);
    bk_launcher_notify(broker, title, why);
    bk_open_deliver_start_failed(broker, app);
}

void bk_launcher_told(struct bk_broker *broker, const struct bk_app *app, const struct bk_hypervisor_app *told)
{
    char title[BK_NOTIFICATION_TITLE_MAX + 1];

    if (app->state != BK_APP_RUNNING || told->state != BK_APP_STOPPED || !told->crashed || app->window.end_ms != 0)
        return;
    bk_warning("%s crashed: %s", app->id, told->ended != NULL ? told->ended : "nobody knows why");
    snprintf(title, sizeof title, "%s ended unexpectedly", app->name);
    bk_launcher_notify(broker, title, "It crashed. What it had not saved is lost.");
}

/* What has nothing left to be asked with has a deadline. */
void bk_launcher_window_seen(struct bk_broker *broker, const struct bk_app *app)
{
    if (app->window.visibility == BK_WINDOW_NONE && app->window.end_ms != 0 && app->state == BK_APP_RUNNING)
        (void)bk_hypervisor_request(broker->hypervisor, BK_HYPERVISOR_STOP, app->id);
}

void bk_launcher_requested(const char *app, enum bk_desktop_request request, void *userdata)
{
    static const struct {
        enum bk_hypervisor_request request;
        const char *log;
    } meanings[] = {
        [BK_DESKTOP_START] = { BK_HYPERVISOR_START, "start" },
        [BK_DESKTOP_CLOSE] = { BK_HYPERVISOR_ASK, "close" },
        [BK_DESKTOP_END] = { BK_HYPERVISOR_END, "end" },
    };
    static_assert(sizeof meanings / sizeof meanings[0] == BK_DESKTOP_STAY, "one meaning for each but the last two");
    static_assert(BK_DESKTOP_STAY + 1 == BK_DESKTOP_COPY && BK_DESKTOP_COPY + 1 == BK_DESKTOP_REQUESTS, "the last");
    struct bk_broker *broker = userdata;

    struct bk_app *known = bk_app_by_id(&broker->apps, app);

    if (known == NULL) {
        bk_warning("the desktop speaks of an app that there is not");
        return;
    }
    if (request == BK_DESKTOP_COPY) {
        bk_info("the person asked for a fresh copy of %s", app);
        (void)bk_copies_start(broker, known, NULL, NULL, NULL);
        return;
    }
    if (request == BK_DESKTOP_STAY) {
        bk_info("the person goes on with %s", app);
        bk_window_api_stay(broker, known);
        return;
    }
    bk_info("the person asked to %s %s", meanings[request].log, app);
    if (request == BK_DESKTOP_CLOSE)
        bk_window_api_close(broker, known);
    const bool hidden = request == BK_DESKTOP_CLOSE && known->window.visibility == BK_WINDOW_NONE;
    int r = bk_hypervisor_request(broker->hypervisor, hidden ? BK_HYPERVISOR_STOP : meanings[request].request, app);
    if (r < 0)
        bk_error("cannot %s %s: %s", meanings[request].log, app, strerror(-r));
}
