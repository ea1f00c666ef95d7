/* SPDX-License-Identifier: Apache-2.0 */
#include "power.h"

static bool supplies_equal(const struct bk_power_supply *a, const struct bk_power_supply *b)
{
    return a->percent == b->percent && a->plugged == b->plugged && a->charging == b->charging &&
           a->seconds == b->seconds && a->suspends == b->suspends;
}

static bool is_scarce(const struct bk_power *power)
{
    const struct bk_power_supply *supply = &power->supply;

    if (supply->percent < 0 || supply->plugged)
        return false;
    return supply->percent < (power->scarce ? BK_POWER_FINE_PERCENT : BK_POWER_LOW_PERCENT);
}

bool bk_power_told(struct bk_power *power, const struct bk_power_supply *supply)
{
    if (supplies_equal(supply, &power->supply))
        return false;
    power->supply = *supply;
    const bool scarce = is_scarce(power);
    if (scarce && !power->scarce && !power->low)
        power->low = power->by_itself = true;
    else if (!scarce && power->scarce && power->by_itself)
        power->low = power->by_itself = false;
    power->scarce = scarce;
    return true;
}

bool bk_power_choose(struct bk_power *power, bool low)
{
    power->by_itself = false;
    if (low == power->low)
        return false;
    power->low = low;
    return true;
}

bool bk_power_announce(struct bk_power *power, uint64_t now_ms)
{
    if (power->asleep_ms != 0)
        return false;
    power->asleep_ms = now_ms + BK_POWER_ANNOUNCE_MS;
    return true;
}

void bk_power_awake(struct bk_power *power)
{
    power->asleep_ms = 0;
}

int64_t bk_power_left_ms(const struct bk_power *power, uint64_t now_ms)
{
    if (power->asleep_ms == 0)
        return -1;
    return power->asleep_ms > now_ms ? (int64_t)(power->asleep_ms - now_ms) : 0;
}
