/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "client.h"

#include "cbor_wire.h"
#include "framing.h"

#include "cleanup.h"
#include "io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#define BUFFER_SIZE       4096U
#define PAUSE_ACCURACY_US 1000U /* a rest is some milliseconds */
#define TURN_US           UINT64_C(1000000)

struct bk_client {
    sd_varlink *link; /* NULL once sd-varlink has ended its side */
    int app_fd;
    int inner_fd; /* our end of the socket pair */
    bk_client_closed_t closed;
    void (*read)(void *userdata); /* or NULL */
    bk_client_passed_t passed;    /* or NULL */
    void *userdata;
    struct bk_quota *quota;
    struct bk_cbor_wire *cbor; /* NULL: the app speaks JSON */

    sd_event_source *app_source;
    sd_event_source *inner_source;
    sd_event_source
        *again_source; /* the way in shall be looked at again, with nothing new to read; NULL: it need not */
    sd_event_source *message_source; /* the time by which the message must have ended */
    sd_event_source *pause_source;   /* the time at which the app may call again */
    sd_event_source *turn_source;    /* while it goes later: the time at which it is looked whether it still has to */

    struct bk_framing framing;
    bool timed;   /* message_source is on */
    int priority; /* of the way in */
    char in[BUFFER_SIZE];
    size_t in_start;   /* the first byte not passed on … */
    size_t in_scanned; /* … those before here may be … */
    size_t in_end;     /* … and here they end */

    const char *out; /* what is on its way to the app */
    char out_buffer[BUFFER_SIZE];
    size_t out_start;
    size_t out_end;
    unsigned unread;
};

enum step {
    STEP_DONE,  /* something was done; there may be more */
    STEP_WAIT,  /* nothing to do until something happens */
    STEP_ENDED, /* the client is gone */
};

static void client_free(struct bk_client *client)
{
    sd_event_source_disable_unref(client->app_source);
    sd_event_source_disable_unref(client->inner_source);
    sd_event_source_disable_unref(client->again_source);
    sd_event_source_disable_unref(client->message_source);
    sd_event_source_disable_unref(client->pause_source);
    sd_event_source_disable_unref(client->turn_source);
    if (client->link != NULL) {
        sd_varlink_set_userdata(client->link, NULL); /* its disconnection is no news any more */
        sd_varlink_close_unref(client->link);
    }
    bk_close(client->app_fd);
    bk_close(client->inner_fd);
    bk_cbor_wire_destroy(client->cbor);
    free(client);
}

void bk_client_close(struct bk_client *client, enum bk_client_end end, const char *why)
{
    client->closed(client, end, why, client->userdata);
    client_free(client);
}

static enum step end(struct bk_client *client, enum bk_client_end end, const char *why)
{
    bk_client_close(client, end, why);
    return STEP_ENDED;
}

/* By what its app does. */
static enum step refuse(struct bk_client *client, const char *fault)
{
    return end(client, BK_CLIENT_REFUSED, fault);
}

/* By an error of its socket: mostly what is felt when the app has closed the other end. */
static enum step end_broken(struct bk_client *client, int error)
{
    switch (error) {
    case EPIPE:
    case ECONNRESET:
    case ENOTCONN:
        return end(client, BK_CLIENT_LEFT, "it was reset");
    default:
        return end(client, BK_CLIENT_FAILED, strerrorname_np(error));
    }
}

uint64_t bk_client_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* The event loop fails to change a source only for lack of memory or by our own mistake: end the connection. */
static enum step checked(struct bk_client *client, int r)
{
    return r < 0 ? end(client, BK_CLIENT_FAILED, "no memory") : STEP_DONE;
}

static enum step set_events(struct bk_client *client, sd_event_source *source, uint32_t events)
{
    return checked(client, sd_event_source_set_io_events(source, events));
}

static int on_again(sd_event_source *source, void *userdata);

/* A new source each time: of those with the same priority the event loop takes the one that has waited longest, and a
 * deferred one that is enabled again counts from when it was made: all that an app has sent would go before what others
 * ask. */
