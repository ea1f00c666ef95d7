/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A surface that the VM at the other end of the display cable announced, mapped read-only: kept until it is withdrawn,
 * and beyond that while it is on the screen.
 *
 * Input from: guest, through its bk-vmm (its numbers were checked); the pixels may change at any time
 * Runs in: bk-screen
 */
#ifndef BK_SCREEN_SURFACE_H
#define BK_SCREEN_SURFACE_H

#include "display_cable.h"

#include <stddef.h>
#include <stdint.h>

/* A mapping that is shared by who shows it and the cable. */
struct bk_surface {
    uint32_t width, height; /* pixels */
    uint32_t stride;        /* bytes */
    const uint8_t *pixels;
    size_t size; /* bytes mapped */
    unsigned references;
};

/* Maps `fd`, which stays the caller's, as the SURFACE message says that both were checked to be (display_check.h);
 * NULL: it cannot be mapped. The caller has the only reference. */
struct bk_surface *bk_surface_map(const struct bk_display_message *message, int fd);

struct bk_surface *bk_surface_ref(struct bk_surface *surface);
/* Unmaps when it was the last reference; NULL is fine. Always yields NULL. */
struct bk_surface *bk_surface_unref(struct bk_surface *surface);

#endif
