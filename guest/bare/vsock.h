/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections to the system: streams of bytes over virtio-vsock (virtio 1.3 §5.10) to CID 2.
 *
 * Input from: app (what the system sends; its credit is believed as far as this guest's own room goes)
 * Runs in: a guest without an OS
 */
#ifndef BK_BARE_VSOCK_H
#define BK_BARE_VSOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_VSOCK_ROOM        16384U /* bytes that wait to be read, at most: a longer message ends its connection */
#define BK_VSOCK_CONNECTIONS 4U

enum bk_vsock_state {
    BK_VSOCK_CLOSED,
    BK_VSOCK_CONNECTING,
    BK_VSOCK_OPEN,
};

struct bk_connection {
    enum bk_vsock_state state;
    uint32_t port, system_port;
    uint32_t sent, peer_room, peer_took; /* bytes, as they are counted for credit (§5.10.6.3) */
    uint32_t took, told;                 /* bytes read from here, and as far as the peer knows */
    size_t length;                       /* bytes in `bytes` */
    char bytes[BK_VSOCK_ROOM];
};

/* False when there is no such device. */
bool bk_vsock_begin(void);

/* Asks for a connection to a port of the system's. Its state says what became of it, after bk_vsock_look(). */
void bk_vsock_connect(struct bk_connection *connection, uint32_t port);

/* Takes in what came, for all connections. */
void bk_vsock_look(void);

/* All of it is on its way; or false, and the connection is closed: it was, or the peer has no room for as much. */
bool bk_vsock_send(struct bk_connection *connection, const char *bytes, size_t count);

/* The first `count` bytes were read: what is behind them moves there. */
void bk_vsock_took(struct bk_connection *connection, size_t count);

void bk_vsock_close(struct bk_connection *connection);

#endif
