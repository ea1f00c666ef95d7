/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The display cable: docs/protocols/display-cable.md. Pixels one way, input the other.
 *
 * Input from: guest, through its bk-vmm (surfaces); host (input, configure). Each end checks the other.
 * Runs in: bk-vmm, I/O thread; bk-screen
 *
 * SOCK_SEQPACKET, one struct bk_display_message a datagram, host byte order, at most one descriptor with it.
 * Pixels are 32 bits, B G R X (or A, premultiplied, for a cursor) in memory, in sealed memfds.
 */
#ifndef BK_PROTOCOL_DISPLAY_CABLE_H
#define BK_PROTOCOL_DISPLAY_CABLE_H

#include <assert.h>
#include <stdint.h>

#define BK_DISPLAY_SIDE_MAX         8192U /* pixels, width or height of a surface */
#define BK_DISPLAY_STRIDE_MAX       (BK_DISPLAY_SIDE_MAX * 4U)
#define BK_DISPLAY_SURFACE_SIZE_MAX ((uint64_t)BK_DISPLAY_STRIDE_MAX * BK_DISPLAY_SIDE_MAX) /* bytes */
#define BK_DISPLAY_SURFACES_MAX     16U /* surfaces announced and not withdrawn; the sender keeps below it */
#define BK_DISPLAY_CURSOR_SIDE      64U /* pixels */
#define BK_DISPLAY_CABLE_BUFFER     (256UL * 1024UL)
/* Of a surface's memfd (fcntl.h): who has mapped it already goes on writing, nothing else happens to it. */
#define BK_DISPLAY_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL)

enum bk_display_type {
    /* bk-vmm → screen */
    BK_DISPLAY_SURFACE = 1,     /* descriptor: memfd sealed with BK_DISPLAY_SEALS; surface.* */
    BK_DISPLAY_WITHDRAW = 2,    /* surface.id is no longer used; the receiver unmaps it */
    BK_DISPLAY_FRAME = 3,       /* show surface frame.id; the rectangle changed since its last frame */
    BK_DISPLAY_BLANK = 4,       /* nothing is shown */
    BK_DISPLAY_CURSOR = 5,      /* cursor.id: a 64x64 surface with alpha, or 0 to hide; hot spot, position */
    BK_DISPLAY_CURSOR_MOVE = 6, /* cursor.x, cursor.y */
    /* screen → bk-vmm */
    BK_DISPLAY_CONFIGURE = 16,  /* configure.*: the size the screen would like, soon after plugging and on change */
    BK_DISPLAY_FRAME_DONE = 17, /* frame.serial was put on the screen, or replaced by a later frame */
    BK_DISPLAY_INPUT = 18,      /* input.*: one evdev event, SYN_REPORT ends a group */
};

enum bk_display_input_device {
    BK_DISPLAY_KEYBOARD = 0,
    BK_DISPLAY_POINTER = 1, /* EV_ABS ABS_X/ABS_Y in 0..BK_DISPLAY_POINTER_MAX over the whole screen */
    BK_DISPLAY_TOUCH = 2, /* EV_ABS ABS_MT_SLOT below BK_DISPLAY_TOUCHES_MAX, ABS_MT_TRACKING_ID, ABS_MT_POSITION_X/Y */
    BK_DISPLAY_INPUT_DEVICES,
};
#define BK_DISPLAY_POINTER_MAX 32767 /* of the fingers' positions too */
#define BK_DISPLAY_TOUCHES_MAX 10U   /* fingers at a time */

struct bk_display_message {
    uint32_t type; /* enum bk_display_type */
    uint32_t reserved;
    union {
        struct {
            uint32_t id;                    /* not 0; chosen by the sender, unique among surfaces announced */
            uint32_t width, height, stride; /* pixels, pixels, bytes */
            uint64_t size;                  /* bytes: at least stride * height */
            uint32_t has_alpha;
        } surface;
        struct {
            uint32_t id;
            uint32_t x, y, width, height;
            uint32_t serial; /* rises; 0 is never used */
        } frame;
        struct {
            uint32_t id;
            int32_t x, y; /* pixels, where the hot spot is */
            uint32_t hot_x, hot_y;
        } cursor;
        struct {
            uint32_t width, height;       /* pixels */
            uint32_t width_mm, height_mm; /* 0: unknown */
            uint32_t refresh_mhz;         /* millihertz */
        } configure;
        struct {
            uint32_t device;     /* enum bk_display_input_device */
            uint16_t type, code; /* linux/input-event-codes.h */
            int32_t value;
        } input;
        uint8_t padding[40];
    };
};
static_assert(sizeof(struct bk_display_message) == 48, "wire size");

#endif
