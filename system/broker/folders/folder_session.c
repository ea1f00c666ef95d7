/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "folder_session.h"

#include "stream_pump.h"

#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTERFACE "io.bulkhead.Folders."

enum state {
    STATE_ASKING,  /* the person */
    STATE_CALLING, /* the one who offers */
    STATE_READY,   /* the server's stream is here */
    STATE_FLOWING,
};

struct bk_folder_session {
    struct bk_folder_session *next;
    struct bk_broker *broker;
    struct bk_app *client;
    struct bk_app *server;
    char folder[BK_FOLDER_ID_SIZE];
    enum bk_folder_access access;
    enum state state;
    struct bk_connection *connection; /* on which Open() waits, or NULL */
    struct bk_folder_offer *offer;    /* while asking and calling */
    bool untold;                      /* while calling: the one who offers does not know of it */
    struct bk_ask *ask;
    struct bk_use *use;
    struct bk_stream_token token; /* that is out, if has_token */
    bool has_token;
    bk_folder_served_t served; /* NULL: an app opens it */
    void *userdata;
    int server_fd; /* while ready; -1 otherwise */
    struct bk_stream_pump *pump;
};

void bk_folder_id(const struct bk_folder_offer *offer, char ret[BK_FOLDER_ID_SIZE])
{
    snprintf(ret, BK_FOLDER_ID_SIZE, "%s/%s", offer->connection->app->id, offer->name);
}

struct bk_folder_offer *bk_folder_find_offer(const struct bk_broker *broker, const struct bk_app *app, const char *name)
{
    struct bk_folder_offer *offer = broker->folders.offers;

    while (offer != NULL && (offer->connection->app != app || strcmp(offer->name, name) != 0))
        offer = offer->next;
    return offer;
}

struct bk_folder_offer *bk_folder_offer_by_id(struct bk_broker *broker, const char *id)
{
    char app_id[BK_APP_ID_MAX + 1];
    const char *name = NULL;
    size_t length = 0;

    if (!bk_folder_parse_id(id, &length, &name) || length > BK_APP_ID_MAX)
        return NULL;
    memcpy(app_id, id, length);
    app_id[length] = '\0';
    const struct bk_app *app = bk_app_by_id(&broker->apps, app_id);
    return app != NULL ? bk_folder_find_offer(broker, app, name) : NULL;
}

/* ---- ends ---- */

/* Frees it and all that it holds, and yields the connection on which a call waits for it, or NULL. */
static struct bk_connection *end_session(struct bk_folder_session *session)
{
    struct bk_broker *broker = session->broker;
    struct bk_connection *connection = session->connection;
    struct bk_folder_session **at = &broker->folders.sessions;

    while (*at != session)
        at = &(*at)->next;
    *at = session->next;
    if (connection != NULL)
        connection->folder_session = NULL;
    if (session->has_token)
        bk_stream_withdraw(broker, &session->token);
    bk_stream_pump_destroy(session->pump);
    bk_close(session->server_fd);
    bk_use_end(session->use);
    if (session->ask != NULL)
        bk_permission_gate_cancel(broker->gate, session->ask); /* may decide others */
    free(session);
    (void)sd_event_source_set_enabled(broker->folders.due,
                                      SD_EVENT_ONESHOT); /* who listens for its changes hears that it is over */
    return connection;
}

/* Ends it with an error, which nobody hears when the call has been answered. The connection may be lost over it, which
 * it says itself. */
static void refuse(struct bk_folder_session *session, const char *error)
{
    const bk_folder_served_t served = session->served;
    void *userdata = session->userdata;
    const struct bk_connection *connection = end_session(session);

    if (connection != NULL && bk_client_link(connection->client) != NULL)
        (void)sd_varlink_error(bk_client_link(connection->client), error, NULL);
    if (served != NULL)
        served(-1, userdata);
}

