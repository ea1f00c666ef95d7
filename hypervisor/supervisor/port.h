/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Varlink server at the end of a byte stream that outlives its clients: the System VM's port, whose other end is its
 * bk-vmm, and the machine's own debug port, a virtio-serial device.
 *
 * Input from: guest (a port of the System VM), host (the debug port)
 * Runs in: bk-supervisor
 *
 * Theory. sd-varlink gets one end of a socket pair, a connection for each session; what comes in from the stream goes
 * through the framer's bounds first, so that the JSON parser never meets more than BK_FRAMER_MESSAGE_MAX bytes. All
 * buffers are of fixed size: where the one side does not read, the other is not read either.
 * A session ends when the client begins a new one, or when it breaks the rules: then all it sends is thrown away until
 * it begins a new one. That a device's host side was closed says nothing: the next client's first bytes may come before
 * the word of it.
 */
#ifndef BK_SUPERVISOR_PORT_H
#define BK_SUPERVISOR_PORT_H

#include "framer.h"

#include "log.h"

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>
#include <systemd/sd-varlink.h>

#define BK_PORT_CHUNK 4096U

struct bk_port {
    const char *name; /* for the log; NULL: not open */
    sd_event *event;
    sd_varlink_server *server;
    bool is_device; /* hang-up comes and goes */
    bool over;      /* the stream has ended */
    int fd;         /* the stream; owned */
    int inner;      /* our end of sd-varlink's connection; -1: no session */
    sd_event_source *outer_source, *inner_source;
    struct bk_framer framer;
    size_t message_size, message_sent; /* of framer.message, on its way to sd-varlink */
    char in[BK_PORT_CHUNK];            /* read from the stream, not framed yet */
    size_t in_size, in_taken;
    char out[BK_PORT_CHUNK]; /* on its way to the stream */
    size_t out_size, out_sent;
    struct bk_ratelimit limit;
};

/* Takes `fd`, a stream, in any case. `name` must outlive the port. */
int bk_port_open(struct bk_port *port, sd_event *event, sd_varlink_server *server, int fd, const char *name,
                 bool is_device);
/* Nothing is done when it is not open. */
void bk_port_close(struct bk_port *port);

#endif
