/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work on the disk that takes its time, in a child of the supervisor, which goes on meanwhile.
 *
 * Input from: trusted
 * Runs in: bk-supervisor; the work in its child, which ends with it
 *
 * The child has all that the supervisor has, as it was when it began; what it changes in memory is its own. Of what
 * came of it the supervisor learns an errno.
 */
#ifndef BK_SUPERVISOR_CHORE_H
#define BK_SUPERVISOR_CHORE_H

#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

/* Yields 0 or a negative errno. */
typedef int (*bk_chore_work_t)(void *argument);
typedef void (*bk_chore_done_t)(void *userdata, int result);

/* Zero-initialised: there is none. */
struct bk_chore {
    pid_t pid;
    int pidfd;
    sd_event_source *source; /* NULL: there is none */
    bk_chore_done_t done;
    void *userdata;
};

/* Only when none is under way. `done` is called once, unless this fails or the chore is closed. */
int bk_chore_start(struct bk_chore *chore, sd_event *event, bk_chore_work_t work, void *argument, bk_chore_done_t done,
                   void *userdata);
/* Ends it in the middle. */
void bk_chore_close(struct bk_chore *chore);

bool bk_chore_runs(const struct bk_chore *chore);
/* It is this process. */
bool bk_chore_is(const struct bk_chore *chore, pid_t pid);

#endif
