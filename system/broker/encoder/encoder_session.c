/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "encoder_session.h"

#include "encoder_machine.h"
#include "jailed_program.h"

#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

struct bk_encoder_session {
    struct bk_encoder_session *next;
    struct bk_broker *broker;
    struct bk_app *app;
    struct bk_encoder_job job;
    int encoder;                  /* of the machine, which is taken; or BK_ENCODER_SOFTWARE */
    int port;                     /* that leads to it, the machine's */
    bool failed;                  /* the encoder, as the process said */
    struct bk_stream_token token; /* that is out, while there is no process */
    bool ended;                   /* the broker wanted it so */
    int pidfd;                    /* -1: there is no process */
    sd_event_source *source;
};

/* ---- the process ---- */

/* Yields the pidfd of a process that has the stream, and the port where an encoder of the machine encodes. */
static int spawn(const struct bk_encoder_session *session, int stream)
{
    const struct bk_encoder_job *job = &session->job;
    const int64_t numbers[] = { stream,        job->width,        job->height,   job->rate,
                                job->bit_rate, job->key_interval, session->port, session->encoder };
    static const char *const names[] = { "--stream=fd:", "--width=",        "--height=",     "--rate=",
                                         "--bit-rate=",  "--key-interval=", "--machine=fd:", "--encoder=" };
    enum {
        ALL = sizeof names / sizeof names[0],
        OF_MACHINE = 2
    };
    bool software = session->encoder == BK_ENCODER_SOFTWARE;
    size_t count = software ? ALL - OF_MACHINE : ALL;
    const int passed[] = { stream, session->port };
    char text[ALL + 1][48];
    char *arguments[ALL + 3] = { (char *)(uintptr_t)session->broker->encoders.program };

    for (size_t i = 0; i < count; i++) {
        snprintf(text[i], sizeof text[i], "%s%" PRId64, names[i], numbers[i]);
        arguments[1 + i] = text[i];
    }
    snprintf(text[count], sizeof text[count], "--format=%s", bk_encoder_format_names[job->format]);
    arguments[1 + count] = text[count];
    return bk_jailed_program_start(arguments, passed, software ? 1 : 2);
}

/* ---- ends ---- */

/* Frees a session from where the list holds it. */
static void free_session_at(struct bk_encoder_session **at)
{
    struct bk_encoder_session *session = *at;

    *at = session->next;
    if (session->encoder != BK_ENCODER_SOFTWARE)
        bk_encoder_machine_release(session->broker->encoders.machine, session->failed);
    sd_event_source_disable_unref(session->source);
    bk_close(session->pidfd);
    free(session);
}

static void free_session(struct bk_encoder_session *session)
{
    struct bk_encoder_session **at = &session->broker->encoders.sessions;

    while (*at != session)
        at = &(*at)->next;
    free_session_at(at);
}

/* Its place is another's once the process is no more, which is not waited for: it has what the processor has left. */
static void kill_process(struct bk_encoder_session *session)
{
    session->ended = true;
    (void)pidfd_send_signal(session->pidfd, SIGKILL, NULL, 0);
}

static int on_process_end(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_encoder_session *session = userdata;
    siginfo_t info = { 0 };

    (void)source;
    (void)events;
    if (waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0)
        return 0; /* it lives */
    session->failed = info.si_code == CLD_EXITED && info.si_status == BK_ENCODER_EXIT_MACHINE;
    if (!session->ended && info.si_code != CLD_EXITED)
        bk_broker_log_refusal(session->app, "its video encoder was killed");
    else if (!session->ended && session->failed)
        bk_broker_log_refusal(session->app, "the machine's encoder failed it");
    else if (!session->ended && info.si_status != 0)
        bk_broker_log_refusal(session->app, "its video stream broke off, or stood still");
    free_session(session);
    return 0;
}

/* ---- begins ---- */

static void on_arrived(int fd, void *userdata)
{
    struct bk_encoder_session *session = userdata;
    _cleanup_close_ int stream = fd;
    const struct bk_broker *broker = session->broker;

    if (stream < 0) {
        free_session(session);
        return;
    }
    session->pidfd = spawn(session, stream);
    int r = session->pidfd;
    if (r >= 0)
        r = sd_event_add_io(broker->event, &session->source, session->pidfd, EPOLLIN, on_process_end, session);
    if (r >= 0)
        return;
    bk_error("no video encoder for %s: %s", session->app->id, strerror(-r));
    if (session->pidfd >= 0) {
        (void)pidfd_send_signal(session->pidfd, SIGKILL, NULL, 0);
        (void)waitid(P_PIDFD, (id_t)session->pidfd, &(siginfo_t){ 0 }, WEXITED);
    }
    free_session(session);
}

int bk_encoder_session_begin(struct bk_broker *broker, struct bk_app *app, const struct bk_encoder_job *job,
                             int encoder, struct bk_stream_token *ret_token)
{
    struct bk_encoder_session *session = malloc(sizeof *session);

    if (session == NULL)
        return -ENOMEM;
    *session = (struct bk_encoder_session){
        .broker = broker, .app = app, .job = *job, .encoder = encoder, .port = -1, .pidfd = -1
    };
    int r = bk_stream_offer(broker, app, on_arrived, session, &session->token);
    if (r < 0) {
        free(session);
        return r;
    }
    if (encoder != BK_ENCODER_SOFTWARE)
        session->port = bk_encoder_machine_take(broker->encoders.machine);
    session->next = broker->encoders.sessions;
    broker->encoders.sessions = session;
    *ret_token = session->token;
    return 0;
}

unsigned bk_encoder_sessions_count(const struct bk_broker *broker, const struct bk_app *app)
{
    unsigned count = 0;

    for (const struct bk_encoder_session *session = broker->encoders.sessions; session != NULL; session = session->next)
        count += app == NULL || session->app == app;
    return count;
}

void bk_encoder_sessions_end_app(struct bk_broker *broker, const struct bk_app *app)
{
    for (struct bk_encoder_session *session = broker->encoders.sessions; session != NULL; session = session->next) {
        if (session->app == app && session->pidfd >= 0)
            kill_process(session);
    }
}

void bk_encoder_sessions_end_all(struct bk_broker *broker)
{
    while (broker->encoders.sessions != NULL) {
        struct bk_encoder_session *session = broker->encoders.sessions;
        if (session->pidfd >= 0)
            kill_process(session); /* process 1 buries it */
        else
            bk_stream_withdraw(broker, &session->token);
        free_session_at(&broker->encoders.sessions);
    }
}
