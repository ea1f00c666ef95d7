/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hostile program in a jail would try.
 *
 * Input from: trusted
 * Runs in: the tests, in children that the attempt may end
 */
#ifndef BK_TESTS_ATTEMPTS_H
#define BK_TESTS_ATTEMPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What the attempts reach for; made before the jail. */
struct bk_target {
    pid_t victim;           /* another process, of the same user as the test */
    int pipe;               /* an open descriptor that a jailed process legitimately holds */
    unsigned short port;    /* somebody listens there on 127.0.0.1, */
    char abstract_name[32]; /* and at this abstract unix(7) address, without its first NUL */
    void *page;             /* a writable page */
};

/* What stands against an attempt when there are namespaces and a user of its own, but no filter yet. */
enum bk_second_stage {
    BK_STAGE_REFUSES,       /* it fails */
    BK_STAGE_REFUSES_ROOTS, /* it fails when root made the jail; an unprivileged user keeps his own rights over himself
                             */
    BK_STAGE_LETS,          /* it is the filter's to forbid */
};

struct bk_attempt {
    const char *name;
    int (*run)(const struct bk_target *target); /* 0 when it worked, else a negative errno */
    enum bk_second_stage second_stage;
    bool free_run; /* harmless, and works for root without a jail: shows that the attempt is a real one */
};

extern const struct bk_attempt bk_attempts[];
extern const size_t bk_attempt_count;

#endif
