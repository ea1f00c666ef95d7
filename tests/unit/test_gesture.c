/* SPDX-License-Identifier: Apache-2.0 */
/* What a finger on an edge of the screen means: where it came down, how far and how fast it goes, how long it rests. */
#include "gesture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define WIDTH  360
#define HEIGHT 720
#define BAR    44
#define STRIP  28
#define FINGER 7

static int set_up(void **state)
{
    static struct bk_gesture gesture;

    gesture = (struct bk_gesture){ 0 };
    bk_gesture_set_screen(&gesture, WIDTH, HEIGHT, BAR, STRIP, false);
    *state = &gesture;
    return 0;
}

/* In ten steps of this many milliseconds from where it came down, at time 0; the time it is then. */
static uint64_t go(struct bk_gesture *gesture, double x, double y, double to_x, double to_y, uint64_t step_ms)
{
    assert_true(bk_gesture_down(gesture, FINGER, x, y, 0));
    for (unsigned i = 1; i <= 10; i++)
        bk_gesture_move(gesture, FINGER, x + (to_x - x) * i / 10, y + (to_y - y) * i / 10, i * step_ms);
    return 10 * step_ms;
}

static void only_the_edges_are_watched(void **state)
{
    struct bk_gesture *gesture = *state;

    assert_false(bk_gesture_down(gesture, FINGER, 100, 300, 0));
    assert_false(bk_gesture_down(gesture, FINGER, 0, 300, 0));
    assert_false(bk_gesture_move(gesture, FINGER, 100, 10, 10));
    assert_int_equal(bk_gesture_up(gesture, FINGER, 20), BK_VERDICT_NONE);
    assert_true(bk_gesture_down(gesture, FINGER, 100, HEIGHT - STRIP, 0));
    assert_int_equal(bk_gesture_up(gesture, FINGER, 20), BK_VERDICT_NONE);
    assert_true(bk_gesture_down(gesture, FINGER, 100, BAR - 1, 0));
    assert_false(bk_gesture_is_decided(gesture));
}

static void a_finger_that_trembles_is_a_tap(void **state)
{
    struct bk_gesture *gesture = *state;

    assert_true(bk_gesture_down(gesture, FINGER, 100, HEIGHT - 10, 0));
    for (unsigned i = 1; i < 10; i++)
        assert_false(bk_gesture_move(gesture, FINGER, 100 + (i % 3) * 5.0, HEIGHT - 10 - (i % 2) * 11.0, i * 16));
    assert_false(bk_gesture_is_decided(gesture));
    assert_int_equal(bk_gesture_up(gesture, FINGER, 200), BK_VERDICT_NONE);
}

static void it_is_decided_once_and_begins_at_nothing(void **state)
{
    struct bk_gesture *gesture = *state;

    assert_true(bk_gesture_down(gesture, FINGER, 100, HEIGHT - 10, 0));
    assert_true(bk_gesture_move(gesture, FINGER, 100, HEIGHT - 30, 16));
    assert_int_equal(gesture->kind, BK_GESTURE_LIFT);
    assert_true(bk_gesture_down_by(gesture) == 0);
    assert_false(bk_gesture_move(gesture, FINGER, 300, HEIGHT - 40, 32)); /* sideways by now: it stays what it is */
    assert_int_equal(gesture->kind, BK_GESTURE_LIFT);
    assert_true(bk_gesture_down_by(gesture) == -10);
    assert_true(bk_gesture_along(gesture) == 200);
}

static void directions(void **state)
{
    struct bk_gesture *gesture = *state;

    go(gesture, 180, HEIGHT - 10, 280, HEIGHT - 12, 16);
    assert_int_equal(gesture->kind, BK_GESTURE_SWITCH);
    assert_int_equal(bk_gesture_cancel(gesture), BK_VERDICT_BACK);
    go(gesture, 180, 10, 185, 100, 16);
    assert_int_equal(gesture->kind, BK_GESTURE_PULL);
    assert_int_equal(bk_gesture_up(gesture, FINGER, 200), BK_VERDICT_NOTIFICATIONS);
    go(gesture, 100, 10, 300, 12, 16); /* along the bar: nothing */
    assert_int_equal(gesture->kind, BK_GESTURE_NONE);
    go(gesture, 180, HEIGHT - 27, 181, HEIGHT - 1, 16); /* out of the screen: nothing yet */
    assert_int_equal(gesture->kind, BK_GESTURE_WATCHED);
}

