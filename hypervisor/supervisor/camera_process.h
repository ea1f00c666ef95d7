/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-camera's process: started, given the machine's cameras and the way to the System VM as open descriptors
 * (hypervisor/protocol/camera_control.h), started again when it ends.
 *
 * Input from: trusted; bk-camera says nothing
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_CAMERA_PROCESS_H
#define BK_SUPERVISOR_CAMERA_PROCESS_H

#include "devices.h"
#include "program.h"

#include <stdbool.h>

struct bk_camera_process {
    struct bk_program program;
    struct bk_devices devices;
    int line; /* our end of the System VM's port, for the next bk-camera; -1: there is none */
};

/* Zero-initialised means no cameras: then nothing below does anything. */
int bk_camera_process_open(struct bk_camera_process *camera, sd_event *event, const char *program, bool drop_user);
void bk_camera_process_close(struct bk_camera_process *camera);

/* A new System VM: yields what its port leads to, which is the caller's; -1: it is to have none. */
int bk_camera_process_plug(struct bk_camera_process *camera);

#endif
