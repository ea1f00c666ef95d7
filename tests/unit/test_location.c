/* SPDX-License-Identifier: Apache-2.0 */
/* Where the machine is: what a GPS receiver writes, and what is left when it is coarse. */
#include "location.h"
#include "nmea.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- NMEA ---- */

static void put_sentence(char *to, size_t size, const char *body)
{
    unsigned sum = 0;

    for (const char *c = body; *c != '\0'; c++)
        sum ^= (unsigned char)*c;
    snprintf(to, size, "$%s*%02X\r\n", body, sum);
}

/* Feeds bytes; yields how many fixes came, the last one in `ret`. */
static unsigned feed(struct bk_nmea *nmea, const char *bytes, size_t size, struct bk_fix *ret)
{
    unsigned fixes = 0;

    for (size_t i = 0; i < size; i++)
        fixes += bk_nmea_feed(nmea, bytes[i], ret);
    return fixes;
}

static unsigned say(struct bk_nmea *nmea, const char *body, struct bk_fix *ret)
{
    char line[300];

    put_sentence(line, sizeof line, body);
    return feed(nmea, line, strlen(line), ret);
}

#define RMC "GPRMC,123519.50,A,4807.0380,N,01131.0000,E,022.4,084.4,230394,003.1,W"
#define GGA "GPGGA,123519.50,4807.0380,N,01131.0000,E,1,08,0.9,545.4,M,46.9,M,,"

static void a_fix_has_what_both_sentences_say(void **state)
{
    struct bk_nmea nmea = { 0 };
    struct bk_fix fix = { 0 };

    (void)state;
    assert_int_equal(say(&nmea, GGA, &fix), 0);
    assert_int_equal(say(&nmea, "GNRMC,123520.50,A,4807.0380,S,01131.0000,W,022.4,084.4,290224,,,A", &fix), 1);
    assert_true(fabs(fix.latitude + (48 + 7.038 / 60)) < 1e-9);
    assert_true(fabs(fix.longitude + (11 + 31.0 / 60)) < 1e-9);
    assert_true(fabs(fix.accuracy - 4.5) < 1e-9);
    assert_true(fix.has_altitude && fabs(fix.altitude - 545.4) < 1e-9);
    assert_true(fix.has_speed && fabs(fix.speed - 22.4 * 0.514444) < 1e-9);
    assert_true(fix.has_course && fabs(fix.course - 84.4) < 1e-9);
    assert_int_equal(fix.time_ms, INT64_C(1709210120500)); /* a leap day */
}

static void a_fix_needs_no_gga_and_takes_no_old_one(void **state)
{
    struct bk_nmea nmea = { 0 };
    struct bk_fix fix = { 0 };

    (void)state;
    assert_int_equal(say(&nmea, RMC, &fix), 1);
    assert_true(fabs(fix.accuracy - BK_NMEA_ACCURACY_M) < 1e-9);
    assert_false(fix.has_altitude);
    (void)say(&nmea, GGA, &fix);
    assert_int_equal(say(&nmea, "GPRMC,123522.00,A,4807.0380,N,01131.0000,E,,,230394,,", &fix), 1);
    assert_false(fix.has_altitude || fix.has_speed || fix.has_course);
}

static void what_is_no_fix_is_none(void **state)
{
    static const char *const bodies[] = {
        "GPRMC,123519,V,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W", /* the receiver does not know */
        "GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,,,N",     /* nor here */
        "GPRMC,246060,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W", /* no time */
        "GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,290226,003.1,W", /* no day */
        "GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,231394,003.1,W", /* no month */
        "GPRMC,123519,A,4860.000,N,01131.000,E,022.4,084.4,230394,003.1,W", /* no minute */
        "GPRMC,123519,A,9000.001,N,01131.000,E,022.4,084.4,230394,003.1,W", /* beyond the pole */
        "GPRMC,123519,A,4807.038,N,18000.001,E,022.4,084.4,230394,003.1,W",
        "GPRMC,123519,A,4807.038,E,01131.000,E,022.4,084.4,230394,003.1,W", /* no such side */
        "GPRMC,123519,A,-4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W",
        "GPRMC,123519,A,4807.038e1,N,01131.000,E,022.4,084.4,230394,003.1,W",
        "GPRMC,123519,A,nan,N,01131.000,E,022.4,084.4,230394,003.1,W",
        "GPRMC,123519,A,,,,,,,230394",
        "GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4", /* cut */
        "RMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W",
        "GPRMCX,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W",
        "GPGLL,4807.038,N,01131.000,E,123519,A",
        "",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct bk_nmea nmea = { 0 };
        struct bk_fix fix;
        if (say(&nmea, bodies[i], &fix) != 0)
            fail_msg("taken for a fix: %s", bodies[i]);
    }
}

