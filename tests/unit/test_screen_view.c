/* SPDX-License-Identifier: Apache-2.0 */
/* Where pixels go: surfaces of other sizes than the screen, damage, and a cursor that we draw. */
#include "view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define WIDTH  100U
#define HEIGHT 80U
#define GAP    12U /* bytes between the canvas's rows, which nobody may touch */
#define GUARD  0xee

static uint8_t canvas_memory[HEIGHT][WIDTH * 4 + GAP];
static struct bk_view view;

static struct bk_surface *surface(uint32_t width, uint32_t height, uint32_t pixel)
{
    struct bk_surface *made = malloc(sizeof *made);
    size_t size = (size_t)width * height * 4;
    uint32_t *pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_true(made != NULL && pixels != MAP_FAILED);
    for (size_t i = 0; i < (size_t)width * height; i++)
        pixels[i] = pixel;
    *made = (struct bk_surface){ width, height, width * 4, (uint8_t *)pixels, size, 1 };
    return made;
}

static uint32_t pixel_at(uint32_t x, uint32_t y)
{
    uint32_t pixel;

    memcpy(&pixel, &canvas_memory[y][x * 4], sizeof pixel);
    return pixel;
}

static int begin(void **state)
{
    const struct bk_canvas canvas = { (uint8_t *)canvas_memory, WIDTH, HEIGHT, WIDTH * 4 + GAP, false };

    (void)state;
    bk_surface_unref(view.shown);
    view = (struct bk_view){ 0 };
    memset(canvas_memory, GUARD, sizeof canvas_memory);
    bk_view_set_canvas(&view, &canvas);
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (unsigned y = 0; y < HEIGHT; y++) {
        for (unsigned i = 0; i < GAP; i++)
            assert_int_equal(canvas_memory[y][WIDTH * 4 + i], GUARD);
    }
    return 0;
}

static void show(uint32_t width, uint32_t height, uint32_t pixel)
{
    struct bk_surface *made = surface(width, height, pixel);

    bk_view_show(&view, made, (struct bk_rectangle){ 0, 0, (int32_t)width, (int32_t)height });
    bk_surface_unref(made);
}

static void centres_what_is_smaller(void **state)
{
    (void)state;
    show(50, 40, 0x123456);
    bk_view_paint(&view);
    assert_int_equal(pixel_at(0, 0), 0);
    assert_int_equal(pixel_at(24, 20), 0);
    assert_int_equal(pixel_at(25, 20), 0x123456);
    assert_int_equal(pixel_at(74, 59), 0x123456);
    assert_int_equal(pixel_at(75, 59), 0);
    show(WIDTH, HEIGHT, 0x111111); /* another size: all of it is new */
    assert_int_equal(bk_view_paint(&view).x1, WIDTH);
    assert_int_equal(pixel_at(0, 0), 0x111111);
}

static void cuts_what_is_larger(void **state)
{
    (void)state;
    show(300, 200, 0xabcdef);
    struct bk_rectangle painted = bk_view_paint(&view);
    assert_int_equal(painted.x1, WIDTH);
    assert_int_equal(painted.y1, HEIGHT);
    assert_int_equal(pixel_at(99, 79), 0xabcdef);
}

static void paints_damage_alone(void **state)
{
    (void)state;
    show(WIDTH, HEIGHT, 0x111111);
    bk_view_paint(&view);
    struct bk_surface *other = surface(WIDTH, HEIGHT, 0x222222);
    bk_view_show(&view, other, (struct bk_rectangle){ 10, 10, 20, 15 });
    bk_view_show(&view, other, (struct bk_rectangle){ 15, 12, 30, 20 });
    bk_surface_unref(other);
    struct bk_rectangle painted = bk_view_paint(&view);
    assert_memory_equal(&painted, (&(struct bk_rectangle){ 10, 10, 30, 20 }), sizeof painted);
    assert_int_equal(pixel_at(9, 10), 0x111111);
    assert_int_equal(pixel_at(10, 10), 0x222222);
    assert_int_equal(pixel_at(29, 19), 0x222222);
    assert_int_equal(pixel_at(30, 19), 0x111111);
    assert_true(bk_rectangle_is_empty(bk_view_paint(&view)));
}

static void draws_the_cursor_over_it(void **state)
{
    struct bk_surface *image = surface(BK_DISPLAY_CURSOR_SIDE, BK_DISPLAY_CURSOR_SIDE, 0x80400000); /* half, red */

    (void)state;
    show(WIDTH, HEIGHT, 0x0000ff);
    bk_view_set_cursor(&view, image, 4, 4, 50, 40);
    bk_view_paint(&view);
    assert_int_equal(pixel_at(45, 36), 0x0000ff);
    assert_int_equal(pixel_at(46, 36), 0x40007f);
    assert_int_equal(pixel_at(99, 79), 0x40007f);
    bk_view_move_cursor(&view, 4, 4);
    struct bk_rectangle painted = bk_view_paint(&view);
    assert_int_equal(painted.x0, 0);
    assert_int_equal(pixel_at(0, 0), 0x40007f);
    assert_int_equal(pixel_at(99, 79), 0x0000ff);
    bk_view_set_cursor(&view, NULL, 0, 0, 0, 0);
    bk_view_paint(&view);
    assert_int_equal(pixel_at(0, 0), 0x0000ff);
    bk_surface_unref(image);
}

static void leaves_it_to_the_card(void **state)
{
    struct bk_surface *image = surface(BK_DISPLAY_CURSOR_SIDE, BK_DISPLAY_CURSOR_SIDE, 0xffffffff);
    int32_t x, y;

    (void)state;
    view.canvas.draws_cursor = true;
    show(50, 40, 0x0000ff);
    bk_view_paint(&view);
    bk_view_set_cursor(&view, image, 4, 5, 10, 10);
    assert_true(view.cursor_changed && view.cursor_moved);
    assert_true(bk_rectangle_is_empty(bk_view_paint(&view)));
    bk_view_locate_cursor(&view, &x, &y);
    assert_int_equal(x, 25 + 10 - 4);
    assert_int_equal(y, 20 + 10 - 5);
    bk_surface_unref(image);
}

static void lives_without_a_screen(void **state)
{
    (void)state;
    view.canvas = (struct bk_canvas){ 0 };
    show(50, 40, 1);
    assert_true(bk_rectangle_is_empty(bk_view_paint(&view)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(centres_what_is_smaller, begin, end),
        cmocka_unit_test_setup_teardown(cuts_what_is_larger, begin, end),
        cmocka_unit_test_setup_teardown(paints_damage_alone, begin, end),
        cmocka_unit_test_setup_teardown(draws_the_cursor_over_it, begin, end),
        cmocka_unit_test_setup_teardown(leaves_it_to_the_card, begin, end),
        cmocka_unit_test_setup_teardown(lives_without_a_screen, begin, end),
    };

    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    bk_surface_unref(view.shown);
    return failed;
}
