/* SPDX-License-Identifier: Apache-2.0 */
/* When power is to be saved, and when the machine sleeps. */
#include "power.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void tell(struct bk_power *power, int percent, bool plugged)
{
    const struct bk_power_supply supply = { .percent = percent, .plugged = plugged, .seconds = -1 };

    (void)bk_power_told(power, &supply);
}

static void it_begins_below_the_limit_and_ends_above_another(void **unused)
{
    struct bk_power power = BK_POWER_DEFAULT;

    (void)unused;
    assert_false(power.low);
    tell(&power, BK_POWER_LOW_PERCENT, false);
    assert_false(power.low);
    tell(&power, BK_POWER_LOW_PERCENT - 1, false);
    assert_true(power.low);
    tell(&power, BK_POWER_FINE_PERCENT - 1, false);
    assert_true(power.low);
    tell(&power, BK_POWER_FINE_PERCENT, false);
    assert_false(power.low);
    tell(&power, BK_POWER_LOW_PERCENT, false); /* it was fine since */
    assert_false(power.low);
}

static void a_charger_ends_it_and_keeps_it_away(void **unused)
{
    struct bk_power power = BK_POWER_DEFAULT;

    (void)unused;
    tell(&power, 5, true);
    assert_false(power.low);
    tell(&power, 5, false);
    assert_true(power.low);
    tell(&power, 5, true);
    assert_false(power.low);
    tell(&power, -1, false); /* no battery, or nothing known of it */
    assert_false(power.low);
}

static void the_person_s_choice_holds(void **unused)
{
    struct bk_power power = BK_POWER_DEFAULT;

    (void)unused;
    tell(&power, 10, false);
    assert_true(bk_power_choose(&power, false));
    assert_false(bk_power_choose(&power, false));
    tell(&power, 3, false);
    assert_false(power.low);
    tell(&power, 30, true);
    tell(&power, 10, false); /* another time is another time */
    assert_true(power.low);

    power = BK_POWER_DEFAULT;
    assert_true(bk_power_choose(&power, true));
    tell(&power, 10, false);
    tell(&power, 90, true);
    assert_true(power.low);

    power = BK_POWER_DEFAULT;
    tell(&power, 10, false);
    assert_false(bk_power_choose(&power, true)); /* it is on already: from now on since they want it */
    tell(&power, 90, true);
    assert_true(power.low);
}

static void only_what_changed_is_news(void **unused)
{
    struct bk_power power = BK_POWER_DEFAULT;
    struct bk_power_supply supply = BK_POWER_SUPPLY_DEFAULT;

    (void)unused;
    assert_false(bk_power_told(&power, &supply));
    supply.percent = 50;
    assert_true(bk_power_told(&power, &supply));
    supply.seconds = 600;
    assert_true(bk_power_told(&power, &supply));
    supply.charging = true;
    assert_true(bk_power_told(&power, &supply));
    supply.suspends = true;
    assert_true(bk_power_told(&power, &supply));
    assert_false(bk_power_told(&power, &supply));
}

static void sleep_is_announced_once(void **unused)
{
    struct bk_power power = BK_POWER_DEFAULT;

    (void)unused;
    assert_int_equal(bk_power_left_ms(&power, 1000), -1);
    assert_true(bk_power_announce(&power, 1000));
    assert_int_equal(bk_power_left_ms(&power, 1000), BK_POWER_ANNOUNCE_MS);
    assert_false(bk_power_announce(&power, 1500));
    assert_int_equal(bk_power_left_ms(&power, 1500), BK_POWER_ANNOUNCE_MS - 500);
    assert_int_equal(bk_power_left_ms(&power, 900000), 0);
    bk_power_awake(&power);
    assert_int_equal(bk_power_left_ms(&power, 900000), -1);
    assert_true(bk_power_announce(&power, 900000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins_below_the_limit_and_ends_above_another),
        cmocka_unit_test(a_charger_ends_it_and_keeps_it_away),
        cmocka_unit_test(the_person_s_choice_holds),
        cmocka_unit_test(only_what_changed_is_news),
        cmocka_unit_test(sleep_is_announced_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
