/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A jailed program, from its start to its end, to which the supervisor, or the broker, hands all that it works with as
 * descriptors, over one control socket: bk-screen, bk-sound, bk-camera, bk-codec, bk-installer and bk-uplink;
 * bk-picker.
 *
 * Input from: trusted (the command line)
 * Runs in: bk-screen, bk-sound, bk-camera, bk-codec, bk-installer, bk-uplink, bk-picker, main thread
 */
#ifndef BK_JAIL_PROGRAM_H
#define BK_JAIL_PROGRAM_H

#include "jail.h"

struct bk_jail_program {
    const char *name;
    const char *help; /* what --help prints */
    enum bk_jail_thread thread;
    unsigned descriptors_max; /* struct bk_jail_options has these */
    uint64_t memory_max;

    /* Serves that socket, which is its own, until who started it is gone; yields 0, or a negative errno. */
    int (*run)(int control);
};

/* Takes "--control fd:N [--uid N --gid N]", enters the jail with nothing but that socket, and runs the program there.
 * Yields what main() is to. */
int bk_jail_program_main(const struct bk_jail_program *program, int argc, char **argv);

#endif
