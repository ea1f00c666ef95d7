/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor's control socket of bk-camera and of bk-codec: docs/protocols/control.md. All that these work with
 * comes over it as open descriptors.
 *
 * Input from: both believe the supervisor, and say nothing
 * Runs in: bk-supervisor; bk-camera; bk-codec
 *
 * SOCK_SEQPACKET, one message of this fixed size a datagram, host byte order, one descriptor with it.
 */
#ifndef BK_PROTOCOL_VIDEO_CONTROL_H
#define BK_PROTOCOL_VIDEO_CONTROL_H

#include <assert.h>
#include <stdint.h>

enum bk_video_control_type {
    BK_VIDEO_DEVICE = 1, /* descriptor: a V4L2 device, non-blocking, be it no camera, or no encoder */
    BK_VIDEO_LINE = 2,   /* descriptor: the far end of the System VM's port, in place of the one before */
};

struct bk_video_control_message {
    uint32_t type; /* enum bk_video_control_type */
    uint32_t zero;
};
static_assert(sizeof(struct bk_video_control_message) == 8, "wire size");

#endif
