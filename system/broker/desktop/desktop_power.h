/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of io.bulkhead.Desktop that is about the machine's power.
 *
 * Input from: trusted (bk-compositor)
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_DESKTOP_POWER_H
#define BK_BROKER_DESKTOP_POWER_H

#include "desktop.h"
#include "power.h"

/* Inhibitors that the page shows; who has a longer list passes the first ones. */
#define BK_DESKTOP_INHIBITORS_MAX 64U

/* Borrowed. */
struct bk_desktop_inhibitor {
    const struct bk_app *app;
    const char *reason;
};

/* `problem`: why the machine did not sleep when it was asked to, or NULL. */
void bk_desktop_set_power(struct bk_desktop *desktop, const struct bk_power *power, const char *problem,
                          const struct bk_desktop_inhibitor *inhibitors, size_t count);

/* Takes what Watch() says of it; false when it says nothing of it. `*ret_fault` is what is wrong with it, or NULL. */
bool bk_desktop_power_take(sd_json_variant *parameters, const struct bk_desktop_events *events, void *userdata,
                           const char **ret_fault);

#endif
