/* SPDX-License-Identifier: Apache-2.0 */
/* The desktop's turn: angles, sizes and the fade over time, and the sheet as it is drawn at any of them. */
#include "sheet.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define WIDTH    64
#define HEIGHT   40
#define MS       400
#define BACKDROP 0xff010203U

/* --- the motion --- */

static struct bk_turn resting(int orientation)
{
    struct bk_turn turn = { 0 };

    bk_turn_rest(&turn, orientation, WIDTH, HEIGHT);
    return turn;
}

static void assert_near(double value, double want)
{
    if (fabs(value - want) > 1e-6)
        fail_msg("%g is not %g", value, want);
}

static void a_machine_at_rest_is_upright(void **state)
{
    (void)state;
    for (int orientation = 0; orientation < 360; orientation += 90) {
        const struct bk_turn turn = resting(orientation);
        const struct bk_turn_sheet sheet = bk_turn_at(&turn, 77);
        assert_near(sheet.degrees, -orientation);
        assert_near(sheet.width, orientation % 180 == 0 ? WIDTH : HEIGHT);
        assert_near(sheet.height, orientation % 180 == 0 ? HEIGHT : WIDTH);
        assert_near(sheet.fresh, 1);
        assert_false(bk_turn_moves(&turn, 77));
    }
}

/* From everywhere to everywhere: it begins as it was, goes the shorter way without a jump, and ends at rest. */
static void it_goes_the_shorter_way(void **state)
{
    (void)state;
    for (int i = 0; i < 16; i++) {
        struct bk_turn turn = resting(i / 4 * 90);
        const struct bk_turn_sheet before = bk_turn_at(&turn, 0);
        const struct bk_turn after = resting(i % 4 * 90);
        const struct bk_turn_sheet rest = bk_turn_at(&after, 0);
        bk_turn_to(&turn, i % 4 * 90, WIDTH, HEIGHT, 1000, MS);
        struct bk_turn_sheet last = bk_turn_at(&turn, 1000);
        assert_near(last.degrees, before.degrees);
        assert_near(last.width, before.width);
        assert_near(last.fresh, 0);
        for (uint64_t now = 1000; now <= 1000 + MS; now++) {
            const struct bk_turn_sheet sheet = bk_turn_at(&turn, now);
            assert_true(fabs(sheet.degrees - last.degrees) < 180.0 / MS * 2);
            assert_true(fabs(sheet.width - last.width) < 1);
            assert_true(sheet.fresh >= last.fresh && sheet.fresh - last.fresh < 0.02);
            assert_true(fabs(sheet.degrees - before.degrees) <= 180 + 1e-6);
            last = sheet;
        }
        assert_false(bk_turn_moves(&turn, 1000 + MS));
        assert_near(remainder(last.degrees - rest.degrees, 360), 0);
        assert_near(last.width, rest.width);
        assert_near(last.height, rest.height);
        assert_near(last.fresh, 1);
    }
}

/* The old picture is all that is seen in the first half: the apps have that long to draw the new one. */
static void the_new_layout_comes_in_the_last_part(void **state)
{
    struct bk_turn turn = resting(0);

    (void)state;
    bk_turn_to(&turn, 90, WIDTH, HEIGHT, 0, MS);
    assert_near(bk_turn_at(&turn, MS / 2).fresh, 0);
    assert_true(bk_turn_at(&turn, MS * 3 / 4).fresh > 0.3);
    assert_near(bk_turn_at(&turn, MS * 96 / 100).fresh, 1);
    assert_true(bk_turn_moves(&turn, MS - 1));
}

static void on_its_side_it_fits(void **state)
{
    struct bk_turn turn = resting(0);

    (void)state;
    bk_turn_to(&turn, 180, WIDTH, HEIGHT, 0, MS);
    const struct bk_turn_sheet sheet = bk_turn_at(&turn, MS / 2);
    assert_near(sheet.degrees, 90);
    assert_true(sheet.width <= HEIGHT + 1e-6 && sheet.height <= WIDTH);
}

