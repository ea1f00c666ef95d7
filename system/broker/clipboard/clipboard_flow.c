/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "clipboard_flow.h"

#include "broker.h"
#include "clipboard_rules.h"

#include "checked.h"
#include "cleanup.h"
#include "io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define AT_ONCE (256UL * 1024) /* bytes before others have their turn */

/* ---- data ---- */

static struct bk_clip *clip_new(size_t size)
{
    struct bk_clip *clip = malloc(sizeof *clip);

    if (clip == NULL)
        return NULL;
    *clip = (struct bk_clip){ .references = 1, .size = size, .bytes = malloc(size > 0 ? size : 1) };
    if (clip->bytes == NULL) {
        free(clip);
        return NULL;
    }
    return clip;
}

struct bk_clip *bk_clip_ref(struct bk_clip *clip)
{
    clip->references++;
    return clip;
}

void bk_clip_unref(struct bk_clip *clip)
{
    if (clip == NULL || --clip->references > 0)
        return;
    free(clip->bytes);
    free(clip);
}

/* ---- from the app that copied ---- */

struct bk_clip_fetch {
    struct bk_broker *broker;
    const struct bk_clip_fetch_events *events;
    void *userdata;
    struct bk_stream_token token; /* until its stream is there */
    int fd;                       /* -1: it is not */
    struct bk_clipboard_size size;
    struct bk_clip *clip; /* NULL: its size is not known yet */
    size_t got;
    uint64_t begun_ms;
    sd_event_source *source, *timer;
};

static void fetch_free(struct bk_clip_fetch *fetch)
{
    sd_event_source_disable_unref(fetch->source);
    sd_event_source_disable_unref(fetch->timer);
    bk_close(fetch->fd);
    bk_clip_unref(fetch->clip);
    free(fetch);
}

/* `fault` NULL: it is all there. */
static void end_fetch(struct bk_clip_fetch *fetch, const char *fault)
{
    const struct bk_clip_fetch_events *events = fetch->events;
    void *userdata = fetch->userdata;
    struct bk_clip *clip = fault == NULL ? bk_clip_ref(fetch->clip) : NULL;

    fetch_free(fetch);
    events->fetched(clip, fault, userdata);
}

static int on_fetch_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_clip_fetch *fetch = userdata;

    (void)source;
    (void)usec;
    if (fetch->fd < 0)
        bk_stream_withdraw(fetch->broker, &fetch->token);
    end_fetch(fetch, "what it copied did not come in time");
    return 0;
}

/* Takes a byte of the line that says the size. NULL, or what is wrong. */
static const char *take_line(struct bk_clip_fetch *fetch, char byte)
{
    switch (bk_clipboard_size_feed(&fetch->size, byte)) {
    case BK_CLIPBOARD_LINE_MORE:
        return NULL;
    case BK_CLIPBOARD_LINE_WHOLE:
        if (!fetch->events->announced((size_t)fetch->size.value, fetch->userdata))
            return "it copied more than there is room for";
        fetch->clip = clip_new((size_t)fetch->size.value);
        return fetch->clip != NULL ? NULL : "no memory for what it copied";
    case BK_CLIPBOARD_LINE_TOO_LARGE:
        return "it copied more than the clipboard takes";
    case BK_CLIPBOARD_LINE_WRONG:
        break;
    }
    return "no size before what it copied";
}

