/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "file_session.h"

#include "desktop_file.h"
#include "desktop_privacy.h"
#include "file_api.h"

#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* ---- ends ---- */

static void show_next(struct bk_files *files, uint64_t after_ms)
{
    const struct bk_file_session *session = files->sessions;

    while (session != NULL && session->state != BK_FILE_STATE_QUEUED)
        session = session->next;
    if (files->shown != NULL || session == NULL)
        return;
    (void)sd_event_source_set_time(files->next, (bk_broker_now_ms() + after_ms) * 1000);
    (void)sd_event_source_set_enabled(files->next, SD_EVENT_ONESHOT);
}

/* The app has asked, and the person has nothing more to say. */
static void end_question(struct bk_file_session *session)
{
    struct bk_files *files = &session->broker->files;

    session->app->open_asks--;
    if (files->shown == session)
        files->shown = NULL;
    show_next(files, 0);
}

/* Frees a session from where the list holds it, and yields the connection on which a call waits for it, or NULL. */
static struct bk_connection *end_session_at(struct bk_file_session **at)
{
    struct bk_file_session *session = *at;
    struct bk_connection *connection = session->connection;

    *at = session->next;
    if (session->state < BK_FILE_STATE_AWAITED)
        end_question(session);
    if (connection != NULL)
        connection->file = NULL;
    if (session->has_token)
        bk_stream_withdraw(session->broker, &session->token);
    bk_file_pages_leave(session);
    free(session);
    return connection;
}

static struct bk_connection *end_session(struct bk_file_session *session)
{
    struct bk_file_session **at = &session->broker->files.sessions;

    while (*at != session)
        at = &(*at)->next;
    return end_session_at(at);
}

void bk_file_session_end_unchosen(struct bk_file_session *session)
{
    const bk_file_taken_t taken = session->taken;
    void *userdata = session->taken_userdata;
    struct bk_connection *connection = end_session(session);

    if (taken != NULL)
        taken(-1, "", 0, userdata);
    if (connection != NULL)
        bk_file_answer_not_chosen(connection);
}

void bk_file_session_cancel(struct bk_file_session *session)
{
    struct bk_broker *broker = session->broker;

    if (session->state < BK_FILE_STATE_AWAITED && broker->files.shown == session) {
        /* A dialog that comes and goes is worse than one that stays. */
        bk_pace_count(&session->app->open_closed, BK_OPEN_CLOSED_INTERVAL_MS, bk_broker_now_ms());
        bk_desktop_withdraw_ask(broker->desktop, broker->files.question);
    }
    (void)end_session(session);
}

/* ---- what is chosen ---- */

void bk_file_session_tell_picker(struct bk_file_session *session, enum bk_picker_type type, uint32_t value,
                                 uint64_t size, const char *name, int stream)
{
    const struct bk_picker_message message = bk_picker_message_make(type, value, size, name, strlen(name));

    bk_file_picker_ask(session->picker, &message, stream);
}

/* Its bytes do not go, or not all of them. */
static void fail_carried(struct bk_file_session *session, enum bk_picker_fault fault)
{
    const bool save = session->wish.save;

    bk_info("a file between %s and %s: %s", session->app->id, session->server->id, bk_picker_fault_names[fault]);
    struct bk_connection *connection = end_session(session);
    if (connection != NULL && save)
        bk_file_answer_not_stored(connection, fault);
}

static void on_app_arrived(int fd, void *userdata)
{
    struct bk_file_session *session = userdata;
    _cleanup_close_ int stream = fd;

    session->has_token = false;
    if (stream < 0) {
        fail_carried(session, BK_PICKER_SHORT);
        return;
    }
    session->state = BK_FILE_STATE_CARRIED;
    bk_file_session_tell_picker(session, BK_PICKER_CARRY, 0, 0, "", stream);
}

/* The system takes the bytes itself. */
static void give_to_system(struct bk_file_session *session, uint64_t size)
{
    struct bk_broker *broker = session->broker;
    const bk_file_taken_t taken = session->taken;
    int ends[2];

    bk_desktop_withdraw_ask(broker->desktop, broker->files.question);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0) {
        bk_error("no stream for a file: %m");
        bk_file_session_end_unchosen(session);
        return;
    }
    bk_info("the system opens a file of %s", session->server->id);
    session->state = BK_FILE_STATE_CARRIED;
    session->taken = NULL;
    end_question(session);
    bk_file_session_tell_picker(session, BK_PICKER_CARRY, 0, 0, "", ends[1]);
    bk_close(ends[1]);
    taken(ends[0], session->wanted, size, session->taken_userdata);
}

void bk_file_session_conclude(struct bk_file_session *session, uint64_t size)
{
    if (session->taken != NULL) {
        give_to_system(session, size);
        return;
    }
    struct bk_broker *broker = session->broker;
    struct bk_connection *connection = session->connection;
    int r = bk_stream_offer(broker, session->app, on_app_arrived, session, &session->token);

    bk_desktop_withdraw_ask(broker->desktop, broker->files.question);
    if (r < 0) {
        (void)end_session(session);
        bk_file_answer_too_many(connection, BK_STREAM_OFFERED_MAX);
        return;
    }
    session->has_token = true;
    session->state = BK_FILE_STATE_AWAITED;
    end_question(session);
    bk_info("%s %s a file of %s", session->app->id, session->wish.save ? "saves" : "opens", session->server->id);
    if (session->wish.save) {
        bk_file_answer_saving(connection, session->token.text, session->wanted);
        return;
    }
    session->connection = NULL;
    connection->file = NULL;
    bk_file_answer_opened(connection, session->token.text, session->wanted, size);
}

