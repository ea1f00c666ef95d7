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

/* What a driver reads from the first detailed timing. */
static uint32_t timing_width(const uint8_t *edid)
{
    return edid[54 + 2] | (edid[54 + 4] & 0xf0U) << 4;
}

static uint32_t timing_height(const uint8_t *edid)
{
    return edid[54 + 5] | (edid[54 + 7] & 0xf0U) << 4;
}

static void tells_a_mode(void **state)
{
    static const uint32_t sizes[][2] = { { 32, 32 }, { 1280, 800 }, { 1366, 768 }, { 3840, 2160 }, { 2340, 1080 } };
    uint8_t edid[BK_EDID_SIZE_MAX];

    (void)state;
    for (size_t i = 0; i < BK_ARRAY_SIZE(sizes); i++) {
        assert_int_equal(bk_edid_build(edid, sizes[i][0], sizes[i][1], 0, 0, 60000), 128);
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
        uint64_t clock = (uint64_t)(edid[54] | edid[55] << 8) * 10000;
        uint64_t frame = (uint64_t)(sizes[i][0] + 160) * (sizes[i][1] + 35);
        assert_in_range(clock * 1000 / frame, 59900, 60000 + 10000UL * 1000 / frame);
    }
}

static void tells_a_mode_too_large_for_the_base_block(void **state)
{
    static const uint32_t sizes[][3] = { { 8192, 8192, 60000 },
                                         { 4096, 100, 60000 },
                                         { 100, 5000, 60000 },
                                         { 3840, 2160, 144000 },
                                         { 8192, 8192, 1000000 } };
    uint8_t edid[BK_EDID_SIZE_MAX];

    (void)state;
    for (size_t i = 0; i < BK_ARRAY_SIZE(sizes); i++) {
        assert_int_equal(bk_edid_build(edid, sizes[i][0], sizes[i][1], 0, 0, sizes[i][2]), 256);
        assert_sealed(edid);
        assert_sealed(edid + 128);
        assert_int_equal(edid[126], 1);
        const uint8_t *timing = edid + 128 + 8;
        assert_int_equal(edid[128], 0x70);
        assert_int_equal((timing[4] | timing[5] << 8) + 1, sizes[i][0]);
        assert_int_equal((timing[12] | timing[13] << 8) + 1, sizes[i][1]);
        unsigned sum = 0;
        for (unsigned j = 129; j < 129 + 4 + 23 + 1; j++)
            sum += edid[j];
        assert_int_equal(sum & 0xff, 0);
    }
}

static void tells_millimetres(void **state)
{
    uint8_t edid[BK_EDID_SIZE_MAX];

    (void)state;
    bk_edid_build(edid, 1280, 800, 301, 188, 60000);
    assert_int_equal(edid[21], 30);
    assert_int_equal(edid[22], 18);
    assert_int_equal(edid[54 + 12] | (edid[54 + 14] & 0xf0) << 4, 301);
    assert_int_equal(edid[54 + 13] | (edid[54 + 14] & 0x0f) << 8, 188);
    bk_edid_build(edid, 1280, 800, UINT32_MAX, UINT32_MAX, 60000);
    assert_sealed(edid);
    assert_int_equal(timing_width(edid), 1280);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_a_mode),
        cmocka_unit_test(tells_a_mode_too_large_for_the_base_block),
        cmocka_unit_test(tells_millimetres),
    };

    return cmocka_run_group_tests_name("edid", tests, NULL, NULL);
}
