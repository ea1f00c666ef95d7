/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor's control socket of bk-screen: docs/protocols/control.md. All that bk-screen works with comes
 * over it as open descriptors, so that it needs no file system, from its first moment on.
 *
 * Input from: trusted (bk-screen believes the supervisor; nothing is sent the other way)
 * Runs in: bk-supervisor; bk-screen
 *
 * SOCK_SEQPACKET, one message of this fixed size a datagram, host byte order, at most one descriptor with it.
 */
#ifndef BK_PROTOCOL_SCREEN_CONTROL_H
#define BK_PROTOCOL_SCREEN_CONTROL_H

#include <assert.h>
#include <stdint.h>

enum bk_screen_control_type {
    BK_SCREEN_CARD = 1,  /* descriptor: a DRM primary node; used when it can drive a screen and no other does */
    BK_SCREEN_INPUT = 2, /* descriptor: an evdev device; classes, x, y */
    BK_SCREEN_CABLE = 3, /* descriptor: a display cable, replaces the one before; the last frame stays till it sends */
    BK_SCREEN_CHANGED = 4, /* a monitor came, went or changed: look again */
};

/* What an input device can do; at least one. */
enum bk_screen_input_class {
    BK_SCREEN_KEYBOARD = 1 << 0,
    BK_SCREEN_POINTER_RELATIVE = 1 << 1, /* a mouse */
    BK_SCREEN_POINTER_ABSOLUTE = 1 << 2, /* a tablet, or a touchscreen that knows one finger; its ranges are x and y */
    BK_SCREEN_TOUCH = 1 << 3,            /* a touchscreen, and then no pointer; its fingers' ranges are x and y */
};

struct bk_screen_range {
    int32_t minimum, maximum; /* of an absolute axis, minimum < maximum */
};

struct bk_screen_control_message {
    uint32_t type;    /* enum bk_screen_control_type */
    uint32_t classes; /* BK_SCREEN_INPUT: bits of enum bk_screen_input_class */
    struct bk_screen_range x, y;
};
static_assert(sizeof(struct bk_screen_control_message) == 24, "wire size");

#endif
