/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of io.bulkhead.Desktop (desktop_service.h) that is about the place that the person sets.
 *
 * Input from: trusted (the broker)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_PLACE_SERVICE_H
#define BK_COMPOSITOR_PLACE_SERVICE_H

#include "desktop.h"

#include <systemd/sd-varlink.h>

int bk_place_service_bind(sd_varlink_server *server);

/* Tells the broker where the person says that the machine is; NULL: that it is to be forgotten. */
void bk_place_service_change(struct bk_desktop_service *service, const struct bk_place *place);

#endif
