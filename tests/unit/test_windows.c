/* SPDX-License-Identifier: Apache-2.0 */
/* The windows' model: focus and stacking, placement, modes, dragging, and the sizes that apps are told. */
#include "app_color.h"
#include "visibility.h"
#include "windows.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BAR 40

static int set_up(void **state)
{
    static struct bk_windows windows;

    windows = (struct bk_windows){ 0 };
    bk_windows_resize(&windows, 1280, 800, BAR, 1);
    *state = &windows;
    return 0;
}

static int tear_down(void **state)
{
    bk_windows_finish(*state);
    return 0;
}

static struct bk_window *add(struct bk_windows *windows, uint32_t cid)
{
    struct bk_window *window = NULL;

    assert_int_equal(bk_windows_add(windows, cid, &window), 0);
    assert_non_null(window);
    return window;
}

static void assert_rect(struct bk_rect rect, int x, int y, int width, int height)
{
    assert_int_equal(rect.x, x);
    assert_int_equal(rect.y, y);
    assert_int_equal(rect.width, width);
    assert_int_equal(rect.height, height);
}

static void drag(struct bk_windows *windows, struct bk_window *window, unsigned part, int x, int y, int to_x, int to_y)
{
    struct bk_window_drag drag;

    bk_windows_drag_begin(windows, &drag, window, part, x, y);
    bk_windows_drag_to(windows, &drag, to_x, to_y);
    bk_windows_drag_end(windows, &drag);
}

static void the_newest_has_the_focus(void **state)
{
    struct bk_windows *windows = *state;
    struct bk_window *a = add(windows, 3), *b = add(windows, 4), *c = add(windows, 5), *same = NULL;

    assert_ptr_equal(windows->focus, c);
    assert_int_equal(bk_windows_add(windows, 3, &same), -EEXIST);
    bk_windows_focus(windows, a);
    assert_ptr_equal(windows->focus, a);
    assert_ptr_equal(windows->order[2], a);
    bk_windows_minimise(windows, a);
    assert_ptr_equal(windows->focus, c);
    bk_windows_remove(windows, c);
    assert_ptr_equal(windows->focus, b);
    bk_windows_minimise(windows, b);
    assert_null(windows->focus);
    bk_windows_focus(windows, a);
    assert_false(a->minimised);
    assert_null(bk_windows_find(windows, 5));
    assert_ptr_equal(bk_windows_find(windows, 4), b);
}

static void there_is_a_most(void **state)
{
    struct bk_windows *windows = *state;
    struct bk_window *window;

    for (uint32_t cid = 3; cid < 3 + BK_WINDOWS_MAX; cid++)
        add(windows, cid);
    assert_int_equal(bk_windows_add(windows, 1000, &window), -ENOSPC);
}

static void new_windows_do_not_hide_each_other(void **state)
{
    struct bk_windows *windows = *state;

    for (uint32_t cid = 3; cid < 9; cid++) {
        struct bk_rect frame = bk_window_frame(windows, add(windows, cid));
        assert_true(frame.y >= BAR && frame.x >= 0);
        assert_true(frame.x + frame.width <= 1280 && frame.y + frame.height <= 800);
        for (size_t i = 0; i + 1 < windows->count; i++) {
            struct bk_rect other = bk_window_frame(windows, windows->order[i]);
            assert_true(abs(frame.x - other.x) >= 24 || abs(frame.y - other.y) >= 24);
        }
    }
}

