/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "camera_offer.h"

#include "checked.h"
#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

struct bk_camera_offer {
    struct bk_camera camera; /* first */
    struct bk_connection *connection;
    bool untold; /* its app does not know the token */
    bool has_token;
    struct bk_stream_token token;
    int fd; /* of the stream; -1: there is none */
    sd_event_source *source;
    struct bk_camera_intake intake;
};

static void close_stream(struct bk_camera_offer *offer)
{
    offer->source = sd_event_source_disable_unref(offer->source);
    offer->fd = bk_close(offer->fd);
    bk_camera_intake_finish(&offer->intake);
}

/* Its app does not give what it should: it is as if it had ended the stream. */
static void fail(struct bk_camera_offer *offer, const char *fault)
{
    if (fault != NULL)
        bk_broker_log_refusal(offer->camera.app, fault);
    close_stream(offer);
    bk_camera_ended(&offer->camera);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_camera_offer *offer = userdata;
    struct bk_camera_frame *frame = NULL;
    size_t room = 0;
    void *at = bk_camera_intake_room(&offer->intake, &room);
    ssize_t n = recv(fd, at, bk_min(room, BK_CAMERA_OFFER_CHUNK), MSG_DONTWAIT);

    (void)source;
    (void)events;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0) {
        fail(offer, offer->intake.filled > 0 ? "Camera.Offer: half a frame" : NULL);
        return 0;
    }
    int r = bk_camera_intake_filled(&offer->intake, (size_t)n, &frame);
    if (r > 0) {
        bk_camera_show(&offer->camera, frame);
        bk_camera_frame_unref(frame);
    } else if (r < 0)
        fail(offer, r == -EBADMSG ? "Camera.Offer: a frame of no length that a frame has" : "Camera.Offer: no memory");
    return 0;
}

static void on_arrived(int fd, void *userdata)
{
    struct bk_camera_offer *offer = userdata;

    offer->has_token = offer->untold = false;
    if (fd < 0) {
        fail(offer, "Camera.Offer: it did not come to give frames");
        return;
    }
    offer->fd = fd;
    int r = sd_event_add_io(offer->camera.broker->event, &offer->source, fd, EPOLLIN, on_io, offer);
    if (r >= 0)
        r = sd_event_source_set_priority(offer->source, BK_CLIENT_PRIORITY_LATER);
    if (r < 0) {
        bk_error("cannot take frames of %s: %s", offer->camera.app->id, strerror(-r));
        fail(offer, NULL);
        return;
    }
    bk_camera_begun(&offer->camera);
}

static int start(struct bk_camera *camera)
{
    struct bk_camera_offer *offer = (struct bk_camera_offer *)camera;
    int r = bk_stream_offer(camera->broker, camera->app, on_arrived, offer, &offer->token);

    if (r < 0)
        return r; /* it leaves too many tokens lying, or there is no memory */
    offer->has_token = offer->untold = true;
    (void)sd_event_source_set_enabled(camera->broker->cameras.due, SD_EVENT_ONESHOT);
    return 0;
}

static void stop(struct bk_camera *camera)
{
    struct bk_camera_offer *offer = (struct bk_camera_offer *)camera;

    if (offer->has_token)
        bk_stream_withdraw(camera->broker, &offer->token);
    offer->has_token = offer->untold = false;
    close_stream(offer);
}

int bk_camera_offer_begin(struct bk_connection *connection, const struct bk_camera *said)
{
    struct bk_camera_offer *offer = calloc(1, sizeof *offer);

    if (offer == NULL)
        return -ENOMEM;
    offer->camera = *said;
    offer->camera.app = connection->app;
    offer->camera.start = start;
    offer->camera.stop = stop;
    offer->connection = connection;
    offer->fd = -1;
    connection->camera_offer = offer;
    bk_camera_add(connection->broker, &offer->camera);
    return 0;
}

void bk_camera_offer_end(struct bk_camera_offer *offer)
{
    offer->connection->camera_offer = NULL;
    bk_camera_remove(&offer->camera); /* which stops it */
    free(offer);
}

void bk_camera_offer_tell(struct bk_camera_offer *offer)
{
    const struct bk_camera_mode *mode = offer->camera.mode;
    struct bk_client *client = offer->connection->client;

    if (!offer->untold || bk_client_link(client) == NULL || !bk_client_reads(client))
        return;
    offer->untold = false;
    (void)bk_client_may_tell(client); /* there is one at a time: never too many */
    (void)sd_varlink_notifybo(
        bk_client_link(client), SD_JSON_BUILD_PAIR_STRING("stream", offer->token.text),
        SD_JSON_BUILD_PAIR_STRING("format", mode->format), SD_JSON_BUILD_PAIR_UNSIGNED("width", mode->width),
        SD_JSON_BUILD_PAIR_UNSIGNED("height", mode->height), SD_JSON_BUILD_PAIR_UNSIGNED("rate", mode->rate));
}
