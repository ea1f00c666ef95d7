/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the PCI transport keeps of one device.
 *
 * Input from: guest
 * Runs in: bk-vmm, vCPU and I/O threads, under the VM's lock; used by virtio/pci.c and virtio/pci_common.c
 */
#ifndef BK_VIRTIO_TRANSPORT_H
#define BK_VIRTIO_TRANSPORT_H

#include "core/loop.h"
#include "core/pci.h"
#include "log.h"
#include "virtio/device.h"
#include "virtio/queue_state.h"

struct bk_virtio_queue {
    struct bk_queue queue;               /* first */
    struct bk_queue_registers registers; /* as written; checked when the queue is enabled */
    uint64_t doorbell;                   /* the address at which KVM answers for it; 0: nowhere */
    int eventfd;
    struct bk_source source;
};

/* The common configuration structure (virtio 1.3 §4.1.4.3). The feature words, which depend on their selects, and the
 * selected queue's registers are put in when it is read. */
struct bk_virtio_registers {
    uint32_t device_feature_select;
    uint32_t device_feature;
    uint32_t driver_feature_select;
    uint32_t driver_feature;
    uint16_t config_vector;
    uint16_t queue_count;
    uint8_t status;
    uint8_t generation;
    uint16_t queue_select;
    struct bk_queue_registers queue;
};

struct bk_virtio_transport {
    struct bk_pci_device pci; /* first */
    struct bk_virtio_device *device;
    struct bk_vm *vm;
    struct bk_ratelimit log_limit;
    struct bk_virtio_registers registers;
    uint32_t driver_features[2];
    uint8_t isr;
    bool restart_due; /* the I/O thread has not heard of a reset yet */
    struct bk_virtio_queue queues[];
};

/* virtio/pci_common.c */
void bk_virtio_common_reset(struct bk_virtio_transport *transport);
/* Leaves a buffer that is zero as it is where there is no field. */
void bk_virtio_common_read(struct bk_virtio_transport *transport, uint64_t offset, void *buffer, size_t length);
void bk_virtio_common_write(struct bk_virtio_transport *transport, uint64_t offset, const void *buffer, size_t length);

/* virtio/pci.c: what the status register sets off. */
void bk_virtio_start(struct bk_virtio_transport *transport);
void bk_virtio_reset(struct bk_pci_device *pci);

#endif
