/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a GPS receiver, or whatever is at the other end of the line, writes: no bytes make a fix that is out of its
 * ranges, and one is the same whatever came before the '$' of its sentence.
 */
#include "nmea.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>

static void check(const struct bk_fix *fix)
{
    assert(fabs(fix->latitude) <= 90.0 && fabs(fix->longitude) <= 180.0);
    assert(fix->accuracy > 0 && fix->accuracy < 1000.0);
    assert(!fix->has_altitude || fabs(fix->altitude) < 100000.0);
    assert(!fix->has_speed || (fix->speed >= 0 && fix->speed < 100000.0));
    assert(!fix->has_course || (fix->course >= 0 && fix->course <= 360.0));
    assert(fix->time_ms >= INT64_C(946684800000) && fix->time_ms < INT64_C(4102444800000) + 61000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bk_nmea nmea = { 0 };
    struct bk_nmea after_noise = { .within = true, .length = BK_NMEA_LINE_MAX };
    struct bk_coarse coarse = { 0 };

    for (size_t i = 0; i < size; i++) {
        struct bk_fix fix, same;
        bool came = bk_nmea_feed(&nmea, (char)data[i], &fix);
        assert(nmea.length <= BK_NMEA_LINE_MAX);
        assert(bk_nmea_feed(&after_noise, (char)data[i], &same) == came);
        if (!came)
            continue;
        check(&fix);
        check(&same);
        (void)bk_coarse_look(&coarse, &fix, i * UINT64_C(1000000));
        struct bk_fix answer = bk_coarse_fix(&coarse);
        assert(fabs(answer.latitude) <= 90.0 && fabs(answer.longitude) <= 180.0);
    }
    return 0;
}
