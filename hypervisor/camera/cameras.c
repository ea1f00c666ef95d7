/* SPDX-License-Identifier: Apache-2.0 */
#include "cameras.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"
#include "video_control.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

/* system calls [camera]: poll recvmsg fcntl(F_GETFL) fcntl(F_SETFL) close */

void bk_cameras_init(struct bk_cameras *cameras, int control)
{
    memset(cameras, 0, sizeof *cameras);
    cameras->control = control;
    cameras->line.fd = -1;
    for (unsigned i = 0; i < BK_CAMERA_PORT_CAMERAS; i++)
        cameras->devices[i].fd = -1;
}

static void lose_line(struct bk_cameras *cameras)
{
    bk_camera_line_set(&cameras->line, -1);
    for (unsigned i = 0; i < BK_CAMERA_PORT_CAMERAS; i++)
        bk_camera_device_stop(&cameras->devices[i]);
}

static void tell(struct bk_cameras *cameras, enum bk_camera_port_type type, unsigned number, uint32_t value,
                 const void *data, size_t size)
{
    if (bk_camera_line_tell(&cameras->line, type, number, value, data, size) < 0) {
        bk_error("the System VM does not read what the cameras say");
        lose_line(cameras); /* the next HELLO cannot come; it is a System VM that is no good any more */
    }
}

static void tell_found(struct bk_cameras *cameras, unsigned number)
{
    const struct bk_camera_port_found *found = &cameras->devices[number].found;

    tell(cameras, BK_CAMERA_PORT_FOUND, number, 0, found, sizeof *found);
}

/* ---- the System VM ---- */

static void begin_anew(struct bk_cameras *cameras, const uint8_t nonce[static BK_CAMERA_PORT_NONCE])
{
    for (unsigned i = 0; i < BK_CAMERA_PORT_CAMERAS; i++)
        bk_camera_device_stop(&cameras->devices[i]);
    bk_camera_line_greet(&cameras->line, nonce);
    tell(cameras, BK_CAMERA_PORT_WELCOME, 0, 0, NULL, 0);
    for (unsigned i = 0; i < BK_CAMERA_PORT_CAMERAS; i++) {
        if (cameras->devices[i].fd >= 0)
            tell_found(cameras, i);
    }
}

static void start(struct bk_cameras *cameras, unsigned number, uint32_t mode)
{
    struct bk_camera_device *device = &cameras->devices[number];

    bk_camera_device_stop(device);
    int r = device->fd < 0 || mode >= device->found.n_modes ? -EINVAL : bk_camera_device_start(device, mode);
    if (r < 0)
        bk_warning("camera %u gives no frames in mode %u: %s", number, mode, strerror(-r));
    tell(cameras, r < 0 ? BK_CAMERA_PORT_ENDED : BK_CAMERA_PORT_BEGUN, number, mode, NULL, 0);
}

void bk_cameras_obey(struct bk_cameras *cameras, const struct bk_camera_port_command *command)
{
    if (command->camera >= BK_CAMERA_PORT_CAMERAS)
        return;
    if (command->type == BK_CAMERA_PORT_HELLO)
        begin_anew(cameras, command->nonce);
    else if (command->type == BK_CAMERA_PORT_START && cameras->line.greeted)
        start(cameras, command->camera, command->value);
    else if (command->type == BK_CAMERA_PORT_STOP)
        bk_camera_device_stop(&cameras->devices[command->camera]);
}

/* ---- cameras ---- */

static int add_device(struct bk_cameras *cameras, int *fd)
{
    for (unsigned i = 0; i < BK_CAMERA_PORT_CAMERAS; i++) {
        if (cameras->devices[i].fd >= 0)
            continue;
        int r = bk_camera_device_open(&cameras->devices[i], *fd);
        if (r == -ENODEV)
            return 0; /* what V4L2 has besides: outputs, tuners, what belongs to a camera */
        if (r < 0)
            return r;
        TAKE_FD(*fd);
        bk_info("camera %u: %s, %u modes", i, cameras->devices[i].found.title, cameras->devices[i].found.n_modes);
        tell_found(cameras, i);
        return 0;
    }
    return -ENOSPC;
}

