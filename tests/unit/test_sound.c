/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sound_bench.h"

#include "checked.h"
#include "cleanup.h"
#include "io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PERIOD      1200U /* frames of a buffer: 25 ms */
#define PERIOD_SIZE (PERIOD * BK_SOUND_FRAME_SIZE)
#define WAIT_MAX    300U /* messages, of 10 ms, until a guest that does not look gets its last buffer */
#define TX          VIRTIO_SND_VQ_TX
#define RX          VIRTIO_SND_VQ_RX

static struct sound_bench bench;

static int setup(void **state)
{
    (void)state;
    sound_bench_open(&bench);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sound_bench_close(&bench);
    return 0;
}

/* One playback buffer, in as many ranges as a driver likes. */
struct playback {
    struct virtio_snd_pcm_xfer xfer;
    uint8_t sound[PERIOD_SIZE];
    struct virtio_snd_pcm_status status;
    uint16_t head;
};

static struct playback buffers[8];

static uint8_t byte_at(size_t offset)
{
    return (uint8_t)(offset * 7 + offset / 256);
}

/* Buffer `i` has the bytes of the whole sound that begin at i * PERIOD_SIZE. */
static void add_playback(unsigned i)
{
    struct playback *buffer = &buffers[i];
    struct iovec out[] = { { &buffer->xfer, 3 },
                           { (char *)&buffer->xfer + 3, 1 },
                           { buffer->sound, 1001 },
                           { buffer->sound + 1001, PERIOD_SIZE - 1001 } };
    struct iovec in[] = { { &buffer->status, 5 }, { (char *)&buffer->status + 5, sizeof buffer->status - 5 } };

    buffer->xfer.stream_id = BK_SOUND_PLAYBACK;
    memset(&buffer->status, 0xee, sizeof buffer->status);
    for (size_t at = 0; at < PERIOD_SIZE; at++)
        buffer->sound[at] = byte_at(i * PERIOD_SIZE + at);
    buffer->head = fake_queue_add(bench.device, TX, out, BK_ARRAY_SIZE(out), in, BK_ARRAY_SIZE(in));
}

static bool came_back(unsigned i)
{
    size_t written;

    if (!fake_queue_answered(bench.device, TX, buffers[i].head, &written))
        return false;
    assert_int_equal(written, sizeof buffers[i].status);
    assert_int_equal(buffers[i].status.status, VIRTIO_SND_S_OK);
    assert_int_equal(buffers[i].status.latency_bytes, 0);
    return true;
}

static void start(uint32_t stream)
{
    struct bk_sound_message message;

    assert_int_equal(sound_bench_ask(&bench, VIRTIO_SND_R_PCM_START, stream), VIRTIO_SND_S_OK);
    assert_true(sound_bench_receive(&bench, &message));
    assert_int_equal(message.header.type, BK_SOUND_START);
    assert_int_equal(message.header.stream, stream);
    assert_int_equal(message.header.frames, 0);
}

/* Everything that was sent: `frames` of the whole sound, from `*at` on. */
static void expect_sound(size_t *at, uint32_t run, uint32_t frames)
{
    struct bk_sound_message message;

    while (frames > 0) {
        assert_true(sound_bench_receive(&bench, &message));
        assert_int_equal(message.header.type, BK_SOUND_PLAY);
        assert_int_equal(message.header.stream, BK_SOUND_PLAYBACK);
        assert_int_equal(message.header.run, run);
        assert_in_range(message.header.frames, 1, bk_min(frames, BK_SOUND_FRAMES_MAX));
        for (size_t i = 0; i < message.header.frames * BK_SOUND_FRAME_SIZE; i++)
            assert_int_equal(((uint8_t *)message.sound)[i], byte_at((*at)++));
        frames -= message.header.frames;
    }
    assert_false(sound_bench_receive(&bench, &message));
}

static void say_played(uint32_t run, uint32_t frames)
{
    const struct bk_sound_header played = { BK_SOUND_PLAYED, BK_SOUND_PLAYBACK, run, frames };

    sound_bench_send(&bench, &played, sizeof played);
}

/* For so long that the guest gets its last buffer back. */
static void rest(uint32_t run)
{
    for (unsigned i = 0; i < 3; i++)
        say_played(run, 0);
}

static void say_recorded(uint32_t run, size_t at, uint32_t frames)
{
    struct bk_sound_message message = { .header = { BK_SOUND_RECORDED, BK_SOUND_CAPTURE, run, frames } };

    for (size_t i = 0; i < frames * BK_SOUND_FRAME_SIZE; i++)
        ((uint8_t *)message.sound)[i] = byte_at(at + i);
    sound_bench_send(&bench, &message, sizeof message.header + frames * BK_SOUND_FRAME_SIZE);
}

static bool is_plugged(void)
{
    struct bk_sound_message message;
    int fd = -1;
    ssize_t n;

    fake_loop_settle(bench.loop, 100);
    while ((n = bk_recv_message(bench.far, &message, sizeof message, &fd)) > 0)
        ;
    return n == -EAGAIN;
}

