/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel says of power supplies, one after the other with a NUL between: whatever a firmware makes it say, the
 * machine's state stays within its ranges.
 */
#include "power_supply.h"

#include <assert.h>
#include <string.h>

static void check_number(int64_t value)
{
    assert(value >= -1 && value <= BK_POWER_SUPPLY_VALUE_MAX);
}

static void check(const struct bk_power_supply *supply)
{
    assert(supply->battery != supply->outside);
    assert(supply->percent >= -1 && supply->percent <= 100);
    check_number(supply->energy_now);
    check_number(supply->energy_full);
    check_number(supply->energy_rate);
    check_number(supply->charge_now);
    check_number(supply->charge_full);
    check_number(supply->charge_rate);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bk_power_supply supplies[BK_POWER_SUPPLY_MAX];
    const char *at = (const char *)data, *end = at + size;
    size_t count = 0;

    while (at < end && count < BK_POWER_SUPPLY_MAX) {
        const char *stop = memchr(at, '\0', (size_t)(end - at));
        const char *next = stop != NULL ? stop + 1 : end;

        if (bk_power_supply_read(at, (size_t)((stop != NULL ? stop : end) - at), &supplies[count]))
            check(&supplies[count++]);
        at = next;
    }
    const struct bk_power_state state = bk_power_supply_sum(supplies, count);
    assert(state.percent >= -1 && state.percent <= 100);
    assert(state.seconds >= -1 && state.seconds <= BK_POWER_SECONDS_MAX + BK_POWER_SECONDS_STEP);
    assert(state.plugged || !state.charging);
    return 0;
}
