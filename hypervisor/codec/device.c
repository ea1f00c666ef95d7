/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Of what V4L2 has, that part which every driver of an encoder has: frames of one piece of memory, buffers that the
 * driver maps, controls that are asked for and may be missing. A device whose sizes are no range, or that takes a frame
 * in several pieces of memory alone (NV12M), is none for us.
 */
#include "device.h"

#include "checked.h"
#include "cleanup.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

/* system calls [codec]: ioctl(VIDIOC_QUERYCAP) ioctl(VIDIOC_ENUM_FMT) ioctl(VIDIOC_ENUM_FRAMESIZES)
 * ioctl(VIDIOC_QUERYCTRL) ioctl(VIDIOC_S_CTRL) ioctl(VIDIOC_S_FMT) ioctl(VIDIOC_S_PARM) ioctl(VIDIOC_S_SELECTION)
 * ioctl(VIDIOC_REQBUFS) ioctl(VIDIOC_QUERYBUF) ioctl(VIDIOC_QBUF) ioctl(VIDIOC_DQBUF) ioctl(VIDIOC_STREAMON)
 * ioctl(VIDIOC_STREAMOFF) poll close */

#define SIDE_MAX         16384U /* bytes of a line, and lines, with what a driver adds to a frame */
#define DESCRIPTIONS_MAX 256U   /* that a driver may give of one thing */
#define RAW_BUFFERS      2U     /* one frame is on its way, and the one before may still be looked at … */
#define CODED_BUFFERS    2U     /* … and sent; a driver that needs more makes more */
#define UNIT_ROOM        65536U /* bytes of a unit beyond those of its frame: a wish, the driver decides */

static const uint32_t coded_formats[BK_CODEC_PORT_CODECS] = {
    [BK_CODEC_PORT_H264] = V4L2_PIX_FMT_H264,
    [BK_CODEC_PORT_HEVC] = V4L2_PIX_FMT_HEVC,
    [BK_CODEC_PORT_VP8] = V4L2_PIX_FMT_VP8,
    [BK_CODEC_PORT_FWHT] = V4L2_PIX_FMT_FWHT,
};

static const uint32_t raw_formats[BK_CODEC_PORT_FORMATS] = {
    [BK_CODEC_PORT_I420] = V4L2_PIX_FMT_YUV420,
    [BK_CODEC_PORT_NV12] = V4L2_PIX_FMT_NV12,
};

size_t bk_codec_frame_size(const struct bk_codec_port_start *start)
{
    return (size_t)start->width * start->height * 3 / 2;
}

bool bk_codec_can(const struct bk_codec_port_encoder *encoder, const struct bk_codec_port_start *start)
{
    return start->format < BK_CODEC_PORT_FORMATS && (encoder->formats & 1U << start->format) != 0 &&
           start->width >= encoder->width_min && start->width <= encoder->width_max && start->width % 2 == 0 &&
           start->height >= encoder->height_min && start->height <= encoder->height_max && start->height % 2 == 0 &&
           start->width > 0 && start->height > 0 && (uint64_t)start->width * start->height <= BK_CODEC_PORT_PIXELS &&
           start->rate > 0 && start->key_interval > 0 && start->key_interval <= INT32_MAX &&
           start->bit_rate >= encoder->bit_rate_min && start->bit_rate <= encoder->bit_rate_max &&
           start->bit_rate <= INT32_MAX;
}

/* ---- what it can do ---- */

/* Whether a queue has a format. */
static bool lists(const struct bk_codec_device *device, uint32_t type, uint32_t format)
{
    for (uint32_t i = 0; i < DESCRIPTIONS_MAX; i++) {
        struct v4l2_fmtdesc description = { .type = type, .index = i };
        if (ioctl(device->fd, VIDIOC_ENUM_FMT, &description) < 0)
            return false;
        if (description.pixelformat == format)
            return true;
    }
    return false;
}