static void test_says_what_it_can_do(void **state)
{
    struct virtio_snd_config config;
    struct virtio_snd_query_info query = { { VIRTIO_SND_R_PCM_INFO }, 0, 2, sizeof(struct virtio_snd_pcm_info) };
    struct {
        struct virtio_snd_hdr status;
        struct virtio_snd_pcm_info info[2];
    } __attribute__((packed)) answer;
    size_t written;

    (void)state;
    bench.device->operations->read_config(bench.device, 0, &config, sizeof config);
    assert_int_equal(config.jacks, 0);
    assert_int_equal(config.streams, 2);
    assert_int_equal(config.chmaps, 0);
    uint16_t head = fake_queue_add_buffers(bench.device, 0, &query, sizeof query, &answer, sizeof answer);
    fake_queue_notify(bench.device, 0);
    assert_true(fake_queue_answered(bench.device, 0, head, &written));
    assert_int_equal(written, sizeof answer);
    assert_int_equal(answer.status.code, VIRTIO_SND_S_OK);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(answer.info[i].direction, i == 0 ? VIRTIO_SND_D_OUTPUT : VIRTIO_SND_D_INPUT);
        assert_int_equal(answer.info[i].formats, 1 << VIRTIO_SND_PCM_FMT_S16);
        assert_int_equal(answer.info[i].rates, 1 << VIRTIO_SND_PCM_RATE_48000);
        assert_int_equal(answer.info[i].channels_min, 2);
        assert_int_equal(answer.info[i].channels_max, 2);
        assert_int_equal(answer.info[i].features, 0);
    }
}

static void test_refuses_what_it_has_not(void **state)
{
    static const struct {
        struct virtio_snd_query_info query;
        uint32_t status;
    } cases[] = {
        { { { VIRTIO_SND_R_PCM_INFO }, 1, 2, 32 }, VIRTIO_SND_S_BAD_MSG },
        { { { VIRTIO_SND_R_PCM_INFO }, 3, 0, 32 }, VIRTIO_SND_S_BAD_MSG },
        { { { VIRTIO_SND_R_PCM_INFO }, 1, UINT32_MAX, 32 }, VIRTIO_SND_S_BAD_MSG },
        { { { VIRTIO_SND_R_PCM_INFO }, UINT32_MAX, 3, 32 }, VIRTIO_SND_S_BAD_MSG },
        { { { VIRTIO_SND_R_PCM_INFO }, 0, 2, 0 }, VIRTIO_SND_S_BAD_MSG },
        { { { VIRTIO_SND_R_PCM_INFO }, 0, 2, 32 }, VIRTIO_SND_S_BAD_MSG }, /* no room for the answer */
        { { { VIRTIO_SND_R_JACK_INFO }, 0, 1, 24 }, VIRTIO_SND_S_BAD_MSG },
        { { { VIRTIO_SND_R_CHMAP_INFO }, 0, 1, 24 }, VIRTIO_SND_S_BAD_MSG },
        { { { 0x0300 }, 0, 1, 24 }, VIRTIO_SND_S_NOT_SUPP },
    };
    struct virtio_snd_hdr status;

    (void)state;
    for (unsigned i = 0; i < BK_ARRAY_SIZE(cases); i++) {
        size_t written;
        uint16_t head =
            fake_queue_add_buffers(bench.device, 0, &cases[i].query, sizeof cases[i].query, &status, sizeof status);
        fake_queue_notify(bench.device, 0);
        assert_true(fake_queue_answered(bench.device, 0, head, &written));
        assert_int_equal(written, sizeof status);
        assert_int_equal(status.code, cases[i].status);
    }
    assert_int_equal(sound_bench_ask(&bench, VIRTIO_SND_R_PCM_PREPARE, 2), VIRTIO_SND_S_BAD_MSG);
    assert_int_equal(sound_bench_ask(&bench, VIRTIO_SND_R_PCM_PREPARE, UINT32_MAX), VIRTIO_SND_S_BAD_MSG);
    assert_int_equal(sound_bench_ask(&bench, VIRTIO_SND_R_PCM_SET_PARAMS, 0), VIRTIO_SND_S_BAD_MSG); /* cut short */
    assert_false(bench.transport.broken);
}