/* Reads once; false when there is nothing to read for now. `*ret_fault`: why it is over. */
static bool receive(struct bk_clip_fetch *fetch, size_t *done, const char **ret_fault)
{
    const bool line = fetch->clip == NULL;
    char byte = 0;
    ssize_t n = line ? recv(fetch->fd, &byte, 1, MSG_DONTWAIT)
                     : recv(fetch->fd, fetch->clip->bytes + fetch->got,
                            bk_min(fetch->clip->size - fetch->got, (size_t)AT_ONCE), MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (n <= 0) {
        *ret_fault = "it did not send all that it copied";
        return false;
    }
    if (line)
        *ret_fault = take_line(fetch, byte);
    else
        fetch->got += (size_t)n;
    *done += (size_t)n;
    return *ret_fault == NULL;
}

static bool is_whole(const struct bk_clip_fetch *fetch)
{
    return fetch->clip != NULL && fetch->got == fetch->clip->size;
}

static int on_fetch(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_clip_fetch *fetch = userdata;
    const char *fault = NULL;
    size_t done = 0;

    (void)source;
    (void)fd;
    (void)events;
    while (!is_whole(fetch) && done < AT_ONCE && receive(fetch, &done, &fault))
        ;
    if (fault == NULL && !is_whole(fetch) && bk_broker_now_ms() - fetch->begun_ms > BK_CLIPBOARD_FETCH_MS)
        fault = "what it copied took too long";
    if (fault != NULL || is_whole(fetch))
        end_fetch(fetch, fault);
    else if (done > 0)
        (void)sd_event_source_set_time_relative(fetch->timer, BK_CLIPBOARD_STALL_MS * UINT64_C(1000));
    return 0;
}

static void on_fetch_arrived(int fd, void *userdata)
{
    struct bk_clip_fetch *fetch = userdata;
    int r = -ECONNRESET;

    fetch->fd = fd;
    if (fd >= 0)
        r = sd_event_add_io(fetch->broker->event, &fetch->source, fd, EPOLLIN, on_fetch, fetch);
    if (r >= 0)
        r = sd_event_source_set_priority(fetch->source, BK_CLIENT_PRIORITY_LATER);
    if (r >= 0)
        r = sd_event_source_set_time_relative(fetch->timer, BK_CLIPBOARD_STALL_MS * UINT64_C(1000));
    if (r < 0)
        end_fetch(fetch, "the stream for what it copied did not come");
}

int bk_clip_fetch(struct bk_broker *broker, struct bk_app *app, const struct bk_clip_fetch_events *events,
                  void *userdata, struct bk_stream_token *ret_token, struct bk_clip_fetch **ret)
{
    struct bk_clip_fetch *fetch = malloc(sizeof *fetch);

    if (fetch == NULL)
        return -ENOMEM;
    *fetch = (struct bk_clip_fetch){
        .broker = broker, .events = events, .userdata = userdata, .fd = -1, .begun_ms = bk_broker_now_ms()
    };
    int r = sd_event_add_time_relative(broker->event, &fetch->timer, CLOCK_MONOTONIC,
                                       BK_CLIPBOARD_STALL_MS * UINT64_C(1000), 0, on_fetch_time, fetch);
    if (r >= 0)
        r = bk_stream_offer(broker, app, on_fetch_arrived, fetch, &fetch->token);
    if (r < 0) {
        fetch_free(fetch);
        return r;
    }
    *ret_token = fetch->token;
    *ret = fetch;
    return 0;
}

size_t bk_clip_fetch_size(const struct bk_clip_fetch *fetch)
{
    return fetch->clip != NULL ? fetch->clip->size : 0;
}

void bk_clip_fetch_cancel(struct bk_clip_fetch *fetch)
{
    if (fetch == NULL)
        return;
    if (fetch->fd < 0)
        bk_stream_withdraw(fetch->broker, &fetch->token);
    fetch_free(fetch);
}

/* ---- to the app that pastes ---- */

struct bk_clip_send {
    struct bk_broker *broker;
    void (*ended)(struct bk_clip_send *send, void *userdata);
    void *userdata;
    struct bk_stream_token token;
    int fd; /* -1: its stream is not there */
    struct bk_clip *clip;
    size_t sent;
    sd_event_source *source, *timer;
};

static void send_free(struct bk_clip_send *send)
{
    sd_event_source_disable_unref(send->source);
    sd_event_source_disable_unref(send->timer);
    bk_close(send->fd);
    bk_clip_unref(send->clip);
    free(send);
}

void bk_clip_send_end(struct bk_clip_send *send)
{
    if (send->fd < 0)
        bk_stream_withdraw(send->broker, &send->token);
    send->ended(send, send->userdata);
    send_free(send);
}

static int on_send_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    (void)source;
    (void)usec;
    bk_clip_send_end(userdata);
    return 0;
}

static int on_send(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_clip_send *sending = userdata;
    const struct bk_clip *clip = sending->clip;
    ssize_t n = 0;

    (void)source;
    (void)events;
    if (sending->sent < clip->size)
        n = send(fd, clip->bytes + sending->sent, bk_min(clip->size - sending->sent, (size_t)AT_ONCE),
                 MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n > 0) {
        sending->sent += (size_t)n;
        (void)sd_event_source_set_time_relative(sending->timer, BK_CLIPBOARD_SEND_MS * UINT64_C(1000));
    }
    if (n < 0 || sending->sent == clip->size)
        bk_clip_send_end(sending);
    return 0;
}

static void on_send_arrived(int fd, void *userdata)
{
    struct bk_clip_send *send = userdata;
    int r = -ECONNRESET;

    send->fd = fd;
    if (fd >= 0)
        r = sd_event_add_io(send->broker->event, &send->source, fd, EPOLLOUT, on_send, send);
    if (r >= 0)
        r = sd_event_source_set_priority(send->source, BK_CLIENT_PRIORITY_LATER);
    if (r >= 0)
        r = sd_event_source_set_time_relative(send->timer, BK_CLIPBOARD_SEND_MS * UINT64_C(1000));
    if (r < 0)
        bk_clip_send_end(send);
}

int bk_clip_send(struct bk_broker *broker, struct bk_app *app, struct bk_clip *clip,
                 void (*ended)(struct bk_clip_send *send, void *userdata), void *userdata,
                 struct bk_stream_token *ret_token, struct bk_clip_send **ret)
{
    struct bk_clip_send *send = malloc(sizeof *send);

    if (send == NULL)
        return -ENOMEM;
    *send = (struct bk_clip_send){
        .broker = broker, .ended = ended, .userdata = userdata, .fd = -1, .clip = bk_clip_ref(clip)
    };
    int r = sd_event_add_time_relative(broker->event, &send->timer, CLOCK_MONOTONIC,
                                       BK_CLIPBOARD_SEND_MS * UINT64_C(1000), 0, on_send_time, send);
    if (r >= 0)
        r = bk_stream_offer(broker, app, on_send_arrived, send, &send->token);
    if (r < 0) {
        send_free(send);
        return r;
    }
    *ret_token = send->token;
    *ret = send;
    return 0;
}
