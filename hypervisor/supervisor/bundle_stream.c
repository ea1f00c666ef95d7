/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "bundle_stream.h"

#include "checked.h"
#include "cleanup.h"
#include "io.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static_assert(BK_BUNDLE_STREAM_CHUNK >= 2 * BK_BUNDLE_MARK_SIZE, "a mark is found");

/* Either is waited for alone: the port while there is nothing to pass on, who takes it while there is. */
static int wait_for_more(struct bk_bundle_stream *stream)
{
    const bool filled = stream->found && stream->from < stream->to;
    int r = sd_event_source_set_enabled(stream->source, stream->out >= 0 && !filled ? SD_EVENT_ON : SD_EVENT_OFF);

    if (r >= 0 && stream->out_source != NULL)
        r = sd_event_source_set_enabled(stream->out_source, filled ? SD_EVENT_ON : SD_EVENT_OFF);
    return r;
}

/* Throws away what cannot be the mark any more, or all up to its end. */
static void look_for_mark(struct bk_bundle_stream *stream)
{
    const uint8_t *mark = memmem(stream->buffer, stream->to, stream->mark, BK_BUNDLE_MARK_SIZE);

    if (mark != NULL) {
        stream->found = true;
        stream->from = (size_t)(mark - stream->buffer) + BK_BUNDLE_MARK_SIZE;
        return;
    }
    const size_t kept = stream->to < BK_BUNDLE_MARK_SIZE ? stream->to : BK_BUNDLE_MARK_SIZE - 1;
    memmove(stream->buffer, stream->buffer + stream->to - kept, kept);
    stream->to = kept;
}

static void pass_on(struct bk_bundle_stream *stream)
{
    while (stream->out >= 0 && stream->found && stream->from < stream->to) {
        const size_t size = (size_t)bk_min((uint64_t)(stream->to - stream->from), stream->left);
        ssize_t n = send(stream->out, stream->buffer + stream->from, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        stream->from += n > 0 ? (size_t)n : 0;
        stream->left -= n > 0 ? (uint64_t)n : 0;
        if (n < 0 || stream->left == 0)
            bk_bundle_stream_end(stream); /* who takes it has enough, or all */
    }
}

static int on_port(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_bundle_stream *stream = userdata;
    size_t kept = stream->found ? 0 : stream->to;

    (void)events;
    ssize_t n = read(fd, stream->buffer + kept, sizeof stream->buffer - kept);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0) /* the VM has ended; its owner will close the port */
        return sd_event_source_set_enabled(source, SD_EVENT_OFF);
    stream->from = 0;
    stream->to = kept + (size_t)n;
    if (!stream->found)
        look_for_mark(stream);
    pass_on(stream);
    return wait_for_more(stream);
}

static int on_taker(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_bundle_stream *stream = userdata;

    (void)source;
    (void)fd;
    (void)events;
    pass_on(stream);
    return wait_for_more(stream);
}

int bk_bundle_stream_open(struct bk_bundle_stream *stream, sd_event *event, int fd)
{
    *stream = (struct bk_bundle_stream){ .open = true, .fd = fd, .out = -1 };
    int r = bk_set_nonblock(fd);
    if (r >= 0)
        r = sd_event_add_io(event, &stream->source, fd, EPOLLIN, on_port, stream);
    if (r >= 0)
        r = wait_for_more(stream);
    if (r < 0)
        bk_bundle_stream_close(stream);
    return r;
}

void bk_bundle_stream_end(struct bk_bundle_stream *stream)
{
    if (!stream->open || stream->out < 0)
        return;
    stream->out_source = sd_event_source_disable_unref(stream->out_source);
    stream->out = bk_close(stream->out);
    (void)wait_for_more(stream); /* what is switched off stays so */
}

void bk_bundle_stream_close(struct bk_bundle_stream *stream)
{
    if (!stream->open)
        return;
    bk_bundle_stream_end(stream);
    stream->source = sd_event_source_disable_unref(stream->source);
    stream->fd = bk_close(stream->fd);
    stream->open = false;
}

int bk_bundle_stream_begin(struct bk_bundle_stream *stream, const char *mark, uint64_t size)
{
    int ends[2];

    assert(strlen(mark) == BK_BUNDLE_MARK_SIZE && size > 0);
    if (!stream->open)
        return -ENODEV;
    bk_bundle_stream_end(stream);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
        return -errno;
    stream->out = ends[0];
    stream->found = false;
    stream->from = stream->to = 0;
    stream->left = size;
    memcpy(stream->mark, mark, sizeof stream->mark);
    int r = sd_event_add_io(sd_event_source_get_event(stream->source), &stream->out_source, stream->out, EPOLLOUT,
                            on_taker, stream);
    if (r >= 0)
        r = wait_for_more(stream);
    if (r < 0) {
        bk_bundle_stream_end(stream);
        bk_close(ends[1]);
        return r;
    }
    return ends[1];
}
