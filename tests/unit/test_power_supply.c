/* SPDX-License-Identifier: Apache-2.0 */
/* What the supervisor makes of the kernel's word on batteries and chargers. */
#include "devices.h"
#include "power_supply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LINE(name, value) "POWER_SUPPLY_" name "=" value "\n"
#define BATTERY           "DEVTYPE=power_supply\n" LINE("NAME", "BAT0") LINE("TYPE", "Battery")

static struct bk_power_supply read_fine(const char *text)
{
    struct bk_power_supply supply;

    assert_true(bk_power_supply_read(text, strlen(text), &supply));
    return supply;
}

static void assert_left_out(const char *text)
{
    struct bk_power_supply supply = { .percent = 7 };

    assert_false(bk_power_supply_read(text, strlen(text), &supply));
    assert_int_equal(supply.percent, 7);
}

static void a_laptop_s_battery(void **unused)
{
    const struct bk_power_supply supply =
        read_fine(BATTERY LINE("STATUS", "Discharging") LINE("PRESENT", "1") LINE("VOLTAGE_NOW", "12000000")
                      LINE("POWER_NOW", "10000000") LINE("ENERGY_FULL", "50000000") LINE("ENERGY_NOW", "20000000")
                          LINE("CAPACITY", "40") LINE("CAPACITY_LEVEL", "Normal"));

    (void)unused;
    assert_true(supply.battery);
    assert_false(supply.outside);
    assert_int_equal(supply.status, BK_POWER_DISCHARGING);
    assert_int_equal(supply.percent, 40);
    assert_int_equal(supply.energy_now, 20000000);
    assert_int_equal(supply.energy_full, 50000000);
    assert_int_equal(supply.energy_rate, 10000000);
    assert_int_equal(supply.charge_now, -1);
}

static void a_phone_s_battery(void **unused)
{
    const struct bk_power_supply supply = read_fine(BATTERY LINE("STATUS", "Charging") LINE("CURRENT_NOW", "-350000")
                                                        LINE("CHARGE_NOW", "1500000") LINE("CHARGE_FULL", "3000000"));

    (void)unused;
    assert_int_equal(supply.status, BK_POWER_CHARGING);
    assert_int_equal(supply.charge_rate, 350000);
    assert_int_equal(supply.percent, -1);
}

static void what_feeds_it(void **unused)
{
    static const char *const types[] = { "Mains", "USB", "USB_PD", "USB_C", "Wireless", "BrickID" };

    (void)unused;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, LINE("TYPE", "%s") LINE("ONLINE", "1"), types[i]);
        const struct bk_power_supply supply = read_fine(text);
        assert_true(supply.outside && supply.online && !supply.battery);
    }
    assert_false(read_fine(LINE("TYPE", "Mains") LINE("ONLINE", "0")).online);
    assert_true(read_fine(LINE("TYPE", "USB") LINE("ONLINE", "2")).online);
}

static void what_is_no_part_of_the_machine(void **unused)
{
    (void)unused;
    assert_left_out("");
    assert_left_out("POWER_SUPPLY_TYPE");
    assert_left_out("TYPE=Battery\n");
    assert_left_out(LINE("TYPE", "UPS"));
    assert_left_out(LINE("TYPE", "Batterys"));
    assert_left_out(BATTERY LINE("SCOPE", "Device") LINE("CAPACITY", "90")); /* a mouse's */
    assert_left_out(BATTERY LINE("PRESENT", "0"));
}

static void numbers_that_are_none(void **unused)
{
    static const char *const numbers[] = {
        "", "-", "-5", "+5", " 5", "5 ", "0x5", "5.", "1e3", "99999999999999999999999999", "1000000000001"
    };

    (void)unused;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, BATTERY LINE("CAPACITY", "%s") LINE("ENERGY_NOW", "%s"), numbers[i], numbers[i]);
        const struct bk_power_supply supply = read_fine(text);
        assert_int_equal(supply.percent, -1);
        assert_int_equal(supply.energy_now, -1);
    }
    assert_int_equal(read_fine(BATTERY LINE("CAPACITY", "104")).percent, 100);
    assert_int_equal(read_fine(BATTERY LINE("ENERGY_NOW", "1000000000000")).energy_now, BK_POWER_SUPPLY_VALUE_MAX);
    /* The last line may lack its end. */
    assert_int_equal(read_fine(BATTERY "POWER_SUPPLY_CAPACITY=31").percent, 31);
}

/* ---- all together ---- */

static struct bk_power_supply battery(enum bk_power_status status, int64_t now, int64_t full, int64_t rate)
{
    return (struct bk_power_supply){ .battery = true,
                                     .status = status,
                                     .percent = -1,
                                     .energy_now = now,
                                     .energy_full = full,
                                     .energy_rate = rate,
                                     .charge_now = -1,
                                     .charge_full = -1,
                                     .charge_rate = -1 };
}

static void assert_state(struct bk_power_state state, int percent, bool plugged, bool charging, int64_t seconds)
{
    const struct bk_power_state wanted = { percent, plugged, charging, seconds };

    assert_int_equal(state.percent, percent);
    assert_int_equal(state.plugged, plugged);
    assert_int_equal(state.charging, charging);
    assert_int_equal(state.seconds, seconds);
    assert_true(bk_power_state_equal(&state, &wanted));
}

