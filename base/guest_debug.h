/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines by which tests and developers hurt a guest on purpose (api/internal/io.bulkhead.Debug.varlink):
 * "panic" and "kill NAME" on the guest's first console, obeyed only where the kernel's command line holds the
 * word "bulkhead.debug".
 *
 * Input from: host (whoever writes to the guest's console)
 * Runs in: bk-init, bk-guest-init
 */
#ifndef BK_BASE_GUEST_DEBUG_H
#define BK_BASE_GUEST_DEBUG_H

#include <stdbool.h>
#include <stddef.h>

/* In the System VM, the file that holds the id of the app to be recorded (system/broker/wire/recorder.h). */
#define BK_GUEST_DEBUG_RECORD "/run/record"

#define BK_GUEST_DEBUG_NAME_MAX 31 /* bytes of a service's name */
#define BK_GUEST_DEBUG_LINE_MAX 63 /* bytes of a line; a longer one is thrown away as a whole */

enum bk_guest_debug_verb {
    BK_GUEST_DEBUG_PANIC, /* crash this guest's kernel: bk_guest_debug_panic() */
    BK_GUEST_DEBUG_KILL,  /* SIGKILL to the service `name` */
};

struct bk_guest_debug_command {
    enum bk_guest_debug_verb verb;
    char name[BK_GUEST_DEBUG_NAME_MAX + 1]; /* letters, digits, '-', '_' and '.'; empty for PANIC */
};

/* Collects a console's bytes to lines. Zero-initialised. */
struct bk_guest_debug_reader {
    char line[BK_GUEST_DEBUG_LINE_MAX + 1];
    size_t used;
    bool too_long;
};

/* True when `cmdline`, the text of /proc/cmdline, holds `word` between blanks. */
bool bk_guest_cmdline_has(const char *cmdline, const char *word);

/* True when /proc/cmdline holds the word; the other, "bulkhead.debug". */
bool bk_guest_cmdline_says(const char *word);
bool bk_guest_debug_enabled(void);

/* True when `line`, without its end, is a command. */
bool bk_guest_debug_parse(const char *line, struct bk_guest_debug_command *ret);

/* Takes one byte; true when it ended a line that is a command. CR and LF both end a line. */
bool bk_guest_debug_feed(struct bk_guest_debug_reader *reader, char byte, struct bk_guest_debug_command *ret);

/* Crashes this kernel through sysrq. Yields a negative errno where it could not: else it does not return. */
int bk_guest_debug_panic(void);

#endif