static void a_second_turn_begins_where_the_first_one_is(void **state)
{
    (void)state;
    for (int orientation = 0; orientation < 360; orientation += 90) {
        for (uint64_t now = 50; now < MS; now += 50) {
            struct bk_turn turn = resting(0);
            bk_turn_to(&turn, 90, WIDTH, HEIGHT, 0, MS);
            const struct bk_turn_sheet before = bk_turn_at(&turn, now);
            bk_turn_to(&turn, orientation, WIDTH, HEIGHT, now, MS);
            const struct bk_turn_sheet after = bk_turn_at(&turn, now);
            assert_near(after.degrees, before.degrees);
            assert_near(after.width, before.width);
            assert_near(after.height, before.height);
            const struct bk_turn_sheet end = bk_turn_at(&turn, now + MS);
            assert_true(fabs(end.degrees - after.degrees) <= 180);
            assert_near(remainder(end.degrees + orientation, 360), 0);
        }
    }
}

static void no_time_is_a_jump(void **state)
{
    struct bk_turn turn = resting(0);

    (void)state;
    bk_turn_to(&turn, 270, WIDTH, HEIGHT, 5, 0);
    assert_false(bk_turn_moves(&turn, 5));
    assert_near(remainder(bk_turn_at(&turn, 5).degrees + 270, 360), 0);
}

/* --- the picture --- */

static struct bk_sheet_pixels pixels(int width, int height)
{
    const struct bk_sheet_pixels made = {
        .data = test_malloc((size_t)width * (size_t)height * 4), .width = width, .height = height, .stride = width
    };

    for (int i = 0; i < width * height; i++)
        made.data[i] = 0xffdeadffU;
    return made;
}

static uint32_t at(const struct bk_sheet_pixels *picture, int x, int y)
{
    return picture->data[y * picture->stride + x];
}

/* Every pixel another color, whatever the angle. */
static struct bk_sheet_picture noise(int degrees)
{
    const struct bk_sheet_picture picture = { .pixels = pixels(WIDTH, HEIGHT), .degrees = degrees };

    for (int i = 0; i < WIDTH * HEIGHT; i++)
        picture.pixels.data[i] = ((uint32_t)i * 2654435761U) >> 8 | 0xff000000U;
    return picture;
}

static void a_picture_at_its_own_angle_is_copied(void **state)
{
    (void)state;
    for (int orientation = 0; orientation < 360; orientation += 90) {
        const struct bk_turn turn = resting(orientation);
        const struct bk_turn_sheet sheet = bk_turn_at(&turn, 0);
        const struct bk_sheet_picture picture = noise(-orientation);
        const struct bk_sheet_pixels target = pixels(WIDTH, HEIGHT);
        bk_sheet_draw(&target, &sheet, NULL, &picture, BACKDROP);
        assert_memory_equal(target.data, picture.pixels.data, (size_t)WIDTH * HEIGHT * 4);
        test_free(target.data);
        test_free(picture.pixels.data);
    }
}

/* A quarter turn of a square panel moves every pixel to its own place. */
static void a_quarter_turn_is_exact(void **state)
{
    const struct bk_sheet_pixels target = pixels(HEIGHT, HEIGHT);
    struct bk_sheet_picture picture = noise(0);
    const struct bk_turn_sheet sheet = { .degrees = 90, .width = HEIGHT, .height = HEIGHT };

    (void)state;
    picture.pixels.width = HEIGHT;
    bk_sheet_draw(&target, &sheet, &picture, NULL, BACKDROP);
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < HEIGHT; x++)
            assert_int_equal(at(&target, HEIGHT - 1 - y, x), at(&picture.pixels, x, y));
    }
    test_free(target.data);
    test_free(picture.pixels.data);
}

static void fill(const struct bk_sheet_picture *picture, uint32_t color)
{
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        picture->pixels.data[i] = color;
}

