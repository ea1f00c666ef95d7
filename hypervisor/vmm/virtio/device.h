/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a virtio device is to its transport (virtio 1.3 §2.1, §3.1, §4.1): an identity, a configuration space,
 * queues, and what to do when the driver acts.
 *
 * Input from: guest
 * Runs in: bk-vmm; every operation is called under the VM's lock, from the I/O thread or a vCPU thread
 *
 * The transport (virtio/pci.c) checks ranges, states and features before it calls; a device sees `offset` and
 * `length` inside its configuration space only, queues only while the device runs (DRIVER_OK, not
 * needs-reset). A device uses this header, virtio/queue.h and the public headers of core/, and no other device.
 */
#ifndef BK_VIRTIO_DEVICE_H
#define BK_VIRTIO_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bk_loop;
struct bk_queue;
struct bk_virtio_device;
struct bk_vm;
struct bk_window;

#define BK_VIRTIO_QUEUES_MAX 64

#define BK_VIRTIO_F_VERSION_1     (1ULL << 32) /* the transport offers it for every device, */
#define BK_VIRTIO_F_EVENT_IDX     (1ULL << 29) /* with these two; */
#define BK_VIRTIO_F_INDIRECT_DESC (1ULL << 28) /* a device's `features` need not name them. */

struct bk_virtio_operations {
    /* Bytes of the configuration space. NULL: there is none. Widths are 1, 2, 4 and 8. */
    void (*read_config)(struct bk_virtio_device *device, size_t offset, void *buffer, size_t length);
    void (*write_config)(struct bk_virtio_device *device, size_t offset, const void *buffer,
                         size_t length); /* or NULL: ignored */
    /* The driver has set DRIVER_OK; `device->negotiated` is final. May be NULL. */
    void (*start)(struct bk_virtio_device *device);
    /* The driver (or the VM) reset the device: forget every chain and all state of the driver's. */
    void (*reset)(struct bk_virtio_device *device);
    /* After one reset or more, in the I/O thread and before it calls anything else here: what a vCPU thread may not
     * do. May be NULL. */
    void (*restart)(struct bk_virtio_device *device);
    /* The driver notified queue `index`; spurious calls happen. I/O thread. */
    void (*notify)(struct bk_virtio_device *device, unsigned index);
    /* Frees the device; the VM is gone or was never started. */
    void (*destroy)(struct bk_virtio_device *device);
};

/* Embedded as the first member of each device's own structure. The device's create function fills the first
 * part; the transport owns the rest from bk_virtio_pci_add() on. */
struct bk_virtio_device {
    const struct bk_virtio_operations *operations;
    const char *name;  /* for the log: "blk0" */
    uint16_t type;     /* virtio 1.3 §5, 4 = entropy */
    uint64_t features; /* offered, beyond the transport's own */
    unsigned queue_count;
    uint16_t queue_size; /* the maximum offered for each queue, a power of two <= BK_QUEUE_SIZE_MAX */
    size_t config_size;
    uint8_t pci_class[3];           /* base class, subclass, programming interface */
    const struct bk_window *shared; /* shared memory region `shared_id` (virtio 1.3 §2.10); NULL: there is none */
    uint8_t shared_id;
    struct bk_loop *loop;

    uint64_t negotiated;
    bool running;
    struct bk_queue *queues[BK_VIRTIO_QUEUES_MAX];
    struct bk_virtio_transport *transport;
};

/* Puts the device on the VM's PCI bus, `vm->pci`, and takes it over, to be destroyed with the bus; on failure it stays
 * the caller's: -ENOSPC when the bus or the VM's interrupts are used up, else as eventfd(2) and bk_loop_add() fail. In
 * the main thread, before the VM runs. */
int bk_virtio_pci_add(struct bk_vm *vm, struct bk_virtio_device *device);

/* Puts the device in needs-reset: the queues stop, the driver is told, the reason is logged, rate-limited. */
void bk_virtio_device_break(struct bk_virtio_device *device, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The configuration space changed: raises the configuration interrupt and the generation. */
void bk_virtio_config_changed(struct bk_virtio_device *device);

#endif
