/* SPDX-License-Identifier: Apache-2.0 */
/* Keyboards and pointers into one keyboard and one pointer: scaling, and what is told when. */
#define _GNU_SOURCE
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct bk_input input;
static struct bk_input_device *keyboard, *tablet, *mouse;
static char told[512]; /* "K30+ P0=32767 P|": keys, axes, reports */
static unsigned room;  /* messages that the cable takes */

static bool take(void *userdata, const struct bk_display_message *message)
{
    char device = message->input.device == BK_DISPLAY_KEYBOARD ? 'K' : 'P';
    size_t used = strlen(told);

    (void)userdata;
    if (room == 0)
        return false;
    room--;
    assert_int_equal(message->type, BK_DISPLAY_INPUT);
    if (message->input.type == EV_SYN)
        snprintf(told + used, sizeof told - used, "%c| ", device);
    else if (message->input.type == EV_KEY)
        snprintf(told + used, sizeof told - used, "%c%u%c ", device, message->input.code,
                 message->input.value ? '+' : '-');
    else
        snprintf(told + used, sizeof told - used, "%c%s%u=%d ", device, message->input.type == EV_REL ? "r" : "",
                 message->input.code, message->input.value);
    return true;
}

static const char *tell(void)
{
    told[0] = '\0';
    bk_input_tell(&input, take, NULL);
    return told;
}

static struct bk_input_device *add(unsigned classes, int32_t maximum)
{
    const struct bk_screen_control_message message = { BK_SCREEN_INPUT, classes, { 0, maximum }, { 0, maximum } };
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(bk_input_add(&input, fd, &message), 0);
    for (size_t i = 0; i < BK_INPUT_DEVICES_MAX; i++) {
        if (input.devices[i].fd == fd)
            return &input.devices[i];
    }
    return NULL;
}

static int begin(void **state)
{
    (void)state;
    bk_input_init(&input);
    input.width = 1001;
    input.height = 501;
    room = UINT32_MAX;
    keyboard = add(BK_SCREEN_KEYBOARD, 1);
    tablet = add(BK_SCREEN_POINTER_ABSOLUTE, 999);
    mouse = add(BK_SCREEN_POINTER_RELATIVE, 1);
    tell();
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_INPUT_DEVICES_MAX; i++) {
        if (input.devices[i].fd >= 0)
            bk_input_remove(&input, &input.devices[i]);
    }
    return 0;
}

static bool event(struct bk_input_device *device, unsigned type, unsigned code, int32_t value)
{
    const struct input_event made = { .type = (uint16_t)type, .code = (uint16_t)code, .value = value };

    return bk_input_take(&input, device, &made);
}

static void scales(void **state)
{
    const struct bk_screen_range plain = { 0, 32767 }, small = { 0, 1 }, shifted = { -100, 100 },
                                 widest = { INT32_MIN, INT32_MAX };

    (void)state;
    assert_int_equal(bk_input_scale(0, plain), 0);
    assert_int_equal(bk_input_scale(12345, plain), 12345);
    assert_int_equal(bk_input_scale(32767, plain), 32767);
    assert_int_equal(bk_input_scale(40000, plain), 32767);
    assert_int_equal(bk_input_scale(-1, plain), 0);
    assert_int_equal(bk_input_scale(1, small), 32767);
    assert_int_equal(bk_input_scale(0, shifted), 16384);
    assert_int_equal(bk_input_scale(INT32_MIN, widest), 0);
    assert_int_equal(bk_input_scale(0, widest), 16384);
    assert_int_equal(bk_input_scale(INT32_MAX, widest), 32767);
}

static void keys_go_down_and_up(void **state)
{
    (void)state;
    event(keyboard, EV_KEY, KEY_A, 1);
    assert_true(event(keyboard, EV_SYN, SYN_REPORT, 0));
    assert_string_equal(tell(), "K30+ K| ");
    event(keyboard, EV_KEY, KEY_A, 2); /* the kernel's own repetition */
    assert_string_equal(tell(), "");
    event(keyboard, EV_KEY, KEY_A, 0);
    assert_string_equal(tell(), "K30- K| ");
    event(keyboard, EV_KEY, KEY_CNT, 1);
    event(keyboard, EV_KEY, 0xffff, 1);
    assert_string_equal(tell(), "");
}

static void pointers_share_a_position(void **state)
{
    (void)state;
    event(tablet, EV_ABS, ABS_X, 999);
    event(tablet, EV_ABS, ABS_Y, 0);
    event(tablet, EV_KEY, BTN_LEFT, 1);
    assert_string_equal(tell(), "P0=32767 P1=0 P272+ P| ");
    event(mouse, EV_REL, REL_X, -500);
    event(mouse, EV_REL, REL_Y, -5);
    assert_string_equal(tell(), "P0=16384 P| ");
    event(mouse, EV_REL, REL_X, INT32_MAX);
    event(mouse, EV_REL, REL_Y, INT32_MAX);
    assert_string_equal(tell(), "P0=32767 P1=32767 P| ");
    event(keyboard, EV_REL, REL_X, -10); /* is no mouse */
    event(mouse, EV_ABS, ABS_X, 0);      /* is no tablet */
    assert_string_equal(tell(), "");
}

