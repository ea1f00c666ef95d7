/* SPDX-License-Identifier: Apache-2.0 */
/* What the compositor hears of apps that keep to the rules. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/input-event-codes.h>

#include "hub_bench.h"

#include "cable/display_hub.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define A 16U /* CIDs */
#define B 17U

static void assert_frame(struct bk_display_message message, uint32_t id, uint32_t x, uint32_t y, uint32_t width,
                         uint32_t height, uint32_t serial)
{
    assert_int_equal(message.type, BK_DISPLAY_FRAME);
    assert_int_equal(message.frame.id, id);
    assert_int_equal(message.frame.x, x);
    assert_int_equal(message.frame.y, y);
    assert_int_equal(message.frame.width, width);
    assert_int_equal(message.frame.height, height);
    assert_int_equal(message.frame.serial, serial);
}

static void tells_who_joins_and_leaves(void **state)
{
    (void)state;
    int a = plug(A), gone = plug(99);
    close(gone);
    settle();
    hear(0, 0); /* there is no compositor yet */
    greet();
    hear(A, BK_DISPLAY_PORT_JOINED);
    hear(0, 0);
    int b = join(B);
    close(a);
    hear(A, BK_DISPLAY_PORT_LEFT);
    a = join(A);
    close(b);
    close(a);
    settle();
    struct bk_display_port_record record;
    for (unsigned i = 0; i < 2; i++) {
        assert_true(hear_record(&record));
        assert_int_equal(record.message.type, BK_DISPLAY_PORT_LEFT);
    }
    hear(0, 0);
}

static void passes_on_what_an_app_says(void **state)
{
    (void)state;
    greet();
    int a = join(A);
    announce(a, 5, 40, 30);
    struct bk_display_message told = hear(A, BK_DISPLAY_SURFACE);
    assert_int_equal(told.surface.id, 5);
    assert_int_equal(told.surface.width, 40);
    assert_int_equal(told.surface.height, 30);
    assert_int_equal(told.surface.stride, 160);
    assert_int_equal(told.surface.size, 4800);
    assert_int_equal(told.surface.has_alpha, 0);
    frame(a, 5, 1, 2, 3, 4, 9);
    assert_frame(hear(A, BK_DISPLAY_FRAME), 5, 1, 2, 3, 4, 9);
    announce(a, 6, 64, 64);
    assert_int_equal(hear(A, BK_DISPLAY_SURFACE).surface.has_alpha, 1);
    cursor(a, 6, 7);
    told = hear(A, BK_DISPLAY_CURSOR);
    assert_int_equal(told.cursor.id, 6);
    assert_int_equal(told.cursor.hot_x, 7);
    app_say(a, (struct bk_display_message){ .type = BK_DISPLAY_CURSOR_MOVE, .cursor.x = 9 });
    hear(0, 0); /* where the pointer is, is the system's */
    withdraw(a, 6);
    assert_int_equal(hear(A, BK_DISPLAY_WITHDRAW).surface.id, 6);
    assert_true(is_plugged(a));
    close(a);
}

