/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The display, by the kernel's mode-setting ioctls alone: one picture of dumb memory at a time, of the size that the
 * display asks for, and a pointer of its own.
 *
 * Input from: trusted (the kernel)
 * Runs in: notes
 */
#ifndef BK_NOTES_SCREEN_H
#define BK_NOTES_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct screen_memory {
    uint32_t handle, framebuffer;   /* 0: none */
    uint32_t width, height, stride; /* pixels, pixels, bytes */
    uint64_t size;
    uint32_t *pixels; /* X R G B */
};

struct screen {
    int card;
    int events; /* the kernel's, of changes */
    uint32_t connector, crtc;
    struct screen_memory picture, pointer;
    uint32_t width_mm;
};

/* -ENODEV and the like. */
int bk_screen_open(struct screen *screen);
/* Takes the mode that the display prefers now; 1 when the picture is a new one, all black. */
int bk_screen_update(struct screen *screen);
/* Reads `events`: true when the display may be another. */
bool bk_screen_changed(struct screen *screen);
/* Shows what was drawn within a rectangle. */
void bk_screen_show(struct screen *screen, uint32_t x, uint32_t y, uint32_t width, uint32_t height);
void bk_screen_move_pointer(struct screen *screen, int x, int y);

#endif
