/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of what a VM says on its display cable: what is taken, at which place, and what is refused. */
#define _GNU_SOURCE
#include "display_check.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define SIDE  BK_DISPLAY_CURSOR_SIDE
#define BYTES ((size_t)SIDE * SIDE * 4)
#define SEALS BK_DISPLAY_SEALS

static struct bk_display_check check;

static int begin(void **state)
{
    (void)state;
    check = (struct bk_display_check){ 0 };
    return 0;
}

static struct bk_display_message surface(uint32_t id)
{
    return (struct bk_display_message){
        .type = BK_DISPLAY_SURFACE,
        .surface = { .id = id, .width = SIDE, .height = SIDE, .stride = SIDE * 4, .size = BYTES, .has_alpha = 1 },
    };
}

static struct bk_display_message frame(uint32_t id, uint32_t x, uint32_t width, uint32_t serial)
{
    return (struct bk_display_message){
        .type = BK_DISPLAY_FRAME,
        .frame = { .id = id, .x = x, .width = width, .height = SIDE, .serial = serial },
    };
}

static struct bk_display_message cursor(uint32_t id, uint32_t hot_x, uint32_t hot_y)
{
    return (struct bk_display_message){ .type = BK_DISPLAY_CURSOR,
                                        .cursor = { .id = id, .hot_x = hot_x, .hot_y = hot_y } };
}

/* The place; -2 when it was refused. */
static int take(struct bk_display_message message)
{
    int place = -3;

    if (bk_display_check_message(&check, &message, &place) != NULL) {
        assert_int_equal(place, -3); /* not touched */
        return -2;
    }
    return place;
}

static void a_surface_has_a_place(void **state)
{
    (void)state;
    int first = take(surface(7)), second = take(surface(8));
    assert_true(first >= 0 && first < (int)BK_DISPLAY_SURFACES_MAX && second >= 0 && second != first);
    assert_int_equal(take(frame(8, 0, SIDE, 1)), second);
    assert_int_equal(take(frame(7, SIDE, 0, 1)), first); /* nothing changed */
    assert_int_equal(take(cursor(8, 63, 63)), second);
    assert_int_equal(take(cursor(0, 0, 0)), -1);
    assert_int_equal(take((struct bk_display_message){ .type = BK_DISPLAY_BLANK }), -1);
    assert_int_equal(take((struct bk_display_message){ .type = BK_DISPLAY_CURSOR_MOVE, .cursor.x = INT32_MIN }), -1);
    assert_int_equal(take((struct bk_display_message){ .type = BK_DISPLAY_WITHDRAW, .surface.id = 7 }), first);
    assert_int_equal(take(frame(7, 0, SIDE, 2)), -2);
    assert_int_equal(take((struct bk_display_message){ .type = BK_DISPLAY_WITHDRAW, .surface.id = 7 }), -2);
    assert_int_equal(take(surface(9)), first); /* the free one */
}

static void surfaces_have_a_most(void **state)
{
    (void)state;
    for (uint32_t id = 1; id <= BK_DISPLAY_SURFACES_MAX; id++)
        assert_true(take(surface(id)) >= 0);
    assert_int_equal(take(surface(99)), -2);
    assert_true(take((struct bk_display_message){ .type = BK_DISPLAY_WITHDRAW, .surface.id = 5 }) >= 0);
    assert_int_equal(take(surface(6)), -2); /* in use */
    assert_true(take(surface(99)) >= 0);
}

static void the_largest_surface_is_taken(void **state)
{
    struct bk_display_message message = surface(1);

    (void)state;
    message.surface.width = message.surface.height = BK_DISPLAY_SIDE_MAX;
    message.surface.stride = BK_DISPLAY_STRIDE_MAX;
    message.surface.size = BK_DISPLAY_SURFACE_SIZE_MAX;
    assert_true(take(message) >= 0);
}

