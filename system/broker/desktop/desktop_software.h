/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of io.bulkhead.Desktop that is about installed apps, and one that is being installed.
 *
 * Input from: trusted (bk-compositor)
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_DESKTOP_SOFTWARE_H
#define BK_BROKER_DESKTOP_SOFTWARE_H

#include "desktop.h"
#include "software.h"

/* What is installed, and how much room there is. */
void bk_desktop_set_software(struct bk_desktop *desktop, const struct bk_software *software,
                             const struct bk_app_table *apps);
/* The bundle that comes, waits, or has ended. */
void bk_desktop_set_bundle(struct bk_desktop *desktop, const struct bk_software *software);

/* The page comes up: the person has opened a bundle. */
void bk_desktop_show_software(struct bk_desktop *desktop);

/* Takes what Watch() says of it; false when it says nothing of it. `*ret_fault` is what is wrong with it, or NULL. */
bool bk_desktop_software_take(sd_json_variant *parameters, const struct bk_desktop_events *events, void *userdata,
                              const char **ret_fault);

#endif
