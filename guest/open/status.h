/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How bk-open ends, as xdg-open does, and what it says then.
 *
 * Input from: trusted (the system's answers)
 * Runs in: bk-open
 */
#ifndef BK_OPEN_STATUS_H
#define BK_OPEN_STATUS_H

#define STATUS_USAGE   1
#define STATUS_NO_FILE 2
#define STATUS_FAILED  4

/* A call that did not get an answer: `error` is -errno. */
int bk_status_of_failure(const char *what, int error);
/* What is handed over ended early: `error` is -errno. */
int bk_status_of_stream(const char *what, int error);
/* The answer to a call, which may be an error. */
int bk_status_of_answer(const char *message);

#endif
