/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The screen's end of a display cable (hypervisor/protocol/display_cable.h): what the VM says is checked and goes to
 * the view.
 *
 * Input from: guest, through its bk-vmm, which the guest may have taken over
 * Runs in: bk-screen
 *
 * A message that is not by the protocol is the last one: the cable is closed, and what stands on the screen stays.
 */
#ifndef BK_SCREEN_CABLE_H
#define BK_SCREEN_CABLE_H

#include "display_check.h"
#include "surface.h"
#include "view.h"

#include <stddef.h>
#include <stdint.h>

/* Zero-initialised: a VM that said nothing yet. */
struct bk_cable {
    struct bk_display_check check;
    struct bk_surface *surfaces[BK_DISPLAY_SURFACES_MAX]; /* at their places in `check`; NULL: none */
    uint32_t serial;                                      /* of the last frame; 0: none */
    uint32_t serial_told;                                 /* in FRAME_DONE */
};

/* Takes one datagram of `size` bytes, and the descriptor that came with it or -1, which stays the caller's. Yields why
 * it is refused (static), or NULL. */
const char *bk_cable_take(struct bk_cable *cable, struct bk_view *view, const void *datagram, size_t size, int fd);

/* The VM is gone: forgets all but what is shown. */
void bk_cable_reset(struct bk_cable *cable);

#endif
