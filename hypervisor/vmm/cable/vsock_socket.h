/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One end of a vsock cable (hypervisor/protocol/vsock_cable.h): a datagram is a packet, and what is waited for.
 *
 * Input from: host (the bk-vmm at the far end, which a guest may have taken over)
 * Runs in: bk-vmm, I/O thread
 */
#ifndef BK_CABLE_VSOCK_SOCKET_H
#define BK_CABLE_VSOCK_SOCKET_H

#include "cable/vsock_packet.h"
#include "core/loop.h"

#include <stdbool.h>

/* Embedded in its owner; zeroed but for fd = -1: closed. */
struct bk_vsock_socket {
    struct bk_loop *loop;
    struct bk_source source;
    int fd;
};

/* Takes `fd` in any case. Waits for EPOLLIN; a hang-up is always told. */
int bk_vsock_socket_open(struct bk_vsock_socket *socket, struct bk_loop *loop, int fd, bk_loop_callback callback,
                         void *userdata);
void bk_vsock_socket_close(struct bk_vsock_socket *socket); /* may be closed already */

/* Waits for these EPOLL* bits from now on. */
void bk_vsock_socket_wait(struct bk_vsock_socket *socket, uint32_t events);

/* Waits for nothing more, not even the hang-up that would be told for ever. What came before it can still be
 * received. */
void bk_vsock_socket_stop_waiting(struct bk_vsock_socket *socket);

/* 0; -EAGAIN when the cable is full; -ENODATA when the far end is gone, which the hang-up tells, too. */
int bk_vsock_socket_send(struct bk_vsock_socket *socket, const struct iovec *ranges, unsigned count);
int bk_vsock_socket_send_header(struct bk_vsock_socket *socket, const struct bk_vsock_header *header);

/* Receives a packet and yields 0, with the number of payload bytes that really came in `*ret_payload_size`;
 * -EAGAIN when there is none; -ENODATA when the far end is gone and everything was received. A datagram that is no
 * packet yields -EBADMSG and is gone. */
int bk_vsock_socket_receive(struct bk_vsock_socket *socket, struct bk_vsock_packet *packet, size_t *ret_payload_size);

#endif