static int set_format(const struct bk_codec_device *device, uint32_t type, uint32_t pixels,
                      const struct bk_codec_port_start *start, struct v4l2_format *ret)
{
    struct v4l2_format format = { .type = type };

    if (device->planes) {
        format.fmt.pix_mp.pixelformat = pixels;
        format.fmt.pix_mp.width = start->width;
        format.fmt.pix_mp.height = start->height;
        format.fmt.pix_mp.field = V4L2_FIELD_NONE;
        format.fmt.pix_mp.num_planes = 1;
        format.fmt.pix_mp.plane_fmt[0].sizeimage = (uint32_t)bk_codec_frame_size(start) + UNIT_ROOM;
    } else {
        format.fmt.pix.pixelformat = pixels;
        format.fmt.pix.width = start->width;
        format.fmt.pix.height = start->height;
        format.fmt.pix.field = V4L2_FIELD_NONE;
        format.fmt.pix.sizeimage = (uint32_t)bk_codec_frame_size(start) + UNIT_ROOM;
    }
    if (ioctl(device->fd, VIDIOC_S_FMT, &format) < 0)
        return -errno;
    if ((device->planes ? format.fmt.pix_mp.pixelformat : format.fmt.pix.pixelformat) != pixels)
        return -EINVAL;
    *ret = format;
    return 0;
}

static void ask_bit_rates(const struct bk_codec_device *device, struct bk_codec_port_encoder *encoder)
{
    struct v4l2_queryctrl control = { .id = V4L2_CID_MPEG_VIDEO_BITRATE };

    encoder->bit_rate_max = UINT32_MAX;
    if (ioctl(device->fd, VIDIOC_QUERYCTRL, &control) < 0 || control.minimum < 0 || control.maximum < control.minimum)
        return;
    encoder->bit_rate_min = (uint32_t)control.minimum;
    encoder->bit_rate_max = (uint32_t)control.maximum;
}

/* Adds the encoder of a codec, if the device has it. */
static void add_encoder(struct bk_codec_device *device, unsigned codec)
{
    static const struct bk_codec_port_start some = { .width = 640, .height = 480 };
    struct v4l2_frmsizeenum size = { .pixel_format = coded_formats[codec] };
    struct bk_codec_port_encoder *encoder = &device->encoders[device->encoder_count];
    struct v4l2_format format;

    if (!lists(device, device->coded.type, coded_formats[codec]) ||
        set_format(device, device->coded.type, coded_formats[codec], &some, &format) < 0 ||
        ioctl(device->fd, VIDIOC_ENUM_FRAMESIZES, &size) < 0 || size.type == V4L2_FRMSIZE_TYPE_DISCRETE)
        return;
    *encoder = (struct bk_codec_port_encoder){
        .codec = codec,
        .width_min = size.stepwise.min_width,
        .width_max = size.stepwise.max_width,
        .height_min = size.stepwise.min_height,
        .height_max = size.stepwise.max_height,
    };
    for (unsigned i = 0; i < BK_CODEC_PORT_FORMATS; i++)
        encoder->formats |= lists(device, device->raw.type, raw_formats[i]) ? 1U << i : 0;
    ask_bit_rates(device, encoder);
    device->encoder_count += encoder->formats != 0;
}

int bk_codec_device_open(struct bk_codec_device *device, int fd)
{
    struct v4l2_capability capability;

    if (ioctl(fd, VIDIOC_QUERYCAP, &capability) < 0)
        return -errno;
    uint32_t can = (capability.capabilities & V4L2_CAP_DEVICE_CAPS) != 0 ? capability.device_caps : 0;
    if ((can & V4L2_CAP_STREAMING) == 0 || (can & (V4L2_CAP_VIDEO_M2M | V4L2_CAP_VIDEO_M2M_MPLANE)) == 0)
        return -ENODEV;
    *device = (struct bk_codec_device){ .fd = fd, .planes = (can & V4L2_CAP_VIDEO_M2M) == 0 };
    device->raw.type = device->planes ? V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE : V4L2_BUF_TYPE_VIDEO_OUTPUT;
    device->coded.type = device->planes ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : V4L2_BUF_TYPE_VIDEO_CAPTURE;
    for (unsigned codec = 0; codec < BK_CODEC_PORT_CODECS; codec++)
        add_encoder(device, codec);
    snprintf(device->title, sizeof device->title, "%.*s", (int)sizeof capability.card, (const char *)capability.card);
    if (device->encoder_count > 0)
        return 0;
    device->fd = -1;
    return -ENODEV;
}

