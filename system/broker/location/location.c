/* SPDX-License-Identifier: Apache-2.0 */
#include "location.h"

#include "place.h"

#include <math.h>
#include <string.h>

#define METRES_A_DEGREE  111320.0 /* of latitude, and of longitude at the equator */
#define RADIANS(degrees) ((degrees) * (M_PI / 180.0))
#define MINUTE_MS        60000

/* ---- what an app says ---- */

bool bk_fix_check(const struct bk_fix *fix, int64_t now_ms, struct bk_fix_fault *ret_fault)
{
    const struct {
        bool given;
        double value;
        struct bk_fix_fault range;
    } numbers[] = {
        { true, fix->latitude, { "latitude", -90.0, 90.0 } },
        { true, fix->longitude, { "longitude", -180.0, 180.0 } },
        { true, fix->accuracy, { "accuracyMetres", BK_FIX_ACCURACY_LEAST_M, BK_FIX_ACCURACY_MOST_M } },
        { fix->has_altitude, fix->altitude, { "altitude", BK_FIX_ALTITUDE_LEAST_M, BK_FIX_ALTITUDE_MOST_M } },
        { fix->has_speed, fix->speed, { "speed", 0.0, BK_FIX_SPEED_MOST } },
        { fix->has_course, fix->course, { "course", 0.0, 360.0 } },
        { true,
          (double)fix->time_ms,
          { "time", (double)(now_ms - BK_FIX_OLD_MS), (double)(now_ms + BK_FIX_AHEAD_MS) } },
    };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        /* written so that what is not a number is out of every range */
        bool fine = numbers[i].value >= numbers[i].range.least && numbers[i].value <= numbers[i].range.most;
        if (numbers[i].given && !fine) {
            *ret_fault = numbers[i].range;
            return false;
        }
    }
    return true;
}

/* ---- coarse ---- */

/* How far from the middle of its cell the machine may be, by a source that is wrong by so much at the most. */
static double coarse_accuracy(double accuracy)
{
    double step = BK_COARSE_ACCURACY_M;

    while (accuracy > BK_COARSE_SLACK_M && step < BK_COARSE_ACCURACY_M + accuracy)
        step *= 2;
    return step;
}

/* The cell that a place is in. */
static void find_cell(const struct bk_fix *fix, struct bk_coarse *coarse)
{
    double rows = floor(180.0 / BK_COARSE_DEGREES + 0.5);
    double row = fmin(floor((fix->latitude + 90.0) / BK_COARSE_DEGREES), rows - 1.0);

    coarse->latitude = (row + 0.5) * BK_COARSE_DEGREES - 90.0;
    double columns = fmax(1.0, floor(360.0 / BK_COARSE_DEGREES * cos(RADIANS(coarse->latitude)) + 0.5));
    coarse->width = 360.0 / columns;
    double column = fmin(floor((fix->longitude + 180.0) / coarse->width), columns - 1.0);
    coarse->longitude = (column + 0.5) * coarse->width - 180.0;
}

/* How many metres a place is outside of the cell, the further of both ways; 0 within. */
static double outside(const struct bk_coarse *coarse, const struct bk_fix *fix)
{
    double north = fabs(fix->latitude - coarse->latitude) - BK_COARSE_DEGREES / 2.0;
    double east = fabs(remainder(fix->longitude - coarse->longitude, 360.0)) - coarse->width / 2.0;

    return METRES_A_DEGREE * fmax(0.0, fmax(north, east * cos(RADIANS(coarse->latitude))));
}

bool bk_coarse_look(struct bk_coarse *coarse, const struct bk_fix *fix, uint64_t now_ms)
{
    if (coarse->known && now_ms - coarse->looked_ms < BK_COARSE_PAUSE_MS)
        return false;
    double accuracy = coarse_accuracy(fix->accuracy);
    bool in_cell = coarse->known && outside(coarse, fix) <= BK_COARSE_MARGIN_M;
    bool stays = in_cell && accuracy == coarse->accuracy;
    if (!in_cell)
        find_cell(fix, coarse);
    coarse->accuracy = accuracy;
    coarse->known = true;
    coarse->looked_ms = now_ms;
    coarse->time_ms = fix->time_ms - fix->time_ms % MINUTE_MS;
    return !stays;
}

struct bk_fix bk_coarse_fix(const struct bk_coarse *coarse)
{
    return (struct bk_fix){
        .latitude = coarse->latitude,
        .longitude = coarse->longitude,
        .accuracy = coarse->accuracy,
        .time_ms = coarse->time_ms,
    };
}

/* ---- reading ---- */

bool bk_location_read_number(const char *text, bool sign, double *ret)
{
    const bool negative = sign && *text == '-';
    const char *begin = text + (negative ? 1 : 0), *end = begin + strnlen(begin, BK_PLACE_NUMBER_MAX + 1);
    double value;

    if (bk_place_read_number(begin, end, &value) != end)
        return false;
    *ret = negative ? -value : value;
    return true;
}
