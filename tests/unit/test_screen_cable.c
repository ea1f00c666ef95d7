/* SPDX-License-Identifier: Apache-2.0 */
/* What bk-screen lets a VM say: hostile surfaces, frames and cursors. */
#define _GNU_SOURCE
#include "cable.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define SIDE  64U
#define SEALS BK_DISPLAY_SEALS

static struct bk_cable cable;
static struct bk_view view;
static uint8_t pixels[SIDE * SIDE * 4];

static int begin(void **state)
{
    const struct bk_canvas canvas = { .pixels = pixels, .width = SIDE, .height = SIDE, .stride = SIDE * 4 };

    (void)state;
    bk_cable_reset(&cable);
    bk_surface_unref(view.shown);
    view = (struct bk_view){ 0 };
    memset(pixels, 0, sizeof pixels);
    bk_view_set_canvas(&view, &canvas);
    return 0;
}

static int memory(size_t size, unsigned flags, int seals, uint8_t fill)
{
    int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING | flags);
    uint8_t *bytes = malloc(size);

    assert_true(fd >= 0 && bytes != NULL);
    memset(bytes, fill, size);
    assert_int_equal(write(fd, bytes, size), size);
    free(bytes);
    if (seals != 0)
        assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
    return fd;
}

static struct bk_display_message surface_message(uint32_t id)
{
    return (struct bk_display_message){
        .type = BK_DISPLAY_SURFACE,
        .surface = { .id = id,
                     .width = SIDE,
                     .height = SIDE,
                     .stride = SIDE * 4,
                     .size = sizeof pixels,
                     .has_alpha = 1 },
    };
}

static const char *take(struct bk_display_message message, int fd)
{
    return bk_cable_take(&cable, &view, &message, sizeof message, fd);
}

static const char *announce(uint32_t id, uint8_t fill)
{
    int fd = memory(sizeof pixels, 0, SEALS, fill);
    const char *refusal = take(surface_message(id), fd);

    close(fd);
    return refusal;
}

static const char *frame(uint32_t id, uint32_t x, uint32_t y, uint32_t width, uint32_t height, uint32_t serial)
{
    return take((struct bk_display_message){ .type = BK_DISPLAY_FRAME, .frame = { id, x, y, width, height, serial } },
                -1);
}

static void shows_a_frame(void **state)
{
    (void)state;
    assert_null(announce(1, 0x55));
    assert_null(frame(1, 0, 0, SIDE, SIDE, 1));
    bk_view_paint(&view);
    assert_int_equal(pixels[0], 0x55);
    assert_int_equal(pixels[sizeof pixels - 1], 0x55);
    assert_int_equal(cable.serial, 1);
    assert_null(take((struct bk_display_message){ .type = BK_DISPLAY_WITHDRAW, .surface.id = 1 }, -1));
    /* It is gone, and yet it stands there, should the screen have to be painted again. */
    memset(pixels, 0, sizeof pixels);
    const struct bk_canvas canvas = view.canvas;
    bk_view_set_canvas(&view, &canvas);
    bk_view_paint(&view);
    assert_int_equal(pixels[99], 0x55);
    assert_null(take((struct bk_display_message){ .type = BK_DISPLAY_BLANK }, -1));
    bk_view_paint(&view);
    assert_int_equal(pixels[99], 0);
}

