/* SPDX-License-Identifier: Apache-2.0 */
/* The place that the person sets: what the broker tells, what keys do in the field, and when what is written is taken.
 */
#include "place_choice.h"
#include "writing.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A choice that a broker told, with this written, a character at a time. */
static struct bk_place_choice written(const char *text)
{
    struct bk_place_choice choice = { 0 };

    assert_int_equal(bk_place_choice_tell(&choice, NULL), 0);
    for (; *text != '\0'; text++)
        bk_place_choice_write(&choice, (const char[]){ *text, '\0' });
    return choice;
}

static void a_place_is_taken_and_the_field_is_empty_again(void **state)
{
    struct bk_place_choice choice = written("52.52, 13.405");
    struct bk_place place = { 0 };

    (void)state;
    assert_true(bk_place_choice_is_ready(&choice));
    assert_true(bk_place_choice_take(&choice, &place));
    assert_true(fabs(place.latitude - 52.52) < 1e-12 && fabs(place.longitude - 13.405) < 1e-12);
    assert_string_equal(choice.draft, "");
    assert_int_equal(choice.caret, 0);
    assert_false(choice.set); /* until the broker says so */
    assert_false(bk_place_choice_take(&choice, &place));
    assert_int_equal(choice.fault, BK_PLACE_GOOD); /* nothing is nothing wrong */
}

static void what_is_wrong_stays_and_is_told_until_it_is_changed(void **state)
{
    struct bk_place_choice choice = written("91, 5");
    struct bk_place place = { 7, 7 };

    (void)state;
    assert_false(bk_place_choice_take(&choice, &place));
    assert_int_equal(choice.fault, BK_PLACE_LATITUDE);
    assert_string_equal(choice.draft, "91, 5");
    assert_true(place.latitude == 7);
    bk_place_choice_caret(&choice, -1);
    assert_int_equal(choice.fault, BK_PLACE_LATITUDE);
    bk_place_choice_caret(&choice, -2);
    bk_place_choice_delete(&choice);
    assert_int_equal(choice.fault, BK_PLACE_GOOD);
    assert_true(bk_place_choice_take(&choice, &place));
    assert_true(place.latitude == 1 && place.longitude == 5);
}

static void without_a_broker_nothing_is_taken(void **state)
{
    struct bk_place_choice choice = written("1,2");
    struct bk_place place = { 0 };

    (void)state;
    assert_int_equal(bk_place_choice_tell(&choice, &(struct bk_place){ 3, 4 }), 0);
    assert_true(choice.set && choice.place.latitude == 3);
    bk_place_choice_clear(&choice);
    assert_false(choice.set || bk_place_choice_is_ready(&choice));
    assert_false(bk_place_choice_take(&choice, &place));
    assert_string_equal(choice.draft, "1,2"); /* it may be back in a moment */
}

static void what_is_told_and_cannot_be_changes_nothing(void **state)
{
    struct bk_place_choice choice = written("");

    (void)state;
    assert_int_equal(bk_place_choice_tell(&choice, &(struct bk_place){ 3, 4 }), 0);
    assert_int_equal(bk_place_choice_tell(&choice, &(struct bk_place){ 3, 181 }), -EINVAL);
    assert_int_equal(bk_place_choice_tell(&choice, &(struct bk_place){ NAN, 4 }), -EINVAL);
    assert_true(choice.set && choice.place.longitude == 4);
    assert_int_equal(bk_place_choice_tell(&choice, NULL), 0);
    assert_true(choice.told && !choice.set);
}

static void the_field_has_its_bound_and_takes_no_controls(void **state)
{
    struct bk_place_choice choice = written("");

    (void)state;
    for (unsigned i = 0; i < BK_PLACE_TEXT_MAX - 1; i++)
        bk_place_choice_write(&choice, "1");
    bk_place_choice_write(&choice, "\xc2\xb0"); /* would be one byte too many */
    assert_int_equal(strlen(choice.draft), BK_PLACE_TEXT_MAX - 1);
    bk_place_choice_write(&choice, "1");
    bk_place_choice_write(&choice, "1");
    assert_int_equal(strlen(choice.draft), BK_PLACE_TEXT_MAX);
    bk_place_choice_drop(&choice);
    bk_place_choice_write(&choice, "");
    bk_place_choice_write(&choice, "\x1b");
    bk_place_choice_write(&choice, "\x7f");
    assert_string_equal(choice.draft, "");
}

static void keys_act_on_characters_at_the_caret(void **state)
{
    char text[16] = "";
    size_t caret = 0;

    (void)state;
    assert_true(bk_writing_put(text, 15, &caret, "1"));
    assert_true(bk_writing_put(text, 15, &caret, "\xc2\xb0"));
    assert_true(bk_writing_put(text, 15, &caret, "3"));
    bk_writing_move(text, &caret, -1);
    bk_writing_move(text, &caret, -1);
    assert_int_equal(caret, 1);
    bk_writing_delete(text, caret);
    assert_string_equal(text, "13");
    assert_true(bk_writing_put(text, 15, &caret, "\xe2\x88\x92"));
    assert_string_equal(text, "1\xe2\x88\x92"
                              "3");
    bk_writing_erase(text, &caret);
    assert_string_equal(text, "13");
    assert_int_equal(caret, 1);
    bk_writing_move(text, &caret, -2);
    bk_writing_erase(text, &caret);
    bk_writing_move(text, &caret, -1);
    assert_int_equal(caret, 0);
    bk_writing_move(text, &caret, 2);
    bk_writing_delete(text, caret);
    bk_writing_move(text, &caret, 1);
    assert_int_equal(caret, 2);
    assert_string_equal(text, "13");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_is_taken_and_the_field_is_empty_again),
        cmocka_unit_test(what_is_wrong_stays_and_is_told_until_it_is_changed),
        cmocka_unit_test(without_a_broker_nothing_is_taken),
        cmocka_unit_test(what_is_told_and_cannot_be_changes_nothing),
        cmocka_unit_test(the_field_has_its_bound_and_takes_no_controls),
        cmocka_unit_test(keys_act_on_characters_at_the_caret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