static void lies_are_refused(void **state)
{
    struct bk_display_message wrong[40];
    size_t count = 0;

    (void)state;
#define WRONG(what, field, number)     \
    do {                               \
        wrong[count] = (what);         \
        wrong[count].field = (number); \
        count++;                       \
    } while (0)
    WRONG(surface(2), surface.id, 0);
    WRONG(surface(2), surface.id, 1);
    WRONG(surface(2), surface.width, 0);
    WRONG(surface(2), surface.width, BK_DISPLAY_SIDE_MAX + 1);
    WRONG(surface(2), surface.width, 0x40000001); /* times 4 is 4 */
    WRONG(surface(2), surface.height, 0);
    WRONG(surface(2), surface.height, UINT32_MAX);
    WRONG(surface(2), surface.stride, SIDE * 4 - 4);
    WRONG(surface(2), surface.stride, SIDE * 4 + 1);
    WRONG(surface(2), surface.stride, UINT32_MAX - 3);
    WRONG(surface(2), surface.size, BYTES - 1);
    WRONG(surface(2), surface.size, BK_DISPLAY_SURFACE_SIZE_MAX + 1);
    WRONG(surface(2), surface.size, UINT64_MAX);
    WRONG(surface(2), surface.has_alpha, 2);
    WRONG(surface(2), reserved, 1);
    WRONG(frame(1, 0, SIDE, 1), frame.id, 0);
    WRONG(frame(1, 0, SIDE, 1), frame.id, 2);
    WRONG(frame(1, 0, SIDE, 1), frame.serial, 0);
    WRONG(frame(1, 0, SIDE, 1), frame.x, 1);
    WRONG(frame(1, 0, SIDE, 1), frame.y, UINT32_MAX);
    WRONG(frame(1, 0, SIDE, 1), frame.width, UINT32_MAX);
    WRONG(frame(1, 0, SIDE, 1), frame.height, SIDE + 1);
    WRONG(cursor(1, 0, 0), cursor.id, 2);
    WRONG(cursor(1, 0, 0), cursor.id, 3); /* too wide */
    WRONG(cursor(1, 0, 0), cursor.id, 4); /* no alpha */
    WRONG(cursor(1, 0, 0), cursor.hot_x, SIDE);
    WRONG(cursor(0, 0, 0), cursor.hot_y, UINT32_MAX);
    WRONG((struct bk_display_message){ .type = BK_DISPLAY_WITHDRAW }, surface.id, 0);
    WRONG((struct bk_display_message){ .type = BK_DISPLAY_WITHDRAW }, surface.id, 2);
    WRONG((struct bk_display_message){ 0 }, type, 0);
    WRONG((struct bk_display_message){ 0 }, type, BK_DISPLAY_CONFIGURE);
    WRONG((struct bk_display_message){ 0 }, type, BK_DISPLAY_INPUT);
    WRONG((struct bk_display_message){ 0 }, type, UINT32_MAX);
#undef WRONG
    for (size_t i = 0; i < count; i++) {
        struct bk_display_message wide = surface(3), opaque = surface(4);

        begin(NULL);
        wide.surface.width = SIDE * 2;
        wide.surface.stride = SIDE * 8;
        wide.surface.size = BYTES * 2;
        opaque.surface.has_alpha = 0;
        assert_true(take(surface(1)) >= 0 && take(wide) >= 0 && take(opaque) >= 0);
        if (take(wrong[i]) != -2)
            fail_msg("message %zu was taken", i);
    }
}

static int memory(size_t size, int seals)
{
    int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    if (seals != 0)
        assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
    return fd;
}

static bool is_taken(const struct bk_display_message *message, size_t size, int fd)
{
    struct bk_display_message copy;
    int place;

    return bk_display_check_datagram(&check, message, size, fd, &copy, &place) == NULL && copy.type == message->type;
}

static void a_datagram_brings_its_descriptor(void **state)
{
    const struct bk_display_message announced = surface(1), shown = frame(1, 0, SIDE, 1);
    int good = memory(BYTES, SEALS), small = memory(BYTES - 1, SEALS), loose = memory(BYTES, F_SEAL_SHRINK);

    (void)state;
    assert_false(is_taken(&announced, sizeof announced, -1));
    assert_false(is_taken(&announced, sizeof announced, small));
    assert_false(is_taken(&announced, sizeof announced, loose));
    assert_false(is_taken(&announced, sizeof announced - 1, good));
    assert_true(is_taken(&announced, sizeof announced, good));
    assert_false(is_taken(&shown, sizeof shown, good));
    assert_false(is_taken(&shown, 0, -1));
    assert_true(is_taken(&shown, sizeof shown, -1));
    close(good);
    close(small);
    close(loose);
}

static void only_memory_that_stays_is_taken(void **state)
{
    static const int too_few[] = { 0,
                                   F_SEAL_SHRINK,
                                   F_SEAL_SEAL,
                                   F_SEAL_GROW | F_SEAL_SEAL,
                                   F_SEAL_SHRINK | F_SEAL_SEAL,
                                   F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE };
    char path[] = "/tmp/bk-display-XXXXXX";
    int fd, ends[2];

    (void)state;
    for (size_t i = 0; i < sizeof too_few / sizeof too_few[0]; i++) {
        fd = memory(BYTES, too_few[i]);
        assert_non_null(bk_display_check_memory(fd, BYTES));
        close(fd);
    }
    fd = memory(BYTES, F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL);
    assert_null(bk_display_check_memory(fd, BYTES));
    assert_non_null(bk_display_check_memory(fd, BYTES + 1));
    assert_non_null(bk_display_check_memory(fd, UINT64_MAX));
    close(fd);
    fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(ftruncate(fd, (off_t)BYTES), 0);
    assert_non_null(bk_display_check_memory(fd, BYTES));
    close(fd);
    assert_int_equal(pipe(ends), 0);
    assert_non_null(bk_display_check_memory(ends[0], BYTES));
    close(ends[0]);
    close(ends[1]);
    fd = memfd_create("huge", MFD_ALLOW_SEALING | MFD_HUGETLB);
    if (fd >= 0 && ftruncate(fd, 2 << 20) == 0 && fcntl(fd, F_ADD_SEALS, SEALS) == 0)
        assert_non_null(bk_display_check_memory(fd, BYTES));
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_surface_has_a_place, begin),
        cmocka_unit_test_setup(surfaces_have_a_most, begin),
        cmocka_unit_test_setup(the_largest_surface_is_taken, begin),
        cmocka_unit_test_setup(lies_are_refused, begin),
        cmocka_unit_test_setup(a_datagram_brings_its_descriptor, begin),
        cmocka_unit_test_setup(only_memory_that_stays_is_taken, begin),
    };

    return cmocka_run_group_tests_name("display_check", tests, NULL, NULL);
}
