/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "camera_viewer.h"

#include "client.h"

#include "checked.h"
#include "cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

struct bk_camera_viewer {
    int fd;
    sd_event_source *source;
    struct bk_camera_frame *frame; /* that is being sent, or NULL … */
    size_t sent;                   /* … and how much of it is */
    void (*ended)(void *userdata);
    void *userdata;
};

/* Yields a negative errno when the stream is lost. */
static int send_more(struct bk_camera_viewer *viewer)
{
    size_t size = bk_min(viewer->frame->size - viewer->sent, BK_CAMERA_VIEWER_CHUNK);
    ssize_t n = send(viewer->fd, viewer->frame->bytes + viewer->sent, size, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    viewer->sent += (size_t)n;
    if (viewer->sent < viewer->frame->size)
        return 0;
    bk_camera_frame_unref(viewer->frame);
    viewer->frame = NULL;
    return sd_event_source_set_io_events(viewer->source, EPOLLIN);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_camera_viewer *viewer = userdata;
    int r = 0;

    (void)source;
    (void)fd;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
        r = -ECONNRESET; /* it has ended, or says what it should not */
    else if (viewer->frame != NULL)
        r = send_more(viewer);
    if (r < 0)
        viewer->ended(viewer->userdata);
    return 0;
}

int bk_camera_viewer_create(sd_event *event, int fd, void (*ended)(void *userdata), void *userdata,
                            struct bk_camera_viewer **ret)
{
    struct bk_camera_viewer *viewer = calloc(1, sizeof *viewer);

    if (viewer == NULL)
        return -ENOMEM;
    viewer->fd = fd;
    viewer->ended = ended;
    viewer->userdata = userdata;
    int r = sd_event_add_io(event, &viewer->source, fd, EPOLLIN, on_io, viewer);
    if (r >= 0)
        r = sd_event_source_set_priority(viewer->source, BK_CLIENT_PRIORITY_LATER);
    if (r < 0) {
        viewer->fd = -1; /* stays the caller's */
        bk_camera_viewer_destroy(viewer);
        return r;
    }
    *ret = viewer;
    return 0;
}

void bk_camera_viewer_destroy(struct bk_camera_viewer *viewer)
{
    if (viewer == NULL)
        return;
    sd_event_source_disable_unref(viewer->source);
    bk_camera_frame_unref(viewer->frame);
    bk_close(viewer->fd);
    free(viewer);
}

void bk_camera_viewer_show(struct bk_camera_viewer *viewer, struct bk_camera_frame *frame)
{
    if (viewer->frame != NULL || sd_event_source_set_io_events(viewer->source, EPOLLIN | EPOLLOUT) < 0)
        return;
    viewer->frame = bk_camera_frame_ref(frame);
    viewer->sent = 0;
}
