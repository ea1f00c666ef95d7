/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What apps say of where the machine is, each number any eight bytes: what passes is within its ranges, what does not
 * names a number, and what is left of it when it is coarse is true and no place of the app's choosing.
 */
#include "location.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define NUMBERS         7U
#define NOW_MS          INT64_C(1767225600000)
#define METRES_A_DEGREE 111320.0

/* Reads one fix, which takes a byte of flags and seven numbers; false at the end. */
static bool read_fix(const uint8_t **data, size_t *size, struct bk_fix *ret)
{
    double numbers[NUMBERS];
    const size_t needed = 1 + sizeof numbers;

    if (*size < needed)
        return false;
    memcpy(numbers, *data + 1, sizeof numbers);
    *ret = (struct bk_fix){
        .latitude = numbers[0],
        .longitude = numbers[1],
        .accuracy = numbers[2],
        .has_altitude = (**data & 1) != 0,
        .has_speed = (**data & 2) != 0,
        .has_course = (**data & 4) != 0,
        .altitude = numbers[3],
        .speed = numbers[4],
        .course = numbers[5],
    };
    memcpy(&ret->time_ms, &numbers[6], sizeof ret->time_ms);
    *data += needed;
    *size -= needed;
    return true;
}

static void check_ranges(const struct bk_fix *fix)
{
    assert(fabs(fix->latitude) <= 90.0 && fabs(fix->longitude) <= 180.0);
    assert(fix->accuracy > 0 && fix->accuracy <= BK_FIX_ACCURACY_MOST_M);
    assert(!fix->has_altitude || fabs(fix->altitude) <= BK_FIX_ALTITUDE_MOST_M);
    assert(!fix->has_speed || (fix->speed >= 0 && fix->speed <= BK_FIX_SPEED_MOST));
    assert(!fix->has_course || (fix->course >= 0 && fix->course <= 360.0));
    assert(fix->time_ms >= NOW_MS - BK_FIX_OLD_MS && fix->time_ms <= NOW_MS + BK_FIX_AHEAD_MS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bk_coarse coarse = { 0 };
    uint64_t now_ms = 1000;
    struct bk_fix fix;

    while (read_fix(&data, &size, &fix)) {
        struct bk_fix_fault fault = { 0 };
        if (!bk_fix_check(&fix, NOW_MS, &fault)) {
            assert(fault.field != NULL && fault.least < fault.most);
            continue;
        }
        check_ranges(&fix);
        (void)bk_coarse_look(&coarse, &fix, now_ms += BK_COARSE_PAUSE_MS);
        struct bk_fix answer = bk_coarse_fix(&coarse);
        assert(fabs(answer.latitude) <= 90.0 && fabs(answer.longitude) <= 180.0);
        assert(answer.accuracy >= BK_COARSE_ACCURACY_M && answer.accuracy >= fix.accuracy);
        assert(fabs(answer.latitude - fix.latitude) * METRES_A_DEGREE <= answer.accuracy);
        assert(!answer.has_altitude && !answer.has_speed && !answer.has_course && answer.time_ms % 60000 == 0);
    }
    return 0;
}
