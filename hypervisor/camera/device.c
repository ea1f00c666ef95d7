/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Of what a camera can do, the modes are kept whose pixels lie without gaps in a known way, so that who gets the frames
 * needs to know nothing but the format and the size.
 */
#include "device.h"

#include "checked.h"
#include "cleanup.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

/* system calls [camera]: ioctl(VIDIOC_QUERYCAP) ioctl(VIDIOC_ENUM_FMT) ioctl(VIDIOC_ENUM_FRAMESIZES)
 * ioctl(VIDIOC_ENUM_FRAMEINTERVALS) ioctl(VIDIOC_S_FMT) ioctl(VIDIOC_S_PARM) ioctl(VIDIOC_REQBUFS)
 * ioctl(VIDIOC_QUERYBUF) ioctl(VIDIOC_QBUF) ioctl(VIDIOC_DQBUF) ioctl(VIDIOC_STREAMON) ioctl(VIDIOC_STREAMOFF) close */

#define DESCRIPTIONS_MAX 256U /* that a driver may give of one thing */
#define RATE_UNKNOWN     30U  /* frames a second, of a driver that does not say */
#define SIDE_MAX         8192U
#define RATE_MAX         240U

/* What is offered, in this order. Bytes of a line for each pixel that it is wide; 0: it is compressed. */
static const struct {
    uint32_t format;
    unsigned line;
} known[] = {
    { V4L2_PIX_FMT_YUYV, 2 },   { V4L2_PIX_FMT_UYVY, 2 }, { V4L2_PIX_FMT_NV12, 1 },
    { V4L2_PIX_FMT_YUV420, 1 }, { V4L2_PIX_FMT_GREY, 1 }, { V4L2_PIX_FMT_MJPEG, 0 },
};

/* For a stepwise range: those of these that are in it. */
static const struct {
    uint32_t width, height;
} usual[] = { { 640, 480 }, { 1280, 720 }, { 1920, 1080 }, { 320, 240 } };

/* ---- what it can do ---- */

/* Frames a second, at the most. */
static uint32_t best_rate(int fd, uint32_t format, uint32_t width, uint32_t height)
{
    uint32_t best = 0;

    for (uint32_t i = 0; i < DESCRIPTIONS_MAX; i++) {
        struct v4l2_frmivalenum interval = { .index = i, .pixel_format = format, .width = width, .height = height };
        if (ioctl(fd, VIDIOC_ENUM_FRAMEINTERVALS, &interval) < 0)
            break;
        bool discrete = interval.type == V4L2_FRMIVAL_TYPE_DISCRETE;
        struct v4l2_fract shortest = discrete ? interval.discrete : interval.stepwise.min;
        uint64_t rate = shortest.numerator == 0
                            ? 0
                            : ((uint64_t)shortest.denominator + shortest.numerator / 2) / shortest.numerator;
        best = rate > best ? (uint32_t)bk_min(rate, (uint64_t)RATE_MAX) : best;
        if (!discrete)
            break;
    }
    return best > 0 ? best : RATE_UNKNOWN;
}

static bool has_mode(const struct bk_camera_port_found *found, uint32_t format, uint32_t width, uint32_t height)
{
    for (uint32_t i = 0; i < found->n_modes; i++) {
        if (memcmp(found->modes[i].format, &format, sizeof format) == 0 && found->modes[i].width == width &&
            found->modes[i].height == height)
            return true;
    }
    return false;
}

static void add_mode(struct bk_camera_device *device, unsigned kind, uint32_t width, uint32_t height)
{
    struct bk_camera_port_found *found = &device->found;
    uint32_t format = known[kind].format;

    if (found->n_modes == BK_CAMERA_PORT_MODES || width == 0 || width > SIDE_MAX || height == 0 || height > SIDE_MAX ||
        (uint64_t)known[kind].line * width * height > BK_CAMERA_PORT_FRAME_MAX ||
        has_mode(found, format, width, height))
        return;
    struct bk_camera_port_mode *mode = &found->modes[found->n_modes++];
    memcpy(mode->format, &format, sizeof mode->format); /* a FourCC is its characters, the first one lowest */
    mode->width = width;
    mode->height = height;
    mode->rate = best_rate(device->fd, format, width, height);
}

