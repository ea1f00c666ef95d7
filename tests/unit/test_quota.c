/* SPDX-License-Identifier: Apache-2.0 */
/* How much an app may call beside others, with a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "quota.h"

#define CALL      40U /* bytes */
#define CALL_US   UINT64_C(1000)
#define SECOND_US UINT64_C(1000000)

struct scene {
    uint64_t now_us;
    struct bk_quota_callers callers;
    struct bk_quota flood, caller;
    unsigned flooded, called;
    uint64_t waited_us; /* by the caller */
};

static int set_up(void **state)
{
    static struct scene scene;

    scene = (struct scene){ .now_us = 5 * SECOND_US };
    scene.flood.callers = scene.caller.callers = &scene.callers;
    *state = &scene;
    return 0;
}

/* A call that the broker works for so long; false when the app has to wait. */
static bool call(struct scene *scene, struct bk_quota *quota, uint64_t work_us)
{
    if (bk_quota_wait(quota, scene->now_us) > 0)
        return false;
    bk_quota_count(quota, CALL, true, scene->now_us);
    scene->now_us += work_us;
    bk_quota_work(quota, work_us, scene->now_us);
    return true;
}

/* For so long the flood calls whenever it may, and the caller so often in a second; 0: never. */
static void flood(struct scene *scene, uint64_t lasts_us, uint64_t work_us, unsigned calls_per_second)
{
    uint64_t end_us = scene->now_us + lasts_us, next_us = scene->now_us;

    scene->flooded = scene->called = 0;
    scene->waited_us = 0;
    while (scene->now_us < end_us) {
        if (calls_per_second > 0 && next_us <= scene->now_us) {
            scene->waited_us += bk_quota_wait(&scene->caller, scene->now_us);
            if (call(scene, &scene->caller, CALL_US)) {
                next_us = scene->now_us + SECOND_US / calls_per_second;
                scene->called++;
                continue;
            }
        }
        if (call(scene, &scene->flood, work_us))
            scene->flooded++;
        else
            scene->now_us += CALL_US / 10;
    }
}

/* The most that a flood gets in so long, of calls that take so much. */
static unsigned most(uint64_t lasts_us, uint64_t work_us)
{
    return (unsigned)((BK_QUOTA_BURST_US + lasts_us / BK_QUOTA_PART) / work_us) + 1;
}

static void a_flood_takes_its_part_beside_another_app(void **state)
{
    struct scene *scene = *state;

    flood(scene, 5 * SECOND_US, CALL_US, 1);
    assert_in_range(scene->flooded, most(5 * SECOND_US, CALL_US) * 9 / 10, most(5 * SECOND_US, CALL_US));
    assert_int_equal(scene->waited_us, 0);
    assert_int_equal(scene->called, 5);
    /* Its burst is used up: what it gets then is its part alone. */
    flood(scene, 5 * SECOND_US, CALL_US, 100);
    assert_in_range(scene->flooded, 1,
                    most(5 * SECOND_US, CALL_US) - BK_QUOTA_BURST_US / CALL_US + BK_QUOTA_SLICE_US / CALL_US);
    assert_int_equal(scene->waited_us, 0);
    assert_in_range(scene->called, 450, 500);
}

static void long_messages_count_by_what_they_cost(void **state)
{
    struct scene *scene = *state;
    const uint64_t work_us = 150000;

    flood(scene, 10 * SECOND_US, work_us, 10);
    assert_in_range(scene->flooded, 10, most(10 * SECOND_US, work_us));
    assert_int_equal(scene->waited_us, 0);
}

static void alone_it_calls_as_much_as_there_is_room_for(void **state)
{
    struct scene *scene = *state;
    const unsigned in_a_second = BK_QUOTA_BYTES_PER_SECOND / (BK_QUOTA_CALL_BYTES + CALL) + 1;

    flood(scene, 5 * SECOND_US, CALL_US, 0);
    assert_in_range(scene->flooded, 5 * in_a_second - 5, 5 * in_a_second);
    /* … and pays for none of it when another one comes: it rests for the slice at most, … */
    assert_true(call(scene, &scene->caller, CALL_US));
    scene->flood.used_bytes = 0;
    for (unsigned i = 0; bk_quota_wait(&scene->flood, scene->now_us) == 0; i++) {
        assert_true(i < 10);
        (void)call(scene, &scene->flood, CALL_US);
    }
    assert_in_range(bk_quota_wait(&scene->flood, scene->now_us), 1, (BK_QUOTA_SLICE_US + CALL_US) * BK_QUOTA_PART);
    /* … and is as free as before when that one has not called for a second. */
    flood(scene, 2 * SECOND_US, CALL_US, 0);
    assert_true(scene->flooded > most(2 * SECOND_US, CALL_US));
}

static void what_stood_still_is_not_paid_for_long(void **state)
{
    struct scene *scene = *state;

    assert_true(call(scene, &scene->flood, 10 * SECOND_US));
    assert_true(call(scene, &scene->caller, CALL_US));
    assert_int_equal(bk_quota_wait(&scene->flood, scene->now_us), 0);
    assert_true(call(scene, &scene->flood, CALL_US)); /* the burst is gone with it: now it rests, … */
    assert_in_range(bk_quota_wait(&scene->flood, scene->now_us), 1, BK_QUOTA_WORK_MAX_US * BK_QUOTA_PART);
    scene->now_us += BK_QUOTA_OTHERS_US; /* … and no longer than others call */
    assert_int_equal(bk_quota_wait(&scene->flood, scene->now_us), 0);
}

