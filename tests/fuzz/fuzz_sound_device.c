/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A driver and a far end that do anything to the sound device.
 *
 * Input: steps of 1 byte, what to do; 1 byte, how many bytes follow; and those bytes: a request, a buffer's readable
 * part (its first byte more: room for the answer), or a message on the cable.
 */
#define _GNU_SOURCE
#include "../unit/sound_bench.h"

#include "checked.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 200U

enum step {
    REQUEST,
    PLAYBACK,
    CAPTURE,
    MESSAGE,
    RECEIVE, /* the far end reads what there is, and plays all of it when there are bytes */
    PLUG,
    RESET,
    STEPS,
};

/* What a driver made available lives until the device is gone or reset. */
static struct buffer {
    uint8_t *out, *in;
} *buffers;
static unsigned buffer_count;

static void require(bool condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    bk_log_open("fuzz", NULL, -1);
    buffers = calloc(STEPS_MAX, sizeof *buffers);
    require(buffers != NULL);
    return 0;
}

/* Blocks of just their size, so that the sanitizer sees a byte too far. */
static void add(struct sound_bench *bench, unsigned queue, const uint8_t *bytes, size_t size)
{
    size_t room = size > 0 ? bytes[0] : 0, out = size > 0 ? size - 1 : 0;
    struct buffer *buffer = &buffers[buffer_count++];

    buffer->out = malloc(out + 1);
    buffer->in = malloc(room + 1);
    require(buffer->out != NULL && buffer->in != NULL);
    if (out > 0)
        memcpy(buffer->out, bytes + 1, out);
    fake_queue_add_buffers(bench->device, queue, buffer->out, out, buffer->in, room);
    fake_queue_notify(bench->device, queue);
}

static void free_buffers(void)
{
    while (buffer_count > 0) {
        free(buffers[--buffer_count].out);
        free(buffers[buffer_count].in);
    }
}

static void reset(struct sound_bench *bench)
{
    fake_device_reset(bench->device);
    free_buffers();
    fake_device_start(bench->device, &bench->transport);
}

/* No more than the window is ever under way, in what a far end is told. */
static void receive(struct sound_bench *bench, uint32_t *unplayed, bool play)
{
    struct bk_sound_message message;

    while (sound_bench_receive(bench, &message)) {
        require(message.header.type >= BK_SOUND_START && message.header.type <= BK_SOUND_PLAY &&
                message.header.run != 0);
        if (message.header.type != BK_SOUND_PLAY && message.header.stream == BK_SOUND_PLAYBACK)
            *unplayed = 0;
        if (message.header.type != BK_SOUND_PLAY)
            continue;
        *unplayed += message.header.frames;
        require(*unplayed <= BK_SOUND_WINDOW);
        const struct bk_sound_header played = { BK_SOUND_PLAYED, BK_SOUND_PLAYBACK, message.header.run, *unplayed };
        if (play) {
            sound_bench_send(bench, &played, sizeof played);
            *unplayed = 0;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sound_bench bench;
    uint32_t unplayed = 0;
    bool honest = true; /* the far end has said only what is so */

    sound_bench_open(&bench);
    for (unsigned i = 0; i < STEPS_MAX && size >= 2; i++) {
        unsigned step = data[0] % STEPS;
        size_t length = bk_min((size_t)data[1], size - 2);
        const uint8_t *bytes = data + 2;

        switch (step) {
        case REQUEST:
            add(&bench, VIRTIO_SND_VQ_CONTROL, bytes, length);
            break;
        case PLAYBACK:
            add(&bench, VIRTIO_SND_VQ_TX, bytes, length);
            break;
        case CAPTURE:
            add(&bench, VIRTIO_SND_VQ_RX, bytes, length);
            break;
        case MESSAGE:
            sound_bench_send(&bench, bytes, length);
            honest = false;
            break;
        case RECEIVE:
            if (honest)
                receive(&bench, &unplayed, length > 0);
            break;
        case PLUG:
            sound_bench_plug(&bench);
            unplayed = 0;
            honest = true;
            break;
        default:
            reset(&bench);
            break;
        }
        fake_loop_settle(bench.loop, 1000);
        for (unsigned queue = 0; queue < VIRTIO_SND_VQ_MAX; queue++) {
            while (fake_queue_next_answer(bench.device, queue, NULL, NULL))
                ;
        }
        if (bench.transport.broken)
            reset(&bench);
        data += 2 + length;
        size -= 2 + length;
    }
    sound_bench_close(&bench);
    free_buffers();
    return 0;
}
