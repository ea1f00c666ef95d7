/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sound device between a driver and a far end that are the test's own.
 *
 * Input from: trusted
 * Runs in: unit tests and fuzz targets
 */
#ifndef BK_TESTS_SOUND_BENCH_H
#define BK_TESTS_SOUND_BENCH_H

#include "cable/sound.h"
#include "fake_loop.h"
#include "fake_queue.h"

#include <linux/virtio_snd.h>

struct sound_bench {
    struct bk_loop *loop;
    struct bk_sound *cable;
    struct bk_virtio_device *device;
    struct bk_virtio_transport transport;
    int far; /* -1: there is no cable */
};

/* The machine has a microphone. */
void sound_bench_open(struct sound_bench *bench);
void sound_bench_close(struct sound_bench *bench);

/* A new cable, in place of the one before; its far end does not block. */
void sound_bench_plug(struct sound_bench *bench);

/* One request about a stream; yields the status. */
uint32_t sound_bench_ask(struct sound_bench *bench, uint32_t code, uint32_t stream);
/* SET_PARAMS with what the device says that it can do, and PREPARE. */
void sound_bench_prepare(struct sound_bench *bench, uint32_t stream);

/* The next message at the far end; false when there is none. */
bool sound_bench_receive(struct sound_bench *bench, struct bk_sound_message *ret_message);
void sound_bench_tell_source(struct sound_bench *bench, bool source);
/* A message of the far end, as it is, and what comes of it. */
void sound_bench_send(struct sound_bench *bench, const void *data, size_t size);

#endif
