/* SPDX-License-Identifier: Apache-2.0 */
/* What keyboard, pointer and touchscreen say on a display cable: the difference, whatever the cable takes. */
#include "display_input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LIMITLESS UINT32_MAX

static struct bk_display_input input;
static char told[1024]; /* "K30+ P0=5 T:2 T#7 Tx=1 T| ": keys, axes, slot, finger, its place, reports */
static unsigned room;   /* messages that the cable takes */

/* What a receiver makes of the fingers. */
static struct {
    int32_t slot;
    struct bk_display_finger fingers[BK_DISPLAY_TOUCHES_MAX];
    uint32_t lifted; /* bits of slots, since the last report */
    unsigned downs, ups;
} model;

static void note_touch(unsigned code, int32_t value)
{
    if (code == ABS_MT_SLOT) {
        assert_in_range(value, 0, BK_DISPLAY_TOUCHES_MAX - 1);
        model.slot = value;
        return;
    }
    struct bk_display_finger *finger = &model.fingers[model.slot];
    if (code == ABS_MT_TRACKING_ID) {
        assert_true((value < 0) != (finger->id < 0)); /* never one finger in another's place */
        assert_false(value >= 0 && (model.lifted >> model.slot & 1) != 0);
        if (value < 0) {
            model.lifted |= 1U << model.slot;
            model.ups++;
        } else {
            model.downs++;
        }
        finger->id = value;
    } else if (code == ABS_MT_POSITION_X) {
        finger->x = value;
    } else {
        assert_int_equal(code, ABS_MT_POSITION_Y);
        finger->y = value;
    }
}

static bool take(void *userdata, const struct bk_display_message *message)
{
    static const char names[] = "KPT";
    char device = names[message->input.device];
    unsigned code = message->input.code;
    size_t used = strlen(told);

    (void)userdata;
    if (room == 0)
        return false;
    room--;
    assert_int_equal(message->type, BK_DISPLAY_INPUT);
    assert_in_range(message->input.device, 0, 2);
    if (message->input.type == EV_SYN)
        snprintf(told + used, sizeof told - used, "%c| ", device);
    else if (message->input.type == EV_KEY)
        snprintf(told + used, sizeof told - used, "%c%u%c ", device, code, message->input.value ? '+' : '-');
    else if (code == ABS_MT_SLOT || code == ABS_MT_TRACKING_ID)
        snprintf(told + used, sizeof told - used, "T%c%d ", code == ABS_MT_SLOT ? ':' : '#', message->input.value);
    else if (device == 'T')
        snprintf(told + used, sizeof told - used, "T%c=%d ", code == ABS_MT_POSITION_X ? 'x' : 'y',
                 message->input.value);
    else
        snprintf(told + used, sizeof told - used, "%c%s%u=%d ", device, message->input.type == EV_REL ? "r" : "", code,
                 message->input.value);
    if (device == 'T' && message->input.type == EV_ABS)
        note_touch(code, message->input.value);
    else if (device == 'T')
        model.lifted = 0;
    return true;
}

static const char *tell_with(unsigned messages)
{
    told[0] = '\0';
    room = messages;
    bool all = bk_display_input_tell(&input, take, NULL);
    if (messages == LIMITLESS)
        assert_true(all);
    return told;
}

static const char *tell(void)
{
    return tell_with(LIMITLESS);
}

static int begin(void **state)
{
    (void)state;
    bk_display_input_init(&input);
    memset(&model, 0, sizeof model);
    for (unsigned i = 0; i < BK_DISPLAY_TOUCHES_MAX; i++)
        model.fingers[i].id = -1;
    return 0;
}

static void nothing_is_nothing_to_tell(void **state)
{
    (void)state;
    assert_string_equal(tell(), "");
}

static void keys_and_the_pointer_are_told_once(void **state)
{
    (void)state;
    bk_display_input_point(&input, 5, 0);
    bk_display_input_key(&input, KEY_A, true);
    bk_display_input_key(&input, BTN_LEFT, true);
    bk_display_input_key(&input, KEY_CNT, true); /* there is none */
    assert_true(bk_display_input_is_down(&input, KEY_A));
    assert_false(bk_display_input_is_down(&input, KEY_CNT));
    assert_string_equal(tell(), "P0=5 P1=0 K30+ P272+ K| P| ");
    assert_string_equal(tell(), "");
    bk_display_input_release(&input);
    assert_false(bk_display_input_is_down(&input, KEY_A));
    assert_string_equal(tell(), "K30- P272- K| P| ");
}