static void the_checksum_is_needed_and_right(void **state)
{
    struct bk_nmea nmea = { 0 };
    struct bk_fix fix;
    char line[200];

    (void)state;
    put_sentence(line, sizeof line, RMC);
    assert_int_equal(feed(&nmea, line, strlen(line), &fix), 1);
    for (size_t i = 1; i < strlen(line) - 2; i++) { /* each bit of each byte counts */
        char changed[200];
        memcpy(changed, line, sizeof changed);
        changed[i] ^= 0x04;
        if (feed(&nmea, changed, strlen(changed), &fix) != 0)
            fail_msg("taken: %s", changed);
    }
    assert_int_equal(feed(&nmea, "$" RMC "\r\n", strlen("$" RMC "\r\n"), &fix), 0);
    assert_int_equal(feed(&nmea, line, strlen(line), &fix), 1);
}

static void noise_between_sentences_does_no_harm(void **state)
{
    struct bk_nmea nmea = { 0 };
    struct bk_fix fix;
    char line[200];

    (void)state;
    put_sentence(line, sizeof line, RMC);
    for (unsigned i = 0; i < 5000; i++) {
        char byte = (char)(i * 37);
        (void)bk_nmea_feed(&nmea, byte, &fix);
    }
    assert_int_equal(feed(&nmea, "$GPR", 4, &fix), 0); /* half a sentence, and then a whole one */
    assert_int_equal(feed(&nmea, line, strlen(line), &fix), 1);
    for (unsigned i = 0; i < 1000; i++) /* one that does not end */
        assert_false(bk_nmea_feed(&nmea, i == 0 ? '$' : 'x', &fix));
    assert_int_equal(feed(&nmea, line, strlen(line), &fix), 1);
    assert_int_equal(feed(&nmea, line, strlen(line) - 1, &fix), 1); /* a carriage return is enough */
    assert_int_equal(feed(&nmea, "\n\r\n", 3, &fix), 0);
}

/* ---- what an app says ---- */

#define NOW INT64_C(1767225600000)

static struct bk_fix said(void)
{
    return (struct bk_fix){ .latitude = 47, .longitude = 8, .accuracy = 12, .time_ms = NOW };
}

/* Asserts that a number may be the first two of these, and none of the others. */
#define ASSERT_RANGE(member, name, ...)                                  \
    do {                                                                 \
        static const double values[] = { __VA_ARGS__ };                  \
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {  \
            struct bk_fix with = said();                                 \
            struct bk_fix_fault of = { 0 };                              \
            with.has_altitude = with.has_speed = with.has_course = true; \
            with.member = values[i];                                     \
            assert_int_equal(bk_fix_check(&with, NOW, &of), i < 2);      \
            if (i >= 2)                                                  \
                assert_string_equal(of.field, name);                     \
        }                                                                \
    } while (0)

static void what_an_app_says_is_within_its_ranges(void **state)
{
    static const int64_t wrong[] = { NOW - BK_FIX_OLD_MS - 1, NOW + BK_FIX_AHEAD_MS + 1, 0, INT64_MIN, INT64_MAX };
    struct bk_fix fix = said();
    struct bk_fix_fault fault = { 0 };

    (void)state;
    assert_true(bk_fix_check(&fix, NOW, &fault));
    ASSERT_RANGE(latitude, "latitude", -90, 90, -90.001, 90.001, 1e300, -INFINITY, INFINITY, NAN);
    ASSERT_RANGE(longitude, "longitude", -180, 180, -180.001, 180.001, INFINITY, NAN);
    ASSERT_RANGE(accuracy, "accuracyMetres", 0.01, 1000000, 0, -1, 1000001, INFINITY, NAN);
    ASSERT_RANGE(altitude, "altitude", -12000, 100000, -12001, 100001, NAN);
    ASSERT_RANGE(speed, "speed", 0, 10000, -0.1, 10001, NAN);
    ASSERT_RANGE(course, "course", 0, 360, -0.1, 360.1, NAN);
    fix.altitude = fix.speed = fix.course = NAN; /* it says nothing of them */
    assert_true(bk_fix_check(&fix, NOW, &fault));
    assert_true(bk_fix_check(&fix, NOW + BK_FIX_OLD_MS, &fault) && bk_fix_check(&fix, NOW - BK_FIX_AHEAD_MS, &fault));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        fix.time_ms = wrong[i];
        assert_false(bk_fix_check(&fix, NOW, &fault));
        assert_string_equal(fault.field, "time");
        assert_true(fault.least == (double)(NOW - 30000) && fault.most == (double)(NOW + 10000));
    }
}