static bool is_in(uint32_t value, uint32_t min, uint32_t max, uint32_t step)
{
    return value >= min && value <= max && (step == 0 || (value - min) % step == 0);
}

static void add_sizes(struct bk_camera_device *device, unsigned kind)
{
    for (uint32_t i = 0; i < DESCRIPTIONS_MAX; i++) {
        struct v4l2_frmsizeenum size = { .index = i, .pixel_format = known[kind].format };
        if (ioctl(device->fd, VIDIOC_ENUM_FRAMESIZES, &size) < 0)
            return;
        if (size.type == V4L2_FRMSIZE_TYPE_DISCRETE) {
            add_mode(device, kind, size.discrete.width, size.discrete.height);
            continue;
        }
        const struct v4l2_frmsize_stepwise *range = &size.stepwise;
        for (size_t u = 0; u < BK_ARRAY_SIZE(usual); u++) {
            if (is_in(usual[u].width, range->min_width, range->max_width, range->step_width) &&
                is_in(usual[u].height, range->min_height, range->max_height, range->step_height))
                add_mode(device, kind, usual[u].width, usual[u].height);
        }
        return;
    }
}

static bool gives(int fd, uint32_t format)
{
    for (uint32_t i = 0; i < DESCRIPTIONS_MAX; i++) {
        struct v4l2_fmtdesc description = { .index = i, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };
        if (ioctl(fd, VIDIOC_ENUM_FMT, &description) < 0)
            return false;
        if (description.pixelformat == format)
            return true;
    }
    return false;
}

int bk_camera_device_open(struct bk_camera_device *device, int fd)
{
    struct v4l2_capability capability = { .driver = "" };
    const uint32_t needed = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;

    if (ioctl(fd, VIDIOC_QUERYCAP, &capability) < 0)
        return -errno;
    if ((capability.capabilities & V4L2_CAP_DEVICE_CAPS) == 0 || (capability.device_caps & needed) != needed)
        return -ENODEV;
    *device = (struct bk_camera_device){ .fd = fd };
    for (unsigned kind = 0; kind < BK_ARRAY_SIZE(known); kind++) {
        if (gives(fd, known[kind].format))
            add_sizes(device, kind);
    }
    if (device->found.n_modes == 0) {
        device->fd = -1;
        return -ENODEV;
    }
    snprintf(device->found.title, sizeof device->found.title, "%.*s", (int)sizeof capability.card,
             (const char *)capability.card);
    return 0;
}

void bk_camera_device_close(struct bk_camera_device *device)
{
    bk_camera_device_stop(device);
    device->fd = bk_close(device->fd);
}

/* ---- frames ---- */

static unsigned line_of(const char *format)
{
    for (size_t i = 0; i < BK_ARRAY_SIZE(known); i++) {
        if (memcmp(&known[i].format, format, sizeof known[i].format) == 0)
            return known[i].line;
    }
    return 0;
}

static int set_mode(struct bk_camera_device *device, const struct bk_camera_port_mode *mode)
{
    struct v4l2_format format = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };
    struct v4l2_streamparm parameters = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };
    uint32_t wanted;

    memcpy(&wanted, mode->format, sizeof wanted);
    format.fmt.pix.width = mode->width;
    format.fmt.pix.height = mode->height;
    format.fmt.pix.pixelformat = wanted;
    format.fmt.pix.field = V4L2_FIELD_ANY;
    if (ioctl(device->fd, VIDIOC_S_FMT, &format) < 0)
        return -errno;
    unsigned line = line_of(mode->format);
    if (format.fmt.pix.width != mode->width || format.fmt.pix.height != mode->height ||
        format.fmt.pix.pixelformat != wanted || (line != 0 && format.fmt.pix.bytesperline != line * mode->width))
        return -EINVAL;
    parameters.parm.capture.timeperframe = (struct v4l2_fract){ .numerator = 1, .denominator = mode->rate };
    (void)ioctl(device->fd, VIDIOC_S_PARM, &parameters); /* its own pace is as good */
    return 0;
}