static void wheels_add_up_and_have_a_most(void **state)
{
    (void)state;
    bk_display_input_turn(&input, REL_WHEEL, 1);
    bk_display_input_turn(&input, REL_WHEEL, 1);
    bk_display_input_turn(&input, REL_HWHEEL_HI_RES, -120);
    bk_display_input_turn(&input, REL_DIAL, 9);
    assert_string_equal(tell(), "Pr8=2 Pr12=-120 P| ");
    for (unsigned i = 0; i < 3; i++)
        bk_display_input_turn(&input, REL_WHEEL, INT32_MIN);
    assert_string_equal(tell(), "Pr8=-1048576 P| ");
}

static void fingers_come_move_and_go(void **state)
{
    (void)state;
    assert_int_equal(bk_display_input_free_place(&input), 0);
    bk_display_input_touch(&input, 0, 0, 7);
    assert_int_equal(bk_display_input_free_place(&input), 1);
    assert_string_equal(tell(), "T:0 T#0 Tx=0 Ty=7 T| ");
    bk_display_input_touch(&input, 1, 9, 9);
    bk_display_input_touch(&input, 0, 1, 7);
    assert_string_equal(tell(), "Tx=1 T:1 T#1 Tx=9 Ty=9 T| ");
    bk_display_input_lift(&input, 0);
    assert_string_equal(tell(), "T:0 T#-1 T| ");
    bk_display_input_lift(&input, 0);
    assert_string_equal(tell(), "");
    bk_display_input_release(&input);
    assert_string_equal(tell(), "T:1 T#-1 T| ");
}

static void another_finger_in_the_same_place_is_another(void **state)
{
    (void)state;
    bk_display_input_touch(&input, 0, 1, 1);
    tell();
    bk_display_input_lift(&input, 0);
    bk_display_input_touch(&input, 0, 1, 2);
    assert_string_equal(tell(), "T#-1 T| T#1 Ty=2 T| ");
    /* So it is when the cable had room for the lift alone. */
    bk_display_input_lift(&input, 0);
    assert_string_equal(tell_with(1), "T#-1 ");
    bk_display_input_touch(&input, 0, 1, 2);
    assert_string_equal(tell(), "T| T#2 T| ");
}

static void a_tap_that_nobody_could_be_told_of_is_none(void **state)
{
    (void)state;
    bk_display_input_touch(&input, 3, 1, 1);
    assert_string_equal(tell_with(0), "");
    bk_display_input_lift(&input, 3);
    assert_string_equal(tell(), "");
}

static void a_finger_that_was_half_told_is_told_whole_first(void **state)
{
    (void)state;
    bk_display_input_touch(&input, 0, 1, 1);
    tell();
    bk_display_input_touch(&input, 7, 3, 3);
    assert_string_equal(tell_with(2), "T:7 T#1 "); /* not where */
    bk_display_input_lift(&input, 0);
    bk_display_input_touch(&input, 0, 2, 2);
    assert_string_equal(tell(), "Tx=3 Ty=3 T:0 T#-1 T| T#2 Tx=2 Ty=2 T| ");
}

static void whatever_the_cable_takes_ends_the_same(void **state)
{
    uint32_t random = 1;

    (void)state;
    for (unsigned turn = 0; turn < 20000; turn++) {
        random = random * 1664525 + 1013904223;
        unsigned place = random >> 8 & 3; /* few, so that they are reused */
        if ((random >> 16 & 3) == 0)
            bk_display_input_lift(&input, place);
        else
            bk_display_input_touch(&input, place, (int32_t)(random >> 20 & 7), (int32_t)(random >> 24 & 7));
        tell_with(random >> 28);
        if (turn % 100 != 99)
            continue;
        tell();
        for (unsigned i = 0; i < BK_DISPLAY_TOUCHES_MAX; i++) {
            assert_int_equal(model.fingers[i].id, input.fingers[i].id);
            if (input.fingers[i].id >= 0) {
                assert_int_equal(model.fingers[i].x, input.fingers[i].x);
                assert_int_equal(model.fingers[i].y, input.fingers[i].y);
            }
        }
    }
    assert_true(model.downs > 1000 && model.ups > 1000);
}

static void all_ten_fingers_have_a_place(void **state)
{
    (void)state;
    for (unsigned i = 0; i < BK_DISPLAY_TOUCHES_MAX; i++) {
        int place = bk_display_input_free_place(&input);
        assert_true(place >= 0);
        bk_display_input_touch(&input, (unsigned)place, (int32_t)i, 0);
    }
    assert_int_equal(bk_display_input_free_place(&input), -1);
    tell();
    assert_int_equal(model.downs, BK_DISPLAY_TOUCHES_MAX);
}

static void another_end_hears_how_things_are(void **state)
{
    (void)state;
    bk_display_input_point(&input, 1, 2);
    bk_display_input_key(&input, KEY_A, true);
    bk_display_input_turn(&input, REL_WHEEL, 1);
    bk_display_input_touch(&input, 0, 3, 4);
    tell_with(3);
    bk_display_input_forget(&input);
    assert_string_equal(tell(), "P0=1 P1=2 K30+ T:0 T#0 Tx=3 Ty=4 K| P| T| ");
}