static void test_takes_one_format(void **state)
{
    static const struct {
        uint32_t buffer, period, features;
        uint8_t channels, format, rate;
        uint32_t status;
    } cases[] = {
        { 9600, 4800, 0, 2, VIRTIO_SND_PCM_FMT_S16, VIRTIO_SND_PCM_RATE_48000, VIRTIO_SND_S_OK },
        { 9600, 4800, 0, 1, VIRTIO_SND_PCM_FMT_S16, VIRTIO_SND_PCM_RATE_48000, VIRTIO_SND_S_NOT_SUPP },
        { 9600, 4800, 0, 2, VIRTIO_SND_PCM_FMT_S32, VIRTIO_SND_PCM_RATE_48000, VIRTIO_SND_S_NOT_SUPP },
        { 9600, 4800, 0, 2, VIRTIO_SND_PCM_FMT_S16, VIRTIO_SND_PCM_RATE_44100, VIRTIO_SND_S_NOT_SUPP },
        { 9600, 4800, 1, 2, VIRTIO_SND_PCM_FMT_S16, VIRTIO_SND_PCM_RATE_48000, VIRTIO_SND_S_NOT_SUPP },
        { 9600, 0, 0, 2, VIRTIO_SND_PCM_FMT_S16, VIRTIO_SND_PCM_RATE_48000, VIRTIO_SND_S_BAD_MSG },
        { 9601, 4800, 0, 2, VIRTIO_SND_PCM_FMT_S16, VIRTIO_SND_PCM_RATE_48000, VIRTIO_SND_S_BAD_MSG },
    };

    (void)state;
    for (unsigned i = 0; i < BK_ARRAY_SIZE(cases); i++) {
        const struct virtio_snd_pcm_set_params request = {
            .hdr = { { VIRTIO_SND_R_PCM_SET_PARAMS }, 1 },
            .buffer_bytes = cases[i].buffer,
            .period_bytes = cases[i].period,
            .features = cases[i].features,
            .channels = cases[i].channels,
            .format = cases[i].format,
            .rate = cases[i].rate,
        };
        struct virtio_snd_hdr status;
        uint16_t head = fake_queue_add_buffers(bench.device, 0, &request, sizeof request, &status, sizeof status);
        fake_queue_notify(bench.device, 0);
        assert_true(fake_queue_answered(bench.device, 0, head, NULL));
        assert_int_equal(status.code, cases[i].status);
    }
}

static void test_keeps_to_the_states(void **state)
{
    enum {
        SET_PARAMS,
        PREPARE,
        RELEASE,
        START,
        STOP
    };
    static const uint32_t codes[] = { VIRTIO_SND_R_PCM_SET_PARAMS, VIRTIO_SND_R_PCM_PREPARE, VIRTIO_SND_R_PCM_RELEASE,
                                      VIRTIO_SND_R_PCM_START, VIRTIO_SND_R_PCM_STOP };
    /* What brings a stream there, and which requests it takes then. */
    static const struct {
        unsigned path[4], length;
        bool takes[5];
    } cases[] = {
        { { 0 }, 0, { [PREPARE] = false } },
        { { PREPARE }, 1, { [PREPARE] = true, [RELEASE] = true, [START] = true } },
        { { PREPARE, START }, 2, { [STOP] = true } },
        { { PREPARE, START, STOP }, 3, { [PREPARE] = true, [RELEASE] = true, [START] = true } },
        { { PREPARE, START, STOP, RELEASE }, 4, { [PREPARE] = true } },
    };

    (void)state;
    for (unsigned i = 0; i < BK_ARRAY_SIZE(cases); i++) {
        for (unsigned code = PREPARE; code <= STOP; code++) {
            fake_device_reset(bench.device);
            fake_device_start(bench.device, &bench.transport);
            if (cases[i].length > 0)
                sound_bench_prepare(&bench, 0);
            for (unsigned step = 0; step < cases[i].length; step++)
                assert_int_equal(sound_bench_ask(&bench, codes[cases[i].path[step]], 0), VIRTIO_SND_S_OK);
            assert_int_equal(sound_bench_ask(&bench, codes[code], 0),
                             cases[i].takes[code] ? VIRTIO_SND_S_OK : VIRTIO_SND_S_BAD_MSG);
        }
    }
}

static void test_plays_as_the_far_end_does(void **state)
{
    size_t at = 0;

    (void)state;
    sound_bench_prepare(&bench, BK_SOUND_PLAYBACK);
    for (unsigned i = 0; i < 4; i++)
        add_playback(i);
    fake_queue_notify(bench.device, TX);
    expect_sound(&at, 1, 0); /* it is prepared, no more */
    start(BK_SOUND_PLAYBACK);
    expect_sound(&at, 1, BK_SOUND_WINDOW);
    assert_false(came_back(0));
    say_played(1, PERIOD - 1);
    assert_false(came_back(0));
    expect_sound(&at, 1, PERIOD - 1);
    say_played(1, 1);
    assert_true(came_back(0));
    assert_false(came_back(1));
    expect_sound(&at, 1, 1);
    say_played(1, 2 * PERIOD);
    assert_true(came_back(1));
    assert_true(came_back(2));
    assert_false(came_back(3));
    expect_sound(&at, 1, 4 * PERIOD - BK_SOUND_WINDOW - PERIOD);
    say_played(1, PERIOD);
    rest(1);
    assert_true(came_back(3));
    assert_int_equal(at, 4 * PERIOD_SIZE);
    assert_true(is_plugged());
}

/* All that the guest has is sent whole. */
static void play_ring(size_t *at)
{
    sound_bench_prepare(&bench, BK_SOUND_PLAYBACK);
    add_playback(0);
    add_playback(1);
    start(BK_SOUND_PLAYBACK);
    expect_sound(at, 1, 2 * PERIOD);
}

