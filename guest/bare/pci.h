/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PCI bus, found by ACPI's MCFG table, and what stands in a function's configuration space.
 *
 * Input from: host
 * Runs in: a guest without an OS
 */
#ifndef BK_BARE_PCI_H
#define BK_BARE_PCI_H

#include "memory.h"

#include <stdbool.h>
#include <stdint.h>

#define BK_PCI_CAPABILITY_VENDOR 0x09U
#define BK_PCI_CAPABILITY_MSIX   0x11U

struct bk_pci {
    volatile uint8_t *config;
};

/* False when the tables lead to no bus. */
bool bk_pci_begin(const struct bk_start_info *info);

/* The function of that vendor and device, counted from 0; false when there are not as many. */
bool bk_pci_find(uint16_t vendor, uint16_t device, unsigned number, struct bk_pci *ret_pci);

uint8_t bk_pci_read8(const struct bk_pci *pci, unsigned offset);
uint16_t bk_pci_read16(const struct bk_pci *pci, unsigned offset);
uint32_t bk_pci_read32(const struct bk_pci *pci, unsigned offset);
void bk_pci_write16(const struct bk_pci *pci, unsigned offset, uint16_t value);

/* The offset of the capability of that kind behind the one at `after` (0: the first); 0: there is none. */
unsigned bk_pci_capability(const struct bk_pci *pci, uint8_t kind, unsigned after);

/* Where a BAR is mapped; NULL when it is none of memory. */
volatile uint8_t *bk_pci_map(const struct bk_pci *pci, unsigned bar);

/* Lets the function answer and reach memory. */
void bk_pci_enable(const struct bk_pci *pci);

#endif
