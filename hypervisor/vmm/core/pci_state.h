/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the PCI bus keeps of one device, and the MSI-X half of it (PCI local bus 3.0 §6.8.2). Everything that a
 * guest can see of a device is in `bytes`, `entries` and `pending`.
 *
 * Input from: guest
 * Runs in: bk-vmm, vCPU and I/O threads, under the VM's lock; used by core/pci.c and core/msix.c only
 */
#ifndef BK_CORE_PCI_STATE_H
#define BK_CORE_PCI_STATE_H

#include "log.h"
#include "pci.h"

#define BK_MSIX_ENTRY_SIZE 16UL

struct bk_msix_entry {
    uint64_t address;
    uint32_t data;
    uint32_t control;
};

struct bk_msix {
    unsigned count;
    bool enabled;
    bool masked; /* the function mask */
    struct bk_ratelimit log_limit;
    uint64_t pending[(BK_PCI_MSIX_VECTORS_MAX + 63) / 64];
    struct bk_msix_entry entries[BK_PCI_MSIX_VECTORS_MAX];
    struct bk_interrupt interrupts[BK_PCI_MSIX_VECTORS_MAX];
};

/* A BAR where it is now. */
struct bk_pci_place {
    struct bk_pci_device *device;
    const struct bk_pci_bar *bar;
    struct bk_bus_range range;
    uint64_t address; /* 0: it does not answer */
};

struct bk_pci_watch {
    unsigned offset, size; /* size 0: none */
    void (*read)(struct bk_pci_device *device, unsigned offset, void *buffer, size_t length);
    void (*write)(struct bk_pci_device *device, unsigned offset, const void *buffer, size_t length);
};

struct bk_pci_state {
    struct bk_pci_bus *bus;
    struct bk_pci_device *device;
    uint8_t bytes[BK_PCI_CONFIG_SIZE];
    uint8_t initial[BK_PCI_CONFIG_SIZE];  /* what a reset brings back */
    uint8_t writable[BK_PCI_CONFIG_SIZE]; /* the bits that the guest may change */
    struct bk_pci_place places[BK_PCI_BARS_MAX];
    struct bk_pci_watch watch;
    unsigned free_offset;     /* of the next capability */
    unsigned last_capability; /* whose next pointer is to be set */
    unsigned msix_offset;     /* of the MSI-X capability; 0: none */
    struct bk_msix msix;
};

/* Takes its interrupts; -ENOSPC when the VM has no more. */
int bk_msix_init(struct bk_msix *msix, struct bk_vm *vm, unsigned count);
void bk_msix_finish(struct bk_msix *msix);
void bk_msix_reset(struct bk_msix *msix);
/* The guest wrote the capability's message control. */
void bk_msix_set_control(struct bk_msix *msix, uint16_t control);

/* Accesses to table and pending bits; the offsets are relative to either and lie inside. */
void bk_msix_read_table(const struct bk_msix *msix, uint32_t offset, void *buffer, size_t length);
void bk_msix_write_table(struct bk_msix *msix, uint32_t offset, const void *buffer, size_t length);
void bk_msix_read_pending(const struct bk_msix *msix, uint32_t offset, void *buffer, size_t length);
void bk_msix_raise(struct bk_msix *msix, unsigned vector);

#endif
