/* SPDX-License-Identifier: Apache-2.0 */
/* bk-encoder without its jail: what it makes of known frames, another decoder (libavcodec) makes frames of again. */
#include "encoder_job.h"
#include "encoding.h"
#include "options.h"
#include "session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <getopt.h>
#include <libavcodec/avcodec.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAMES 12

static const struct bk_encoder_job usual = { 320, 240, 30, 1000000, 5, BK_ENCODER_I420 };

/* ---- frames ---- */

/* A picture that moves: a slope with a square on it, and slopes of colour. */
static uint8_t luma_at(int64_t x, int64_t y, int64_t number)
{
    bool square = x >= 40 + 3 * number && x < 90 + 3 * number && y >= 30 + number && y < 80 + number;

    return (uint8_t)(square ? 220 - (x + y) % 32 : 40 + (x + 2 * y + number) % 512 / 4);
}

static uint8_t blue_at(int64_t x, int64_t y, int64_t number)
{
    return (uint8_t)(90 + (x + y + number) % 160 / 4);
}

static uint8_t red_at(int64_t x, int64_t y, int64_t number)
{
    return (uint8_t)(160 - (x + 2 * y + number) % 160 / 4);
}

static void draw(const struct bk_encoder_job *job, int64_t number, uint8_t *frame)
{
    int64_t width = job->width, height = job->height, quarter = width * height / 4;
    uint8_t *chroma = frame + width * height;

    for (int64_t y = 0; y < height; y++) {
        for (int64_t x = 0; x < width; x++)
            frame[y * width + x] = luma_at(x, y, number);
    }
    for (int64_t y = 0; y < height / 2; y++) {
        for (int64_t x = 0; x < width / 2; x++) {
            int64_t at = y * width / 2 + x;
            bool pairs = job->format == BK_ENCODER_NV12;
            chroma[pairs ? 2 * at : at] = blue_at(x, y, number);
            chroma[pairs ? 2 * at + 1 : quarter + at] = red_at(x, y, number);
        }
    }
}

/* The same every time. */
static void draw_noise(size_t size, uint8_t *frame)
{
    static uint32_t state = 1;

    for (size_t i = 0; i < size; i++) {
        state = state * 1664525U + 1013904223U;
        frame[i] = (uint8_t)(state >> 24);
    }
}

/* ---- the decoder ---- */

struct decoder {
    AVCodecContext *context;
    AVPacket *packet;
    AVFrame *frame; /* the last one */
};

static void open_decoder(struct decoder *decoder)
{
    const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_H264);

    assert_non_null(codec);
    decoder->context = avcodec_alloc_context3(codec);
    decoder->packet = av_packet_alloc();
    decoder->frame = av_frame_alloc();
    decoder->context->thread_count = 1;
    decoder->context->flags |= AV_CODEC_FLAG_LOW_DELAY;
    decoder->context->err_recognition = AV_EF_EXPLODE;
    assert_int_equal(avcodec_open2(decoder->context, codec, NULL), 0);
}

static void close_decoder(struct decoder *decoder)
{
    avcodec_free_context(&decoder->context);
    av_packet_free(&decoder->packet);
    av_frame_free(&decoder->frame);
}

/* One unit is one frame, at once. */
static void decode(struct decoder *decoder, const uint8_t *unit, size_t size)
{
    assert_int_equal(av_new_packet(decoder->packet, (int)size), 0);
    memcpy(decoder->packet->data, unit, size);
    assert_int_equal(avcodec_send_packet(decoder->context, decoder->packet), 0);
    av_packet_unref(decoder->packet);
    assert_int_equal(avcodec_receive_frame(decoder->context, decoder->frame), 0);
}

static double psnr(const uint8_t *plane, int stride, int64_t width, int64_t height, int64_t number,
                   uint8_t (*expected)(int64_t x, int64_t y, int64_t number))
{
    double squares = 0;

    for (int64_t y = 0; y < height; y++) {
        for (int64_t x = 0; x < width; x++) {
            double difference = plane[y * stride + x] - expected(x, y, number);
            squares += difference * difference;
        }
    }
    return 10 * log10(255.0 * 255.0 * (double)(width * height) / fmax(squares, 1));
}

static void assert_alike(const struct decoder *decoder, const struct bk_encoder_job *job, int64_t number)
{
    const AVFrame *frame = decoder->frame;

    assert_int_equal(frame->width, job->width);
    assert_int_equal(frame->height, job->height);
    assert_int_equal(frame->format, AV_PIX_FMT_YUV420P);
    assert_true(psnr(frame->data[0], frame->linesize[0], job->width, job->height, number, luma_at) > 34);
    assert_true(psnr(frame->data[1], frame->linesize[1], job->width / 2, job->height / 2, number, blue_at) > 34);
    assert_true(psnr(frame->data[2], frame->linesize[2], job->width / 2, job->height / 2, number, red_at) > 34);
}

