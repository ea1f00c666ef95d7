/* SPDX-License-Identifier: Apache-2.0 */
/* A place as people write it: what is taken, what is refused and why, and how one is written. */
#include "place.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define DEGREE "\xc2\xb0"
#define FIRM   "\xc2\xa0"

static void assert_read(const char *text, double latitude, double longitude)
{
    struct bk_place place = { -1, -1 };

    if (bk_place_read(text, strlen(text), &place) != BK_PLACE_GOOD)
        fail_msg("\"%s\" is taken for no place", text);
    if (fabs(place.latitude - latitude) > 1e-12 || fabs(place.longitude - longitude) > 1e-12)
        fail_msg("\"%s\" is taken for %f, %f", text, place.latitude, place.longitude);
}

static void assert_refused(const char *text, size_t size, enum bk_place_fault fault)
{
    struct bk_place place = { -1, -2 };
    enum bk_place_fault found = bk_place_read(text, size, &place);

    if (found != fault)
        fail_msg("\"%s\": %d, not %d", text, (int)found, (int)fault);
    assert_true(place.latitude == -1 && place.longitude == -2);
}

static void assert_all_refused(const char *const *texts, size_t count, enum bk_place_fault fault)
{
    for (size_t i = 0; i < count; i++)
        assert_refused(texts[i], strlen(texts[i]), fault);
}
#define ASSERT_ALL_REFUSED(texts, fault) assert_all_refused(texts, sizeof(texts) / sizeof(texts)[0], fault)

static void two_numbers_are_a_place(void **state)
{
    (void)state;
    assert_read("52.52, 13.405", 52.52, 13.405);
    assert_read("52.52,13.405", 52.52, 13.405);
    assert_read("52.52 13.405", 52.52, 13.405);
    assert_read(" \t52.52 ,\t13.405 " FIRM, 52.52, 13.405);
    assert_read("-33.86,151", -33.86, 151);
    assert_read("+1,+2", 1, 2);
    assert_read("\xe2\x88\x92"
                "33.86, \xe2\x88\x92"
                ".5",
                -33.86, -0.5);
    assert_read("0,0", 0, 0);
    assert_read("7.,8.", 7, 8);
    assert_read("47.37174" DEGREE ", -8.54226" DEGREE, 47.37174, -8.54226);
}

static void directions_stand_for_signs_and_order(void **state)
{
    (void)state;
    assert_read("33.86" DEGREE " S, 151.22" DEGREE " E", -33.86, 151.22);
    assert_read("33.86S 151.22W", -33.86, -151.22);
    assert_read("n33.86 w151.22", 33.86, -151.22);
    assert_read("S 33.86" DEGREE ", e 151.22" DEGREE, -33.86, 151.22);
    assert_read("151.22 E, 33.86 S", -33.86, 151.22);
    assert_read("151.22 W, 33.86", 33.86, -151.22);
    assert_read("52.5 N, 13", 52.5, 13);
    assert_read("52.5N13.4E", 52.5, 13.4);
    assert_read("52.5" DEGREE "13.4" DEGREE, 52.5, 13.4);
}

static void the_ends_of_the_earth_are_on_it(void **state)
{
    static const char *const north[] = { "90.000001,0", "-90.1, 0", "91 S, 0", "0 E, 123 N", "9999999999999999,0" };
    static const char *const east[] = { "0,180.000001", "0, -181", "0, 200 W", "0,9999999999999999" };

    (void)state;
    assert_read("90,180", 90, 180);
    assert_read("-90,-180", -90, -180);
    ASSERT_ALL_REFUSED(north, BK_PLACE_LATITUDE);
    ASSERT_ALL_REFUSED(east, BK_PLACE_LONGITUDE);
}

static void what_is_not_two_numbers_is_refused(void **state)
{
    static const char *const wrong[] = { "",
                                         " ",
                                         ",",
                                         "1",
                                         "1,",
                                         ",1",
                                         "1,,2",
                                         "1;2",
                                         "1,2,3",
                                         "1 2 3",
                                         "1,2x",
                                         "Berlin",
                                         "1e1,2",
                                         "0x1,2",
                                         "1.1.1,2",
                                         "1.2.3",
                                         "1-2",
                                         "1+2",
                                         "-,2",
                                         "--1,2",
                                         "- 1,2",
                                         ".,.",
                                         "nan,1",
                                         "inf,1",
                                         "1°°,2",
                                         "52°31'12\" N, 13°24'18\" E",
                                         "\xc2,1",
                                         "1,2\n",
                                         "N 52 N, 13",
                                         "00000000000000001,1",
                                         "1,1.0000000000000001" };
    static const char nul[] = "1,2\0";

    (void)state;
    ASSERT_ALL_REFUSED(wrong, BK_PLACE_NO_NUMBERS);
    assert_refused(nul, sizeof nul - 1, BK_PLACE_NO_NUMBERS);
}

