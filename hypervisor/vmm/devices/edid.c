/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/edid.h"

#include <string.h>

#define BASE         54  /* bytes before the descriptors */
#define DESCRIPTOR   18  /* bytes of each of the four */
#define DOTS_DEFAULT 96U /* an inch, when the size in millimetres is unknown */
#define NARROW_MAX   0xfffU

/* Blanking as in CVT's reduced form (VESA CVT 1.2 §3.4.2): no screen is scanned here, but drivers want numbers. */
#define H_BLANK 160U
#define H_FRONT 48U
#define H_SYNC  32U
#define V_BLANK 35U
#define V_FRONT 3U
#define V_SYNC  6U

/* What is the same for every screen; 0 is filled in or does not matter. */
static const uint8_t base[BASE] = {
    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0,                /* the header */
    0x09, 0x68, 1,    0,    0,    0,    0,    0,                /* maker "BKH", five bits a letter; product 1 */
    1,    36,   1,    4,                                        /* the first week of 2026; EDID 1.4 */
    0xa5, 0,    0,                                              /* digital, 8 bits a colour, DisplayPort; centimetres */
    120,  0x06,                                                 /* gamma 2.2; sRGB, the first timing is preferred */
    0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54, /* §3.7: the colours of sRGB */
    0,    0,    0,                                              /* no established timings, nor standard ones: */
    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1, 1, 1, 1, 1, 1,
};

static uint8_t low8(uint64_t value)
{
    return (uint8_t)(value & 0xff);
}

/* §3.10.2: the upper four bits of two numbers that have twelve. */
static uint8_t upper4(uint32_t first, uint32_t second)
{
    return low8(first >> 8 << 4 | second >> 8);
}

static void put_timing(uint8_t *place, const struct bk_edid_screen *screen, uint32_t width_mm, uint32_t height_mm)
{
    uint64_t dots_a_frame = (uint64_t)(screen->width + H_BLANK) * (screen->height + V_BLANK);
    uint64_t clock = dots_a_frame * screen->refresh_mhz / 10000000 + 1; /* 10 kHz */

    if (clock > 0xffff)
        clock = 0xffff; /* as fast as can be told, which changes nothing here */
    const uint8_t timing[DESCRIPTOR] = {
        low8(clock),
        low8(clock >> 8),
        low8(screen->width),
        H_BLANK,
        upper4(screen->width, H_BLANK),
        low8(screen->height),
        V_BLANK,
        upper4(screen->height, V_BLANK),
        H_FRONT,
        H_SYNC,
        V_FRONT << 4 | V_SYNC,
        0,
        low8(width_mm),
        low8(height_mm),
        upper4(width_mm, height_mm),
        0,
        0,
        0x1a, /* digital separate sync, horizontal positive */
    };
    memcpy(place, timing, sizeof timing);
}

static uint32_t millimetres(uint32_t told, uint32_t pixels)
{
    uint32_t mm = told > 0 ? told : pixels * 254 / (DOTS_DEFAULT * 10) + 1;

    return mm < NARROW_MAX ? mm : NARROW_MAX;
}

void bk_edid_build(uint8_t edid[BK_EDID_SIZE], const struct bk_edid_screen *screen)
{
    uint32_t width_mm = millimetres(screen->width_mm, screen->width);
    uint32_t height_mm = millimetres(screen->height_mm, screen->height);
    uint8_t sum = 0;

    memset(edid, 0, BK_EDID_SIZE);
    memcpy(edid, base, sizeof base);
    edid[21] = low8(width_mm / 10 < 0xff ? width_mm / 10 : 0);
    edid[22] = low8(height_mm / 10 < 0xff ? height_mm / 10 : 0);
    for (unsigned i = 0; i < 4; i++)
        edid[BASE + i * DESCRIPTOR + 3] = 0x10; /* nothing */
    if (screen->width <= NARROW_MAX && screen->height <= NARROW_MAX)
        put_timing(edid + BASE, screen, width_mm, height_mm);
    edid[BASE + DESCRIPTOR + 3] = 0xfc; /* a name */
    memcpy(edid + BASE + DESCRIPTOR + 5, "Bulkhead\n    ", 13);
    for (unsigned i = 0; i < BK_EDID_SIZE - 1; i++)
        sum = (uint8_t)(sum + edid[i]);
    edid[BK_EDID_SIZE - 1] = (uint8_t)(0U - sum); /* the sum of all bytes is 0 */
}
