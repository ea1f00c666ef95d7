/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-guest-init: process 1 of an App VM made of our image parts. An app may as well bring a guest with an init of its
 * own.
 *
 * It mounts what programs expect, gives the app the display where there is one, runs the one command of the image
 * (command.h) as an unprivileged user, and turns the machine off when that ends. The power button is passed to the app
 * as SIGTERM: it may end in peace, or ask the person first. With "bulkhead.debug" on the
 * kernel's command line it obeys the lines of base/guest_debug.h on its console; the only service to kill is "app".
 * Where its VM has a port for it, a developer has a shell beside the app (shell.h).
 */
#define _GNU_SOURCE
#include "app.h"
#include "command.h"
#include "data_disk.h"
#include "ending.h"
#include "machine.h"
#include "rights.h"
#include "shell.h"

#include "guest_debug.h"
#include "log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    POLL_SIGNALS,
    POLL_BUTTON,
    POLL_CONSOLE,
    POLL_SHELL_PORT,
    POLL_SHELL,
    POLL_COUNT,
};

struct init {
    int signals;
    int button; /* -1: there is none */
    int console;
    bool debug;
    pid_t app;
    struct bk_shell shell;
    struct bk_guest_debug_reader reader;
};

static void fail(const char *what, int error)
{
    bk_error("%s: %s", what, strerror(-error));
    bk_machine_crash();
}

/* Reaps what ended; the machine ends with the app. */
static void reap(struct init *init)
{
    char ending[32];
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (bk_shell_reaped(&init->shell, pid, status) || pid != init->app)
            continue; /* an orphan of the app's */
        bk_info("the app ended: %s", bk_app_ending(status, ending, sizeof ending));
        if (bk_app_crashed(status))
            bk_machine_crash();
        bk_machine_power_off();
    }
}

static void on_signals(struct init *init)
{
    struct signalfd_siginfo info;

    while (read(init->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGCHLD)
            reap(init);
    }
}

static void on_button(struct init *init)
{
    if (!bk_machine_power_button_pressed(init->button))
        return;
    bk_info("the power button was pressed, asking the app to end");
    if (kill(-init->app, SIGTERM) < 0)
        bk_error("cannot signal the app: %s", strerror(errno));
}

static void obey(struct init *init, const struct bk_guest_debug_command *command)
{
    int r;

    switch (command->verb) {
    case BK_GUEST_DEBUG_PANIC:
        r = bk_guest_debug_panic();
        bk_error("cannot crash the kernel: %s", strerror(-r));
        break;
    case BK_GUEST_DEBUG_KILL:
        if (strcmp(command->name, "app") == 0)
            (void)kill(-init->app, SIGKILL);
        else
            bk_warning("there is no service %s", command->name);
        break;
    }
}

static void on_console(struct init *init)
{
    struct bk_guest_debug_command command;
    char bytes[64];
    ssize_t size = read(init->console, bytes, sizeof bytes);

    for (ssize_t i = 0; i < size; i++) {
        if (bk_guest_debug_feed(&init->reader, bytes[i], &command))
            obey(init, &command);
    }
    if (size == 0 || (size < 0 && errno != EINTR && errno != EAGAIN))
        init->debug = false; /* nobody can write to it any more */
}

static int open_signals(int *ret_fd)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return -errno;
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        return -errno;
    *ret_fd = fd;
    return 0;
}

static void serve(struct init *init)
{
    for (;;) {
        struct pollfd fds[POLL_COUNT] = {
            [POLL_SIGNALS] = { .fd = init->signals, .events = POLLIN },
            [POLL_BUTTON] = { .fd = init->button, .events = POLLIN }, /* poll() passes over -1 */
            [POLL_CONSOLE] = { .fd = init->debug ? init->console : -1, .events = POLLIN },
        };
        bk_shell_prepare(&init->shell, &fds[POLL_SHELL_PORT], &fds[POLL_SHELL]);
        if (poll(fds, POLL_COUNT, -1) < 0) {
            if (errno != EINTR)
                fail("poll", -errno);
            continue;
        }
        if (fds[POLL_SIGNALS].revents != 0)
            on_signals(init);
        if (fds[POLL_BUTTON].revents != 0)
            on_button(init);
        if (fds[POLL_CONSOLE].revents != 0)
            on_console(init);
        if (fds[POLL_SHELL_PORT].revents != 0 || fds[POLL_SHELL].revents != 0)
            bk_shell_serve(&init->shell);
    }
}

int main(void)
{
    struct init init = { .signals = -1, .button = -1, .console = -1 };
    struct bk_command command = { 0 };
    bool mounts = false;
    int news = -1;
    int r;

    bk_log_open("bk-guest-init", NULL, LOG_INFO);
    if (getpid() != 1) {
        fputs("bk-guest-init is process 1 of an App VM; it does nothing elsewhere\n", stderr);
        return 1;
    }
    r = bk_machine_mount();
    if (r < 0)
        fail("mounting", r);
    r = bk_machine_open_console(&init.console);
    if (r < 0)
        fail("the console", r);
    if (dup2(init.console, STDERR_FILENO) < 0)
        fail("the console", -errno);
    r = bk_machine_prepare_app(BK_APP_UID);
    if (r < 0)
        bk_warning("the display is not the app's: %s", strerror(-r));
    bool keeps = bk_guest_cmdline_says(BK_DATA_WORD);
    if (keeps) {
        r = bk_data_disk_mount(BK_APP_UID);
        if (r < 0)
            fail("the data disk", r); /* an app that began anew would write over what a restore point can bring back */
    }
    r = open_signals(&init.signals);
    if (r < 0)
        fail("signals", r);
    r = bk_machine_open_power_button(&init.button);
    if (r < 0)
        bk_warning("no power button: %s", strerror(-r));
    init.debug = bk_guest_debug_enabled();
    r = bk_shell_open_news(&news);
    if (r < 0)
        bk_warning("a way to a shell that comes late is not seen: %s", strerror(-r));
    bk_shell_init(&init.shell, news, bk_shell_open_port, BK_SHELL_PROGRAM);
    r = bk_command_load(BK_COMMAND_PATH, &command);
    if (r < 0)
        fail(BK_COMMAND_PATH, r);
    r = bk_rights_load(BK_RIGHTS_PATH, &mounts);
    if (r < 0)
        fail(BK_RIGHTS_PATH, r);
    r = bk_app_start(&command, mounts, keeps, init.console, &init.app);
    bk_command_finish(&command);
    if (r < 0)
        fail("starting the app", r);
    bk_info("the app started");
    serve(&init);
}
