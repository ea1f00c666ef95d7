/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vsock cable: docs/protocols/vsock-cable.md.
 *
 * Input from: guest, through the bk-vmm at the other end; trusted by neither end
 * Runs in: bk-vmm, I/O thread
 *
 * SOCK_SEQPACKET between an App VM's bk-vmm and the System VM's. One datagram is one vsock packet: the header
 * as virtio 1.3 §5.10.6 has it, little-endian, and `len` bytes of payload, at most BK_VSOCK_PAYLOAD_MAX.
 * On the cable the app is its CID, the System VM is BK_VSOCK_CID_SYSTEM. Each end checks what it receives;
 * the System VM's end believes the CID it was plugged with, not the one in the packet.
 */
#ifndef BK_PROTOCOL_VSOCK_CABLE_H
#define BK_PROTOCOL_VSOCK_CABLE_H

#include <assert.h>
#include <stdint.h>

#define BK_VSOCK_PAYLOAD_MAX      (64U * 1024U)
#define BK_VSOCK_CID_SYSTEM       2U /* what apps call the System VM (VMADDR_CID_HOST) */
#define BK_VSOCK_CID_SYSTEM_GUEST 3U /* what the System VM's own guest is called inside it */
#define BK_VSOCK_CID_APP_FIRST    16U

/* Bytes of a cable's socket buffer, each direction: a few whole packets. */
#define BK_VSOCK_CABLE_BUFFER (1024U * 1024U)

struct bk_vsock_header {
    uint64_t src_cid;
    uint64_t dst_cid;
    uint32_t src_port;
    uint32_t dst_port;
    uint32_t len;
    uint16_t type;
    uint16_t op;
    uint32_t flags;
    uint32_t buf_alloc;
    uint32_t fwd_cnt;
} __attribute__((packed));
static_assert(sizeof(struct bk_vsock_header) == 44, "virtio 1.3 §5.10.6");
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the fields are read in place");

enum bk_vsock_type {
    BK_VSOCK_TYPE_STREAM = 1, /* the only one that crosses a cable */
};

enum bk_vsock_op {
    /* Not a guest's: one end of the cable to the other. From the app's end: its guest started anew, all flows are
     * over; the System VM's end answers with the same packet, and what the app's end receives before the answer
     * belongs to the flows that are over. All fields but the two CIDs are zero. */
    BK_VSOCK_OP_CABLE_RESET = 0,
    BK_VSOCK_OP_REQUEST = 1,
    BK_VSOCK_OP_RESPONSE = 2,
    BK_VSOCK_OP_RST = 3,
    BK_VSOCK_OP_SHUTDOWN = 4,
    BK_VSOCK_OP_RW = 5, /* the only one with payload */
    BK_VSOCK_OP_CREDIT_UPDATE = 6,
    BK_VSOCK_OP_CREDIT_REQUEST = 7,
};

#endif
