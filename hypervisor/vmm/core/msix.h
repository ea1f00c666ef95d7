/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MSI-X half of a PCI device (PCI local bus 3.0 §6.8.2): a table of messages, the masks and the pending bits.
 *
 * Input from: guest
 * Runs in: bk-vmm, vCPU and I/O threads, under the VM's lock
 */
#ifndef BK_CORE_MSIX_H
#define BK_CORE_MSIX_H

#include "interrupt.h"
#include "log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_MSIX_VECTORS_MAX 65
/* Where its registers lie in the BAR: the table, and from `PENDING` on the pending bits. */
#define BK_MSIX_OFFSET  0x3000U
#define BK_MSIX_PENDING 0x3800U
#define BK_MSIX_END     0x4000U

struct bk_msix_entry {
    uint64_t address;
    uint32_t data;
    uint32_t control;
};

struct bk_msix {
    unsigned count;
    uint16_t control; /* the capability's: enabled, masked as a whole */
    struct bk_ratelimit log_limit;
    uint64_t pending[(BK_MSIX_VECTORS_MAX + 63) / 64];
    struct bk_msix_entry entries[BK_MSIX_VECTORS_MAX];
    struct bk_interrupt interrupts[BK_MSIX_VECTORS_MAX];
};

/* Takes its interrupts; -ENOSPC when the VM has no more. Starts zeroed. */
int bk_msix_init(struct bk_msix *msix, struct bk_vm *vm, unsigned count);
void bk_msix_finish(struct bk_msix *msix);
void bk_msix_reset(struct bk_msix *msix);

/* The guest wrote the capability's message control. */
void bk_msix_set_control(struct bk_msix *msix, uint16_t control);
/* Accesses to the BAR between BK_MSIX_OFFSET and BK_MSIX_END. */
void bk_msix_read(struct bk_msix *msix, uint64_t offset, void *buffer, size_t length);
void bk_msix_write(struct bk_msix *msix, uint64_t offset, const void *buffer, size_t length);

/* Sends the vector's message; it pends while masked. Nothing happens when there is no such vector. */
void bk_msix_raise(struct bk_msix *msix, unsigned vector);

#endif
