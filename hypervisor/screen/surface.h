/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The surfaces that the VM at the other end of the display cable announced: checked, mapped read-only, kept until
 * withdrawn, and beyond that while one is on the screen.
 *
 * Input from: guest, through its bk-vmm (every number and the descriptor); the pixels may change at any time
 * Runs in: bk-screen
 */
#ifndef BK_SCREEN_SURFACE_H
#define BK_SCREEN_SURFACE_H

#include "display_cable.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a row, and of a whole surface. */
#define BK_SURFACE_STRIDE_MAX (BK_DISPLAY_SIDE_MAX * 4U)
#define BK_SURFACE_SIZE_MAX   ((uint64_t)BK_SURFACE_STRIDE_MAX * BK_DISPLAY_SIDE_MAX)

/* A mapping that is shared by who shows it and the table. */
struct bk_surface {
    uint32_t id;
    uint32_t width, height; /* pixels */
    uint32_t stride;        /* bytes */
    bool has_alpha;
    const uint8_t *pixels;
    size_t size; /* bytes mapped */
    unsigned references;
};

/* Zero-initialised. */
struct bk_surfaces {
    struct bk_surface *known[BK_DISPLAY_SURFACES_MAX];
};

/* The functions here that yield text yield why what the VM sent is refused (static), or NULL. */

/* The geometry of a BK_DISPLAY_SURFACE message by itself. */
const char *bk_surface_check_geometry(const struct bk_display_message *message);

/* Only a memfd of ordinary memory, sealed against shrinking and against unsealing, of at least `size` bytes:
 * what is sealed so can be read to its end for ever without a SIGBUS. */
const char *bk_surface_check_memory(int fd, uint64_t size);

/* Checks and maps; `fd` stays the caller's. */
const char *bk_surfaces_add(struct bk_surfaces *surfaces, const struct bk_display_message *message, int fd);
const char *bk_surfaces_withdraw(struct bk_surfaces *surfaces, uint32_t id);
/* NULL when there is none. */
struct bk_surface *bk_surfaces_find(const struct bk_surfaces *surfaces, uint32_t id);
/* Withdraws all. */
void bk_surfaces_clear(struct bk_surfaces *surfaces);

struct bk_surface *bk_surface_ref(struct bk_surface *surface);
/* Unmaps when it was the last reference; NULL is fine. Always yields NULL. */
struct bk_surface *bk_surface_unref(struct bk_surface *surface);

#endif