void bk_codec_device_close(struct bk_codec_device *device)
{
    bk_codec_device_stop(device);
    device->fd = bk_close(device->fd);
}

/* ---- an encoding begins and ends ---- */

/* What a device does not have it does not do, or does already; that it is so, its units show. */
static void set_controls(const struct bk_codec_device *device)
{
    const struct v4l2_control controls[] = {
        { V4L2_CID_MPEG_VIDEO_FRAME_RC_ENABLE, 1 },
        { V4L2_CID_MPEG_VIDEO_BITRATE, (int32_t)device->start.bit_rate },
        { V4L2_CID_MPEG_VIDEO_GOP_SIZE, (int32_t)device->start.key_interval },
        { V4L2_CID_MPEG_VIDEO_H264_I_PERIOD, (int32_t)device->start.key_interval },
        { V4L2_CID_MPEG_VIDEO_B_FRAMES, 0 }, /* no unit waits for a later frame */
        { V4L2_CID_MPEG_VIDEO_HEADER_MODE, V4L2_MPEG_VIDEO_HEADER_MODE_JOINED_WITH_1ST_FRAME },
        { V4L2_CID_MPEG_VIDEO_REPEAT_SEQ_HEADER, 1 },
        { V4L2_CID_MPEG_VIDEO_PREPEND_SPSPPS_TO_IDR, 1 },
        { V4L2_CID_MPEG_VIDEO_H264_PROFILE, V4L2_MPEG_VIDEO_H264_PROFILE_CONSTRAINED_BASELINE },
    };

    for (size_t i = 0; i < BK_ARRAY_SIZE(controls); i++) {
        struct v4l2_control control = controls[i];
        (void)ioctl(device->fd, VIDIOC_S_CTRL, &control);
    }
}

/* The device's frames may be larger than ours. */
static int set_frame(struct bk_codec_device *device)
{
    const struct bk_codec_port_start *start = &device->start;
    struct v4l2_selection shown = { .type = V4L2_BUF_TYPE_VIDEO_OUTPUT,
                                    .target = V4L2_SEL_TGT_CROP,
                                    .r = { .width = start->width, .height = start->height } };
    struct v4l2_format format = { 0 };
    uint32_t width, planes = 1;

    int r = set_format(device, device->raw.type, raw_formats[start->format], start, &format);
    if (r < 0)
        return r;
    if (device->planes) {
        width = format.fmt.pix_mp.width;
        planes = format.fmt.pix_mp.num_planes;
        device->rows = format.fmt.pix_mp.height;
        device->line = format.fmt.pix_mp.plane_fmt[0].bytesperline;
    } else {
        width = format.fmt.pix.width;
        device->rows = format.fmt.pix.height;
        device->line = format.fmt.pix.bytesperline;
    }
    if (planes != 1 || width < start->width || device->line < width || device->line % 2 != 0 ||
        device->rows < start->height || device->rows % 2 != 0 || device->line > SIDE_MAX || device->rows > SIDE_MAX)
        return -EINVAL;
    if (width == start->width && device->rows == start->height)
        return 0;
    if (ioctl(device->fd, VIDIOC_S_SELECTION, &shown) < 0)
        return errno == ENOTTY || errno == ENODATA ? -EINVAL : -errno; /* it rounds, and does not crop */
    return shown.r.left == 0 && shown.r.top == 0 && shown.r.width == start->width && shown.r.height == start->height
               ? 0
               : -EINVAL;
}

/* A buffer as the kernel is told of it; `plane` is there while the call lasts. */
static struct v4l2_buffer buffer_of(const struct bk_codec_device *device, const struct bk_codec_queue *queue,
                                    unsigned index, struct v4l2_plane *plane)
{
    struct v4l2_buffer buffer = { .type = queue->type, .memory = V4L2_MEMORY_MMAP, .index = index };

    *plane = (struct v4l2_plane){ 0 };
    if (device->planes) {
        buffer.m.planes = plane;
        buffer.length = 1;
    }
    return buffer;
}