/* A guest whose processor stood still does not get all of its ring back at once. */
static void test_waits_with_the_last_one_played(void **state)
{
    size_t at = 0;

    (void)state;
    play_ring(&at);
    say_played(1, 2 * PERIOD);
    for (unsigned i = 0; i < WAIT_MAX - 1; i++)
        say_played(1, 0); /* it does not look at the first */
    assert_false(came_back(1));
    assert_true(came_back(0));
    add_playback(2);
    fake_queue_notify(bench.device, TX);
    expect_sound(&at, 1, PERIOD);
    say_played(1, PERIOD);
    assert_true(came_back(1));
    assert_false(came_back(2));
    say_played(1, 0);
    say_played(1, 0);
    assert_false(came_back(2)); /* it looked, but had no time yet */
    add_playback(3);
    fake_queue_notify(bench.device, TX);
    expect_sound(&at, 1, PERIOD);
    say_played(1, 0);
    assert_true(came_back(2));
    say_played(1, PERIOD);
    assert_false(came_back(3));
    rest(1);
    assert_true(came_back(3)); /* no more comes: it drains */
}

/* A driver that looks at its ring without a word about it gets its last buffer, if late. */
static void test_does_not_wait_for_good(void **state)
{
    size_t at = 0;

    (void)state;
    sound_bench_prepare(&bench, BK_SOUND_PLAYBACK);
    for (unsigned round = 0; round < 2; round++) {
        add_playback(2 * round);
        add_playback(2 * round + 1);
        if (round == 0)
            start(BK_SOUND_PLAYBACK);
        fake_queue_notify(bench.device, TX);
        expect_sound(&at, 1, 2 * PERIOD);
        say_played(1, 2 * PERIOD);
        for (unsigned i = 0; i < WAIT_MAX; i++) {
            assert_false(came_back(2 * round + 1));
            say_played(1, 0);
        }
        assert_true(came_back(2 * round + 1));
        assert_true(came_back(2 * round));
    }
}

/* What a bk-vmm that stood still finds is no time that the guest had. */
static void test_counts_no_rests_that_come_at_once(void **state)
{
    const struct bk_sound_header nothing = { BK_SOUND_PLAYED, BK_SOUND_PLAYBACK, 1, 0 };
    size_t at = 0;

    (void)state;
    sound_bench_prepare(&bench, BK_SOUND_PLAYBACK);
    add_playback(0);
    start(BK_SOUND_PLAYBACK);
    expect_sound(&at, 1, PERIOD);
    say_played(1, PERIOD);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(bk_send_message(bench.far, &nothing, sizeof nothing, -1), 0);
    say_played(1, 0);
    assert_false(came_back(0));
    rest(1);
    assert_true(came_back(0));
}

static void test_gives_everything_back_on_release(void **state)
{
    struct bk_sound_message message;
    size_t at = 0;

    (void)state;
    sound_bench_prepare(&bench, BK_SOUND_PLAYBACK);
    for (unsigned i = 0; i < 8; i++)
        add_playback(i);
    start(BK_SOUND_PLAYBACK);
    expect_sound(&at, 1, BK_SOUND_WINDOW);
    assert_int_equal(sound_bench_ask(&bench, VIRTIO_SND_R_PCM_STOP, 0), VIRTIO_SND_S_OK);
    assert_true(sound_bench_receive(&bench, &message));
    assert_int_equal(message.header.type, BK_SOUND_STOP);
    assert_int_equal(message.header.run, 1);
    assert_true(came_back(0)); /* was sent whole, as was the next; the third in part */
    assert_true(came_back(1));
    assert_false(came_back(2));
    assert_int_equal(sound_bench_ask(&bench, VIRTIO_SND_R_PCM_RELEASE, 0), VIRTIO_SND_S_OK);
    for (unsigned i = 2; i < 8; i++)
        assert_true(came_back(i));
    say_played(1, 100); /* was under way */
    assert_true(is_plugged());
}

static void test_goes_on_after_a_pause(void **state)
{
    struct bk_sound_message message;
    size_t at = 0;

    (void)state;
    sound_bench_prepare(&bench, BK_SOUND_PLAYBACK);
    for (unsigned i = 0; i < 4; i++)
        add_playback(i);
    start(BK_SOUND_PLAYBACK);
    expect_sound(&at, 1, BK_SOUND_WINDOW);
    assert_int_equal(sound_bench_ask(&bench, VIRTIO_SND_R_PCM_STOP, 0), VIRTIO_SND_S_OK);
    assert_true(sound_bench_receive(&bench, &message));
    start(BK_SOUND_PLAYBACK);
    expect_sound(&at, 2, 4 * PERIOD - BK_SOUND_WINDOW);
    say_played(1, BK_SOUND_WINDOW); /* of the run before: says nothing about this one */
    assert_true(came_back(0));
    assert_true(came_back(1));
    assert_false(came_back(2));
    say_played(2, 4 * PERIOD - BK_SOUND_WINDOW);
    assert_true(came_back(2));
    rest(2);
    assert_true(came_back(3));
}

