/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app.h"

#include "data_disk.h"
#include "machine.h"
#include "rights.h"

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* What process 1 has that the app shall not: blocked signals, its session, its descriptors, its user; and all its
 * rights but, with `mounts`, the one to mount. */
static int leave_process_one(int console, bool mounts)
{
    sigset_t none;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    sigemptyset(&none);
    if (null < 0 || setsid() < 0 || sigprocmask(SIG_SETMASK, &none, NULL) < 0 || dup2(null, STDIN_FILENO) < 0 ||
        dup2(console, STDOUT_FILENO) < 0 || dup2(console, STDERR_FILENO) < 0 ||
        close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) < 0 || chdir("/") < 0)
        return -errno;
    int r = mounts ? bk_rights_keep() : 0;
    if (r < 0)
        return r;
    if (setgroups(0, NULL) < 0 || setresgid(BK_APP_UID, BK_APP_UID, BK_APP_UID) < 0 ||
        setresuid(BK_APP_UID, BK_APP_UID, BK_APP_UID) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -errno;
    return mounts ? bk_rights_raise_mount() : 0;
}

static void __attribute__((noreturn)) become(const struct bk_command *command, bool mounts, bool keeps, int console)
{
    static const char runtime[] = "XDG_RUNTIME_DIR=" BK_RUNTIME;
    const char *const home = keeps ? "HOME=" BK_DATA_PLACE : "HOME=/tmp";
    const char *const environment[] = { "PATH=/usr/bin:/usr/sbin", home, "LANG=C.UTF-8", runtime, NULL };
    int r = leave_process_one(console, mounts);

    if (r >= 0) {
        /* execve() takes an array of pointers to char by tradition; it writes through none of them. */
        execve(command->arguments[0], command->arguments, (char *const *)(uintptr_t)environment);
        r = -errno;
    }
    bk_error("cannot run %s: %s", command->arguments[0], strerror(-r));
    abort(); /* of which the person is told */
}

int bk_app_start(const struct bk_command *command, bool mounts, bool keeps, int console, pid_t *ret_pid)
{
    pid_t pid = fork();

    if (pid < 0)
        return -errno;
    if (pid == 0)
        become(command, mounts, keeps, console);
    *ret_pid = pid;
    return 0;
}
