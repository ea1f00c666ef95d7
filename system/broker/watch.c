/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "watch.h"

#include "json.h"

/* An error of sd-varlink's ends the connection by itself. */
static int tell(struct bk_connection *connection)
{
    _cleanup_json_ sd_json_variant *state = NULL;
    int r = connection->watched(connection, &state);

    connection->watched_due = false;
    (void)bk_client_may_tell(connection->client); /* there is one at a time: never too many */
    return r < 0 ? r : sd_varlink_notify(bk_client_link(connection->client), state);
}

void bk_watch_tell(struct bk_broker *broker)
{
    for (struct bk_connection *next, *connection = broker->connections; connection != NULL; connection = next) {
        next = connection->next;
        if (!connection->watched_due || bk_client_link(connection->client) == NULL ||
            !bk_client_reads(connection->client))
            continue; /* who does not read is told once it does: bk_watch_read() */
        if (tell(connection) < 0)
            bk_client_close(connection->client, BK_CLIENT_FAILED, "no memory");
    }
}

static int on_due(sd_event_source *source, void *userdata)
{
    (void)source;
    bk_watch_tell(userdata);
    return 0;
}

static void wake(const struct bk_broker *broker)
{
    (void)sd_event_source_set_enabled(broker->watch_due, SD_EVENT_ONESHOT);
}

int bk_watch_answer(struct bk_connection *connection, sd_varlink *link, sd_varlink_method_flags_t flags,
                    bk_watch_build_t build)
{
    _cleanup_json_ sd_json_variant *state = NULL;

    if ((flags & SD_VARLINK_METHOD_MORE) != 0) {
        connection->watched = build;
        return tell(connection);
    }
    int r = build(connection, &state);
    return r < 0 ? r : sd_varlink_reply(link, state);
}

void bk_watch_changed(struct bk_broker *broker, bk_watch_build_t build, const struct bk_app *app)
{
    for (struct bk_connection *connection = broker->connections; connection != NULL; connection = connection->next) {
        if (connection->watched == build && (app == NULL || connection->app == app))
            connection->watched_due = true;
    }
    wake(broker);
}

void bk_watch_read(const struct bk_connection *connection)
{
    if (connection->watched_due)
        wake(connection->broker);
}

int bk_watch_start(struct bk_broker *broker)
{
    int r = sd_event_add_defer(broker->event, &broker->watch_due, on_due, broker);

    return r < 0 ? r : sd_event_source_set_enabled(broker->watch_due, SD_EVENT_OFF);
}

void bk_watch_stop(struct bk_broker *broker)
{
    broker->watch_due = sd_event_source_disable_unref(broker->watch_due);
}