static void who_rests_is_free_when_the_others_are_silent(void **state)
{
    struct scene *scene = *state;

    for (unsigned i = 0; i < 5; i++) {
        assert_true(call(scene, &scene->caller, CALL_US));
        bk_quota_work(&scene->flood, BK_QUOTA_WORK_MAX_US, scene->now_us);
    }
    assert_true(bk_quota_wait(&scene->flood, scene->now_us) > BK_QUOTA_OTHERS_US);
    scene->now_us += BK_QUOTA_OTHERS_US;
    assert_int_equal(bk_quota_wait(&scene->flood, scene->now_us), 0);
}

static void some_hundred_calls_at_once_are_not_held_up(void **state)
{
    struct scene *scene = *state;

    for (unsigned second = 0; second < 5; second++) {
        assert_true(call(scene, &scene->caller, CALL_US));
        for (unsigned i = 0; i < 240; i++)
            assert_true(call(scene, &scene->flood, CALL_US));
        scene->now_us += SECOND_US;
    }
}

static void two_that_call_much_have_as_much_each(void **state)
{
    struct scene *scene = *state;
    unsigned calls[2] = { 0 };

    for (uint64_t end_us = scene->now_us + 5 * SECOND_US; scene->now_us < end_us;) {
        bool one = call(scene, &scene->flood, CALL_US), other = call(scene, &scene->caller, CALL_US);
        calls[0] += one;
        calls[1] += other;
        if (!one && !other)
            scene->now_us += CALL_US / 10;
    }
    for (unsigned i = 0; i < 2; i++)
        assert_in_range(calls[i], most(5 * SECOND_US, CALL_US) * 9 / 10, most(5 * SECOND_US, CALL_US));
}

static void of_many_apps_each_is_another_one_to_the_others(void **state)
{
    struct scene *scene = *state;
    struct bk_quota third = { .callers = &scene->callers };

    /* Whoever called last and before: a flood that is never the only one is never taken to be. */
    struct bk_quota *const order[] = { &scene->flood, &third, &scene->caller, &third, &scene->flood, &scene->flood };
    for (unsigned i = 0; i < sizeof order / sizeof order[0]; i++)
        assert_true(call(scene, order[i], CALL_US));
    assert_ptr_equal(scene->callers.last, &scene->flood);
    assert_int_equal(scene->now_us - scene->callers.other_us, 3 * CALL_US);
    flood(scene, 2 * SECOND_US, CALL_US, 2);
    assert_in_range(scene->flooded, 1, most(2 * SECOND_US, CALL_US));
}

static void a_connection_is_a_call(void **state)
{
    struct scene *scene = *state;

    /* Who only connects is served later by and by, and not for ever, … */
    for (unsigned i = 0; i < 3 * BK_QUOTA_BYTES_AT_ONCE / BK_QUOTA_CALL_BYTES; i++)
        bk_quota_accepted(&scene->flood, 0, scene->now_us);
    assert_int_equal(bk_quota_turn(&scene->flood), 2);
    scene->now_us += 2 * SECOND_US;
    bk_quota_accepted(&scene->flood, 0, scene->now_us);
    assert_int_equal(bk_quota_turn(&scene->flood), 0);
    /* … rests when others call, as it takes of the broker's time, … */
    assert_true(call(scene, &scene->caller, CALL_US));
    for (unsigned i = 0; i <= 2 * BK_QUOTA_BURST_US / CALL_US; i++)
        bk_quota_accepted(&scene->flood, CALL_US, scene->now_us);
    assert_in_range(bk_quota_wait(&scene->flood, scene->now_us), 1, 2 * BK_QUOTA_BURST_US * BK_QUOTA_PART);
    assert_int_equal(bk_quota_wait(&scene->caller, scene->now_us), 0);
    /* … and is another one to them. */
    assert_ptr_equal(scene->callers.last, &scene->flood);
}

static void each_doubling_is_a_turn_later(void **state)
{
    struct scene *scene = *state;

    for (unsigned turn = 0; turn < 6; turn++) {
        assert_int_equal(bk_quota_turn(&scene->flood), turn);
        scene->flood.used_bytes = (BK_QUOTA_BYTES_AT_ONCE << turn) * 3 / 2;
    }
    /* The second before counts, and the one before that does not. */
    assert_int_equal(bk_quota_wait(&scene->flood, scene->now_us), 0);
    scene->flood.used_bytes = 2 * BK_QUOTA_BYTES_AT_ONCE;
    scene->now_us += SECOND_US;
    assert_int_equal(bk_quota_wait(&scene->flood, scene->now_us), 0);
    assert_int_equal(bk_quota_turn(&scene->flood), 1);
    scene->now_us += SECOND_US;
    assert_int_equal(bk_quota_wait(&scene->flood, scene->now_us), 0);
    assert_int_equal(bk_quota_turn(&scene->flood), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_flood_takes_its_part_beside_another_app, set_up),
        cmocka_unit_test_setup(long_messages_count_by_what_they_cost, set_up),
        cmocka_unit_test_setup(alone_it_calls_as_much_as_there_is_room_for, set_up),
        cmocka_unit_test_setup(what_stood_still_is_not_paid_for_long, set_up),
        cmocka_unit_test_setup(who_rests_is_free_when_the_others_are_silent, set_up),
        cmocka_unit_test_setup(some_hundred_calls_at_once_are_not_held_up, set_up),
        cmocka_unit_test_setup(two_that_call_much_have_as_much_each, set_up),
        cmocka_unit_test_setup(of_many_apps_each_is_another_one_to_the_others, set_up),
        cmocka_unit_test_setup(a_connection_is_a_call, set_up),
        cmocka_unit_test_setup(each_doubling_is_a_turn_later, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