/* One that passes on: it takes what the first one tells, and tells it to a cable that is full now and then. */
static struct bk_display_input relay;

static bool pass(void *userdata, const struct bk_display_message *message)
{
    (void)userdata;
    if (bk_display_input_take(&relay, message))
        (void)bk_display_input_tell(&relay, take, NULL);
    return true;
}

static void what_is_passed_on_is_the_same(void **state)
{
    (void)state;
    bk_display_input_init(&relay);
    told[0] = '\0';
    room = LIMITLESS;
    bk_display_input_point(&input, 5, 0);
    bk_display_input_key(&input, KEY_A, true);
    assert_true(bk_display_input_tell(&input, pass, NULL));
    assert_string_equal(told, "P0=5 P1=0 K30+ K| P| ");
    told[0] = '\0';
    bk_display_input_turn(&input, REL_WHEEL, -2);
    bk_display_input_touch(&input, 2, 3, 4);
    assert_true(bk_display_input_tell(&input, pass, NULL));
    assert_string_equal(told, "Pr8=-2 T:2 T#0 Tx=3 Ty=4 P| T| ");
    room = 0; /* while the cable is full, a key goes and comes, another one goes */
    bk_display_input_key(&input, KEY_A, false);
    assert_true(bk_display_input_tell(&input, pass, NULL));
    bk_display_input_lift(&input, 2);
    bk_display_input_key(&input, KEY_B, true);
    assert_true(bk_display_input_tell(&input, pass, NULL));
    room = LIMITLESS;
    told[0] = '\0';
    assert_true(bk_display_input_tell(&relay, take, NULL));
    assert_string_equal(told, "K30- K48+ T#-1 K| T| ");
}

static void nonsense_is_not_passed_on(void **state)
{
    static const struct {
        uint16_t type, code;
        int32_t value;
    } events[] = {
        { EV_KEY, UINT16_MAX, 1 },
        { EV_LED, LED_CAPSL, 1 },
        { EV_ABS, ABS_MT_POSITION_X, 5 }, /* of no finger */
        { EV_ABS, ABS_MT_SLOT, BK_DISPLAY_TOUCHES_MAX },
        { EV_ABS, ABS_MT_TRACKING_ID, 1 },
        { EV_ABS, ABS_MT_SLOT, -1 },
        { EV_ABS, ABS_MT_TRACKING_ID, INT32_MIN },
        { EV_ABS, ABS_MAX, 1 },
        { EV_REL, UINT16_MAX, INT32_MAX },
        { EV_SYN, SYN_DROPPED, 0 },
        { UINT16_MAX, 0, 0 },
    };

    (void)state;
    bk_display_input_init(&relay);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        const struct bk_display_message message = {
            .type = BK_DISPLAY_INPUT,
            .input = { .type = events[i].type, .code = events[i].code, .value = events[i].value },
        };
        assert_false(bk_display_input_take(&relay, &message));
    }
    told[0] = '\0';
    room = LIMITLESS;
    assert_true(bk_display_input_tell(&relay, take, NULL));
    assert_string_equal(told, "");
    const struct bk_display_message far = {
        .type = BK_DISPLAY_INPUT,
        .input = { .device = BK_DISPLAY_POINTER, .type = EV_ABS, .code = ABS_X, .value = INT32_MAX },
    };
    assert_false(bk_display_input_take(&relay, &far));
    assert_true(bk_display_input_tell(&relay, take, NULL));
    assert_string_equal(told, "P0=32767 P1=0 P| ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_is_nothing_to_tell, begin),
        cmocka_unit_test_setup(keys_and_the_pointer_are_told_once, begin),
        cmocka_unit_test_setup(wheels_add_up_and_have_a_most, begin),
        cmocka_unit_test_setup(fingers_come_move_and_go, begin),
        cmocka_unit_test_setup(another_finger_in_the_same_place_is_another, begin),
        cmocka_unit_test_setup(a_tap_that_nobody_could_be_told_of_is_none, begin),
        cmocka_unit_test_setup(a_finger_that_was_half_told_is_told_whole_first, begin),
        cmocka_unit_test_setup(whatever_the_cable_takes_ends_the_same, begin),
        cmocka_unit_test_setup(all_ten_fingers_have_a_place, begin),
        cmocka_unit_test_setup(another_end_hears_how_things_are, begin),
        cmocka_unit_test_setup(what_is_passed_on_is_the_same, begin),
        cmocka_unit_test_setup(nonsense_is_not_passed_on, begin),
    };

    return cmocka_run_group_tests_name("display_input", tests, NULL, NULL);
}
