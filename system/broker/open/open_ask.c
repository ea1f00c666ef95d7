/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "open.h"

#include "broker.h"
#include "copies.h"
#include "desktop_open.h"
#include "desktop_privacy.h"
#include "open_api.h"

#include "log.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct bk_open_ask {
    struct bk_open_ask *next;
    struct bk_connection *connection; /* its call waits for the answer */
    struct bk_open_thing thing;
    bool share;
    struct bk_copy_start *start; /* the person has answered: a fresh copy that is to open it begins; or NULL */
};

/* What the person chooses can be their default. */
static bool can_keep(const struct bk_open_ask *ask)
{
    return !ask->share && !bk_open_is_bundle(&ask->thing);
}

static void show_next(struct bk_open *open, uint64_t after_ms)
{
    if (open->shown != NULL || open->asks == NULL)
        return;
    (void)sd_event_source_set_time(open->next, (bk_broker_now_ms() + after_ms) * 1000);
    (void)sd_event_source_set_enabled(open->next, SD_EVENT_ONESHOT);
}

/* Ends an ask; the thing is the caller's. The question, if it is this one's, is no more. */
static struct bk_open_thing take(struct bk_open_ask *ask)
{
    struct bk_open *open = &ask->connection->broker->open;
    struct bk_open_thing thing = ask->thing;
    struct bk_open_ask **at = &open->asks;

    if (open->shown == ask)
        open->shown = NULL;
    while (*at != ask)
        at = &(*at)->next;
    *at = ask->next;
    ask->connection->open_ask = NULL;
    free(ask);
    show_next(open, 0);
    return thing;
}

static void conclude(struct bk_open_ask *ask, struct bk_app *opener)
{
    struct bk_connection *connection = ask->connection;
    struct bk_open_thing thing = take(ask);

    bk_open_conclude(connection, &thing, opener);
}

/* The oldest that the person has not answered: an app has BK_OPEN_ASKS_MAX. */
static struct bk_open_ask *find_unanswered(const struct bk_open *open)
{
    struct bk_open_ask *ask = open->asks;

    while (ask != NULL && ask->start != NULL)
        ask = ask->next;
    return ask;
}

static int by_name(const void *a, const void *b)
{
    return strcasecmp((*(struct bk_app *const *)a)->name, (*(struct bk_app *const *)b)->name);
}

/* Who opens it, but for the app itself; the system first, then by their names. */
static size_t find_openers(struct bk_broker *broker, const struct bk_app *app, const struct bk_open_thing *thing,
                           struct bk_app *openers[static BK_OPEN_OPENERS_MAX])
{
    const bool installs = bk_open_is_bundle(thing) && bk_software_installs(&broker->software);
    const size_t first = installs ? 1 : 0;
    size_t count = 0;

    if (installs)
        openers[count++] = &broker->system;
    for (size_t i = 0; i < broker->apps.n_apps; i++) {
        if (broker->apps.apps[i] == app || !bk_open_fits(broker->apps.apps[i], thing))
            continue;
        if (count == BK_OPEN_OPENERS_MAX) {
            bk_warning("more apps open %s than can be offered", bk_open_thing_kind(thing));
            break;
        }
        openers[count++] = broker->apps.apps[i];
    }
    qsort(openers + first, count - first, sizeof openers[0], by_name);
    return count;
}

/* What the person chose, when it can have been offered. */
static struct bk_app *opener_of(struct bk_broker *broker, const char *id, const struct bk_open_thing *thing)
{
    if (bk_open_is_bundle(thing) && strcmp(id, broker->system.id) == 0)
        return &broker->system;
    struct bk_app *opener = bk_app_by_id(&broker->apps, id);
    return opener != NULL && bk_open_fits(opener, thing) ? opener : NULL;
}