static void test_survives_the_far_end(void **state)
{
    size_t at = 0;

    (void)state;
    sound_bench_prepare(&bench, BK_SOUND_PLAYBACK);
    for (unsigned i = 0; i < 4; i++)
        add_playback(i);
    start(BK_SOUND_PLAYBACK);
    expect_sound(&at, 1, BK_SOUND_WINDOW);
    bench.far = bk_close(bench.far);
    fake_loop_settle(bench.loop, 100);
    assert_true(came_back(0)); /* nobody will say that it was played */
    assert_true(came_back(1));
    assert_false(came_back(2)); /* the rest waits for a new far end */

    struct bk_sound_message message;
    sound_bench_plug(&bench);
    assert_true(sound_bench_receive(&bench, &message));
    assert_int_equal(message.header.type, BK_SOUND_START);
    expect_sound(&at, 1, 4 * PERIOD - BK_SOUND_WINDOW);
    say_played(1, 4 * PERIOD - BK_SOUND_WINDOW);
    assert_true(came_back(2));
    rest(1);
    assert_true(came_back(3));
}

/* Nor is a whole ring given back at once when the far end goes with all of it. */
static void test_keeps_the_last_one_for_the_next_far_end(void **state)
{
    struct bk_sound_message message;
    size_t at = 0;

    (void)state;
    play_ring(&at);
    bench.far = bk_close(bench.far);
    fake_loop_settle(bench.loop, 100);
    assert_true(came_back(0));
    assert_false(came_back(1));
    sound_bench_plug(&bench);
    assert_true(sound_bench_receive(&bench, &message));
    assert_int_equal(message.header.type, BK_SOUND_START);
    expect_sound(&at, 1, 0); /* it was sent, and counts as played */
    for (unsigned i = 2; i < 5; i++)
        add_playback(i);
    fake_queue_notify(bench.device, TX);
    expect_sound(&at, 1, BK_SOUND_WINDOW);
    say_played(1, BK_SOUND_WINDOW);
    for (unsigned i = 1; i < 4; i++)
        assert_true(came_back(i));
    expect_sound(&at, 1, 3 * PERIOD - BK_SOUND_WINDOW);
    assert_false(came_back(4));
    sound_bench_plug(&bench);
    assert_true(sound_bench_receive(&bench, &message));
    assert_false(came_back(4));
    rest(1); /* it drains */
    assert_true(came_back(4));
    add_playback(5);
    fake_queue_notify(bench.device, TX);
    expect_sound(&at, 1, PERIOD);
    bench.far = bk_close(bench.far);
    fake_loop_settle(bench.loop, 100);
    assert_false(came_back(5));
    assert_int_equal(sound_bench_ask(&bench, VIRTIO_SND_R_PCM_STOP, BK_SOUND_PLAYBACK), VIRTIO_SND_S_OK);
    assert_true(came_back(5));
}

/* As Linux does when it finds that it has run dry: it starts anew while there is nobody to tell. */
static void test_starts_anew_without_a_far_end(void **state)
{
    struct bk_sound_message message;
    size_t at = 0;

    (void)state;
    sound_bench_prepare(&bench, BK_SOUND_PLAYBACK);
    sound_bench_prepare(&bench, BK_SOUND_CAPTURE);
    for (unsigned i = 0; i < 4; i++)
        add_playback(i);
    start(BK_SOUND_CAPTURE);
    start(BK_SOUND_PLAYBACK);
    expect_sound(&at, 1, BK_SOUND_WINDOW);
    say_played(1, 100); /* and the far end goes before it has read everything */
    bench.far = bk_close(bench.far);
    fake_loop_settle(bench.loop, 100);
    for (uint32_t stream = 0; stream < 2; stream++) {
        assert_int_equal(sound_bench_ask(&bench, VIRTIO_SND_R_PCM_STOP, stream), VIRTIO_SND_S_OK);
        assert_int_equal(sound_bench_ask(&bench, VIRTIO_SND_R_PCM_RELEASE, stream), VIRTIO_SND_S_OK);
        assert_int_equal(sound_bench_ask(&bench, VIRTIO_SND_R_PCM_PREPARE, stream), VIRTIO_SND_S_OK);
        assert_int_equal(sound_bench_ask(&bench, VIRTIO_SND_R_PCM_START, stream), VIRTIO_SND_S_OK);
    }
    for (unsigned i = 0; i < 4; i++)
        assert_true(came_back(i));
    add_playback(0);
    fake_queue_notify(bench.device, TX);
    sound_bench_plug(&bench);
    for (unsigned i = 0; i < 2; i++) {
        assert_true(sound_bench_receive(&bench, &message));
        assert_int_equal(message.header.type, BK_SOUND_START);
        assert_int_equal(message.header.run, 2);
    }
    at = 0;
    expect_sound(&at, 2, PERIOD);
}

