/* SPDX-License-Identifier: Apache-2.0 */
#include "power_supply.h"

#include "checked.h"

#include <string.h>

#define PREFIX "POWER_SUPPLY_"

/* A line of the file, without its prefix. */
struct line {
    const char *name, *value;
    size_t name_length, value_length;
};

/* Takes a line off the front; false when it is none of a power supply's. */
static bool take_line(const char **text, const char *end, struct line *ret)
{
    const size_t prefix = strlen(PREFIX);
    const char *start = *text;
    const char *stop = memchr(start, '\n', (size_t)(end - start));

    if (stop == NULL)
        stop = end;
    *text = stop < end ? stop + 1 : end;
    if ((size_t)(stop - start) < prefix || memcmp(start, PREFIX, prefix) != 0)
        return false;
    start += prefix;
    const char *equals = memchr(start, '=', (size_t)(stop - start));
    if (equals == NULL)
        return false;
    *ret = (struct line){ start, equals + 1, (size_t)(equals - start), (size_t)(stop - equals - 1) };
    return true;
}

static bool name_is(const struct line *line, const char *name)
{
    return line->name_length == strlen(name) && memcmp(line->name, name, line->name_length) == 0;
}

static bool value_is(const struct line *line, const char *value)
{
    return line->value_length == strlen(value) && memcmp(line->value, value, line->value_length) == 0;
}

/* Digits alone, with a sign where a driver gives a current one: which way it flows the status says. -1 for all else. */
static int64_t number(const struct line *line, bool signed_too)
{
    size_t at = signed_too && line->value_length > 1 && line->value[0] == '-' ? 1 : 0;
    int64_t value = 0;

    if (at == line->value_length)
        return -1;
    for (; at < line->value_length; at++) {
        if (line->value[at] < '0' || line->value[at] > '9')
            return -1;
        value = value * 10 + (line->value[at] - '0');
        if (value > BK_POWER_SUPPLY_VALUE_MAX)
            return -1;
    }
    return value;
}

static bool is_from_outside(const struct line *type)
{
    static const char *const types[] = { "Mains", "BrickID", "Wireless" };

    for (size_t i = 0; i < BK_ARRAY_SIZE(types); i++) {
        if (value_is(type, types[i]))
            return true;
    }
    return type->value_length >= 3 && memcmp(type->value, "USB", 3) == 0; /* USB_C, USB_PD … */
}

static enum bk_power_status status_of(const struct line *line)
{
    return value_is(line, "Charging")      ? BK_POWER_CHARGING
           : value_is(line, "Discharging") ? BK_POWER_DISCHARGING
                                           : BK_POWER_IDLE;
}

static void take_number(const struct line *line, struct bk_power_supply *supply)
{
    const struct {
        const char *name;
        int64_t *to;
        bool signed_too;
    } numbers[] = {
        { "CAPACITY", &supply->percent, false },        { "ENERGY_NOW", &supply->energy_now, false },
        { "ENERGY_FULL", &supply->energy_full, false }, { "POWER_NOW", &supply->energy_rate, true },
        { "CHARGE_NOW", &supply->charge_now, false },   { "CHARGE_FULL", &supply->charge_full, false },
        { "CURRENT_NOW", &supply->charge_rate, true },
    };

    for (size_t i = 0; i < BK_ARRAY_SIZE(numbers); i++) {
        if (name_is(line, numbers[i].name))
            *numbers[i].to = number(line, numbers[i].signed_too);
    }
}

