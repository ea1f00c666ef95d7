/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a virtqueue is made of, for the transport that enables it and for whoever saves and restores it. Devices
 * use virtio/queue.h alone.
 *
 * Input from: guest (the layout)
 * Runs in: bk-vmm, vCPU and I/O threads, under the VM's lock
 */
#ifndef BK_VIRTIO_QUEUE_STATE_H
#define BK_VIRTIO_QUEUE_STATE_H

#include "virtio/queue.h"

#include <linux/virtio_ring.h>

struct bk_virtio_device;

/* Where the driver put the rings (virtio 1.3 §2.7): guest addresses, as it wrote them. */
struct bk_queue_layout {
    uint16_t size;
    uint64_t descriptors;
    uint64_t available;
    uint64_t used;
};

/* How far the device has come. With the layout, it is all that a restored queue needs when no chain was in
 * flight; free-running, modulo 2^16. */
struct bk_queue_position {
    uint16_t next_available;
    uint16_t next_used;
};

struct bk_queue {
    struct bk_virtio_device *device;
    unsigned index;

    bool enabled;               /* the rest is valid only then */
    bool event_index, indirect; /* negotiated */
    bool notifications;         /* the driver is asked to notify; without event_index */
    uint16_t size;
    uint16_t last_head; /* of the last chain popped, for unpop */
    struct bk_queue_position position;
    uint32_t unsignalled;                       /* pushes since the last decision to interrupt or not */
    uint64_t in_flight[BK_QUEUE_SIZE_MAX / 64]; /* by head: popped and not pushed yet */
    /* The rings, in guest RAM, which does not move. */
    const uint8_t *descriptors; /* struct vring_desc, copied before they are looked at */
    struct vring_avail *available;
    struct vring_used *used;
};

/* Checks sizes, alignments and that every ring is RAM, and starts the queue at `position` (zeros: a new one).
 * `features` are the negotiated ones. Yields NULL, or what is wrong with the driver's layout. */
const char *bk_queue_enable(struct bk_queue *queue, const struct bk_queue_layout *layout,
                            struct bk_queue_position position, uint64_t features);

/* Forgets everything of the driver's. */
void bk_queue_disable(struct bk_queue *queue);

#endif