static void refuse_as_gone(struct bk_folder_session *session)
{
    char id[BK_FOLDER_ID_SIZE];

    if (session->served != NULL) {
        refuse(session, INTERFACE "NoSuchFolder");
        return;
    }
    memcpy(id, session->folder, sizeof id);
    const struct bk_connection *connection = end_session(session);
    if (connection != NULL && bk_client_link(connection->client) != NULL)
        (void)sd_varlink_errorbo(bk_client_link(connection->client), INTERFACE "NoSuchFolder",
                                 SD_JSON_BUILD_PAIR_STRING("folder", id));
}

void bk_folder_session_cancel(struct bk_folder_session *session)
{
    (void)end_session(session);
}

void bk_folder_sessions_end_all(struct bk_broker *broker)
{
    while (broker->folders.sessions != NULL)
        (void)end_session(broker->folders.sessions);
}

/* ---- flowing ---- */

static void on_pump_ended(void *userdata)
{
    (void)end_session(userdata);
}

static void on_client_arrived(int fd, void *userdata)
{
    struct bk_folder_session *session = userdata;

    session->has_token = false;
    if (fd < 0) {
        (void)end_session(session);
        return;
    }
    int r =
        bk_stream_pump_create(session->broker->event, session->server_fd, fd, on_pump_ended, session, &session->pump);
    if (r < 0) {
        bk_error("cannot join a folder's streams: %s", strerror(-r));
        bk_close(fd);
        (void)end_session(session);
        return;
    }
    session->server_fd = -1; /* the pump's, as fd is */
    session->state = STATE_FLOWING;
}

/* ---- calling ---- */

/* The server is there: Open() is answered. */
static void on_server_arrived(int fd, void *userdata)
{
    struct bk_folder_session *session = userdata;

    session->has_token = false;
    if (fd < 0) {
        bk_broker_log_refusal(session->server, "Folders.Offer: it did not come to serve");
        refuse(session, INTERFACE "NotServed");
        return;
    }
    if (session->served != NULL) {
        const bk_folder_served_t served = session->served;
        void *to = session->userdata;
        (void)end_session(session);
        served(fd, to);
        return;
    }
    session->server_fd = fd;
    int r = bk_stream_offer(session->broker, session->client, on_client_arrived, session, &session->token);
    if (r < 0) {
        refuse(session, INTERFACE "NotServed"); /* the one who asked has too many tokens, or there is no memory */
        return;
    }
    const struct bk_folder_offer *offer = session->offer;
    sd_varlink *link = bk_client_link(session->connection->client);
    session->has_token = true;
    session->state = STATE_READY;
    session->offer = NULL;
    session->connection->folder_session = NULL;
    session->connection = NULL;
    if (link != NULL)
        (void)sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_STRING("stream", session->token.text),
                                 SD_JSON_BUILD_PAIR_STRING("aname", offer->aname));
}

/* Tells of one session. An error of sd-varlink's ends the connection by itself. */
static void tell(struct bk_folder_session *session)
{
    struct bk_client *client = session->offer->connection->client;

    session->untold = false;
    (void)bk_client_may_tell(client); /* there is one at a time: never too many */
    (void)sd_varlink_notifybo(bk_client_link(client), SD_JSON_BUILD_PAIR_STRING("stream", session->token.text),
                              SD_JSON_BUILD_PAIR_STRING("access", bk_folder_access_names[session->access]));
}

void bk_folder_sessions_tell(struct bk_broker *broker)
{
    for (struct bk_folder_session *session = broker->folders.sessions; session != NULL; session = session->next) {
        if (session->state != STATE_CALLING || !session->untold)
            continue;
        struct bk_client *client = session->offer->connection->client;
        if (bk_client_link(client) != NULL && bk_client_reads(client))
            tell(session);
    }
}

void bk_folder_sessions_withdraw(struct bk_broker *broker, const struct bk_folder_offer *offer)
{
    struct bk_folder_session *session = broker->folders.sessions;

    while (session != NULL) {
        if (session->offer != offer) {
            session = session->next;
            continue;
        }
        refuse_as_gone(session);
        session = broker->folders.sessions; /* that may have ended others */
    }
}

