/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's power: looks at its batteries when the kernel says that something changed, and from time to time, since
 * some change without a word; and suspends the machine.
 *
 * Input from: trusted (the kernel)
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_POWER_H
#define BK_SUPERVISOR_POWER_H

#include "power_supply.h"

#include <systemd/sd-event.h>

#define BK_POWER_LOOK_S 10U /* seconds from look to look */

struct bk_power {
    const char *sys; /* where sysfs is; NULL: nothing is known of any power, and nothing suspends */
    struct bk_power_state state;
    bool suspends; /* bk_power_suspend() works here, as far as can be told */
    int uevents;
    sd_event_source *uevent_source, *timer;
    void (*changed)(void *userdata);
    void *userdata;
};

/* Looks once; `changed` is called after each change from then on. `sys` is "/sys", or what a test puts in its place, or
 * NULL. A part that fails is logged, and the rest goes on. */
void bk_power_open(struct bk_power *power, sd_event *event, const char *sys, void (*changed)(void *userdata),
                   void *userdata);
/* One that is zero-initialised is fine. */
void bk_power_close(struct bk_power *power);

/* Looks now. */
void bk_power_look(struct bk_power *power);

/* Returns when the machine is awake again. -EOPNOTSUPP when it does not suspend, or what the kernel said. */
int bk_power_suspend(struct bk_power *power);

#endif
