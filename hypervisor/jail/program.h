/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The start of a jailed program to which the supervisor hands all that it works with as descriptors, over one control
 * socket: bk-screen, bk-sound and bk-camera.
 *
 * Input from: trusted (the command line)
 * Runs in: bk-screen, bk-sound, bk-camera, main thread, before anything else
 */
#ifndef BK_JAIL_PROGRAM_H
#define BK_JAIL_PROGRAM_H

#include "jail.h"

struct bk_jail_program {
    const char *help; /* what --help prints */
    enum bk_jail_thread thread;
    unsigned descriptors_max; /* struct bk_jail_options has it */
};

/* Takes "--control fd:N [--uid N --gid N]" and enters the jail with nothing but that socket, which is the caller's
 * then. Yields 0; 1 when --help was answered; or a negative errno after saying what is wrong, and the program must
 * exit. */
int bk_jail_program_start(const struct bk_jail_program *program, int argc, char **argv, int *ret_control);

#endif
