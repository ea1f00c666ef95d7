/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ways in for tests and developers, where the machine was told to have them: the virtio-serial port
 * "io.bulkhead.debug" of the machine, or, hosted, the socket debug.sock.
 *
 * Input from: host (trusted to hurt this machine)
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_DEBUG_PORT_H
#define BK_SUPERVISOR_DEBUG_PORT_H

#include "port.h"

#include <systemd/sd-event.h>
#include <systemd/sd-varlink.h>

/* Serves the port. -ENOENT: the machine has none. */
int bk_debug_port_open(struct bk_port *port, sd_event *event, sd_varlink_server *server);

/* Serves `directory`/debug.sock, for this user alone. */
int bk_debug_socket_open(sd_varlink_server *server, const char *directory);

#endif