static void passes_on_what_the_compositor_says(void **state)
{
    (void)state;
    greet();
    int a = join(A), b = join(B);
    say(B, (struct bk_display_message){ .type = BK_DISPLAY_CONFIGURE, .configure = { 800, 600, 200, 150, 60000 } });
    struct bk_display_message told = app_hear(b, BK_DISPLAY_CONFIGURE);
    assert_int_equal(told.configure.width, 800);
    assert_int_equal(told.configure.height_mm, 150);
    const struct bk_display_port_record press[] = {
        { .cid = A, .message = { .type = BK_DISPLAY_INPUT, .input = { .type = EV_KEY, .code = KEY_A, .value = 1 } } },
        { .cid = A, .message = { .type = BK_DISPLAY_INPUT } },
    };
    say_bytes(press, sizeof press);
    told = app_hear(a, BK_DISPLAY_INPUT);
    assert_int_equal(told.input.code, KEY_A);
    assert_int_equal(told.input.value, 1);
    assert_int_equal(app_hear(a, BK_DISPLAY_INPUT).input.type, EV_SYN);
    greet(); /* a new compositor, which holds no key down */
    hear(A, BK_DISPLAY_PORT_JOINED);
    hear(B, BK_DISPLAY_PORT_JOINED);
    told = app_hear(a, BK_DISPLAY_INPUT);
    assert_int_equal(told.input.code, KEY_A);
    assert_int_equal(told.input.value, 0);
    assert_int_equal(app_hear(a, BK_DISPLAY_INPUT).input.type, EV_SYN);
    app_hear(b, 0);
    say(99, (struct bk_display_message){ .type = BK_DISPLAY_INPUT }); /* who left meanwhile */
    assert_true(is_plugged(a) && is_plugged(b));
    hear(0, 0);
    close(a);
    close(b);
}

/* Everything, to each compositor that comes; of what is shown, all of it. */
static void tells_a_new_compositor_everything(void **state)
{
    (void)state;
    int a = plug(A), b = plug(B);
    announce(a, 1, 32, 16);
    announce(a, 2, 32, 16);
    announce(a, 3, 64, 64);
    withdraw(a, 1);
    frame(a, 2, 3, 4, 5, 6, 10);
    frame(a, 2, 8, 8, 1, 1, 11);
    cursor(a, 3, 1);
    cursor(a, 3, 9);
    announce(b, 1, 8, 8);
    frame(b, 1, 0, 0, 8, 8, 1);
    blank(b);
    cursor(b, 0, 0);
    for (unsigned i = 0; i < 3; i++) {
        greet();
        hear(A, BK_DISPLAY_PORT_JOINED);
        uint32_t first = hear(A, BK_DISPLAY_SURFACE).surface.id, second = hear(A, BK_DISPLAY_SURFACE).surface.id;
        assert_int_equal(first + second, 2 + 3);
        assert_int_equal(hear(A, BK_DISPLAY_CURSOR).cursor.hot_x, 9);
        assert_frame(hear(A, BK_DISPLAY_FRAME), 2, 0, 0, 32, 16, 11);
        hear(B, BK_DISPLAY_PORT_JOINED);
        hear(B, BK_DISPLAY_SURFACE);
        assert_int_equal(hear(B, BK_DISPLAY_CURSOR).cursor.id, 0);
        hear(B, BK_DISPLAY_BLANK);
        hear(0, 0);
    }
    withdraw(a, 3); /* the cursor's */
    withdraw(a, 2); /* what is shown */
    hear(A, BK_DISPLAY_WITHDRAW);
    hear(A, BK_DISPLAY_WITHDRAW);
    close(b);
    hear(B, BK_DISPLAY_PORT_LEFT);
    greet();
    hear(A, BK_DISPLAY_PORT_JOINED);
    hear(0, 0);
    close(a);
}

/* More than what may wait for the guest, and nothing else happens that would have the hub go on. */
static void tells_much(void **state)
{
    int apps[20];
    unsigned counts[3] = { 0 };
    struct bk_display_port_record record;

    (void)state;
    for (uint32_t i = 0; i < 20; i++) {
        apps[i] = plug(A + i);
        for (uint32_t id = 1; id <= BK_DISPLAY_SURFACES_MAX; id++)
            announce(apps[i], id, 4, 4);
        frame(apps[i], 16, 0, 0, 1, 1, 1);
    }
    greet();
    while (hear_record(&record)) {
        counts[0] += record.message.type == BK_DISPLAY_PORT_JOINED;
        counts[1] += record.message.type == BK_DISPLAY_SURFACE;
        counts[2] += record.message.type == BK_DISPLAY_FRAME;
    }
    assert_int_equal(counts[0], 20);
    assert_int_equal(counts[1], 20 * BK_DISPLAY_SURFACES_MAX);
    assert_int_equal(counts[2], 20);
    for (unsigned i = 0; i < 20; i++)
        close(apps[i]);
}