static void contradictions_are_refused(void **state)
{
    static const char *const wrong[] = { "52.52 E13.405", "52 N, 13 S", "52 E, 13 W", "-52 N, 13 E", "52 N, +13 E",
                                         "52, 13 N",      "N52, W-13",  "13 E, 52 W", "13, 52 S" };

    (void)state;
    ASSERT_ALL_REFUSED(wrong, BK_PLACE_DIRECTIONS);
}

static void a_text_is_read_up_to_its_bound(void **state)
{
    char text[BK_PLACE_TEXT_MAX + 2];

    (void)state;
    memset(text, ' ', sizeof text);
    memcpy(text, "1,2", 3);
    text[BK_PLACE_TEXT_MAX] = '\0';
    assert_read(text, 1, 2);
    text[BK_PLACE_TEXT_MAX] = ' ';
    assert_refused(text, BK_PLACE_TEXT_MAX + 1, BK_PLACE_NO_NUMBERS);
    assert_refused("1,23", 2, BK_PLACE_NO_NUMBERS); /* and no further than its end */
}

static void a_number_is_sixteen_characters(void **state)
{
    static const char text[] = "12.34567890123456";
    double value = -1;

    (void)state;
    assert_ptr_equal(bk_place_read_number(text, text + BK_PLACE_NUMBER_MAX, &value), text + BK_PLACE_NUMBER_MAX);
    assert_true(fabs(value - 12.3456789012345) < 1e-12);
    assert_null(bk_place_read_number(text, text + BK_PLACE_NUMBER_MAX + 1, &value));
    assert_null(bk_place_read_number(text, text, &value));
}

static void a_place_is_checked(void **state)
{
    (void)state;
    assert_int_equal(bk_place_check(&(struct bk_place){ -90, 180 }), BK_PLACE_GOOD);
    assert_int_equal(bk_place_check(&(struct bk_place){ NAN, 0 }), BK_PLACE_LATITUDE);
    assert_int_equal(bk_place_check(&(struct bk_place){ 0, NAN }), BK_PLACE_LONGITUDE);
    assert_int_equal(bk_place_check(&(struct bk_place){ -INFINITY, 0 }), BK_PLACE_LATITUDE);
    assert_int_equal(bk_place_check(&(struct bk_place){ 0, 180.5 }), BK_PLACE_LONGITUDE);
}

static void assert_written(double latitude, double longitude, const char *text)
{
    char written[BK_PLACE_WRITTEN_MAX];
    struct bk_place place = { latitude, longitude };

    bk_place_write(&place, written);
    assert_string_equal(written, text);
    assert_int_equal(bk_place_read(written, strlen(written), &place), BK_PLACE_GOOD);
    assert_true(fabs(place.latitude - latitude) < 1e-6 && fabs(place.longitude - longitude) < 1e-6);
}

static void a_place_is_written_as_it_is_read(void **state)
{
    (void)state;
    assert_written(52.52, 13.405, "52.52" DEGREE FIRM "N, 13.405" DEGREE FIRM "E");
    assert_written(-33.8567844, -151.2152967, "33.856784" DEGREE FIRM "S, 151.215297" DEGREE FIRM "W");
    assert_written(90, -180, "90" DEGREE FIRM "N, 180" DEGREE FIRM "W");
    assert_written(-89.99999999, 100, "90" DEGREE FIRM "S, 100" DEGREE FIRM "E");
    assert_written(0, -0.0000001, "0" DEGREE FIRM "N, 0" DEGREE FIRM "E");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_numbers_are_a_place),          cmocka_unit_test(directions_stand_for_signs_and_order),
        cmocka_unit_test(the_ends_of_the_earth_are_on_it),  cmocka_unit_test(what_is_not_two_numbers_is_refused),
        cmocka_unit_test(contradictions_are_refused),       cmocka_unit_test(a_text_is_read_up_to_its_bound),
        cmocka_unit_test(a_number_is_sixteen_characters),   cmocka_unit_test(a_place_is_checked),
        cmocka_unit_test(a_place_is_written_as_it_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
