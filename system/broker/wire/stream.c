/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "stream.h"

#include "broker.h"

#include "cleanup.h"
#include "io.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>

#define TOKEN_BYTES (BK_STREAM_TOKEN_DIGITS / 2)
#define LINE_LENGTH (BK_STREAM_TOKEN_DIGITS + 1) /* a token and a line feed */

struct bk_stream_offer {
    struct bk_stream_offer *next;
    struct bk_broker *broker;
    const struct bk_app *app;
    bk_stream_arrived_t arrived;
    void *userdata;
    struct bk_stream_token token;
    sd_event_source *timer;
};

struct bk_stream_arrival {
    struct bk_stream_arrival *next;
    struct bk_broker *broker;
    struct bk_app *app;
    int fd;
    char line[LINE_LENGTH];
    size_t length; /* of what came of it */
    sd_event_source *source;
    sd_event_source *timer;
};

/* ---- what is offered ---- */

/* Takes an offer from where the list holds it; it is there no more. */
static struct bk_stream_offer take_offer_at(struct bk_stream_offer **at)
{
    struct bk_stream_offer *offer = *at;
    struct bk_stream_offer taken = *offer;

    *at = offer->next;
    sd_event_source_disable_unref(offer->timer);
    free(offer);
    return taken;
}

static struct bk_stream_offer take_offer(struct bk_stream_offer *offer)
{
    struct bk_stream_offer **at = &offer->broker->streams.offers;

    while (*at != offer)
        at = &(*at)->next;
    return take_offer_at(at);
}

/* Ends an offer; the callback may offer and withdraw others. */
static void fulfil(struct bk_stream_offer *offer, int fd)
{
    struct bk_stream_offer taken = take_offer(offer);

    taken.arrived(fd, taken.userdata);
}

static int on_offer_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    (void)source;
    (void)usec;
    fulfil(userdata, -1);
    return 0;
}

static unsigned count_offers(const struct bk_broker *broker, const struct bk_app *app)
{
    unsigned count = 0;

    for (const struct bk_stream_offer *offer = broker->streams.offers; offer != NULL; offer = offer->next)
        count += offer->app == app;
    return count;
}

static int make_token(struct bk_stream_token *ret)
{
    unsigned char bytes[TOKEN_BYTES];

    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        return -errno;
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(ret->text + 2 * i, 3, "%02x", bytes[i]);
    return 0;
}

int bk_stream_offer(struct bk_broker *broker, struct bk_app *app, bk_stream_arrived_t arrived, void *userdata,
                    struct bk_stream_token *ret_token)
{
    struct bk_stream_token token;

    if (count_offers(broker, app) >= BK_STREAM_OFFERED_MAX)
        return -EBUSY;
    int r = make_token(&token);
    if (r < 0)
        return r;
    struct bk_stream_offer *offer = calloc(1, sizeof *offer);
    if (offer == NULL)
        return -ENOMEM;
    *offer = (struct bk_stream_offer){ .next = broker->streams.offers,
                                       .broker = broker,
                                       .app = app,
                                       .arrived = arrived,
                                       .userdata = userdata,
                                       .token = token };
    r = sd_event_add_time_relative(broker->event, &offer->timer, CLOCK_MONOTONIC, BK_STREAM_OFFER_MS * UINT64_C(1000),
                                   0, on_offer_time, offer);
    if (r < 0) {
        free(offer);
        return r;
    }
    broker->streams.offers = offer;
    *ret_token = token;
    return 0;
}

/* Whether two tokens are the same, in a time that does not tell where they differ. */
static bool same_token(const char *one, const char *other)
{
    volatile unsigned char difference = 0;

    for (size_t i = 0; i < BK_STREAM_TOKEN_DIGITS; i++)
        difference = (unsigned char)(difference | ((unsigned char)one[i] ^ (unsigned char)other[i]));
    return difference == 0;
}

/* The offer to `app` with this token, or NULL. Goes over all of the app's, whichever it is. */
static struct bk_stream_offer *find_offer(const struct bk_broker *broker, const struct bk_app *app, const char *token)
{
    struct bk_stream_offer *found = NULL;

    for (struct bk_stream_offer *offer = broker->streams.offers; offer != NULL; offer = offer->next) {
        if (offer->app == app && same_token(offer->token.text, token))
            found = offer;
    }
    return found;
}

void bk_stream_withdraw(struct bk_broker *broker, const struct bk_stream_token *token)
{
    for (struct bk_stream_offer *offer = broker->streams.offers; offer != NULL; offer = offer->next) {
        if (same_token(offer->token.text, token->text)) {
            take_offer(offer);
            return;
        }
    }
}

