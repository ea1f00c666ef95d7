/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "child.h"

#include "jail.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_NOT_STARTED 127

void bk_child_begin(struct bk_child *child, const char *program)
{
    child->count = child->used = child->descriptor_count = 0;
    child->overflow = 0;
    bk_child_add(child, "%s", program);
}

void bk_child_add(struct bk_child *child, const char *format, ...)
{
    size_t left = sizeof child->text - child->used;
    va_list arguments;

    va_start(arguments, format);
    int n = vsnprintf(child->text + child->used, left, format, arguments);
    va_end(arguments);
    if (n < 0 || (size_t)n >= left || child->count >= BK_CHILD_ARGUMENTS_MAX) {
        child->overflow = 1;
        return;
    }
    child->arguments[child->count++] = child->text + child->used;
    child->used += (size_t)n + 1;
}

void bk_child_pass(struct bk_child *child, int fd)
{
    if (child->descriptor_count >= BK_CHILD_DESCRIPTORS_MAX)
        child->overflow = 1;
    else
        child->descriptors[child->descriptor_count++] = fd;
}

/* In the child. What fails here shows as EXIT_NOT_STARTED, and on standard error. */
static _Noreturn void become(const struct bk_child *child, int error_fd)
{
    char *arguments[BK_CHILD_ARGUMENTS_MAX + 1] = { 0 };
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t none;

    sigemptyset(&none);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(error_fd, STDOUT_FILENO) < 0 ||
        dup2(error_fd, STDERR_FILENO) < 0)
        _exit(EXIT_NOT_STARTED);
    (void)setsid(); /* it is the session's leader already where it is process 1 of its namespace */
    for (size_t i = 0; i < child->descriptor_count; i++) {
        if (fcntl(child->descriptors[i], F_SETFD, 0) < 0)
            _exit(EXIT_NOT_STARTED);
    }
    for (int signal_number = 1; signal_number < NSIG; signal_number++)
        (void)signal(signal_number, SIG_DFL); /* SIGKILL and SIGSTOP refuse, and are default */
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (size_t i = 0; i < child->count; i++)
        arguments[i] = (char *)(uintptr_t)child->arguments[i];
    execv(arguments[0], arguments);
    dprintf(STDERR_FILENO, "%s cannot be executed: %s\n", arguments[0], strerror(errno));
    _exit(EXIT_NOT_STARTED);
}

int bk_child_spawn(const struct bk_child *child, int error_fd, pid_t *ret_pid, int *ret_pidfd)
{
    if (child->overflow)
        return -E2BIG;

    pid_t pid = bk_jail_fork();
    if (pid < 0)
        return pid;
    if (pid == 0)
        become(child, error_fd);

    int pidfd = pidfd_open(pid, 0);
    if (pidfd < 0) {
        int r = -errno;
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        return r;
    }
    *ret_pid = pid;
    *ret_pidfd = pidfd;
    return 0;
}
