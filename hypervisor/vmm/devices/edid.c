/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/edid.h"

#include <stdbool.h>
#include <string.h>

#define BLOCK        128U
#define DOTS_DEFAULT 96U /* an inch, when the size in millimetres is unknown */

/* Blanking as in CVT's reduced form (VESA CVT 1.2 §3.4.2): no screen is scanned here, but drivers want numbers. */
#define H_BLANK 160U
#define H_FRONT 48U
#define H_SYNC  32U
#define V_BLANK 35U
#define V_FRONT 3U
#define V_SYNC  6U

struct mode {
    uint32_t width, height;       /* pixels */
    uint32_t width_mm, height_mm; /* not 0 */
    uint32_t clock;               /* 10 kHz */
};

static uint8_t low8(uint32_t value)
{
    return (uint8_t)(value & 0xff);
}

static void put16(uint8_t *place, uint32_t value)
{
    place[0] = low8(value);
    place[1] = low8(value >> 8);
}

/* The last byte of a block makes the sum of all its bytes 0. */
static void seal(uint8_t *block, size_t size)
{
    uint8_t sum = 0;

    for (size_t i = 0; i + 1 < size; i++)
        sum = (uint8_t)(sum + block[i]);
    block[size - 1] = (uint8_t)(0U - sum);
}

/* §3.10.2: clock and sizes are narrow. */
static bool fits_detailed_timing(const struct mode *mode)
{
    return mode->width <= 0xfff && mode->height <= 0xfff && mode->clock <= 0xffff;
}

static void put_detailed_timing(uint8_t *place, const struct mode *mode)
{
    uint32_t width_mm = mode->width_mm < 0xfff ? mode->width_mm : 0xfff;
    uint32_t height_mm = mode->height_mm < 0xfff ? mode->height_mm : 0xfff;

    put16(place, mode->clock);
    place[2] = low8(mode->width);
    place[3] = low8(H_BLANK);
    place[4] = low8(mode->width >> 8 << 4 | H_BLANK >> 8);
    place[5] = low8(mode->height);
    place[6] = low8(V_BLANK);
    place[7] = low8(mode->height >> 8 << 4 | V_BLANK >> 8);
    place[8] = low8(H_FRONT);
    place[9] = low8(H_SYNC);
    place[10] = low8((V_FRONT & 0xf) << 4 | (V_SYNC & 0xf));
    place[12] = low8(width_mm);
    place[13] = low8(height_mm);
    place[14] = low8(width_mm >> 8 << 4 | height_mm >> 8);
    place[17] = 0x1a; /* digital separate sync, horizontal positive */
}

/* VESA DisplayID 1.3 §4.4: one type I detailed timing, preferred. */
static void put_display_id(uint8_t *block, const struct mode *mode)
{
    uint8_t *section = block + 1, *data = section + 4, *timing = data + 3;

    block[0] = 0x70; /* extension tag of DisplayID */
    section[0] = 0x13;
    section[1] = 3 + 20; /* bytes of data blocks */
    section[2] = 3;      /* a stand-alone display */
    data[0] = 0x03;      /* type I timings */
    data[2] = 20;
    put16(timing, mode->clock - 1);
    timing[2] = low8((mode->clock - 1) >> 16);
    timing[3] = 0x80; /* preferred */
    put16(timing + 4, mode->width - 1);
    put16(timing + 6, H_BLANK - 1);
    put16(timing + 8, H_FRONT - 1);
    put16(timing + 10, H_SYNC - 1);
    put16(timing + 12, mode->height - 1);
    put16(timing + 14, V_BLANK - 1);
    put16(timing + 16, V_FRONT - 1);
    put16(timing + 18, V_SYNC - 1);
    seal(section, 4U + section[1] + 1U);
    seal(block, BLOCK);
}

static void put_text(uint8_t *place, uint8_t tag, const char *text)
{
    size_t length = strlen(text);

    place[3] = tag;
    for (size_t i = 0; i < 13; i++)
        place[5 + i] = (uint8_t)(i < length ? text[i] : i == length ? '\n' : ' ');
}

size_t bk_edid_build(uint8_t edid[BK_EDID_SIZE_MAX], uint32_t width, uint32_t height, uint32_t width_mm,
                     uint32_t height_mm, uint32_t refresh_mhz)
{
    static const uint8_t header[8] = { 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0 };
    /* §3.7: sRGB, whose numbers every screen of ours has as far as a guest can tell. */
    static const uint8_t colours[10] = { 0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54 };
    uint64_t dots_a_frame = (uint64_t)(width + H_BLANK) * (height + V_BLANK);
    struct mode mode = {
        .width = width,
        .height = height,
        .width_mm = width_mm > 0 ? width_mm : width * 254 / (DOTS_DEFAULT * 10) + 1,
        .height_mm = height_mm > 0 ? height_mm : height * 254 / (DOTS_DEFAULT * 10) + 1,
        .clock = (uint32_t)(dots_a_frame * refresh_mhz / 10000000) + 1,
    };
    bool detailed = fits_detailed_timing(&mode);
    uint32_t maker = ('B' - '@') << 10 | ('K' - '@') << 5 | ('H' - '@'); /* five bits a letter */
    uint8_t *descriptor = edid + 54;

    memset(edid, 0, BK_EDID_SIZE_MAX);
    memcpy(edid, header, sizeof header);
    edid[8] = low8(maker >> 8);
    edid[9] = low8(maker);
    edid[10] = 1;  /* product */
    edid[16] = 1;  /* week and year of making */
    edid[17] = 36; /* since 1990 */
    edid[18] = 1;
    edid[19] = 4;
    edid[20] = 0xa5; /* digital, 8 bits a colour, DisplayPort */
    edid[21] = mode.width_mm / 10 < 0xff ? low8(mode.width_mm / 10) : 0;
    edid[22] = mode.height_mm / 10 < 0xff ? low8(mode.height_mm / 10) : 0;
    edid[23] = 120;  /* gamma 2.2 */
    edid[24] = 0x06; /* sRGB; the first detailed timing is preferred and native */
    memcpy(edid + 25, colours, sizeof colours);
    memset(edid + 38, 0x01, 16); /* no standard timing */

    if (detailed) {
        put_detailed_timing(descriptor, &mode);
        descriptor += 18;
    }
    put_text(descriptor, 0xfc, "Bulkhead");
    for (descriptor += 18; descriptor < edid + 126; descriptor += 18)
        descriptor[3] = 0x10; /* nothing */
    edid[126] = detailed ? 0 : 1;
    seal(edid, BLOCK);
    if (detailed)
        return BLOCK;
    put_display_id(edid + BLOCK, &mode);
    return 2 * (size_t)BLOCK;
}
