/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "child.h"

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_NOT_STARTED 127

static _Noreturn void become(char *const arguments[])
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t none;

    sigemptyset(&none);
    /* A group of its own, to end what it starts with it. */
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || setpgid(0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        _exit(EXIT_NOT_STARTED);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execv(arguments[0], arguments);
    bk_error("%s cannot be executed: %s", arguments[0], strerror(errno));
    _exit(EXIT_NOT_STARTED);
}

static int on_end(sd_event_source *source, const siginfo_t *info, void *userdata)
{
    struct bk_child *child = userdata;

    (void)source;
    bk_warning("process %d ended by itself: %s %d", (int)child->pid, info->si_code == CLD_EXITED ? "status" : "signal",
               info->si_status);
    (void)kill(-child->pid, SIGKILL); /* what it had started */
    child->pid = 0;
    child->source = sd_event_source_disable_unref(child->source);
    child->ended(child->userdata);
    return 0;
}

int bk_child_start(sd_event *event, struct bk_child *child, char *const arguments[], void (*ended)(void *userdata),
                   void *userdata)
{
    pid_t pid = fork();

    if (pid < 0)
        return -errno;
    if (pid == 0)
        become(arguments);
    (void)setpgid(pid, pid); /* whoever of both is first */
    *child = (struct bk_child){ .pid = pid, .ended = ended, .userdata = userdata };
    int r = sd_event_add_child(event, &child->source, pid, WEXITED, on_end, child);
    if (r < 0)
        bk_child_stop(child);
    return r;
}

void bk_child_stop(struct bk_child *child)
{
    if (child->pid == 0)
        return;
    child->source = sd_event_source_disable_unref(child->source);
    (void)kill(-child->pid, SIGKILL);
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    child->pid = 0;
}
