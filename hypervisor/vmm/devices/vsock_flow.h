/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection ("flow") of an app at the System VM's end, and what it has for an app that does not take it.
 *
 * Input from: guest (ports, lengths, payload)
 * Runs in: bk-vmm, I/O thread
 *
 * A stream has no packets, so none are kept: only the bytes, the newest credit, and a bit for each operation that is
 * to be sent. So what waits is bounded, whatever small packets the guest makes of it.
 */
#ifndef BK_DEVICES_VSOCK_FLOW_H
#define BK_DEVICES_VSOCK_FLOW_H

#include "cable/vsock.h"

#include <sys/queue.h>

/* Bytes that wait: twice what a Linux guest lets be under way unless it is told otherwise, so that only an app that
 * ignores its windows or does not run gets there. */
#define BK_VSOCK_FLOW_BYTES_MAX (512U * 1024U)

struct bk_vsock_app;

/* Not live: over, and kept until both ends that must be told have been. */
struct bk_vsock_flow {
    struct bk_vsock_app *app;
    uint32_t app_port;
    uint32_t system_port;
    bool live;
    bool owes_guest; /* a RST; it is in the device's list of those */
    bool sending;    /* `due` is not 0; it is in the app's list of those */

    unsigned due; /* to the app: bit n for operation n */
    uint32_t shutdown_flags;
    uint32_t buf_alloc, fwd_cnt;
    uint8_t *bytes;
    size_t first, count, capacity; /* `count` bytes from `first` wait */

    LIST_ENTRY(bk_vsock_flow) in_bucket;
    TAILQ_ENTRY(bk_vsock_flow) in_sending;
    TAILQ_ENTRY(bk_vsock_flow) in_resets;
};

/* Keeps what the packet says, with at most `room` bytes more of memory. False when that is not enough: the flow cannot
 * go on. */
bool bk_vsock_flow_keep(struct bk_vsock_flow *flow, const struct bk_vsock_outgoing *packet, size_t room);

/* Sends one packet of what is due, which there is; as bk_vsock_cable_send(). Without a far end it is gone. */
int bk_vsock_flow_send(struct bk_vsock_flow *flow, struct bk_vsock_cable *cable, uint32_t cid);

/* Forgets the bytes; the caller says what is due now. */
void bk_vsock_flow_drop_bytes(struct bk_vsock_flow *flow);

#endif
