/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/edid.h"

#include "checked.h"

#include <string.h>

#define BASE       54 /* bytes before the descriptors */
#define DESCRIPTOR 18 /* bytes of each of the four */
#define NARROW_MAX 0xfffU

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
    /* In 10 kHz, and no faster than can be told, which changes nothing here. */
    uint64_t clock = bk_min(dots_a_frame * screen->refresh_mhz / 10000000 + 1, 0xffffU);

    place[0] = low8(clock);
    place[1] = low8(clock >> 8);
    place[2] = low8(screen->width);
    place[3] = H_BLANK;
    place[4] = upper4(screen->width, H_BLANK);
    place[5] = low8(screen->height);
    place[6] = V_BLANK;
    place[7] = upper4(screen->height, V_BLANK);
    place[8] = H_FRONT;
    place[9] = H_SYNC;
    place[10] = V_FRONT << 4 | V_SYNC;
    place[12] = low8(width_mm);
    place[13] = low8(height_mm);
    place[14] = upper4(width_mm, height_mm);
    place[17] = 0x1a; /* digital separate sync, horizontal positive */
}

void bk_edid_build(uint8_t edid[BK_EDID_SIZE], const struct bk_edid_screen *screen)
{
    uint32_t width_mm = bk_min(screen->width_mm, NARROW_MAX), height_mm = bk_min(screen->height_mm, NARROW_MAX);
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
