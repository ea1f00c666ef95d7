/* SPDX-License-Identifier: Apache-2.0 */
#include "codecs.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"
#include "video_control.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

/* system calls [codec]: poll recvmsg recvfrom sendto fcntl(F_GETFL) fcntl(F_SETFL) close */

#define READ_MAX 65536U /* bytes at once */

void bk_codecs_init(struct bk_codecs *codecs, int control)
{
    memset(codecs, 0, sizeof *codecs);
    codecs->control = control;
    codecs->line = -1;
    for (unsigned i = 0; i < BK_CODEC_DEVICES; i++)
        codecs->devices[i].fd = -1;
}

static void stop(struct bk_codecs *codecs)
{
    if (codecs->used != NULL)
        bk_codec_device_stop(codecs->used);
    codecs->used = NULL;
}

static void set_line(struct bk_codecs *codecs, int line)
{
    stop(codecs);
    bk_close(codecs->line);
    codecs->line = line;
    memset(&codecs->intake, 0, sizeof codecs->intake);
}

/* ---- what is said to the System VM ---- */

/* Says all of it. Who does not take it has lost what it belongs to, and finds its place again with the next greeting.
 */
static bool say(struct bk_codecs *codecs, const void *data, size_t size)
{
    for (size_t sent = 0; codecs->line >= 0 && sent < size;) {
        struct pollfd waited = { .fd = codecs->line, .events = POLLOUT };
        ssize_t n = send(codecs->line, (const uint8_t *)data + sent, size - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n >= 0) {
            sent += (size_t)n;
            continue;
        }
        if (errno == EINTR || (errno == EAGAIN && poll(&waited, 1, BK_CODEC_STALL_MS) != 0))
            continue;
        bk_warning("the System VM does not take what was encoded");
        stop(codecs);
        return false;
    }
    return true;
}

static void say_record(struct bk_codecs *codecs, enum bk_codec_port_type type, const void *data, size_t size)
{
    const struct bk_codec_port_record record = { .type = type, .length = (uint32_t)size };

    if (say(codecs, &record, sizeof record))
        (void)say(codecs, data, size);
}

/* The encoder of a number in the list, and its device. */
static struct bk_codec_device *find(struct bk_codecs *codecs, uint32_t number, unsigned *ret_encoder)
{
    for (unsigned i = 0; i < BK_CODEC_DEVICES; i++) {
        struct bk_codec_device *device = &codecs->devices[i];
        if (device->fd < 0)
            continue;
        if (number < device->encoder_count) {
            *ret_encoder = number;
            return device;
        }
        number -= device->encoder_count;
    }
    return NULL;
}

static void begin_anew(struct bk_codecs *codecs)
{
    struct bk_codec_port_list list = { .count = 0 };
    const struct bk_codec_device *device;
    unsigned encoder = 0;

    stop(codecs);
    memcpy(list.nonce, codecs->intake.said.hello.nonce, sizeof list.nonce);
    while (list.count < BK_CODEC_PORT_ENCODERS && (device = find(codecs, list.count, &encoder)) != NULL)
        list.encoders[list.count++] = device->encoders[encoder];
    (void)say(codecs, &list, sizeof list);
}

/* A device that will not, for the frames' size or so, may do with others. */
static int start(struct bk_codecs *codecs)
{
    const struct bk_codec_port_start *wanted = &codecs->intake.said.start;
    unsigned encoder = 0;
    struct bk_codec_device *device = find(codecs, wanted->encoder, &encoder);
    int r = device == NULL || !bk_codec_can(&device->encoders[encoder], wanted) ? -EINVAL : 0;

    stop(codecs);
    if (r >= 0)
        r = bk_codec_device_start(device, encoder, wanted);
    if (r >= 0) {
        codecs->used = device;
        bk_codec_intake_expect(&codecs->intake, bk_codec_frame_size(wanted));
        return 0;
    }
    bk_warning("encoder %u cannot encode %u × %u: %s", wanted->encoder, wanted->width, wanted->height, strerror(-r));
    say_record(codecs, BK_CODEC_PORT_FAILED, NULL, 0);
    return r == -ENODEV || r == -EIO ? r : 0; /* only what is gone or broken ends us */
}

