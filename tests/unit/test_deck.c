/* SPDX-License-Identifier: Apache-2.0 */
/* A phone's windows: one at a time, and where a finger on the edge has them. */
#include "deck.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define WIDTH  360
#define HEIGHT 720
#define BAR    44
#define STRIP  28

struct phone {
    struct bk_windows windows;
    struct bk_deck deck;
    struct bk_window *apps[3];
};

static const struct bk_rect icon = { 20, 100, 64, 64 };

static int set_up(void **state)
{
    static struct phone phone;

    phone = (struct phone){ .windows = { .single = true, .strip = STRIP } };
    bk_windows_resize(&phone.windows, WIDTH, HEIGHT, BAR, 1);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(bk_windows_add(&phone.windows, 10 + i, &phone.apps[i]), 0);
    *state = &phone;
    return 0;
}

static int tear_down(void **state)
{
    struct phone *phone = *state;

    bk_windows_finish(&phone->windows);
    return 0;
}

static struct bk_pose pose(const struct phone *phone, int app)
{
    const struct bk_pose before = { .opacity = 1 };

    return bk_deck_pose(&phone->deck, &phone->windows, phone->apps[app], &before, &icon);
}

static void one_at_a_time(void **state)
{
    struct phone *phone = *state;
    struct bk_windows *windows = &phone->windows;
    unsigned part;

    for (int app = 0; app < 3; app++) {
        bk_windows_focus(windows, phone->apps[app]);
        const struct bk_rect content = bk_window_content(windows, phone->apps[app]);
        const struct bk_rect room = { 0, BAR, WIDTH, HEIGHT - BAR - STRIP };
        assert_true(bk_rect_equal(&content, &room));
        assert_ptr_equal(bk_windows_at(windows, 5, BAR + 5, &part), phone->apps[app]);
        assert_int_equal(part, BK_WINDOW_CONTENT);
    }
    assert_null(bk_windows_at(windows, 5, BAR - 1, &part));
    assert_null(bk_windows_at(windows, 5, HEIGHT - STRIP, &part));
    bk_windows_toggle(windows, phone->apps[2], BK_WINDOW_LEFT); /* there are no halves */
    assert_int_equal(phone->apps[2]->mode, BK_WINDOW_NORMAL);
    bk_windows_toggle(windows, phone->apps[2], BK_WINDOW_FULL_SCREEN);
    assert_int_equal(bk_window_content(windows, phone->apps[2]).height, HEIGHT);
    bk_windows_toggle(windows, phone->apps[2], BK_WINDOW_FULL_SCREEN);
    assert_int_equal(phone->apps[2]->mode, BK_WINDOW_NORMAL);
}

static void what_goes_leaves_home(void **state)
{
    struct phone *phone = *state;
    struct bk_windows *windows = &phone->windows;
    unsigned part;

    bk_windows_focus(windows, phone->apps[0]);
    bk_windows_minimise(windows, phone->apps[0]);
    assert_null(windows->focus);
    assert_false(phone->apps[0]->minimised);
    assert_null(bk_windows_at(windows, 5, BAR + 5, &part));
    bk_windows_focus(windows, phone->apps[1]);
    bk_windows_remove(windows, phone->apps[1]);
    assert_null(windows->focus);
}

static void neighbours_are_those_that_came_before_and_after(void **state)
{
    struct phone *phone = *state;
    const struct bk_windows *windows = &phone->windows;

    bk_windows_focus(&phone->windows, phone->apps[0]); /* whatever lies above what */
    assert_ptr_equal(bk_windows_neighbour(windows, phone->apps[1], true), phone->apps[0]);
    assert_ptr_equal(bk_windows_neighbour(windows, phone->apps[1], false), phone->apps[2]);
    assert_null(bk_windows_neighbour(windows, phone->apps[0], true));
    assert_null(bk_windows_neighbour(windows, phone->apps[2], false));
}

static void they_lie_side_by_side_and_follow_the_finger(void **state)
{
    struct phone *phone = *state;

    bk_windows_focus(&phone->windows, phone->apps[1]);
    assert_true(pose(phone, 1).seen.x == 0);
    assert_true(pose(phone, 0).seen.x <= -WIDTH && pose(phone, 2).seen.x >= WIDTH);
    phone->deck = (struct bk_deck){ .state = BK_DECK_SWITCHED, .held = true, .along = -100 };
    assert_true(pose(phone, 1).seen.x == -100);
    assert_true(pose(phone, 2).seen.x == WIDTH + BK_DECK_GAP - 100);
    assert_true(pose(phone, 2).seen.width == WIDTH && pose(phone, 2).opacity == 1);
    bk_windows_focus(&phone->windows, phone->apps[2]); /* the last one: it follows less willingly */
    assert_true(pose(phone, 2).seen.x > -100 && pose(phone, 2).seen.x < 0);
    phone->deck.along = 100;
    assert_true(pose(phone, 2).seen.x == 100);
}

static void what_was_faded_out_stays_so(void **state)
{
    struct phone *phone = *state;
    const struct bk_pose before = { .opacity = 0 };

    bk_windows_focus(&phone->windows, phone->apps[1]);
    assert_true(bk_deck_pose(&phone->deck, &phone->windows, phone->apps[0], &before, &icon).opacity == 0);
    assert_true(bk_deck_pose(&phone->deck, &phone->windows, phone->apps[1], &before, &icon).opacity == 1);
}

static void at_home_they_are_their_pictures(void **state)
{
    struct phone *phone = *state;

    bk_windows_focus(&phone->windows, NULL);
    const struct bk_pose at = pose(phone, 1);
    assert_true(at.opacity == 0);
    assert_true(at.seen.y == icon.y && at.seen.height == icon.height);
    assert_true(fabs(at.seen.x + at.seen.width / 2 - (icon.x + icon.width / 2.0)) < 1e-9);
    assert_true(fabs(at.seen.width / at.seen.height - at.frame.width / at.frame.height) < 1e-9);
}

