/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a virtqueue is made of, for the transport that enables it. Devices use virtio/queue.h alone.
 *
 * Input from: guest (the registers)
 * Runs in: bk-vmm, vCPU and I/O threads, under the VM's lock
 */
#ifndef BK_VIRTIO_QUEUE_STATE_H
#define BK_VIRTIO_QUEUE_STATE_H

#include "virtio/queue.h"

#include <linux/virtio_ring.h>

struct bk_memory;

/* What the driver says of a queue, in the order of the PCI transport's registers (virtio 1.3 §4.1.4.3). */
struct bk_queue_registers {
    uint16_t size;
    uint16_t vector;
    uint16_t enabled;
    uint16_t notify_offset;
    uint64_t descriptors; /* guest addresses of the rings (§2.7) */
    uint64_t available;
    uint64_t used;
};

struct bk_queue {
    struct bk_virtio_device *device;
    const struct bk_memory *memory;
    unsigned index;

    bool enabled;               /* the rest is valid only then */
    bool event_index, indirect; /* negotiated */
    uint16_t size;
    uint16_t last_head;                         /* of the last chain popped, for unpop */
    uint16_t next_available, next_used;         /* free-running, modulo 2^16 */
    uint32_t unsignalled;                       /* pushes since the last decision to interrupt or not */
    uint64_t in_flight[BK_QUEUE_SIZE_MAX / 64]; /* by head: popped and not pushed yet */
    /* The rings, in guest RAM, which does not move. */
    const uint8_t *descriptors; /* struct vring_desc, copied before they are looked at */
    struct vring_avail *available;
    struct vring_used *used;
};

/* Checks sizes, alignments and that every ring is RAM, and starts the queue with what the device has negotiated; false:
 * the device is in needs-reset. */
bool bk_queue_enable(struct bk_queue *queue, const struct bk_queue_registers *registers);

/* Forgets everything of the driver's. */
void bk_queue_disable(struct bk_queue *queue);

/* The transport's: interrupts the driver, which wants to hear of this queue. */
void bk_virtio_interrupt_queue(struct bk_queue *queue);

#endif
