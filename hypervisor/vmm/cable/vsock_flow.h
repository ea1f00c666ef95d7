/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connections ("flows") of one cable at the System VM's end, and what each has queued for an app that does not
 * take it.
 *
 * Input from: guest (ports, lengths, payload)
 * Runs in: bk-vmm, I/O thread
 */
#ifndef BK_CABLE_VSOCK_FLOW_H
#define BK_CABLE_VSOCK_FLOW_H

#include "cable/vsock_packet.h"

#include <stdbool.h>
#include <sys/queue.h>

#define BK_VSOCK_FLOWS_MAX 4096 /* of one cable */

/* Bytes queued for one flow, its bookkeeping included: twice what a Linux guest lets be under way unless it is told
 * otherwise, so that only an app that ignores its windows or does not run gets there. */
#define BK_VSOCK_FLOW_QUEUE_MAX (512U * 1024U)

struct bk_vsock_cable;

struct bk_vsock_queued {
    TAILQ_ENTRY(bk_vsock_queued) next;
    struct bk_vsock_header header;
    size_t capacity; /* bytes of payload that there is room for */
    uint8_t payload[];
};

/* Not live: over, and kept until both ends that must be told have been. */
struct bk_vsock_flow {
    uint32_t app_port;
    uint32_t system_port;
    bool live;
    bool owes_app;   /* a RST, after what is queued */
    bool owes_guest; /* a RST; it is in the switch's list of those */
    bool sending;    /* it has something for the app; it is in the cable's list of those */
    struct bk_vsock_cable *cable;
    size_t queued; /* bytes, bookkeeping included */
    TAILQ_HEAD(bk_vsock_queue, bk_vsock_queued) queue;
    LIST_ENTRY(bk_vsock_flow) in_bucket;
    LIST_ENTRY(bk_vsock_flow) in_table;
    TAILQ_ENTRY(bk_vsock_flow) in_sending;
    TAILQ_ENTRY(bk_vsock_flow) in_resets;
};

#define BK_VSOCK_FLOW_BUCKETS 512 /* a power of two */

/* Embedded in its owner. */
struct bk_vsock_flow_table {
    unsigned count;
    uint64_t secret; /* spreads the flows: an app chooses its ports, but cannot know their bucket */
    LIST_HEAD(, bk_vsock_flow) all;
    LIST_HEAD(, bk_vsock_flow) buckets[BK_VSOCK_FLOW_BUCKETS];
};

void bk_vsock_flow_table_init(struct bk_vsock_flow_table *table, uint64_t secret);

struct bk_vsock_flow *bk_vsock_flow_find(const struct bk_vsock_flow_table *table, uint32_t app_port,
                                         uint32_t system_port);

/* A new live flow, or NULL when there are BK_VSOCK_FLOWS_MAX or no memory is left. */
struct bk_vsock_flow *bk_vsock_flow_add(struct bk_vsock_flow_table *table, uint32_t app_port, uint32_t system_port);

/* Frees it; its queue is empty, and it is in no other list. */
void bk_vsock_flow_free(struct bk_vsock_flow_table *table, struct bk_vsock_flow *flow);

/* Copies the packet to the end of the flow's queue, which may grow by at most `room` bytes. Joins it to what is there
 * where that changes nothing for the receiver: a stream has no packets, and the newest credit is the one that
 * counts. False when it found no place, and part of it may be queued then: the flow cannot go on. */
bool bk_vsock_flow_enqueue(struct bk_vsock_flow *flow, const struct bk_vsock_outgoing *packet, size_t room);

/* Frees the first packet of the queue. */
void bk_vsock_flow_dequeue(struct bk_vsock_flow *flow);

#endif
