/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-codec without its jail: how it speaks to an encoder, which is played here beneath ioctl() and mmap() and may lie,
 * and how it finds its place in what the System VM says.
 */
#include "codecs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DEVICE   777 /* the descriptor that stands for it */
#define WIDTH    20U
#define HEIGHT   10U
#define LINE     64U /* bytes of its rows, and … */
#define ROWS     16U /* … their number: it works in blocks of 16, and its rows are longer yet */
#define RAW_SIZE (LINE * ROWS * 3 / 2)
#define BUFFERS  3U

enum fault {
    NONE,
    OTHER_FORMAT,  /* it makes another format than it was told */
    SHORT_LINES,   /* its rows are shorter than the frame's */
    NO_CROP,       /* it would encode what lies beyond the frame */
    SMALL_BUFFERS, /* a frame does not fit */
    MANY_BUFFERS,  /* more than V4L2 has */
    SILENT,        /* it never gives a unit */
    BROKEN,        /* … and is not to be waited for */
    WRONG_INDEX,   /* the unit is in a buffer that there is not */
    LONG_UNIT,     /* it is longer than its buffer */
    WRONG_OFFSET,  /* it begins behind its end */
    DAMAGED,       /* the unit is none */
    PULLED,        /* the device is no more */
    UNPLUGGED,     /* nor was it when it was begun */
};

static struct {
    bool planes, discrete;
    enum fault fault;
    int64_t now_ms;
    uint8_t memory[2][BUFFERS][RAW_SIZE]; /* of raw frames, of units */
    bool queued[2][BUFFERS];
    unsigned buffers[2];
    bool on[2];
    unsigned units;
    int32_t bit_rate, key_interval;
    uint32_t rate;
} played;

static bool is_raw(uint32_t type)
{
    return V4L2_TYPE_IS_OUTPUT(type);
}

static int refuse(int error)
{
    errno = error;
    return -1;
}

static int play_list(struct v4l2_fmtdesc *description)
{
    static const uint32_t raw[] = { V4L2_PIX_FMT_GREY, V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_YUV420 };
    static const uint32_t coded[] = { V4L2_PIX_FMT_FWHT, V4L2_PIX_FMT_H264 };

    if (description->index >= (is_raw(description->type) ? 3U : 2U))
        return refuse(EINVAL);
    description->pixelformat = is_raw(description->type) ? raw[description->index] : coded[description->index];
    return 0;
}

static int play_format(struct v4l2_format *format)
{
    uint32_t line = played.fault == SHORT_LINES ? WIDTH - 2 : LINE;

    assert_int_equal(V4L2_TYPE_IS_MULTIPLANAR(format->type), played.planes);
    if (played.planes) {
        format->fmt.pix_mp.num_planes = 1;
        if (is_raw(format->type)) {
            format->fmt.pix_mp.width = 32;
            format->fmt.pix_mp.height = ROWS;
            format->fmt.pix_mp.plane_fmt[0].bytesperline = line;
        }
    } else if (is_raw(format->type)) {
        format->fmt.pix.width = 32;
        format->fmt.pix.height = ROWS;
        format->fmt.pix.bytesperline = line;
    }
    if (played.fault == OTHER_FORMAT && is_raw(format->type))
        format->fmt.pix.pixelformat = format->fmt.pix_mp.pixelformat = V4L2_PIX_FMT_GREY;
    return 0;
}

static int play_request(struct v4l2_requestbuffers *request)
{
    if (request->count > 0)
        request->count = played.fault == MANY_BUFFERS ? 64 : BUFFERS;
    played.buffers[is_raw(request->type)] = request->count;
    memset(played.queued[is_raw(request->type)], 0, sizeof played.queued[0]);
    return 0;
}

static int play_query(struct v4l2_buffer *buffer)
{
    bool raw = is_raw(buffer->type);
    uint32_t size = played.fault == SMALL_BUFFERS && raw ? RAW_SIZE - 1 : RAW_SIZE;
    uint32_t offset = (raw ? 0x10000U : 0) + buffer->index * 0x1000U;

    assert_true(buffer->index < BUFFERS);
    if (played.planes) {
        buffer->m.planes[0].length = size;
        buffer->m.planes[0].m.mem_offset = offset;
    } else {
        buffer->length = size;
        buffer->m.offset = offset;
    }
    return 0;
}

