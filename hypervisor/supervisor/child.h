/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting one of our programs as a child: its arguments, the descriptors it gets, and no other.
 *
 * Input from: trusted
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_CHILD_H
#define BK_SUPERVISOR_CHILD_H

#include <stddef.h>
#include <sys/types.h>

#define BK_CHILD_ARGUMENTS_MAX   48
#define BK_CHILD_TEXT_MAX        4096
#define BK_CHILD_DESCRIPTORS_MAX 11

/* A command line being made. Begun with bk_child_begin(); too many or too long arguments show in bk_child_spawn(). */
struct bk_child {
    const char *arguments[BK_CHILD_ARGUMENTS_MAX + 1];
    size_t count;
    char text[BK_CHILD_TEXT_MAX];
    size_t used;
    int descriptors[BK_CHILD_DESCRIPTORS_MAX];
    size_t descriptor_count;
    int overflow;
};

/* `program`: the path of what to execute. Strings given are copied. */
void bk_child_begin(struct bk_child *child, const char *program);
void bk_child_add(struct bk_child *child, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The child gets the descriptor under the same number, whatever its close-on-exec flag says. It stays the caller's. */
void bk_child_pass(struct bk_child *child, int fd);

/* Starts it in a process namespace of its own (where permitted) and in a session of its own, with empty standard input
 * and `error_fd` as standard output and error. Yields what waits for its end too: the child dies with this process.
 * -E2BIG when it was given too much. */
int bk_child_spawn(const struct bk_child *child, int error_fd, pid_t *ret_pid, int *ret_pidfd);

#endif
