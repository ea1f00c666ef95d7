/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The filters against the declarations that they were made of: every system call number that is not declared kills, and
 * every KVM request that is not; what is declared does not. This needs no privilege.
 */
#define _GNU_SOURCE
#include "core/window.h"
#include "display_check.h"
#include "jail.h"
#include "jailed.h"
#include "tap.h"

#include <drm/drm.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/input.h>
#include <linux/kvm.h>
#include <linux/vfio.h>
#include <linux/vhost.h>
#include <linux/videodev2.h>
#include <signal.h>
#include <sound/asound.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NUMBERS_MAX    512   /* above the last system call */
#define COMMANDS       64U   /* of fcntl(2), from 0, and again from COMMANDS_LINUX */
#define COMMANDS_LINUX 1024U /* F_LINUX_SPECIFIC_BASE */

enum thread {
    IO,
    VCPU,
    SCREEN,
    SOUND,
    CAMERA,
    CODEC,
    ENCODER,
    PICKER,
    INSTALLER,
    UPLINK,
    THREADS
};

struct rule {
    enum thread thread;
    const char *name;
    long number;
    bool chosen; /* by `argument` = `value` */
    unsigned argument;
    unsigned long value;
};

#define ANY(thread, name)                      { thread, #name, SYS_##name, false, 0, 0 },
#define REFUSED(thread, name)                  { thread, #name, SYS_##name, false, 0, 0 },
#define CHOSEN(thread, name, argument, value)  { thread, #name, SYS_##name, true, argument, (unsigned long)(value) },
#define WITHOUT(thread, name, argument, value) { thread, #name, SYS_##name, false, 0, 0 },
#define SELF(thread, name, argument)           { thread, #name, SYS_##name, false, 0, 0 },

static const struct rule rules[] = {
#include "rules.inc"
};

struct call {
    enum bk_jail_thread thread;
    long number;
    unsigned long arguments[6];
};

/* The signal that ends a process which makes this call behind the filter; 0 when it lives. */
static int ended_by(const struct call *call)
{
    int status;
    pid_t child = fork();

    if (child < 0) {
        perror("fork");
        exit(EXIT_FAILURE);
    }
    if (child == 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || bk_jail_filter(call->thread) < 0)
            _exit(1);
        syscall(call->number, call->arguments[0], call->arguments[1], call->arguments[2], call->arguments[3],
                call->arguments[4], call->arguments[5]);
        _exit(0);
    }
    while (waitpid(child, &status, 0) < 0) {
    }
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static bool declared(enum thread thread, long number)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].thread == thread && rules[i].number == number)
            return true;
    }
    return false;
}

static bool declared_request(enum thread thread, unsigned long request)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].thread == thread && rules[i].number == SYS_ioctl && rules[i].value == request)
            return true;
    }
    return false;
}

/* uretprobe(2) and uprobe(2): the kernel lets no filter see them, and their callers come from its own page alone. */
static bool is_trampoline(long number)
{
#ifdef __x86_64__
    return number == 335 || number == 336;
#else
    return (void)number, false;
#endif
}

static void test_undeclared(enum thread thread)
{
    unsigned wrong = 0;

    for (long number = 0; number < NUMBERS_MAX; number++) {
        struct call call = { .thread = (enum bk_jail_thread)thread, .number = number };
        if (declared(thread, number) || is_trampoline(number))
            continue;
        int signal_number = ended_by(&call);
        if (signal_number != SIGSYS) {
            wrong++;
            bk_tap_note("system call %ld: signal %d", number, signal_number);
        }
    }
    bk_tap_check(wrong == 0, "[%s] is killed by every system call that no source declares",
                 bk_jail_thread_name((enum bk_jail_thread)thread));
}

/* The requests of KVM that carry no structure, and those that are declared for the other thread. */
static void test_requests(enum thread thread)
{
    unsigned wrong = 0;

    for (unsigned i = 0; i < 256 + sizeof rules / sizeof rules[0]; i++) {
        unsigned long request = i < 256 ? _IO(KVMIO, i) : rules[i - 256].value;
        struct call call = { (enum bk_jail_thread)thread, SYS_ioctl, { (unsigned long)-1, request } };
        int expected = declared_request(thread, request) ? 0 : SIGSYS;
        if (i >= 256 && rules[i - 256].number != SYS_ioctl)
            continue;
        if (ended_by(&call) != expected) {
            wrong++;
            bk_tap_note("ioctl request %lx should%s kill", request, expected == 0 ? " not" : "");
        }
    }
    bk_tap_check(wrong == 0, "[%s] is killed by every KVM request that no source declares for it",
                 bk_jail_thread_name((enum bk_jail_thread)thread));
}

/* Among what fcntl(2) does are leases, signals to others and pipes of any size. */
static void test_commands(enum thread thread)
{
    unsigned wrong = 0;

    for (unsigned long i = 0; i < 2 * COMMANDS; i++) {
        unsigned long command = i < COMMANDS ? i : COMMANDS_LINUX + i - COMMANDS;
        struct call call = { (enum bk_jail_thread)thread, SYS_fcntl, { (unsigned long)-1, command } };
        int expected = SIGSYS;
        for (size_t k = 0; k < sizeof rules / sizeof rules[0]; k++) {
            if (rules[k].thread == thread && rules[k].number == SYS_fcntl && rules[k].value == command)
                expected = 0;
        }
        if (ended_by(&call) != expected) {
            wrong++;
            bk_tap_note("fcntl command %lu should%s kill", command, expected == 0 ? " not" : "");
        }
    }
    bk_tap_check(wrong == 0, "[%s] is killed by every fcntl command that no source declares for it",
                 bk_jail_thread_name((enum bk_jail_thread)thread));
}

