/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One end of a vsock cable (hypervisor/protocol/vsock_cable.h): packets in and out of it, and the checks that both
 * ends make.
 *
 * Input from: guest; host (the bk-vmm at the far end, which a guest may have taken over)
 * Runs in: bk-vmm, I/O thread
 */
#ifndef BK_CABLE_VSOCK_H
#define BK_CABLE_VSOCK_H

#include "core/loop.h"
#include "log.h"
#include "vsock_cable.h"

#include <stdbool.h>
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
    BK_VSOCK_REFUSE, /* answer with bk_vsock_make_reset(), unless it is a RST itself */
    BK_VSOCK_DROP,
    BK_VSOCK_WAIT, /* there is no room for it now */
};

/* Checks what does not depend on connections: the sender is `source`, the upper halves of the addresses are zero,
 * type, operation and length are right; `payload_size` bytes follow the header. What is not right is logged. */
enum bk_vsock_verdict bk_vsock_check(const struct bk_vsock_header *header, uint32_t source, size_t payload_size,
                                     struct bk_ratelimit *limit);

/* A packet without payload. */
struct bk_vsock_header bk_vsock_make(uint16_t op, uint32_t src_cid, uint32_t src_port, uint32_t dst_cid,
                                     uint32_t dst_port);

/* The answer that ends what `header` belongs to. */
struct bk_vsock_header bk_vsock_make_reset(const struct bk_vsock_header *header);

/* Embedded in its owner; zeroed: unplugged. The loop tells of changes only (EPOLLET), so what it told is kept here
 * until it is seen to have changed: that the guest does not take what is there, or a hang-up, is not told for ever. */
struct bk_vsock_cable {
    struct bk_loop *loop;
    struct bk_source source;
    bool readable; /* something may be received */
    bool full;     /* nothing is sent before the callback hears EPOLLOUT */
};

/* Takes `fd` in any case. The callback begins with bk_vsock_cable_update(). */
int bk_vsock_cable_plug(struct bk_vsock_cable *cable, struct bk_loop *loop, int fd, bk_loop_callback callback,
                        void *userdata);
void bk_vsock_cable_unplug(struct bk_vsock_cable *cable); /* may be so already */

void bk_vsock_cable_update(struct bk_vsock_cable *cable, uint32_t events);

/* True: the callback will hear EPOLLOUT once there is room, soon if there is some. */
void bk_vsock_cable_set_full(struct bk_vsock_cable *cable, bool full);

/* 0; -EAGAIN when the cable is full; -ENODATA when the far end is gone, which the callback hears too. */
int bk_vsock_cable_send(struct bk_vsock_cable *cable, const struct iovec *ranges, unsigned count);
int bk_vsock_cable_send_header(struct bk_vsock_cable *cable, struct bk_vsock_header header);

/* Receives a packet and yields 0, with the number of payload bytes that really came in `*ret_payload_size`;
 * -EAGAIN when there is none; -ENODATA when the far end is gone and everything was received. A datagram that is no
 * packet yields -EBADMSG and is gone. */
int bk_vsock_cable_receive(struct bk_vsock_cable *cable, struct bk_vsock_packet *packet, size_t *ret_payload_size);

#endif