static enum step look_again(struct bk_client *client)
{
    if (client->again_source != NULL)
        return STEP_DONE;
    int r = sd_event_add_defer(sd_event_source_get_event(client->app_source), &client->again_source, on_again, client);
    if (r >= 0)
        r = sd_event_source_set_priority(client->again_source, client->priority);
    return checked(client, r);
}

/* True in the middle of a message of the app's. */
static bool within_message(const struct bk_client *client)
{
    return bk_framing_within(&client->framing) || (client->cbor != NULL && bk_cbor_wire_within(client->cbor));
}

/* True when something was received that is not passed on yet. */
static bool in_holds(const struct bk_client *client)
{
    return client->in_start < client->in_end || (client->cbor != NULL && bk_cbor_wire_holds(client->cbor));
}

/* ---- the way out ---- */

static bool out_is_empty(const struct bk_client *client)
{
    return client->out_start == client->out_end;
}

/* Takes more of what sd-varlink says: a part of it as it comes, or one whole answer as CBOR. `*ret_drained`: it was
 * all. */
static enum step fill_out(struct bk_client *client, bool *ret_drained)
{
    ssize_t n;

    if (client->cbor != NULL) {
        n = bk_cbor_wire_answer(client->cbor, client->inner_fd, &client->out);
    } else {
        do {
            n = recv(client->inner_fd, client->out_buffer, sizeof client->out_buffer, MSG_DONTWAIT);
        } while (n < 0 && errno == EINTR);
        client->out = client->out_buffer;
    }
    if (n < 0 && errno == EAGAIN)
        return STEP_WAIT;
    if (n < 0 && errno == EBADMSG)
        return refuse(client, "an answer that is too long for CBOR");
    if (n <= 0) /* sd-varlink did not like what it got, and says no more */
        return refuse(client, "not a Varlink call");
    if (client->passed != NULL && client->cbor == NULL)
        client->passed(false, client->out, (size_t)n, client->userdata);
    client->out_start = 0;
    client->out_end = (size_t)n;
    *ret_drained = client->cbor == NULL && client->out_end < sizeof client->out_buffer;
    return STEP_DONE;
}

/* Moves answers to the app until there is none or the app takes none. */
static enum step pass_out(struct bk_client *client)
{
    bool drained = false;

    while (!drained || !out_is_empty(client)) {
        if (out_is_empty(client)) {
            enum step step = fill_out(client, &drained);
            if (step == STEP_ENDED)
                return step;
            if (step == STEP_WAIT)
                break;
        }
        ssize_t n = send(client->app_fd, client->out + client->out_start, client->out_end - client->out_start,
                         MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            if (set_events(client, client->inner_source, 0) == STEP_ENDED)
                return STEP_ENDED;
            return set_events(client, client->app_source, EPOLLOUT);
        }
        if (n < 0)
            return end_broken(client, errno);
        client->out_start += (size_t)n;
    }
    if (client->unread > 0 && client->read != NULL)
        client->read(client->userdata);
    client->unread = 0;
    if (set_events(client, client->app_source, EPOLLIN) == STEP_ENDED)
        return STEP_ENDED;
    return in_holds(client) ? look_again(client) : STEP_DONE;
}

/* True when the app has closed the connection, and has not only ended what it says. A Unix socket says so by EPOLLHUP;
 * a vsock says EPOLLRDHUP for both, and does not even take nothing any more. */
