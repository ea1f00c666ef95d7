/* SPDX-License-Identifier: Apache-2.0 */
/* A jailed process as the kernel describes it to its parent, and the stages before the jail. */
#define _GNU_SOURCE
#include "jailed.h"
#include "sanitizer.h"
#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int ready_pipe[2];

static int tell_and_wait(const void *argument)
{
    int word = 0;

    (void)argument;
    if (write(ready_pipe[1], "", 1) != 1)
        return -errno;
    for (;;)
        syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

/* The rest of the line of `path` that begins with `key`, in a buffer that the next call overwrites. */
static const char *line_of(const char *path, const char *key)
{
    static char line[256];
    FILE *file = fopen(path, "re");
    const char *found = "(none)";

    if (file == NULL)
        return "(unreadable)";
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, key, strlen(key)) != 0)
            continue;
        line[strcspn(line, "\n")] = '\0';
        found = line + strlen(key);
        found += strspn(found, " \t");
        break;
    }
    fclose(file);
    return found;
}

static void check_line(const char *path, const char *key, const char *expected, const char *what)
{
    const char *found = line_of(path, key);
    bool same = strncmp(found, expected, strlen(expected)) == 0 &&
                strspn(found + strlen(expected), " \t") == strlen(found + strlen(expected));

    bk_tap_check(same, "%s", what);
    if (!same)
        bk_tap_note("%s %s is \"%s\", not \"%s\"", path, key, found, expected);
}

static unsigned entries_of(const char *path)
{
    DIR *directory = opendir(path);
    unsigned count = 0;

    if (directory == NULL)
        return ~0U;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(directory);
    return count;
}

static void check_namespaces(pid_t child)
{
    static const char *const names[] = { "mnt", "net", "ipc", "uts", "cgroup" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[64], its[64] = "", ours[64] = "";
        snprintf(path, sizeof path, "/proc/%d/ns/%s", child, names[i]);
        ssize_t n = readlink(path, its, sizeof its - 1);
        snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
        ssize_t m = readlink(path, ours, sizeof ours - 1);
        bk_tap_check(n > 0 && m > 0 && strcmp(its, ours) != 0, "its %s namespace is its own", names[i]);
    }
}

static void test_description(enum bk_jail_thread thread, enum bk_jailer jailer)
{
    struct bk_jailed jailed = { .jailer = jailer, .stage = BK_STAGE_FILTER, .thread = thread, .run = tell_and_wait };
    const char *user = jailer == BK_JAILER_USER ? "70002\t70002\t70002\t70002" : "70001\t70001\t70001\t70001";
    char path[96], byte;

    if (pipe(ready_pipe) < 0)
        exit(EXIT_FAILURE);
    pid_t child = bk_jailed_start(&jailed);
    close(ready_pipe[1]);
    if (read(ready_pipe[0], &byte, 1) != 1) {
        struct bk_outcome outcome = bk_jailed_wait(child);
        if (outcome.type == BK_OUTCOME_NO_JAIL && (outcome.number == EPERM || outcome.number == ENOSPC))
            bk_tap_skip("this machine does not permit the namespaces of a jail", "the kernel's view of [%s] by %s",
                        bk_jail_thread_name(thread), bk_jailer_name(jailer));
        else
            bk_tap_check(false, "[%s] lives in a jail made by %s: %s", bk_jail_thread_name(thread),
                         bk_jailer_name(jailer), bk_outcome_text(outcome));
        return;
    }
    bk_tap_check(true, "[%s] lives in a jail made by %s", bk_jail_thread_name(thread), bk_jailer_name(jailer));

    /* The vCPU's filter is on its thread: the main thread of this test waits without one. */
    snprintf(path, sizeof path, "/proc/%d/task", child);
    pid_t tid = child;
    DIR *tasks = opendir(path);
    for (struct dirent *entry; tasks != NULL && (entry = readdir(tasks)) != NULL;) {
        if (atoi(entry->d_name) > tid)
            tid = atoi(entry->d_name);
    }
    if (tasks != NULL)
        closedir(tasks);

    snprintf(path, sizeof path, "/proc/%d/task/%d/status", child, tid);
    check_line(path, "Seccomp:", "2", "it is filtered");
    check_line(path, "NoNewPrivs:", "1", "it gets no new privileges");
    check_line(path, "Uid:", user, "it is its own user");
    check_line(path, "Gid:", user, "it is its own group");
    check_line(path, "Groups:", "", "it has no other group");
    check_line(path, "CapInh:", "0000000000000000", "its inheritable capabilities are empty");
    check_line(path, "CapPrm:", "0000000000000000", "its permitted capabilities are empty");
    check_line(path, "CapEff:", "0000000000000000", "its effective capabilities are empty");
    check_line(path, "CapBnd:", "0000000000000000", "its bounding set is empty");
    check_line(path, "CapAmb:", "0000000000000000", "its ambient capabilities are empty");
    snprintf(path, sizeof path, "/proc/%d/limits", child);
    check_line(path, "Max core file size", "0                    0                    bytes", "it leaves no core file");
    check_line(path, "Max open files", "64                   64                   files",
               "its descriptors are limited");
    check_line(path, "Max processes", "6                    6                    processes", "its threads are limited");
    check_line(path, "Max file size", "1048576              1048576              bytes", "its files are limited");
    if (!BK_ADDRESS_SANITIZER)
        check_line(path, "Max address space", "1073741824           1073741824           bytes",
                   "its memory is limited");
    snprintf(path, sizeof path, "/proc/%d/root/", child);
    bk_tap_check(entries_of(path) == 0, "its root directory is empty");
    snprintf(path, sizeof path, "/proc/%d/mountinfo", child);
    if (jailer != BK_JAILER_ROOT) {
        FILE *mounts = fopen(path, "re");
        unsigned lines = 0;
        for (int c; mounts != NULL && (c = getc(mounts)) != EOF;)
            lines += c == '\n';
        bk_tap_check(lines == 1, "nothing but its root is mounted: %u", lines);
        if (mounts != NULL)
            fclose(mounts);
    }
    check_namespaces(child);

    kill(child, SIGKILL);
    bk_jailed_wait(child);
    close(ready_pipe[0]);
}

