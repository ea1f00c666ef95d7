/* SPDX-License-Identifier: Apache-2.0 */
#include "encoder_job.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

const char *const bk_encoder_format_names[BK_ENCODER_FORMATS] = {
    [BK_ENCODER_I420] = "i420",
    [BK_ENCODER_NV12] = "nv12",
};
static_assert(BK_ENCODER_FORMATS == 2, "one name for each");

enum bk_encoder_format bk_encoder_format_by_name(const char *name)
{
    int format = 0;

    while (format < BK_ENCODER_FORMATS && strcmp(name, bk_encoder_format_names[format]) != 0)
        format++;
    return (enum bk_encoder_format)format;
}

const char *const bk_encoder_codec_names[BK_ENCODER_CODECS] = {
    [BK_ENCODER_H264] = "h264",
    [BK_ENCODER_HEVC] = "hevc",
    [BK_ENCODER_VP8] = "vp8",
    [BK_ENCODER_FWHT] = "fwht",
};
static_assert(BK_ENCODER_CODECS == 4, "one name for each");

enum bk_encoder_codec bk_encoder_codec_by_name(const char *name)
{
    int codec = 0;

    while (codec < BK_ENCODER_CODECS && strcmp(name, bk_encoder_codec_names[codec]) != 0)
        codec++;
    return (enum bk_encoder_codec)codec;
}

static bool is_side(int64_t pixels)
{
    return pixels >= BK_ENCODER_SIDE_MIN && pixels <= BK_ENCODER_SIDE_MAX && pixels % 2 == 0;
}

const char *bk_encoder_job_check(const struct bk_encoder_job *job)
{
    if (!is_side(job->width))
        return "width";
    if (!is_side(job->height) || job->width * job->height > BK_ENCODER_PIXELS_MAX)
        return "height";
    if (job->rate < 1 || job->rate > BK_ENCODER_RATE_MAX)
        return "rate";
    if (job->bit_rate < BK_ENCODER_BIT_RATE_MIN || job->bit_rate > BK_ENCODER_BIT_RATE_MAX)
        return "bitRate";
    if (job->key_interval < 1 || job->key_interval > BK_ENCODER_KEY_INTERVAL_MAX)
        return "keyInterval";
    return NULL;
}

size_t bk_encoder_frame_size(const struct bk_encoder_job *job)
{
    return (size_t)(job->width * job->height * 3 / 2);
}
