/* SPDX-License-Identifier: Apache-2.0 */
/* bk-sound's rules: what it takes from a VM, and how sounds are added up. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client.h"
#include "controls.h"

#include "checked.h"
#include "cleanup.h"
#include "io.h"

#include <errno.h>
#include <string.h>

#define SAMPLES (BK_MIX_FRAMES * BK_SOUND_CHANNELS)

static struct bk_client client;
static int vm; /* the other end of its cable */

static int setup(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(bk_socketpair(BK_SOUND_CABLE_BUFFER, ends), 0);
    assert_int_equal(bk_set_nonblock(ends[0]), 0);
    assert_int_equal(bk_set_nonblock(ends[1]), 0);
    vm = ends[1];
    client = (struct bk_client){ .fd = ends[0], .cid = 16 };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bk_close(client.fd);
    bk_close(vm);
    return 0;
}

static bool takes(uint32_t type, uint32_t stream, uint32_t run, uint32_t frames, size_t sound_frames)
{
    struct bk_sound_message message = { .header = { type, stream, run, frames } };

    return bk_client_take(&client, &message, sizeof message.header + sound_frames * BK_SOUND_FRAME_SIZE) == NULL;
}

static bool plays(uint32_t run, uint32_t frames, int16_t sample)
{
    struct bk_sound_message message = { .header = { BK_SOUND_PLAY, BK_SOUND_PLAYBACK, run, frames } };

    for (uint32_t i = 0; i < frames * BK_SOUND_CHANNELS; i++)
        message.sound[i] = (int16_t)(sample + (int16_t)(i % 100));
    return bk_client_take(&client, &message, sizeof message.header + frames * BK_SOUND_FRAME_SIZE) == NULL;
}

/* How many frames; -1: the VM was told nothing. */
static int hear_played(uint32_t run)
{
    struct bk_sound_message message;
    int fd;

    ssize_t n = bk_recv_message(vm, &message, sizeof message, &fd);
    if (n == -EAGAIN)
        return -1;
    assert_int_equal(n, sizeof message.header);
    assert_int_equal(message.header.type, BK_SOUND_PLAYED);
    assert_int_equal(message.header.stream, BK_SOUND_PLAYBACK);
    assert_int_equal(message.header.run, run);
    return (int)message.header.frames;
}

static void test_plays_in_order(void **state)
{
    (void)state;
    assert_true(takes(BK_SOUND_START, BK_SOUND_PLAYBACK, 3, 0, 0));
    /* Around the ring more than once, in pieces that do not fit it. */
    for (int16_t round = 0; round < 40; round++) {
        struct bk_mix mix = { 0 };
        int16_t samples[SAMPLES];
        assert_true(plays(3, 400, (int16_t)(round * 100)));
        bk_client_play(&client, &mix);
        bk_mix_finish(&mix, samples);
        assert_int_equal(hear_played(3), 400);
        for (unsigned i = 0; i < SAMPLES; i++)
            assert_int_equal(samples[i], i < 800 ? round * 100 + (int)(i % 100) : 0);
    }
}

static void test_adds_up(void **state)
{
    struct bk_fifo a = { .first = BK_SOUND_WINDOW - 1 }, b = { 0 };
    static const int16_t loud[] = { 30000, -30000, 1, -1 }, more[] = { 20000, -20000, 2, 5 };
    struct bk_mix mix = { 0 };
    int16_t samples[SAMPLES];

    (void)state;
    bk_fifo_put(&a, loud, 2);
    bk_fifo_put(&b, more, 2);
    assert_int_equal(bk_mix_add(&mix, &a), 2);
    assert_int_equal(bk_mix_add(&mix, &b), 2);
    assert_int_equal(bk_mix_add(&mix, &b), 0);
    bk_mix_finish(&mix, samples);
    assert_int_equal(samples[0], INT16_MAX);
    assert_int_equal(samples[1], INT16_MIN);
    assert_int_equal(samples[2], 3);
    assert_int_equal(samples[3], 4);
    assert_int_equal(samples[4], 0);
}

