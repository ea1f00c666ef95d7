/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "microphone_api.h"

#include "bk_api.h"
#include "microphone.h"
#include "parameters.h"

#define INTERFACE "io.bulkhead.Microphone."

/* A connection on which a call of the app's waits, or NULL. */
static struct bk_connection *find_waiting(const struct bk_broker *broker, const struct bk_app *app)
{
    struct bk_connection *connection = broker->connections;

    while (connection != NULL && (connection->app != app || !connection->asks_microphone))
        connection = connection->next;
    return connection;
}

bool bk_microphone_api_waits(const struct bk_broker *broker, const struct bk_app *app)
{
    return find_waiting(broker, app) != NULL;
}

void bk_microphone_api_answer(const struct bk_broker *broker, struct bk_app *app, bool allowed)
{
    for (struct bk_connection *connection; (connection = find_waiting(broker, app)) != NULL;) {
        sd_varlink *link = bk_client_link(connection->client);
        connection->asks_microphone = false;
        if (!allowed)
            bk_broker_log_refusal(app, "Microphone.Ask: it may not");
        if (link != NULL && allowed)
            (void)sd_varlink_reply(link, NULL);
        else if (link != NULL)
            (void)sd_varlink_error(link, SD_VARLINK_ERROR_PERMISSION_DENIED, NULL);
    }
}

static int on_ask(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_connection *connection = bk_client_userdata(userdata);
    struct bk_app *app = connection->app;

    if (!bk_parameters_accept(link, parameters, &bk_api_io_bulkhead_Microphone, "Ask"))
        return 0;
    if ((flags & SD_VARLINK_METHOD_ONEWAY) != 0)
        return 0; /* nobody would hear the answer; and the connection would be free for another such call meanwhile */
    if (app->permissions.reasons[BK_PERMISSION_MICROPHONE] == NULL) {
        bk_broker_log_refusal(app, "Microphone.Ask: its manifest does not declare it");
        return sd_varlink_error(link, SD_VARLINK_ERROR_PERMISSION_DENIED, NULL);
    }
    connection->asks_microphone = true;
    int r = bk_microphone_ask(connection->broker, app);
    if (r < 0)
        connection->asks_microphone = false;
    return r;
}

int bk_microphone_api_start(struct bk_broker *broker)
{
    int r = sd_varlink_server_add_interface(broker->server, &bk_api_io_bulkhead_Microphone);

    return r < 0 ? r : sd_varlink_server_bind_method(broker->server, INTERFACE "Ask", on_ask);
}

void bk_microphone_api_closed(struct bk_connection *connection)
{
    if (!connection->asks_microphone)
        return;
    connection->asks_microphone = false;
    if (!bk_microphone_api_waits(connection->broker, connection->app))
        bk_microphone_unasked(connection->app);
}
