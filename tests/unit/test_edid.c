/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devices/edid.h"

#include "checked.h"

#include <string.h>

static void assert_sealed(const uint8_t *block)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < 128; i++)
        sum += block[i];
    assert_int_equal(sum & 0xff, 0);
}

static void build(uint8_t *edid, uint32_t width, uint32_t height, uint32_t refresh_mhz)
{
    const struct bk_edid_screen screen = { .width = width, .height = height, .refresh_mhz = refresh_mhz };

    memset(edid, 0xa5, BK_EDID_SIZE);
    bk_edid_build(edid, &screen);
}

/* What a driver reads from the first detailed timing. */
static uint32_t timing_width(const uint8_t *edid)
{
    return edid[54 + 2] | (edid[54 + 4] & 0xf0U) << 4;
}

static uint32_t timing_height(const uint8_t *edid)
{
    return edid[54 + 5] | (edid[54 + 7] & 0xf0U) << 4;
}

static uint64_t timing_clock(const uint8_t *edid)
{
    return (uint64_t)(edid[54] | edid[55] << 8) * 10000;
}

static void tells_a_mode(void **state)
{
    static const uint32_t sizes[][2] = { { 32, 32 }, { 1280, 800 }, { 1366, 768 }, { 3840, 2160 }, { 2340, 1080 } };
    uint8_t edid[BK_EDID_SIZE];

    (void)state;
    for (size_t i = 0; i < BK_ARRAY_SIZE(sizes); i++) {
        build(edid, sizes[i][0], sizes[i][1], 60000);
        assert_sealed(edid);
        assert_int_equal(edid[126], 0);
        assert_memory_equal(edid, "\x00\xff\xff\xff\xff\xff\xff\x00", 8);
        assert_int_equal(timing_width(edid), sizes[i][0]);
        assert_int_equal(timing_height(edid), sizes[i][1]);
        assert_memory_equal(edid + 72,
                            "\x00\x00\x00\xfc\x00"
                            "Bulkhead\n    ",
                            18);
        /* The clock over the whole frame is the refresh rate, to the clock's precision. */
        uint64_t frame = (uint64_t)(sizes[i][0] + 160) * (sizes[i][1] + 35);
        assert_in_range(timing_clock(edid) * 1000 / frame, 59900, 60000 + 10000UL * 1000 / frame);
    }
}

static void tells_a_fast_mode_as_a_slower_one(void **state)
{
    uint8_t edid[BK_EDID_SIZE];

    (void)state;
    build(edid, 3840, 2160, 144000);
    assert_sealed(edid);
    assert_int_equal(timing_width(edid), 3840);
    assert_int_equal(timing_clock(edid), 655350000);
}

/* A driver goes by the display info when there is no timing at all. */
static void leaves_a_large_mode_out(void **state)
{
    static const uint32_t sizes[][2] = { { 8192, 8192 }, { 4096, 100 }, { 100, 5000 } };
    uint8_t edid[BK_EDID_SIZE];

    (void)state;
    for (size_t i = 0; i < BK_ARRAY_SIZE(sizes); i++) {
        build(edid, sizes[i][0], sizes[i][1], 60000);
        assert_sealed(edid);
        assert_int_equal(timing_clock(edid), 0); /* not a timing, but a text */
        assert_int_equal(edid[54 + 3], 0x10);
        assert_int_equal(edid[72 + 3], 0xfc);
    }
}

static void tells_millimetres(void **state)
{
    struct bk_edid_screen screen = { 1280, 800, 301, 188, 60000 };
    uint8_t edid[BK_EDID_SIZE];

    (void)state;
    bk_edid_build(edid, &screen);
    assert_int_equal(edid[21], 30);
    assert_int_equal(edid[22], 18);
    assert_int_equal(edid[54 + 12] | (edid[54 + 14] & 0xf0) << 4, 301);
    assert_int_equal(edid[54 + 13] | (edid[54 + 14] & 0x0f) << 8, 188);
    screen.width_mm = screen.height_mm = UINT32_MAX;
    bk_edid_build(edid, &screen);
    assert_sealed(edid);
    assert_int_equal(timing_width(edid), 1280);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_a_mode),
        cmocka_unit_test(tells_a_fast_mode_as_a_slower_one),
        cmocka_unit_test(leaves_a_large_mode_out),
        cmocka_unit_test(tells_millimetres),
    };

    return cmocka_run_group_tests_name("edid", tests, NULL, NULL);
}