/* No process has a number here but itself: not its parent, and nobody of the parent's. */
static int see_itself_alone(const void *argument)
{
    const pid_t *parent = argument;

    if (getpid() != 1 || getppid() != 0)
        return -ECHILD;
    for (pid_t pid = 2; pid < *parent + 16; pid++) {
        if (kill(pid, 0) == 0 || errno != ESRCH)
            return -EEXIST;
    }
    return 0;
}

static void test_processes(void)
{
    pid_t parent = getpid();
    struct bk_outcome outcome = bk_jailed_run(&(struct bk_jailed){ .stage = BK_STAGE_FREE,
                                                                   .thread = BK_JAIL_IO,
                                                                   .own_processes = true,
                                                                   .run = see_itself_alone,
                                                                   .argument = &parent });

    bk_tap_check(outcome.type == BK_OUTCOME_WORKED, "a process of bk_jail_fork() is alone");
    if (outcome.type != BK_OUTCOME_WORKED)
        bk_tap_note("%s", bk_outcome_text(outcome));
}

static int has_death_signal(const void *argument)
{
    int number = 0;

    (void)argument;
    prctl(PR_GET_PDEATHSIG, &number, 0, 0, 0);
    return number == SIGKILL ? 0 : -ENODATA;
}

static void test_death_signal(void)
{
    struct bk_outcome outcome = bk_jailed_run(&(struct bk_jailed){
        .stage = BK_STAGE_PROCESS, .thread = BK_JAIL_IO, .own_processes = true, .run = has_death_signal });

    if (outcome.type == BK_OUTCOME_NO_JAIL && outcome.number == EPERM)
        bk_tap_skip("this machine does not permit the namespaces of a jail", "it dies with its parent");
    else
        bk_tap_check(outcome.type == BK_OUTCOME_WORKED, "it dies with its parent: %s", bk_outcome_text(outcome));
}

static int close_all_but_some(const void *argument)
{
    static const int kept[] = { 40, -1, 20, 0, 20, 21, 60 };

    (void)argument;
    for (int fd = 3; fd < 64; fd++) {
        if (dup2(STDERR_FILENO, fd) < 0)
            return -errno;
    }
    int r = bk_jail_close_descriptors(kept, sizeof kept / sizeof kept[0]);
    if (r < 0)
        return r;
    for (int fd = 0; fd < 64; fd++) {
        bool open = fcntl(fd, F_GETFD) >= 0;
        bool wanted = fd < 3 || fd == 20 || fd == 21 || fd == 40 || fd == 60;
        if (open != wanted)
            return -EBADF;
    }
    r = bk_jail_close_descriptors(NULL, 0);
    return r < 0 ? r : fcntl(20, F_GETFD) < 0 && fcntl(2, F_GETFD) >= 0 ? 0 : -EBADF;
}

static int keep_too_many(const void *argument)
{
    static const int kept[BK_JAIL_KEEP_MAX + 1];

    (void)argument;
    return bk_jail_close_descriptors(kept, BK_JAIL_KEEP_MAX + 1) == -E2BIG ? 0 : -EINVAL;
}

static int ask_for_no_limits(const void *argument)
{
    (void)argument;
    return bk_jail_process(&(struct bk_jail_options){ .threads_max = 1 }) == -EINVAL &&
                   bk_jail_process(&(struct bk_jail_options){ .descriptors_max = 1 }) == -EINVAL
               ? 0
               : -EEXIST;
}

static void test_free(const char *what, int (*run)(const void *argument))
{
    struct bk_outcome outcome =
        bk_jailed_run(&(struct bk_jailed){ .stage = BK_STAGE_FREE, .thread = BK_JAIL_IO, .run = run });

    bk_tap_check(outcome.type == BK_OUTCOME_WORKED, "%s: %s", what, bk_outcome_text(outcome));
}

int main(void)
{
    test_free("descriptors that are not kept are closed", close_all_but_some);
    test_free("too many descriptors to keep are refused", keep_too_many);
    if (geteuid() != 0) {
        bk_tap_skip("not root", "the jail's tests");
        return bk_tap_finish();
    }
    test_free("a jail without limits is refused", ask_for_no_limits);
    test_description(BK_JAIL_IO, BK_JAILER_ROOT);
    test_description(BK_JAIL_VCPU, BK_JAILER_ROOT);
    test_description(BK_JAIL_SCREEN, BK_JAILER_ROOT);
    test_description(BK_JAIL_SOUND, BK_JAILER_ROOT);
    test_description(BK_JAIL_CAMERA, BK_JAILER_ROOT);
    test_description(BK_JAIL_CODEC, BK_JAILER_ROOT);
    test_description(BK_JAIL_ENCODER, BK_JAILER_ROOT);
    test_description(BK_JAIL_PICKER, BK_JAILER_ROOT);
    test_description(BK_JAIL_INSTALLER, BK_JAILER_ROOT);
    test_description(BK_JAIL_UPLINK, BK_JAILER_ROOT);
    test_description(BK_JAIL_IO, BK_JAILER_ROOT_TOP);
    test_description(BK_JAIL_IO, BK_JAILER_USER);
    test_processes();
    test_death_signal();
    return bk_tap_finish();
}
