/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "log_pump.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define READ_SIZE       4096U
#define PAUSE_USEC      100000U /* between two reads of a flood */
#define FINAL_READS_MAX 64U     /* of what is left when the VM has ended */

void bk_log_lines_init(struct bk_log_lines *lines, void (*emit)(void *userdata, const char *line), void *userdata)
{
    *lines = (struct bk_log_lines){ .budget = BK_LOG_BUDGET, .emit = emit, .userdata = userdata };
}

#define FULL_USEC (BK_LOG_BUDGET / BK_LOG_BUDGET_RATE * 1000000ULL) /* from nothing to all of it */

static void fill_budget(struct bk_log_lines *lines, uint64_t now_usec)
{
    uint64_t passed = now_usec - lines->filled_usec;

    if (passed >= FULL_USEC) {
        lines->budget = BK_LOG_BUDGET;
        lines->filled_usec = now_usec;
        return;
    }
    uint64_t grown = passed * BK_LOG_BUDGET_RATE / 1000000U;
    lines->filled_usec += grown * 1000000U / BK_LOG_BUDGET_RATE; /* what is left of a byte goes on to add up */
    lines->budget = lines->budget + grown > BK_LOG_BUDGET ? BK_LOG_BUDGET : lines->budget + grown;
}

static void end_line(struct bk_log_lines *lines)
{
    char text[BK_LOG_LINE_MAX + 1];
    size_t length = lines->used;

    lines->used = 0;
    if (length > 0 && lines->line[length - 1] == '\r')
        length--;
    bk_log_escape(lines->line, length, text, sizeof text);
    if (lines->budget < strlen(text) + 1) {
        lines->dropped++;
        return;
    }
    if (lines->dropped > 0) {
        char note[64];

        snprintf(note, sizeof note, "[%llu lines too many were dropped]", (unsigned long long)lines->dropped);
        lines->dropped = 0;
        lines->emit(lines->userdata, note);
    }
    lines->budget -= strlen(text) + 1;
    lines->emit(lines->userdata, text);
}

void bk_log_lines_feed(struct bk_log_lines *lines, const char *data, size_t size, uint64_t now_usec)
{
    fill_budget(lines, now_usec);
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '\n') {
            end_line(lines);
        } else if (lines->used < sizeof lines->line) {
            lines->line[lines->used++] = data[i];
        }
    }
}

void bk_log_lines_end(struct bk_log_lines *lines, uint64_t now_usec)
{
    fill_budget(lines, now_usec);
    if (lines->used > 0)
        end_line(lines);
}

static uint64_t now_usec(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

static void emit(void *userdata, const char *line)
{
    struct bk_log_pump *pump = userdata;
    char text[BK_LOG_LINE_MAX + 160];

    if (line[0] == '<' && line[1] >= '0' && line[1] <= '7' && line[2] == '>')
        line += 3;
    if (pump->own_prefix != NULL && strncmp(line, pump->own_prefix, strlen(pump->own_prefix)) == 0)
        line += strlen(pump->own_prefix);
    int n = snprintf(text, sizeof text - 1, "%s%s", pump->prefix, line);
    size_t used = n < 0 ? 0 : (size_t)n < sizeof text - 1 ? (size_t)n : sizeof text - 2;
    text[used++] = '\n';
    (void)bk_write_all(STDERR_FILENO, text, used); /* as in base/log.c: there is nowhere to say it */
}

/* Yields false at the end of the stream, or when nothing is there to read now. */
static bool read_once(struct bk_log_pump *pump, bool *ret_ended)
{
    char data[READ_SIZE];
    ssize_t n;

    do {
        n = read(pump->fd, data, sizeof data);
    } while (n < 0 && errno == EINTR);
    *ret_ended = n == 0 || (n < 0 && errno != EAGAIN);
    if (n <= 0)
        return false;
    bk_log_lines_feed(&pump->lines, data, (size_t)n, now_usec());
    return true;
}

static int on_pause_over(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_log_pump *pump = userdata;

    (void)source;
    (void)usec;
    return sd_event_source_set_enabled(pump->source, SD_EVENT_ON);
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_log_pump *pump = userdata;
    bool ended;

    (void)fd;
    (void)events;
    read_once(pump, &ended);
    if (ended)
        return sd_event_source_set_enabled(source, SD_EVENT_OFF);
    if (pump->lines.dropped > 0) {
        int r = sd_event_source_set_time_relative(pump->pause, PAUSE_USEC);
        if (r >= 0)
            r = sd_event_source_set_enabled(pump->pause, SD_EVENT_ONESHOT);
        if (r < 0)
            return r;
        return sd_event_source_set_enabled(source, SD_EVENT_OFF);
    }
    return 0;
}

int bk_log_pump_start(struct bk_log_pump *pump, sd_event *event, int fd, const char *prefix, const char *own_prefix)
{
    int r;

    *pump = (struct bk_log_pump){ .fd = fd, .prefix = strdup(prefix) };
    bk_log_lines_init(&pump->lines, emit, pump);
    if (own_prefix != NULL)
        pump->own_prefix = strdup(own_prefix);
    if (pump->prefix == NULL || (own_prefix != NULL && pump->own_prefix == NULL)) {
        free(pump->prefix);
        free(pump->own_prefix);
        *pump = (struct bk_log_pump){ .fd = bk_close(fd) };
        return -ENOMEM;
    }
    r = bk_set_nonblock(fd);
    if (r >= 0)
        r = sd_event_add_io(event, &pump->source, fd, EPOLLIN, on_readable, pump);
    if (r >= 0)
        r = sd_event_add_time_relative(event, &pump->pause, CLOCK_MONOTONIC, 0, 0, on_pause_over, pump);
    if (r >= 0)
        r = sd_event_source_set_enabled(pump->pause, SD_EVENT_OFF);
    if (r < 0)
        bk_log_pump_stop(pump);
    return r;
}

void bk_log_pump_stop(struct bk_log_pump *pump)
{
    bool ended = false;

    if (pump->prefix == NULL)
        return;
    for (unsigned i = 0; i < FINAL_READS_MAX && pump->source != NULL && read_once(pump, &ended); i++)
        ;
    bk_log_lines_end(&pump->lines, now_usec());
    pump->source = sd_event_source_disable_unref(pump->source);
    pump->pause = sd_event_source_disable_unref(pump->pause);
    pump->fd = bk_close(pump->fd);
    free(pump->prefix);
    free(pump->own_prefix);
    pump->prefix = NULL;
    pump->own_prefix = NULL;
}