static void test_records(void **state)
{
    static struct {
        struct virtio_snd_pcm_xfer xfer;
        uint8_t sound[PERIOD_SIZE];
        struct virtio_snd_pcm_status status;
        uint16_t head;
    } buffer[3];
    struct bk_sound_message message;
    size_t at = 0, written;

    (void)state;
    sound_bench_prepare(&bench, BK_SOUND_CAPTURE);
    for (unsigned i = 0; i < 3; i++) {
        const struct iovec out = { &buffer[i].xfer, sizeof buffer[i].xfer };
        const struct iovec in[] = { { buffer[i].sound, 3 },
                                    { buffer[i].sound + 3, PERIOD_SIZE - 3 },
                                    { &buffer[i].status, sizeof buffer[i].status } };
        buffer[i].xfer.stream_id = BK_SOUND_CAPTURE;
        buffer[i].head = fake_queue_add(bench.device, RX, &out, 1, in, 3);
    }
    say_recorded(0, 0, 10); /* nothing runs: nobody's */
    start(BK_SOUND_CAPTURE);
    for (; at < 2 * PERIOD_SIZE + 400; at += 400)
        say_recorded(1, at, 100);
    for (unsigned i = 0; i < 2; i++) {
        assert_true(fake_queue_answered(bench.device, RX, buffer[i].head, &written));
        assert_int_equal(written, PERIOD_SIZE + sizeof buffer[i].status);
        assert_int_equal(buffer[i].status.status, VIRTIO_SND_S_OK);
        for (size_t k = 0; k < PERIOD_SIZE; k++)
            assert_int_equal(buffer[i].sound[k], byte_at(i * PERIOD_SIZE + k));
    }
    assert_false(fake_queue_answered(bench.device, RX, buffer[2].head, NULL));
    assert_int_equal(sound_bench_ask(&bench, VIRTIO_SND_R_PCM_STOP, 1), VIRTIO_SND_S_OK);
    assert_true(sound_bench_receive(&bench, &message));
    assert_int_equal(message.header.type, BK_SOUND_STOP);
    say_recorded(1, at, 100); /* was under way */
    assert_int_equal(sound_bench_ask(&bench, VIRTIO_SND_R_PCM_RELEASE, 1), VIRTIO_SND_S_OK);
    assert_true(fake_queue_answered(bench.device, RX, buffer[2].head, &written));
    assert_int_equal(written, 400 + sizeof buffer[2].status);
}

/* The last buffer that the guest has waits for another one, but not for ever. */
static void test_keeps_the_last_buffer(void **state)
{
    static uint8_t sound[2][8 + 100 * BK_SOUND_FRAME_SIZE];
    static const uint32_t stream = BK_SOUND_CAPTURE;
    uint16_t heads[2];
    size_t written;

    (void)state;
    sound_bench_prepare(&bench, BK_SOUND_CAPTURE);
    start(BK_SOUND_CAPTURE);
    heads[0] = fake_queue_add_buffers(bench.device, RX, &stream, sizeof stream, sound[0], sizeof sound[0]);
    say_recorded(1, 0, 150);
    assert_false(fake_queue_answered(bench.device, RX, heads[0], NULL));
    heads[1] = fake_queue_add_buffers(bench.device, RX, &stream, sizeof stream, sound[1], sizeof sound[1]);
    say_recorded(1, 1000, 50);
    assert_true(fake_queue_answered(bench.device, RX, heads[0], &written));
    assert_int_equal(written, sizeof sound[0]);
    assert_int_equal(sound[0][399], byte_at(399));
    assert_false(fake_queue_answered(bench.device, RX, heads[1], NULL));
    for (unsigned lost = 0; lost < BK_SOUND_RATE / 10; lost += BK_SOUND_FRAMES_MAX) {
        assert_false(fake_queue_answered(bench.device, RX, heads[1], NULL));
        say_recorded(1, 1200, BK_SOUND_FRAMES_MAX);
    }
    say_recorded(1, 1200, BK_SOUND_FRAMES_MAX);
    assert_true(fake_queue_answered(bench.device, RX, heads[1], &written));
    assert_int_equal(sound[1][0], byte_at(1000));
    assert_int_equal(sound[1][399], byte_at(1399));
}

/* A guest that does not look gets no whole ring of recordings at once either, nor waits for good. */
static void test_waits_with_the_last_one_filled(void **state)
{
    static uint8_t sound[2][8 + 100 * BK_SOUND_FRAME_SIZE];
    static const uint32_t stream = BK_SOUND_CAPTURE;
    uint16_t heads[2];

    (void)state;
    sound_bench_prepare(&bench, BK_SOUND_CAPTURE);
    start(BK_SOUND_CAPTURE);
    for (unsigned round = 0; round < 2; round++) {
        unsigned unseen = round == 0 ? WAIT_MAX : 100;
        for (unsigned i = 0; i < 2; i++)
            heads[i] = fake_queue_add_buffers(bench.device, RX, &stream, sizeof stream, sound[i], sizeof sound[i]);
        say_recorded(1, 0, 200);
        for (unsigned i = 0; i < unseen; i++) {
            assert_false(fake_queue_answered(bench.device, RX, heads[1], NULL));
            say_recorded(1, 0, BK_SOUND_FRAMES_MAX);
        }
        if (round == 0)
            assert_true(fake_queue_answered(bench.device, RX, heads[1], NULL));
        assert_true(fake_queue_answered(bench.device, RX, heads[0], NULL)); /* it looks */
    }
    for (unsigned i = 0; i < 10; i++) {
        assert_false(fake_queue_answered(bench.device, RX, heads[1], NULL));
        say_recorded(1, 0, BK_SOUND_FRAMES_MAX);
    }
    assert_true(fake_queue_answered(bench.device, RX, heads[1], NULL));
}