/* Calls the one who offers. */
static int call(struct bk_folder_session *session)
{
    int r = bk_stream_offer(session->broker, session->server, on_server_arrived, session, &session->token);

    if (r < 0)
        return r;
    session->has_token = session->untold = true;
    session->state = STATE_CALLING;
    (void)sd_event_source_set_enabled(session->broker->folders.due, SD_EVENT_ONESHOT);
    return 0;
}

int bk_folder_session_begin_served(struct bk_broker *broker, struct bk_app *client, struct bk_folder_offer *offer,
                                   enum bk_folder_access access, bk_folder_served_t served, void *userdata,
                                   struct bk_folder_session **ret)
{
    struct bk_folder_session *session = malloc(sizeof *session);

    if (session == NULL)
        return -ENOMEM;
    *session = (struct bk_folder_session){
        .next = broker->folders.sessions,
        .broker = broker,
        .client = client,
        .server = offer->connection->app,
        .access = access,
        .offer = offer,
        .served = served,
        .userdata = userdata,
        .server_fd = -1,
    };
    bk_folder_id(offer, session->folder);
    broker->folders.sessions = session;
    int r = call(session);
    if (r < 0) {
        (void)end_session(session);
        return r;
    }
    *ret = session;
    return 0;
}

/* ---- asking ---- */

static void on_revoked(void *userdata)
{
    struct bk_folder_session *session = userdata;

    session->use = NULL;
    refuse(session, SD_VARLINK_ERROR_PERMISSION_DENIED);
}

static void on_decided(enum bk_choice basis, void *userdata)
{
    struct bk_folder_session *session = userdata;
    struct bk_broker *broker = session->broker;

    session->ask = NULL;
    if (basis == BK_CHOICE_NONE || bk_use_begin(broker->gate, session->client, BK_PERMISSION_FOLDERS, basis, on_revoked,
                                                session, &session->use) < 0) {
        bk_broker_log_refusal(session->client, "Folders.Open: it may not");
        refuse(session, SD_VARLINK_ERROR_PERMISSION_DENIED);
        return;
    }
    if (call(session) < 0)
        refuse(session, INTERFACE "NotServed"); /* it leaves too many tokens lying, or there is no memory */
}

int bk_folder_session_begin(struct bk_connection *connection, struct bk_folder_offer *offer,
                            enum bk_folder_access access)
{
    struct bk_broker *broker = connection->broker;
    struct bk_folder_session *session = malloc(sizeof *session);
    struct bk_ask *ask = NULL;

    if (session == NULL)
        return -ENOMEM;
    *session = (struct bk_folder_session){
        .next = broker->folders.sessions,
        .broker = broker,
        .client = connection->app,
        .server = offer->connection->app,
        .access = access,
        .connection = connection,
        .offer = offer,
        .server_fd = -1,
    };
    bk_folder_id(offer, session->folder);
    broker->folders.sessions = session;
    connection->folder_session = session;
    bk_permission_gate_ask(broker->gate, connection->app, BK_PERMISSION_FOLDERS, on_decided, session, &ask);
    if (ask != NULL)
        session->ask = ask; /* else it was decided, and may be over */
    return 0;
}

unsigned bk_folder_sessions_opened(const struct bk_broker *broker, const struct bk_app *app)
{
    unsigned count = 0;

    for (const struct bk_folder_session *session = broker->folders.sessions; session != NULL; session = session->next)
        count += app == NULL || session->client == app;
    return count;
}

unsigned bk_folder_sessions_served(const struct bk_broker *broker, const struct bk_app *app)
{
    unsigned count = 0;

    for (const struct bk_folder_session *session = broker->folders.sessions; session != NULL; session = session->next)
        count += session->server == app;
    return count;
}

bool bk_folder_is_open(const struct bk_broker *broker, const struct bk_app *app, const char *id)
{
    const struct bk_folder_session *session = broker->folders.sessions;

    while (session != NULL &&
           (session->client != app || session->state < STATE_READY || strcmp(session->folder, id) != 0))
        session = session->next;
    return session != NULL;
}