static void a_machine_without_a_battery(void **unused)
{
    const struct bk_power_supply mains = { .outside = true, .percent = -1 };

    (void)unused;
    assert_state(bk_power_supply_sum(NULL, 0), -1, true, false, -1);
    assert_state(bk_power_supply_sum(&mains, 1), -1, true, false, -1);
}

static void one_battery(void **unused)
{
    struct bk_power_supply supplies[] = { battery(BK_POWER_DISCHARGING, 20000000, 50000000, 10000000),
                                          { .outside = true, .percent = -1 } };

    (void)unused;
    assert_state(bk_power_supply_sum(supplies, 2), 40, false, false, 7200);
    supplies[0].percent = 41; /* its driver knows better */
    assert_state(bk_power_supply_sum(supplies, 2), 41, false, false, 7200);
    supplies[0].energy_rate = 9999999;
    assert_state(bk_power_supply_sum(supplies, 2), 41, false, false, 7200); /* an estimate does not tremble */
    supplies[0].status = BK_POWER_CHARGING;
    supplies[0].energy_rate = 30000000;
    supplies[1].online = true;
    assert_state(bk_power_supply_sum(supplies, 2), 41, true, true, 3600);
    supplies[0].status = BK_POWER_IDLE;
    assert_state(bk_power_supply_sum(supplies, 2), 41, true, false, -1);
    supplies[0] = battery(BK_POWER_DISCHARGING, -1, -1, -1); /* there, and nothing is known of it */
    supplies[1].online = false;
    assert_state(bk_power_supply_sum(supplies, 2), -1, false, false, -1);
}

static void where_nothing_says_what_feeds_it(void **unused)
{
    struct bk_power_supply phone = battery(BK_POWER_DISCHARGING, 1, 2, 0);

    (void)unused;
    assert_state(bk_power_supply_sum(&phone, 1), 50, false, false, -1);
    phone.status = BK_POWER_CHARGING;
    assert_state(bk_power_supply_sum(&phone, 1), 50, true, true, -1);
    phone.status = BK_POWER_IDLE;
    assert_state(bk_power_supply_sum(&phone, 1), 50, true, false, -1);
}

static void several_batteries(void **unused)
{
    struct bk_power_supply supplies[] = { battery(BK_POWER_DISCHARGING, 10000000, 20000000, 5000000),
                                          battery(BK_POWER_IDLE, 60000000, 80000000, 0),
                                          { .outside = true, .percent = -1 } };

    (void)unused;
    assert_state(bk_power_supply_sum(supplies, 3), 70, false, false, 50400);
    /* Of different kinds: the mean of what they say. */
    supplies[0] = battery(BK_POWER_DISCHARGING, -1, -1, -1);
    supplies[0].charge_now = 1;
    supplies[0].charge_full = 2;
    supplies[0].percent = 50;
    supplies[1].percent = 75;
    assert_state(bk_power_supply_sum(supplies, 3), 62, false, false, -1);
}

static void wild_numbers(void **unused)
{
    struct bk_power_supply supplies[BK_POWER_SUPPLY_MAX];

    (void)unused;
    for (size_t i = 0; i < BK_POWER_SUPPLY_MAX; i++)
        supplies[i] =
            battery(BK_POWER_DISCHARGING, BK_POWER_SUPPLY_VALUE_MAX, BK_POWER_SUPPLY_VALUE_MAX, i == 0 ? 1 : 0);
    assert_state(bk_power_supply_sum(supplies, BK_POWER_SUPPLY_MAX), 100, false, false, -1);
    supplies[0] = battery(BK_POWER_DISCHARGING, 9, 3, 1); /* more than there is room for */
    assert_state(bk_power_supply_sum(supplies, 1), 100, false, false, 10800);
    supplies[0] = battery(BK_POWER_DISCHARGING, 0, 0, 1);
    assert_state(bk_power_supply_sum(supplies, 1), -1, false, false, -1);
    supplies[0] = battery(BK_POWER_DISCHARGING, 1, 100, 3600); /* the last second */
    assert_state(bk_power_supply_sum(supplies, 1), 1, false, false, BK_POWER_SECONDS_STEP);
}

static void the_kernel_s_word(void **unused)
{
    static const char change[] =
        "change@/devices/x\0ACTION=change\0DEVPATH=/devices/x\0SUBSYSTEM=power_supply\0SEQNUM=7";

    (void)unused;
    assert_true(bk_uevent_is_of(change, sizeof change, "power_supply"));
    assert_false(bk_uevent_is_of(change, sizeof change, "power"));
    assert_false(bk_uevent_is_of(change, sizeof change - 1, "power_supply"));
    assert_false(bk_uevent_is_of("", 0, "power_supply"));
    assert_false(bk_uevent_is_of("ACTION=add", sizeof "ACTION=add", "power_supply"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_laptop_s_battery),    cmocka_unit_test(a_phone_s_battery),
        cmocka_unit_test(what_feeds_it),         cmocka_unit_test(what_is_no_part_of_the_machine),
        cmocka_unit_test(numbers_that_are_none), cmocka_unit_test(a_machine_without_a_battery),
        cmocka_unit_test(one_battery),           cmocka_unit_test(where_nothing_says_what_feeds_it),
        cmocka_unit_test(several_batteries),     cmocka_unit_test(wild_numbers),
        cmocka_unit_test(the_kernel_s_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
