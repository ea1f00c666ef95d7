/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a VM's guest, or its bk-vmm, prints: read from a descriptor and logged line by line under the VM's name.
 *
 * Input from: guest (its console), host (a bk-vmm's or bk-screen's standard error); nothing of it is believed
 * Runs in: bk-supervisor
 *
 * A line becomes printable ASCII of at most BK_LOG_LINE_MAX bytes. A budget of bytes, filled up with time, lets a
 * boot's whole log through and a flood not: beyond it lines are dropped and counted, and the descriptor is read
 * at leisure, so that a guest that prints without end costs little processor time here.
 */
#ifndef BK_SUPERVISOR_LOG_PUMP_H
#define BK_SUPERVISOR_LOG_PUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define BK_LOG_LINE_MAX    1000           /* bytes of a line, escaped */
#define BK_LOG_BUDGET      (256U * 1024U) /* bytes that may come at once */
#define BK_LOG_BUDGET_RATE (8U * 1024U)   /* bytes a second that it grows again */

/* Splits bytes into lines within the budget. No descriptor, no clock: these are the caller's. */
struct bk_log_lines {
    char line[BK_LOG_LINE_MAX]; /* the rest of a longer one is thrown away */
    size_t used;
    uint64_t budget;
    uint64_t filled_usec;
    uint64_t dropped;                               /* lines, since the last one that went through */
    void (*emit)(void *userdata, const char *line); /* one line, printable */
    void *userdata;
};

void bk_log_lines_init(struct bk_log_lines *lines, void (*emit)(void *userdata, const char *line), void *userdata);
/* `now_usec`: a clock that does not go back. */
void bk_log_lines_feed(struct bk_log_lines *lines, const char *data, size_t size, uint64_t now_usec);
/* What was begun counts as a line: the stream ends. */
void bk_log_lines_end(struct bk_log_lines *lines, uint64_t now_usec);

struct bk_log_pump {
    int fd; /* owned; -1: not running */
    char *prefix;
    char *own_prefix; /* taken off a line's front when it stands there, or NULL */
    sd_event_source *source;
    sd_event_source *pause;
    struct bk_log_lines lines;
};

/* Takes `fd` in any case. Lines are logged as `prefix` and the text, without a priority ("<N>") and an `own_prefix` at
 * its front. Both strings are copied. */
int bk_log_pump_start(struct bk_log_pump *pump, sd_event *event, int fd, const char *prefix, const char *own_prefix);
/* Logs what can be read now, within a bound, and closes. Nothing is done when it is not running. */
void bk_log_pump_stop(struct bk_log_pump *pump);

#endif