static void a_throw_up_is_home(void **state)
{
    struct bk_gesture *gesture = *state;

    assert_int_equal(bk_gesture_up(gesture, FINGER, go(gesture, 180, HEIGHT - 10, 180, HEIGHT - 90, 8)),
                     BK_VERDICT_HOME);
    /* As far, slowly. */
    assert_int_equal(bk_gesture_up(gesture, FINGER, go(gesture, 180, HEIGHT - 10, 180, HEIGHT - 90, 50)),
                     BK_VERDICT_BACK);
    /* Slowly, and far. */
    assert_int_equal(bk_gesture_up(gesture, FINGER, go(gesture, 180, HEIGHT - 10, 180, HEIGHT - 300, 90)),
                     BK_VERDICT_HOME);
    /* Fast, and then at rest: it is no throw. */
    go(gesture, 180, HEIGHT - 10, 180, HEIGHT - 90, 8);
    assert_int_equal(bk_gesture_up(gesture, FINGER, 80 + BK_PACE_MS + 1), BK_VERDICT_BACK);
    /* Far, and thrown back. */
    uint64_t ms = go(gesture, 180, HEIGHT - 10, 180, HEIGHT - 400, 50);
    for (unsigned i = 1; i <= 5; i++)
        bk_gesture_move(gesture, FINGER, 180, HEIGHT - 400 + 30.0 * i, ms + 20 * i);
    assert_int_equal(bk_gesture_up(gesture, FINGER, ms + 100), BK_VERDICT_BACK);
}

static void a_rest_holds_it(void **state)
{
    struct bk_gesture *gesture = *state;

    uint64_t ms = go(gesture, 180, HEIGHT - 10, 180, HEIGHT - 150, 16);
    uint64_t due_ms = bk_gesture_due(gesture);
    assert_true(due_ms > ms && due_ms <= ms + BK_GESTURE_HOLD_MS);
    assert_false(bk_gesture_wait(gesture, due_ms - 1));
    bk_gesture_move(gesture, FINGER, 180 + BK_GESTURE_HOLD_REST / 2.0, HEIGHT - 150, due_ms - 1); /* trembles */
    assert_int_equal(bk_gesture_due(gesture), due_ms);
    bk_gesture_move(gesture, FINGER, 180, HEIGHT - 180, due_ms - 1); /* goes on: it rests anew */
    assert_false(bk_gesture_wait(gesture, due_ms));
    assert_true(bk_gesture_wait(gesture, due_ms - 1 + BK_GESTURE_HOLD_MS));
    assert_int_equal(bk_gesture_due(gesture), UINT64_MAX);
    assert_false(bk_gesture_wait(gesture, due_ms + 10 * BK_GESTURE_HOLD_MS));
    bk_gesture_move(gesture, FINGER, 200, HEIGHT - 100, due_ms + 1000); /* wherever it goes then */
    assert_int_equal(bk_gesture_up(gesture, FINGER, due_ms + 2000), BK_VERDICT_OVERVIEW);
    /* One that is hardly lifted does not hold, nor one that goes along. */
    go(gesture, 180, HEIGHT - 10, 180, HEIGHT - 50, 16);
    assert_int_equal(bk_gesture_due(gesture), UINT64_MAX);
    assert_int_equal(bk_gesture_up(gesture, FINGER, 5000), BK_VERDICT_BACK);
    go(gesture, 300, HEIGHT - 10, 100, HEIGHT - 10, 16);
    assert_int_equal(bk_gesture_due(gesture), UINT64_MAX);
}

static void along_the_strip(void **state)
{
    struct bk_gesture *gesture = *state;
    const double y = HEIGHT - 10;

    /* Fast. */
    assert_int_equal(bk_gesture_up(gesture, FINGER, go(gesture, 180, y, 250, y, 8)), BK_VERDICT_PREVIOUS);
    assert_int_equal(bk_gesture_up(gesture, FINGER, go(gesture, 180, y, 110, y, 8)), BK_VERDICT_NEXT);
    /* As far, slowly; and slowly, far. */
    assert_int_equal(bk_gesture_up(gesture, FINGER, go(gesture, 180, y, 250, y, 50)), BK_VERDICT_BACK);
    assert_int_equal(bk_gesture_up(gesture, FINGER, go(gesture, 20, y, 250, y, 80)), BK_VERDICT_PREVIOUS);
    assert_int_equal(bk_gesture_up(gesture, FINGER, go(gesture, 350, y, 120, y, 80)), BK_VERDICT_NEXT);
    /* Far, and thrown back. */
    uint64_t ms = go(gesture, 20, y, 300, y, 50);
    for (unsigned i = 1; i <= 4; i++)
        bk_gesture_move(gesture, FINGER, 300 - 20.0 * i, y, ms + 25 * i);
    assert_int_equal(bk_gesture_up(gesture, FINGER, ms + 100), BK_VERDICT_BACK);
}

