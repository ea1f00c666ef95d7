/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "camera_session.h"

#include "camera_api.h"

#include "camera_viewer.h"

#include "cleanup.h"
#include "log.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INTERFACE "io.bulkhead.Camera."

enum state {
    STATE_ASKING,   /* the person */
    STATE_STARTING, /* the camera; from here on it is wanted */
    STATE_READY,    /* the app knows its token */
    STATE_FLOWING,
};

struct bk_camera_session {
    struct bk_camera_session *next;
    struct bk_broker *broker;
    struct bk_app *app;
    struct bk_camera *camera;
    struct bk_camera_mode wish;
    enum state state;
    struct bk_connection *connection; /* on which Open() waits, or NULL */
    struct bk_ask *ask;
    struct bk_use *use;
    struct bk_stream_token token; /* that is out, if has_token */
    bool has_token;
    struct bk_camera_viewer *viewer;
};

/* ---- ends ---- */

static bool is_wanted(const struct bk_camera *camera)
{
    const struct bk_camera_session *session = camera->broker->cameras.sessions;

    while (session != NULL && (session->camera != camera || session->state == STATE_ASKING))
        session = session->next;
    return session != NULL;
}

static void stop_camera(struct bk_camera *camera)
{
    camera->mode = NULL;
    camera->flows = false;
    camera->stop(camera);
}

/* Where the list holds it. */
static struct bk_camera_session **place_of(const struct bk_camera_session *session)
{
    struct bk_camera_session **at = &session->broker->cameras.sessions;

    while (*at != session)
        at = &(*at)->next;
    return at;
}

/* Frees the session that the list holds there, with all that it holds, and yields the connection on which a call waits
 * for it, or NULL. */
static struct bk_connection *end_session_at(struct bk_camera_session **at)
{
    struct bk_camera_session *session = *at;
    struct bk_broker *broker = session->broker;
    struct bk_camera *camera = session->camera;
    struct bk_connection *connection = session->connection;

    *at = session->next;
    if (connection != NULL)
        connection->camera_session = NULL;
    if (session->has_token)
        bk_stream_withdraw(broker, &session->token);
    bk_camera_viewer_destroy(session->viewer);
    bk_use_end(session->use);
    if (camera->mode != NULL && !is_wanted(camera))
        stop_camera(camera);
    if (session->ask != NULL)
        bk_permission_gate_cancel(broker->gate, session->ask); /* may decide others */
    free(session);
    return connection;
}

/* Ends it with an error, which nobody hears when the call has been answered. The connection may be lost over it, which
 * it says itself. */
static void refuse_at(struct bk_camera_session **at, const char *error)
{
    const struct bk_connection *connection = end_session_at(at);

    if (connection != NULL && bk_client_link(connection->client) != NULL)
        (void)sd_varlink_error(bk_client_link(connection->client), error, NULL);
}

static void refuse(const struct bk_camera_session *session, const char *error)
{
    refuse_at(place_of(session), error);
}

static void refuse_at_with(struct bk_camera_session **at, const char *error, const char *name, const char *text)
{
    const struct bk_connection *connection = end_session_at(at);

    if (connection != NULL && bk_client_link(connection->client) != NULL)
        (void)sd_varlink_errorbo(bk_client_link(connection->client), error, SD_JSON_BUILD_PAIR_STRING(name, text));
}

void bk_camera_session_cancel(struct bk_camera_session *session)
{
    (void)end_session_at(place_of(session));
}

void bk_camera_sessions_end_all(struct bk_broker *broker)
{
    while (broker->cameras.sessions != NULL)
        (void)end_session_at(&broker->cameras.sessions);
}

/* ---- flowing ---- */

static void on_viewer_ended(void *userdata)
{
    (void)end_session_at(place_of(userdata));
}

static void on_app_arrived(int fd, void *userdata)
{
    struct bk_camera_session *session = userdata;

    session->has_token = false;
    if (fd < 0) {
        (void)end_session_at(place_of(session));
        return;
    }
    int r = bk_camera_viewer_create(session->broker->event, fd, on_viewer_ended, session, &session->viewer);
    if (r < 0) {
        bk_error("cannot show %s a camera: %s", session->app->id, strerror(-r));
        bk_close(fd);
        (void)end_session_at(place_of(session));
        return;
    }
    session->state = STATE_FLOWING;
}

void bk_camera_show(struct bk_camera *camera, struct bk_camera_frame *frame)
{
    for (struct bk_camera_session *session = camera->broker->cameras.sessions; session != NULL;
         session = session->next) {
        if (session->camera == camera && session->state == STATE_FLOWING)
            bk_camera_viewer_show(session->viewer, frame);
    }
}

/* ---- starting ---- */

/* The camera gives frames: Open() is answered. */
static void answer(struct bk_camera_session *session)
{
    const struct bk_camera_mode *mode = session->camera->mode;
    sd_varlink *link = bk_client_link(session->connection->client);

    if (bk_stream_offer(session->broker, session->app, on_app_arrived, session, &session->token) < 0) {
        refuse(session, INTERFACE "NotServed"); /* it leaves too many tokens lying, or there is no memory */
        return;
    }
    session->has_token = true;
    session->state = STATE_READY;
    session->connection->camera_session = NULL;
    session->connection = NULL;
    if (link != NULL)
        (void)sd_varlink_replybo(
            link, SD_JSON_BUILD_PAIR_STRING("stream", session->token.text),
            SD_JSON_BUILD_PAIR_STRING("format", mode->format), SD_JSON_BUILD_PAIR_UNSIGNED("width", mode->width),
            SD_JSON_BUILD_PAIR_UNSIGNED("height", mode->height), SD_JSON_BUILD_PAIR_UNSIGNED("rate", mode->rate));
}

