/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "open_relay.h"

#include "client.h"

#include "checked.h"
#include "cleanup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

struct bk_open_relay {
    int from, to;
    uint64_t left; /* to be read */
    size_t filled, sent;
    sd_event_source *in, *out, *stall;
    bk_open_relay_ended_t ended;
    void *userdata;
    char buffer[BK_OPEN_RELAY_BUFFER];
};

void bk_open_relay_destroy(struct bk_open_relay *relay)
{
    if (relay == NULL)
        return;
    sd_event_source_disable_unref(relay->in);
    sd_event_source_disable_unref(relay->out);
    sd_event_source_disable_unref(relay->stall);
    bk_close(relay->from);
    bk_close(relay->to);
    free(relay);
}

static void end(struct bk_open_relay *relay)
{
    bk_open_relay_ended_t ended = relay->ended;
    void *userdata = relay->userdata;
    uint64_t short_by = relay->left + (relay->filled - relay->sent);

    bk_open_relay_destroy(relay);
    ended(short_by, userdata);
}

/* Waits for what it needs next: bytes while it has none, else room for them. The sources exist: this cannot fail but
 * for lack of memory, and then the relay stalls. */
static void await(struct bk_open_relay *relay)
{
    const bool empty = relay->sent == relay->filled;

    (void)sd_event_source_set_enabled(relay->in, empty ? SD_EVENT_ON : SD_EVENT_OFF);
    (void)sd_event_source_set_io_events(relay->out, empty ? EPOLLRDHUP : EPOLLRDHUP | EPOLLOUT);
    (void)sd_event_source_set_time_relative(relay->stall, BK_OPEN_RELAY_STALL_MS * UINT64_C(1000));
}

static bool is_later(ssize_t n)
{
    return n < 0 && (errno == EINTR || errno == EAGAIN);
}

static int on_in(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_open_relay *relay = userdata;
    ssize_t n = recv(fd, relay->buffer, bk_min(relay->left, BK_OPEN_RELAY_BUFFER), MSG_DONTWAIT);

    (void)source;
    (void)events;
    if (is_later(n))
        return 0;
    if (n <= 0) {
        end(relay);
        return 0;
    }
    relay->left -= (uint64_t)n;
    relay->filled = (size_t)n;
    relay->sent = 0;
    await(relay);
    return 0;
}

static int on_out(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_open_relay *relay = userdata;
    ssize_t n = -1;

    (void)source;
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
        end(relay);
        return 0;
    }
    n = send(fd, relay->buffer + relay->sent, relay->filled - relay->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (is_later(n))
        return 0;
    relay->sent += n > 0 ? (size_t)n : 0;
    if (n < 0 || (relay->sent == relay->filled && relay->left == 0))
        end(relay);
    else
        await(relay);
    return 0;
}

static int on_stall(sd_event_source *source, uint64_t usec, void *userdata)
{
    (void)source;
    (void)usec;
    end(userdata);
    return 0;
}

int bk_open_relay_create(sd_event *event, int from, int to, uint64_t size, bk_open_relay_ended_t ended, void *userdata,
                         struct bk_open_relay **ret)
{
    struct bk_open_relay *relay = malloc(sizeof *relay);

    if (relay == NULL)
        return -ENOMEM;
    *relay = (struct bk_open_relay){ .from = -1, .to = -1, .left = size, .ended = ended, .userdata = userdata };
    int r = sd_event_add_io(event, &relay->in, from, EPOLLIN, on_in, relay);
    if (r >= 0)
        r = sd_event_source_set_priority(relay->in, BK_CLIENT_PRIORITY_LATER);
    if (r >= 0)
        r = sd_event_add_io(event, &relay->out, to, EPOLLRDHUP, on_out, relay);
    if (r >= 0)
        r = sd_event_source_set_priority(relay->out, BK_CLIENT_PRIORITY_LATER);
    if (r >= 0) /* with nothing to carry it is at its end */
        r = sd_event_add_time_relative(event, &relay->stall, CLOCK_MONOTONIC,
                                       size == 0 ? 0 : BK_OPEN_RELAY_STALL_MS * UINT64_C(1000), 0, on_stall, relay);
    if (r < 0) {
        bk_open_relay_destroy(relay);
        return r;
    }
    relay->from = from;
    relay->to = to;
    *ret = relay;
    return 0;
}
