/* SPDX-License-Identifier: Apache-2.0 */
#include "pci.h"

#include <stddef.h>
#include <string.h>

#define SLOTS            32U
#define SLOT_SHIFT       15U /* of function 0 of a slot, in the bus's configuration space */
#define COMMAND          0x04U
#define COMMAND_MEMORY   0x2U
#define COMMAND_MASTER   0x4U
#define BARS_AT          0x10U
#define BARS             6U
#define BAR_IO           0x1U
#define BAR_KIND         0x6U
#define BAR_64           0x4U
#define CAPABILITIES     0x34U
#define CAPABILITIES_MAX 48U /* as many as there is room for: a list that goes round ends */
#define CONFIG_SIZE      256U
#define HEADER_SIZE      64U
#define TABLES_MAX       64U

/* ACPI 6.3 §5.2.5.3, §5.2.6; PCI Firmware 3.2 §4.1.2 */
struct rsdp {
    char signature[8];
    uint8_t others[16];
    uint64_t xsdt;
} __attribute__((packed));

struct table {
    char signature[4];
    uint32_t length;
    uint8_t others[28];
} __attribute__((packed));

struct mcfg {
    struct table table;
    uint8_t reserved[8];
    uint64_t address; /* of the first segment's buses; there is no other segment */
} __attribute__((packed));

static volatile uint8_t *bus;

static uint64_t read_address(const uint8_t *bytes)
{
    uint64_t address;

    memcpy(&address, bytes, sizeof address);
    return address;
}

bool bk_pci_begin(const struct bk_start_info *info)
{
    const struct rsdp *rsdp = (const struct rsdp *)(uintptr_t)info->rsdp;

    if (rsdp == NULL || memcmp(rsdp->signature, "RSD PTR ", sizeof rsdp->signature) != 0)
        return false;
    const struct table *xsdt = (const struct table *)(uintptr_t)rsdp->xsdt;
    for (size_t at = sizeof *xsdt; at + 8 <= xsdt->length && at < sizeof *xsdt + TABLES_MAX * 8; at += 8) {
        const struct mcfg *mcfg = (const struct mcfg *)(uintptr_t)read_address((const uint8_t *)xsdt + at);
        if (memcmp(mcfg->table.signature, "MCFG", 4) == 0 && mcfg->table.length >= sizeof *mcfg)
            bus = bk_memory_map(mcfg->address);
    }
    return bus != NULL;
}

bool bk_pci_find(uint16_t vendor, uint16_t device, unsigned number, struct bk_pci *ret_pci)
{
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        const struct bk_pci pci = { .config = bus + ((size_t)slot << SLOT_SHIFT) };
        if (bk_pci_read16(&pci, 0) != vendor || bk_pci_read16(&pci, 2) != device || number-- > 0)
            continue;
        *ret_pci = pci;
        return true;
    }
    return false;
}

uint8_t bk_pci_read8(const struct bk_pci *pci, unsigned offset)
{
    return pci->config[offset];
}

uint16_t bk_pci_read16(const struct bk_pci *pci, unsigned offset)
{
    return *(volatile uint16_t *)(pci->config + offset);
}

uint32_t bk_pci_read32(const struct bk_pci *pci, unsigned offset)
{
    return *(volatile uint32_t *)(pci->config + offset);
}

void bk_pci_write16(const struct bk_pci *pci, unsigned offset, uint16_t value)
{
    *(volatile uint16_t *)(pci->config + offset) = value;
}

unsigned bk_pci_capability(const struct bk_pci *pci, uint8_t kind, unsigned after)
{
    unsigned at = bk_pci_read8(pci, after == 0 ? CAPABILITIES : after + 1) & ~3U;

    for (unsigned i = 0; i < CAPABILITIES_MAX && at >= HEADER_SIZE && at < CONFIG_SIZE; i++) {
        if (bk_pci_read8(pci, at) == kind)
            return at;
        at = bk_pci_read8(pci, at + 1) & ~3U;
    }
    return 0;
}

volatile uint8_t *bk_pci_map(const struct bk_pci *pci, unsigned bar)
{
    if (bar >= BARS)
        return NULL;
    uint64_t address = bk_pci_read32(pci, BARS_AT + 4 * bar);
    if ((address & BAR_IO) != 0)
        return NULL;
    if ((address & BAR_KIND) == BAR_64 && bar + 1 < BARS)
        address |= (uint64_t)bk_pci_read32(pci, BARS_AT + 4 * (bar + 1)) << 32;
    return bk_memory_map(address & ~0xfULL);
}

void bk_pci_enable(const struct bk_pci *pci)
{
    bk_pci_write16(pci, COMMAND, bk_pci_read16(pci, COMMAND) | COMMAND_MEMORY | COMMAND_MASTER);
}