/* ---- what arrives ---- */

/* Takes a connection from where the list holds it; its descriptor is the caller's. */
static int take_arrival_at(struct bk_stream_arrival **at)
{
    struct bk_stream_arrival *arrival = *at;
    int fd = arrival->fd;

    *at = arrival->next;
    sd_event_source_disable_unref(arrival->source);
    sd_event_source_disable_unref(arrival->timer);
    free(arrival);
    return fd;
}

static int take_arrival(struct bk_stream_arrival *arrival)
{
    struct bk_stream_arrival **at = &arrival->broker->streams.arrivals;

    while (*at != arrival)
        at = &(*at)->next;
    return take_arrival_at(at);
}

static void refuse(struct bk_stream_arrival *arrival, const char *fault)
{
    if (fault != NULL)
        bk_broker_log_refusal(arrival->app, fault);
    bk_close(take_arrival(arrival));
}

static int on_arrival_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    (void)source;
    (void)usec;
    refuse(userdata, "a stream whose token did not come in time");
    return 0;
}

static int on_arrival(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_stream_arrival *arrival = userdata;
    ssize_t n = recv(fd, arrival->line + arrival->length, LINE_LENGTH - arrival->length, MSG_DONTWAIT);

    (void)source;
    (void)events;
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    if (n <= 0) {
        refuse(arrival, n == 0 && arrival->length > 0 ? "half a stream's token" : NULL);
        return 0;
    }
    arrival->length += (size_t)n;
    if (arrival->length < LINE_LENGTH)
        return 0;
    struct bk_stream_offer *offer = NULL;
    if (arrival->line[BK_STREAM_TOKEN_DIGITS] == '\n')
        offer = find_offer(arrival->broker, arrival->app, arrival->line);
    if (offer == NULL)
        refuse(arrival, "a stream's token that is not offered");
    else
        fulfil(offer, take_arrival(arrival));
    return 0;
}

static bool may_wait(const struct bk_broker *broker, const struct bk_app *app)
{
    unsigned of_app = 0;
    unsigned of_all = 0;

    for (const struct bk_stream_arrival *arrival = broker->streams.arrivals; arrival != NULL; arrival = arrival->next) {
        of_app += arrival->app == app;
        of_all++;
    }
    return of_app < BK_STREAM_WAITING_MAX && of_all < BK_STREAM_WAITING_ALL_MAX;
}

void bk_stream_admit(struct bk_broker *broker, struct bk_app *app, int fd)
{
    _cleanup_close_ int owned = fd;

    if (!may_wait(broker, app)) {
        bk_broker_log_refusal(app, "too many streams without a token");
        return;
    }
    struct bk_stream_arrival *arrival = calloc(1, sizeof *arrival);
    if (arrival == NULL)
        return;
    arrival->next = broker->streams.arrivals;
    arrival->broker = broker;
    arrival->app = app;
    arrival->fd = fd;
    broker->streams.arrivals = arrival;
    int r = sd_event_add_io(broker->event, &arrival->source, fd, EPOLLIN, on_arrival, arrival);
    if (r >= 0)
        r = sd_event_source_set_priority(arrival->source, BK_CLIENT_PRIORITY_CALL);
    if (r >= 0)
        r = sd_event_add_time_relative(broker->event, &arrival->timer, CLOCK_MONOTONIC,
                                       BK_STREAM_WAITING_MS * UINT64_C(1000), 0, on_arrival_time, arrival);
    if (r < 0) {
        bk_error("cannot wait for a stream of %s: %s", app->id, strerror(-r));
        take_arrival(arrival);
        return;
    }
    TAKE_FD(owned);
}

/* ---- ends ---- */

/* Ends one that is waiting, or one offer, of `app` (NULL: of any); false when there is none. */
static bool end_one(struct bk_broker *broker, const struct bk_app *app)
{
    for (struct bk_stream_arrival **at = &broker->streams.arrivals; *at != NULL; at = &(*at)->next) {
        if (app == NULL || (*at)->app == app) {
            bk_close(take_arrival_at(at));
            return true;
        }
    }
    for (struct bk_stream_offer **at = &broker->streams.offers; *at != NULL; at = &(*at)->next) {
        if (app == NULL || (*at)->app == app) {
            struct bk_stream_offer offer = take_offer_at(at);
            offer.arrived(-1, offer.userdata);
            return true;
        }
    }
    return false;
}

void bk_stream_end_app(struct bk_broker *broker, const struct bk_app *app)
{
    while (end_one(broker, app)) /* from the start: a callback may have ended others */
        ;
}

void bk_stream_end_all(struct bk_broker *broker)
{
    while (end_one(broker, NULL))
        ;
}