static int give(const struct bk_codec_device *device, const struct bk_codec_queue *queue, unsigned index, size_t used)
{
    struct v4l2_plane plane;
    struct v4l2_buffer buffer = buffer_of(device, queue, index, &plane);

    buffer.field = V4L2_FIELD_NONE;
    buffer.bytesused = (uint32_t)used;
    plane.bytesused = (uint32_t)used;
    return ioctl(device->fd, VIDIOC_QBUF, &buffer) < 0 ? -errno : 0;
}

static int map_buffers(struct bk_codec_device *device, struct bk_codec_queue *queue, uint32_t count)
{
    struct v4l2_requestbuffers request = { .count = count, .type = queue->type, .memory = V4L2_MEMORY_MMAP };

    if (ioctl(device->fd, VIDIOC_REQBUFS, &request) < 0)
        return -errno;
    if (request.count == 0 || request.count > BK_CODEC_BUFFERS_MAX)
        return -ENOBUFS;
    for (unsigned i = 0; i < request.count; i++) {
        struct v4l2_plane plane;
        struct v4l2_buffer buffer = buffer_of(device, queue, i, &plane);
        if (ioctl(device->fd, VIDIOC_QUERYBUF, &buffer) < 0)
            return -errno;
        size_t size = device->planes ? plane.length : buffer.length;
        off_t offset = device->planes ? plane.m.mem_offset : buffer.m.offset;
        void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, device->fd, offset);
        if (at == MAP_FAILED)
            return -errno;
        queue->buffers[i].at = at;
        queue->buffers[i].size = size;
        queue->count = i + 1;
    }
    return 0;
}

static int switch_on(const struct bk_codec_device *device, const struct bk_codec_queue *queue)
{
    int type = (int)queue->type;

    return ioctl(device->fd, VIDIOC_STREAMON, &type) < 0 ? -errno : 0;
}

static int run(struct bk_codec_device *device, unsigned encoder)
{
    struct v4l2_streamparm pace = { .type = device->raw.type };
    struct v4l2_format format;

    int r =
        set_format(device, device->coded.type, coded_formats[device->encoders[encoder].codec], &device->start, &format);
    if (r >= 0)
        r = set_frame(device);
    if (r < 0)
        return r;
    pace.parm.output.timeperframe = (struct v4l2_fract){ .numerator = 1, .denominator = device->start.rate };
    (void)ioctl(device->fd, VIDIOC_S_PARM, &pace); /* a device without a pace has no rate to keep */
    set_controls(device);
    r = map_buffers(device, &device->raw, RAW_BUFFERS);
    for (unsigned i = 0; r >= 0 && i < device->raw.count; i++)
        r = device->raw.buffers[i].size < (size_t)device->line * device->rows * 3 / 2 ? -EINVAL : 0;
    device->free = r < 0 ? 0 : (uint32_t)((1ULL << device->raw.count) - 1);
    if (r >= 0)
        r = map_buffers(device, &device->coded, CODED_BUFFERS);
    for (unsigned i = 0; r >= 0 && i < device->coded.count; i++)
        r = give(device, &device->coded, i, 0);
    if (r >= 0)
        r = switch_on(device, &device->raw);
    return r < 0 ? r : switch_on(device, &device->coded);
}

int bk_codec_device_start(struct bk_codec_device *device, unsigned encoder, const struct bk_codec_port_start *start)
{
    device->runs = true;
    device->start = *start;
    device->held = BK_CODEC_BUFFERS_MAX;
    int r = run(device, encoder);
    if (r < 0)
        bk_codec_device_stop(device);
    return r;
}

static void switch_off(const struct bk_codec_device *device, struct bk_codec_queue *queue)
{
    struct v4l2_requestbuffers request = { .type = queue->type, .memory = V4L2_MEMORY_MMAP };
    int type = (int)queue->type;

    (void)ioctl(device->fd, VIDIOC_STREAMOFF, &type);
    while (queue->count > 0) {
        queue->count--;
        (void)munmap(queue->buffers[queue->count].at, queue->buffers[queue->count].size);
    }
    (void)ioctl(device->fd, VIDIOC_REQBUFS, &request); /* a device that is gone has none left */
}