static void modes_have_their_places(void **state)
{
    struct bk_windows *windows = *state;
    struct bk_window *window = add(windows, 3);
    struct bk_rect normal = bk_window_frame(windows, window);

    assert_rect(bk_window_content(windows, window), normal.x + BK_WINDOW_BORDER, normal.y + BK_WINDOW_TITLE,
                normal.width - 2 * BK_WINDOW_BORDER, normal.height - BK_WINDOW_TITLE - BK_WINDOW_BORDER);
    bk_windows_toggle(windows, window, BK_WINDOW_MAXIMISED);
    assert_rect(bk_window_frame(windows, window), 0, BAR, 1280, 760);
    assert_rect(bk_window_content(windows, window), 0, BAR + BK_WINDOW_TITLE, 1280, 760 - BK_WINDOW_TITLE);
    bk_windows_toggle(windows, window, BK_WINDOW_FULL_SCREEN);
    assert_rect(bk_window_content(windows, window), 0, 0, 1280, 800);
    bk_windows_toggle(windows, window, BK_WINDOW_FULL_SCREEN);
    assert_int_equal(window->mode, BK_WINDOW_MAXIMISED);
    bk_windows_toggle(windows, window, BK_WINDOW_LEFT);
    assert_rect(bk_window_frame(windows, window), 0, BAR, 640, 760);
    bk_windows_toggle(windows, window, BK_WINDOW_RIGHT);
    assert_rect(bk_window_frame(windows, window), 640, BAR, 640, 760);
    bk_windows_toggle(windows, window, BK_WINDOW_RIGHT);
    assert_true(bk_rect_equal(&normal, &window->normal));
    assert_int_equal(window->mode, BK_WINDOW_NORMAL);
}

static void parts_are_found(void **state)
{
    struct bk_windows *windows = *state;
    struct bk_window *window = add(windows, 3);
    unsigned part;

    window->normal = (struct bk_rect){ 100, 100, 500, 400 };
    static const struct {
        int x, y;
        unsigned part;
    } expected[] = {
        { 300, 300, BK_WINDOW_CONTENT },
        { 104, 138, BK_WINDOW_CONTENT },
        { 595, 495, BK_WINDOW_CONTENT },
        { 200, 110, BK_WINDOW_TITLE_BAR },
        { 580, 115, BK_WINDOW_CLOSE },
        { 550, 115, BK_WINDOW_MAXIMISE },
        { 520, 115, BK_WINDOW_MINIMISE },
        { 98, 300, BK_WINDOW_EDGE_LEFT },
        { 602, 300, BK_WINDOW_EDGE_RIGHT },
        { 300, 98, BK_WINDOW_EDGE_TOP },
        { 300, 498, BK_WINDOW_EDGE_BOTTOM },
        { 98, 98, BK_WINDOW_EDGE_LEFT | BK_WINDOW_EDGE_TOP },
        { 602, 502, BK_WINDOW_EDGE_RIGHT | BK_WINDOW_EDGE_BOTTOM },
        { 102, 490, BK_WINDOW_EDGE_LEFT | BK_WINDOW_EDGE_BOTTOM },
        { 93, 300, BK_WINDOW_NOTHING },
        { 300, 507, BK_WINDOW_NOTHING },
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        struct bk_window *found = bk_windows_at(windows, expected[i].x, expected[i].y, &part);
        assert_int_equal(part, expected[i].part);
        assert_ptr_equal(found, part != 0 ? window : NULL);
    }
    struct bk_window *above = add(windows, 4);
    above->normal = (struct bk_rect){ 200, 200, 500, 400 };
    assert_ptr_equal(bk_windows_at(windows, 300, 300, &part), above);
    bk_windows_minimise(windows, above);
    assert_ptr_equal(bk_windows_at(windows, 300, 300, &part), window);
    bk_windows_set_mode(windows, window, BK_WINDOW_MAXIMISED);
    assert_ptr_equal(bk_windows_at(windows, 1279, BAR, &part), window);
    assert_int_equal(part, BK_WINDOW_CLOSE);
}