static void lifted_they_become_cards(void **state)
{
    struct phone *phone = *state;
    const struct bk_area card = bk_deck_card(&phone->windows);
    double width = WIDTH + 1, top = BAR - 1;

    bk_windows_focus(&phone->windows, phone->apps[1]);
    for (int up = 0; up < 250; up += 10) {
        phone->deck = (struct bk_deck){ .state = BK_DECK_LIFTED, .held = true, .up = up };
        const struct bk_pose at = pose(phone, 1);
        assert_true(at.seen.width < width && at.seen.y > top && at.seen.width >= card.width);
        assert_true(fabs(at.seen.width / at.seen.height - at.frame.width / at.frame.height) < 0.01);
        assert_true(bk_deck_part(&phone->windows, &at) >= 0 && bk_deck_part(&phone->windows, &at) <= 1);
        assert_true(pose(phone, 0).seen.x + pose(phone, 0).seen.width < at.seen.x);
        assert_true(pose(phone, 2).seen.x > at.seen.x + at.seen.width);
        width = at.seen.width;
        top = at.seen.y;
    }
    phone->deck.along = 30;
    double x = pose(phone, 1).seen.x;
    phone->deck.along = 0;
    assert_true(fabs(x - pose(phone, 1).seen.x - 30) < 1e-9);
}

static void the_overview_scrolls_and_rests_on_a_card(void **state)
{
    struct phone *phone = *state;
    const struct bk_windows *windows = &phone->windows;
    const struct bk_area card = bk_deck_card(windows);
    bool cross;

    bk_windows_focus(&phone->windows, phone->apps[1]);
    bk_deck_open(&phone->deck, windows, phone->apps[1]);
    assert_true(fabs(pose(phone, 1).seen.x - card.x) < 1e-9);
    assert_true(card.y - BK_DECK_HEADER > BAR && card.y + card.height + BK_DECK_BORDER < HEIGHT - STRIP);
    assert_ptr_equal(bk_deck_at(&phone->deck, windows, WIDTH / 2.0, HEIGHT / 2.0, &cross), phone->apps[1]);
    assert_false(cross);
    assert_ptr_equal(bk_deck_at(&phone->deck, windows, WIDTH / 2.0, card.y - 5, &cross), phone->apps[1]);
    assert_false(cross);
    assert_ptr_equal(bk_deck_at(&phone->deck, windows, card.x + card.width - 10, card.y - 5, &cross), phone->apps[1]);
    assert_true(cross);
    assert_ptr_equal(bk_deck_at(&phone->deck, windows, WIDTH - 1, HEIGHT / 2.0, &cross), phone->apps[2]);
    assert_null(bk_deck_at(&phone->deck, windows, WIDTH / 2.0, HEIGHT - STRIP - 1, &cross));

    phone->deck.held = true;
    bk_deck_scroll(&phone->deck, windows, -0.6 * bk_deck_pitch(windows));
    assert_true(fabs(pose(phone, 1).seen.x - card.x + 0.6 * bk_deck_pitch(windows)) < 1e-9);
    phone->deck.held = false;
    bk_deck_settle(&phone->deck, windows, 0);
    assert_true(phone->deck.middle == 2);
    bk_deck_settle(&phone->deck, windows, 3); /* thrown to the right, hard */
    assert_true(phone->deck.middle == 0);
    bk_deck_settle(&phone->deck, windows, 100);
    assert_true(phone->deck.middle == 0);
}

static void a_card_is_pushed_up_alone(void **state)
{
    struct phone *phone = *state;

    bk_deck_open(&phone->deck, &phone->windows, NULL);
    const double rest = pose(phone, 2).seen.y;
    phone->deck.pushed = 12;
    phone->deck.pushed_up = 80;
    assert_true(pose(phone, 2).seen.y == rest - 80);
    assert_true(pose(phone, 1).seen.y == rest);
    phone->deck.pushed_up = -80; /* down: not willingly */
    assert_true(pose(phone, 2).seen.y > rest && pose(phone, 2).seen.y < rest + 80);
}

static void the_overview_follows_what_there_is(void **state)
{
    struct phone *phone = *state;

    bk_deck_open(&phone->deck, &phone->windows, phone->apps[2]);
    phone->deck.pushed = 12;
    bk_windows_remove(&phone->windows, phone->apps[2]);
    bk_deck_follow(&phone->deck, &phone->windows);
    assert_true(phone->deck.middle == 1);
    assert_int_equal(phone->deck.pushed, 0);
    bk_windows_remove(&phone->windows, phone->apps[0]);
    bk_windows_remove(&phone->windows, phone->apps[1]);
    bk_deck_follow(&phone->deck, &phone->windows);
    assert_int_equal(phone->deck.state, BK_DECK_REST);
    bk_deck_open(&phone->deck, &phone->windows, NULL);
    assert_int_equal(phone->deck.state, BK_DECK_REST);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(one_at_a_time),
        TEST(what_goes_leaves_home),
        TEST(neighbours_are_those_that_came_before_and_after),
        TEST(they_lie_side_by_side_and_follow_the_finger),
        TEST(what_was_faded_out_stays_so),
        TEST(at_home_they_are_their_pictures),
        TEST(lifted_they_become_cards),
        TEST(the_overview_scrolls_and_rests_on_a_card),
        TEST(a_card_is_pushed_up_alone),
        TEST(the_overview_follows_what_there_is),
    };
#undef TEST

    return cmocka_run_group_tests_name("deck", tests, NULL, NULL);
}