static void joins_frames_that_wait(void **state)
{
    (void)state;
    greet();
    int a = join(A), b = join(B);
    announce(a, 1, 100, 80);
    hear(A, BK_DISPLAY_SURFACE);
    frame(a, 1, 0, 0, 100, 80, 1);
    assert_frame(hear(A, BK_DISPLAY_FRAME), 1, 0, 0, 100, 80, 1);
    frame(a, 1, 10, 20, 5, 5, 2);
    frame(a, 1, 50, 10, 10, 1, 3);
    frame(a, 1, 12, 60, 1, 4, 4);
    hear(0, 0); /* one is under way */
    announce(b, 1, 8, 8);
    hear(B, BK_DISPLAY_SURFACE);
    frame(b, 1, 0, 0, 8, 8, 1);
    hear(B, BK_DISPLAY_FRAME); /* of that app alone */
    say_done(A, 1);
    assert_frame(hear(A, BK_DISPLAY_FRAME), 1, 10, 10, 50, 54, 4);
    hear(0, 0);
    assert_int_equal(app_hear(a, BK_DISPLAY_FRAME_DONE).frame.serial, 1);
    say_done(A, 1); /* again: the fourth is still under way */
    frame(a, 1, 1, 1, 1, 1, 5);
    hear(0, 0);
    say_done(A, 4);
    assert_frame(hear(A, BK_DISPLAY_FRAME), 1, 1, 1, 1, 1, 5);
    close(a);
    close(b);
}

/* Damage that the compositor was not told is made up for by the next frame of that surface. */
static void loses_no_damage(void **state)
{
    (void)state;
    greet();
    int a = join(A);
    for (uint32_t id = 1; id <= 2; id++) {
        announce(a, id, 20, 10);
        hear(A, BK_DISPLAY_SURFACE);
    }
    frame(a, 1, 0, 0, 20, 10, 1);
    hear(A, BK_DISPLAY_FRAME);
    frame(a, 1, 3, 3, 1, 1, 2);
    frame(a, 2, 5, 5, 2, 2, 3); /* in its place */
    say_done(A, 1);
    assert_frame(hear(A, BK_DISPLAY_FRAME), 2, 5, 5, 2, 2, 3);
    say_done(A, 3);
    frame(a, 1, 9, 9, 1, 1, 4);
    assert_frame(hear(A, BK_DISPLAY_FRAME), 1, 0, 0, 20, 10, 4);
    frame(a, 1, 2, 2, 1, 1, 5);
    frame(a, 2, 5, 5, 2, 2, 6);
    frame(a, 1, 9, 9, 1, 1, 7); /* another surface in between */
    say_done(A, 4);
    assert_frame(hear(A, BK_DISPLAY_FRAME), 1, 0, 0, 20, 10, 7);
    frame(a, 1, 2, 2, 1, 1, 8);
    frame(a, 2, 5, 5, 2, 2, 9);
    withdraw(a, 2); /* what was in between is gone */
    hear(A, BK_DISPLAY_WITHDRAW);
    say_done(A, 7);
    hear(0, 0);
    frame(a, 1, 9, 9, 1, 1, 10);
    assert_frame(hear(A, BK_DISPLAY_FRAME), 1, 0, 0, 20, 10, 10);
    frame(a, 1, 4, 4, 2, 2, 11);
    blank(a);
    hear(A, BK_DISPLAY_BLANK);
    frame(a, 1, 6, 6, 1, 1, 12);
    assert_frame(hear(A, BK_DISPLAY_FRAME), 1, 0, 0, 20, 10, 12);
    say_done(A, 12);
    frame(a, 1, 6, 6, 1, 1, 13);
    assert_frame(hear(A, BK_DISPLAY_FRAME), 1, 6, 6, 1, 1, 13); /* and only the next */
    close(a);
}