static bool is_closed(const struct bk_client *client)
{
    ssize_t n;

    do {
        n = send(client->app_fd, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n < 0 && errno != EAGAIN;
}

/* ---- the way in ---- */

/* True when sd-varlink may get the next message: invariant 2. */
static bool may_call(const struct bk_client *client)
{
    return out_is_empty(client) && client->link != NULL && sd_varlink_is_idle(client->link) > 0;
}

static int priority_now(const struct bk_client *client)
{
    unsigned turn = bk_quota_turn(client->quota);

    return turn == 0 ? BK_CLIENT_PRIORITY_CALL : BK_CLIENT_PRIORITY_LATER + (int)turn - 1;
}

/* Who goes later and calls no more is looked at again: else its next call would be late for what it did long ago. */
static int time_turn(struct bk_client *client)
{
    int r = sd_event_source_set_time_relative(client->turn_source, TURN_US);

    if (r >= 0)
        r = sd_event_source_set_enabled(client->turn_source,
                                        client->priority == BK_CLIENT_PRIORITY_CALL ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
    return r;
}

/* Lets those go first that have called less. */
static enum step take_turn(struct bk_client *client)
{
    int priority = priority_now(client);

    if (priority == client->priority)
        return STEP_DONE;
    client->priority = priority;
    int r = sd_event_source_set_priority(client->app_source, priority);
    if (r >= 0 && client->again_source != NULL)
        r = sd_event_source_set_priority(client->again_source, priority);
    if (r >= 0)
        r = time_turn(client);
    return checked(client, r);
}

/* The way in sleeps for so long. */
static enum step rest(struct bk_client *client, uint64_t rest_us)
{
    int r = sd_event_source_set_time_relative(client->pause_source, rest_us);

    if (r >= 0)
        r = sd_event_source_set_enabled(client->pause_source, SD_EVENT_ONESHOT);
    if (r >= 0)
        r = sd_event_source_set_enabled(client->app_source, SD_EVENT_OFF);
    return r < 0 ? checked(client, r) : STEP_WAIT;
}

static enum step fill_in(struct bk_client *client)
{
    const char *fault = NULL;
    ssize_t n;

    if (client->cbor != NULL) {
        n = bk_cbor_wire_receive(client->cbor, client->app_fd, client->in, sizeof client->in, &fault);
    } else {
        do {
            n = recv(client->app_fd, client->in, sizeof client->in, MSG_DONTWAIT);
        } while (n < 0 && errno == EINTR);
    }
    if (n < 0 && errno == EAGAIN)
        return STEP_WAIT;
    if (n < 0)
        return fault != NULL ? refuse(client, fault) : end_broken(client, errno);
    if (n == 0)
        return within_message(client) ? refuse(client, "half a message")
                                      : end(client, BK_CLIENT_LEFT, "it says no more");
    client->in_start = client->in_scanned = 0;
    client->in_end = (size_t)n;
    return STEP_DONE;
}

/* Sees to it that a message once begun ends in time: invariant 4. */
static enum step time_message(struct bk_client *client)
{
    bool within = within_message(client);
    int r = 0;

    if (within == client->timed)
        return STEP_DONE;
    client->timed = within;
    if (within)
        r = sd_event_source_set_time_relative(client->message_source, BK_CLIENT_MESSAGE_MS * UINT64_C(1000));
    if (r >= 0)
        r = sd_event_source_set_enabled(client->message_source, within ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
    return checked(client, r);
}

/* Looks at what was read, up to the end of a message: invariant 1. */
static enum step scan_in(struct bk_client *client, uint64_t now)
{
    size_t taken = 0;
    enum bk_framing_verdict verdict =
        bk_framing_scan(&client->framing, client->in + client->in_scanned, client->in_end - client->in_scanned, &taken);
    const char *fault = bk_framing_fault(verdict);

    if (fault != NULL)
        return refuse(client, fault);
    client->in_scanned += taken;
    bk_quota_count(client->quota, taken, verdict == BK_FRAMING_MESSAGE, now);
    return STEP_DONE;
}

static enum step write_in(struct bk_client *client)
{
    ssize_t n = send(client->inner_fd, client->in + client->in_start, client->in_scanned - client->in_start,
                     MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n < 0 && errno == EINTR)
        return STEP_DONE;
    if (n < 0 && errno == EAGAIN) {
        enum step step = set_events(client, client->inner_source, EPOLLIN | EPOLLOUT);
        return step == STEP_ENDED ? step : STEP_WAIT;
    }
    if (n < 0)
        return refuse(client, "not a Varlink call");
    if (client->passed != NULL)
        client->passed(true, client->in + client->in_start, (size_t)n, client->userdata);
    client->in_start += (size_t)n;
    return STEP_DONE;
}

/* Passes one piece of a message on, at most up to its end. */
static enum step pass_in(struct bk_client *client, uint64_t now)
{
    if (client->in_start == client->in_scanned) {
        enum step step = STEP_DONE;
        if (!may_call(client))
            return STEP_WAIT;
        uint64_t rest_us = within_message(client) ? 0 : bk_quota_wait(client->quota, now);
        if (rest_us > 0)
            return rest(client, rest_us);
        if (take_turn(client) == STEP_ENDED)
            return STEP_ENDED;
        if (client->in_scanned == client->in_end)
            step = fill_in(client);
        if (step == STEP_DONE)
            step = scan_in(client, now);
        if (step != STEP_ENDED && time_message(client) == STEP_ENDED)
            return STEP_ENDED;
        if (step != STEP_DONE)
            return step;
    }
    return write_in(client);
}

/* Lets sd-varlink deal with what it was given, and passes its answer on. Left to the event loop, each of its steps
 * would take a round of the loop, and a call three times as many system calls. */
static void serve(struct bk_client *client)
{
    while (client->link != NULL && sd_varlink_process(client->link) > 0)
        ;
    (void)pass_out(client);
}

static void advance(struct bk_client *client)
{
    bool may = may_call(client);
    struct bk_quota *quota = client->quota; /* lives longer */
    uint64_t before = bk_client_now_us();
    enum step step = pass_in(client, before);

    switch (step) {
    case STEP_DONE:
        serve(client);
        break;
    case STEP_WAIT:
        /* Behind a call that is not answered yet nothing is read, and nothing wakes us that could not be used: that the
         * app goes does, and each such news once, for an app that has only ended what it says may go later. */
        if (!may && out_is_empty(client))
            (void)set_events(client, client->app_source, EPOLLRDHUP | EPOLLET);
        break;
    case STEP_ENDED:
        break;
    }
    if (step != STEP_WAIT) {
        uint64_t after = bk_client_now_us();
        bk_quota_work(quota, after - before, after);
    }
}

/* ---- what wakes us ---- */

static int on_app(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_client *client = userdata;
    bool gone = (events & (EPOLLHUP | EPOLLERR)) != 0 || ((events & EPOLLRDHUP) != 0 && is_closed(client));

    (void)source;
    (void)fd;
    /* Gone for good: whatever waits for an answer waits in vain. What it had said before still counts. */
    if (gone && !may_call(client)) {
        bk_client_close(client, BK_CLIENT_LEFT, "it was closed in the middle of a call");
        return 0;
    }
    if (events == EPOLLRDHUP && !may_call(client))
        return 0;
    if ((events & EPOLLOUT) != 0) {
        if (set_events(client, client->inner_source, EPOLLIN) != STEP_ENDED)
            (void)pass_out(client);
        return 0;
    }
    advance(client);
    return 0;
}

static int on_inner(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_client *client = userdata;

    (void)source;
    (void)fd;
    if ((events & EPOLLOUT) != 0) {
        if (set_events(client, client->inner_source, EPOLLIN) != STEP_ENDED)
            (void)look_again(client);
        return 0;
    }
    (void)pass_out(client);
    return 0;
}

static int on_again(sd_event_source *source, void *userdata)
{
    struct bk_client *client = userdata;

    (void)source;
    client->again_source = sd_event_source_unref(client->again_source);
    advance(client);
    return 0;
}

static int on_message_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    (void)source;
    (void)usec;
    bk_client_close(userdata, BK_CLIENT_REFUSED, "a message that did not end in time");
    return 0;
}

static int on_pause_over(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_client *client = userdata;

    (void)source;
    (void)usec;
    if (checked(client, sd_event_source_set_enabled(client->app_source, SD_EVENT_ON)) != STEP_ENDED && in_holds(client))
        (void)look_again(client); /* in its turn: all connections of an app end their rest at once */
    return 0;
}

static int on_turn_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_client *client = userdata;

    (void)source;
    (void)usec;
    (void)bk_quota_wait(client->quota, bk_client_now_us()); /* begins a second when it is time */
    if (take_turn(client) != STEP_ENDED)
        (void)checked(client, time_turn(client));
    return 0;
}

/* ---- life ---- */

static int add_sources(struct bk_client *client, sd_event *event)
{
    int r = sd_event_add_io(event, &client->app_source, client->app_fd, EPOLLIN, on_app, client);
    if (r >= 0)
        r = sd_event_source_set_priority(client->app_source, client->priority);
    if (r >= 0)
        r = sd_event_add_io(event, &client->inner_source, client->inner_fd, EPOLLIN, on_inner, client);
    if (r >= 0)
        r = sd_event_source_set_priority(client->inner_source, BK_CLIENT_PRIORITY_ANSWER);
    if (r >= 0)
        r = sd_event_add_time_relative(event, &client->message_source, CLOCK_MONOTONIC, 0, 0, on_message_time, client);
    if (r >= 0)
        r = sd_event_source_set_enabled(client->message_source, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_time_relative(event, &client->pause_source, CLOCK_MONOTONIC, 0, PAUSE_ACCURACY_US,
                                       on_pause_over, client);
    if (r >= 0)
        r = sd_event_source_set_enabled(client->pause_source, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_time_relative(event, &client->turn_source, CLOCK_MONOTONIC, 0, 0, on_turn_time, client);
    return r < 0 ? r : time_turn(client);
}

int bk_client_create(sd_event *event, sd_varlink_server *server, int fd, enum bk_client_encoding encoding,
                     struct bk_quota *quota, bk_client_closed_t closed, void *userdata, struct bk_client **ret)
{
    int pair[2];
    int r;

    struct bk_client *client = calloc(1, sizeof *client);
    if (client == NULL)
        return -ENOMEM;
    client->app_fd = -1;
    client->inner_fd = -1;
    client->closed = closed;
    client->userdata = userdata;
    client->quota = quota;
    client->priority = priority_now(client);
    if (encoding == BK_CLIENT_CBOR && (client->cbor = bk_cbor_wire_create()) == NULL) {
        r = -ENOMEM;
        goto fail;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
        r = -errno;
        goto fail;
    }
    client->inner_fd = pair[0];
    sd_varlink *link = NULL;
    r = sd_varlink_server_add_connection(server, pair[1], &link);
    if (r < 0) {
        bk_close(pair[1]);
        goto fail;
    }
    client->link = sd_varlink_ref(link);
    sd_varlink_set_userdata(client->link, client);
    client->app_fd = fd;
    r = add_sources(client, event);
    if (r < 0) {
        client->app_fd = -1; /* stays the caller's */
        goto fail;
    }
    *ret = client;
    return 0;

fail:
    client_free(client);
    return r;
}

bool bk_client_is_over(const struct bk_client *client)
{
    char byte;

    if (!may_call(client))
        return is_closed(client);
    if (in_holds(client))
        return false;
    ssize_t n = recv(client->app_fd, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

void bk_client_disconnected(struct bk_client *client)
{
    /* What it has said last is still in the socket pair: the way out meets its end after that. */
    client->link = sd_varlink_unref(client->link);
}

sd_varlink *bk_client_link(struct bk_client *client)
{
    return client->link;
}

void *bk_client_userdata(struct bk_client *client)
{
    return client->userdata;
}

bool bk_client_reads(const struct bk_client *client)
{
    return client->unread == 0;
}

void bk_client_on_read(struct bk_client *client, void (*read)(void *userdata))
{
    client->read = read;
}

static void on_answer(const char *text, size_t size, void *userdata)
{
    struct bk_client *client = userdata;

    client->passed(false, text, size, client->userdata);
}

void bk_client_on_pass(struct bk_client *client, bk_client_passed_t passed)
{
    client->passed = passed;
    if (client->cbor != NULL)
        bk_cbor_wire_on_answer(client->cbor, on_answer, client);
}

bool bk_client_may_tell(struct bk_client *client)
{
    return ++client->unread <= BK_CLIENT_UNREAD_MAX;
}
