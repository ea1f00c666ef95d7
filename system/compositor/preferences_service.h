/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of io.bulkhead.Desktop (desktop_service.h) that is about what the person chose for the desktop itself: the
 * broker keeps it over restarts.
 *
 * Input from: trusted (the broker)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_PREFERENCES_SERVICE_H
#define BK_COMPOSITOR_PREFERENCES_SERVICE_H

#include "desktop.h"

#include <systemd/sd-varlink.h>

int bk_preferences_service_bind(sd_varlink_server *server);

/* Something may be other than it was: the broker is told if it is so. */
void bk_preferences_service_changed(struct bk_desktop *desktop);
/* A broker watches: it is told what there is. */
void bk_preferences_service_tell(struct bk_desktop *desktop);

#endif