static void fetch(struct bk_cameras *cameras, unsigned number)
{
    struct bk_camera_device *device = &cameras->devices[number];
    size_t size = 0;
    int r = bk_camera_device_fetch(device, bk_camera_line_frame_room(&cameras->line), &size);

    if (r > 0)
        bk_camera_line_frame_put(&cameras->line, number, size);
    if (r >= 0)
        return;
    bk_warning("camera %u gives no more frames: %s", number, strerror(-r));
    if (r == -ENODEV) {
        bk_camera_device_close(device);
        tell(cameras, BK_CAMERA_PORT_GONE, number, 0, NULL, 0);
    } else {
        bk_camera_device_stop(device);
        tell(cameras, BK_CAMERA_PORT_ENDED, number, 0, NULL, 0);
    }
}

/* ---- the supervisor ---- */

static void take_control(struct bk_cameras *cameras, const struct bk_video_control_message *message, int fd)
{
    _cleanup_close_ int given = fd;
    int r = given < 0 ? -EINVAL : bk_set_nonblock(given);

    if (r >= 0 && message->type == BK_VIDEO_DEVICE)
        r = add_device(cameras, &given);
    else if (r >= 0 && message->type == BK_VIDEO_LINE) {
        lose_line(cameras);
        bk_camera_line_set(&cameras->line, TAKE_FD(given));
    } else if (r >= 0)
        r = -ENOSYS;
    if (r < 0)
        bk_error("control message %u: %s", message->type, strerror(-r));
}

/* False when the supervisor is gone. */
static bool read_control(struct bk_cameras *cameras)
{
    struct bk_video_control_message message;
    int fd = -1;

    ssize_t n = bk_recv_message(cameras->control, &message, sizeof message, &fd);
    if (n == -EAGAIN)
        return true;
    if (n != (ssize_t)sizeof message) {
        bk_close(fd);
        return false;
    }
    take_control(cameras, &message, fd);
    return true;
}

enum {
    POLL_CONTROL,
    POLL_LINE,
    POLL_DEVICES,
    POLLS = POLL_DEVICES + BK_CAMERA_PORT_CAMERAS
};

static void fill_poll(const struct bk_cameras *cameras, struct pollfd polls[static POLLS])
{
    const struct bk_camera_line *line = &cameras->line;

    polls[POLL_CONTROL] = (struct pollfd){ .fd = cameras->control, .events = POLLIN };
    polls[POLL_LINE] = (struct pollfd){ .fd = line->fd };
    if (bk_camera_line_may_read(line))
        polls[POLL_LINE].events |= POLLIN;
    if (bk_camera_line_waits(line))
        polls[POLL_LINE].events |= POLLOUT;
    for (unsigned i = 0; i < BK_CAMERA_PORT_CAMERAS; i++) {
        const struct bk_camera_device *device = &cameras->devices[i];
        polls[POLL_DEVICES + i] = (struct pollfd){ .fd = device->runs ? device->fd : -1, .events = POLLIN };
    }
}

static void serve_line(struct bk_cameras *cameras, int events)
{
    struct bk_camera_line *line = &cameras->line;
    struct bk_camera_port_command command;
    int r = 0;

    if ((events & POLLOUT) != 0)
        r = bk_camera_line_flush(line);
    if (r >= 0 && (events & (POLLIN | POLLHUP | POLLERR)) != 0) {
        r = bk_camera_line_read(line, &command);
        if (r > 0)
            bk_cameras_obey(cameras, &command);
    }
    if (r < 0)
        lose_line(cameras); /* the System VM has ended; its next one brings another */
}

int bk_cameras_run(struct bk_cameras *cameras)
{
    struct pollfd polls[POLLS];
    int r = bk_set_nonblock(cameras->control);

    if (r < 0)
        return r;
    for (;;) {
        fill_poll(cameras, polls);
        if (poll(polls, POLLS, -1) < 0) {
            if (errno != EINTR)
                return -errno;
            continue;
        }
        for (unsigned i = 0; i < BK_CAMERA_PORT_CAMERAS; i++) {
            if (polls[POLL_DEVICES + i].revents != 0)
                fetch(cameras, i);
        }
        if (polls[POLL_LINE].revents != 0)
            serve_line(cameras, polls[POLL_LINE].revents);
        if (polls[POLL_CONTROL].revents != 0 && !read_control(cameras))
            return 0;
    }
}