static void test_self(enum bk_jail_thread thread)
{
    struct call call = { thread, SYS_tgkill, { (unsigned long)getppid(), (unsigned long)getppid(), 0 } };

    bk_tap_check(ended_by(&call) == SIGSYS, "[%s] is killed when it signals another process",
                 bk_jail_thread_name(thread));
}

static int abort_here(const void *argument)
{
    (void)argument;
    abort();
}

/* What every thread needs to live: memory, the log, locks, and a death of its own choice. */
static int live(const void *argument)
{
    static const size_t sizes[] = { 16, 4096, 200000, 5000000, 100000000 };

    (void)argument;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *memory = malloc(sizes[i]);
        if (memory == NULL)
            return -ENOMEM;
        memset(memory, 1, sizes[i]);
        char *larger = realloc(memory, sizes[i] * 2);
        free(larger != NULL ? larger : memory);
    }
    void *mapped = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED || madvise(mapped, 65536, MADV_DONTNEED) < 0 || munmap(mapped, 65536) < 0)
        return -errno;
    fprintf(stderr, "a line from behind the filter\n");
    raise(SIGCONT);
    return 0;
}

/* What the display hub and the import device do with an app's surface. */
static int show_surface(const void *argument)
{
    struct bk_window window = { .size = 4UL * BK_WINDOW_PAGE };

    (void)argument;
    window.host = mmap(NULL, window.size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    int surface = memfd_create("surface", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (window.host == MAP_FAILED || surface < 0 || ftruncate(surface, BK_WINDOW_PAGE) < 0 ||
        write(surface, "x", 1) != 1 || fcntl(surface, F_ADD_SEALS, BK_DISPLAY_SEALS) < 0)
        return -errno;
    if (bk_display_check_memory(surface, BK_WINDOW_PAGE) != NULL)
        return -EINVAL;
    int again = fcntl(surface, F_DUPFD_CLOEXEC, 0);
    if (again < 0)
        return -errno;
    int r = bk_window_map(&window, BK_WINDOW_PAGE, BK_WINDOW_PAGE, again);
    if (r < 0)
        return r;
    close(again);
    close(surface);
    if (window.host[BK_WINDOW_PAGE] != 'x')
        return -ENODATA;
    bk_window_unmap(&window, BK_WINDOW_PAGE, BK_WINDOW_PAGE);
    r = window.host[BK_WINDOW_PAGE] == 0 ? 0 : -ENOTEMPTY;
    bk_window_close(&window);
    return r;
}

/* Whether it can show a surface, and that no thread but the I/O thread can. */
static void test_surfaces(enum bk_jail_thread thread)
{
    const struct bk_jailed jailed = { .stage = BK_STAGE_FILTER, .thread = thread, .run = show_surface };
    const bool may = thread == BK_JAIL_IO;
    struct bk_outcome outcome = { .type = BK_OUTCOME_NO_JAIL, .number = EPERM };

    if (geteuid() == 0)
        outcome = bk_jailed_run(&jailed);
    if (outcome.type == BK_OUTCOME_NO_JAIL && outcome.number == EPERM) {
        bk_tap_skip("this needs root, and namespaces", "[%s] and surfaces", bk_jail_thread_name(thread));
        return;
    }
    bk_tap_check(may ? outcome.type == BK_OUTCOME_WORKED
                     : outcome.type == BK_OUTCOME_SIGNAL && outcome.number == SIGSYS,
                 "[%s] %s", bk_jail_thread_name(thread),
                 may ? "can check a surface, open it again and map it" : "is killed when it handles a surface");
    bk_tap_note("%s", bk_outcome_text(outcome));
}

static void test_alive(enum bk_jail_thread thread)
{
    struct bk_jailed jailed = { .stage = BK_STAGE_FILTER, .thread = thread, .run = live };

    if (geteuid() != 0) {
        bk_tap_skip("not root", "[%s] can allocate, log and end", bk_jail_thread_name(thread));
        return;
    }
    struct bk_outcome outcome = bk_jailed_run(&jailed);
    if (outcome.type == BK_OUTCOME_NO_JAIL && outcome.number == EPERM) {
        bk_tap_skip("this machine does not permit the namespaces of a jail", "[%s] can allocate, log and end",
                    bk_jail_thread_name(thread));
        return;
    }
    bk_tap_check(outcome.type == BK_OUTCOME_WORKED, "[%s] can allocate, log and end", bk_jail_thread_name(thread));
    if (outcome.type != BK_OUTCOME_WORKED)
        bk_tap_note("%s", bk_outcome_text(outcome));
    jailed.run = abort_here;
    outcome = bk_jailed_run(&jailed);
    bk_tap_check(outcome.type == BK_OUTCOME_SIGNAL && outcome.number == SIGABRT, "[%s] can abort",
                 bk_jail_thread_name(thread));
}

static void test_budget(void)
{
    unsigned count = 0;

    for (long number = 0; number < NUMBERS_MAX; number++)
        count += declared(VCPU, number);
    if (bk_jailed_sanitized())
        bk_tap_skip("the sanitizers need more", "a vCPU thread has at most 25 system calls");
    else
        bk_tap_check(count <= 25, "a vCPU thread has at most 25 system calls: %u", count);
}

int main(void)
{
    test_budget();
    for (enum thread thread = 0; thread < THREADS; thread++) {
        test_alive((enum bk_jail_thread)thread);
        test_undeclared(thread);
        test_requests(thread);
        test_commands(thread);
        test_surfaces((enum bk_jail_thread)thread);
        test_self((enum bk_jail_thread)thread);
    }
    return bk_tap_finish();
}