/* ---- coarse ---- */

#define METRES_A_DEGREE 111320.0
#define HOUR_MS         UINT64_C(3600000)

static struct bk_fix at(double latitude, double longitude)
{
    return (struct bk_fix){ .latitude = latitude,
                            .longitude = longitude,
                            .accuracy = 3,
                            .has_speed = true,
                            .has_altitude = true,
                            .has_course = true,
                            .time_ms = 1767225601234 };
}

/* A number in [-1, 1), the same in every run. */
static double noise(void)
{
    static uint32_t seed = 12345;

    seed = seed * 1664525 + 1013904223;
    return (double)(seed >> 8) / (1 << 23) - 1.0;
}

static double metres(const struct bk_fix *a, const struct bk_fix *b)
{
    double north = (a->latitude - b->latitude) * METRES_A_DEGREE;
    double east = remainder(a->longitude - b->longitude, 360.0) * METRES_A_DEGREE * cos(a->latitude * M_PI / 180);

    return hypot(north, east);
}

static void the_answer_is_true_everywhere_and_says_nothing_else(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        struct bk_coarse coarse = { 0 };
        struct bk_fix fix = at(noise() * 90, noise() * 180);
        if (i < 8)
            fix = at(i & 1 ? 90 : -90, i & 2 ? 180 : (i & 4) * 0.01);
        assert_true(bk_coarse_look(&coarse, &fix, 1000));
        struct bk_fix answer = bk_coarse_fix(&coarse);
        assert_true(fabs(answer.latitude) <= 90 && fabs(answer.longitude) <= 180);
        assert_true(metres(&answer, &fix) <= answer.accuracy);
        assert_false(answer.has_altitude || answer.has_speed || answer.has_course);
        assert_int_equal(answer.time_ms, 1767225600000);
    }
}

/* Cells are about as wide as they are high, but for the poles: nowhere does one hold little. */
static void cells_are_about_five_kilometres_a_side(void **state)
{
    (void)state;
    for (int latitude = -89; latitude <= 89; latitude++) {
        struct bk_coarse coarse = { 0 };
        struct bk_fix fix = at(latitude + 0.01, 33.3);
        (void)bk_coarse_look(&coarse, &fix, 1000);
        double width = coarse.width * METRES_A_DEGREE * cos(coarse.latitude * M_PI / 180);
        assert_true(width > 5000 && width < 6500);
        assert_true(BK_COARSE_DEGREES * METRES_A_DEGREE > 5000);
    }
}

static void many_answers_within_a_cell_are_one(void **state)
{
    struct bk_coarse coarse = { 0 };
    struct bk_fix fix = at(47.37174, 8.54226);
    uint64_t now_ms = 1000;

    (void)state;
    assert_true(bk_coarse_look(&coarse, &fix, now_ms));
    struct bk_fix first = bk_coarse_fix(&coarse);
    for (unsigned i = 0; i < 10000; i++) { /* anywhere in it, again and again, for days */
        fix = at(first.latitude + noise() * 0.0249, first.longitude + noise() * coarse.width * 0.499);
        assert_false(bk_coarse_look(&coarse, &fix, now_ms += HOUR_MS / 60));
        struct bk_fix answer = bk_coarse_fix(&coarse);
        assert_memory_equal(&answer.latitude, &first.latitude, sizeof answer.latitude);
        assert_memory_equal(&answer.longitude, &first.longitude, sizeof answer.longitude);
    }
}

