/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-codec's life: takes encoders and the way to the System VM from the supervisor, and encodes what comes, one video
 * at a time.
 *
 * Input from: trusted (the supervisor); the encoders; the System VM
 * Runs in: bk-codec, its one thread
 *
 * While a device has a frame, nothing else is looked at; so it is bounded how long that is, and with a device that
 * fails, the process ends. The supervisor starts it anew, with devices that are opened anew.
 */
#ifndef BK_CODEC_CODECS_H
#define BK_CODEC_CODECS_H

#include "device.h"
#include "intake.h"

#define BK_CODEC_DEVICES  8U
#define BK_CODEC_STALL_MS 5000 /* a System VM that reads nothing for so long wants nothing */

struct bk_codecs {
    int control;
    int line; /* -1: there is none */
    struct bk_codec_intake intake;
    struct bk_codec_device devices[BK_CODEC_DEVICES];
    struct bk_codec_device *used; /* the one that encodes, or NULL */
};

void bk_codecs_init(struct bk_codecs *codecs, int control);

/* Until the supervisor is gone: 0; or a negative errno, when a device has failed, among others. */
int bk_codecs_run(struct bk_codecs *codecs);

#endif
