/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-open: for programs that know nothing of the system's API. As xdg-open it opens a link or a file with the app that
 * the person chooses, or has chosen for good; with --share they choose for a file anew; with --for it runs a program,
 * and runs it again with each link that the person opens with this app.
 */
#include "send.h"
#include "status.h"
#include "system.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the app was started for comes soon, or not at all. */
#define FIRST_MS 1000
#define AGAIN_MS 1000 /* until the system, which is not there, is looked for again */

#define PROGRAMS_MAX 16U /* that run at a time; a link beyond is dropped */

static const char help[] =
    "bk-open LINK | FILE\n"
    "bk-open --share FILE\n"
    "bk-open --for PROGRAM [ARGUMENT...]\n"
    "\n"
    "Opens a link or a file with the app that the person chooses; the status is 0 when one gets it. With --share\n"
    "they choose anew, whatever app has such files else. Or runs the program, and once more with each link that the\n"
    "person opens with this app as its one argument; when the app was started for a link, with that alone. It ends\n"
    "when the last of them has.\n";

/* ---- a link ---- */

static int open_link(const char *link)
{
    static struct bk_system_inbox inbox;
    static char message[BK_SYSTEM_MESSAGE_MAX];
    int fd = bk_system_connect(BK_SYSTEM_CALLS);
    int r = fd < 0 ? fd : bk_system_open(fd, link);

    while (r >= 0 && (r = bk_system_receive(fd, &inbox, message)) == 0)
        ;
    return r < 0 ? bk_status_of_failure(link, r) : bk_status_of_answer(message);
}

/* ---- the links of others ---- */

struct taker {
    char **command; /* the program and its arguments */
    int fd;         /* -1: the system is not there */
    int signals;
    unsigned running;
    struct bk_system_inbox inbox;
};

static void run(struct taker *taker, char *const *arguments)
{
    sigset_t none;
    pid_t pid;

    if (taker->running == PROGRAMS_MAX) {
        fputs("bk-open: too many of the program run\n", stderr);
        return;
    }
    pid = fork();
    if (pid == 0) {
        sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
        (void)execvp(arguments[0], arguments);
        fprintf(stderr, "bk-open: cannot run %s: %s\n", arguments[0], strerror(errno));
        _exit(127);
    }
    if (pid < 0)
        fprintf(stderr, "bk-open: cannot run %s: %s\n", arguments[0], strerror(errno));
    else
        taker->running++;
}

static void look_for_system(struct taker *taker)
{
    taker->inbox.size = 0;
    taker->fd = bk_system_connect(BK_SYSTEM_CALLS);
    if (taker->fd >= 0 && bk_system_watch(taker->fd) < 0) {
        (void)close(taker->fd);
        taker->fd = -1;
    }
}

static void take_links(struct taker *taker)
{
    static char message[BK_SYSTEM_MESSAGE_MAX], link[BK_SYSTEM_MESSAGE_MAX];
    int r;

    do { /* all that came with one read: nothing wakes for those again */
        r = bk_system_receive(taker->fd, &taker->inbox, message);
        if (r > 0 && bk_system_string(message, "link", link, sizeof link))
            run(taker, (char *const[]){ taker->command[0], link, NULL });
    } while (r > 0 && memchr(taker->inbox.bytes, '\0', taker->inbox.size) != NULL);
    if (r < 0) {
        (void)close(taker->fd);
        taker->fd = -1;
    }
}

static void reap(struct taker *taker)
{
    struct signalfd_siginfo info;

    (void)!read(taker->signals, &info, sizeof info);
    while (waitpid(-1, NULL, WNOHANG) > 0)
        taker->running--;
}

static int take(char **command)
{
    static struct taker taker;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 ||
        (taker.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0) {
        perror("bk-open");
        return STATUS_FAILED;
    }
    taker.command = command;
    look_for_system(&taker);
    for (bool first = true; first || taker.running > 0; first = false) {
        struct pollfd fds[] = { { .fd = taker.fd, .events = POLLIN }, { .fd = taker.signals, .events = POLLIN } };
        int ready = poll(fds, 2, first ? FIRST_MS : taker.fd < 0 ? AGAIN_MS : -1);

        if (ready > 0 && fds[0].revents != 0)
            take_links(&taker);
        if (ready > 0 && fds[1].revents != 0)
            reap(&taker);
        if (first && taker.running == 0)
            run(&taker, command);
        if (taker.fd < 0)
            look_for_system(&taker);
    }
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(help, stdout);
        return EXIT_SUCCESS;
    }
    if (argc > 2 && strcmp(argv[1], "--for") == 0)
        return take(argv + 2);
    if (argc == 3 && strcmp(argv[1], "--share") == 0)
        return bk_send_file(argv[2], true);
    if (argc == 2 && argv[1][0] != '-')
        return access(argv[1], F_OK) == 0 ? bk_send_file(argv[1], false) : open_link(argv[1]);
    fputs(help, stderr);
    return STATUS_USAGE;
}
