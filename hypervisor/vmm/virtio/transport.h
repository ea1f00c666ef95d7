/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a transport (virtio/pci.c) does for a device and its queues. Devices reach it through virtio/device.h and
 * virtio/queue.h alone.
 *
 * Input from: trusted
 * Runs in: bk-vmm, vCPU and I/O threads, under the VM's lock
 */
#ifndef BK_VIRTIO_TRANSPORT_H
#define BK_VIRTIO_TRANSPORT_H

#include "core/memory.h"
#include "log.h"
#include "virtio/device.h"

struct bk_virtio_transport_operations {
    void (*interrupt_queue)(struct bk_virtio_device *device, unsigned index);
    void (*ring_queue)(struct bk_virtio_device *device, unsigned index); /* bk_queue_ring() */
    void (*config_changed)(struct bk_virtio_device *device);
    /* Sets DEVICE_NEEDS_RESET (virtio 1.3 §2.1.2) and tells the driver; `running` is false already. */
    void (*needs_reset)(struct bk_virtio_device *device);
};

/* The first member of each transport's own structure. */
struct bk_virtio_transport {
    const struct bk_virtio_transport_operations *operations;
    const struct bk_memory *memory;
    struct bk_ratelimit log_limit;
    bool broken; /* in needs-reset; until the reset */
};

#endif
