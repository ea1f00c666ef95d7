/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "stream_pump.h"

#include "client.h"

#include "cleanup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* What one side sends, on its way to the other. */
struct way {
    size_t start, end; /* of what is in the buffer */
    bool over;         /* nothing more comes */
    char buffer[BK_STREAM_PUMP_BUFFER];
};

struct side {
    struct bk_stream_pump *pump;
    int fd;
    sd_event_source *source;
    bool gone; /* it can be sent nothing any more */
};

struct bk_stream_pump {
    struct side sides[2];
    struct way ways[2]; /* from the side of that number to the other one */
    sd_event_source *linger;
    void (*ended)(void *userdata);
    void *userdata;
};

static bool is_empty(const struct way *way)
{
    return way->start == way->end;
}

/* Fills an empty buffer; negative when the side is lost. */
static int fill(struct way *way, int fd)
{
    ssize_t n = recv(fd, way->buffer, sizeof way->buffer, MSG_DONTWAIT);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    way->over = n == 0;
    way->start = 0;
    way->end = (size_t)n;
    return 0;
}

/* Sends what is in the buffer, as far as it is taken; negative when the side is lost. */
static int drain(struct way *way, int fd)
{
    ssize_t n = send(fd, way->buffer + way->start, way->end - way->start, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    way->start += (size_t)n;
    return 0;
}

/* Moves one buffer at the most. */
static int move(struct bk_stream_pump *pump, unsigned from)
{
    struct way *way = &pump->ways[from];
    int r = 0;

    if (is_empty(way) && !way->over)
        r = fill(way, pump->sides[from].fd);
    if (r >= 0 && !is_empty(way))
        r = drain(way, pump->sides[1 - from].fd);
    return r;
}

/* What is to be waited for. A side that is gone is not listened to, since it would say so again and again: what it has
 * sent is fetched whenever the other one takes it, and of that one nothing is read any more. */
static int listen_to(struct bk_stream_pump *pump, unsigned number)
{
    struct side *side = &pump->sides[number];
    const struct way *from = &pump->ways[number];
    const struct way *to = &pump->ways[1 - number];
    bool alone = pump->sides[1 - number].gone;
    uint32_t events = 0;

    if (is_empty(from) && !from->over && !alone)
        events |= EPOLLIN;
    if (!is_empty(to) || (alone && !to->over))
        events |= EPOLLOUT;
    int r = sd_event_source_set_io_events(side->source, events);
    return r < 0 ? r : sd_event_source_set_enabled(side->source, side->gone ? SD_EVENT_OFF : SD_EVENT_ON);
}

/* One side has sent its last: the rest has so long to be delivered. */
static int begin_to_linger(struct bk_stream_pump *pump)
{
    int enabled = SD_EVENT_OFF;
    int r = sd_event_source_get_enabled(pump->linger, &enabled);

    if (r < 0 || enabled != SD_EVENT_OFF)
        return r;
    r = sd_event_source_set_time_relative(pump->linger, BK_STREAM_PUMP_LINGER_MS * UINT64_C(1000));
    return r < 0 ? r : sd_event_source_set_enabled(pump->linger, SD_EVENT_ONESHOT);
}

/* True when something that is over has been delivered, or can be to nobody. */
static bool is_ended(const struct bk_stream_pump *pump)
{
    for (unsigned from = 0; from < 2; from++) {
        if (pump->ways[from].over && is_empty(&pump->ways[from]))
            return true;
    }
    return pump->sides[0].gone && pump->sides[1].gone;
}

/* The event loop fails to change a source only for lack of memory or by our own mistake: the stream ends. */
static void advance(struct bk_stream_pump *pump)
{
    int r = 0;

    for (unsigned from = 0; r >= 0 && from < 2; from++) {
        if (!pump->sides[1 - from].gone)
            r = move(pump, from);
    }
    if (r >= 0 && is_ended(pump))
        r = -ECONNRESET;
    if (r >= 0 && (pump->sides[0].gone || pump->sides[1].gone || pump->ways[0].over || pump->ways[1].over))
        r = begin_to_linger(pump);
    for (unsigned number = 0; r >= 0 && number < 2; number++)
        r = listen_to(pump, number);
    if (r < 0)
        pump->ended(pump->userdata);
}

static int on_side(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct side *side = userdata;

    (void)source;
    (void)fd;
    if ((events & (EPOLLHUP | EPOLLERR)) != 0)
        side->gone = true;
    advance(side->pump);
    return 0;
}

static int on_linger_over(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_stream_pump *pump = userdata;

    (void)source;
    (void)usec;
    pump->ended(pump->userdata);
    return 0;
}

static int add_sources(struct bk_stream_pump *pump, sd_event *event)
{
    int r = sd_event_add_time_relative(event, &pump->linger, CLOCK_MONOTONIC, 0, 0, on_linger_over, pump);

    if (r >= 0)
        r = sd_event_source_set_enabled(pump->linger, SD_EVENT_OFF);
    for (unsigned number = 0; r >= 0 && number < 2; number++) {
        struct side *side = &pump->sides[number];
        r = sd_event_add_io(event, &side->source, side->fd, EPOLLIN, on_side, side);
        if (r >= 0)
            r = sd_event_source_set_priority(side->source, BK_CLIENT_PRIORITY_LATER);
    }
    return r;
}

int bk_stream_pump_create(sd_event *event, int one, int other, void (*ended)(void *userdata), void *userdata,
                          struct bk_stream_pump **ret)
{
    struct bk_stream_pump *pump = calloc(1, sizeof *pump);

    if (pump == NULL)
        return -ENOMEM;
    pump->sides[0] = (struct side){ .pump = pump, .fd = one };
    pump->sides[1] = (struct side){ .pump = pump, .fd = other };
    pump->ended = ended;
    pump->userdata = userdata;
    int r = add_sources(pump, event);
    if (r < 0) {
        pump->sides[0].fd = pump->sides[1].fd = -1; /* stay the caller's */
        bk_stream_pump_destroy(pump);
        return r;
    }
    *ret = pump;
    return 0;
}

void bk_stream_pump_destroy(struct bk_stream_pump *pump)
{
    if (pump == NULL)
        return;
    for (unsigned number = 0; number < 2; number++) {
        sd_event_source_disable_unref(pump->sides[number].source);
        bk_close(pump->sides[number].fd);
    }
    sd_event_source_disable_unref(pump->linger);
    free(pump);
}
