/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This process's end of the display cable (hypervisor/protocol/display_cable.h): what shall be on the screen goes
 * out, what the screen says comes in to the listeners.
 *
 * Input from: host (the screen program), checked: a message that is not by the protocol unplugs the cable
 * Runs in: bk-vmm, I/O thread
 *
 * Theory. Nothing is queued. The wish (the surface shown, its damage, the cursor) is kept, and whatever of it the
 * screen does not know yet is sent when the socket takes it; so a slow screen costs no memory, gets the union of
 * the damage it missed and only the latest frame and cursor. A cable that is plugged in later, or again, gets the
 * whole wish.
 */
#ifndef BK_CABLE_DISPLAY_H
#define BK_CABLE_DISPLAY_H

#include "display_cable.h"

#include <stdbool.h>
#include <stdint.h>

struct bk_display;
struct bk_loop;

#define BK_DISPLAY_LISTENERS_MAX 4

struct bk_display_rectangle {
    uint32_t left, top, right, bottom; /* pixels; empty when right is 0 */
};

/* An image that can be shown; embedded in its owner, zero-initialised, filled in by it but for the damage. It must stay
 * as it is, and `fd` open, until bk_display_withdraw(). */
struct bk_display_surface {
    int fd;                 /* memfd sealed with BK_DISPLAY_SEALS, the owner's */
    uint8_t *pixels;        /* where its owner has mapped it */
    uint32_t width, height; /* pixels, 1..BK_DISPLAY_SIDE_MAX */
    uint32_t stride;        /* bytes */
    uint64_t size;          /* bytes of the memfd */
    bool has_alpha;
    struct bk_display_rectangle damage; /* the cable's own: since the last frame */
};

/* What the screen says: a CONFIGURE, FRAME_DONE or INPUT message, whose numbers are within the protocol's limits.
 * FRAME_DONE is of every frame up to its serial: compare with bk_display_serial_reached(). NULL: the cable is gone, or
 * there is a new one. */
typedef void (*bk_display_hear)(void *userdata, const struct bk_display_message *message);

int bk_display_create(struct bk_loop *loop, struct bk_display **ret_display);
void bk_display_destroy(struct bk_display *display);

/* Takes `fd`, a SOCK_SEQPACKET socket, in any case, in place of the cable there was. */
int bk_display_plug(struct bk_display *display, int fd);

/* At most BK_DISPLAY_LISTENERS_MAX at a time. */
void bk_display_listen(struct bk_display *display, bk_display_hear hear, void *userdata);
void bk_display_unlisten(struct bk_display *display, const void *userdata);

/* Makes `surface` the one to show, from its next frame on; NULL: nothing is shown, now. */
void bk_display_set(struct bk_display *display, struct bk_display_surface *surface);
/* The rectangle of `surface` changed, as far as it lies within; it is put on the screen when `surface` is the one to
 * show. Yields the frame's serial, or 0 when no screen will tell of it. */
uint32_t bk_display_frame(struct bk_display *display, struct bk_display_surface *surface,
                          const struct bk_display_rectangle *changed);
/* The owner is about to change or free the surface. */
void bk_display_withdraw(struct bk_display *display, struct bk_display_surface *surface);

/* True when frame `serial` is among those that `done` finished. */
static inline bool bk_display_serial_reached(uint32_t serial, uint32_t done)
{
    return (int32_t)(done - serial) >= 0;
}

/* The cursor's image (or NULL: hidden), which may have changed; its hot spot; where on the screen its corner is, which
 * may be off the screen, left or above as negative numbers cast. */
void bk_display_set_cursor(struct bk_display *display, struct bk_display_surface *surface, uint32_t hot_x,
                           uint32_t hot_y, uint32_t x, uint32_t y);
void bk_display_move_cursor(struct bk_display *display, uint32_t x, uint32_t y);

#endif
