/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "start.h"

#include "log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool keeps(uint64_t kept, int capability)
{
    return (kept >> capability & 1) != 0;
}

/* Drops every capability but `kept` for good; these survive the change of user and the exec. */
static int drop_capabilities(uint64_t kept)
{
    for (int capability = 0; capability <= CAP_LAST_CAP; capability++) {
        /* EINVAL: the kernel is older than this list and has no such capability. */
        if (!keeps(kept, capability) && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 && errno != EINVAL)
            return -errno;
    }
    if (kept != 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
        return -errno;
    return 0;
}

static int raise_capabilities(uint64_t kept)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

    for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
        data[i].permitted = data[i].inheritable = data[i].effective = (uint32_t)(kept >> (32 * i));
    if (syscall(SYS_capset, &header, data) < 0)
        return -errno;
    for (int capability = 0; capability <= CAP_LAST_CAP; capability++) {
        if (keeps(kept, capability) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0)
            return -errno;
    }
    return 0;
}

static int take_rights(const struct bk_service *service)
{
    gid_t groups[1 + BK_SERVICE_GROUPS_MAX] = { service->uid };
    size_t count = 1;

    for (size_t i = 0; i < BK_SERVICE_GROUPS_MAX && service->groups[i] != 0; i++)
        groups[count++] = service->groups[i];
    int r = drop_capabilities(service->capabilities);
    if (r < 0)
        return r;
    if (setgroups(count, groups) < 0 || setresgid(service->uid, service->uid, service->uid) < 0 ||
        setresuid(service->uid, service->uid, service->uid) < 0)
        return -errno;
    r = raise_capabilities(service->capabilities);
    if (r < 0)
        return r;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

/* The process's surroundings: its own session, no signal blocked, no input, the console for output. */
static int leave_process_one(void)
{
    sigset_t none;

    sigemptyset(&none);
    if (sigprocmask(SIG_SETMASK, &none, NULL) < 0 || setsid() < 0)
        return -errno;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        return -errno;
    if (syscall(SYS_close_range, 3U, ~0U, 0U) < 0)
        return -errno;
    umask(077);
    return 0;
}

static void __attribute__((noreturn)) become(const struct bk_service *service, const struct bk_cmdline *cmdline,
                                             const char *const *more)
{
    char *arguments[BK_SERVICE_ARGUMENTS_MAX + BK_SERVICE_DEVICES_MAX + 1] = { NULL };
    char *environment[BK_SERVICE_ENVIRONMENT_MAX + BK_SETTINGS_MAX + 2] = { NULL };
    struct bk_settings settings;
    size_t count = 0;

    assert(service->arguments[0] != NULL); /* the table says what to run */
    /* execve()'s arrays are of pointers to char by tradition; it writes through none of them. */
    for (size_t i = 0; i < BK_SERVICE_ARGUMENTS_MAX && service->arguments[i] != NULL; i++)
        arguments[count++] = (char *)(uintptr_t)service->arguments[i];
    for (size_t i = 0; more[i] != NULL; i++)
        arguments[count++] = (char *)(uintptr_t)more[i];
    count = 0;
    environment[count++] = (char *)(uintptr_t)"PATH=/usr/bin:/usr/sbin";
    environment[count++] = (char *)(uintptr_t)"LANG=C.UTF-8";
    for (size_t i = 0; i < BK_SERVICE_ENVIRONMENT_MAX - 1 && service->environment[i] != NULL; i++)
        environment[count++] = (char *)(uintptr_t)service->environment[i];
    bk_settings_from(cmdline, &settings);
    for (size_t i = 0; i < settings.count; i++)
        environment[count++] = settings.text[i];

    int r = leave_process_one();
    if (r >= 0)
        r = take_rights(service);
    if (r >= 0) {
        execve(service->arguments[0], arguments, environment);
        r = -errno;
    }
    errno = -r;
    bk_error("cannot run %s: %m", service->name);
    _exit(127);
}

int bk_service_start(const struct bk_service *service, const struct bk_cmdline *cmdline, const char *const *more,
                     pid_t *ret_pid)
{
    pid_t pid = fork();

    if (pid < 0)
        return -errno;
    if (pid == 0)
        become(service, cmdline, more);
    *ret_pid = pid;
    return 0;
}
