/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a guest runs: /etc/bulkhead/command, an argument a line, the first of them the program's path.
 *
 * Input from: trusted (the app's own image, which made this guest)
 * Runs in: bk-guest-init
 */
#ifndef BK_GUEST_COMMAND_H
#define BK_GUEST_COMMAND_H

#include <stddef.h>

#define BK_COMMAND_PATH          "/etc/bulkhead/command"
#define BK_COMMAND_SIZE_MAX      (64UL * 1024UL)
#define BK_COMMAND_ARGUMENTS_MAX 255U

struct bk_command {
    char *text;                                    /* holds the arguments */
    char *arguments[BK_COMMAND_ARGUMENTS_MAX + 1]; /* NULL after the last */
};

/* Cuts `size` bytes of text, with a NUL after them, into arguments, and takes the text, in any case. An empty line is
 * an empty argument. -EINVAL when there is no program or it is no absolute path, or for a NUL; -E2BIG. */
int bk_command_parse(char *text, size_t size, struct bk_command *ret);
int bk_command_load(const char *path, struct bk_command *ret);
void bk_command_finish(struct bk_command *command);

#endif