static int map_buffer(struct bk_camera_device *device, unsigned index)
{
    struct v4l2_buffer buffer = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = index };

    if (ioctl(device->fd, VIDIOC_QUERYBUF, &buffer) < 0)
        return -errno;
    void *at = mmap(NULL, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED, device->fd, buffer.m.offset);
    if (at == MAP_FAILED)
        return -errno;
    device->buffers[index].at = at;
    device->buffers[index].size = buffer.length;
    device->buffer_count = index + 1;
    return ioctl(device->fd, VIDIOC_QBUF, &buffer) < 0 ? -errno : 0;
}

static int run(struct bk_camera_device *device, const struct bk_camera_port_mode *mode)
{
    struct v4l2_requestbuffers request = { .count = BK_CAMERA_BUFFERS,
                                           .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
                                           .memory = V4L2_MEMORY_MMAP };
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;

    int r = set_mode(device, mode);
    if (r >= 0 && ioctl(device->fd, VIDIOC_REQBUFS, &request) < 0)
        r = -errno;
    for (unsigned i = 0; r >= 0 && i < request.count && i < BK_CAMERA_BUFFERS; i++)
        r = map_buffer(device, i);
    if (r >= 0 && ioctl(device->fd, VIDIOC_STREAMON, &type) < 0)
        r = -errno;
    return r;
}

int bk_camera_device_start(struct bk_camera_device *device, unsigned mode)
{
    device->runs = true;
    device->frames = 0;
    int r = run(device, &device->found.modes[mode]);
    if (r < 0)
        bk_camera_device_stop(device);
    return r;
}

void bk_camera_device_stop(struct bk_camera_device *device)
{
    struct v4l2_requestbuffers request = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP };
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;

    if (!device->runs)
        return;
    (void)ioctl(device->fd, VIDIOC_STREAMOFF, &type);
    for (unsigned i = 0; i < device->buffer_count; i++)
        (void)munmap(device->buffers[i].at, device->buffers[i].size);
    (void)ioctl(device->fd, VIDIOC_REQBUFS, &request); /* a camera that is gone has none left */
    device->buffer_count = 0;
    device->runs = false;
}

static void put(uint8_t *to, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

int bk_camera_device_fetch(struct bk_camera_device *device, uint8_t *to, size_t *ret_size)
{
    struct v4l2_buffer buffer = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP };
    size_t size = 0;

    if (ioctl(device->fd, VIDIOC_DQBUF, &buffer) < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    if (buffer.index >= device->buffer_count)
        return -EIO;
    uint32_t number = device->frames++;
    bool good = (buffer.flags & V4L2_BUF_FLAG_ERROR) == 0 && buffer.bytesused > 0 &&
                buffer.bytesused <= device->buffers[buffer.index].size && buffer.bytesused <= BK_CAMERA_PORT_FRAME_MAX;
    if (good && to != NULL) {
        put(to, buffer.bytesused, 4);
        put(to + 4, number, 4);
        put(to + 8, (uint64_t)buffer.timestamp.tv_sec * 1000000 + (uint64_t)buffer.timestamp.tv_usec, 8);
        memcpy(to + BK_CAMERA_PORT_FRAME_HEAD, device->buffers[buffer.index].at, buffer.bytesused);
        size = BK_CAMERA_PORT_FRAME_HEAD + buffer.bytesused;
    }
    if (ioctl(device->fd, VIDIOC_QBUF, &buffer) < 0)
        return -errno;
    if (size == 0)
        return 0;
    *ret_size = size;
    return 1;
}
