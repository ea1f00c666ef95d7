/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "log.h"

#include "io.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024

static const char *log_program = "bulkhead";
static const char *log_subject;
static int log_max_priority = LOG_INFO;
static bool log_priority_omitted;

void bk_log_open(const char *program, const char *subject, int max_priority)
{
    log_program = program;
    log_subject = subject;
    log_max_priority = max_priority;
}

void bk_log_omit_priority(void)
{
    log_priority_omitted = true;
}

void bk_log_va(int priority, const char *format, va_list arguments)
{
    char line[LINE_MAX_BYTES];
    int saved = errno;
    int n = 0;

    if (priority > log_max_priority)
        return;
    if (!log_priority_omitted)
        n = snprintf(line, sizeof line, "<%d>", priority);
    if (log_subject != NULL)
        n += snprintf(line + n, sizeof line - (size_t)n, "%s[%s]: ", log_program, log_subject);
    else
        n += snprintf(line + n, sizeof line - (size_t)n, "%s: ", log_program);

    size_t used = n > 0 ? (size_t)n : 0;
    if (used >= sizeof line - 1)
        used = sizeof line - 2;
    errno = saved; /* for %m */
    n = vsnprintf(line + used, sizeof line - used - 1, format, arguments);
    if (n > 0)
        used += (size_t)n;
    if (used > sizeof line - 2)
        used = sizeof line - 2;
    line[used++] = '\n';
    (void)bk_write_all(STDERR_FILENO, line, used); /* a log that cannot be written has nowhere to say so */
    errno = saved;
}

void bk_log(int priority, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    bk_log_va(priority, format, arguments);
    va_end(arguments);
}

int bk_fail(int error, const char *format, ...)
{
    va_list arguments;

    errno = -error;
    va_start(arguments, format);
    bk_log_va(LOG_ERR, format, arguments);
    va_end(arguments);
    return error;
}

bool bk_ratelimit_pass(struct bk_ratelimit *limit)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t now_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    if (limit->window_start_ms == 0 || now_ms - limit->window_start_ms >= BK_RATELIMIT_INTERVAL_MS) {
        limit->window_start_ms = now_ms;
        limit->in_window = 0;
    }
    if (limit->in_window >= BK_RATELIMIT_BURST) {
        limit->dropped++;
        return false;
    }
    limit->in_window++;
    limit->dropped = 0;
    return true;
}

const char *bk_log_escape(const char *text, size_t length, char *buffer, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        bool plain = c >= 0x20 && c < 0x7f && c != '\\';
        size_t wanted = plain ? 1 : 4;
        if (used + wanted + 4 > size) {
            memcpy(buffer + used, "...", 3);
            used += 3;
            break;
        }
        if (plain)
            buffer[used] = (char)c;
        else
            snprintf(buffer + used, 5, "\\x%02x", c);
        used += wanted;
    }
    buffer[used] = '\0';
    return buffer;
}