bool bk_power_supply_read(const char *text, size_t size, struct bk_power_supply *ret)
{
    struct bk_power_supply supply = { .percent = -1,
                                      .energy_now = -1,
                                      .energy_full = -1,
                                      .energy_rate = -1,
                                      .charge_now = -1,
                                      .charge_full = -1,
                                      .charge_rate = -1 };
    const char *at = text, *end = text + size;
    bool present = true, device = false;
    struct line line;

    while (at < end) {
        if (!take_line(&at, end, &line))
            continue;
        if (name_is(&line, "TYPE")) {
            supply.battery = value_is(&line, "Battery");
            supply.outside = is_from_outside(&line);
        } else if (name_is(&line, "SCOPE")) {
            device = value_is(&line, "Device");
        } else if (name_is(&line, "PRESENT")) {
            present = !value_is(&line, "0");
        } else if (name_is(&line, "ONLINE")) {
            supply.online = number(&line, false) > 0; /* 2: a fixed voltage, 3: a programmable one */
        } else if (name_is(&line, "STATUS")) {
            supply.status = status_of(&line);
        } else {
            take_number(&line, &supply);
        }
    }
    if (device || !present || (!supply.battery && !supply.outside))
        return false;
    if (supply.percent > 100)
        supply.percent = 100; /* a worn one that was measured when it was new */
    *ret = supply;
    return true;
}

/* ---- all together ---- */

struct amount {
    int64_t now, full, rate;
    bool known;
};

/* Sums up to BK_POWER_SUPPLY_MAX numbers of BK_POWER_SUPPLY_VALUE_MAX: far from what an int64_t holds. */
static void add(struct amount *sum, int64_t now, int64_t full, int64_t rate)
{
    if (now < 0 || full <= 0) {
        sum->known = false;
        return;
    }
    sum->now += now < full ? now : full;
    sum->full += full;
    if (rate > 0)
        sum->rate += rate;
}

static int64_t percent_of(const struct amount *amount)
{
    return (amount->now * 100 + amount->full / 2) / amount->full;
}

static int64_t seconds_of(const struct amount *amount, bool charging)
{
    const int64_t left = charging ? amount->full - amount->now : amount->now;

    if (!amount->known || amount->rate <= 0 || left == 0)
        return -1;
    const int64_t seconds = left * 3600 / amount->rate;
    if (seconds > BK_POWER_SECONDS_MAX)
        return -1;
    const int64_t steps = (seconds + BK_POWER_SECONDS_STEP / 2) / BK_POWER_SECONDS_STEP;
    return steps > 0 ? steps * BK_POWER_SECONDS_STEP : BK_POWER_SECONDS_STEP;
}

struct bk_power_state bk_power_supply_sum(const struct bk_power_supply *supplies, size_t count)
{
    struct amount energy = { .known = true }, charge = { .known = true };
    struct bk_power_state state = { .percent = -1, .seconds = -1 };
    bool discharging = false, outside = false;
    int64_t percents = 0, said = 0, batteries = 0;

    for (size_t i = 0; i < count; i++) {
        const struct bk_power_supply *supply = &supplies[i];

        outside = outside || supply->outside;
        state.plugged = state.plugged || (supply->outside && supply->online);
        if (!supply->battery)
            continue;
        batteries++;
        state.charging = state.charging || supply->status == BK_POWER_CHARGING;
        discharging = discharging || supply->status == BK_POWER_DISCHARGING;
        add(&energy, supply->energy_now, supply->energy_full, supply->energy_rate);
        add(&charge, supply->charge_now, supply->charge_full, supply->charge_rate);
        percents += supply->percent >= 0 ? supply->percent : 0;
        said += supply->percent >= 0;
    }
    if (batteries == 0)
        return (struct bk_power_state){ .percent = -1, .plugged = true, .seconds = -1 };
    const struct amount *amount = energy.known ? &energy : &charge;
    if (batteries == 1 && said == 1)
        state.percent = (int)percents; /* what its driver says, which may know better than a quotient */
    else if (amount->known)
        state.percent = (int)percent_of(amount);
    else if (said > 0)
        state.percent = (int)(percents / said);
    /* Where nothing is there that could say it, what the batteries do does. */
    if (!outside)
        state.plugged = !discharging;
    state.charging = state.charging && state.plugged;
    if (state.charging || discharging)
        state.seconds = seconds_of(amount, state.charging);
    return state;
}

bool bk_power_state_equal(const struct bk_power_state *a, const struct bk_power_state *b)
{
    return a->percent == b->percent && a->plugged == b->plugged && a->charging == b->charging &&
           a->seconds == b->seconds;
}
