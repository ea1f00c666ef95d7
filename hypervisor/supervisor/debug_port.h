/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ways in for tests and developers, where the machine was told to have them: the virtio-serial ports
 * "io.bulkhead.debug", for calls, "io.bulkhead.bundle", for a bundle to be installed, and "io.bulkhead.shell", for a
 * shell in an app, of the machine, or, hosted, the sockets debug.sock, bundle.sock and shell.sock.
 *
 * Input from: host (trusted to hurt this machine)
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_DEBUG_PORT_H
#define BK_SUPERVISOR_DEBUG_PORT_H

#include "port.h"

#include <stdbool.h>
#include <systemd/sd-event.h>
#include <systemd/sd-varlink.h>

/* Serves the port. -ENOENT: the machine has none. */
int bk_debug_port_open(struct bk_port *port, sd_event *event, sd_varlink_server *server);

/* Serves `directory`/debug.sock, for this user alone. */
int bk_debug_socket_open(sd_varlink_server *server, const char *directory);

/* The way for bundles, or for a shell. Zero-initialised: there is none. */
struct bk_debug_way {
    const char *name;
    bool machine; /* it is the port's … */
    int listener; /* … or `directory`/NAME.sock, when this is above 0 */
};

/* `name` is static; `directory` is NULL on the machine. */
int bk_debug_way_open(struct bk_debug_way *way, const char *name, const char *directory);
void bk_debug_way_close(struct bk_debug_way *way);

/* The next stream, non-blocking, which is the caller's. -ENOENT: there is no way; -EAGAIN: nobody has
 * connected; -EBUSY: another one has the port. */
int bk_debug_way_take(struct bk_debug_way *way);

#endif