static void refuses_wrong_geometry(void **state)
{
    const struct {
        uint32_t id, width, height, stride;
        uint64_t size;
        uint32_t has_alpha;
    } wrong[] = {
        { 0, SIDE, SIDE, SIDE * 4, sizeof pixels, 0 },
        { 1, 0, SIDE, SIDE * 4, sizeof pixels, 0 },
        { 1, SIDE, 0, SIDE * 4, sizeof pixels, 0 },
        { 1, 8193, 1, 8193 * 4, 8193 * 4, 0 },
        { 1, 1, 8193, 4, 8193 * 4, 0 },
        { 1, SIDE, SIDE, SIDE * 4 - 4, sizeof pixels, 0 },
        { 1, SIDE, SIDE, SIDE * 4 + 1, sizeof pixels * 2, 0 },
        { 1, SIDE, SIDE, SIDE * 4, sizeof pixels - 1, 0 },
        { 1, SIDE, SIDE, UINT32_MAX - 3, UINT64_MAX, 0 },
        { 1, 0x40000001, SIDE, 4, sizeof pixels, 0 },
        { 1, SIDE, SIDE, SIDE * 4, BK_DISPLAY_SURFACE_SIZE_MAX + 1, 0 },
        { 1, SIDE, SIDE, SIDE * 4, sizeof pixels, 2 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int fd = memory(sizeof pixels, 0, SEALS, 0);
        struct bk_display_message message = {
            .type = BK_DISPLAY_SURFACE,
            .surface = { wrong[i].id, wrong[i].width, wrong[i].height, wrong[i].stride, wrong[i].size,
                         wrong[i].has_alpha },
        };
        if (take(message, fd) == NULL)
            fail_msg("surface %zu was taken", i);
        close(fd);
    }
}

static void refuses_memory_that_can_vanish(void **state)
{
    static const int too_few[] = { 0,
                                   F_SEAL_SHRINK,
                                   F_SEAL_SEAL,
                                   F_SEAL_GROW | F_SEAL_SEAL,
                                   F_SEAL_SHRINK | F_SEAL_SEAL,
                                   F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE };
    char path[] = "/tmp/bk-screen-XXXXXX";
    int ends[2];
    int fd;

    (void)state;
    assert_non_null(take(surface_message(1), -1));
    for (size_t i = 0; i < sizeof too_few / sizeof too_few[0]; i++) {
        fd = memory(sizeof pixels, 0, too_few[i], 0);
        assert_non_null(take(surface_message(1), fd));
        close(fd);
    }
    fd = memory(sizeof pixels - 1, 0, SEALS, 0);
    assert_non_null(take(surface_message(1), fd));
    close(fd);

    fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(ftruncate(fd, sizeof pixels), 0);
    assert_non_null(take(surface_message(1), fd));
    close(fd);
    assert_int_equal(pipe(ends), 0);
    assert_non_null(take(surface_message(1), ends[0]));
    close(ends[0]);
    close(ends[1]);
    fd = memfd_create("huge", MFD_ALLOW_SEALING | MFD_HUGETLB);
    if (fd >= 0 && ftruncate(fd, 2 << 20) == 0 && fcntl(fd, F_ADD_SEALS, SEALS) == 0)
        assert_non_null(take(surface_message(1), fd));
    close(fd);
}

static void bounds_the_number_of_surfaces(void **state)
{
    (void)state;
    for (uint32_t id = 1; id <= BK_DISPLAY_SURFACES_MAX; id++)
        assert_null(announce(id, 0));
    assert_non_null(announce(99, 0));
    assert_null(take((struct bk_display_message){ .type = BK_DISPLAY_WITHDRAW, .surface.id = 3 }, -1));
    assert_non_null(announce(4, 0)); /* in use */
    assert_null(announce(3, 0));
    assert_non_null(take((struct bk_display_message){ .type = BK_DISPLAY_WITHDRAW, .surface.id = 77 }, -1));
}

static void refuses_frames_outside(void **state)
{
    (void)state;
    assert_null(announce(1, 0));
    assert_null(frame(1, SIDE, SIDE, 0, 0, 1));
    assert_non_null(frame(2, 0, 0, 1, 1, 1));
    assert_non_null(frame(1, 1, 0, SIDE, 1, 1));
    assert_non_null(frame(1, 0, 1, 1, SIDE, 1));
    assert_non_null(frame(1, UINT32_MAX, 0, 2, 1, 1));
    assert_non_null(frame(1, 0, 0, UINT32_MAX, UINT32_MAX, 1));
    assert_non_null(frame(1, 0, 0, 1, 1, 0));
}

static const char *cursor(uint32_t type, uint32_t id, int32_t x, int32_t y, uint32_t hot_x, uint32_t hot_y)
{
    return take((struct bk_display_message){ .type = type, .cursor = { id, x, y, hot_x, hot_y } }, -1);
}

static void checks_the_cursor(void **state)
{
    int fd = memory(sizeof pixels * 4, 0, SEALS, 0);
    struct bk_display_message message = surface_message(2);

    (void)state;
    assert_null(announce(1, 0));
    message.surface.width = SIDE * 2;
    message.surface.stride = SIDE * 8;
    message.surface.size = sizeof pixels * 2;
    assert_null(take(message, fd));
    message = surface_message(3);
    message.surface.has_alpha = 0;
    assert_null(take(message, fd));
    close(fd);

    assert_null(cursor(BK_DISPLAY_CURSOR, 1, 5, 5, 63, 63));
    assert_null(cursor(BK_DISPLAY_CURSOR, 0, 5, 5, 0, 0));
    assert_non_null(cursor(BK_DISPLAY_CURSOR, 2, 5, 5, 0, 0)); /* too wide */
    assert_non_null(cursor(BK_DISPLAY_CURSOR, 3, 5, 5, 0, 0)); /* no alpha */
    assert_non_null(cursor(BK_DISPLAY_CURSOR, 9, 5, 5, 0, 0));
    assert_non_null(cursor(BK_DISPLAY_CURSOR, 1, 5, 5, 64, 0));
    assert_non_null(cursor(BK_DISPLAY_CURSOR, 1, 5, 5, 0, UINT32_MAX));
    /* Anywhere, even out of the world, and painted without harm. */
    assert_null(cursor(BK_DISPLAY_CURSOR, 1, 0, 0, 3, 3));
    const int32_t places[] = { INT32_MIN, INT32_MAX, -64, -63, 0, 63, 64, 1 << 24 };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        assert_null(
            cursor(BK_DISPLAY_CURSOR_MOVE, 0, places[i], places[sizeof places / sizeof places[0] - 1 - i], 0, 0));
        bk_view_paint(&view);
    }
}

static void refuses_wrong_messages(void **state)
{
    struct bk_display_message message = { .type = BK_DISPLAY_BLANK };
    int fd = memory(16, 0, SEALS, 0);

    (void)state;
    assert_non_null(bk_cable_take(&cable, &view, &message, sizeof message - 1, -1));
    assert_non_null(bk_cable_take(&cable, &view, &message, 0, -1));
    assert_non_null(take(message, fd));
    close(fd);
    message.reserved = 1;
    assert_non_null(take(message, -1));
    assert_non_null(take((struct bk_display_message){ .type = 0 }, -1));
    assert_non_null(take((struct bk_display_message){ .type = BK_DISPLAY_CONFIGURE }, -1));
    assert_non_null(take((struct bk_display_message){ .type = BK_DISPLAY_INPUT }, -1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(shows_a_frame, begin),
        cmocka_unit_test_setup(refuses_wrong_geometry, begin),
        cmocka_unit_test_setup(refuses_memory_that_can_vanish, begin),
        cmocka_unit_test_setup(bounds_the_number_of_surfaces, begin),
        cmocka_unit_test_setup(refuses_frames_outside, begin),
        cmocka_unit_test_setup(checks_the_cursor, begin),
        cmocka_unit_test_setup(refuses_wrong_messages, begin),
    };

    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    begin(NULL); /* frees what is left */
    return failed;
}
