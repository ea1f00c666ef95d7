/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EDID (VESA E-EDID 1.4): how a screen tells its size.
 *
 * Input from: trusted (the caller checked the numbers)
 * Runs in: bk-vmm, I/O thread
 */
#ifndef BK_DEVICES_EDID_H
#define BK_DEVICES_EDID_H

#include <stddef.h>
#include <stdint.h>

#define BK_EDID_SIZE_MAX 256

/* A screen called "Bulkhead" with one mode. `width` and `height` in pixels, 1..16384; `width_mm` and `height_mm`, 0
 * when unknown; `refresh_mhz` in millihertz, 1000..1000000. Yields the number of bytes: 128, or 256 when the mode does
 * not fit a detailed timing of the base block and stands in a DisplayID extension. */
size_t bk_edid_build(uint8_t edid[BK_EDID_SIZE_MAX], uint32_t width, uint32_t height, uint32_t width_mm,
                     uint32_t height_mm, uint32_t refresh_mhz);

#endif