static void tells_blank_at_once(void **state)
{
    (void)state;
    greet();
    int a = join(A);
    announce(a, 1, 20, 10);
    frame(a, 1, 0, 0, 20, 10, 1);
    frame(a, 1, 0, 0, 1, 1, 2);
    hear(A, BK_DISPLAY_SURFACE);
    hear(A, BK_DISPLAY_FRAME);
    blank(a);
    hear(A, BK_DISPLAY_BLANK); /* and not the second frame */
    hear(0, 0);
    say_done(A, 1); /* late, but it tells the app's guest to go on */
    assert_int_equal(app_hear(a, BK_DISPLAY_FRAME_DONE).frame.serial, 1);
    frame(a, 1, 0, 0, 20, 10, 3);
    hear(A, BK_DISPLAY_FRAME);
    close(a);
}

static void forgets_frames_of_what_was_withdrawn(void **state)
{
    (void)state;
    greet();
    int a = join(A);
    for (uint32_t id = 1; id <= 3; id++) {
        announce(a, id, 20, 10);
        hear(A, BK_DISPLAY_SURFACE);
    }
    frame(a, 1, 0, 0, 20, 10, 1);
    hear(A, BK_DISPLAY_FRAME);
    frame(a, 2, 0, 0, 20, 10, 2);
    withdraw(a, 2); /* before its frame was told */
    hear(A, BK_DISPLAY_WITHDRAW);
    say_done(A, 1);
    hear(0, 0);
    frame(a, 1, 0, 0, 20, 10, 3);
    hear(A, BK_DISPLAY_FRAME);
    frame(a, 3, 0, 0, 20, 10, 4);
    hear(0, 0);
    withdraw(a, 1); /* while its frame is under way: no answer is waited for */
    hear(A, BK_DISPLAY_WITHDRAW);
    assert_frame(hear(A, BK_DISPLAY_FRAME), 3, 0, 0, 20, 10, 4);
    hear(0, 0);
    close(a);
}

/* What nobody told the compositor it cannot have shown: the app's bk-vmm would take it for an offence. */
static void keeps_stale_answers_from_an_app(void **state)
{
    (void)state;
    greet();
    int a = join(A);
    say_done(A, 7);
    announce(a, 1, 20, 10);
    hear(A, BK_DISPLAY_SURFACE);
    frame(a, 1, 0, 0, 20, 10, 3);
    hear(A, BK_DISPLAY_FRAME);
    say_done(A, 7);
    app_hear(a, 0);
    frame(a, 1, 0, 0, 20, 10, 4);
    hear(0, 0);
    say_done(A, 3);
    assert_int_equal(app_hear(a, BK_DISPLAY_FRAME_DONE).frame.serial, 3);
    hear(A, BK_DISPLAY_FRAME);
    close(a);
    hear(A, BK_DISPLAY_PORT_LEFT);
    a = join(A);
    say_done(A, 4); /* of the cable before */
    app_hear(a, 0);
    close(a);
}

static void serials_wrap(void **state)
{
    (void)state;
    greet();
    int a = join(A);
    announce(a, 1, 20, 10);
    hear(A, BK_DISPLAY_SURFACE);
    frame(a, 1, 0, 0, 1, 1, UINT32_MAX);
    hear(A, BK_DISPLAY_FRAME);
    say_done(A, UINT32_MAX);
    frame(a, 1, 0, 0, 1, 1, 1);
    hear(A, BK_DISPLAY_FRAME);
    say_done(A, 1);
    assert_int_equal(app_hear(a, BK_DISPLAY_FRAME_DONE).frame.serial, UINT32_MAX);
    assert_int_equal(app_hear(a, BK_DISPLAY_FRAME_DONE).frame.serial, 1);
    close(a);
}

