/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one encoding is to be like: what the broker checks of an app's call, and bk-encoder of its command line.
 *
 * Input from: app
 * Runs in: bk-broker; bk-encoder
 *
 * The bounds are part of the API: api/io.bulkhead.VideoEncoder.varlink.
 */
#ifndef BK_PROTOCOL_ENCODER_JOB_H
#define BK_PROTOCOL_ENCODER_JOB_H

#include <stddef.h>
#include <stdint.h>

#define BK_ENCODER_SIDE_MIN         16      /* pixels … */
#define BK_ENCODER_SIDE_MAX         1920    /* … an even number of them */
#define BK_ENCODER_PIXELS_MAX       2088960 /* 1920 × 1088: 1080 lines upright or lying, in whole blocks of 16 */
#define BK_ENCODER_RATE_MAX         60      /* frames a second */
#define BK_ENCODER_BIT_RATE_MIN     50000   /* bits a second */
#define BK_ENCODER_BIT_RATE_MAX     20000000
#define BK_ENCODER_KEY_INTERVAL_MAX 600 /* frames */

#define BK_ENCODER_EXIT_MACHINE 3 /* bk-encoder's status when it was the machine's encoder that failed */

/* How the pixels of a frame lie, 12 bits each: all lumas, row by row, then the chromas, one pair for two by two pixels.
 */
enum bk_encoder_format {
    BK_ENCODER_I420, /* all blue ones, then all red ones */
    BK_ENCODER_NV12, /* in pairs, blue first */
    BK_ENCODER_FORMATS,
};
extern const char *const bk_encoder_format_names[BK_ENCODER_FORMATS];

/* BK_ENCODER_FORMATS when there is none of that name. */
enum bk_encoder_format bk_encoder_format_by_name(const char *name);

/* What frames become, as the API names it. The system makes the first one itself; the machine's encoders may make all.
 */
enum bk_encoder_codec {
    BK_ENCODER_H264,
    BK_ENCODER_HEVC,
    BK_ENCODER_VP8,
    BK_ENCODER_FWHT,
    BK_ENCODER_CODECS,
};
extern const char *const bk_encoder_codec_names[BK_ENCODER_CODECS];

/* BK_ENCODER_CODECS when there is none of that name. */
enum bk_encoder_codec bk_encoder_codec_by_name(const char *name);

struct bk_encoder_job {
    int64_t width, height; /* pixels */
    int64_t rate;          /* frames a second, for the bit rate: nobody waits for a clock */
    int64_t bit_rate;      /* bits a second */
    int64_t key_interval;  /* frames from one that needs no other to the next */
    enum bk_encoder_format format;
};

/* The name, as the API has it, of the first number that is out of its bounds, or NULL. */
const char *bk_encoder_job_check(const struct bk_encoder_job *job);

/* Bytes of a frame of a job that passed. */
size_t bk_encoder_frame_size(const struct bk_encoder_job *job);

#endif
