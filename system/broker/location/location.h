/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the machine is: a fix, and what is left of it when it is coarse. Knows no JSON, no socket and no clock.
 *
 * Input from: host (a source's fix, within its ranges); app (a fix, to be checked)
 * Runs in: bk-broker
 *
 * Theory of the coarse. The earth is divided into cells of BK_COARSE_DEGREES of latitude and as many degrees of
 * longitude as make about the same length there; a coarse place is the middle of a cell. That alone would say too much
 * over time: near a border the answer would flicker, and the moment at which it changes would be that of crossing it.
 * So the answer
 *  1. stays until the machine is more than BK_COARSE_MARGIN_M outside of its cell, and
 *  2. is looked at again only when BK_COARSE_PAUSE_MS have passed, whoever asks and however often.
 * There is one struct bk_coarse for all apps, so that asking in another way gives no other answer. It begins anew with
 * a place that the person sets, and when what it is of is gone: neither is a movement.
 *
 * A source that knows worse where the machine is makes the coarse worse, too, never better. How much is said in steps,
 * each twice the one before, since a number that changes with every fix says more than the cell does.
 */
#ifndef BK_BROKER_LOCATION_H
#define BK_BROKER_LOCATION_H

#include <stdbool.h>
#include <stdint.h>

#define BK_COARSE_DEGREES    0.05   /* 5.6 km */
#define BK_COARSE_MARGIN_M   1000.0 /* metres */
#define BK_COARSE_PAUSE_MS   300000U
#define BK_COARSE_ACCURACY_M 6000.0 /* metres from the middle to where the machine may be */
#define BK_COARSE_SLACK_M    1000.0 /* … when the source is not wrong by more than this */

/* Where a source says that the machine is. */
struct bk_fix {
    double latitude, longitude; /* degrees; -90 to 90, -180 to 180 */
    double accuracy;            /* metres */
    bool has_altitude, has_speed, has_course;
    double altitude, speed, course; /* metres, metres a second, degrees */
    int64_t time_ms;                /* since 1970 */
};

/* What a fix may be that an app says: as api/io.bulkhead.Location.varlink promises. */
#define BK_FIX_ACCURACY_LEAST_M 0.01
#define BK_FIX_ACCURACY_MOST_M  1000000.0
#define BK_FIX_ALTITUDE_LEAST_M (-12000.0)
#define BK_FIX_ALTITUDE_MOST_M  100000.0
#define BK_FIX_SPEED_MOST       10000.0 /* metres a second */
#define BK_FIX_OLD_MS           30000   /* before now, at the most */
#define BK_FIX_AHEAD_MS         10000   /* after now: two machines' clocks are never the same */

/* The first number that is out of its range; `field` as the API has it. */
struct bk_fix_fault {
    const char *field;
    double least, most;
};

/* True when every number is one, and within its range; `now_ms` is since 1970. */
bool bk_fix_check(const struct bk_fix *fix, int64_t now_ms, struct bk_fix_fault *ret_fault);

/* An app's pace of saying where the machine is; zero-initialised. CLOCK_MONOTONIC. */
struct bk_location_pace {
    uint64_t fix_ms;    /* when its next fix is taken, … */
    uint64_t answer_ms; /* … and its next call answered */
};

/* Zero-initialised: it knows no place. */
struct bk_coarse {
    bool known;
    uint64_t looked_ms;
    double latitude, longitude; /* the middle of the cell */
    double width;               /* degrees of longitude */
    double accuracy;            /* metres */
    int64_t time_ms;            /* since 1970; a minute's beginning */
};

/* True when the answer is another one than before. */
bool bk_coarse_look(struct bk_coarse *coarse, const struct bk_fix *fix, uint64_t now_ms);

/* The answer, as a fix; only when it is known. */
struct bk_fix bk_coarse_fix(const struct bk_coarse *coarse);

/* A number of decimal digits, at most one '.' and, with `sign`, a '-' before them: what receivers write. False for
 * anything else, also for what has more than BK_PLACE_NUMBER_MAX characters. */
bool bk_location_read_number(const char *text, bool sign, double *ret);

#endif
