/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The app as a process: an unprivileged user in a session of its own, with nothing but the console, and the rights that
 * its image names (rights.h).
 *
 * Input from: trusted (the command); app (how it ends)
 * Runs in: bk-guest-init
 */
#ifndef BK_GUEST_APP_H
#define BK_GUEST_APP_H

#include "command.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define BK_APP_UID 1000 /* and its group */

/* Starts it, with the right to mount if it `mounts`, at home on the data disk if it `keeps` something; its output goes
 * to `console`. What fails after the fork is logged there, and it aborts. */
int bk_app_start(const struct bk_command *command, bool mounts, bool keeps, int console, pid_t *ret_pid);

#endif
