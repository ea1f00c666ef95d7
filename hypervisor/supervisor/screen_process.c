/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "screen_process.h"

#include "child.h"
#include "cleanup.h"
#include "input_device.h"
#include "io.h"
#include "jail.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#define CONTROL_BUFFER (256U * 1024U) /* bytes: some hundred messages with their descriptors */

static int start(struct bk_screen_process *screen);

bool bk_screen_process_runs(const struct bk_screen_process *screen)
{
    return screen->program != NULL && screen->pidfd >= 0;
}

static void tell(struct bk_screen_process *screen, const struct bk_screen_control_message *message, int fd)
{
    int r = bk_send_message(screen->control, message, sizeof *message, fd);

    if (r == -EAGAIN) {
        bk_error("bk-screen does not read its control socket and is killed");
        (void)pidfd_send_signal(screen->pidfd, SIGKILL, NULL, 0);
    } else if (r < 0 && r != -EPIPE && r != -ECONNRESET) {
        bk_error("bk-screen cannot be told: %s", strerror(-r));
    }
}

static void offer_input(struct bk_screen_process *screen, const char *path)
{
    struct bk_screen_control_message message = { .type = BK_SCREEN_INPUT };
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct bk_input_bits bits;

    if (fd < 0 || bk_input_read_bits(fd, &bits) < 0) {
        if (errno != ENODEV && errno != ENOENT) /* it is gone already */
            bk_warning("%s cannot be used: %m", path);
        return;
    }
    message.classes = bk_input_classify(&bits);
    bk_input_read_ranges(fd, &message);
    if (message.classes == 0)
        return;
    /* What is typed is for the System VM, not for this kernel's own console. */
    if (ioctl(fd, EVIOCGRAB, 1) < 0)
        bk_warning("%s cannot be had for us alone: %m", path);
    tell(screen, &message, fd);
}

static void offer_card(struct bk_screen_process *screen, const char *path)
{
    /* Who opens a card first is its master, and so is who gets the descriptor. */
    _cleanup_close_ int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        bk_warning("%s cannot be opened: %m", path);
    else
        tell(screen, &(struct bk_screen_control_message){ .type = BK_SCREEN_CARD }, fd);
}

static void on_device(void *userdata, enum bk_device_kind kind, const char *path)
{
    struct bk_screen_process *screen = userdata;

    if (!bk_screen_process_runs(screen))
        return; /* all are told of when it starts */
    switch (kind) {
    case BK_DEVICE_CARD:
        offer_card(screen, path);
        break;
    case BK_DEVICE_INPUT:
        offer_input(screen, path);
        break;
    case BK_DEVICE_CHANGED:
        tell(screen, &(struct bk_screen_control_message){ .type = BK_SCREEN_CHANGED }, -1);
        break;
    }
}

static uint64_t now(struct bk_screen_process *screen)
{
    uint64_t usec = 0;

    (void)sd_event_now(screen->event, CLOCK_MONOTONIC, &usec);
    return usec;
}

static int start_later(struct bk_screen_process *screen)
{
    unsigned wait_ms = bk_backoff_next(&screen->backoff, (now(screen) - screen->started_usec) / 1000);
    int r = sd_event_source_set_time_relative(screen->restart, wait_ms * 1000ULL);

    return r < 0 ? r : sd_event_source_set_enabled(screen->restart, SD_EVENT_ONESHOT);
}

static int on_restart(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_screen_process *screen = userdata;

    (void)source;
    (void)usec;
    int r = start(screen);
    if (r >= 0)
        return 0;
    bk_error("bk-screen cannot be started: %s", strerror(-r));
    return start_later(screen);
}

static void close_process(struct bk_screen_process *screen)
{
    screen->exit_source = sd_event_source_disable_unref(screen->exit_source);
    bk_log_pump_stop(&screen->error_log);
    screen->pidfd = bk_close(screen->pidfd);
    screen->control = bk_close(screen->control);
}

