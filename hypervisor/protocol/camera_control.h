/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor's control socket of bk-camera: docs/protocols/control.md. All that bk-camera works with comes over it
 * as open descriptors.
 *
 * Input from: bk-camera believes the supervisor, and says nothing
 * Runs in: bk-supervisor; bk-camera
 *
 * SOCK_SEQPACKET, one message of this fixed size a datagram, host byte order, one descriptor with it.
 */
#ifndef BK_PROTOCOL_CAMERA_CONTROL_H
#define BK_PROTOCOL_CAMERA_CONTROL_H

#include <assert.h>
#include <stdint.h>

enum bk_camera_control_type {
    BK_CAMERA_DEVICE = 1, /* descriptor: a V4L2 device, non-blocking, be it no camera */
    BK_CAMERA_LINE = 2,   /* descriptor: the far end of the System VM's port, in place of the one before */
};

struct bk_camera_control_message {
    uint32_t type; /* enum bk_camera_control_type */
    uint32_t zero;
};
static_assert(sizeof(struct bk_camera_control_message) == 8, "wire size");

#endif