static void a_drag_moves_and_resizes(void **state)
{
    struct bk_windows *windows = *state;
    struct bk_window *window = add(windows, 3);

    window->normal = (struct bk_rect){ 100, 100, 500, 400 };
    drag(windows, window, BK_WINDOW_TITLE_BAR, 200, 110, 202, 111);
    assert_rect(window->normal, 100, 100, 500, 400); /* a trembling hand */
    drag(windows, window, BK_WINDOW_TITLE_BAR, 200, 110, 250, 160);
    assert_rect(window->normal, 150, 150, 500, 400);
    drag(windows, window, BK_WINDOW_EDGE_RIGHT | BK_WINDOW_EDGE_BOTTOM, 650, 550, 700, 560);
    assert_rect(window->normal, 150, 150, 550, 410);
    drag(windows, window, BK_WINDOW_EDGE_LEFT | BK_WINDOW_EDGE_TOP, 150, 150, 100, 170);
    assert_rect(window->normal, 100, 170, 600, 390);
    /* No smaller than the least: the other edge stands still. */
    drag(windows, window, BK_WINDOW_EDGE_LEFT, 100, 300, 1200, 300);
    assert_rect(window->normal, 700 - 248, 170, 248, 390);
    drag(windows, window, BK_WINDOW_EDGE_BOTTOM, 500, 560, 500, 20);
    assert_rect(window->normal, 452, 170, 248, 162);
    drag(windows, window, BK_WINDOW_EDGE_TOP, 500, 170, 500, -500);
    assert_rect(window->normal, 452, BAR, 248, 292);
}

static void a_title_stays_within_reach(void **state)
{
    struct bk_windows *windows = *state;
    struct bk_window *window = add(windows, 3);

    window->normal = (struct bk_rect){ 100, 100, 500, 400 };
    drag(windows, window, BK_WINDOW_TITLE_BAR, 200, 110, 300, 5000);
    assert_int_equal(window->normal.y, 800 - BK_WINDOW_TITLE);
    window->normal = (struct bk_rect){ 700, 700, 500, 400 };
    bk_windows_resize(windows, 640, 480, BAR, 1);
    assert_true(window->normal.x < 640 - 90 && window->normal.y <= 480 - BK_WINDOW_TITLE);
    bk_windows_resize(windows, 100, 30, BAR, 1); /* a screen too small for anything */
    assert_true(window->normal.width > 0 && window->normal.height > 0);
}

static void edges_of_the_screen_snap(void **state)
{
    struct bk_windows *windows = *state;
    struct bk_window *window = add(windows, 3);

    static const struct {
        int x, y;
        enum bk_window_mode mode;
    } expected[] = { { 0, 300, BK_WINDOW_LEFT }, { 1279, 300, BK_WINDOW_RIGHT }, { 600, 41, BK_WINDOW_MAXIMISED } };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        bk_windows_set_mode(windows, window, BK_WINDOW_NORMAL);
        window->normal = (struct bk_rect){ 100, 100, 500, 400 };
        drag(windows, window, BK_WINDOW_TITLE_BAR, 200, 110, expected[i].x, expected[i].y);
        assert_int_equal(window->mode, expected[i].mode);
        assert_rect(window->normal, 100, 100, 500, 400); /* where it returns to */
    }
    /* Pulled off again it is its old size, held at the same part of its width. */
    drag(windows, window, BK_WINDOW_TITLE_BAR, 640, 50, 640, 150);
    assert_int_equal(window->mode, BK_WINDOW_NORMAL);
    assert_rect(window->normal, 640 - 250, BAR + 100, 500, 400);
    /* From one edge to another it keeps the place that it had before both. */
    bk_windows_set_mode(windows, window, BK_WINDOW_NORMAL);
    window->normal = (struct bk_rect){ 700, 100, 500, 400 };
    drag(windows, window, BK_WINDOW_TITLE_BAR, 800, 110, 0, 300);
    drag(windows, window, BK_WINDOW_TITLE_BAR, 30, 50, 600, 41);
    assert_int_equal(window->mode, BK_WINDOW_MAXIMISED);
    assert_rect(window->normal, 700, 100, 500, 400);
}

