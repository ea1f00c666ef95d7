/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shell that a developer has in an app which allows it (manifest: "shell"): the image's /bin/sh on a terminal of
 * its own, as the app's user, at the other end of the console port BK_SHELL_PORT.
 *
 * Input from: host (the developer, frames of shell_frame.h); app (what the shell prints, as anything in the guest)
 * Runs in: bk-guest-init
 *
 * One shell at a time: another BEGIN ends the one before. What is typed waits in the port while the terminal is full,
 * what is shown waits in the terminal while the port is. A frame that is none is passed over.
 */
#ifndef BK_GUEST_SHELL_H
#define BK_GUEST_SHELL_H

#include "shell_frame.h"

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

#define BK_SHELL_PROGRAM "/bin/sh"

struct bk_shell {
    const char *program;
    int port;     /* -1: there is none */
    int terminal; /* the shell's, or -1 */
    pid_t pid;    /* 0: none runs */
    bool left;    /* nobody has that open any more: a poll() would tell of it without end */
    bool ended;   /* the shell has, with … */
    int status;   /* … this, and what it printed last may still be in the terminal */
    uint8_t in[BK_SHELL_FRAME_SIZE], out[BK_SHELL_FRAME_SIZE];
    size_t in_size, in_taken; /* of a DATA frame, what the terminal has taken */
    size_t out_sent;          /* of `out`; all of it: there is nothing to send */
};

/* `port` is -1, or the console port, non-blocking, which is the shell's from now on. `program` is static. */
void bk_shell_init(struct bk_shell *shell, int port, const char *program);
/* Finds and opens the port; -ENOENT: this VM has none. */
int bk_shell_open_port(int *ret_fd);

/* What is to be waited for, for bk_shell_serve(). */
void bk_shell_prepare(const struct bk_shell *shell, struct pollfd *ret_port, struct pollfd *ret_terminal);
void bk_shell_serve(struct bk_shell *shell);
/* A process was reaped; true when it was the shell. */
bool bk_shell_reaped(struct bk_shell *shell, pid_t pid, int status);

#endif