void bk_codec_device_stop(struct bk_codec_device *device)
{
    if (!device->runs)
        return;
    switch_off(device, &device->raw);
    switch_off(device, &device->coded);
    device->runs = false;
}

/* ---- frames ---- */

static void copy_rows(uint8_t *to, size_t to_line, const uint8_t *from, size_t from_line, size_t rows)
{
    for (size_t i = 0; i < rows; i++)
        memcpy(to + i * to_line, from + i * from_line, from_line);
}

static void copy_frame(const struct bk_codec_device *device, uint8_t *to, const uint8_t *from)
{
    size_t width = device->start.width, height = device->start.height;
    size_t line = device->line, luma = line * device->rows;

    copy_rows(to, line, from, width, height);
    from += width * height;
    if (device->start.format == BK_CODEC_PORT_NV12) {
        copy_rows(to + luma, line, from, width, height / 2);
        return;
    }
    copy_rows(to + luma, line / 2, from, width / 2, height / 2);
    copy_rows(to + luma + luma / 4, line / 2, from + width * height / 4, width / 2, height / 2);
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Takes back a buffer that the device is done with, waiting for it until `deadline`. */
static int take(const struct bk_codec_device *device, const struct bk_codec_queue *queue, short events,
                int64_t deadline, struct v4l2_buffer *ret, struct v4l2_plane *ret_plane)
{
    for (;;) {
        struct pollfd waited = { .fd = device->fd, .events = events };
        *ret = buffer_of(device, queue, 0, ret_plane);
        if (ioctl(device->fd, VIDIOC_DQBUF, ret) == 0)
            return ret->index < queue->count ? 0 : -EIO;
        if (errno != EAGAIN && errno != EINTR)
            return -errno;
        int64_t left = deadline - now_ms();
        if (left <= 0)
            return -ETIMEDOUT;
        int n = poll(&waited, 1, (int)left);
        if (n < 0 && errno != EINTR)
            return -errno;
        /* With no event that DQBUF would be ready by, it would be asked without end. */
        if (n > 0 && (waited.revents & events) == 0)
            return -EIO;
    }
}

/* Puts a frame into a buffer that the device does not look at any more, and gives it that. */
static int give_frame(struct bk_codec_device *device, const uint8_t *frame, int64_t deadline)
{
    struct v4l2_buffer buffer;
    struct v4l2_plane plane;

    if (device->free == 0) {
        int r = take(device, &device->raw, POLLOUT, deadline, &buffer, &plane);
        if (r < 0)
            return r;
        device->free |= 1U << buffer.index;
    }
    unsigned index = (unsigned)__builtin_ctz(device->free);
    device->free &= device->free - 1;
    copy_frame(device, device->raw.buffers[index].at, frame);
    return give(device, &device->raw, index, (size_t)device->line * device->rows * 3 / 2);
}

int bk_codec_device_encode(struct bk_codec_device *device, const uint8_t *frame, const uint8_t **ret_unit,
                           size_t *ret_size)
{
    int64_t deadline = now_ms() + BK_CODEC_ENCODE_MS;
    struct v4l2_buffer buffer;
    struct v4l2_plane plane;
    int r = 0;

    if (device->held < device->coded.count)
        r = give(device, &device->coded, device->held, 0);
    device->held = BK_CODEC_BUFFERS_MAX;
    if (r >= 0)
        r = give_frame(device, frame, deadline);
    if (r >= 0)
        r = take(device, &device->coded, POLLIN, deadline, &buffer, &plane);
    if (r < 0)
        return r;
    size_t used = device->planes ? plane.bytesused : buffer.bytesused;
    size_t before = device->planes ? plane.data_offset : 0; /* of what is used, that is not ours */
    if ((buffer.flags & V4L2_BUF_FLAG_ERROR) != 0 || used > device->coded.buffers[buffer.index].size || before > used ||
        used - before > BK_CODEC_PORT_UNIT_MAX)
        return -EIO;
    device->held = buffer.index;
    *ret_unit = (const uint8_t *)device->coded.buffers[buffer.index].at + before;
    *ret_size = used - before;
    return 0;
}
