/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "jailed_program.h"

#include "jail.h"

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_NOT_STARTED 127

/* In the child: it stays in the broker's process group, with which it goes. */
static _Noreturn void become(char *const arguments[], const int *passed, size_t count)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t none;

    sigemptyset(&none);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0)
        _exit(EXIT_NOT_STARTED);
    for (size_t i = 0; i < count; i++) {
        if (fcntl(passed[i], F_SETFD, 0) < 0)
            _exit(EXIT_NOT_STARTED);
    }
    for (int number = 1; number < NSIG; number++)
        (void)signal(number, SIG_DFL); /* SIGKILL and SIGSTOP refuse, and are default */
    sigprocmask(SIG_SETMASK, &none, NULL);
    execv(arguments[0], arguments);
    bk_error("%s cannot be executed: %s", arguments[0], strerror(errno));
    _exit(EXIT_NOT_STARTED);
}

int bk_jailed_program_start(char *const arguments[], const int *passed, size_t count)
{
    pid_t pid = bk_jail_fork();

    if (pid < 0)
        return pid;
    if (pid == 0)
        become(arguments, passed, count);
    int pidfd = pidfd_open(pid, 0);
    if (pidfd < 0) {
        pidfd = -errno;
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    return pidfd;
}
