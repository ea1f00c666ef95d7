/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of io.bulkhead.Desktop that is about what an app keeps.
 *
 * Input from: the broker
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_STORAGE_SERVICE_H
#define BK_COMPOSITOR_STORAGE_SERVICE_H

#include <systemd/sd-varlink.h>

/* Serves it on a server whose userdata is the struct bk_desktop_service. */
int bk_storage_service_bind(sd_varlink_server *server);

#endif
