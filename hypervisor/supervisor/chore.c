/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "chore.h"

#include "cleanup.h"
#include "jail.h"
#include "log.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

bool bk_chore_runs(const struct bk_chore *chore)
{
    return chore->source != NULL;
}

bool bk_chore_is(const struct bk_chore *chore, pid_t pid)
{
    return bk_chore_runs(chore) && chore->pid == pid;
}

static void forget(struct bk_chore *chore)
{
    chore->source = sd_event_source_disable_unref(chore->source);
    chore->pidfd = bk_close(chore->pidfd);
}

static int on_end(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_chore *chore = userdata;
    siginfo_t info = { 0 };

    (void)source;
    (void)events;
    if (waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG) < 0 || info.si_pid == 0)
        return 0;
    if (info.si_code != CLD_EXITED)
        bk_error("work on the disk for apps ended by signal %d", info.si_status);
    forget(chore);
    chore->done(chore->userdata, info.si_code == CLD_EXITED ? -info.si_status : -EIO);
    return 0;
}

int bk_chore_start(struct bk_chore *chore, sd_event *event, bk_chore_work_t work, void *argument, bk_chore_done_t done,
                   void *userdata)
{
    assert(!bk_chore_runs(chore));
    pid_t pid = bk_jail_fork();
    if (pid < 0)
        return pid;
    if (pid == 0)
        _exit(-work(argument)); /* an errno fits */
    int pidfd = pidfd_open(pid, 0);
    *chore = (struct bk_chore){ .pid = pid, .pidfd = pidfd, .done = done, .userdata = userdata };
    int r = pidfd < 0 ? -errno : sd_event_add_io(event, &chore->source, pidfd, EPOLLIN, on_end, chore);
    if (r >= 0)
        return 0;
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    forget(chore);
    return r;
}

void bk_chore_close(struct bk_chore *chore)
{
    if (!bk_chore_runs(chore))
        return;
    (void)pidfd_send_signal(chore->pidfd, SIGKILL, NULL, 0);
    (void)waitid(P_PIDFD, (id_t)chore->pidfd, &(siginfo_t){ 0 }, WEXITED);
    forget(chore);
}
