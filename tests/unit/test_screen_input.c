/* SPDX-License-Identifier: Apache-2.0 */
/* Keyboards, pointers and touchscreens into one of each: scaling, and what is told when. */
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
static struct bk_input_device *keyboard, *tablet, *mouse, *touchscreen;
static char told[1024]; /* "K30+ P0=32767 P|": keys, axes, reports */
static unsigned room;   /* messages that the cable takes */

static bool take(void *userdata, const struct bk_display_message *message)
{
    static const char names[] = "KPT";
    char device = names[message->input.device];
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
    touchscreen = add(BK_SCREEN_TOUCH, 999);
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

static bool report(struct bk_input_device *device)
{
    return event(device, EV_SYN, SYN_REPORT, 0);
}

/* As the kernel's protocol B has it; `id` -1: it went. */
static void finger(struct bk_input_device *device, int32_t slot, int32_t id, int32_t x, int32_t y)
{
    event(device, EV_ABS, ABS_MT_SLOT, slot);
    event(device, EV_ABS, ABS_MT_TRACKING_ID, id);
    if (id < 0)
        return;
    event(device, EV_ABS, ABS_MT_POSITION_X, x);
    event(device, EV_ABS, ABS_MT_POSITION_Y, y);
}

static void fingers_come_move_and_go(void **state)
{
    (void)state;
    finger(touchscreen, 0, 77, 0, 999);
    assert_string_equal(tell(), ""); /* a report is not complete */
    assert_true(report(touchscreen));
    assert_string_equal(tell(), "T47=0 T57=0 T53=0 T54=32767 T| ");
    finger(touchscreen, 1, 78, 500, 500);
    assert_true(report(touchscreen));
    assert_string_equal(tell(), "T47=1 T57=1 T53=16400 T54=16400 T| ");
    event(touchscreen, EV_ABS, ABS_MT_POSITION_X, 999);
    report(touchscreen);
    assert_string_equal(tell(), "T53=32767 T| ");
    finger(touchscreen, 0, -1, 0, 0);
    report(touchscreen);
    assert_string_equal(tell(), "T47=0 T57=-1 T| ");
    finger(touchscreen, 0, 79, 999, 999); /* went and came within a report: it is another one */
    finger(touchscreen, 1, 80, 0, 0);
    report(touchscreen);
    assert_string_equal(tell(), "T57=2 T53=32767 T47=1 T57=-1 T| T57=3 T53=0 T54=0 T| ");
}

static void a_touchscreen_is_no_pointer_too(void **state)
{
    (void)state;
    event(touchscreen, EV_KEY, BTN_TOUCH, 1);
    event(touchscreen, EV_KEY, BTN_TOOL_DOUBLETAP, 1);
    event(touchscreen, EV_ABS, ABS_X, 999);
    event(touchscreen, EV_ABS, ABS_MT_PRESSURE, 999);
    report(touchscreen);
    assert_string_equal(tell(), "");
    event(tablet, EV_ABS, ABS_MT_TRACKING_ID, 1); /* and a tablet no touchscreen */
    report(tablet);
    assert_string_equal(tell(), "");
}

static void no_finger_hangs(void **state)
{
    struct bk_input_device *second = add(BK_SCREEN_TOUCH, 999);

    (void)state;
    finger(touchscreen, 0, 1, 0, 0);
    finger(second, 0, 1, 999, 999);
    report(touchscreen);
    report(second);
    assert_string_equal(tell(), "T47=0 T57=0 T53=0 T54=0 T47=1 T57=1 T53=32767 T54=32767 T| ");
    bk_input_remove(&input, second);
    assert_string_equal(tell(), "T57=-1 T| ");
    event(touchscreen, EV_SYN, SYN_DROPPED, 0);
    assert_string_equal(tell(), "T47=0 T57=-1 T| ");
    finger(touchscreen, 0, 2, 5, 5); /* void, like all up to the report */
    report(touchscreen);
    event(touchscreen, EV_ABS, ABS_MT_POSITION_X, 7); /* of a finger that is down, and was let go of */
    report(touchscreen);
    assert_string_equal(tell(), "");
    finger(touchscreen, 0, 3, 0, 0);
    report(touchscreen);
    assert_string_equal(tell(), "T57=2 T| "); /* where the first had been */
}

static void bounds_the_number_of_fingers(void **state)
{
    struct bk_input_device *second = add(BK_SCREEN_TOUCH, 999);

    (void)state;
    for (int32_t slot = 0; slot < (int32_t)BK_DISPLAY_TOUCHES_MAX - 1; slot++)
        finger(touchscreen, slot, slot, 1, 1);
    report(touchscreen);
    finger(second, 3, 1, 2, 2);
    finger(second, 4, 2, 3, 3); /* the eleventh */
    finger(second, BK_INPUT_SLOTS_MAX, 3, 4, 4);
    finger(second, INT32_MAX, 4, 4, 4);
    finger(second, INT32_MIN, 5, 4, 4);
    report(second);
    tell();
    assert_non_null(strstr(told, "T47=9 T57=9 T53=66 T54=66 T| "));
    finger(second, 3, -1, 0, 0);
    report(second);
    finger(second, 4, 2, 5, 5);
    report(second);
    assert_string_equal(tell(), "T57=-1 T| "); /* it came when there was no place for it */
}

static void a_click_of_one_finger(void **state)
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
    finger(touchscreen, 5, 9, 0, 0);
    report(touchscreen);
    tell();
    bk_input_forget(&input);
    assert_string_equal(tell(), "P0=16384 P1=16384 K30+ T47=0 T57=0 T53=0 T54=0 K| P| T| ");
}

static void a_device_that_ends_is_forgotten(void **state)
{
    (void)state;
    event(keyboard, EV_KEY, KEY_A, 1);
    finger(touchscreen, 0, 9, 0, 0);
    report(touchscreen);
    tell();
    bk_input_read(&input, keyboard); /* /dev/null ends at once */
    assert_int_equal(keyboard->fd, -1);
    assert_string_equal(tell(), "K30- K| ");
    bk_input_read(&input, touchscreen);
    assert_string_equal(tell(), "T57=-1 T| ");
}

static void bounds_the_number_of_devices(void **state)
{
    const struct bk_screen_control_message message = { .type = BK_SCREEN_INPUT, .classes = BK_SCREEN_KEYBOARD };

    (void)state;
    for (unsigned i = 4; i < BK_INPUT_DEVICES_MAX; i++)
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
        cmocka_unit_test_setup_teardown(a_click_of_one_finger, begin, end),
        cmocka_unit_test_setup_teardown(fingers_come_move_and_go, begin, end),
        cmocka_unit_test_setup_teardown(a_touchscreen_is_no_pointer_too, begin, end),
        cmocka_unit_test_setup_teardown(no_finger_hangs, begin, end),
        cmocka_unit_test_setup_teardown(bounds_the_number_of_fingers, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_lost_when_the_cable_is_full, begin, end),
        cmocka_unit_test_setup_teardown(no_key_hangs, begin, end),
        cmocka_unit_test_setup_teardown(a_new_vm_hears_how_things_are, begin, end),
        cmocka_unit_test_setup_teardown(a_device_that_ends_is_forgotten, begin, end),
        cmocka_unit_test_setup_teardown(bounds_the_number_of_devices, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
