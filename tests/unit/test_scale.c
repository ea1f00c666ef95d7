/* SPDX-License-Identifier: Apache-2.0 */
/* Logical and device pixels: lengths that do not depend on where they begin, sizes that cover a screen, its own scale.
 */
#include "scale.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const double scales[] = { 1, 1.5, 2 };

static void what_is_grained_has_its_length_everywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
        const int grain = bk_scale_grain(scales[i]);
        for (int at = -40; at < 40; at += grain) {
            for (int length = 0; length < 40; length += grain)
                assert_int_equal(bk_scale_length(scales[i], at, length), (int)(length * scales[i]));
        }
    }
}

/* Nothing lies between two things that are side by side, nor twice under them. */
static void neighbours_touch(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
        for (int at = -5; at < 5; at++) {
            const struct bk_rect left = { 0, at, 7, 3 }, right = { 7, at, 5, 3 };
            const struct bk_rect a = bk_scale_rect(scales[i], &left), b = bk_scale_rect(scales[i], &right);
            assert_int_equal(a.x + a.width, b.x);
            assert_int_equal(a.y, b.y);
            assert_int_equal(a.height, b.height);
        }
    }
}

static void a_screen_is_covered_and_no_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
        for (int device = 1; device < 3000; device++) {
            int logical = bk_scale_cover(scales[i], device);
            assert_true(bk_scale_at(scales[i], logical) >= device);
            assert_true(bk_scale_at(scales[i], logical - 1) < device);
        }
    }
    assert_int_equal(bk_scale_cover(1.5, 1280), 853);
    assert_int_equal(bk_scale_cover(1.5, 2560), 1707);
}

/* The size that an app was told and drew is known as the logical one that it was asked for. */
static void a_length_there_and_back_is_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
        for (int at = 0; at < 4; at += bk_scale_grain(scales[i])) {
            for (int length = 1; length < 3000; length++)
                assert_int_equal(bk_scale_down(scales[i], bk_scale_length(scales[i], at, length)), length);
        }
    }
    assert_int_equal(bk_scale_down(2, 1), 1);
    assert_int_equal(bk_scale_down(2, 0), 0);
}

static void a_screen_has_a_scale_of_its_own(void **state)
{
    static const struct {
        int pixels, mm;
        double scale;
    } screens[] = {
        { 1280, 339, 1 },   /* 96 dpi */
        { 1920, 344, 1 },   /* 142 */
        { 1920, 338, 1.5 }, /* 144 */
        { 2560, 344, 1.5 }, /* 189 */
        { 2560, 338, 2 },   /* 192 */
        { 1080, 68, 2 },    /* a phone's */
        { 3840, 0, 1 },     /* it does not say */
    };

    (void)state;
    for (size_t i = 0; i < sizeof screens / sizeof screens[0]; i++)
        assert_true(bk_scale_of_screen(screens[i].pixels, screens[i].mm) == screens[i].scale);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_grained_has_its_length_everywhere),
        cmocka_unit_test(neighbours_touch),
        cmocka_unit_test(a_screen_is_covered_and_no_more),
        cmocka_unit_test(a_length_there_and_back_is_the_same),
        cmocka_unit_test(a_screen_has_a_scale_of_its_own),
    };

    return cmocka_run_group_tests_name("scale", tests, NULL, NULL);
}