static int play_queue(const struct v4l2_buffer *buffer)
{
    bool raw = is_raw(buffer->type);

    assert_true(buffer->index < BUFFERS && !played.queued[raw][buffer->index]);
    if (raw)
        assert_int_equal(played.planes ? buffer->m.planes[0].bytesused : buffer->bytesused, RAW_SIZE);
    played.queued[raw][buffer->index] = true;
    return 0;
}

/* The first buffer that is queued, if it can come back: a raw one only when there are no others left. */
static int play_dequeue(struct v4l2_buffer *buffer)
{
    bool raw = is_raw(buffer->type);
    unsigned index = 0, raws = 0;

    for (unsigned i = 0; i < BUFFERS; i++)
        raws += played.queued[1][i];
    if (played.fault == PULLED)
        return refuse(ENODEV);
    while (index < BUFFERS && !played.queued[raw][index])
        index++;
    if (index == BUFFERS || raws == 0 || played.fault == SILENT || played.fault == BROKEN)
        return refuse(EAGAIN);
    played.queued[raw][index] = false;
    buffer->index = played.fault == WRONG_INDEX ? BUFFERS : index;
    buffer->flags = played.fault == DAMAGED ? V4L2_BUF_FLAG_ERROR : 0;
    uint32_t used = played.fault == LONG_UNIT ? RAW_SIZE + 1 : 4;
    memset(played.memory[raw][index], (int)('a' + played.units), raw ? 0 : 6);
    if (played.planes) {
        buffer->m.planes[0].bytesused = used + 2;
        buffer->m.planes[0].data_offset = played.fault == WRONG_OFFSET ? used + 3 : 2;
    } else {
        buffer->bytesused = used;
    }
    played.units += !raw;
    return 0;
}

int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *at = va_arg(arguments, void *);
    va_end(arguments);

    assert_int_equal(fd, DEVICE);
    switch (request) {
    case VIDIOC_QUERYCAP:
        *(struct v4l2_capability *)at = (struct v4l2_capability){
            .capabilities = V4L2_CAP_DEVICE_CAPS,
            .device_caps = V4L2_CAP_STREAMING | (played.planes ? V4L2_CAP_VIDEO_M2M_MPLANE : V4L2_CAP_VIDEO_M2M),
        };
        return 0;
    case VIDIOC_ENUM_FMT:
        return play_list(at);
    case VIDIOC_S_FMT:
        return play_format(at);
    case VIDIOC_ENUM_FRAMESIZES:
        *(struct v4l2_frmsizeenum *)at = (struct v4l2_frmsizeenum){
            .type = played.discrete ? V4L2_FRMSIZE_TYPE_DISCRETE : V4L2_FRMSIZE_TYPE_STEPWISE,
            .stepwise = { 16, 640, 16, 8, 480, 8 },
        };
        return 0;
    case VIDIOC_QUERYCTRL:
        ((struct v4l2_queryctrl *)at)->minimum = 1000;
        ((struct v4l2_queryctrl *)at)->maximum = 2000000;
        return 0;
    case VIDIOC_S_CTRL: {
        const struct v4l2_control *control = at;
        if (control->id == V4L2_CID_MPEG_VIDEO_BITRATE)
            played.bit_rate = control->value;
        else if (control->id == V4L2_CID_MPEG_VIDEO_GOP_SIZE)
            played.key_interval = control->value;
        else
            return refuse(EINVAL);
        return 0;
    }
    case VIDIOC_S_PARM:
        played.rate = ((struct v4l2_streamparm *)at)->parm.output.timeperframe.denominator;
        return 0;
    case VIDIOC_S_SELECTION:
        if (played.fault == NO_CROP)
            ((struct v4l2_selection *)at)->r.width = 32;
        return 0;
    case VIDIOC_REQBUFS:
        return played.fault == UNPLUGGED ? refuse(ENODEV) : play_request(at);
    case VIDIOC_QUERYBUF:
        return play_query(at);
    case VIDIOC_QBUF:
        return play_queue(at);
    case VIDIOC_DQBUF:
        return play_dequeue(at);
    case VIDIOC_STREAMON:
    case VIDIOC_STREAMOFF:
        played.on[is_raw(*(const uint32_t *)at)] = request == VIDIOC_STREAMON;
        return 0;
    default:
        return refuse(ENOTTY);
    }
}

