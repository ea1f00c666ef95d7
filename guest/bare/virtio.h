/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtio device on the PCI bus (virtio 1.3 §3.1, §4.1): finding it, agreeing on features, its queues, its
 * configuration.
 *
 * Input from: host
 * Runs in: a guest without an OS
 */
#ifndef BK_BARE_VIRTIO_H
#define BK_BARE_VIRTIO_H

#include "pci.h"
#include "queue.h"

#include <stdbool.h>
#include <stdint.h>

enum bk_virtio_type { /* virtio 1.3 §5 */
    BK_VIRTIO_CONSOLE = 3,
    BK_VIRTIO_ENTROPY = 4,
    BK_VIRTIO_GPU = 16,
    BK_VIRTIO_INPUT = 18,
    BK_VIRTIO_VSOCK = 19,
};

#define BK_VIRTIO_QUEUES 3U

struct bk_virtio {
    struct bk_pci pci;
    volatile struct bk_virtio_registers *registers;
    volatile uint8_t *doorbells, *config;
    uint32_t doorbell_step;
    struct bk_queue queues[BK_VIRTIO_QUEUES];
    volatile uint16_t *doorbell[BK_VIRTIO_QUEUES];
};

/* Finds the device of that type, counted from 0, and sets up its first `queues` queues. False when there is none, or it
 * is not as the specification says. It takes no features but the version's. */
bool bk_virtio_open(struct bk_virtio *device, enum bk_virtio_type type, unsigned number, unsigned queues);

/* The device may begin: what it needs from the start is in its queues. */
void bk_virtio_start(struct bk_virtio *device);

/* Says that there are new buffers in a queue. */
void bk_virtio_ring(struct bk_virtio *device, unsigned queue);

/* Gives a buffer to a queue and waits until it is back: how many bytes were written; -1 when the device does not take
 * it, or this guest is to end. For a queue that is used in this way only. */
int bk_virtio_ask(struct bk_virtio *device, unsigned queue, const struct bk_piece *pieces, unsigned out, unsigned in);

#endif