static void sizes_are_told_one_at_a_time(void **state)
{
    struct bk_windows *windows = *state;
    struct bk_window *window = add(windows, 3);
    int width, height;
    uint64_t again;

    window->normal = (struct bk_rect){ 100, 100, 508, 442 };
    assert_true(bk_window_configure_due(windows, window, 1000, &width, &height, &again));
    assert_int_equal(width, 500);
    assert_int_equal(height, 400);
    assert_false(bk_window_configure_due(windows, window, 1000, &width, &height, &again));
    assert_true(again == UINT64_MAX);
    window->normal.width = 608;
    assert_false(bk_window_configure_due(windows, window, 1010, &width, &height, &again));
    assert_int_equal(again, 1000 + BK_WINDOW_ANSWER_MS);
    bk_window_drawn(window, 500, 400, 1020); /* it followed */
    assert_true(bk_window_configure_due(windows, window, 1020, &width, &height, &again));
    assert_int_equal(width, 600);
    window->normal.width = 708;
    bk_window_drawn(window, 500, 400, 1030); /* a frame of the old size is no answer */
    assert_false(bk_window_configure_due(windows, window, 1050, &width, &height, &again));
    assert_true(bk_window_configure_due(windows, window, again, &width, &height, &again));
    assert_int_equal(width, 700);
}

static void a_picture_of_another_size_has_its_place(void **state)
{
    struct bk_windows *windows = *state;
    struct bk_window *window = add(windows, 3);
    int width, height;
    uint64_t again;

    window->normal = (struct bk_rect){ 96, 62, 508, 442 }; /* the content at 100, 100 */
    assert_true(bk_window_configure_due(windows, window, 0, &width, &height, &again));
    bk_window_drawn(window, 300, 200, 10);
    assert_rect(bk_window_picture(windows, window), 100, 100, 300, 200); /* it is to follow yet */
    bk_window_drawn(window, 300, 200, 5000);
    assert_rect(bk_window_picture(windows, window), 200, 200, 300, 200); /* it has a size of its own */
    bk_window_drawn(window, 900, 900, 5000);
    assert_rect(bk_window_picture(windows, window), 100, 100, 900, 900);
}

static bool alike(struct bk_color a, struct bk_color b)
{
    double r = a.r - b.r, g = a.g - b.g, blue = a.b - b.b;

    return r * r + g * g + blue * blue < 0.001;
}

static void colours_are_well_distributed(void **state)
{
    struct bk_color seen[32];
    size_t different = 0;

    (void)state;
    for (int i = 0; i < 32; i++) {
        char id[32];
        snprintf(id, sizeof id, "org.example.app%d", i);
        struct bk_app_colors colors = bk_app_colors_of(id), again = bk_app_colors_of(id);
        assert_memory_equal(&colors, &again, sizeof colors);
        /* White text can be read on the frame: its luminance is low. */
        assert_true(0.2126 * colors.frame.r + 0.7152 * colors.frame.g + 0.0722 * colors.frame.b < 0.5);
        size_t k = 0;
        while (k < different && !alike(seen[k], colors.tile_top))
            k++;
        if (k == different)
            seen[different++] = colors.tile_top;
    }
    assert_true(different >= 16);
    struct bk_app_colors grey = bk_app_colors_of("");
    assert_true(grey.frame.r - grey.frame.g < 0.01 && grey.frame.g - grey.frame.b < 0.01);
}

/* At a scale of 1.5 what is even has whole device pixels. */
static void a_grain_of_two_keeps_frames_even(void **state)
{
    struct bk_windows *windows = *state;

    bk_windows_resize(windows, 853, 533, BAR, 2);
    struct bk_window *window = add(windows, 3);
    for (int by = -301; by < 400; by += 7) {
        drag(windows, window, BK_WINDOW_TITLE_BAR, 100, 100, 100 + by, 100 + by / 3);
        drag(windows, window, BK_WINDOW_EDGE_LEFT | BK_WINDOW_EDGE_BOTTOM, 100, 100, 100 + by % 50, 133 + by % 30);
        const struct bk_rect frame = window->normal;
        assert_int_equal((frame.x & 1) + (frame.y & 1) + (frame.width & 1) + (frame.height & 1), 0);
    }
    bk_windows_set_mode(windows, window, BK_WINDOW_LEFT);
    assert_rect(bk_window_frame(windows, window), 0, BAR, 426, 533 - BAR);
    bk_windows_set_mode(windows, window, BK_WINDOW_RIGHT);
    assert_rect(bk_window_frame(windows, window), 426, BAR, 427, 533 - BAR);
}

