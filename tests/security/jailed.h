/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a function in a child process at a stage of the jail, and says how the child ended.
 *
 * Input from: trusted
 * Runs in: the tests, main thread
 */
#ifndef BK_TESTS_JAILED_H
#define BK_TESTS_JAILED_H

#include "jail.h"

#include <stdbool.h>
#include <sys/types.h>

enum bk_stage {
    BK_STAGE_FREE,    /* no jail */
    BK_STAGE_PROCESS, /* after bk_jail_process() */
    BK_STAGE_FILTER,  /* after bk_jail_filter() too */
};

/* Who makes the jail. */
enum bk_jailer {
    BK_JAILER_ROOT,     /* root, from wherever the test's root directory is */
    BK_JAILER_ROOT_TOP, /* root, at the top of a mount namespace, as on a machine that has no builder root */
    BK_JAILER_USER,     /* an ordinary user */
};

#define BK_TEST_UID             70001U /* the user that a jail is asked to become */
#define BK_TEST_USER            70002U /* the ordinary user */
#define BK_TEST_DESCRIPTORS_MAX 64U

struct bk_jailed {
    enum bk_jailer jailer;
    enum bk_stage stage;
    enum bk_jail_thread thread;
    bool own_processes;               /* bk_jail_fork() instead of fork(2) */
    int (*run)(const void *argument); /* 0 or a negative errno */
    const void *argument;
};

enum bk_outcome_type {
    BK_OUTCOME_WORKED,
    BK_OUTCOME_FAILED,  /* number: the errno */
    BK_OUTCOME_SIGNAL,  /* number: the signal that ended the child */
    BK_OUTCOME_NO_JAIL, /* number: the errno with which the jail could not be made */
};

struct bk_outcome {
    enum bk_outcome_type type;
    int number;
};

/* The child of bk_jailed_start() runs `run`, in a second thread when the filter is a vCPU's. */
pid_t bk_jailed_start(const struct bk_jailed *jailed);
struct bk_outcome bk_jailed_wait(pid_t child);
struct bk_outcome bk_jailed_run(const struct bk_jailed *jailed);

/* A few words about an outcome; valid until the next call. */
const char *bk_outcome_text(struct bk_outcome outcome);

const char *bk_jail_thread_name(enum bk_jail_thread thread);
const char *bk_jailer_name(enum bk_jailer jailer);

/* Whether the sanitizers' wider filters are compiled in, in which some calls fail instead of being deadly. */
bool bk_jailed_sanitized(void);

#endif