/* ---- encoding ---- */

/* A key frame brings its parameter sets (NAL units 7 and 8) and is 5; another one is 1. */
static bool is_key(const uint8_t *unit, size_t size)
{
    assert_true(size > 5);
    assert_memory_equal(unit, "\0\0\0\1", 4);
    int type = unit[4] & 0x1f;
    assert_true(type == 7 || type == 1);
    return type == 7;
}

static void encode_and_compare(const struct bk_encoder_job *job)
{
    struct bk_encoding *encoding = NULL;
    struct decoder decoder;
    size_t all = 0;

    assert_null(bk_encoder_job_check(job));
    assert_int_equal(bk_encoding_create(job, &encoding), 0);
    uint8_t *frame = malloc(bk_encoding_frame_size(encoding));
    open_decoder(&decoder);
    for (int64_t number = 0; number < FRAMES; number++) {
        const uint8_t *unit = NULL;
        size_t size = 0;
        draw(job, number, frame);
        assert_int_equal(bk_encoding_encode(encoding, frame, &unit, &size), 0);
        assert_int_equal(is_key(unit, size), number % job->key_interval == 0);
        decode(&decoder, unit, size);
        assert_alike(&decoder, job, number);
        all += size;
    }
    assert_true(all < FRAMES * bk_encoding_frame_size(encoding) / 8);
    close_decoder(&decoder);
    free(frame);
    bk_encoding_destroy(encoding);
}

static void test_i420(void **state)
{
    (void)state;
    encode_and_compare(&usual);
}

static void test_nv12(void **state)
{
    struct bk_encoder_job job = usual;

    (void)state;
    job.format = BK_ENCODER_NV12;
    encode_and_compare(&job);
}

static void test_sizes_that_are_no_whole_blocks(void **state)
{
    static const int64_t sizes[][2] = { { 322, 182 }, { 640, 360 }, { 1080, 1920 } };

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct bk_encoder_job job = usual;
        job.width = sizes[i][0];
        job.height = sizes[i][1];
        job.bit_rate = 8000000;
        encode_and_compare(&job);
    }
}

/* The smallest, the longest and the highest: each frame has a unit, and each unit a frame. */
static void test_noise(void **state)
{
    static const int64_t sizes[][2] = { { 16, 16 }, { 320, 240 }, { 1920, 16 }, { 16, 1920 }, { 64, 48 } };

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct bk_encoder_job job = usual;
        struct bk_encoding *encoding = NULL;
        struct decoder decoder;
        job.width = sizes[i][0];
        job.height = sizes[i][1];
        job.bit_rate = BK_ENCODER_BIT_RATE_MAX;
        assert_int_equal(bk_encoding_create(&job, &encoding), 0);
        uint8_t *frame = malloc(bk_encoding_frame_size(encoding));
        open_decoder(&decoder);
        for (int number = 0; number < FRAMES; number++) {
            const uint8_t *unit = NULL;
            size_t size = 0;
            draw_noise(bk_encoding_frame_size(encoding), frame);
            assert_int_equal(bk_encoding_encode(encoding, frame, &unit, &size), 0);
            decode(&decoder, unit, size);
        }
        close_decoder(&decoder);
        free(frame);
        bk_encoding_destroy(encoding);
    }
}

/* ---- the rules ---- */

