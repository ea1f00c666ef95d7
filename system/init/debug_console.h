/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How tests hurt the System VM on purpose: lines typed on its console, obeyed only with "bulkhead.debug" on the
 * kernel's command line.
 *
 * Input from: host (the machine's debug port); lines are bounded and anything unknown is refused
 * Runs in: bk-init
 */
#ifndef BK_INIT_DEBUG_CONSOLE_H
#define BK_INIT_DEBUG_CONSOLE_H

#include <stddef.h>

#define BK_DEBUG_LINE_MAX 128

enum bk_debug_verb {
    BK_DEBUG_NOTHING, /* an empty line */
    BK_DEBUG_KILL,    /* kill NAME: SIGKILL to that service */
    BK_DEBUG_PANIC,   /* panic: the kernel crashes */
    BK_DEBUG_RECORD,  /* record APP: what that app and the system say goes into the log; record: no more */
    BK_DEBUG_UNKNOWN,
};

struct bk_debug_command {
    enum bk_debug_verb verb;
    char name[BK_DEBUG_LINE_MAX]; /* of the service, or the app; empty: none */
};

/* Judges one line without its end. */
void bk_debug_parse(const char *line, size_t length, struct bk_debug_command *ret_command);

/* Has the broker record that app, or none: names it in the file `path`, BK_GUEST_DEBUG_RECORD. */
int bk_debug_record(const char *path, const char *app);

/* Bytes as they come, made into lines. Zero-initialised. */
struct bk_debug_lines {
    char line[BK_DEBUG_LINE_MAX];
    size_t length;
    int too_long; /* the rest of the line is passed over */
};

/* Takes one byte; 1 when that ended a line, which `*ret_command` says then. A line too long is unknown. */
int bk_debug_feed(struct bk_debug_lines *lines, char byte, struct bk_debug_command *ret_command);

#endif
