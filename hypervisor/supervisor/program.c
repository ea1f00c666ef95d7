/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "program.h"

#include "child.h"
#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#define CONTROL_BUFFER (256U * 1024U) /* bytes: some hundred messages with their descriptors */

static int start(struct bk_program *program);

bool bk_program_runs(const struct bk_program *program)
{
    return program->path != NULL && program->pidfd >= 0;
}

bool bk_program_is(const struct bk_program *program, pid_t pid)
{
    return bk_program_runs(program) && program->pid == pid;
}

void bk_program_kill(struct bk_program *program, const char *why)
{
    if (!bk_program_runs(program))
        return;
    bk_error("%s %s and is killed", program->kind->name, why);
    (void)pidfd_send_signal(program->pidfd, SIGKILL, NULL, 0);
}

void bk_program_tell(struct bk_program *program, const void *message, size_t size, int fd)
{
    if (!bk_program_runs(program))
        return;
    int r = bk_send_message(program->control, message, size, fd);
    if (r == -EAGAIN)
        bk_program_kill(program, "does not read its control socket");
    else if (r < 0 && r != -EPIPE && r != -ECONNRESET)
        bk_error("%s cannot be told: %s", program->kind->name, strerror(-r));
}

static int on_control(sd_event_source *source, int control, uint32_t events, void *userdata)
{
    struct bk_program *program = userdata;
    uint8_t message[BK_PROGRAM_MESSAGE_MAX];
    _cleanup_close_ int fd = -1;

    (void)control;
    (void)events;
    ssize_t n = bk_recv_message(program->control, message, sizeof message, &fd);
    if (n == -EAGAIN)
        return 0;
    if (n == 0 || (n < 0 && n != -EMSGSIZE)) /* it is ending */
        return sd_event_source_set_enabled(source, SD_EVENT_OFF);
    if (n > 0 && fd < 0 && program->kind->said != NULL && program->kind->said(program->userdata, message, (size_t)n))
        return 0;
    bk_program_kill(program, "breaks the control protocol");
    return sd_event_source_set_enabled(source, SD_EVENT_OFF);
}

static uint64_t now(struct bk_program *program)
{
    uint64_t usec = 0;

    (void)sd_event_now(program->event, CLOCK_MONOTONIC, &usec);
    return usec;
}

static int start_later(struct bk_program *program)
{
    unsigned wait_ms = bk_backoff_next(&program->backoff, (now(program) - program->started_usec) / 1000);
    int r = sd_event_source_set_time_relative(program->restart, wait_ms * 1000ULL);

    return r < 0 ? r : sd_event_source_set_enabled(program->restart, SD_EVENT_ONESHOT);
}

static int on_restart(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_program *program = userdata;

    (void)source;
    (void)usec;
    int r = start(program);
    if (r >= 0)
        return 0;
    bk_error("%s cannot be started: %s", program->kind->name, strerror(-r));
    return start_later(program);
}

static void close_process(struct bk_program *program)
{
    program->exit_source = sd_event_source_disable_unref(program->exit_source);
    program->control_source = sd_event_source_disable_unref(program->control_source);
    bk_log_pump_stop(&program->error_log);
    program->pidfd = bk_close(program->pidfd);
    program->control = bk_close(program->control);
}

static int on_process_end(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_program *program = userdata;
    siginfo_t info = { 0 };

    (void)source;
    (void)fd;
    (void)events;
    if (waitid(P_PIDFD, (id_t)program->pidfd, &info, WEXITED | WNOHANG) < 0 || info.si_pid == 0)
        return 0;
    close_process(program);
    bk_error("%s ended (%s %d); it is started again", program->kind->name,
             info.si_code == CLD_EXITED ? "status" : "signal", info.si_status);
    return start_later(program);
}

static int spawn(struct bk_program *program, int control, int error)
{
    struct bk_child child;

    bk_child_begin(&child, program->path);
    bk_child_add(&child, "--control");
    bk_child_add(&child, "fd:%d", control);
    bk_child_pass(&child, control);
    if (program->drop_user) {
        bk_child_add(&child, "--uid");
        bk_child_add(&child, "%u", program->kind->uid);
        bk_child_add(&child, "--gid");
        bk_child_add(&child, "%u", program->kind->uid);
    }
    return bk_child_spawn(&child, error, &program->pid, &program->pidfd);
}

static int start(struct bk_program *program)
{
    _cleanup_close_ int their_control = -1;
    _cleanup_close_ int error_write = -1;
    int control[2], error[2];

    int r = bk_socketpair(CONTROL_BUFFER, control);
    if (r < 0)
        return r;
    program->control = control[0];
    their_control = control[1];
    r = bk_set_nonblock(program->control);
    if (r >= 0 && pipe2(error, O_CLOEXEC) < 0)
        r = -errno;
    if (r < 0)
        goto failed;
    error_write = error[1];
    r = bk_log_pump_start(&program->error_log, program->event, error[0], program->kind->prefix, program->kind->prefix);
    if (r >= 0)
        r = spawn(program, their_control, error_write);
    if (r < 0)
        goto failed;
    program->started_usec = now(program);
    r = sd_event_add_io(program->event, &program->exit_source, program->pidfd, EPOLLIN, on_process_end, program);
    if (r >= 0)
        r = sd_event_add_io(program->event, &program->control_source, program->control, EPOLLIN, on_control, program);
    if (r < 0) {
        (void)pidfd_send_signal(program->pidfd, SIGKILL, NULL, 0);
        (void)waitid(P_PIDFD, (id_t)program->pidfd, &(siginfo_t){ 0 }, WEXITED);
        goto failed;
    }
    program->kind->started(program->userdata);
    return 0;

failed:
    close_process(program);
    return r;
}

int bk_program_open(struct bk_program *program, sd_event *event, const struct bk_program_kind *kind, const char *path,
                    bool drop_user, void *userdata)
{
    *program = (struct bk_program){
        .kind = kind,
        .path = path,
        .drop_user = drop_user,
        .event = event,
        .userdata = userdata,
        .pidfd = -1,
        .control = -1,
    };
    int r = sd_event_add_time_relative(event, &program->restart, CLOCK_MONOTONIC, 0, 0, on_restart, program);
    if (r >= 0)
        r = sd_event_source_set_enabled(program->restart, SD_EVENT_OFF);
    if (r >= 0)
        r = start(program);
    if (r < 0)
        bk_program_close(program);
    return r;
}

void bk_program_close(struct bk_program *program)
{
    if (program->path == NULL)
        return;
    program->restart = sd_event_source_disable_unref(program->restart);
    if (program->pidfd >= 0) {
        (void)pidfd_send_signal(program->pidfd, SIGKILL, NULL, 0);
        (void)waitid(P_PIDFD, (id_t)program->pidfd, &(siginfo_t){ 0 }, WEXITED);
    }
    close_process(program);
    program->path = NULL;
}
