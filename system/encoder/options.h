/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-encoder's command line. docs/protocols/video-encoder.md
 *
 * Input from: trusted (bk-broker, which checked what an app said; it is checked again)
 * Runs in: bk-encoder, before it is in its jail
 */
#ifndef BK_ENCODER_OPTIONS_H
#define BK_ENCODER_OPTIONS_H

#include "encoder_job.h"

struct bk_encoder_options {
    int stream;
    int machine;     /* the port of the machine's encoders; -1: the system encodes */
    int64_t encoder; /* the number of the one that is to, among those */
    struct bk_encoder_job job;
};

/* 0; 1 when --help was answered; -EINVAL after saying what is wrong. */
int bk_encoder_options_parse(int argc, char **argv, struct bk_encoder_options *ret);

#endif