/* As the C library calls mmap() where files may be large. */
void *__real_mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    if (fd != DEVICE)
        return __real_mmap64(address, size, protection, flags, fd, offset);
    return played.memory[offset >= 0x10000][(offset & 0xffff) / 0x1000];
}

int __real_munmap(void *address, size_t size);
int __wrap_munmap(void *address, size_t size);
int __wrap_munmap(void *address, size_t size)
{
    const uint8_t *at = address, *memory = &played.memory[0][0][0];

    return at >= memory && at < memory + sizeof played.memory ? 0 : __real_munmap(address, size);
}

/* Of the device; time passes in here alone. */
int __real_poll(struct pollfd *polls, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *polls, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *polls, nfds_t count, int timeout)
{
    if (polls->fd != DEVICE)
        return __real_poll(polls, count, timeout);
    assert_int_equal(count, 1);
    assert_in_range(timeout, 1, BK_CODEC_ENCODE_MS);
    played.now_ms += played.fault == SILENT ? timeout : 1;
    polls->revents = played.fault == SILENT ? 0 : POLLERR;
    return played.fault != SILENT;
}

/* As a compiler that knows how many there are calls it. */
int __wrap___poll_chk(struct pollfd *polls, nfds_t count, int timeout, size_t size);
int __wrap___poll_chk(struct pollfd *polls, nfds_t count, int timeout, size_t size)
{
    (void)size;
    return __wrap_poll(polls, count, timeout);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
    (void)clock;
    *ret = (struct timespec){ .tv_sec = played.now_ms / 1000, .tv_nsec = played.now_ms % 1000 * 1000000 };
    return 0;
}

static const struct bk_codec_port_start usual = {
    .format = BK_CODEC_PORT_I420, .width = WIDTH, .height = HEIGHT, .rate = 25, .bit_rate = 500000, .key_interval = 50
};

static void begin(struct bk_codec_device *device, bool planes, enum fault fault)
{
    memset(&played, 0, sizeof played);
    played.planes = planes;
    assert_int_equal(bk_codec_device_open(device, DEVICE), 0);
    played.fault = fault;
}

/* ---- the device ---- */

static void test_what_it_can_do(void **state)
{
    struct bk_codec_device device;

    (void)state;
    begin(&device, false, NONE);
    assert_int_equal(device.encoder_count, 2);
    const struct bk_codec_port_encoder *best = &device.encoders[0];
    assert_int_equal(best->codec, BK_CODEC_PORT_H264);
    assert_int_equal(device.encoders[1].codec, BK_CODEC_PORT_FWHT);
    assert_int_equal(best->formats, 1 << BK_CODEC_PORT_I420 | 1 << BK_CODEC_PORT_NV12);
    assert_int_equal(best->width_max, 640);
    assert_int_equal(best->height_min, 8);
    assert_int_equal(best->bit_rate_min, 1000);

    struct bk_codec_port_start wrong[8];
    for (size_t i = 0; i < 8; i++)
        wrong[i] = usual;
    assert_true(bk_codec_can(best, &wrong[0]));
    wrong[0].width = 14;
    wrong[1].width = 642;
    wrong[2].height = 11;
    wrong[3].format = BK_CODEC_PORT_FORMATS;
    wrong[4].rate = 0;
    wrong[5].bit_rate = 2000001;
    wrong[6].key_interval = 0;
    wrong[7].height = UINT32_MAX - 1;
    for (size_t i = 0; i < 8; i++)
        assert_false(bk_codec_can(best, &wrong[i]));

    played.discrete = true;
    assert_int_equal(bk_codec_device_open(&device, DEVICE), -ENODEV);
    assert_int_equal(device.fd, -1);
}