static int on_next(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_broker *broker = userdata;
    struct bk_open *open = &broker->open;
    struct bk_open_ask *ask = find_unanswered(open);
    struct bk_app *openers[BK_OPEN_OPENERS_MAX];

    (void)source;
    (void)usec;
    if (open->shown != NULL || ask == NULL)
        return 0;
    size_t count = find_openers(broker, ask->connection->app, &ask->thing, openers);
    open->shown = ask;
    open->question = bk_desktop_number_question(broker->desktop);
    if (!bk_desktop_ask_opening(broker->desktop, open->question, ask->connection->app, &ask->thing, can_keep(ask),
                                &broker->system, openers, count))
        open->shown = NULL; /* the next desktop will be asked */
    return 0;
}

int bk_open_ask_start(struct bk_broker *broker)
{
    int r = sd_event_add_time(broker->event, &broker->open.next, CLOCK_MONOTONIC, 0, 0, on_next, broker);

    return r < 0 ? r : sd_event_source_set_enabled(broker->open.next, SD_EVENT_OFF);
}

void bk_open_ask_stop(struct bk_broker *broker)
{
    broker->open.next = sd_event_source_disable_unref(broker->open.next);
}

/* The last of all; the thing is taken. NULL: there is no memory. */
static struct bk_open_ask *add(struct bk_connection *connection, struct bk_open_thing *thing, bool share)
{
    struct bk_open_ask **at = &connection->broker->open.asks;
    struct bk_open_ask *ask = calloc(1, sizeof *ask);

    if (ask == NULL)
        return NULL;
    *ask = (struct bk_open_ask){ .connection = connection, .thing = *thing, .share = share };
    *thing = (struct bk_open_thing){ .link = NULL };
    while (*at != NULL)
        at = &(*at)->next;
    *at = ask;
    connection->open_ask = ask;
    return ask;
}

int bk_open_ask(struct bk_connection *connection, struct bk_open_thing *thing, bool share)
{
    if (add(connection, thing, share) == NULL)
        return -ENOMEM;
    connection->app->open_asks++;
    show_next(&connection->broker->open, 0);
    return 0;
}

void bk_open_ask_cancel(struct bk_connection *connection)
{
    struct bk_open_ask *ask = connection->open_ask;
    struct bk_broker *broker = connection->broker;

    if (ask == NULL)
        return;
    if (ask->start != NULL)
        bk_copies_forget(ask->start);
    else
        connection->app->open_asks--;
    /* A dialog, or a VM, that comes and goes is worse than one that stays. */
    if (ask->start != NULL || broker->open.shown == ask)
        bk_pace_count(&connection->app->open_closed, BK_OPEN_CLOSED_INTERVAL_MS, bk_broker_now_ms());
    if (broker->open.shown == ask) {
        bk_desktop_withdraw_ask(broker->desktop, broker->open.question);
    }
    struct bk_open_thing thing = take(ask);
    bk_open_thing_finish(&thing);
}

/* ---- what the person did ---- */

static void on_copy_started(struct bk_app *copy, void *userdata)
{
    struct bk_open_ask *ask = userdata;

    ask->start = NULL;
    conclude(ask, copy);
}

/* The app gets its answer when there is the copy. */
static void open_with_copy(struct bk_open_ask *ask, const struct bk_app *opener)
{
    struct bk_broker *broker = ask->connection->broker;

    if (bk_copies_start(broker, opener, on_copy_started, ask, &ask->start) < 0) {
        conclude(ask, NULL);
        return;
    }
    if (broker->open.shown == ask)
        broker->open.shown = NULL; /* answered */
    show_next(&broker->open, 0);
}

int bk_open_in_copy(struct bk_connection *connection, struct bk_open_thing *thing, const struct bk_app *opener)
{
    struct bk_open_ask *ask = add(connection, thing, false);

    if (ask == NULL)
        return -ENOMEM;
    open_with_copy(ask, opener);
    return 0;
}

