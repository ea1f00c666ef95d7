/* SPDX-License-Identifier: Apache-2.0 */
#include "encoding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wels/codec_api.h>

/* The library has a buffer for a byte a pixel, and gives up when a picture needs more, as noise at many bits a pixel
 * does. Such a picture is encoded again by an encoder that quantizes no finer than the next of these, and so are those
 * that follow. */
static const int finest[] = { 12, 32, 44 };
#define FINEST_COUNT (sizeof finest / sizeof finest[0])
#define COARSEST     51

struct bk_encoding {
    struct bk_encoder_job job;
    ISVCEncoder *encoder;
    size_t finest;   /* index of its bound */
    uint64_t frames; /* so many came */
    uint8_t *chroma; /* of a frame whose chromas come in pairs: all blue ones, then all red ones; or NULL */
    uint8_t *unit;   /* the last access unit, in memory of `unit_room` bytes */
    size_t unit_room;
};

/* What is not said here is as the library has it, which is for one layer and one slice. */
static void fill_parameters(const struct bk_encoding *encoding, SEncParamExt *parameters)
{
    const struct bk_encoder_job *job = &encoding->job;
    SSpatialLayerConfig *layer = &parameters->sSpatialLayers[0];

    parameters->iUsageType = CAMERA_VIDEO_REAL_TIME;
    parameters->iPicWidth = layer->iVideoWidth = (int)job->width;
    parameters->iPicHeight = layer->iVideoHeight = (int)job->height;
    parameters->fMaxFrameRate = layer->fFrameRate = (float)job->rate;
    parameters->iTargetBitrate = layer->iSpatialBitrate = (int)job->bit_rate;
    parameters->iMaxBitrate = layer->iMaxSpatialBitrate = UNSPECIFIED_BIT_RATE;
    parameters->iRCMode = RC_BITRATE_MODE;
    parameters->iMinQp = finest[encoding->finest];
    parameters->iMaxQp = COARSEST;
    parameters->bEnableFrameSkip = false; /* a unit for each frame: the quality gives way, not the motion */
    parameters->uiIntraPeriod = (unsigned)job->key_interval;
    parameters->eSpsPpsIdStrategy = CONSTANT_ID;
    parameters->iComplexityMode = LOW_COMPLEXITY;
    parameters->iMultipleThreadIdc = 1; /* the jail allows no other */
    parameters->bEnableDenoise = false;
    parameters->bEnableSceneChangeDetect = false; /* key frames come when they were asked for */
    parameters->bEnableBackgroundDetection = false;
    parameters->bEnableAdaptiveQuant = false;
    layer->uiProfileIdc = PRO_BASELINE;
    layer->sSliceArgument.uiSliceMode = SM_SINGLE_SLICE;
}

static int open_encoder(struct bk_encoding *encoding)
{
    SEncParamExt parameters;
    int quiet = WELS_LOG_QUIET;

    if (WelsCreateSVCEncoder(&encoding->encoder) != 0)
        return -ENOMEM;
    (void)(*encoding->encoder)->SetOption(encoding->encoder, ENCODER_OPTION_TRACE_LEVEL, &quiet);
    if ((*encoding->encoder)->GetDefaultParams(encoding->encoder, &parameters) != cmResultSuccess)
        return -EIO;
    fill_parameters(encoding, &parameters);
    return (*encoding->encoder)->InitializeExt(encoding->encoder, &parameters) == cmResultSuccess ? 0 : -EIO;
}

static void close_encoder(struct bk_encoding *encoding)
{
    if (encoding->encoder == NULL)
        return;
    (void)(*encoding->encoder)->Uninitialize(encoding->encoder);
    WelsDestroySVCEncoder(encoding->encoder);
    encoding->encoder = NULL;
}

int bk_encoding_create(const struct bk_encoder_job *job, struct bk_encoding **ret)
{
    struct bk_encoding *encoding = calloc(1, sizeof *encoding);
    int r = encoding == NULL ? -ENOMEM : 0;

    if (r >= 0)
        encoding->job = *job;
    if (r >= 0 && job->format == BK_ENCODER_NV12) {
        encoding->chroma = malloc((size_t)(job->width * job->height / 2));
        r = encoding->chroma == NULL ? -ENOMEM : 0;
    }
    if (r >= 0)
        r = open_encoder(encoding);
    if (r < 0) {
        bk_encoding_destroy(encoding);
        return r;
    }
    *ret = encoding;
    return 0;
}

