/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "file_picker.h"

#include "client.h"
#include "jailed_program.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define SOCKET_SIZE (64UL * 1024UL) /* who tells more than that at once waits until it was read */

struct bk_file_picker {
    struct bk_file_picker *next;
    struct bk_file_pickers *pickers;
    int socket, pidfd;
    sd_event_source *answers, *end, *overdue;
    bk_file_picker_answered_t answered; /* NULL: it was let go of */
    void *userdata;
};

/* Frees a picker from where the list holds it. */
static void free_picker_at(struct bk_file_picker **at)
{
    struct bk_file_picker *picker = *at;

    *at = picker->next;
    picker->pickers->count--;
    sd_event_source_disable_unref(picker->answers);
    sd_event_source_disable_unref(picker->end);
    sd_event_source_disable_unref(picker->overdue);
    bk_close(picker->socket);
    bk_close(picker->pidfd);
    free(picker);
}

static void free_picker(struct bk_file_picker *picker)
{
    struct bk_file_picker **at = &picker->pickers->list;

    while (*at != picker)
        at = &(*at)->next;
    free_picker_at(at);
}

static void close_socket(struct bk_file_picker *picker)
{
    picker->answers = sd_event_source_disable_unref(picker->answers);
    picker->socket = bk_close(picker->socket);
}

static void kill_process(const struct bk_file_picker *picker)
{
    (void)pidfd_send_signal(picker->pidfd, SIGKILL, NULL, 0);
}

/* Its last answer may be there still, and goes first. */
static int on_answer(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_file_picker *picker = userdata;
    struct bk_picker_message message;
    const bk_file_picker_answered_t answered = picker->answered;
    ssize_t n = recv(fd, &message, sizeof message, MSG_DONTWAIT | MSG_TRUNC);

    (void)source;
    (void)events;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n > 0 && bk_picker_message_is_answer(&message, (size_t)n)) {
        answered(&message, picker->userdata);
        return 0;
    }
    if (n > 0) {
        bk_warning("a file's picker broke its protocol");
        kill_process(picker);
    }
    close_socket(picker);
    answered(NULL, picker->userdata);
    return 0;
}

static int on_end(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_file_picker *picker = userdata;
    siginfo_t info = { 0 };

    (void)source;
    (void)events;
    if (waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0)
        return 0; /* it lives */
    if (info.si_code != CLD_EXITED || info.si_status != 0)
        bk_warning("a file's picker ended with %d", info.si_status);
    if (picker->answered == NULL)
        free_picker(picker);
    else
        picker->end = sd_event_source_disable_unref(picker->end); /* whose it is learns it from the socket */
    return 0;
}

static int on_overdue(sd_event_source *source, uint64_t usec, void *userdata)
{
    (void)source;
    (void)usec;
    bk_warning("a file's picker did not end by itself");
    kill_process(userdata);
    return 0;
}

static int start(struct bk_file_picker *picker, sd_event *event)
{
    char option[32];
    char *arguments[] = { (char *)(uintptr_t)picker->pickers->program, option, NULL };
    int ends[2];
    int r = bk_socketpair(SOCKET_SIZE, ends);

    if (r < 0)
        return r;
    picker->socket = ends[0];
    r = bk_set_nonblock(picker->socket);
    if (r < 0) {
        bk_close(ends[1]);
        return r;
    }
    snprintf(option, sizeof option, "--control=fd:%d", ends[1]);
    picker->pidfd = bk_jailed_program_start(arguments, &ends[1], 1);
    bk_close(ends[1]);
    if (picker->pidfd < 0)
        return picker->pidfd;
    r = sd_event_add_io(event, &picker->answers, picker->socket, EPOLLIN, on_answer, picker);
    if (r >= 0)
        r = sd_event_source_set_priority(picker->answers, BK_CLIENT_PRIORITY_LATER);
    if (r >= 0)
        r = sd_event_add_io(event, &picker->end, picker->pidfd, EPOLLIN, on_end, picker);
    if (r >= 0)
        r = sd_event_add_time_relative(event, &picker->overdue, CLOCK_MONOTONIC, 0, 0, on_overdue, picker);
    if (r >= 0)
        r = sd_event_source_set_enabled(picker->overdue, SD_EVENT_OFF);
    if (r < 0) {
        kill_process(picker);
        (void)waitid(P_PIDFD, (id_t)picker->pidfd, &(siginfo_t){ 0 }, WEXITED);
    }
    return r;
}

int bk_file_picker_start(struct bk_file_pickers *pickers, sd_event *event, bk_file_picker_answered_t answered,
                         void *userdata, struct bk_file_picker **ret)
{
    if (pickers->count >= BK_FILE_PICKERS_MAX)
        return -EBUSY;
    struct bk_file_picker *picker = calloc(1, sizeof *picker);
    if (picker == NULL)
        return -ENOMEM;
    *picker = (struct bk_file_picker){
        .next = pickers->list, .pickers = pickers, .socket = -1, .pidfd = -1, .answered = answered, .userdata = userdata
    };
    pickers->list = picker;
    pickers->count++;
    int r = start(picker, event);
    if (r < 0) {
        free_picker(picker);
        return r;
    }
    *ret = picker;
    return 0;
}

void bk_file_picker_ask(struct bk_file_picker *picker, const struct bk_picker_message *message, int stream)
{
    int r = picker->socket >= 0 ? bk_send_message(picker->socket, message, sizeof *message, stream) : 0;

    /* It reads whenever it waits for a question: what is not taken, it will never be. The end is told by the socket. */
    if (r < 0)
        (void)shutdown(picker->socket, SHUT_RDWR);
}

void bk_file_picker_let_go(struct bk_file_picker *picker)
{
    if (picker == NULL)
        return;
    close_socket(picker);
    picker->answered = NULL;
    if (picker->end == NULL) { /* it has ended */
        free_picker(picker);
        return;
    }
    (void)sd_event_source_set_time_relative(picker->overdue, BK_FILE_PICKER_END_MS * UINT64_C(1000));
    (void)sd_event_source_set_enabled(picker->overdue, SD_EVENT_ONESHOT);
}

void bk_file_pickers_finish(struct bk_file_pickers *pickers)
{
    while (pickers->list != NULL)
        free_picker_at(&pickers->list);
}
