/* SPDX-License-Identifier: Apache-2.0 */
/* The first stage, and what the parent does before it: descriptors, and the process namespace. */
#define _GNU_SOURCE
#include "jail.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FIRST_OWN_FD 3 /* after standard input, output and error */

static int compare_fds(const void *a, const void *b)
{
    int x = *(const int *)a;
    int y = *(const int *)b;

    return (x > y) - (x < y);
}

int bk_jail_close_descriptors(const int *keep, size_t count)
{
    int sorted[BK_JAIL_KEEP_MAX] = { 0 };
    unsigned next = FIRST_OWN_FD;

    if (count > BK_JAIL_KEEP_MAX)
        return -E2BIG;
    if (count > 0)
        memcpy(sorted, keep, count * sizeof sorted[0]);
    qsort(sorted, count, sizeof sorted[0], compare_fds);

    for (size_t i = 0; i < count; i++) {
        if (sorted[i] < (int)next)
            continue; /* none, a standard one, or named twice */
        unsigned fd = (unsigned)sorted[i];
        if (fd > next && close_range(next, fd - 1, 0) < 0)
            return -errno;
        next = fd + 1;
    }
    return close_range(next, ~0U, 0) < 0 ? -errno : 0;
}

pid_t bk_jail_fork(void)
{
    /* The C library's fork() takes no flags, and of a bare clone(2) it knows nothing: its record of the thread id is
     * the parent's, which does not matter to a child that executes a program or exits. */
    long pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);

    if (pid < 0 && errno == EPERM)
        pid = fork();
    if (pid < 0)
        return (pid_t)-errno;
    if (pid == 0)
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    return (pid_t)pid;
}