static int encode(struct bk_codecs *codecs)
{
    const uint8_t *unit = NULL;
    size_t size = 0;

    if (codecs->used == NULL)
        return 0; /* the frame was on its way */
    int r = bk_codec_device_encode(codecs->used, codecs->intake.frame, &unit, &size);
    if (r < 0) {
        bk_warning("an encoder fails: %s", strerror(-r));
        say_record(codecs, BK_CODEC_PORT_FAILED, NULL, 0);
        return r;
    }
    say_record(codecs, BK_CODEC_PORT_UNIT, unit, size);
    return 0;
}

/* ---- what is heard ---- */

static int read_line(struct bk_codecs *codecs)
{
    static uint8_t bytes[READ_MAX];
    const uint8_t *next = bytes;
    ssize_t n = recv(codecs->line, bytes, sizeof bytes, MSG_DONTWAIT);
    int r = 0;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0) {
        set_line(codecs, -1); /* the System VM has ended; its next one brings another */
        return 0;
    }
    for (size_t left = (size_t)n; r >= 0 && left > 0;) {
        enum bk_codec_said said = bk_codec_intake_take(&codecs->intake, &next, &left);
        if (said == BK_CODEC_SAID_HELLO)
            begin_anew(codecs);
        else if (said == BK_CODEC_SAID_START)
            r = start(codecs);
        else if (said == BK_CODEC_SAID_FRAME)
            r = encode(codecs);
    }
    return r;
}

/* ---- the supervisor ---- */

static int add_device(struct bk_codecs *codecs, int *fd)
{
    for (unsigned i = 0; i < BK_CODEC_DEVICES; i++) {
        struct bk_codec_device *device = &codecs->devices[i];
        if (device->fd >= 0)
            continue;
        int r = bk_codec_device_open(device, *fd);
        if (r == -ENODEV)
            return 0; /* what V4L2 has besides: decoders, what scales pictures */
        if (r < 0)
            return r;
        TAKE_FD(*fd);
        bk_info("%s encodes video, %u codec%s", device->title, device->encoder_count,
                device->encoder_count == 1 ? "" : "s");
        return 0;
    }
    return -ENOSPC;
}

static void take_control(struct bk_codecs *codecs, const struct bk_video_control_message *message, int fd)
{
    _cleanup_close_ int given = fd;
    int r = given < 0 ? -EINVAL : bk_set_nonblock(given);

    if (r >= 0 && message->type == BK_VIDEO_DEVICE)
        r = add_device(codecs, &given);
    else if (r >= 0 && message->type == BK_VIDEO_LINE)
        set_line(codecs, TAKE_FD(given));
    else if (r >= 0)
        r = -ENOSYS;
    if (r < 0)
        bk_error("control message %u: %s", message->type, strerror(-r));
}

/* False when the supervisor is gone. */
static bool read_control(struct bk_codecs *codecs)
{
    struct bk_video_control_message message;
    int fd = -1;

    ssize_t n = bk_recv_message(codecs->control, &message, sizeof message, &fd);
    if (n == -EAGAIN)
        return true;
    if (n != (ssize_t)sizeof message) {
        bk_close(fd);
        return false;
    }
    take_control(codecs, &message, fd);
    return true;
}

int bk_codecs_run(struct bk_codecs *codecs)
{
    int r = bk_set_nonblock(codecs->control);

    while (r >= 0) {
        struct pollfd polls[] = { { .fd = codecs->control, .events = POLLIN },
                                  { .fd = codecs->line, .events = POLLIN } };
        if (poll(polls, 2, -1) < 0) {
            r = errno == EINTR ? 0 : -errno;
            continue;
        }
        if (polls[1].revents != 0)
            r = read_line(codecs);
        if (r >= 0 && polls[0].revents != 0 && !read_control(codecs))
            return 0;
    }
    return r;
}
