/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One of the machine's cameras, spoken to by the kernel's own interface (V4L2): what it can do, and frames while they
 * are wanted.
 *
 * Input from: the camera, through its driver: a frame's bytes are passed on, all numbers checked
 * Runs in: bk-camera
 */
#ifndef BK_CAMERA_DEVICE_H
#define BK_CAMERA_DEVICE_H

#include "camera_port.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_CAMERA_BUFFERS 4U

struct bk_camera_device {
    int fd; /* -1: there is none */
    struct bk_camera_port_found found;
    bool runs; /* its light, if it has one, is on */
    uint32_t frames;
    unsigned buffer_count;
    struct {
        void *at;
        size_t size;
    } buffers[BK_CAMERA_BUFFERS];
};

/* Looks at what `fd` can do. Owns it when it succeeds; -ENODEV when it is no camera that gives pictures. */
int bk_camera_device_open(struct bk_camera_device *device, int fd);
void bk_camera_device_close(struct bk_camera_device *device);

/* In the mode of that number, which there is. */
int bk_camera_device_start(struct bk_camera_device *device, unsigned mode);
/* Nothing when it does not run. */
void bk_camera_device_stop(struct bk_camera_device *device);

/* Fetches a frame, with its header (docs/protocols/camera-stream.md), into BK_CAMERA_PORT_FRAME_HEAD and
 * BK_CAMERA_PORT_FRAME_MAX bytes, or, where `to` is NULL, throws it away. 0: there was none, or it was damaged. */
int bk_camera_device_fetch(struct bk_camera_device *device, uint8_t *to, size_t *ret_size);

#endif
