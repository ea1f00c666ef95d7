/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One socket packet (virtio 1.3 §5.10.6): the checks that both ends of a cable make, and the packets they make.
 *
 * Input from: guest
 * Runs in: bk-vmm, I/O thread
 */
#ifndef BK_CABLE_VSOCK_PACKET_H
#define BK_CABLE_VSOCK_PACKET_H

#include "log.h"
#include "vsock_cable.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* A packet in a buffer of ours: what came out of a cable, on its way to the guest. */
struct bk_vsock_packet {
    struct bk_vsock_header header;
    uint8_t payload[BK_VSOCK_PAYLOAD_MAX];
} __attribute__((packed));

#define BK_VSOCK_RANGES_MAX 257 /* the header, and a descriptor chain of 256 */

/* A packet on its way to a cable: a header of ours and a payload that stays where the guest has it, so that the
 * guest can still change those bytes, which nothing but its peer ever reads. */
struct bk_vsock_outgoing {
    struct bk_vsock_header header;
    size_t payload_size;
    unsigned count; /* of `ranges`; the first is the header */
    struct iovec ranges[BK_VSOCK_RANGES_MAX];
};

enum bk_vsock_verdict {
    BK_VSOCK_FORWARD,
    BK_VSOCK_REFUSE, /* answer with bk_vsock_make_reset() */
    BK_VSOCK_DROP,
};

/* Checks what does not depend on connections: the sender is `source`, the upper halves of the addresses are zero,
 * type, operation and length are right; `payload_size` bytes follow the header. What is not right is logged. */
enum bk_vsock_verdict bk_vsock_check(const struct bk_vsock_header *header, uint32_t source, size_t payload_size,
                                     struct bk_ratelimit *limit);

/* A packet without payload. */
struct bk_vsock_header bk_vsock_make(uint16_t op, uint32_t src_cid, uint32_t src_port, uint32_t dst_cid,
                                     uint32_t dst_port);

/* The answer that ends what `header` belongs to. Never to a packet that is one itself. */
struct bk_vsock_header bk_vsock_make_reset(const struct bk_vsock_header *header);

/* "RW", or "?" for what is no operation of a guest's. */
const char *bk_vsock_op_name(uint16_t op);

#endif
