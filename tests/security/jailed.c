/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "jailed.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Exit statuses: 0 worked, 1 to 199 an errno, and: */
#define EXIT_NO_JAIL 200 /* + the errno, of which those that a jail can fail with are below 50 */

static _Noreturn void exit_no_jail(int r)
{
    _exit(EXIT_NO_JAIL - r < 255 ? EXIT_NO_JAIL - r : 255);
}

/* Makes the tree below our root the root of our mount namespace. The way up out of a chroot is open to who may chroot
 * again: he keeps a working directory outside of the new root and climbs from there. */
static int go_to_top(void)
{
    if (unshare(CLONE_NEWNS) < 0)
        return -errno;
    int tree = open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (tree < 0 || chdir("/") < 0 || chroot("/tmp") < 0)
        return -errno;
    for (int i = 0; i < 64; i++) {
        if (chdir("..") < 0)
            return -errno;
    }
    if (chroot(".") < 0 || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return -errno;
    if (move_mount(tree, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return -errno;
    if (fchdir(tree) < 0 || chroot(".") < 0)
        return -errno;
    close(tree);
    return 0;
}

static int prepare(enum bk_jailer jailer)
{
    if (jailer == BK_JAILER_ROOT)
        return 0;

    int r = go_to_top();
    if (r < 0 || jailer == BK_JAILER_ROOT_TOP)
        return r;
    if (setgroups(0, NULL) < 0 || setresgid(BK_TEST_USER, BK_TEST_USER, BK_TEST_USER) < 0 ||
        setresuid(BK_TEST_USER, BK_TEST_USER, BK_TEST_USER) < 0)
        return -errno;
    /* Who changed his user is not dumpable until he executes a program, and /proc/self is not his. */
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0 ? -errno : 0;
}

static _Noreturn void filter_and_run(const struct bk_jailed *jailed)
{
    if (jailed->stage == BK_STAGE_FILTER) {
        int r = bk_jail_filter(jailed->thread);
        if (r < 0)
            exit_no_jail(r);
    }
    _exit(-jailed->run(jailed->argument));
}

static void *thread_main(void *argument)
{
    filter_and_run(argument);
}

static _Noreturn void child_main(struct bk_jailed *jailed)
{
    pthread_t thread;
    int r = prepare(jailed->jailer);

    if (r < 0)
        exit_no_jail(r);
    if (jailed->stage >= BK_STAGE_PROCESS) {
        r = bk_jail_process(&(struct bk_jail_options){
            .uid = BK_TEST_UID,
            .gid = BK_TEST_UID,
            .descriptors_max = BK_TEST_DESCRIPTORS_MAX,
            .threads_max = 4,
            .file_size_max = 1 << 20,
            .memory_max = 1 << 30,
        });
        if (r < 0)
            exit_no_jail(r);
    }
    if (jailed->thread != BK_JAIL_VCPU)
        filter_and_run(jailed);
    if (pthread_create(&thread, NULL, thread_main, jailed) != 0)
        exit_no_jail(-EAGAIN);
    for (;;)
        pause();
}

pid_t bk_jailed_start(const struct bk_jailed *jailed)
{
    struct bk_jailed copy = *jailed;
    pid_t child = jailed->own_processes ? bk_jail_fork() : fork();

    if (child == 0)
        child_main(&copy);
    if (child < 0) {
        perror("fork");
        exit(EXIT_FAILURE);
    }
    return child;
}

struct bk_outcome bk_jailed_wait(pid_t child)
{
    int status;

    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            perror("waitpid");
            exit(EXIT_FAILURE);
        }
    }
    if (WIFSIGNALED(status))
        return (struct bk_outcome){ BK_OUTCOME_SIGNAL, WTERMSIG(status) };
    if (WEXITSTATUS(status) >= EXIT_NO_JAIL)
        return (struct bk_outcome){ BK_OUTCOME_NO_JAIL, WEXITSTATUS(status) - EXIT_NO_JAIL };
    if (WEXITSTATUS(status) > 0)
        return (struct bk_outcome){ BK_OUTCOME_FAILED, WEXITSTATUS(status) };
    return (struct bk_outcome){ BK_OUTCOME_WORKED, 0 };
}

struct bk_outcome bk_jailed_run(const struct bk_jailed *jailed)
{
    return bk_jailed_wait(bk_jailed_start(jailed));
}

const char *bk_outcome_text(struct bk_outcome outcome)
{
    static char text[128];

    switch (outcome.type) {
    case BK_OUTCOME_WORKED:
        return "it worked";
    case BK_OUTCOME_FAILED:
        snprintf(text, sizeof text, "it failed: %s", strerror(outcome.number));
        break;
    case BK_OUTCOME_SIGNAL:
        snprintf(text, sizeof text, "it was ended by SIG%s", sigabbrev_np(outcome.number));
        break;
    case BK_OUTCOME_NO_JAIL:
        snprintf(text, sizeof text, "there was no jail: %s", strerror(outcome.number));
        break;
    }
    return text;
}

const char *bk_jail_thread_name(enum bk_jail_thread thread)
{
    static const char *const names[] = {
        [BK_JAIL_IO] = "io",           [BK_JAIL_VCPU] = "vcpu",     [BK_JAIL_SCREEN] = "screen",
        [BK_JAIL_SOUND] = "sound",     [BK_JAIL_CAMERA] = "camera", [BK_JAIL_CODEC] = "codec",
        [BK_JAIL_ENCODER] = "encoder", [BK_JAIL_PICKER] = "picker", [BK_JAIL_INSTALLER] = "installer",
        [BK_JAIL_UPLINK] = "uplink",
    };

    return names[thread];
}

const char *bk_jailer_name(enum bk_jailer jailer)
{
    static const char *const names[] = {
        [BK_JAILER_ROOT] = "root",
        [BK_JAILER_ROOT_TOP] = "root at the top",
        [BK_JAILER_USER] = "an ordinary user",
    };

    return names[jailer];
}

bool bk_jailed_sanitized(void)
{
#ifdef BK_SANITIZED
    return true;
#else
    return false;
#endif
}
