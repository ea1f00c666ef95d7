/* SPDX-License-Identifier: Apache-2.0 */
/* What the desktop was told of the machine's power: replaced as a whole or not at all, bounded, and in words. */
#include "power.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct bk_power_state fine = { .percent = 40, .seconds = -1, .suspends = true };
static const struct bk_inhibitor_told memo = { "org.example.memo", "Memo", "Recording" };

static void it_is_replaced_as_a_whole(void **state)
{
    struct bk_power power = BK_POWER_DEFAULT;
    const struct bk_inhibitor_told told[] = { memo, { "org.example.disc", "A\ndisc", "\x1b[2J\n\nburning" } };

    (void)state;
    assert_int_equal(bk_power_set(&power, &fine, "Busy\n", told, 2), 0);
    assert_int_equal(power.state.percent, 40);
    assert_string_equal(power.problem, "Busy");
    assert_int_equal(power.count, 2);
    assert_string_equal(power.inhibitors[1].app_name, "A disc");
    assert_string_equal(power.inhibitors[1].reason, "[2J burning");
    const uint64_t revision = power.revision;
    assert_int_equal(bk_power_set(&power, &fine, NULL, NULL, 0), 0);
    assert_null(power.problem);
    assert_int_equal(power.count, 0);
    assert_int_not_equal(power.revision, revision);
    bk_power_clear(&power);
    assert_int_equal(power.state.percent, -1);
    assert_true(power.state.plugged);
    bk_power_finish(&power);
}

static void what_is_wrong_changes_nothing(void **state)
{
    struct bk_power power = BK_POWER_DEFAULT;
    struct bk_inhibitor_told *many = calloc(BK_INHIBITORS_MAX + 1, sizeof *many);
    struct bk_inhibitor_told nameless[] = { memo, memo };
    struct bk_power_state wrong = fine;
    char name[BK_POWER_APP_BYTES + 2];

    (void)state;
    assert_non_null(many);
    assert_int_equal(bk_power_set(&power, &fine, "Busy", &memo, 1), 0);
    const uint64_t revision = power.revision;
    wrong.percent = 101;
    assert_int_equal(bk_power_set(&power, &wrong, NULL, NULL, 0), -EINVAL);
    wrong = fine;
    wrong.seconds = -2;
    assert_int_equal(bk_power_set(&power, &wrong, NULL, NULL, 0), -EINVAL);
    nameless[1].app = "";
    assert_int_equal(bk_power_set(&power, &fine, "Other", nameless, 2), -EINVAL);
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    nameless[1].app = name;
    assert_int_equal(bk_power_set(&power, &fine, NULL, nameless, 2), -EINVAL);
    for (size_t i = 0; i <= BK_INHIBITORS_MAX; i++)
        many[i] = memo;
    assert_int_equal(bk_power_set(&power, &fine, NULL, many, BK_INHIBITORS_MAX + 1), -ENOBUFS);
    assert_int_equal(power.revision, revision);
    assert_string_equal(power.problem, "Busy");
    assert_int_equal(power.count, 1);
    assert_int_equal(bk_power_set(&power, &fine, NULL, many, BK_INHIBITORS_MAX), 0);
    bk_power_finish(&power);
    free(many);
}

static void who_wants_sleep_is_asked_only_when_apps_are_awake(void **state)
{
    struct bk_power power = BK_POWER_DEFAULT;
    struct bk_power_state other = fine;

    (void)state;
    assert_false(bk_power_want_sleep(&power)); /* nobody is there who could */
    assert_int_equal(bk_power_set(&power, &fine, NULL, NULL, 0), 0);
    assert_true(bk_power_want_sleep(&power));
    assert_false(power.asking);
    assert_false(bk_power_answer(&power));
    assert_int_equal(bk_power_set(&power, &fine, NULL, &memo, 1), 0);
    assert_false(bk_power_want_sleep(&power));
    assert_true(power.asking);
    assert_int_equal(bk_power_set(&power, &fine, NULL, &memo, 1), 0); /* the same again */
    assert_true(power.asking);
    assert_true(bk_power_answer(&power));
    assert_false(bk_power_answer(&power));
    /* What makes the question void takes it away. */
    assert_false(bk_power_want_sleep(&power));
    other.suspending = true;
    assert_int_equal(bk_power_set(&power, &other, NULL, &memo, 1), 0);
    assert_false(power.asking);
    assert_false(bk_power_want_sleep(&power));
    assert_false(power.asking);
    other = fine;
    other.suspends = false;
    assert_int_equal(bk_power_set(&power, &other, NULL, NULL, 0), 0);
    assert_false(bk_power_want_sleep(&power));
    assert_int_equal(bk_power_set(&power, &fine, NULL, &memo, 1), 0);
    assert_false(bk_power_want_sleep(&power));
    bk_power_clear(&power);
    assert_false(power.asking);
    bk_power_finish(&power);
}

static void assert_words(const char *wanted, struct bk_power_state power_state)
{
    const struct bk_power power = { .state = power_state };
    char text[BK_POWER_TEXT_MAX];

    bk_power_write_state(&power, text);
    assert_string_equal(text, wanted);
}

static void in_words(void **state)
{
    (void)state;
    assert_words("This machine has no battery",
                 (struct bk_power_state){ .percent = -1, .plugged = true, .seconds = -1 });
    assert_words("On battery", (struct bk_power_state){ .percent = 40, .seconds = -1 });
    assert_words("On battery · about 2 h left", (struct bk_power_state){ .percent = 40, .seconds = 7200 });
    assert_words("On battery · about 1 h 5 min left", (struct bk_power_state){ .percent = 40, .seconds = 3900 });
    assert_words("Charging · full in about 55 min",
                 (struct bk_power_state){ .percent = 40, .plugged = true, .charging = true, .seconds = 3300 });
    assert_words("Charging",
                 (struct bk_power_state){ .percent = 40, .plugged = true, .charging = true, .seconds = -1 });
    assert_words("Plugged in, not charging", (struct bk_power_state){ .percent = 94, .plugged = true, .seconds = -1 });
    assert_words("Charged", (struct bk_power_state){ .percent = 95, .plugged = true, .seconds = -1 });
}

static void little_is_little_without_a_charger(void **state)
{
    struct bk_power power = { .state = { .percent = BK_POWER_LOW_PERCENT } };

    (void)state;
    assert_false(bk_power_is_scarce(&power));
    power.state.percent = BK_POWER_LOW_PERCENT - 1;
    assert_true(bk_power_is_scarce(&power));
    power.state.plugged = true;
    assert_false(bk_power_is_scarce(&power));
    power.state.plugged = false;
    power.state.percent = -1;
    assert_false(bk_power_is_scarce(&power));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_replaced_as_a_whole),
        cmocka_unit_test(what_is_wrong_changes_nothing),
        cmocka_unit_test(who_wants_sleep_is_asked_only_when_apps_are_awake),
        cmocka_unit_test(in_words),
        cmocka_unit_test(little_is_little_without_a_charger),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