/* Where a byte of the frame has to be in the device's memory, rows first and then chromas. */
static void check_layout(const uint8_t *raw, const uint8_t *frame, bool pairs)
{
    const uint8_t *chroma = frame + WIDTH * HEIGHT, *their_chroma = raw + LINE * ROWS;

    for (size_t y = 0; y < HEIGHT; y++)
        assert_memory_equal(raw + y * LINE, frame + y * WIDTH, WIDTH);
    for (size_t y = 0; y < HEIGHT / 2; y++) {
        if (pairs) {
            assert_memory_equal(their_chroma + y * LINE, chroma + y * WIDTH, WIDTH);
            continue;
        }
        assert_memory_equal(their_chroma + y * LINE / 2, chroma + y * WIDTH / 2, WIDTH / 2);
        assert_memory_equal(their_chroma + LINE * ROWS / 4 + y * LINE / 2, chroma + WIDTH * HEIGHT / 4 + y * WIDTH / 2,
                            WIDTH / 2);
    }
}

static void encode_some(bool planes, enum bk_codec_port_format format)
{
    uint8_t frame[WIDTH * HEIGHT * 3 / 2];
    struct bk_codec_port_start start = usual;
    struct bk_codec_device device;
    const uint8_t *unit = NULL;
    size_t size = 0;

    begin(&device, planes, NONE);
    start.format = format;
    for (size_t i = 0; i < sizeof frame; i++)
        frame[i] = (uint8_t)(i * 7);
    assert_int_equal(bk_codec_frame_size(&start), sizeof frame);
    assert_int_equal(bk_codec_device_start(&device, 0, &start), 0);
    assert_true(played.on[0] && played.on[1]);
    assert_int_equal(played.bit_rate, 500000);
    assert_int_equal(played.key_interval, 50);
    assert_int_equal(played.rate, 25);
    for (unsigned i = 0; i < 3 * BUFFERS; i++) {
        memset(played.memory[1], 0, sizeof played.memory[1]);
        assert_int_equal(bk_codec_device_encode(&device, frame, &unit, &size), 0);
        assert_int_equal(size, 4);
        assert_int_equal(unit[0], 'a' + i);
        unsigned used = 0;
        while (played.memory[1][used][1] == 0)
            used++;
        check_layout(played.memory[1][used], frame, format == BK_CODEC_PORT_NV12);
    }
    bk_codec_device_stop(&device);
    assert_false(played.on[0] || played.on[1]);
    assert_int_equal(played.buffers[0] + played.buffers[1], 0);
    assert_int_equal(bk_codec_device_start(&device, 1, &start), 0); /* and again */
    bk_codec_device_stop(&device);
}

static void test_frames_become_units(void **state)
{
    (void)state;
    for (unsigned format = 0; format < BK_CODEC_PORT_FORMATS; format++) {
        encode_some(false, (enum bk_codec_port_format)format);
        encode_some(true, (enum bk_codec_port_format)format);
    }
}

static void test_a_device_that_will_not(void **state)
{
    static const struct {
        enum fault fault;
        int error;
    } cases[] = { { OTHER_FORMAT, -EINVAL },
                  { SHORT_LINES, -EINVAL },
                  { NO_CROP, -EINVAL },
                  { SMALL_BUFFERS, -EINVAL },
                  { MANY_BUFFERS, -ENOBUFS } };
    struct bk_codec_device device;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int planes = 0; planes < 2; planes++) {
            begin(&device, planes, cases[i].fault);
            assert_int_equal(bk_codec_device_start(&device, 0, &usual), cases[i].error);
            assert_false(device.runs);
            assert_false(played.on[0] || played.on[1]);
        }
    }
}

static void test_a_device_that_lies(void **state)
{
    static const struct {
        enum fault fault;
        int error;
    } cases[] = { { SILENT, -ETIMEDOUT }, { BROKEN, -EIO },  { WRONG_INDEX, -EIO }, { LONG_UNIT, -EIO },
                  { WRONG_OFFSET, -EIO }, { DAMAGED, -EIO }, { PULLED, -ENODEV } };
    uint8_t frame[WIDTH * HEIGHT * 3 / 2] = { 0 };
    struct bk_codec_device device;
    const uint8_t *unit = NULL;
    size_t size = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool planes = cases[i].fault == WRONG_OFFSET;
        begin(&device, planes, NONE);
        assert_int_equal(bk_codec_device_start(&device, 0, &usual), 0);
        assert_int_equal(bk_codec_device_encode(&device, frame, &unit, &size), 0);
        played.fault = cases[i].fault;
        assert_int_equal(bk_codec_device_encode(&device, frame, &unit, &size), cases[i].error);
        assert_true(played.now_ms <= BK_CODEC_ENCODE_MS + 1);
        bk_codec_device_stop(&device);
    }
}

