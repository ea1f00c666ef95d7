/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The window: a virtio-gpu's screen in two dimensions (virtio 1.3 §5.7). The program draws into `pixels`, and shows
 * what it drew.
 *
 * Input from: host (how large the window is)
 * Runs in: a guest without an OS
 */
#ifndef BK_BARE_SCREEN_H
#define BK_BARE_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

struct bk_screen {
    uint32_t width, height; /* pixels; of a window that is larger than there is memory for, its left upper part */
    uint32_t *pixels;       /* row by row, 0xRRGGBB; NULL: this guest has no screen */
};

void bk_screen_begin(struct bk_screen *screen);

/* True when the window has another size than when it was last asked: all is to be drawn anew. */
bool bk_screen_resized(struct bk_screen *screen);

/* Shows what was drawn there. */
void bk_screen_show(struct bk_screen *screen, uint32_t x, uint32_t y, uint32_t width, uint32_t height);

#endif
