/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EDID (VESA E-EDID 1.4): how a screen tells its size.
 *
 * Input from: trusted (the caller checked the numbers)
 * Runs in: bk-vmm, I/O thread
 */
#ifndef BK_DEVICES_EDID_H
#define BK_DEVICES_EDID_H

#include <stdint.h>

#define BK_EDID_SIZE 128

struct bk_edid_screen {
    uint32_t width, height;       /* pixels, 1..16384 */
    uint32_t width_mm, height_mm; /* 0: unknown */
    uint32_t refresh_mhz;         /* millihertz, 1000..1000000 */
};

/* A screen called "Bulkhead" with one mode. A width or height above 4095 does not fit EDID's timings: it tells of no
 * mode then, and a driver takes the size from GET_DISPLAY_INFO alone, as Linux does. */
void bk_edid_build(uint8_t edid[BK_EDID_SIZE], const struct bk_edid_screen *screen);

#endif
