/* SPDX-License-Identifier: Apache-2.0 */
/* How windows get from where they are shown to where they are: always from here, always there in the end. */
#include "motion.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct bk_pose pose(double x, double y, double width, double height, double opacity)
{
    const struct bk_area area = { x, y, width, height };

    return (struct bk_pose){ area, area, opacity };
}

static void assert_near(double value, double wanted)
{
    assert_true(fabs(value - wanted) < 1e-9);
}

static void assert_pose(struct bk_pose value, struct bk_pose wanted)
{
    assert_near(value.frame.x, wanted.frame.x);
    assert_near(value.frame.y, wanted.frame.y);
    assert_near(value.frame.width, wanted.frame.width);
    assert_near(value.frame.height, wanted.frame.height);
    assert_near(value.seen.x, wanted.seen.x);
    assert_near(value.seen.width, wanted.seen.width);
    assert_near(value.opacity, wanted.opacity);
}

static void it_sets_off_from_here_and_arrives(void **state)
{
    const struct bk_pose from = pose(0, 0, 100, 100, 0), to = pose(400, 200, 300, 200, 1);
    struct bk_motion motion;
    double before = 0;

    (void)state;
    bk_motion_place(&motion, &from);
    assert_false(bk_motion_moves(&motion, 1000));
    bk_motion_turn(&motion, &to, 1000, 200);
    assert_pose(bk_motion_at(&motion, 1000), from);
    for (uint64_t ms = 1016; ms < 1200; ms += 16) {
        const struct bk_pose now = bk_motion_at(&motion, ms);
        assert_true(bk_motion_moves(&motion, ms));
        assert_true(now.frame.x > before && now.frame.x < 400);
        assert_near(now.frame.x / 400, now.frame.y / 200);
        assert_near(now.opacity, now.frame.x / 400);
        before = now.frame.x;
    }
    assert_false(bk_motion_moves(&motion, 1200));
    assert_pose(bk_motion_at(&motion, 1200), to);
}

static void a_second_turn_begins_where_it_is(void **state)
{
    const struct bk_pose left = pose(0, 0, 100, 100, 1), right = pose(400, 0, 100, 100, 1);
    struct bk_motion motion;

    (void)state;
    bk_motion_place(&motion, &left);
    bk_motion_turn(&motion, &right, 0, 200);
    const struct bk_pose middle = bk_motion_at(&motion, 50);
    assert_true(middle.frame.x > 0 && middle.frame.x < 400);
    bk_motion_turn(&motion, &left, 50, 200);
    assert_pose(bk_motion_at(&motion, 50), middle);
    assert_true(bk_motion_at(&motion, 66).frame.x < middle.frame.x);
    assert_pose(bk_motion_at(&motion, 250), left);
}

static void the_same_aim_is_no_turn(void **state)
{
    const struct bk_pose left = pose(0, 0, 100, 100, 1), right = pose(400, 0, 100, 100, 1);
    struct bk_motion motion;

    (void)state;
    bk_motion_place(&motion, &left);
    bk_motion_turn(&motion, &right, 0, 200);
    bk_motion_turn(&motion, &right, 150, 200);
    assert_false(bk_motion_moves(&motion, 200));
    assert_pose(bk_motion_at(&motion, 200), right);
}

static void what_is_carried_does_not_lag(void **state)
{
    struct bk_pose aim = pose(0, 0, 100, 100, 1);
    const struct bk_pose far = pose(200, 0, 100, 100, 1);
    struct bk_motion motion;

    (void)state;
    bk_motion_place(&motion, &far);
    bk_motion_turn(&motion, &aim, 0, 200);
    const double lag = bk_motion_at(&motion, 100).frame.x;
    assert_true(lag > 0);
    aim.frame.x = aim.seen.x = 50; /* a pointer moves it by 50: at once, and by no less */
    bk_motion_carry(&motion, &aim);
    assert_near(bk_motion_at(&motion, 100).frame.x, lag + 50);
    assert_near(bk_motion_at(&motion, 200).frame.x, 50);
    aim.frame.x = aim.seen.x = 70; /* on no way */
    bk_motion_carry(&motion, &aim);
    assert_near(bk_motion_at(&motion, 210).frame.x, 70);
    assert_false(bk_motion_moves(&motion, 210));
}

static void without_a_duration_it_is_there(void **state)
{
    const struct bk_pose left = pose(0, 0, 100, 100, 1), right = pose(400, 0, 100, 100, 0), up = pose(0, 9, 9, 9, 1);
    struct bk_motion motion;

    (void)state;
    bk_motion_place(&motion, &left);
    bk_motion_turn(&motion, &right, 0, 200);
    bk_motion_turn(&motion, &right, 50, 0);
    assert_pose(bk_motion_at(&motion, 50), right);
    bk_motion_turn(&motion, &up, 60, 0);
    assert_pose(bk_motion_at(&motion, 60), up);
    assert_false(bk_motion_moves(&motion, 60));
}

static void neighbours_meet_in_whole_pixels(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        const struct bk_area left = { 0.37 * i, 0, 10.21 * i + 1, 5 };
        const struct bk_area right = { left.x + left.width, 0, 7.77, 5 };
        const struct bk_rect a = bk_area_pixels(&left), b = bk_area_pixels(&right);
        assert_int_equal(a.x + a.width, b.x);
    }
    const struct bk_area none = { 3, 3, 0.1, 0 };
    assert_int_equal(bk_area_pixels(&none).width, 1);
    const struct bk_area whole = { 10, 20, 100, 50 };
    const struct bk_area half = bk_area_scaled(&whole, 0.5);
    assert_near(half.x, 35);
    assert_near(half.y, 32.5);
    assert_near(half.width, 50);
    assert_near(half.height, 25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_sets_off_from_here_and_arrives), cmocka_unit_test(a_second_turn_begins_where_it_is),
        cmocka_unit_test(the_same_aim_is_no_turn),           cmocka_unit_test(what_is_carried_does_not_lag),
        cmocka_unit_test(without_a_duration_it_is_there),    cmocka_unit_test(neighbours_meet_in_whole_pixels),
    };

    return cmocka_run_group_tests_name("motion", tests, NULL, NULL);
}
