/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "line.h"

#include "cleanup.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
/* After sys/socket.h, which it needs. */
#include <linux/vm_sockets.h>

#define SYSTEM_CID 2U

void bk_line_init(struct bk_line *line, struct wl_event_loop *loop, const struct bk_line_events *events, void *userdata)
{
    *line = (struct bk_line){ .loop = loop, .events = events, .userdata = userdata, .connecting = -1 };
}

void bk_line_hang_up(struct bk_line *line)
{
    if (line->source != NULL)
        wl_event_source_remove(line->source);
    line->source = NULL;
    line->link = sd_varlink_close_unref(line->link);
    line->connecting = bk_close(line->connecting);
}

void bk_line_lose(struct bk_line *line)
{
    bk_line_hang_up(line);
    line->events->lost(line);
}

/* Lets sd-varlink do what there is to do, and waits for what it waits for. */
void bk_line_pump(struct bk_line *line)
{
    int r = 0;

    do {
        while (line->link != NULL && (r = sd_varlink_process(line->link)) > 0)
            ;
    } while (r == 0 && line->link != NULL && line->events->idle != NULL && line->events->idle(line));
    if (line->link == NULL)
        return;
    int events = r < 0 ? r : sd_varlink_get_events(line->link);
    uint32_t mask = (events & POLLIN) != 0 ? WL_EVENT_READABLE : 0U;
    mask |= (events & POLLOUT) != 0 ? WL_EVENT_WRITABLE : 0U;
    if (events < 0 || wl_event_source_fd_update(line->source, mask) < 0)
        bk_line_lose(line);
}

/* The connection is there, or will not be. */
static void finish_connecting(struct bk_line *line)
{
    int error = 0;
    socklen_t size = sizeof error;

    if (getsockopt(line->connecting, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error != 0 ||
        sd_varlink_connect_fd(&line->link, line->connecting) < 0) {
        bk_line_lose(line);
        return;
    }
    line->connecting = -1; /* sd-varlink's */
    sd_varlink_set_userdata(line->link, line);
    line->events->opened(line);
}

static int on_line(int fd, uint32_t mask, void *data)
{
    struct bk_line *line = data;

    (void)fd;
    (void)mask;
    if (line->link == NULL)
        finish_connecting(line);
    bk_line_pump(line);
    return 0;
}

int bk_line_open(struct bk_line *line, int fd)
{
    line->connecting = fd;
    line->source = wl_event_loop_add_fd(line->loop, fd, WL_EVENT_WRITABLE | WL_EVENT_READABLE, on_line, line);
    if (line->source != NULL)
        return 0;
    line->connecting = bk_close(fd);
    return -ENOMEM;
}

int bk_line_connect_vsock(unsigned port)
{
    const struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = SYSTEM_CID, .svm_port = port };
    _cleanup_close_ int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS)
        return errno == EAFNOSUPPORT ? -ENODEV : -errno;
    return TAKE_FD(fd);
}
