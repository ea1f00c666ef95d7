/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sound_bench.h"

#include "devices/sound.h"

#include "cleanup.h"
#include "io.h"

#include <stdlib.h>
#include <string.h>

#define TURNS_MAX 1000U

static void require(bool condition)
{
    if (!condition)
        abort();
}

void sound_bench_plug(struct sound_bench *bench)
{
    int ends[2];

    bk_close(bench->far);
    require(bk_socketpair(BK_SOUND_CABLE_BUFFER, ends) == 0 && bk_set_nonblock(ends[1]) == 0);
    bench->far = ends[1];
    require(bk_sound_plug(bench->cable, ends[0]) == 0);
    fake_loop_settle(bench->loop, TURNS_MAX);
}

void sound_bench_open(struct sound_bench *bench)
{
    *bench = (struct sound_bench){ .loop = fake_loop_create(), .far = -1 };
    require(bk_sound_create(bench->loop, &bench->cable) == 0);
    require(bk_sound_device_create(bench->loop, bench->cable, &bench->device) == 0);
    fake_device_start(bench->device, &bench->transport);
    sound_bench_plug(bench);
    sound_bench_tell_source(bench, true);
}

void sound_bench_tell_source(struct sound_bench *bench, bool source)
{
    const struct bk_sound_header header = { BK_SOUND_SOURCE, BK_SOUND_CAPTURE, 0, source };

    sound_bench_send(bench, &header, sizeof header);
}

void sound_bench_close(struct sound_bench *bench)
{
    fake_device_destroy(bench->device);
    bk_sound_destroy(bench->cable);
    fake_loop_destroy(bench->loop);
    bk_close(bench->far);
}

static uint32_t ask(struct sound_bench *bench, const void *request, size_t size)
{
    struct virtio_snd_hdr status = { .code = 0 };
    size_t written = 0;

    uint16_t head = fake_queue_add_buffers(bench->device, VIRTIO_SND_VQ_CONTROL, request, size, &status, sizeof status);
    fake_queue_notify(bench->device, VIRTIO_SND_VQ_CONTROL);
    require(fake_queue_answered(bench->device, VIRTIO_SND_VQ_CONTROL, head, &written) && written == sizeof status);
    return status.code;
}

uint32_t sound_bench_ask(struct sound_bench *bench, uint32_t code, uint32_t stream)
{
    const struct virtio_snd_pcm_hdr request = { .hdr.code = code, .stream_id = stream };

    return ask(bench, &request, sizeof request);
}

void sound_bench_prepare(struct sound_bench *bench, uint32_t stream)
{
    const struct virtio_snd_pcm_set_params parameters = {
        .hdr = { { VIRTIO_SND_R_PCM_SET_PARAMS }, stream },
        .buffer_bytes = 19200,
        .period_bytes = 4800,
        .channels = BK_SOUND_CHANNELS,
        .format = VIRTIO_SND_PCM_FMT_S16,
        .rate = VIRTIO_SND_PCM_RATE_48000,
    };

    require(ask(bench, &parameters, sizeof parameters) == VIRTIO_SND_S_OK);
    require(sound_bench_ask(bench, VIRTIO_SND_R_PCM_PREPARE, stream) == VIRTIO_SND_S_OK);
}

bool sound_bench_receive(struct sound_bench *bench, struct bk_sound_message *ret_message)
{
    int fd = -1;

    fake_loop_settle(bench->loop, TURNS_MAX);
    ssize_t n = bk_recv_message(bench->far, ret_message, sizeof *ret_message, &fd);
    if (n <= 0)
        return false;
    require(n >= (ssize_t)sizeof ret_message->header && fd == -1);
    size_t sound = ret_message->header.type == BK_SOUND_PLAY ? ret_message->header.frames * BK_SOUND_FRAME_SIZE : 0;
    require((size_t)n == sizeof ret_message->header + sound);
    return true;
}

void sound_bench_send(struct sound_bench *bench, const void *data, size_t size)
{
    (void)bk_send_message(bench->far, data, size, -1);
    fake_loop_settle(bench->loop, TURNS_MAX);
}
