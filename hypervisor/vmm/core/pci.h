/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One PCI Express bus: configuration space through ECAM (PCIe base 4.0 §7.2.2), 64-bit memory BARs and MSI-X.
 *
 * Input from: guest
 * Runs in: bk-vmm, vCPU threads (configuration and BAR accesses), under the VM's lock
 *
 * The VMM places every BAR before the guest runs; a guest that moves one finds it where it moved it.
 */
#ifndef BK_CORE_PCI_H
#define BK_CORE_PCI_H

#include "bus.h"
#include "interrupt.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_PCI_SLOTS_MAX        32  /* slot 0 is the host bridge */
#define BK_PCI_CONFIG_SIZE      256 /* reads above, up to 4096, yield zero */
#define BK_PCI_BARS_MAX         2
#define BK_PCI_MSIX_VECTORS_MAX 65

struct bk_pci_bus;
struct bk_pci_device;

/* One BAR: 64-bit, memory. It answers on the memory bus while decoding is on. */
struct bk_pci_bar {
    unsigned index; /* 0, 2 or 4 */
    uint64_t size;  /* a power of two, at least 4096 */
    bool prefetchable;
    const struct bk_bus_operations *operations;
    /* After the BAR moved or decoding changed; `address` is 0 when it does not answer now. May be NULL. */
    void (*moved)(struct bk_pci_device *device, uint64_t address);
};

struct bk_pci_device {
    uint16_t vendor, device, subsystem_vendor, subsystem;
    uint8_t revision;
    uint8_t pci_class[3];
    unsigned bar_count;
    struct bk_pci_bar bars[BK_PCI_BARS_MAX];
    unsigned msix_vectors; /* 0: no MSI-X; its table and PBA are answered by core/msix.c inside `msix_bar` */
    unsigned msix_bar;     /* a BAR's index */
    uint32_t msix_table_offset, msix_pba_offset;
    void *owner;
    void (*reset)(struct bk_pci_device *device);   /* the VM is being reset; configuration follows. May be NULL. */
    void (*destroy)(struct bk_pci_device *device); /* the bus goes away. May be NULL. */
    struct bk_pci_state *state;                    /* the bus's own */
};

struct bk_vm;

/* Makes the VM's one bus, with the host bridge in slot 0 and configuration space on the VM's memory bus. */
int bk_pci_bus_create(struct bk_vm *vm, struct bk_pci_bus **ret_bus);
/* Destroys its devices too; before the VM goes, after it has run. NULL is fine. */
void bk_pci_bus_destroy(struct bk_pci_bus *bus);

/* Puts the device in the next free slot and places its BARs. -ENOSPC when the bus or a window is full. */
int bk_pci_add(struct bk_pci_bus *bus, struct bk_pci_device *device);

/* Appends a vendor capability: `body` follows the two bytes of id and next pointer. Yields its offset in
 * configuration space or -ENOSPC. Only before the guest runs. */
int bk_pci_add_capability(struct bk_pci_device *device, uint8_t id, const void *body, size_t size);

/* Hands configuration-space bytes over to `read` and `write`, one range a device: a capability's window
 * (virtio's PCI configuration access capability). They get offsets relative to the range. */
int bk_pci_watch_config(struct bk_pci_device *device, unsigned offset, unsigned size,
                        void (*read)(struct bk_pci_device *device, unsigned offset, void *buffer, size_t length),
                        void (*write)(struct bk_pci_device *device, unsigned offset, const void *buffer,
                                      size_t length));

/* Does what an access to the BAR would, whether it is decoded or not: reads what does not lie in a BAR of this
 * device as all ones, drops such a write. */
void bk_pci_bar_read(struct bk_pci_device *device, unsigned bar, uint64_t offset, void *buffer, size_t length);
void bk_pci_bar_write(struct bk_pci_device *device, unsigned bar, uint64_t offset, const void *buffer, size_t length);

/* Raises MSI-X vector `vector`; pends it while masked. Nothing happens when the vector does not exist. */
void bk_pci_raise(struct bk_pci_device *device, unsigned vector);

/* Back to what bk_pci_add() left: the VM is being reset. */
void bk_pci_bus_reset(struct bk_pci_bus *bus);

#endif
