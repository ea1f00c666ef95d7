/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What bk-codec and the System VM say to each other, on a virtio-console port: docs/protocols/codec-port.md.
 *
 * Input from: the System VM checks what bk-codec says, which a device may have taken over; bk-codec checks what the
 * System VM says
 * Runs in: bk-codec; bk-broker, bk-encoder
 *
 * One byte stream each way, host byte order (both ends are of one machine). It outlives its ends; HELLO begins it anew.
 */
#ifndef BK_PROTOCOL_CODEC_PORT_H
#define BK_PROTOCOL_CODEC_PORT_H

#include <assert.h>
#include <stdint.h>

#define BK_CODEC_PORT           "io.bulkhead.codec"
#define BK_CODEC_PORT_ENCODERS  8U  /* at a time */
#define BK_CODEC_PORT_NONCE     16U /* bytes */
#define BK_CODEC_PORT_PIXELS    2088960U
#define BK_CODEC_PORT_FRAME_MAX (BK_CODEC_PORT_PIXELS * 3 / 2)
#define BK_CODEC_PORT_UNIT_MAX  (4U << 20U)
#define BK_CODEC_PORT_RECORD \
    (32U * 1024) /* bytes of the longest one of a frame: Linux's driver of the port takes it whole */
#define BK_CODEC_PORT_PIECE (BK_CODEC_PORT_RECORD - sizeof(struct bk_codec_port_record))

enum bk_codec_port_codec {
    BK_CODEC_PORT_H264,
    BK_CODEC_PORT_HEVC,
    BK_CODEC_PORT_VP8,
    BK_CODEC_PORT_FWHT,
    BK_CODEC_PORT_CODECS,
};

/* How the pixels of a frame lie, without gaps: docs/protocols/video-encoder.md. */
enum bk_codec_port_format {
    BK_CODEC_PORT_I420,
    BK_CODEC_PORT_NV12,
    BK_CODEC_PORT_FORMATS,
};

enum bk_codec_port_type {
    /* System VM → bk-codec; before a HELLO, BK_CODEC_PORT_RECORD bytes of zero */
    BK_CODEC_PORT_HELLO = 1, /* a struct bk_codec_port_hello. What is encoded is not any more; what there is is told */
    BK_CODEC_PORT_START = 2, /* a struct bk_codec_port_start: what the frames are that follow */
    BK_CODEC_PORT_FRAME = 3, /* 1 to BK_CODEC_PORT_PIECE bytes of a frame */
    /* bk-codec → System VM; to a HELLO, a struct bk_codec_port_list without a record before it */
    BK_CODEC_PORT_UNIT = 16,   /* what became of the frame: 0 to BK_CODEC_PORT_UNIT_MAX bytes */
    BK_CODEC_PORT_FAILED = 17, /* no frame becomes anything until the next HELLO; no bytes */
};

struct bk_codec_port_record {
    uint32_t type;
    uint32_t length; /* of what follows */
};
static_assert(sizeof(struct bk_codec_port_record) == 8, "wire size");

/* By this, who does not know where a record begins finds the next HELLO. */
#define BK_CODEC_PORT_MARK \
    "\x8f"                 \
    "bulkhead codec\xf8"

struct bk_codec_port_hello {
    uint8_t mark[16]; /* BK_CODEC_PORT_MARK */
    uint8_t nonce[BK_CODEC_PORT_NONCE];
};
static_assert(sizeof(struct bk_codec_port_hello) == 32, "wire size");
static_assert(sizeof BK_CODEC_PORT_MARK == 16 + 1, "fits");

struct bk_codec_port_start {
    uint32_t encoder; /* its place in the list */
    uint32_t format;  /* enum bk_codec_port_format */
    uint32_t width, height;
    uint32_t rate;         /* frames a second */
    uint32_t bit_rate;     /* bits a second */
    uint32_t key_interval; /* frames */
    uint32_t zero;
};
static_assert(sizeof(struct bk_codec_port_start) == 32, "wire size");

struct bk_codec_port_encoder {
    uint32_t codec;   /* enum bk_codec_port_codec */
    uint32_t formats; /* bit n: it takes enum bk_codec_port_format n */
    uint32_t width_min, width_max;
    uint32_t height_min, height_max;
    uint32_t bit_rate_min, bit_rate_max; /* 0 and 2^32 - 1, where it has no bounds, or keeps to none */
};

struct bk_codec_port_list {
    uint8_t nonce[BK_CODEC_PORT_NONCE]; /* of the HELLO */
    uint32_t count;
    struct bk_codec_port_encoder encoders[BK_CODEC_PORT_ENCODERS];
};
static_assert(sizeof(struct bk_codec_port_list) == 20 + 8 * 32, "wire size");

#endif