/* A receiver's noise says nothing of a border that is near, and neither does walking to and fro across it. */
static void a_border_does_not_show(void **state)
{
    struct bk_coarse coarse = { 0 };
    struct bk_fix fix = at(47.37174, 8.54226);
    uint64_t now_ms = 1000;
    unsigned changes = 0;

    (void)state;
    (void)bk_coarse_look(&coarse, &fix, now_ms);
    double border = coarse.latitude + BK_COARSE_DEGREES / 2;
    for (unsigned i = 0; i < 10000; i++) {
        fix = at(border + noise() * (BK_COARSE_MARGIN_M - 1) / METRES_A_DEGREE, 8.54226);
        changes += bk_coarse_look(&coarse, &fix, now_ms += HOUR_MS / 12);
    }
    assert_int_equal(changes, 0);
}

/* Who leaves a cell is in another one for a while before it is told: where it was left cannot be known from when. */
static void the_moment_of_a_change_is_not_that_of_crossing(void **state)
{
    struct bk_coarse coarse = { 0 };
    struct bk_fix fix = at(47.37174, 8.54226);
    uint64_t now_ms = 1000;

    (void)state;
    (void)bk_coarse_look(&coarse, &fix, now_ms);
    struct bk_fix first = bk_coarse_fix(&coarse);
    fix = at(47.6, 8.54226);
    for (unsigned i = 0; i < 299; i++)
        assert_false(bk_coarse_look(&coarse, &fix, now_ms += 1000));
    assert_true(bk_coarse_look(&coarse, &fix, now_ms + 1000));
    struct bk_fix second = bk_coarse_fix(&coarse);
    assert_true(metres(&first, &second) > 10000);
    /* And on the way it says no more often than that. */
    unsigned changes = 0;
    for (unsigned second_of_day = 0; second_of_day < 3600; second_of_day++) {
        fix.latitude += 0.001; /* 400 km/h */
        changes += bk_coarse_look(&coarse, &fix, now_ms += 1000);
    }
    assert_in_range(changes, 10, 12);
}

/* A source that knows it worse makes it worse, in steps, and never better than a cell. */
static void coarse_is_as_inexact_as_its_source(void **state)
{
    static const struct {
        double source, coarse;
    } known[] = {
        { 0.01, 6000 }, { 1000, 6000 }, { 1001, 12000 }, { 6000, 12000 }, { 50000, 96000 }, { 1e6, 1536000 }
    };
    uint64_t now_ms = 1000;

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct bk_coarse coarse = { 0 };
        struct bk_fix fix = at(47.37174, 8.54226);
        fix.accuracy = known[i].source;
        assert_true(bk_coarse_look(&coarse, &fix, now_ms));
        assert_true(bk_coarse_fix(&coarse).accuracy == known[i].coarse);
        fix.accuracy = 50000;
        assert_false(bk_coarse_look(&coarse, &fix, now_ms + 1)); /* and changes as seldom as the rest */
        assert_int_equal(bk_coarse_look(&coarse, &fix, now_ms + BK_COARSE_PAUSE_MS), known[i].coarse != 96000);
        assert_true(bk_coarse_fix(&coarse).accuracy == 96000);
    }
}

static void the_date_line_is_no_border(void **state)
{
    struct bk_coarse coarse = { 0 };
    struct bk_fix fix = at(-17.0, 179.999);

    (void)state;
    assert_true(bk_coarse_look(&coarse, &fix, 1000));
    fix = at(-17.0, -179.999);
    assert_false(bk_coarse_look(&coarse, &fix, 1000 + HOUR_MS));
    fix = at(-17.0, -179.9);
    assert_true(bk_coarse_look(&coarse, &fix, 1000 + 2 * HOUR_MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fix_has_what_both_sentences_say),
        cmocka_unit_test(a_fix_needs_no_gga_and_takes_no_old_one),
        cmocka_unit_test(what_is_no_fix_is_none),
        cmocka_unit_test(the_checksum_is_needed_and_right),
        cmocka_unit_test(noise_between_sentences_does_no_harm),
        cmocka_unit_test(the_answer_is_true_everywhere_and_says_nothing_else),
        cmocka_unit_test(cells_are_about_five_kilometres_a_side),
        cmocka_unit_test(many_answers_within_a_cell_are_one),
        cmocka_unit_test(a_border_does_not_show),
        cmocka_unit_test(the_moment_of_a_change_is_not_that_of_crossing),
        cmocka_unit_test(the_date_line_is_no_border),
        cmocka_unit_test(what_an_app_says_is_within_its_ranges),
        cmocka_unit_test(coarse_is_as_inexact_as_its_source),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