static void test_keeps_the_window(void **state)
{
    struct bk_mix mix = { 0 };

    (void)state;
    assert_true(takes(BK_SOUND_START, BK_SOUND_PLAYBACK, 1, 0, 0));
    for (uint32_t frames = 0; frames < BK_SOUND_WINDOW; frames += BK_SOUND_FRAMES_MAX)
        assert_true(plays(1, BK_SOUND_FRAMES_MAX, 0));
    assert_false(plays(1, 1, 0));
    bk_client_play(&client, &mix);
    assert_int_equal(hear_played(1), BK_MIX_FRAMES);
    assert_true(plays(1, BK_MIX_FRAMES, 0));
    assert_false(plays(1, 1, 0));
}

/* By which the VM knows how long a guest had time to send more. */
static void test_tells_of_time_without_sound(void **state)
{
    struct bk_mix mix = { 0 };

    (void)state;
    bk_client_play(&client, &mix);
    assert_int_equal(hear_played(0), -1);
    assert_true(takes(BK_SOUND_START, BK_SOUND_PLAYBACK, 7, 0, 0));
    bk_client_play(&client, &mix);
    assert_int_equal(hear_played(7), 0);
    assert_int_equal(hear_played(7), -1);
    assert_true(takes(BK_SOUND_STOP, BK_SOUND_PLAYBACK, 7, 0, 0));
    bk_client_play(&client, &mix);
    assert_int_equal(hear_played(7), -1);
}

/* A VM that does not listen loses no count, and gets no more of the window by that. */
static void test_owes_what_it_could_not_say(void **state)
{
    struct bk_sound_header filler = { .type = BK_SOUND_PLAYED };
    uint32_t told = 0;
    int frames;
    struct bk_mix mix = { 0 };

    (void)state;
    assert_true(takes(BK_SOUND_START, BK_SOUND_PLAYBACK, 1, 0, 0));
    filler.run = 1;
    while (bk_send_message(client.fd, &filler, sizeof filler, -1) == 0)
        ;
    for (uint32_t i = 0; i < BK_SOUND_WINDOW / BK_SOUND_FRAMES_MAX; i++) {
        assert_true(plays(1, BK_SOUND_FRAMES_MAX, 0));
        bk_client_play(&client, &mix);
    }
    assert_int_equal(client.fifo.count, 0);
    assert_false(plays(1, 1, 0));
    do {
        struct bk_sound_message message;
        int fd;
        while (bk_recv_message(vm, &message, sizeof message, &fd) > 0)
            told += message.header.frames;
        bk_client_play(&client, &mix);
        frames = hear_played(1);
        assert_int_not_equal(frames, -1);
        told += (uint32_t)frames;
    } while (frames > 0);
    assert_int_equal(told, BK_SOUND_WINDOW);
    assert_true(plays(1, 1, 0));
}

static void test_records_while_it_runs(void **state)
{
    static const int16_t samples[SAMPLES] = { 1, 2, 3 };
    struct bk_sound_message message;
    int fd;

    (void)state;
    bk_client_record(&client, samples, BK_MIX_FRAMES);
    assert_int_equal(bk_recv_message(vm, &message, sizeof message, &fd), -EAGAIN);
    assert_true(takes(BK_SOUND_START, BK_SOUND_CAPTURE, 9, 0, 0));
    bk_client_record(&client, samples, BK_MIX_FRAMES);
    assert_int_equal(bk_recv_message(vm, &message, sizeof message, &fd), sizeof message);
    assert_int_equal(message.header.type, BK_SOUND_RECORDED);
    assert_int_equal(message.header.stream, BK_SOUND_CAPTURE);
    assert_int_equal(message.header.run, 9);
    assert_memory_equal(message.sound, samples, sizeof samples);
    for (unsigned i = 0; i < 1000; i++)
        bk_client_record(&client, samples, BK_MIX_FRAMES); /* nobody takes it: it is lost, and holds nothing up */
    assert_true(takes(BK_SOUND_STOP, BK_SOUND_CAPTURE, 9, 0, 0));
    while (bk_recv_message(vm, &message, sizeof message, &fd) > 0)
        ;
    bk_client_record(&client, samples, BK_MIX_FRAMES);
    assert_int_equal(bk_recv_message(vm, &message, sizeof message, &fd), -EAGAIN);
}