static void test_bounds(void **state)
{
    static const struct {
        const char *wrong;
        struct bk_encoder_job job;
    } cases[] = {
        { NULL, { 16, 16, 1, 50000, 1, BK_ENCODER_I420 } },
        { NULL, { 1920, 1088, 60, 20000000, 600, BK_ENCODER_NV12 } },
        { "width", { 14, 16, 30, 100000, 1, BK_ENCODER_I420 } },
        { "width", { 17, 16, 30, 100000, 1, BK_ENCODER_I420 } },
        { "width", { 1922, 16, 30, 100000, 1, BK_ENCODER_I420 } },
        { "width", { INT64_MAX - 1, 16, 30, 100000, 1, BK_ENCODER_I420 } },
        { "width", { -16, 16, 30, 100000, 1, BK_ENCODER_I420 } },
        { "height", { 16, 0, 30, 100000, 1, BK_ENCODER_I420 } },
        { "height", { 16, 33, 30, 100000, 1, BK_ENCODER_I420 } },
        { "height", { 1920, 1090, 30, 100000, 1, BK_ENCODER_I420 } },
        { "rate", { 16, 16, 0, 100000, 1, BK_ENCODER_I420 } },
        { "rate", { 16, 16, 61, 100000, 1, BK_ENCODER_I420 } },
        { "bitRate", { 16, 16, 30, 49999, 1, BK_ENCODER_I420 } },
        { "bitRate", { 16, 16, 30, 20000001, 1, BK_ENCODER_I420 } },
        { "keyInterval", { 16, 16, 30, 100000, 0, BK_ENCODER_I420 } },
        { "keyInterval", { 16, 16, 30, 100000, 601, BK_ENCODER_I420 } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *wrong = bk_encoder_job_check(&cases[i].job);
        if (cases[i].wrong == NULL)
            assert_null(wrong);
        else
            assert_string_equal(wrong, cases[i].wrong);
    }
    assert_int_equal(bk_encoder_format_by_name("nv12"), BK_ENCODER_NV12);
    assert_int_equal(bk_encoder_format_by_name("rgb"), BK_ENCODER_FORMATS);
}

static int parse(const char *const *arguments, struct bk_encoder_options *ret)
{
    char *copies[16] = { NULL };
    int count = 0;

    while (count < 15 && arguments[count] != NULL) {
        copies[count] = strdup(arguments[count]);
        count++;
    }
    optind = 0; /* getopt begins anew */
    int r = bk_encoder_options_parse(count, copies, ret);
    for (int i = 0; i < count; i++)
        free(copies[i]);
    return r;
}

static void test_command_line(void **state)
{
    const char *arguments[] = { "bk-encoder",        "--stream=fd:7", "--width=640",
                                "--height=480",      "--rate=25",     "--bit-rate=900000",
                                "--key-interval=50", "--format=nv12", NULL };
    static const char *const wrong[] = {
        "--stream=7",    "--width=641",      "--height=4x",  "--rate=",
        "--bit-rate=-1", "--key-interval=0", "--format=rgb", "--stream=fd:99999999999"
    };
    struct bk_encoder_options options;

    (void)state;
    assert_int_equal(parse(arguments, &options), 0);
    assert_int_equal(options.stream, 7);
    assert_int_equal(options.job.width, 640);
    assert_int_equal(options.job.height, 480);
    assert_int_equal(options.job.rate, 25);
    assert_int_equal(options.job.bit_rate, 900000);
    assert_int_equal(options.job.key_interval, 50);
    assert_int_equal(options.job.format, BK_ENCODER_NV12);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const char *changed[10];
        memcpy(changed, arguments, sizeof arguments);
        changed[8] = wrong[i];
        changed[9] = NULL;
        assert_int_equal(parse(changed, &options), -EINVAL);
    }
    for (int left_out = 1; left_out < 8; left_out++) {
        const char *changed[9] = { NULL };
        int count = 0;
        for (int i = 0; i < 9; i++) {
            if (i != left_out)
                changed[count++] = arguments[i];
        }
        assert_int_equal(parse(changed, &options), -EINVAL);
    }
}

/* ---- the stream ---- */

/* What a session says of `size` bytes, and how many bytes of units it gives for them. */
static int serve(size_t size, size_t *ret_units)
{
    const struct bk_encoder_job job = { 16, 16, 30, 100000, 5, BK_ENCODER_I420 };
    struct bk_encoding *encoding = NULL;
    uint8_t bytes[2000] = { 0 };
    int ends[2];

    assert_true(size <= sizeof bytes);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(bk_encoding_create(&job, &encoding), 0);
    assert_int_equal(write(ends[0], bytes, size), size);
    assert_int_equal(shutdown(ends[0], SHUT_WR), 0);
    int r = bk_session_run(ends[1], encoding, NULL);
    close(ends[1]);
    *ret_units = 0;
    for (uint8_t head[4]; read(ends[0], head, 4) == 4;) {
        size_t length = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
        assert_true(length > 5 && length <= sizeof bytes);
        assert_int_equal(read(ends[0], bytes, length), length);
        (void)is_key(bytes, length);
        (*ret_units)++;
    }
    close(ends[0]);
    bk_encoding_destroy(encoding);
    return r;
}

static void test_a_stream_is_whole_frames(void **state)
{
    size_t units = 0;

    (void)state;
    assert_int_equal(serve(0, &units), 0);
    assert_int_equal(units, 0);
    assert_int_equal(serve(3 * 384, &units), 0);
    assert_int_equal(units, 3);
    assert_int_equal(serve(2 * 384 + 1, &units), -ENODATA);
    assert_int_equal(units, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_i420),
        cmocka_unit_test(test_nv12),
        cmocka_unit_test(test_sizes_that_are_no_whole_blocks),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_command_line),
        cmocka_unit_test(test_a_stream_is_whole_frames),
    };

    av_log_set_level(AV_LOG_QUIET);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
