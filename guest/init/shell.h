/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shell that a developer has in an app which allows it (manifest: "shell"): the image's /bin/sh on a terminal of
 * its own, as the app's user, at the other end of the console port BK_SHELL_PORT.
 *
 * Input from: host (the developer, frames of shell_frame.h); app (what the shell prints, as anything in the guest)
 * Runs in: bk-guest-init
 *
 * One shell at a time: another BEGIN ends the one before. What is typed waits here while the terminal is full, and MORE
 * says how much may: so what is behind it, END above all, is met at once. From a developer who heeds no MORE it waits
 * in the port, and so does all behind it. What is shown waits in the terminal while the port is full. A frame that is
 * none is passed over.
 *
 * A port may get its name later than init looks for it: then the kernel's news are waited for.
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
    int port; /* -1: there is none, … */
    int news; /* … and each piece of news from here may be of one; or -1 */
    int (*open_port)(int *ret_fd);
    int terminal; /* the shell's, or -1 */
    pid_t pid;    /* 0: none runs */
    bool left;    /* nobody has that open any more: a poll() would tell of it without end */
    bool ended;   /* the shell has, with … */
    int status;   /* … this, and what it printed last may still be in the terminal */
    uint8_t in[BK_SHELL_FRAME_SIZE], out[BK_SHELL_FRAME_SIZE];
    size_t in_size;
    size_t out_sent; /* of `out`; all of it: there is nothing to send */
    uint8_t typed[BK_SHELL_TYPED_MAX];
    size_t typed_size;
    uint16_t more; /* bytes that may be typed, and that nobody was told of */
};

/* Looks for the port by `open_port`, which yields a console port that does not block, or -ENOENT: there is none; and
 * again after each datagram from `news`, which is the shell's from now on, or -1. `program` is static. */
void bk_shell_init(struct bk_shell *shell, int news, int (*open_port)(int *ret_fd), const char *program);
/* Finds and opens this VM's port, as above. */
int bk_shell_open_port(int *ret_fd);
/* The kernel's news of devices, from now on. */
int bk_shell_open_news(int *ret_fd);

/* What is to be waited for, for bk_shell_serve(). */
void bk_shell_prepare(const struct bk_shell *shell, struct pollfd *ret_port, struct pollfd *ret_terminal);
void bk_shell_serve(struct bk_shell *shell);
/* A process was reaped; true when it was the shell. */
bool bk_shell_reaped(struct bk_shell *shell, pid_t pid, int status);

#endif