/* ---- what the System VM says ---- */

static struct bk_codec_intake intake;

static size_t put(uint8_t *to, enum bk_codec_port_type type, const void *data, size_t size)
{
    const struct bk_codec_port_record record = { .type = type, .length = (uint32_t)size };

    memcpy(to, &record, sizeof record);
    memcpy(to + sizeof record, data, size);
    return sizeof record + size;
}

static size_t put_hello(uint8_t *to)
{
    struct bk_codec_port_hello hello = { .nonce = "a nonce of 16 by" };

    memcpy(hello.mark, BK_CODEC_PORT_MARK, sizeof hello.mark);
    return put(to, BK_CODEC_PORT_HELLO, &hello, sizeof hello);
}

/* What is said, in pieces of `piece` bytes: H, S, F. Frames are of 10 bytes after a START. */
static const char *hear(const uint8_t *data, size_t size, size_t piece)
{
    static char said[64];
    size_t count = 0;

    memset(said, 0, sizeof said);
    for (size_t at = 0; at < size; at += piece) {
        const uint8_t *next = data + at;
        size_t left = size - at < piece ? size - at : piece;
        while (left > 0 && count < sizeof said - 1) {
            enum bk_codec_said what = bk_codec_intake_take(&intake, &next, &left);
            if (what == BK_CODEC_SAID_START)
                bk_codec_intake_expect(&intake, 10);
            if (what != BK_CODEC_SAID_NOTHING)
                said[count++] = "-HSF"[what];
        }
    }
    return said;
}

static void test_records(void **state)
{
    static uint8_t data[2 * BK_CODEC_PORT_PIECE];

    (void)state;
    for (size_t piece = 1; piece < 200; piece++) {
        size_t size = put_hello(data);
        size += put(data + size, BK_CODEC_PORT_FRAME, "early", 5); /* thrown away */
        size += put(data + size, BK_CODEC_PORT_START, &usual, sizeof usual);
        size += put(data + size, BK_CODEC_PORT_FRAME, "0123456", 7);
        size += put(data + size, BK_CODEC_PORT_FRAME, "789", 3);
        size += put(data + size, BK_CODEC_PORT_FRAME, "abcdefghij", 10);
        size += put_hello(data + size);
        size += put(data + size, BK_CODEC_PORT_FRAME, "abcdefghij", 10);
        memset(&intake, 0, sizeof intake);
        assert_string_equal(hear(data, size, piece), "HSFFH");
        assert_memory_equal(intake.frame, "abcdefghij", 10);
    }
}

