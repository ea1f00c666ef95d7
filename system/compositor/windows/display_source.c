/* SPDX-License-Identifier: Apache-2.0 */
#include "display_source.h"

#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define RETRY_US     UINT64_C(500000)
#define READ_RECORDS 64 /* at a time, before everything else has its turn */

static void retry_later(struct bk_display_source *source)
{
    int r = sd_event_source_set_time_relative(source->retry, RETRY_US);

    if (r >= 0)
        r = sd_event_source_set_enabled(source->retry, SD_EVENT_ONESHOT);
    if (r < 0)
        bk_error("cannot look for the display port any more: %s", strerror(-r));
}

static void lose(struct bk_display_source *source, int error)
{
    bk_warning("the display port ended: %s", error != 0 ? strerror(error) : "the other side is gone");
    source->io = sd_event_source_disable_unref(source->io);
    source->fd = bk_close(source->fd);
    source->kind->closed(source);
    source->events.closed(source->events.userdata);
    retry_later(source);
}

/* 0, or the errno for which the stream is to be given up. */
static int write_output(struct bk_display_source *source)
{
    for (;;) {
        size_t size;
        const void *data = source->events.output(&size, source->events.userdata);
        if (size == 0) {
            (void)sd_event_source_set_io_events(source->io, EPOLLIN);
            return 0;
        }
        ssize_t n = write(source->fd, data, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            (void)sd_event_source_set_io_events(source->io, EPOLLIN | EPOLLOUT);
            return 0;
        }
        if (n < 0)
            return errno;
        source->events.written((size_t)n, source->events.userdata);
    }
}

static int on_io(sd_event_source *event, int fd, uint32_t events, void *userdata)
{
    struct bk_display_source *source = userdata;
    uint8_t buffer[READ_RECORDS * sizeof(struct bk_display_port_record)];
    int error = 0;

    (void)event;
    (void)fd;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
        ssize_t n = source->kind->read(source, buffer, sizeof buffer);
        if (n > 0) {
            source->events.received(buffer, (size_t)n, source->events.userdata);
        } else if (n == 0 || (n != -EAGAIN && n != -EINTR)) {
            lose(source, (int)-n);
            return 0;
        }
    }
    if ((events & EPOLLOUT) != 0)
        error = write_output(source);
    if (error != 0)
        lose(source, error);
    return 0;
}

void bk_display_source_flush(struct bk_display_source *source)
{
    if (source->fd < 0)
        return;
    int error = write_output(source);
    if (error != 0)
        /* Not from within whatever asked for it: the loop hears of it, and reads what is wrong. */
        bk_debug("the display port takes nothing: %s", strerror(error));
}

static int open_stream(struct bk_display_source *source)
{
    int fd = source->kind->open(source);

    if (fd < 0)
        return fd;
    int r = sd_event_add_io(source->event, &source->io, fd, EPOLLIN, on_io, source);
    if (r < 0) {
        bk_close(fd);
        return r;
    }
    source->fd = fd;
    return 0;
}

static int on_retry(sd_event_source *event, uint64_t usec, void *userdata)
{
    struct bk_display_source *source = userdata;

    (void)event;
    (void)usec;
    int r = open_stream(source);
    if (r < 0) {
        if (!source->said)
            bk_info("no windows of apps yet: the display port cannot be opened: %s", strerror(-r));
        source->said = true;
        retry_later(source);
        return 0;
    }
    source->said = false;
    source->events.opened(source->events.userdata);
    bk_display_source_flush(source);
    return 0;
}

int bk_display_source_create(sd_event *event, const char *path, const struct bk_display_source_events *events,
                             struct bk_display_source **ret_source)
{
    struct bk_display_source *source = calloc(1, sizeof *source);
    if (source == NULL)
        return -ENOMEM;

    source->kind = path != NULL ? &bk_display_source_socket : &bk_display_source_port;
    source->events = *events;
    source->path = path;
    source->event = sd_event_ref(event);
    source->fd = -1;
    source->import = -1;
    int r = sd_event_add_time_relative(event, &source->retry, CLOCK_MONOTONIC, 0, 1000, on_retry, source);
    if (r < 0) {
        bk_display_source_destroy(source);
        return r;
    }
    *ret_source = source;
    return 0;
}

void bk_display_source_destroy(struct bk_display_source *source)
{
    if (source == NULL)
        return;
    sd_event_source_disable_unref(source->io);
    sd_event_source_disable_unref(source->retry);
    bk_close(source->fd);
    source->kind->closed(source);
    bk_close(source->import);
    sd_event_unref(source->event);
    free(source);
}
