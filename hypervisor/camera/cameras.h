/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-camera's life: takes cameras and the way to the System VM from the supervisor, and hands frames from the ones to
 * the other as long as it asks for them.
 *
 * Input from: trusted (the supervisor); the cameras; the System VM
 * Runs in: bk-camera, its one thread
 */
#ifndef BK_CAMERA_CAMERAS_H
#define BK_CAMERA_CAMERAS_H

#include "device.h"
#include "line.h"

struct bk_cameras {
    int control;
    struct bk_camera_device devices[BK_CAMERA_PORT_CAMERAS];
    struct bk_camera_line line;
};

void bk_cameras_init(struct bk_cameras *cameras, int control);

/* Until the supervisor is gone: 0; or a negative errno. */
int bk_cameras_run(struct bk_cameras *cameras);

/* What the System VM says. Whatever makes no sense is left alone. */
void bk_cameras_obey(struct bk_cameras *cameras, const struct bk_camera_port_command *command);

#endif