/* The place of the camera's first session in one of these states: of NULL when there is none. */
static struct bk_camera_session **find_session(const struct bk_camera *camera, enum state from, enum state to)
{
    struct bk_camera_session **at = &camera->broker->cameras.sessions;

    while (*at != NULL && ((*at)->camera != camera || (*at)->state < from || (*at)->state > to))
        at = &(*at)->next;
    return at;
}

void bk_camera_begun(struct bk_camera *camera)
{
    assert(camera->mode != NULL);
    camera->flows = true;
    for (struct bk_camera_session **at;
         camera->flows && *(at = find_session(camera, STATE_STARTING, STATE_STARTING)) != NULL;)
        answer(*at);
}

void bk_camera_ended(struct bk_camera *camera)
{
    camera->mode = NULL;
    camera->flows = false;
    for (struct bk_camera_session **at;
         camera->mode == NULL && *(at = find_session(camera, STATE_STARTING, STATE_FLOWING)) != NULL;)
        refuse_at(at, INTERFACE "NotServed");
}

/* ---- asking ---- */

static void on_revoked(void *userdata)
{
    struct bk_camera_session *session = userdata;

    session->use = NULL;
    refuse(session, SD_VARLINK_ERROR_PERMISSION_DENIED);
}

/* The mode that it gets, or NULL. What a camera is wanted in already it is wanted in by all. */
static const struct bk_camera_mode *choose_mode(const struct bk_camera *camera, const struct bk_camera_mode *wish)
{
    const struct bk_camera_mode *modes = camera->mode != NULL ? camera->mode : camera->modes;
    unsigned n_modes = camera->mode != NULL ? 1 : camera->n_modes;
    unsigned chosen = bk_camera_choose(modes, n_modes, wish);

    return chosen < n_modes ? modes + chosen : NULL;
}

static void on_decided(enum bk_choice basis, void *userdata)
{
    struct bk_camera_session *session = userdata;
    const struct bk_broker *broker = session->broker;
    struct bk_camera *camera = session->camera;

    session->ask = NULL;
    if (basis == BK_CHOICE_NONE) {
        bk_broker_log_refusal(session->app, "Camera.Open: it may not");
        refuse(session, SD_VARLINK_ERROR_PERMISSION_DENIED);
        return;
    }
    const struct bk_camera_mode *mode = choose_mode(camera, &session->wish);
    if (mode == NULL) {
        const struct bk_camera_mode wish = session->wish;
        refuse_at_with(place_of(session), INTERFACE "NoSuchFormat", "format", wish.format);
        return;
    }
    if (bk_use_begin(broker->gate, session->app, BK_PERMISSION_CAMERA, basis, on_revoked, session, &session->use) < 0) {
        refuse(session, SD_VARLINK_ERROR_PERMISSION_DENIED);
        return;
    }
    if (camera->mode == NULL) {
        camera->mode = mode;
        if (camera->start(camera) < 0) {
            camera->mode = NULL;
            refuse(session, INTERFACE "NotServed");
            return;
        }
    }
    session->state = STATE_STARTING;
    if (camera->flows)
        answer(session);
}

int bk_camera_session_begin(struct bk_connection *connection, struct bk_camera *camera,
                            const struct bk_camera_mode *wish)
{
    struct bk_broker *broker = connection->broker;
    struct bk_camera_session *session = malloc(sizeof *session);
    struct bk_ask *ask = NULL;

    if (session == NULL)
        return -ENOMEM;
    *session = (struct bk_camera_session){
        .next = broker->cameras.sessions,
        .broker = broker,
        .app = connection->app,
        .camera = camera,
        .wish = *wish,
        .connection = connection,
    };
    broker->cameras.sessions = session;
    connection->camera_session = session;
    bk_permission_gate_ask(broker->gate, connection->app, BK_PERMISSION_CAMERA, on_decided, session, &ask);
    if (ask != NULL)
        session->ask = ask; /* else it was decided, and may be over */
    return 0;
}

unsigned bk_camera_sessions_opened(const struct bk_broker *broker, const struct bk_app *app)
{
    unsigned count = 0;

    for (const struct bk_camera_session *session = broker->cameras.sessions; session != NULL; session = session->next)
        count += app == NULL || session->app == app;
    return count;
}

/* ---- which there are ---- */

struct bk_camera *bk_camera_by_id(const struct bk_broker *broker, const char *id)
{
    struct bk_camera *camera = broker->cameras.list;

    while (camera != NULL && strcmp(camera->id, id) != 0)
        camera = camera->next;
    return camera;
}

void bk_camera_add(struct bk_broker *broker, struct bk_camera *camera)
{
    struct bk_camera **at = &broker->cameras.list;

    while (*at != NULL)
        at = &(*at)->next;
    *at = camera;
    camera->next = NULL;
    camera->broker = broker;
    broker->cameras.n_list++;
    bk_camera_api_changed(broker);
}

void bk_camera_remove(struct bk_camera *camera)
{
    struct bk_broker *broker = camera->broker;
    struct bk_camera **at = &broker->cameras.list;

    while (*at != camera)
        at = &(*at)->next;
    *at = camera->next;
    broker->cameras.n_list--;
    for (struct bk_camera_session **place; *(place = find_session(camera, STATE_ASKING, STATE_FLOWING)) != NULL;)
        refuse_at_with(place, INTERFACE "NoSuchCamera", "camera", camera->id);
    bk_camera_api_changed(broker);
}
