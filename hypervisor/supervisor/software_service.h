/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io.bulkhead.Software over sd-varlink (api/internal/).
 *
 * Input from: the System VM (through port.c's bounds), the debug port
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_SOFTWARE_SERVICE_H
#define BK_SUPERVISOR_SOFTWARE_SERVICE_H

#include <systemd/sd-varlink.h>

/* Serves it on a server of service.c's, whose userdata is the struct bk_service. */
int bk_software_service_bind(sd_varlink_server *server);

/* io.bulkhead.Software's errors, for who serves a part of it: Failed, and what a negative errno says. */
int bk_software_reply_failed(sd_varlink *link, const char *reason);
int bk_software_reply_errno(sd_varlink *link, int error);
/* … and the reason of a Failed that says so. */
const char *bk_software_reason(int error);

#endif
