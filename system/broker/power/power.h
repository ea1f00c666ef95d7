/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How things are with the machine's power, when it is to be saved, and when the machine sleeps. Knows no JSON, no
 * socket and no clock.
 *
 * Input from: trusted (the hypervisor, the person)
 * Runs in: bk-broker
 *
 * Low-power mode begins by itself when the battery, with nothing that charges it, comes below BK_POWER_LOW_PERCENT, and
 * what began so ends by itself when it is charged, or above BK_POWER_FINE_PERCENT. What the person chose holds until
 * then: off stays off while the battery is low, on stays on after it.
 */
#ifndef BK_BROKER_POWER_H
#define BK_BROKER_POWER_H

#include <stdbool.h>
#include <stdint.h>

/* What api/io.bulkhead.Power.varlink promises. */
#define BK_POWER_REASON_MAX     200U /* bytes */
#define BK_POWER_INHIBITORS_MAX 4U   /* of an app */
#define BK_POWER_ANNOUNCE_MS    2000U
#define BK_POWER_LOW_PERCENT    20
#define BK_POWER_FINE_PERCENT   25

/* As io.bulkhead.Hypervisor has it. */
struct bk_power_supply {
    int percent; /* -1: there is no battery */
    bool plugged, charging;
    int64_t seconds; /* until it is full or empty; -1: not known */
    bool suspends;
};
#define BK_POWER_SUPPLY_DEFAULT ((struct bk_power_supply){ .percent = -1, .plugged = true, .seconds = -1 })

/* Begins with BK_POWER_DEFAULT. */
struct bk_power {
    struct bk_power_supply supply;
    bool low;           /* low-power mode is on … */
    bool by_itself;     /* … and began by itself */
    bool scarce;        /* the battery is low, and was not fine since */
    uint64_t asleep_ms; /* the machine sleeps from then on; 0: it was not asked to */
};
#define BK_POWER_DEFAULT ((struct bk_power){ .supply = BK_POWER_SUPPLY_DEFAULT })

/* The hypervisor told; true when anything is another. */
bool bk_power_told(struct bk_power *power, const struct bk_power_supply *supply);
/* The person switched the mode; true when that is another. */
bool bk_power_choose(struct bk_power *power, bool low);

/* The machine is to sleep, announced; false when it is already. And it is awake. */
bool bk_power_announce(struct bk_power *power, uint64_t now_ms);
void bk_power_awake(struct bk_power *power);

/* How long until it sleeps; -1: it does not. */
int64_t bk_power_left_ms(const struct bk_power *power, uint64_t now_ms);

#endif