/* At whatever angle: one colour stays that colour inside, the backdrop is around it, and the edge is a mix of both that
 * has the sheet's area. */
static void edges_are_smooth_and_nothing_is_beside_them(void **state)
{
    const struct bk_sheet_picture picture = noise(0);

    (void)state;
    fill(&picture, 0xffffffffU);
    for (int degrees = -180; degrees < 180; degrees += 7) {
        const struct bk_sheet_pixels target = pixels(100, 100);
        const struct bk_turn_sheet sheet = { .degrees = degrees, .width = 61.3, .height = 33.7 };
        double area = 0;
        bk_sheet_draw(&target, &sheet, &picture, NULL, 0xff000000U);
        for (int i = 0; i < 100 * 100; i++) {
            assert_int_equal(target.data[i] & 0xff, target.data[i] >> 8 & 0xff);
            area += (target.data[i] & 0xff) / 255.0;
        }
        assert_true(fabs(area - sheet.width * sheet.height) < 8);
        assert_int_equal(at(&target, 50, 50), 0xffffffffU);
        assert_int_equal(at(&target, 0, 0) & 0xffffff, 0);
        test_free(target.data);
    }
    test_free(picture.pixels.data);
}

static void the_old_one_fades_into_the_new_one(void **state)
{
    const struct bk_sheet_picture held = noise(0), fresh = noise(90);
    const struct bk_sheet_pixels target = pixels(WIDTH, HEIGHT);
    struct bk_turn_sheet sheet = { .degrees = 30, .width = 40, .height = 30 };

    (void)state;
    fill(&held, 0xff800000U);
    fill(&fresh, 0xff000080U);
    for (int part = 0; part <= 4; part++) {
        sheet.fresh = part / 4.0;
        bk_sheet_draw(&target, &sheet, &held, &fresh, BACKDROP);
        uint32_t middle = at(&target, WIDTH / 2, HEIGHT / 2);
        assert_in_range(middle >> 16 & 0xff, 0x80 - 0x20 * part, 0x80 - 0x20 * part + 1);
        assert_in_range((middle & 0xff) + 1, 0x20 * part, 0x20 * part + 1);
    }
    test_free(target.data);
    test_free(held.pixels.data);
    test_free(fresh.pixels.data);
}

/* Nothing is read beyond a picture, nor written beyond the target: the sanitizers would say so. */
static void any_size_at_any_angle(void **state)
{
    const struct bk_sheet_picture held = noise(0), fresh = noise(-90);

    (void)state;
    for (int degrees = 0; degrees < 360; degrees += 3) {
        for (int size = 1; size < 300; size = size * 2 + 1) {
            const struct bk_sheet_pixels target = pixels(50, 31);
            const struct bk_turn_sheet sheet = {
                .degrees = degrees + 0.37, .width = size + 0.3, .height = 80.0 / size + 1, .fresh = 0.5
            };
            bk_sheet_draw(&target, &sheet, &held, &fresh, BACKDROP);
            for (int i = 0; i < 50 * 31; i++)
                assert_int_not_equal(target.data[i], 0xffdeadffU);
            test_free(target.data);
        }
    }
    test_free(held.pixels.data);
    test_free(fresh.pixels.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_machine_at_rest_is_upright),
        cmocka_unit_test(it_goes_the_shorter_way),
        cmocka_unit_test(the_new_layout_comes_in_the_last_part),
        cmocka_unit_test(on_its_side_it_fits),
        cmocka_unit_test(a_second_turn_begins_where_the_first_one_is),
        cmocka_unit_test(no_time_is_a_jump),
        cmocka_unit_test(a_picture_at_its_own_angle_is_copied),
        cmocka_unit_test(a_quarter_turn_is_exact),
        cmocka_unit_test(edges_are_smooth_and_nothing_is_beside_them),
        cmocka_unit_test(the_old_one_fades_into_the_new_one),
        cmocka_unit_test(any_size_at_any_angle),
    };

    return cmocka_run_group_tests_name("turn", tests, NULL, NULL);
}
