/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of io.bulkhead.Software is about what apps keep: restore points, use of the disk, export.
 *
 * Input from: the System VM (through port.c's bounds), the debug port
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_DATA_SERVICE_H
#define BK_SUPERVISOR_DATA_SERVICE_H

#include <systemd/sd-varlink.h>

/* Serves it beside software_service.h. */
int bk_data_service_bind(sd_varlink_server *server);

#endif