static void an_app_has_a_least_size(void **state)
{
    struct bk_windows *windows = *state;
    struct bk_window *window = add(windows, 3);

    bk_windows_set_least(windows, window, 500, 300);
    struct bk_rect frame = bk_window_frame(windows, window);
    drag(windows, window, BK_WINDOW_EDGE_RIGHT | BK_WINDOW_EDGE_BOTTOM, frame.x + frame.width, frame.y + frame.height,
         0, 0);
    struct bk_rect content = bk_window_content(windows, window);
    assert_int_equal(content.width, 500);
    assert_int_equal(content.height, 300);
    frame = bk_window_frame(windows, window);
    drag(windows, window, BK_WINDOW_EDGE_LEFT | BK_WINDOW_EDGE_TOP, frame.x, frame.y, 1200, 700);
    assert_rect(bk_window_frame(windows, window), frame.x, frame.y, frame.width, frame.height);
    bk_windows_set_least(windows, window, 65535, 65535);
    frame = bk_window_frame(windows, window);
    assert_int_equal(frame.width, 640);
    assert_int_equal(frame.height, 380);
    bk_windows_set_least(windows, window, 0, 0);
    drag(windows, window, BK_WINDOW_EDGE_RIGHT, frame.x + frame.width, frame.y + 100, 0, frame.y + 100);
    assert_int_equal(bk_window_content(windows, window).width, BK_WINDOW_WIDTH_MIN);
}

static void covered_is_what_all_above_hide_together(void **state)
{
    struct bk_windows *windows = *state;
    struct bk_window *a = add(windows, 3), *b = add(windows, 4), *c = add(windows, 5);

    a->normal = (struct bk_rect){ 300, 200, 400, 300 };
    b->normal = (struct bk_rect){ 200, 100, 300, 500 };
    c->normal = (struct bk_rect){ 500, 200, 200, 300 };
    assert_int_equal(bk_window_visibility(windows, a), BK_VISIBILITY_COVERED);
    assert_int_equal(bk_window_visibility(windows, b), BK_VISIBILITY_SHOWN);
    c->normal.width--;
    assert_int_equal(bk_window_visibility(windows, a), BK_VISIBILITY_SHOWN);
    c->normal = (struct bk_rect){ 499, 201, 300, 300 };
    assert_int_equal(bk_window_visibility(windows, a), BK_VISIBILITY_SHOWN);
    bk_windows_set_mode(windows, c, BK_WINDOW_MAXIMISED);
    assert_int_equal(bk_window_visibility(windows, b), BK_VISIBILITY_COVERED);
    bk_windows_minimise(windows, c);
    assert_int_equal(bk_window_visibility(windows, c), BK_VISIBILITY_MINIMISED);
    assert_int_equal(bk_window_visibility(windows, b), BK_VISIBILITY_SHOWN);
    bk_windows_focus(windows, a);
    assert_int_equal(bk_window_visibility(windows, a), BK_VISIBILITY_SHOWN);
    /* What is beyond the screen is not to be seen. */
    a->normal = (struct bk_rect){ 1200, 100, 400, 300 };
    b->normal = (struct bk_rect){ 1100, 90, 180, 400 };
    bk_windows_focus(windows, b);
    assert_int_equal(bk_window_visibility(windows, a), BK_VISIBILITY_COVERED);
}

/* --- a turn of the screen --- */

static void what_a_turn_moved_is_back_after_the_next(void **state)
{
    struct bk_windows *windows = *state;
    struct bk_window *window = add(windows, 3);

    window->normal = (struct bk_rect){ 100, 200, 1000, 400 };
    bk_windows_resize(windows, 800, 1280, BAR, 1);
    assert_rect(window->normal, 0, 440, 800, 400);
    bk_windows_resize(windows, 1280, 800, BAR, 1);
    assert_rect(window->normal, 100, 200, 1000, 400);
    bk_windows_resize(windows, 800, 1280, BAR, 1);
    drag(windows, window, BK_WINDOW_TITLE_BAR, 10, 450, 60, 350); /* the person has another mind now */
    struct bk_rect chosen = window->normal;
    bk_windows_resize(windows, 1280, 800, BAR, 1);
    assert_true(window->normal.width == 800);
    bk_windows_resize(windows, 800, 1280, BAR, 1);
    assert_rect(window->normal, chosen.x, chosen.y, chosen.width, chosen.height);
}

