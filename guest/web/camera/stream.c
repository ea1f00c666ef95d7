/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "stream.h"

#include "reach.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <systemd/sd-varlink.h>

#define FRAME_MAX (4U << 20)

int bk_camera_stream_init(struct bk_camera_stream *stream)
{
    *stream = (struct bk_camera_stream){ .call = -1, .fd = -1 };
    g_mutex_init(&stream->lock);
    stream->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return stream->event < 0 ? -errno : 0;
}

void bk_camera_stream_finish(struct bk_camera_stream *stream)
{
    bk_camera_end(stream);
    g_clear_fd(&stream->event, NULL);
    g_mutex_clear(&stream->lock);
}

void bk_camera_stream_cancel(struct bk_camera_stream *stream, bool cancelled)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&stream->lock);
    eventfd_t count;

    stream->cancelled = cancelled;
    if (!cancelled) {
        (void)eventfd_read(stream->event, &count);
        return;
    }
    (void)eventfd_write(stream->event, 1);
    if (stream->call >= 0)
        (void)shutdown(stream->call, SHUT_RDWR);
}

void bk_camera_stream_wait(struct bk_camera_stream *stream)
{
    struct pollfd waiting = { .fd = stream->event, .events = POLLIN };
    while (stream->event >= 0 && poll(&waiting, 1, -1) < 0 && errno == EINTR)
        ;
}

/* The call that may be ended from elsewhere is on this one from now on; -1: none. */
static int call_on(struct bk_camera_stream *stream, int fd)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&stream->lock);

    stream->call = fd;
    return stream->cancelled ? -ECANCELED : 0;
}

int bk_camera_call(struct bk_camera_stream *stream, const char *method, sd_json_variant *parameters,
                   uint64_t patience_us, sd_json_variant **ret)
{
    __attribute__((cleanup(sd_json_variant_unrefp))) sd_json_variant *owned = parameters;
    __attribute__((cleanup(sd_varlink_close_unrefp))) sd_varlink *link = NULL;
    g_autofd int fd = bk_web_connect(0);
    sd_json_variant *answer = NULL;
    const char *error = NULL;

    if (fd < 0)
        return fd;
    int r = sd_varlink_connect_fd(&link, fd);
    if (r < 0)
        return r;
    int connected = g_steal_fd(&fd);
    r = call_on(stream, connected);
    if (r >= 0)
        r = sd_varlink_set_relative_timeout(link, patience_us);
    if (r >= 0)
        r = sd_varlink_call(link, method, parameters, &answer, &error);
    int cancelled = call_on(stream, -1);
    if (r < 0 || cancelled < 0)
        return cancelled < 0 ? cancelled : r;
    if (error != NULL)
        return strcmp(error, SD_VARLINK_ERROR_PERMISSION_DENIED) == 0 ? -EACCES : -EREMOTEIO;
    *ret = sd_json_variant_ref(answer);
    return 0;
}

static void forget_frame(struct bk_camera_stream *stream)
{
    g_clear_pointer(&stream->pixels, g_free);
    stream->got = stream->length = 0;
}

int bk_camera_begin(struct bk_camera_stream *stream, const char *token)
{
    bk_camera_end(stream);
    stream->fd = bk_web_stream(token);
    return stream->fd < 0 ? stream->fd : 0;
}

void bk_camera_end(struct bk_camera_stream *stream)
{
    g_clear_fd(&stream->fd, NULL);
    forget_frame(stream);
}

/* Goes on until there are `size` bytes at `to`. */
static int fill(struct bk_camera_stream *stream, guint8 *to, gsize size)
{
    struct pollfd waiting[] = { { .fd = stream->event, .events = POLLIN }, { .fd = stream->fd, .events = POLLIN } };

    while (stream->got < size) {
        int r = poll(waiting, G_N_ELEMENTS(waiting), -1);
        if (r < 0 && errno != EINTR)
            return -errno;
        if (r < 0)
            continue;
        if (waiting[0].revents != 0)
            return -ECANCELED;
        ssize_t n = recv(stream->fd, to + stream->got, size - stream->got, MSG_DONTWAIT);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return -errno;
        if (n == 0)
            return -ENODATA;
        stream->got += n < 0 ? 0 : (gsize)n;
    }
    return 0;
}

int bk_camera_read(struct bk_camera_stream *stream, GBytes **ret)
{
    guint32 length;

    if (stream->pixels == NULL) {
        int r = fill(stream, stream->header, sizeof stream->header);
        if (r < 0)
            return r;
        memcpy(&length, stream->header, sizeof length);
        stream->length = GUINT32_FROM_LE(length);
        if (stream->length == 0 || stream->length > FRAME_MAX)
            return -EBADMSG;
        stream->pixels = g_malloc(stream->length);
        stream->got = 0;
    }
    int r = fill(stream, stream->pixels, stream->length);
    if (r < 0)
        return r;
    *ret = g_bytes_new_take(g_steal_pointer(&stream->pixels), stream->length);
    forget_frame(stream);
    return 0;
}
