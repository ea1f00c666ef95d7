/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of io.bulkhead.Desktop (desktop_service.h) that is about installed apps, and one that is being installed.
 *
 * Input from: the broker (what it passes on is an app's: sizes are checked, text is cleaned)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_SOFTWARE_SERVICE_H
#define BK_COMPOSITOR_SOFTWARE_SERVICE_H

#include "desktop.h"

#include <systemd/sd-varlink.h>

int bk_software_service_bind(sd_varlink_server *server);

/* Tells the broker what the person wants; `what` is the wish's mark or id, or NULL. */
void bk_software_service_wish(struct bk_desktop_service *service, enum bk_software_wish wish, const char *what,
                              uint32_t point);

#endif