static void test_forgets_at_start_and_stop(void **state)
{
    struct bk_mix mix = { 0 };

    (void)state;
    assert_true(takes(BK_SOUND_START, BK_SOUND_PLAYBACK, 1, 0, 0));
    assert_true(plays(1, 100, 50));
    assert_true(takes(BK_SOUND_START, BK_SOUND_PLAYBACK, 2, 0, 0));
    assert_false(plays(1, 1, 0));
    bk_client_play(&client, &mix);
    assert_int_equal(hear_played(2), 0);
    assert_true(plays(2, 100, 50));
    assert_true(takes(BK_SOUND_STOP, BK_SOUND_PLAYBACK, 2, 0, 0));
    bk_client_play(&client, &mix);
    assert_int_equal(hear_played(2), -1);
    assert_int_equal(mix.samples[0], 0);
}

static void test_refuses(void **state)
{
    (void)state;
    assert_true(takes(BK_SOUND_START, BK_SOUND_PLAYBACK, 1, 0, 0));
    assert_false(takes(BK_SOUND_PLAY, BK_SOUND_PLAYBACK, 2, 1, 1));
    assert_false(takes(BK_SOUND_PLAY, BK_SOUND_PLAYBACK, 1, 0, 0));
    assert_false(takes(BK_SOUND_PLAY, BK_SOUND_PLAYBACK, 1, 2, 1));
    assert_false(takes(BK_SOUND_PLAY, BK_SOUND_PLAYBACK, 1, 1, 2));
    assert_false(takes(BK_SOUND_PLAY, BK_SOUND_PLAYBACK, 1, BK_SOUND_FRAMES_MAX + 1, BK_SOUND_FRAMES_MAX));
    assert_false(takes(BK_SOUND_PLAY, BK_SOUND_PLAYBACK, 1, UINT32_MAX, 0));
    assert_false(takes(BK_SOUND_PLAY, BK_SOUND_CAPTURE, 0, 1, 1));
    assert_false(takes(BK_SOUND_PLAY, BK_SOUND_STREAMS, 1, 1, 1));
    assert_false(takes(BK_SOUND_START, BK_SOUND_CAPTURE, 0, 0, 0));
    assert_false(takes(BK_SOUND_START, BK_SOUND_CAPTURE, 1, 1, 0));
    assert_false(takes(BK_SOUND_START, BK_SOUND_CAPTURE, 1, 0, 1));
    assert_false(takes(BK_SOUND_START, UINT32_MAX, 1, 0, 0));
    assert_false(takes(BK_SOUND_STOP, BK_SOUND_CAPTURE, 1, 0, 0));
    assert_false(takes(BK_SOUND_STOP, BK_SOUND_PLAYBACK, 2, 0, 0));
    assert_false(takes(BK_SOUND_PLAYED, BK_SOUND_PLAYBACK, 1, 0, 0));
    assert_false(takes(0, 0, 1, 0, 0));
    const struct bk_sound_message message = { .header = { BK_SOUND_START, 0, 1, 0 } };
    assert_non_null(bk_client_take(&client, &message, sizeof message.header - 1));
}

static void test_opens_up_what_there_is(void **state)
{
    static const struct {
        const char *name;
        bool is_switch;
        int percent;
    } cases[] = {
        { "Master Playback Volume", false, 75 }, { "Master Playback Switch", true, 100 },
        { "PCM Playback Volume", false, 100 },   { "Headphone Playback Switch", true, 100 },
        { "Capture Volume", false, 75 },         { "Capture Switch", true, 100 },
        { "Beep Playback Switch", true, -1 },    { "Loopback Mixing", true, -1 },
        { "Mic Boost Volume", false, -1 },       { "Mic Playback Switch", true, -1 },
        { "Master Playback Volume", true, -1 },  { "", true, -1 },
    };

    (void)state;
    for (size_t i = 0; i < BK_ARRAY_SIZE(cases); i++)
        assert_int_equal(bk_controls_percent(cases[i].name, cases[i].is_switch), cases[i].percent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_plays_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_adds_up, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keeps_the_window, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tells_of_time_without_sound, setup, teardown),
        cmocka_unit_test_setup_teardown(test_owes_what_it_could_not_say, setup, teardown),
        cmocka_unit_test_setup_teardown(test_records_while_it_runs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forgets_at_start_and_stop, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refuses, setup, teardown),
        cmocka_unit_test(test_opens_up_what_there_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
