/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A library OS in two pages: Debian's static libc, which knows one kernel, and what it asks of that. So a program in C,
 * or in a language whose interpreter is written in C, runs with nothing below it.
 *
 * Answered are memory for malloc(), standard output and error (lines of the log), randomness, the end, and what libc
 * does at its start. There are no files, no clock, no threads and no signals: those calls fail as they do on a Linux
 * without them.
 *
 * Input from: trusted (the program)
 * Runs in: a guest without an OS
 */
#ifndef BK_BARE_LIBC_H
#define BK_BARE_LIBC_H

#include "memory.h"

/* As bk_bare_main() would have got it. */
extern const struct bk_start_info *bk_libc_info;

void bk_libc_set_heap(char *heap, size_t size);

#endif
