/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line a message on standard error: "<priority>program[subject]: text", the priority as syslog's number
 * in angle brackets (sd-daemon(3)), so that whoever reads the stream can tell an error from a remark.
 *
 * Input from: trusted; a guest's or a client's text only through bk_log_escape()
 * Runs in: any process, any thread
 */
#ifndef BK_BASE_LOG_H
#define BK_BASE_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <syslog.h>

/* Sets the program's name and, optionally (NULL), what this process is about, such as a VM's name.
 * Both strings must outlive the process. Messages above `max_priority` (LOG_*) are dropped. */
void bk_log_open(const char *program, const char *subject, int max_priority);

/* From here on a person reads standard error: the priority is left out. */
void bk_log_omit_priority(void);

void bk_log(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));
void bk_log_va(int priority, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));

/* An error whose negative errno %m in the format names: yields that. */
int bk_fail(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define bk_error(...)   bk_log(LOG_ERR, __VA_ARGS__)
#define bk_warning(...) bk_log(LOG_WARNING, __VA_ARGS__)
#define bk_info(...)    bk_log(LOG_INFO, __VA_ARGS__)
#define bk_debug(...)   bk_log(LOG_DEBUG, __VA_ARGS__)

/* Lets `burst` messages through in each `interval_ms`; a guest cannot fill the log. Zero-initialised. */
struct bk_ratelimit {
    uint64_t window_start_ms;
    unsigned in_window;
    unsigned dropped; /* since the last message that went through */
};

#define BK_RATELIMIT_INTERVAL_MS 5000
#define BK_RATELIMIT_BURST       10

/* True when the caller may log now. */
bool bk_ratelimit_pass(struct bk_ratelimit *limit);

/* Copies `length` bytes of someone else's text so that it is one line of printable ASCII: the rest becomes
 * \xNN, and "..." ends what did not fit. `buffer` of `size` >= 8 bytes is always terminated. Yields `buffer`. */
const char *bk_log_escape(const char *text, size_t length, char *buffer, size_t size);

#endif