static int on_process_end(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_screen_process *screen = userdata;
    siginfo_t info = { 0 };

    (void)source;
    (void)fd;
    (void)events;
    if (waitid(P_PIDFD, (id_t)screen->pidfd, &info, WEXITED | WNOHANG) < 0 || info.si_pid == 0)
        return 0;
    close_process(screen);
    bk_error("bk-screen ended (%s %d); it is started again", info.si_code == CLD_EXITED ? "status" : "signal",
             info.si_status);
    return start_later(screen);
}

static int spawn(struct bk_screen_process *screen, int control, int error)
{
    struct bk_child child;

    bk_child_begin(&child, screen->program);
    bk_child_add(&child, "--control");
    bk_child_add(&child, "fd:%d", control);
    bk_child_pass(&child, control);
    if (screen->drop_user) {
        bk_child_add(&child, "--uid");
        bk_child_add(&child, "%u", BK_JAIL_UID_SCREEN);
        bk_child_add(&child, "--gid");
        bk_child_add(&child, "%u", BK_JAIL_UID_SCREEN);
    }
    return bk_child_spawn(&child, error, &screen->pid, &screen->pidfd);
}

static int start(struct bk_screen_process *screen)
{
    _cleanup_close_ int their_control = -1;
    _cleanup_close_ int error_write = -1;
    int control[2], error[2];

    int r = bk_socketpair(CONTROL_BUFFER, control);
    if (r < 0)
        return r;
    screen->control = control[0];
    their_control = control[1];
    r = bk_set_nonblock(screen->control);
    if (r >= 0 && pipe2(error, O_CLOEXEC) < 0)
        r = -errno;
    if (r < 0)
        goto failed;
    error_write = error[1];
    r = bk_log_pump_start(&screen->error_log, screen->event, error[0], "bk-screen: ", "bk-screen: ");
    if (r >= 0)
        r = spawn(screen, their_control, error_write);
    if (r < 0)
        goto failed;
    screen->started_usec = now(screen);
    r = sd_event_add_io(screen->event, &screen->exit_source, screen->pidfd, EPOLLIN, on_process_end, screen);
    if (r < 0) {
        (void)pidfd_send_signal(screen->pidfd, SIGKILL, NULL, 0);
        (void)waitid(P_PIDFD, (id_t)screen->pidfd, &(siginfo_t){ 0 }, WEXITED);
        goto failed;
    }
    bk_devices_scan(&screen->devices);
    screen->started(screen->userdata);
    return 0;

failed:
    close_process(screen);
    return r;
}

int bk_screen_process_open(struct bk_screen_process *screen, sd_event *event, const char *program, bool drop_user,
                           void (*started)(void *userdata), void *userdata)
{
    *screen = (struct bk_screen_process){
        .program = program,
        .drop_user = drop_user,
        .event = event,
        .started = started,
        .userdata = userdata,
        .pidfd = -1,
        .control = -1,
    };
    int r = sd_event_add_time_relative(event, &screen->restart, CLOCK_MONOTONIC, 0, 0, on_restart, screen);
    if (r >= 0)
        r = sd_event_source_set_enabled(screen->restart, SD_EVENT_OFF);
    if (r >= 0)
        r = bk_devices_open(&screen->devices, event, on_device, screen);
    if (r >= 0)
        r = start(screen);
    if (r < 0)
        bk_screen_process_close(screen);
    return r;
}

void bk_screen_process_close(struct bk_screen_process *screen)
{
    if (screen->program == NULL)
        return;
    screen->restart = sd_event_source_disable_unref(screen->restart);
    if (screen->pidfd >= 0) {
        (void)pidfd_send_signal(screen->pidfd, SIGKILL, NULL, 0);
        (void)waitid(P_PIDFD, (id_t)screen->pidfd, &(siginfo_t){ 0 }, WEXITED);
    }
    close_process(screen);
    bk_devices_close(&screen->devices);
    screen->program = NULL;
}

void bk_screen_process_plug(struct bk_screen_process *screen, int fd)
{
    if (bk_screen_process_runs(screen))
        tell(screen, &(struct bk_screen_control_message){ .type = BK_SCREEN_CABLE }, fd);
}
