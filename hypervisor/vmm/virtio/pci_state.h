/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the PCI transport keeps of one device. `registers`, with each queue's `layout`, `vector` and
 * `queue.position`, is all that a driver can tell apart: what a snapshot has to hold.
 *
 * Input from: guest
 * Runs in: bk-vmm, vCPU and I/O threads, under the VM's lock; used by virtio/pci.c and virtio/pci_common.c
 */
#ifndef BK_VIRTIO_PCI_STATE_H
#define BK_VIRTIO_PCI_STATE_H

#include "core/loop.h"
#include "core/pci.h"
#include "virtio/queue_state.h"
#include "virtio/transport.h"

struct bk_virtio_pci;

struct bk_virtio_pci_queue {
    struct bk_queue queue;
    struct bk_virtio_pci *transport;
    struct bk_queue_layout layout; /* as written; checked when the queue is enabled */
    uint16_t vector;
    bool doorbell; /* KVM has it */
    int eventfd;
    struct bk_source source;
};

struct bk_virtio_pci_registers {
    uint32_t device_feature_select;
    uint32_t driver_feature_select;
    uint64_t driver_features;
    uint16_t config_vector;
    uint16_t queue_select;
    uint8_t status;
    uint8_t generation;
    uint8_t isr;
};

struct bk_virtio_pci {
    struct bk_virtio_transport base;
    struct bk_virtio_device *device;
    struct bk_vm *vm;
    struct bk_pci_device pci;
    uint64_t address;   /* of the BAR; 0: it is not decoded */
    bool restart_due;   /* the I/O thread has not heard of a reset yet */
    uint8_t access[16]; /* the access capability's bar, offset, length and data */
    struct bk_virtio_pci_registers registers;
    struct bk_virtio_pci_queue queues[];
};

/* virtio/pci_common.c: the common configuration structure (virtio 1.3 §4.1.4.3). */
void bk_virtio_pci_common_reset(struct bk_virtio_pci *transport);
void bk_virtio_pci_common_read(struct bk_virtio_pci *transport, uint64_t offset, void *buffer, size_t length);
void bk_virtio_pci_common_write(struct bk_virtio_pci *transport, uint64_t offset, const void *buffer, size_t length);

/* virtio/pci.c: what the status register sets off. */
void bk_virtio_pci_start(struct bk_virtio_pci *transport);
void bk_virtio_pci_reset(struct bk_virtio_pci *transport);

#endif
