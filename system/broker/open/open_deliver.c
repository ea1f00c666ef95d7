/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "open.h"

#include "broker.h"
#include "desktop_open.h"
#include "json.h"
#include "launcher.h"
#include "open_relay.h"

#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-json.h>

/* How far it has come. Data goes through all of these, a link from READY to its end. */
enum stage {
    OFFERED, /* the sender's stream is awaited, … */
    READY,   /* … the app that takes it, … */
    TOLD,    /* … its stream, … */
    CARRIED, /* … and the end of the data */
};

struct bk_open_item {
    struct bk_open_item *next;
    struct bk_broker *broker;
    struct bk_app *opener;
    const struct bk_app *sender; /* apps live as long as the broker */
    struct bk_open_thing thing;
    enum stage stage;
    bool started; /* the app was started for it */
    uint64_t until_ms;
    struct bk_stream_token offered; /* to the sender, while OFFERED; to the opener, while TOLD */
    int from;                       /* the sender's stream, from READY on until it is the relay's */
    struct bk_open_relay *relay;
};

static bool waits(const struct bk_open_item *item)
{
    return item->stage < TOLD;
}

/* The timer is for the one that has waited longest. */
static void set_overdue(struct bk_open *open)
{
    uint64_t until_ms = UINT64_MAX;

    for (const struct bk_open_item *item = open->items; item != NULL; item = item->next) {
        if (waits(item) && item->until_ms < until_ms)
            until_ms = item->until_ms;
    }
    (void)sd_event_source_set_time(open->overdue, until_ms == UINT64_MAX ? UINT64_MAX : until_ms * 1000);
    (void)sd_event_source_set_enabled(open->overdue, until_ms == UINT64_MAX ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

/* Ends an item where the list holds it. */
static void drop_at(struct bk_open_item **at)
{
    struct bk_open_item *item = *at;
    struct bk_broker *broker = item->broker;

    *at = item->next;
    if (item->offered.text[0] != '\0')
        bk_stream_withdraw(broker, &item->offered);
    bk_open_relay_destroy(item->relay);
    bk_close(item->from);
    bk_open_thing_finish(&item->thing);
    free(item);
    set_overdue(&broker->open);
}

static void drop(struct bk_open_item *item)
{
    struct bk_open_item **at = &item->broker->open.items;

    while (*at != item)
        at = &(*at)->next;
    drop_at(at);
}

/* The person is told: nothing is lost silently. */
static void lose(struct bk_open_item *item)
{
    const bool link = item->thing.link != NULL;
    char title[BK_NOTIFICATION_TITLE_MAX + 1];

    snprintf(title, sizeof title, "%s did not take %s", item->opener->name, link ? "a link" : "a file");
    bk_info("%s did not take what was opened with it", item->opener->id);
    bk_launcher_notify(item->broker, title, link ? item->thing.link : item->thing.name);
    drop(item);
}

bool bk_open_deliver_awaits_copy(const struct bk_broker *broker, const struct bk_app *sender)
{
    for (const struct bk_open_item *item = broker->open.items; item != NULL; item = item->next) {
        if (item->sender == sender && waits(item) && bk_app_is_copy(item->opener))
            return true;
    }
    return false;
}

/* ---- data ---- */

static void on_ended(uint64_t short_by, void *userdata)
{
    struct bk_open_item *item = userdata;

    item->relay = NULL;
    if (short_by > 0)
        bk_info("what %s sent to %s ended %llu bytes early", item->sender->id, item->opener->id,
                (unsigned long long)short_by);
    drop(item);
}

/* The opener's stream: data goes from the sender to it. */
static void on_opener_arrived(int fd, void *userdata)
{
    struct bk_open_item *item = userdata;
    _cleanup_close_ int to = fd;

    item->offered.text[0] = '\0';
    if (to < 0) {
        lose(item);
        return;
    }
    int r = bk_open_relay_create(item->broker->event, item->from, to, item->thing.size, on_ended, item, &item->relay);
    if (r < 0) {
        bk_error("cannot carry data from %s to %s: %s", item->sender->id, item->opener->id, strerror(-r));
        lose(item);
        return;
    }
    TAKE_FD(to);
    TAKE_FD(item->from);
    item->stage = CARRIED;
}

static void on_sender_arrived(int fd, void *userdata)
{
    struct bk_open_item *item = userdata;

    item->offered.text[0] = '\0';
    if (fd < 0) {
        bk_info("%s did not send what it said", item->sender->id);
        drop(item);
        return;
    }
    item->from = fd;
    item->stage = READY;
    bk_open_deliver_wake(item->broker);
}

/* ---- what waits ---- */

static int count_waiting(const struct bk_open *open, const struct bk_app *opener)
{
    unsigned count = 0;

    for (const struct bk_open_item *item = open->items; item != NULL; item = item->next)
        count += item->opener == opener;
    return count < BK_OPEN_WAITING_MAX ? 0 : -ENOBUFS;
}

static int count_streams(const struct bk_open *open, const struct bk_app *sender)
{
    unsigned count = 0;

    for (const struct bk_open_item *item = open->items; item != NULL; item = item->next)
        count += item->sender == sender && item->thing.link == NULL;
    return count < BK_OPEN_STREAMS_MAX ? 0 : -EBUSY;
}

/* The next that this app has not taken. */
static struct bk_open_item *find_of(const struct bk_open *open, const struct bk_app *opener, bool started)
{
    struct bk_open_item *item = open->items;

    while (item != NULL && (item->opener != opener || !waits(item) || item->started != started))
        item = item->next;
    return item;
}

/* Starts the app, once for all that waits for it. */
static void start(struct bk_broker *broker, const struct bk_app *opener)
{
    int r = 0;

    if (find_of(&broker->open, opener, true) == NULL)
        r = bk_hypervisor_request(broker->hypervisor, BK_HYPERVISOR_START, opener->id);
    for (struct bk_open_item *item; (item = find_of(&broker->open, opener, false)) != NULL;)
        item->started = true;
    if (r < 0)
        bk_error("cannot start %s: %s", opener->id, strerror(-r));
}

int bk_open_deliver(struct bk_broker *broker, struct bk_app *sender, struct bk_app *opener, struct bk_open_thing *thing,
                    struct bk_stream_token *ret_token)
{
    const bool data = thing->link == NULL;
    struct bk_open_item **at = &broker->open.items;
    int r = count_waiting(&broker->open, opener);

    if (r >= 0 && data)
        r = count_streams(&broker->open, sender);
    if (r < 0)
        return r;
    struct bk_open_item *item = calloc(1, sizeof *item);
    if (item == NULL)
        return -ENOMEM;
    *item = (struct bk_open_item){ .broker = broker,
                                   .opener = opener,
                                   .sender = sender,
                                   .stage = data ? OFFERED : READY,
                                   .started = bk_app_is_copy(opener), /* for nothing else */
                                   .until_ms = bk_broker_now_ms() + broker->open.waiting_ms,
                                   .from = -1 };
    if (data)
        r = bk_stream_offer(broker, sender, on_sender_arrived, item, &item->offered);
    if (r < 0) {
        free(item);
        return r;
    }
    item->thing = *thing;
    *thing = (struct bk_open_thing){ .link = NULL };
    *ret_token = item->offered;
    while (*at != NULL) /* the first comes first */
        at = &(*at)->next;
    *at = item;
    set_overdue(&broker->open);
    if (opener->state == BK_APP_STOPPED)
        start(broker, opener);
    bk_desktop_present(broker->desktop, opener);
    bk_open_deliver_wake(broker);
    return 0;
}

static int on_overdue(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_broker *broker = userdata;

    (void)source;
    (void)usec;
    for (struct bk_open_item *next, *item = broker->open.items; item != NULL; item = next) {
        next = item->next;
        if (waits(item) && item->until_ms <= bk_broker_now_ms())
            lose(item);
    }
    set_overdue(&broker->open);
    return 0;
}

/* ---- telling ---- */

static bool watches(const struct bk_connection *connection)
{
    return connection->watch == BK_WATCH_OPEN || connection->watch == BK_WATCH_OPEN_ONCE;
}

static int build(const struct bk_open_item *item, sd_json_variant **ret)
{
    const struct bk_open_thing *thing = &item->thing;
    const bool data = thing->link == NULL;

    return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_CONDITION(!data, "link", SD_JSON_BUILD_STRING(thing->link)),
                          SD_JSON_BUILD_PAIR_CONDITION(data, "link", SD_JSON_BUILD_NULL),
                          SD_JSON_BUILD_PAIR_CONDITION(data, "name", SD_JSON_BUILD_STRING(thing->name)),
                          SD_JSON_BUILD_PAIR_CONDITION(!data, "name", SD_JSON_BUILD_NULL),
                          SD_JSON_BUILD_PAIR_CONDITION(data, "type", SD_JSON_BUILD_STRING(thing->type)),
                          SD_JSON_BUILD_PAIR_CONDITION(!data, "type", SD_JSON_BUILD_NULL),
                          SD_JSON_BUILD_PAIR_CONDITION(data, "size", SD_JSON_BUILD_UNSIGNED(thing->size)),
                          SD_JSON_BUILD_PAIR_CONDITION(!data, "size", SD_JSON_BUILD_NULL),
                          SD_JSON_BUILD_PAIR_CONDITION(data, "stream", SD_JSON_BUILD_STRING(item->offered.text)),
                          SD_JSON_BUILD_PAIR_CONDITION(!data, "stream", SD_JSON_BUILD_NULL));
}

/* Tells it; an error of sd-varlink's ends the connection by itself. */
static int tell(struct bk_connection *connection, struct bk_open_item *item)
{
    _cleanup_json_ sd_json_variant *reply = NULL;
    sd_varlink *link = bk_client_link(connection->client);
    int r = 0;

    if (item->thing.link == NULL)
        r = bk_stream_offer(connection->broker, connection->app, on_opener_arrived, item, &item->offered);
    if (r < 0)
        return r;
    item->stage = TOLD;
    set_overdue(&connection->broker->open);
    r = build(item, &reply);
    if (r < 0)
        return r;
    if (item->thing.link != NULL)
        drop(item);
    if (connection->watch == BK_WATCH_OPEN) {
        (void)bk_client_may_tell(connection->client); /* there is one at a time: never too many */
        return sd_varlink_notify(link, reply);
    }
    connection->watch = BK_WATCH_NONE;
    return sd_varlink_reply(link, reply);
}

static struct bk_open_item *first_ready(const struct bk_open *open, const struct bk_app *opener)
{
    struct bk_open_item *item = open->items;

    while (item != NULL && (item->opener != opener || item->stage != READY))
        item = item->next;
    return item;
}

static int on_due(sd_event_source *source, void *userdata)
{
    struct bk_broker *broker = userdata;

    (void)source;
    for (struct bk_connection *next, *connection = broker->connections; connection != NULL; connection = next) {
        next = connection->next;
        if (!watches(connection) || bk_client_link(connection->client) == NULL || !bk_client_reads(connection->client))
            continue;
        struct bk_open_item *item = first_ready(&broker->open, connection->app);
        if (item != NULL && tell(connection, item) == -ENOMEM)
            bk_client_close(connection->client, BK_CLIENT_FAILED, "no memory");
    }
    return 0;
}

void bk_open_deliver_wake(struct bk_broker *broker)
{
    (void)sd_event_source_set_enabled(broker->open.due, SD_EVENT_ONESHOT);
}

/* ---- apps ---- */

void bk_open_deliver_app_changed(struct bk_broker *broker, struct bk_app *app)
{
    struct bk_open_item *item;

    if (app->state != BK_APP_STOPPED)
        return;
    /* It ended with what it was started for; what came while it was ending is another start's. */
    while ((item = find_of(&broker->open, app, true)) != NULL)
        lose(item);
    if (find_of(&broker->open, app, false) != NULL)
        start(broker, app);
}

void bk_open_deliver_start_failed(struct bk_broker *broker, const struct bk_app *app)
{
    struct bk_open_item *item;

    while ((item = find_of(&broker->open, app, true)) != NULL)
        lose(item);
}

/* ---- life ---- */

int bk_open_deliver_start(struct bk_broker *broker, uint64_t waiting_ms)
{
    broker->open.waiting_ms = waiting_ms != 0 ? waiting_ms : BK_OPEN_WAITING_MS;
    int r = sd_event_add_time(broker->event, &broker->open.overdue, CLOCK_MONOTONIC, 0, 0, on_overdue, broker);
    if (r >= 0)
        r = sd_event_source_set_enabled(broker->open.overdue, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_defer(broker->event, &broker->open.due, on_due, broker);
    if (r >= 0)
        r = sd_event_source_set_enabled(broker->open.due, SD_EVENT_OFF);
    return r;
}

void bk_open_deliver_stop(struct bk_broker *broker)
{
    while (broker->open.items != NULL)
        drop_at(&broker->open.items);
    broker->open.overdue = sd_event_source_disable_unref(broker->open.overdue);
    broker->open.due = sd_event_source_disable_unref(broker->open.due);
}