/* A program is told at its start that there is no microphone; what a new cable's far end says counts when it says it.
 */
static void test_does_not_record_without_a_source(void **state)
{
    struct bk_sound_message message;

    (void)state;
    sound_bench_tell_source(&bench, false);
    assert_int_equal(sound_bench_ask(&bench, VIRTIO_SND_R_PCM_START, BK_SOUND_CAPTURE), VIRTIO_SND_S_IO_ERR);
    sound_bench_prepare(&bench, BK_SOUND_CAPTURE);
    assert_int_equal(sound_bench_ask(&bench, VIRTIO_SND_R_PCM_START, BK_SOUND_CAPTURE), VIRTIO_SND_S_IO_ERR);
    assert_false(sound_bench_receive(&bench, &message));
    sound_bench_prepare(&bench, BK_SOUND_PLAYBACK);
    start(BK_SOUND_PLAYBACK);
    sound_bench_tell_source(&bench, true);
    sound_bench_plug(&bench);
    assert_true(sound_bench_receive(&bench, &message)); /* playback goes on */
    start(BK_SOUND_CAPTURE);
    sound_bench_tell_source(&bench, false);
    assert_false(sound_bench_receive(&bench, &message)); /* and so does a recording */
    assert_int_equal(sound_bench_ask(&bench, VIRTIO_SND_R_PCM_STOP, BK_SOUND_CAPTURE), VIRTIO_SND_S_OK);
    assert_int_equal(sound_bench_ask(&bench, VIRTIO_SND_R_PCM_START, BK_SOUND_CAPTURE), VIRTIO_SND_S_IO_ERR);
}

static void test_loses_what_finds_no_buffer(void **state)
{
    (void)state;
    sound_bench_prepare(&bench, BK_SOUND_CAPTURE);
    start(BK_SOUND_CAPTURE);
    for (unsigned i = 0; i < 1000; i++)
        say_recorded(1, 0, BK_SOUND_FRAMES_MAX);
    assert_true(is_plugged());
    assert_false(bench.transport.broken);
}

static void test_unplugs_who_breaks_the_rules(void **state)
{
    static const struct bk_sound_header cases[] = {
        { BK_SOUND_START, BK_SOUND_PLAYBACK, 1, 0 },
        { BK_SOUND_PLAY, BK_SOUND_PLAYBACK, 1, 0 },
        { BK_SOUND_PLAYED, BK_SOUND_CAPTURE, 1, 1 },
        { BK_SOUND_PLAYED, BK_SOUND_PLAYBACK, 1, BK_SOUND_WINDOW + 1 },
        { BK_SOUND_PLAYED, BK_SOUND_PLAYBACK, 1, 1 }, /* nothing was sent */
        { BK_SOUND_RECORDED, BK_SOUND_PLAYBACK, 1, 0 },
        { BK_SOUND_RECORDED, BK_SOUND_CAPTURE, 1, 1 }, /* and no sound behind it */
        { BK_SOUND_RECORDED, BK_SOUND_CAPTURE, 1, BK_SOUND_FRAMES_MAX + 1 },
        { BK_SOUND_SOURCE, BK_SOUND_PLAYBACK, 0, 1 },
        { BK_SOUND_SOURCE, BK_SOUND_CAPTURE, 1, 1 },
        { BK_SOUND_SOURCE, BK_SOUND_CAPTURE, 0, 2 },
        { 19, 0, 1, 0 },
        { BK_SOUND_PLAYED, UINT32_MAX, 1, 0 },
    };

    (void)state;
    sound_bench_prepare(&bench, BK_SOUND_PLAYBACK);
    assert_int_equal(sound_bench_ask(&bench, VIRTIO_SND_R_PCM_START, 0), VIRTIO_SND_S_OK);
    for (unsigned i = 0; i < BK_ARRAY_SIZE(cases); i++) {
        assert_true(is_plugged());
        sound_bench_send(&bench, &cases[i], sizeof cases[i]);
        assert_false(is_plugged());
        sound_bench_plug(&bench);
    }
    sound_bench_send(&bench, &cases[0], 15);
    assert_false(is_plugged());
    assert_false(bench.transport.broken); /* it is not the guest's doing */
}

