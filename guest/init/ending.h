/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the app ended, and whether that was a crash.
 *
 * Input from: app (how it ends)
 * Runs in: bk-guest-init
 */
#ifndef BK_GUEST_ENDING_H
#define BK_GUEST_ENDING_H

#include <stdbool.h>
#include <stddef.h>

/* By waitpid()'s status, in words. Yields `buffer`. */
const char *bk_app_ending(int status, char *buffer, size_t size);

/*
 * True when no program ends so by its own will: by a signal of a fault, or killed, as the kernel does where memory runs
 * out. What ends otherwise, with whatever status, has ended: a shell's is that of its last command.
 */
bool bk_app_crashed(int status);

#endif
