/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A video encoder of the machine, spoken to by the kernel's own interface (V4L2, the stateful memory-to-memory encoder
 * of its documentation): what it can do, and one frame after the other.
 *
 * Input from: the encoder, through its driver: a unit's bytes are passed on, all numbers checked
 * Runs in: bk-codec
 *
 * A device has two queues. Raw frames go into the one that V4L2 calls OUTPUT, coded ones come out of CAPTURE. Each
 * frame is waited for: it has its unit, or the encoding has failed, before the next one is begun.
 */
#ifndef BK_CODEC_DEVICE_H
#define BK_CODEC_DEVICE_H

#include "codec_port.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_CODEC_BUFFERS_MAX 32U  /* of a queue, as V4L2 has it */
#define BK_CODEC_ENCODE_MS   5000 /* a device that gives no unit for so long gives none */

struct bk_codec_queue {
    uint32_t type; /* enum v4l2_buf_type */
    unsigned count;
    struct {
        void *at;
        size_t size;
    } buffers[BK_CODEC_BUFFERS_MAX];
};

struct bk_codec_device {
    int fd;         /* -1: there is none */
    char title[32]; /* as its driver calls it */
    bool planes;    /* it speaks V4L2's multi-planar dialect, of which one plane is used */
    unsigned encoder_count;
    struct bk_codec_port_encoder encoders[BK_CODEC_PORT_CODECS]; /* what it makes, the best first */

    /* While it encodes. */
    bool runs;
    struct bk_codec_port_start start;
    uint32_t line; /* bytes from one row of the device's to the next */
    uint32_t rows; /* of luma that it has, those behind the frame's too */
    struct bk_codec_queue raw, coded;
    uint32_t free; /* bit n: buffer n of `raw` is ours */
    unsigned held; /* the buffer of `coded` whose unit was given out, or BK_CODEC_BUFFERS_MAX */
};

/* Looks at what `fd` can do. Owns it when it succeeds; -ENODEV when it is no encoder for us. */
int bk_codec_device_open(struct bk_codec_device *device, int fd);
void bk_codec_device_close(struct bk_codec_device *device);

/* Begins an encoding by encoders[encoder]; what `start` asks for is within its bounds. -EINVAL: the device will not. */
int bk_codec_device_start(struct bk_codec_device *device, unsigned encoder, const struct bk_codec_port_start *start);
/* Nothing when it does not run. */
void bk_codec_device_stop(struct bk_codec_device *device);

/* Encodes a frame of a device that runs: bk_codec_frame_size() bytes. `*ret_unit` is the device's until the next call;
 * of size 0 when it left the frame out. -ETIMEDOUT after BK_CODEC_ENCODE_MS; -EIO for what makes no sense. */
int bk_codec_device_encode(struct bk_codec_device *device, const uint8_t *frame, const uint8_t **ret_unit,
                           size_t *ret_size);

/* Whether what is asked for is within what an encoder can do. */
bool bk_codec_can(const struct bk_codec_port_encoder *encoder, const struct bk_codec_port_start *start);
size_t bk_codec_frame_size(const struct bk_codec_port_start *start);

#endif
