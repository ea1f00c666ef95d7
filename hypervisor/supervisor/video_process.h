/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-camera's process, or bk-codec's: started, given the machine's cameras, or its encoders, and the way to the System
 * VM as open descriptors (hypervisor/protocol/video_control.h), started again when it ends.
 *
 * Input from: trusted; neither says anything
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_VIDEO_PROCESS_H
#define BK_SUPERVISOR_VIDEO_PROCESS_H

#include "devices.h"
#include "program.h"

#include <stdbool.h>

struct bk_video_process {
    struct bk_program program;
    struct bk_devices devices;
    bool codec;
    int line; /* our end of the System VM's port, for the next process; -1: there is none */
};

/* Zero-initialised means no cameras, or no encoders: then nothing below does anything. `codec`: it is bk-codec. */
int bk_video_process_open(struct bk_video_process *video, sd_event *event, const char *program, bool codec,
                          bool drop_user);
void bk_video_process_close(struct bk_video_process *video);

/* A new System VM: yields what its port leads to, which is the caller's; -1: it is to have none. */
int bk_video_process_plug(struct bk_video_process *video);

#endif