bool bk_open_awaits_copy(const struct bk_broker *broker, const struct bk_app *app)
{
    for (const struct bk_open_ask *ask = broker->open.asks; ask != NULL; ask = ask->next) {
        if (ask->start != NULL && ask->connection->app == app)
            return true;
    }
    return bk_open_deliver_awaits_copy(broker, app);
}

/* The time at which the person wanted to be asked was this one: they have answered, be it by closing the dialog. */
static void note_asked(struct bk_broker *broker, const char *kind)
{
    const struct bk_open_default *item = bk_open_defaults_find(&broker->open.defaults, kind);

    if (item != NULL && item->once)
        bk_open_api_change_default(broker, kind, item->fresh ? BK_OPEN_DEFAULT_FRESH : BK_OPEN_DEFAULT_APP);
}

void bk_open_api_opened(struct bk_broker *broker, int64_t id, const char *app, bool always, bool fresh)
{
    struct bk_open *open = &broker->open;
    struct bk_open_ask *ask = open->shown;

    if (ask == NULL || id != open->question)
        return; /* it was withdrawn meanwhile */
    struct bk_app *opener = app != NULL ? opener_of(broker, app, &ask->thing) : NULL;
    ask->connection->app->open_asks--;
    if (can_keep(ask))
        note_asked(broker, bk_open_thing_kind(&ask->thing));
    if (opener == NULL) {
        bk_pace_count(&ask->connection->app->open_closed, BK_OPEN_CLOSED_INTERVAL_MS, bk_broker_now_ms());
    } else if (always && can_keep(ask)) {
        bk_info("%s%s always opens %s", fresh ? "a fresh copy of " : "", opener->id, bk_open_thing_kind(&ask->thing));
        bk_open_defaults_choose(&open->defaults, bk_open_thing_kind(&ask->thing), opener->owner, fresh);
        bk_desktop_set_defaults(broker->desktop, &broker->apps, &open->defaults);
    }
    if (opener != NULL && opener != &broker->system && fresh)
        open_with_copy(ask, opener);
    else
        conclude(ask, opener);
}

void bk_open_api_not_shown(struct bk_broker *broker, int64_t id, bool busy)
{
    struct bk_open *open = &broker->open;
    struct bk_open_ask *ask = open->shown;

    if (ask == NULL || id != open->question)
        return;
    open->shown = NULL;
    if (busy) {
        show_next(open, BK_OPEN_BUSY_MS);
        return;
    }
    ask->connection->app->open_asks--;
    conclude(ask, NULL); /* a desktop that cannot ask cannot allow either */
}

void bk_open_api_change_default(struct bk_broker *broker, const char *kind, enum bk_open_default_wish wish)
{
    static const char *const words[] = { [BK_OPEN_DEFAULT_APP] = "goes to the app itself",
                                         [BK_OPEN_DEFAULT_FRESH] = "goes to a fresh copy of the app",
                                         [BK_OPEN_DEFAULT_ONCE] = "is to be asked about the next time",
                                         [BK_OPEN_DEFAULT_FORGET] = "is to be asked about again" };
    static_assert(sizeof words / sizeof words[0] == BK_OPEN_DEFAULT_WISHES, "words for each");

    bk_info("%s %s", kind, words[wish]); /* before the change: it may be the default's own */
    bk_open_defaults_change(&broker->open.defaults, kind, wish);
    bk_desktop_set_defaults(broker->desktop, &broker->apps, &broker->open.defaults);
}

void bk_open_api_apps_listed(struct bk_broker *broker)
{
    bk_desktop_set_defaults(broker->desktop, &broker->apps, &broker->open.defaults);
}

void bk_open_api_desktop_arrived(struct bk_broker *broker)
{
    if (broker->apps_listed) /* else it will be: apps have no names yet */
        bk_open_api_apps_listed(broker);
    show_next(&broker->open, 0);
}

void bk_open_api_desktop_lost(struct bk_broker *broker)
{
    broker->open.shown = NULL; /* it waits, as the others do */
}