static void one_finger_at_a_time(void **state)
{
    struct bk_gesture *gesture = *state;

    go(gesture, 180, HEIGHT - 10, 180, HEIGHT - 100, 16);
    assert_false(bk_gesture_down(gesture, FINGER + 1, 100, HEIGHT - 5, 200));
    assert_false(bk_gesture_move(gesture, FINGER + 1, 100, 0, 210));
    assert_true(gesture->y == HEIGHT - 100);
    assert_int_equal(bk_gesture_up(gesture, FINGER + 1, 220), BK_VERDICT_NONE);
    assert_int_equal(gesture->kind, BK_GESTURE_LIFT);
    assert_int_equal(bk_gesture_up(gesture, FINGER, 400), BK_VERDICT_BACK);
    assert_true(bk_gesture_down(gesture, FINGER + 1, 100, HEIGHT - 5, 500));
    /* One that comes down again was up, whether that was said or not. */
    assert_true(bk_gesture_down(gesture, FINGER + 1, 100, HEIGHT - 5, 600));
    assert_false(bk_gesture_down(gesture, FINGER + 1, 100, 300, 700));
    assert_int_equal(gesture->kind, BK_GESTURE_NONE);
}

static void an_edge_that_is_shared(void **state)
{
    struct bk_gesture *gesture = *state;

    bk_gesture_set_screen(gesture, WIDTH, HEIGHT, BK_GESTURE_SHARED_EDGE, BK_GESTURE_SHARED_EDGE, true);
    assert_false(bk_gesture_down(gesture, FINGER, 100, HEIGHT - BK_GESTURE_SHARED_EDGE - 1, 0));
    go(gesture, 100, HEIGHT - 4, 300, HEIGHT - 4, 16); /* along it: the app's, to its end */
    assert_int_equal(gesture->kind, BK_GESTURE_NONE);
    assert_false(bk_gesture_move(gesture, FINGER, 300, HEIGHT - 300, 200));
    go(gesture, 100, HEIGHT - 4, 100, HEIGHT - 200, 16);
    assert_int_equal(gesture->kind, BK_GESTURE_LIFT);
}

static void what_ends_it(void **state)
{
    struct bk_gesture *gesture = *state;

    assert_int_equal(bk_gesture_cancel(gesture), BK_VERDICT_NONE);
    assert_true(bk_gesture_down(gesture, FINGER, 100, HEIGHT - 5, 0));
    bk_gesture_set_screen(gesture, HEIGHT, WIDTH, BAR, STRIP, false); /* turned: the finger is on no edge any more */
    assert_int_equal(gesture->kind, BK_GESTURE_NONE);
    assert_int_equal(bk_gesture_up(gesture, FINGER, 10), BK_VERDICT_NONE);
    bk_gesture_set_screen(gesture, WIDTH, HEIGHT, BAR, STRIP, false);
    go(gesture, 180, HEIGHT - 10, 180, HEIGHT - 400, 8);
    assert_int_equal(bk_gesture_cancel(gesture), BK_VERDICT_BACK);
    assert_int_equal(gesture->kind, BK_GESTURE_NONE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        TEST(only_the_edges_are_watched),
        TEST(a_finger_that_trembles_is_a_tap),
        TEST(it_is_decided_once_and_begins_at_nothing),
        TEST(directions),
        TEST(a_throw_up_is_home),
        TEST(a_rest_holds_it),
        TEST(along_the_strip),
        TEST(one_finger_at_a_time),
        TEST(an_edge_that_is_shared),
        TEST(what_ends_it),
    };
#undef TEST

    return cmocka_run_group_tests_name("gesture", tests, NULL, NULL);
}