static void test_breaks_on_bad_buffers(void **state)
{
    static const struct {
        unsigned queue;
        size_t out, in;
        uint32_t stream;
    } cases[] = {
        { TX, 4, 8, 0 },  { TX, 3, 8, 0 },    { TX, 7, 8, 0 },     { TX, 8, 7, 0 },
        { TX, 8, 0, 0 },  { TX, 8, 8, 1 },    { TX, 8, 8, 2 },     { RX, 4, 8, 1 },
        { RX, 4, 11, 1 }, { RX, 4, 7, 1 },    { RX, 3, 12, 1 },    { RX, 4, 12, 0 },
        { RX, 0, 12, 1 }, { 0, 3, 4, 0x101 }, { 0, 16, 3, 0x101 }, { 0, 16, 0, 0x101 },
    };
    static uint32_t out[8], in[8];

    (void)state;
    for (unsigned i = 0; i < BK_ARRAY_SIZE(cases); i++) {
        for (uint32_t stream = 0; stream < 2; stream++) {
            sound_bench_prepare(&bench, stream);
            assert_int_equal(sound_bench_ask(&bench, VIRTIO_SND_R_PCM_START, stream), VIRTIO_SND_S_OK);
        }
        assert_false(bench.transport.broken);
        out[0] = cases[i].stream;
        fake_queue_add_buffers(bench.device, cases[i].queue, out, cases[i].out, in, cases[i].in);
        fake_queue_notify(bench.device, cases[i].queue);
        say_recorded(i + 1, 0, 1);
        assert_true(bench.transport.broken);
        fake_device_reset(bench.device);
        fake_device_start(bench.device, &bench.transport);
    }
}

/* The smallest buffers there can be: more messages than the cable holds, and none is lost. */
static void test_waits_for_room_in_the_cable(void **state)
{
    static struct {
        uint32_t out[2];
        struct virtio_snd_pcm_status status;
    } tiny[64];
    struct bk_sound_message message;
    uint32_t next = 0, played = 0, given = 0;

    (void)state;
    sound_bench_prepare(&bench, BK_SOUND_PLAYBACK);
    start(BK_SOUND_PLAYBACK);
    while (played < 2000) {
        while (given < 2000 && given - played < BK_ARRAY_SIZE(tiny)) {
            tiny[given % BK_ARRAY_SIZE(tiny)].out[0] = BK_SOUND_PLAYBACK;
            tiny[given % BK_ARRAY_SIZE(tiny)].out[1] = given;
            fake_queue_add_buffers(bench.device, TX, tiny[given % BK_ARRAY_SIZE(tiny)].out, 8,
                                   &tiny[given % BK_ARRAY_SIZE(tiny)].status, 8);
            given++;
        }
        fake_queue_notify(bench.device, TX);
        while (sound_bench_receive(&bench, &message)) {
            assert_int_equal(message.header.frames, 1);
            assert_memory_equal(message.sound, &next, sizeof next);
            next++;
        }
        say_played(1, next - played);
        while (fake_queue_next_answer(bench.device, TX, NULL, NULL))
            played++;
        rest(1);
        while (fake_queue_next_answer(bench.device, TX, NULL, NULL))
            played++;
        assert_int_equal(played, next);
    }
}

static void test_forgets_at_a_reset(void **state)
{
    struct bk_sound_message message;
    size_t at = 0;

    (void)state;
    sound_bench_prepare(&bench, BK_SOUND_PLAYBACK);
    add_playback(0);
    start(BK_SOUND_PLAYBACK);
    expect_sound(&at, 1, PERIOD);
    fake_device_reset(bench.device);
    fake_device_start(bench.device, &bench.transport);
    assert_true(sound_bench_receive(&bench, &message));
    assert_int_equal(message.header.type, BK_SOUND_STOP);
    assert_int_equal(message.header.run, 1);
    say_played(1, PERIOD); /* was under way */
    assert_true(is_plugged());
    sound_bench_prepare(&bench, BK_SOUND_PLAYBACK);
    add_playback(0);
    start(BK_SOUND_PLAYBACK);
    at = 0;
    expect_sound(&at, 2, PERIOD);
    say_played(2, PERIOD);
    rest(2);
    assert_true(came_back(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_says_what_it_can_do, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refuses_what_it_has_not, setup, teardown),
        cmocka_unit_test_setup_teardown(test_takes_one_format, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keeps_to_the_states, setup, teardown),
        cmocka_unit_test_setup_teardown(test_plays_as_the_far_end_does, setup, teardown),
        cmocka_unit_test_setup_teardown(test_waits_with_the_last_one_played, setup, teardown),
        cmocka_unit_test_setup_teardown(test_does_not_wait_for_good, setup, teardown),
        cmocka_unit_test_setup_teardown(test_counts_no_rests_that_come_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gives_everything_back_on_release, setup, teardown),
        cmocka_unit_test_setup_teardown(test_goes_on_after_a_pause, setup, teardown),
        cmocka_unit_test_setup_teardown(test_survives_the_far_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keeps_the_last_one_for_the_next_far_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_starts_anew_without_a_far_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_records, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keeps_the_last_buffer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_waits_with_the_last_one_filled, setup, teardown),
        cmocka_unit_test_setup_teardown(test_loses_what_finds_no_buffer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_does_not_record_without_a_source, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unplugs_who_breaks_the_rules, setup, teardown),
        cmocka_unit_test_setup_teardown(test_breaks_on_bad_buffers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_waits_for_room_in_the_cable, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forgets_at_a_reset, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