static void is_plugged_anew(void **state)
{
    uint64_t size;

    (void)state;
    greet();
    int a = join(A);
    announce(a, 1, 20, 10);
    hear(A, BK_DISPLAY_SURFACE);
    frame(a, 1, 0, 0, 20, 10, 1);
    hear(A, BK_DISPLAY_FRAME);
    int again = plug(A);
    assert_false(is_plugged(a));
    close(a);
    hear(A, BK_DISPLAY_PORT_LEFT);
    hear(A, BK_DISPLAY_PORT_JOINED);
    hear(0, 0);
    assert_int_equal(bk_display_hub_open(hub, bk_display_port_blob_id(A, 1), &size), -ENOENT);
    announce(again, 1, 8, 8); /* the same id, and its frame waits for nothing of before */
    assert_int_equal(hear(A, BK_DISPLAY_SURFACE).surface.width, 8);
    frame(again, 1, 2, 2, 1, 1, 1);
    assert_frame(hear(A, BK_DISPLAY_FRAME), 1, 2, 2, 1, 1, 1);
    close(again);
}

static void opens_surfaces(void **state)
{
    const uint64_t one = bk_display_port_blob_id(A, 0x80000001), two = bk_display_port_blob_id(B, 0x80000001);
    const struct bk_display_message message = surface(0x80000001, 16, 16);
    uint64_t size = 0;

    (void)state;
    int a = plug(A), b = plug(B);
    uint8_t *drawn;
    int memory = make_memory(8192, BK_DISPLAY_SEALS, 0x5c, &drawn); /* more than the surface */
    assert_true(send_with(a, &message, memory));
    announce(b, 0x80000001, 8, 8);
    for (unsigned i = 0; i < 2; i++) { /* whether or not there is a compositor */
        int fd = bk_display_hub_open(hub, one, &size);
        assert_true(fd >= 0);
        assert_int_equal(size, 1024);
        assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
        uint8_t *pixels = mmap(NULL, 1024, PROT_READ, MAP_SHARED, fd, 0);
        assert_ptr_not_equal(pixels, MAP_FAILED);
        assert_int_equal(pixels[1023], 0x5c);
        drawn[1023] = 0xab; /* the very same memory */
        assert_int_equal(pixels[1023], 0xab);
        drawn[1023] = 0x5c;
        munmap(pixels, 1024);
        close(fd);
        fd = bk_display_hub_open(hub, two, &size);
        assert_int_equal(size, 256);
        close(fd);
        say_hello();
    }
    static const uint64_t none[] = { 0,
                                     0x80000001,
                                     (uint64_t)A << 32,
                                     (uint64_t)A << 32 | 1,
                                     (uint64_t)(B + 1) << 32 | 0x80000001,
                                     (uint64_t)A << 33 | 0x80000001,
                                     UINT64_MAX };
    for (unsigned i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_int_equal(bk_display_hub_open(hub, none[i], &size), -ENOENT);
    assert_int_equal(size, 256); /* untouched */
    withdraw(b, 0x80000001);
    assert_int_equal(bk_display_hub_open(hub, two, &size), -ENOENT);
    close(a);
    settle();
    assert_int_equal(bk_display_hub_open(hub, one, &size), -ENOENT);
    close(b);
    close(memory);
    munmap(drawn, 8192);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, hub_setup, hub_teardown)
    const struct CMUnitTest tests[] = {
        TEST(tells_who_joins_and_leaves),
        TEST(passes_on_what_an_app_says),
        TEST(passes_on_what_the_compositor_says),
        TEST(tells_a_new_compositor_everything),
        TEST(tells_much),
        TEST(joins_frames_that_wait),
        TEST(loses_no_damage),
        TEST(tells_blank_at_once),
        TEST(forgets_frames_of_what_was_withdrawn),
        TEST(keeps_stale_answers_from_an_app),
        TEST(serials_wrap),
        TEST(is_plugged_anew),
        TEST(opens_surfaces),
    };

    return cmocka_run_group_tests_name("display_hub", tests, NULL, NULL);
}
