/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What bk-camera and the System VM's broker say to each other, on a virtio-console port: docs/protocols/camera-port.md.
 *
 * Input from: the broker checks what bk-camera says, which the machine's cameras may have taken over; bk-camera checks
 * what the broker says
 * Runs in: bk-camera; bk-broker
 *
 * One byte stream each way, host byte order (both ends are of one machine). It outlives both its ends; HELLO begins it
 * anew.
 */
#ifndef BK_PROTOCOL_CAMERA_PORT_H
#define BK_PROTOCOL_CAMERA_PORT_H

#include <assert.h>
#include <stdint.h>

#define BK_CAMERA_PORT            "io.bulkhead.camera"
#define BK_CAMERA_PORT_CAMERAS    4U  /* at a time */
#define BK_CAMERA_PORT_MODES      32U /* of each */
#define BK_CAMERA_PORT_TITLE      80U /* bytes */
#define BK_CAMERA_PORT_NONCE      16U /* bytes */
#define BK_CAMERA_PORT_FRAME_HEAD 16U /* of docs/protocols/camera-stream.md */
#define BK_CAMERA_PORT_FRAME_MAX  (4U << 20U)

enum bk_camera_port_type {
    /* broker → bk-camera: struct bk_camera_port_command */
    BK_CAMERA_PORT_HELLO = 1, /* nonce. All cameras rest; what there is is told */
    BK_CAMERA_PORT_START = 2, /* camera; value: the number of its mode */
    BK_CAMERA_PORT_STOP = 3,  /* camera */
    /* bk-camera → broker: struct bk_camera_port_record, and so many bytes behind it */
    BK_CAMERA_PORT_WELCOME = 16, /* the nonce comes before it; no bytes */
    BK_CAMERA_PORT_FOUND = 17,   /* camera; a struct bk_camera_port_found */
    BK_CAMERA_PORT_GONE = 18,    /* camera; no bytes */
    BK_CAMERA_PORT_BEGUN = 19,   /* camera; value: its mode; no bytes */
    BK_CAMERA_PORT_ENDED = 20,   /* camera: it gives no frames, though it should; no bytes */
    BK_CAMERA_PORT_FRAME = 21,   /* camera; a frame, with its header, as it goes on to who sees it */
};

struct bk_camera_port_command {
    uint32_t type;
    uint32_t camera; /* below BK_CAMERA_PORT_CAMERAS */
    uint32_t value;
    uint32_t zero;
    uint8_t nonce[BK_CAMERA_PORT_NONCE]; /* of a HELLO; else zero */
};
static_assert(sizeof(struct bk_camera_port_command) == 32, "wire size");

struct bk_camera_port_record {
    uint32_t type;
    uint32_t camera;
    uint32_t value;
    uint32_t length; /* of what follows */
};
static_assert(sizeof(struct bk_camera_port_record) == 16, "wire size");

struct bk_camera_port_mode {
    char format[4]; /* a FourCC */
    uint32_t width, height, rate;
};

struct bk_camera_port_found {
    char title[BK_CAMERA_PORT_TITLE]; /* padded with NUL bytes, of which there is one at least */
    uint32_t n_modes;
    struct bk_camera_port_mode modes[BK_CAMERA_PORT_MODES];
};
static_assert(sizeof(struct bk_camera_port_found) == 84 + 32 * 16, "wire size");

#endif
