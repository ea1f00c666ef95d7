/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel says of the machine's batteries and of what feeds it, and what comes of it all together.
 *
 * Input from: trusted (the kernel, but its numbers are a firmware's)
 * Runs in: bk-supervisor
 *
 * A power supply is a folder in /sys/class/power_supply, whose file "uevent" has a line NAME=VALUE for each thing that
 * its driver knows (Linux Documentation/ABI/testing/sysfs-class-power): energy in µWh or charge in µAh, never both with
 * a use for us. A mouse's battery is there too, and says that its scope is a device.
 */
#ifndef BK_SUPERVISOR_POWER_SUPPLY_H
#define BK_SUPERVISOR_POWER_SUPPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_POWER_SUPPLY_MAX       16U   /* of one machine */
#define BK_POWER_SUPPLY_FILE_MAX  4096U /* bytes: a page, which is what the kernel can say */
#define BK_POWER_SUPPLY_VALUE_MAX INT64_C(1000000000000)

enum bk_power_status {
    BK_POWER_IDLE, /* full, or neither of the others, or not known */
    BK_POWER_CHARGING,
    BK_POWER_DISCHARGING,
};

struct bk_power_supply {
    bool battery; /* the machine's own, and it is there; else … */
    bool outside; /* … it feeds the machine from outside, … */
    bool online;  /* … at this moment */
    enum bk_power_status status;
    int64_t percent;                              /* -1: not said, as with the next ones */
    int64_t energy_now, energy_full, energy_rate; /* µWh and µW */
    int64_t charge_now, charge_full, charge_rate; /* µAh and µA */
};

/* Reads the `size` bytes of such a file. False when it is none, or of what is no part of the machine: a mouse, say, or
 * a place for a battery with none in it. */
bool bk_power_supply_read(const char *text, size_t size, struct bk_power_supply *ret);

/* How things are with the machine. */
struct bk_power_state {
    int percent;     /* 0 to 100, or -1: there is no battery, or nothing is known of it */
    bool plugged;    /* it is fed from outside */
    bool charging;   /* … and some of that goes into a battery */
    int64_t seconds; /* until the batteries are full, or empty; -1: not known, or neither */
};

#define BK_POWER_SECONDS_MAX  (INT64_C(7) * 24 * 3600) /* what takes longer is not known */
#define BK_POWER_SECONDS_STEP INT64_C(300)             /* it is an estimate, and said as one */

/* All of them together. Without a battery the machine is fed from outside, whatever the others say. */
struct bk_power_state bk_power_supply_sum(const struct bk_power_supply *supplies, size_t count);

bool bk_power_state_equal(const struct bk_power_state *a, const struct bk_power_state *b);

#endif
