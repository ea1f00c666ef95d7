/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where apps reach the broker: vsock, whose peer address says which VM a connection comes from.
 *
 * Input from: app (that it connects); host (from where: the hypervisor checks and stamps the CID)
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_VSOCK_H
#define BK_BROKER_VSOCK_H

#include <stdint.h>

/* Below 1024, so that binding them needs CAP_NET_BIND_SERVICE. */
#define BK_VSOCK_PORT_CALLS      1U /* the System API, as JSON */
#define BK_VSOCK_PORT_CALLS_CBOR 2U /* … and as CBOR */
#define BK_VSOCK_PORT_STREAMS    3U /* stream.h */

/* A non-blocking listening socket. -EACCES without CAP_NET_BIND_SERVICE. */
int bk_vsock_listen(uint32_t port, int *ret_fd);

/* Accepts one connection, non-blocking. `*ret_cid` is the CID of the VM it comes from, 0 when that is no other VM's:
 * this VM's own, or one of those that are reserved (0 to 2). */
int bk_vsock_accept(int listener, int *ret_fd, uint32_t *ret_cid);

#endif