static void test_it_finds_its_place(void **state)
{
    static uint8_t data[4 * BK_CODEC_PORT_PIECE];
    static const uint8_t nothing[BK_CODEC_PORT_RECORD];
    uint8_t fake[64];

    (void)state;
    for (size_t lost = 1; lost < 60; lost++) { /* so many bytes were read by a predecessor */
        size_t size = put(data, BK_CODEC_PORT_FRAME, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789", 58);
        size += put_hello(data + size); /* without the zeros: good enough where nobody fakes one */
        size += put(data + size, BK_CODEC_PORT_START, &usual, sizeof usual);
        memset(&intake, 0, sizeof intake);
        assert_string_equal(hear(data + lost, size - lost, 77), "HS");
    }
    /* A frame that holds a HELLO, and then the longest record: what follows is heard, whatever of it was swallowed. */
    for (size_t behind = 0; behind < 40; behind++) {
        const struct bk_codec_port_record longest = { BK_CODEC_PORT_FRAME, BK_CODEC_PORT_PIECE };
        size_t size = put_hello(data);
        memcpy(data + size, &longest, sizeof longest);
        size += sizeof longest + behind;
        memcpy(data + size, nothing, sizeof nothing);
        size += sizeof nothing;
        size += put_hello(data + size);
        memset(&intake, 0, sizeof intake);
        assert_string_equal(hear(data, size, 1000), "HH");
    }
    /* What is no record, and what is more than a frame. */
    size_t size = put(fake, 99, "", 0);
    memset(&intake, 0, sizeof intake);
    size_t all = put_hello(data);
    memcpy(data + all, fake, size);
    all += size;
    all += put(data + all, BK_CODEC_PORT_START, &usual, sizeof usual);
    all += put_hello(data + all);
    all += put(data + all, BK_CODEC_PORT_START, &usual, sizeof usual);
    all += put(data + all, BK_CODEC_PORT_FRAME, "0123456789a", 11);
    all += put(data + all, BK_CODEC_PORT_FRAME, "0123456789", 10);
    assert_string_equal(hear(data, all, 64), "HHS");
}

/* ---- all of it ---- */

/* What bk-codec says to a greeting, a START and two frames; it ends with them, or with the device, and then with
 * `error`. */
static size_t serve(bool first_fails, enum fault fault, int error, uint8_t said[static 1024])
{
    static uint8_t data[2 * BK_CODEC_PORT_RECORD];
    static struct bk_codecs codecs;
    struct bk_codec_port_start wanted = usual;
    uint8_t frame[WIDTH * HEIGHT * 3 / 2] = { 0 };
    int control[2], line[2];
    size_t heard = 0;

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, control), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, line), 0);
    bk_codecs_init(&codecs, control[0]);
    codecs.line = line[0];
    begin(&codecs.devices[0], false, fault);
    wanted.encoder = first_fails ? 2 : 1; /* it has two */
    size_t size = BK_CODEC_PORT_RECORD;
    memset(data, 0, size);
    size += put_hello(data + size);
    size += put(data + size, BK_CODEC_PORT_START, &wanted, sizeof wanted);
    for (int i = 0; i < 2; i++)
        size += put(data + size, BK_CODEC_PORT_FRAME, frame, sizeof frame);
    assert_int_equal(write(line[1], data, size), size);
    assert_int_equal(shutdown(line[1], SHUT_WR), 0);
    close(control[1]);
    assert_int_equal(bk_codecs_run(&codecs), error);
    for (ssize_t n; (n = recv(line[1], said + heard, 1024 - heard, MSG_DONTWAIT)) > 0;)
        heard += (size_t)n;
    close(control[0]);
    close(line[1]);
    close(line[0]);
    return heard;
}

static void test_it_serves_and_ends_with_a_device_that_fails(void **state)
{
    static const struct bk_codec_port_record unit = { BK_CODEC_PORT_UNIT, 4 }, failed = { BK_CODEC_PORT_FAILED, 0 };
    const size_t listed = sizeof(struct bk_codec_port_list);
    uint8_t said[1024];
    struct bk_codec_port_list list;

    (void)state;
    assert_int_equal(serve(false, NONE, 0, said), listed + 2 * (sizeof unit + 4));
    memcpy(&list, said, sizeof list);
    assert_memory_equal(list.nonce, "a nonce of 16 by", sizeof list.nonce);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.encoders[1].codec, BK_CODEC_PORT_FWHT);
    assert_memory_equal(said + listed, &unit, sizeof unit);
    assert_memory_equal(said + listed + sizeof unit, "aaaa", 4);
    assert_memory_equal(said + listed + 2 * sizeof unit + 4, "bbbb", 4);

    static const struct {
        bool none; /* there is no such encoder */
        enum fault fault;
        int error;
    } cases[] = { { true, NONE, 0 },
                  { false, SMALL_BUFFERS, 0 },
                  { false, UNPLUGGED, -ENODEV },
                  { false, PULLED, -ENODEV },
                  { false, SILENT, -ETIMEDOUT } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(serve(cases[i].none, cases[i].fault, cases[i].error, said), listed + sizeof failed);
        assert_memory_equal(said + listed, &failed, sizeof failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_it_can_do),
        cmocka_unit_test(test_frames_become_units),
        cmocka_unit_test(test_a_device_that_will_not),
        cmocka_unit_test(test_a_device_that_lies),
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_it_finds_its_place),
        cmocka_unit_test(test_it_serves_and_ends_with_a_device_that_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