/* Follows what it is told, at once. */
static void follow(struct bk_windows *windows, struct bk_window *window, uint64_t now_ms)
{
    int width = 0, height = 0;
    uint64_t again_ms;

    if (bk_window_configure_due(windows, window, now_ms, &width, &height, &again_ms))
        bk_window_drawn(window, width, height, now_ms);
}

static void what_was_shown_is_held_until_the_new_size_comes(void **state)
{
    struct bk_windows *windows = *state;
    struct bk_window *window = add(windows, 3);
    int width = 0, height = 0;
    uint64_t again_ms;

    bk_windows_set_mode(windows, window, BK_WINDOW_MAXIMISED);
    follow(windows, window, 1000);
    assert_false(bk_window_holds(window, 10, 10, 1000));
    bk_windows_hold(windows, 2000);
    bk_windows_resize(windows, 800, 1280, BAR, 1);
    assert_true(bk_window_configure_due(windows, window, 2000, &width, &height, &again_ms));
    assert_int_equal(width, 800);

    /* All of the old frame can be seen, in its shape, in the middle. */
    const struct bk_rect content = bk_window_content(windows, window), picture = bk_window_picture(windows, window);
    assert_int_equal(picture.width, 800);
    assert_in_range(picture.height, 722 * 800 / 1280, 722 * 800 / 1280 + 1);
    assert_in_range(picture.y - content.y - (content.height - picture.height) / 2, 0, 1);

    assert_true(bk_window_holds(window, 0, 0, 2001)); /* nothing at all */
    assert_true(bk_window_holds(window, 1280, 722, 2000 + BK_WINDOW_HOLD_MS - 1));
    assert_false(bk_window_holds(window, width, height, 2001));
    assert_false(bk_window_holds(window, 0, 0, 2000 + BK_WINDOW_HOLD_MS));

    /* One that never follows stays as it is; one that does has its place. */
    bk_window_drawn(window, 1280, 722, 2000 + BK_WINDOW_HOLD_MS);
    assert_int_equal(bk_window_picture(windows, window).width, 800);
    bk_window_drawn(window, width, height, 9000);
    assert_false(bk_window_holds(window, 0, 0, 9000));
    assert_true(window->answered);
    assert_rect(bk_window_picture(windows, window), content.x, content.y, content.width, content.height);
}

static void a_size_of_its_own_is_not_held(void **state)
{
    struct bk_windows *windows = *state;
    struct bk_window *window = add(windows, 3);

    follow(windows, window, 0);
    bk_window_drawn(window, 320, 200, BK_WINDOW_FOLLOW_MS);
    bk_windows_hold(windows, 2000);
    assert_false(bk_window_holds(window, 320, 200, 2001));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_newest_has_the_focus),
        TEST(there_is_a_most),
        TEST(new_windows_do_not_hide_each_other),
        TEST(modes_have_their_places),
        TEST(parts_are_found),
        TEST(a_drag_moves_and_resizes),
        TEST(a_title_stays_within_reach),
        TEST(edges_of_the_screen_snap),
        TEST(sizes_are_told_one_at_a_time),
        TEST(a_picture_of_another_size_has_its_place),
        TEST(a_grain_of_two_keeps_frames_even),
        TEST(an_app_has_a_least_size),
        TEST(covered_is_what_all_above_hide_together),
        TEST(what_a_turn_moved_is_back_after_the_next),
        TEST(what_was_shown_is_held_until_the_new_size_comes),
        TEST(a_size_of_its_own_is_not_held),
        TEST(colours_are_well_distributed),
    };
#undef TEST

    return cmocka_run_group_tests_name("windows", tests, NULL, NULL);
}