void bk_encoding_destroy(struct bk_encoding *encoding)
{
    if (encoding == NULL)
        return;
    close_encoder(encoding);
    free(encoding->chroma);
    free(encoding->unit);
    free(encoding);
}

size_t bk_encoding_frame_size(const struct bk_encoding *encoding)
{
    return bk_encoder_frame_size(&encoding->job);
}

/* Where the library finds the planes of a frame: it reads them, though its pointers say more. */
static void describe(const struct bk_encoding *encoding, const uint8_t *frame, SSourcePicture *ret)
{
    size_t lumas = (size_t)(encoding->job.width * encoding->job.height);
    uint8_t *chroma = encoding->chroma;

    if (chroma == NULL) {
        chroma = (uint8_t *)(uintptr_t)(frame + lumas);
    } else {
        for (size_t i = 0; i < lumas / 4; i++) {
            chroma[i] = frame[lumas + 2 * i];
            chroma[lumas / 4 + i] = frame[lumas + 2 * i + 1];
        }
    }
    *ret = (SSourcePicture){
        .iColorFormat = videoFormatI420,
        .iStride = { (int)encoding->job.width, (int)encoding->job.width / 2, (int)encoding->job.width / 2 },
        .pData = { (uint8_t *)(uintptr_t)frame, chroma, chroma + lumas / 4 },
        .iPicWidth = (int)encoding->job.width,
        .iPicHeight = (int)encoding->job.height,
        .uiTimeStamp = (long long)(encoding->frames * 1000 / (uint64_t)encoding->job.rate),
    };
}

/* Bytes of one layer. */
static size_t layer_size(const SLayerBSInfo *layer)
{
    size_t size = 0;

    for (int i = 0; i < layer->iNalCount; i++)
        size += (size_t)layer->pNalLengthInByte[i];
    return size;
}

/* Puts the layers that the library made, such as parameter sets and picture, behind each other. */
static int gather(struct bk_encoding *encoding, const SFrameBSInfo *made, size_t *ret_size)
{
    size_t size = 0;

    for (int i = 0; i < made->iLayerNum; i++)
        size += layer_size(&made->sLayerInfo[i]);
    if (size > encoding->unit_room) {
        uint8_t *larger = realloc(encoding->unit, size);
        if (larger == NULL)
            return -ENOMEM;
        encoding->unit = larger;
        encoding->unit_room = size;
    }
    size = 0;
    for (int i = 0; i < made->iLayerNum; i++) {
        memcpy(encoding->unit + size, made->sLayerInfo[i].pBsBuf, layer_size(&made->sLayerInfo[i]));
        size += layer_size(&made->sLayerInfo[i]);
    }
    *ret_size = size;
    return 0;
}

/* Encodes a picture, by a coarser encoder where it takes that. */
static int encode(struct bk_encoding *encoding, const SSourcePicture *picture, SFrameBSInfo *ret)
{
    for (;;) {
        *ret = (SFrameBSInfo){ 0 };
        if ((*encoding->encoder)->EncodeFrame(encoding->encoder, picture, ret) == cmResultSuccess)
            return 0;
        if (encoding->finest + 1 == FINEST_COUNT)
            return -EIO;
        encoding->finest++;
        close_encoder(encoding);
        int r = open_encoder(encoding);
        if (r < 0)
            return r;
    }
}

int bk_encoding_encode(struct bk_encoding *encoding, const uint8_t *frame, const uint8_t **ret_unit, size_t *ret_size)
{
    SSourcePicture picture;
    SFrameBSInfo made;
    size_t size = 0;

    describe(encoding, frame, &picture);
    encoding->frames++;
    int r = encode(encoding, &picture, &made);
    if (r >= 0 && made.eFrameType != videoFrameTypeSkip)
        r = gather(encoding, &made, &size);
    if (r < 0)
        return r;
    *ret_unit = encoding->unit;
    *ret_size = size;
    return 0;
}
