/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results of the security tests, in the Test Anything Protocol, one line a check.
 *
 * Input from: trusted
 * Runs in: the tests, main thread
 */
#ifndef BK_TESTS_TAP_H
#define BK_TESTS_TAP_H

#include <stdbool.h>

/* A check and its outcome; the name is a sentence that is true when it passed. */
void bk_tap_check(bool passed, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A check that this machine does not allow to be made, and why. */
void bk_tap_skip(const char *why, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A remark about the check before it. */
void bk_tap_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Ends the output; main()'s result. */
int bk_tap_finish(void);

#endif
