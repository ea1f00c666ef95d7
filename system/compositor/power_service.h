/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of io.bulkhead.Desktop (desktop_service.h) that is about the machine's power.
 *
 * Input from: the broker (what it passes on is an app's: sizes are checked, text is cleaned)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_POWER_SERVICE_H
#define BK_COMPOSITOR_POWER_SERVICE_H

#include "desktop.h"

#include <systemd/sd-varlink.h>

int bk_power_service_bind(sd_varlink_server *server);

/* Tells the broker what the person wants: `wish` is "lowPower" or "sleep". */
void bk_power_service_wish(struct bk_desktop_service *service, const char *wish, bool value);

#endif
