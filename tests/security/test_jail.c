/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real jailed processes try what attempts.c holds: freely, after bk_jail_process(), and behind each filter. Each kind
 * of jailer is tested that this machine has: root in a chroot (the builder root), root at the top of its mount
 * namespace, and an ordinary user.
 */
#define _GNU_SOURCE
#include "attempts.h"
#include "jailed.h"
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct trial {
    const struct bk_attempt *attempt;
    const struct bk_target *target;
};

static int run_trial(const void *argument)
{
    const struct trial *trial = argument;

    return trial->attempt->run(trial->target);
}

static void try_freely(const struct bk_target *target)
{
    for (size_t i = 0; i < bk_attempt_count; i++) {
        if (!bk_attempts[i].free_run)
            continue;
        struct trial trial = { &bk_attempts[i], target };
        struct bk_outcome outcome = bk_jailed_run(
            &(struct bk_jailed){ .stage = BK_STAGE_FREE, .thread = BK_JAIL_IO, .run = run_trial, .argument = &trial });
        bk_tap_check(outcome.type == BK_OUTCOME_WORKED, "root without a jail can %s", bk_attempts[i].name);
        if (outcome.type != BK_OUTCOME_WORKED)
            bk_tap_note("%s", bk_outcome_text(outcome));
    }
}

/* Everything that the second stage refuses by itself must fail in it. */
static void try_second_stage(enum bk_jailer jailer, const struct bk_target *target)
{
    for (size_t i = 0; i < bk_attempt_count; i++) {
        enum bk_second_stage expected = bk_attempts[i].second_stage;
        if (expected == BK_STAGE_LETS || (expected == BK_STAGE_REFUSES_ROOTS && jailer == BK_JAILER_USER))
            continue;
        struct trial trial = { &bk_attempts[i], target };
        struct bk_outcome outcome = bk_jailed_run(&(struct bk_jailed){
            .jailer = jailer, .stage = BK_STAGE_PROCESS, .thread = BK_JAIL_IO, .run = run_trial, .argument = &trial });
        bk_tap_check(outcome.type == BK_OUTCOME_FAILED, "jailed by %s, without a filter, cannot %s",
                     bk_jailer_name(jailer), bk_attempts[i].name);
        if (outcome.type != BK_OUTCOME_FAILED)
            bk_tap_note("%s", bk_outcome_text(outcome));
    }
}

/* Behind a filter every attempt is deadly. The sanitizers' filters let a few fail instead. */
static void try_filter(enum bk_jailer jailer, enum bk_jail_thread thread, const struct bk_target *target)
{
    for (size_t i = 0; i < bk_attempt_count; i++) {
        struct trial trial = { &bk_attempts[i], target };
        struct bk_outcome outcome = bk_jailed_run(&(struct bk_jailed){
            .jailer = jailer, .stage = BK_STAGE_FILTER, .thread = thread, .run = run_trial, .argument = &trial });
        bool killed = outcome.type == BK_OUTCOME_SIGNAL && outcome.number == SIGSYS;
        bool refused = bk_jailed_sanitized() && outcome.type == BK_OUTCOME_FAILED;
        bk_tap_check(killed || refused, "[%s], jailed by %s, is killed when it tries to %s",
                     bk_jail_thread_name(thread), bk_jailer_name(jailer), bk_attempts[i].name);
        if (!killed && !refused)
            bk_tap_note("%s", bk_outcome_text(outcome));
    }
}

static int do_nothing(const void *argument)
{
    (void)argument;
    return 0;
}

static void try_jailer(enum bk_jailer jailer, const struct bk_target *target)
{
    struct bk_outcome outcome = bk_jailed_run(
        &(struct bk_jailed){ .jailer = jailer, .stage = BK_STAGE_PROCESS, .thread = BK_JAIL_IO, .run = do_nothing });

    if (outcome.type == BK_OUTCOME_NO_JAIL && (outcome.number == EPERM || outcome.number == ENOSPC)) {
        bk_tap_skip(outcome.number == EPERM ? "this machine does not permit the namespaces of a jail"
                                            : "this machine permits no user namespace (user.max_user_namespaces)",
                    "jailed by %s", bk_jailer_name(jailer));
        return;
    }
    bk_tap_check(outcome.type == BK_OUTCOME_WORKED, "a jail can be made by %s", bk_jailer_name(jailer));
    if (outcome.type != BK_OUTCOME_WORKED) {
        bk_tap_note("%s", bk_outcome_text(outcome));
        return;
    }
    try_second_stage(jailer, target);
    try_filter(jailer, BK_JAIL_IO, target);
    try_filter(jailer, BK_JAIL_VCPU, target);
    if (jailer == BK_JAILER_ROOT) {
        try_filter(jailer, BK_JAIL_SCREEN, target);
        try_filter(jailer, BK_JAIL_SOUND, target);
        try_filter(jailer, BK_JAIL_CAMERA, target);
        try_filter(jailer, BK_JAIL_CODEC, target);
        try_filter(jailer, BK_JAIL_ENCODER, target);
        try_filter(jailer, BK_JAIL_PICKER, target);
        try_filter(jailer, BK_JAIL_INSTALLER, target);
        try_filter(jailer, BK_JAIL_UPLINK, target);
    }
}

static pid_t start_victim(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        for (;;)
            pause();
    }
    return pid;
}

static void listen_somewhere(struct bk_target *target)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr_un local = { .sun_family = AF_UNIX };
    socklen_t length = sizeof address;
    int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int abstract = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(target->abstract_name, sizeof target->abstract_name, "bulkhead-test-%d", getpid());
    size_t name_length = strlen(target->abstract_name);
    memcpy(local.sun_path + 1, target->abstract_name, name_length);
    if (tcp < 0 || abstract < 0 || bind(tcp, (struct sockaddr *)&address, sizeof address) < 0 || listen(tcp, 64) < 0 ||
        getsockname(tcp, (struct sockaddr *)&address, &length) < 0 ||
        bind(abstract, (struct sockaddr *)&local,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + name_length)) < 0 ||
        listen(abstract, 64) < 0) {
        perror("listen");
        exit(EXIT_FAILURE);
    }
    target->port = ntohs(address.sin_port);
}

int main(void)
{
    struct bk_target target = { 0 };
    int pipes[2];

    if (geteuid() != 0) {
        bk_tap_skip("not root", "the jail's tests");
        return bk_tap_finish();
    }
    target.page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (target.page == MAP_FAILED || pipe(pipes) < 0) {
        perror("test_jail");
        return EXIT_FAILURE;
    }
    target.pipe = pipes[0];
    target.victim = start_victim();
    listen_somewhere(&target);

    try_freely(&target);
    try_jailer(BK_JAILER_ROOT, &target);
    try_jailer(BK_JAILER_ROOT_TOP, &target);
    try_jailer(BK_JAILER_USER, &target);

    kill(target.victim, SIGKILL);
    waitpid(target.victim, NULL, 0);
    return bk_tap_finish();
}