static void one_pixel_at_a_time_adds_up(void **state)
{
    (void)state;
    event(mouse, EV_REL, REL_X, -5000);
    for (unsigned i = 0; i < 1000; i++)
        event(mouse, EV_REL, REL_X, 1);
    assert_string_equal(tell(), "P0=32767 P| ");
}

static void wheels_turn(void **state)
{
    (void)state;
    event(mouse, EV_REL, REL_WHEEL, 1);
    event(mouse, EV_REL, REL_WHEEL, 1);
    event(mouse, EV_REL, REL_WHEEL_HI_RES, -240);
    event(mouse, EV_REL, REL_HWHEEL, -1);
    assert_string_equal(tell(), "Pr8=2 Pr11=-240 Pr6=-1 P| ");
    assert_string_equal(tell(), "");
}

static void touching_is_a_click(void **state)
{
    (void)state;
    event(tablet, EV_KEY, BTN_TOUCH, 1);
    assert_string_equal(tell(), "P272+ P| ");
}

static void nothing_is_lost_when_the_cable_is_full(void **state)
{
    (void)state;
    event(keyboard, EV_KEY, KEY_A, 1);
    event(keyboard, EV_KEY, KEY_S, 1);
    room = 1;
    assert_string_equal(tell(), "K30+ ");
    event(keyboard, EV_KEY, KEY_A, 0);
    event(keyboard, EV_KEY, KEY_S, 0);
    room = 1;
    assert_string_equal(tell(), "K30- "); /* S went down and up and is nothing to tell of */
    room = 0;
    assert_string_equal(tell(), "");
    room = 9;
    assert_string_equal(tell(), "K| ");
}

static void no_key_hangs(void **state)
{
    struct bk_input_device *second = add(BK_SCREEN_KEYBOARD, 1);

    (void)state;
    event(keyboard, EV_KEY, KEY_A, 1);
    event(second, EV_KEY, KEY_A, 1);
    event(second, EV_KEY, KEY_B, 1);
    assert_string_equal(tell(), "K30+ K48+ K| ");
    bk_input_remove(&input, second);
    assert_string_equal(tell(), "K48- K| "); /* A is still held on the other one */
    event(keyboard, EV_SYN, SYN_DROPPED, 0);
    event(keyboard, EV_KEY, KEY_C, 1);
    assert_string_equal(tell(), "K30- K| ");
    assert_true(event(keyboard, EV_SYN, SYN_REPORT, 0));
    event(keyboard, EV_KEY, KEY_C, 1);
    assert_string_equal(tell(), "K46+ K| ");
}

static void a_new_vm_hears_how_things_are(void **state)
{
    (void)state;
    event(keyboard, EV_KEY, KEY_A, 1);
    event(mouse, EV_REL, REL_WHEEL, 1);
    tell();
    bk_input_forget(&input);
    assert_string_equal(tell(), "P0=16384 P1=16384 K30+ K| P| ");
}

static void a_device_that_ends_is_forgotten(void **state)
{
    (void)state;
    event(keyboard, EV_KEY, KEY_A, 1);
    tell();
    bk_input_read(&input, keyboard); /* /dev/null ends at once */
    assert_int_equal(keyboard->fd, -1);
    assert_string_equal(tell(), "K30- K| ");
}

static void bounds_the_number_of_devices(void **state)
{
    const struct bk_screen_control_message message = { .type = BK_SCREEN_INPUT, .classes = BK_SCREEN_KEYBOARD };

    (void)state;
    for (unsigned i = 3; i < BK_INPUT_DEVICES_MAX; i++)
        add(BK_SCREEN_KEYBOARD, 1);
    assert_int_equal(bk_input_add(&input, open("/dev/null", O_RDONLY), &message), -ENOSPC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(scales, begin, end),
        cmocka_unit_test_setup_teardown(keys_go_down_and_up, begin, end),
        cmocka_unit_test_setup_teardown(pointers_share_a_position, begin, end),
        cmocka_unit_test_setup_teardown(one_pixel_at_a_time_adds_up, begin, end),
        cmocka_unit_test_setup_teardown(wheels_turn, begin, end),
        cmocka_unit_test_setup_teardown(touching_is_a_click, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_lost_when_the_cable_is_full, begin, end),
        cmocka_unit_test_setup_teardown(no_key_hangs, begin, end),
        cmocka_unit_test_setup_teardown(a_new_vm_hears_how_things_are, begin, end),
        cmocka_unit_test_setup_teardown(a_device_that_ends_is_forgotten, begin, end),
        cmocka_unit_test_setup_teardown(bounds_the_number_of_devices, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
