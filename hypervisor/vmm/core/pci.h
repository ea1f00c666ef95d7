/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One PCI Express bus: configuration space through ECAM (PCIe base 4.0 §7.2.2); each device on it has one 64-bit memory
 * BAR, with MSI-X inside, and may have a second one that is the VM's window (core/window.h).
 *
 * Input from: guest
 * Runs in: bk-vmm, vCPU threads (configuration and BAR accesses), under the VM's lock
 *
 * The VMM places every BAR before the guest runs; a guest that moves one finds it where it moved it, save the window,
 * which stays where it is and answers whether decoding is on or not.
 */
#ifndef BK_CORE_PCI_H
#define BK_CORE_PCI_H

#include "bus.h"
#include "msix.h"

#define BK_PCI_SLOTS_MAX   32  /* slot 0 is the host bridge */
#define BK_PCI_CONFIG_SIZE 256 /* reads above, up to 4096, yield zero */
#define BK_PCI_BAR_SIZE    0x8000U
#define BK_PCI_SHARED_BAR  2

struct bk_pci_bus;
struct bk_pci_device;
struct bk_vm;
struct bk_window;

struct bk_pci_operations {
    /* Accesses inside the BAR, all but MSI-X's. */
    void (*read)(struct bk_pci_device *device, uint64_t offset, void *buffer, size_t length);
    void (*write)(struct bk_pci_device *device, uint64_t offset, const void *buffer, size_t length);
    /* `device->address` has changed. */
    void (*moved)(struct bk_pci_device *device);
    void (*reset)(struct bk_pci_device *device);   /* the VM is being reset; configuration follows */
    void (*destroy)(struct bk_pci_device *device); /* the bus goes away */
};

/* Embedded as the first member of its owner's structure, which fills in the first part. All that a guest can see of it
 * is in `bytes` and `msix`. */
struct bk_pci_device {
    const struct bk_pci_operations *operations; /* NULL, and no vectors: there is no BAR */
    uint16_t vendor, device;
    uint8_t pci_class[3];
    unsigned vectors;
    const struct bk_window *shared; /* BK_PCI_SHARED_BAR; NULL: there is none */

    /* The offset in configuration space of 4 bytes that are a window into the BAR, for a guest that cannot map it; 0:
     * there is none. The guest aims it in the 12 bytes before: the BAR's number (one byte), an offset and a length.
     * With the bits of `writable`, the owner's to set until the guest runs. */
    unsigned window;
    uint8_t writable[BK_PCI_CONFIG_SIZE]; /* the bits that the guest may change */

    /* The bus's own. */
    struct bk_pci_bus *bus;
    uint64_t address; /* of the BAR; 0: it does not answer */
    uint8_t bytes[BK_PCI_CONFIG_SIZE];
    uint8_t initial[BK_PCI_CONFIG_SIZE]; /* what a reset brings back */
    unsigned next_capability;            /* free from here on */
    unsigned last_link;                  /* the byte that is to point to the next capability */
    struct bk_msix msix;
};

/* Makes the VM's one bus, with the host bridge in slot 0 and configuration space on the VM's memory bus. */
int bk_pci_bus_create(struct bk_vm *vm, struct bk_pci_bus **ret_bus);
/* Destroys its devices too; before the VM goes, after it has run. NULL is fine. */
void bk_pci_bus_destroy(struct bk_pci_bus *bus);

/* Puts the device in the next free slot and places its BAR. -ENOSPC when there is no slot, or too few interrupts. */
int bk_pci_add(struct bk_pci_bus *bus, struct bk_pci_device *device);

/* Appends a capability: `body` follows the two bytes of id and next pointer. Yields its offset in configuration
 * space. Only before the guest runs. */
unsigned bk_pci_add_capability(struct bk_pci_device *device, uint8_t id, const void *body, size_t size);

#endif