static bool is_there(const struct bk_broker *broker, const struct bk_file_session *wanted)
{
    const struct bk_file_session *session = broker->files.sessions;

    while (session != NULL && session != wanted)
        session = session->next;
    return session != NULL;
}

void bk_file_session_answered(const struct bk_picker_message *answer, void *userdata)
{
    struct bk_file_session *session = userdata;
    const struct bk_broker *broker = session->broker;
    const bool failed = answer == NULL || answer->type == BK_PICKER_FAILED;

    if (session->state == BK_FILE_STATE_CARRIED && answer != NULL && answer->type == BK_PICKER_DONE) {
        const bool save = session->wish.save;
        char name[sizeof session->wanted];
        memcpy(name, session->wanted, sizeof name);
        struct bk_connection *connection = end_session(session);
        if (connection != NULL && save)
            bk_file_answer_stored(connection, name);
    } else if (session->state >= BK_FILE_STATE_AWAITED) {
        fail_carried(session, failed && answer != NULL ? (enum bk_picker_fault)answer->value : BK_PICKER_BROKEN);
    } else if (session->state == BK_FILE_STATE_READING) {
        bk_file_pages_take(session, answer);
    }
    /* Else the person was told what did not go, and this is the process' end. */
    if (answer == NULL && is_there(broker, session)) {
        bk_file_picker_let_go(session->picker);
        session->picker = NULL;
    }
}

/* ---- questions ---- */

static int on_next(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_broker *broker = userdata;
    struct bk_files *files = &broker->files;
    struct bk_file_session *session = files->sessions;

    (void)source;
    (void)usec;
    while (session != NULL && session->state != BK_FILE_STATE_QUEUED)
        session = session->next;
    if (files->shown != NULL || session == NULL)
        return 0;
    const struct bk_file_page page = bk_file_pages_begin(session);
    files->question = bk_desktop_number_question(broker->desktop);
    if (bk_desktop_ask_file(broker, files->question, session->app, &session->wish, &page))
        files->shown = session;
    else
        session->state = BK_FILE_STATE_QUEUED; /* the next desktop will be asked */
    return 0;
}

void bk_file_api_not_shown(struct bk_broker *broker, int64_t id, bool busy)
{
    struct bk_files *files = &broker->files;
    struct bk_file_session *session = files->shown;

    if (session == NULL || id != files->question)
        return;
    if (!busy) {
        bk_file_session_end_unchosen(session); /* a desktop that cannot ask cannot allow either */
        return;
    }
    bk_file_pages_leave(session);
    session->state = BK_FILE_STATE_QUEUED;
    files->shown = NULL;
    show_next(files, BK_FILE_BUSY_MS);
}

void bk_file_api_desktop_arrived(struct bk_broker *broker)
{
    show_next(&broker->files, 0);
}

void bk_file_api_desktop_lost(struct bk_broker *broker)
{
    struct bk_file_session *session = broker->files.shown;

    if (session == NULL)
        return;
    bk_file_pages_leave(session); /* it is asked anew, as the others are */
    session->state = BK_FILE_STATE_QUEUED;
    broker->files.shown = NULL;
}

static struct bk_file_session *begin(struct bk_broker *broker, struct bk_app *app, const struct bk_file_wish *wish)
{
    struct bk_file_session **at = &broker->files.sessions;
    struct bk_file_session *session = calloc(1, sizeof *session);

    if (session == NULL)
        return NULL;
    session->broker = broker;
    session->app = app;
    session->wish = *wish;
    while (*at != NULL) /* the first comes first */
        at = &(*at)->next;
    *at = session;
    app->open_asks++;
    show_next(&broker->files, 0);
    return session;
}

int bk_file_session_begin(struct bk_connection *connection, const struct bk_file_wish *wish)
{
    struct bk_file_session *session = begin(connection->broker, connection->app, wish);

    if (session == NULL)
        return -ENOMEM;
    session->connection = connection;
    connection->file = session;
    return 0;
}

int bk_file_session_begin_system(struct bk_broker *broker, const struct bk_file_wish *wish, bk_file_taken_t taken,
                                 void *userdata)
{
    struct bk_file_session *session = begin(broker, &broker->system, wish);

    if (session == NULL)
        return -ENOMEM;
    session->taken = taken;
    session->taken_userdata = userdata;
    return 0;
}

unsigned bk_file_sessions_count(const struct bk_broker *broker, const struct bk_app *app)
{
    unsigned count = 0;

    for (const struct bk_file_session *session = broker->files.sessions; session != NULL; session = session->next)
        count += session->app == app;
    return count;
}

/* ---- life ---- */

void bk_file_api_app_ended(struct bk_broker *broker, const struct bk_app *app)
{
    for (struct bk_file_session *next, *session = broker->files.sessions; session != NULL; session = next) {
        next = session->next;
        if (session->app == app)
            bk_file_session_cancel(session); /* one that picks has no connection, and its stream was reset */
    }
}

int bk_file_sessions_start(struct bk_broker *broker)
{
    int r = sd_event_add_time(broker->event, &broker->files.next, CLOCK_MONOTONIC, 0, 0, on_next, broker);

    return r < 0 ? r : sd_event_source_set_enabled(broker->files.next, SD_EVENT_OFF);
}

void bk_file_sessions_stop(struct bk_broker *broker)
{
    while (broker->files.sessions != NULL)
        (void)end_session_at(&broker->files.sessions);
    bk_file_pickers_finish(&broker->files.pickers);
    broker->files.next = sd_event_source_disable_unref(broker->files.next);
}
