/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console: lines for the machine's log (`bulkhead logs`).
 *
 * Input from: trusted
 * Runs in: a guest without an OS
 */
#ifndef BK_BARE_CONSOLE_H
#define BK_BARE_CONSOLE_H

/* Without a console what is said goes nowhere. */
void bk_console_begin(void);

/* A line; its end is added. */
void bk_console_say(const char *line);

#endif
