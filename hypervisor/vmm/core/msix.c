/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MSI-X: a table of messages that the guest fills, one interrupt of KVM's behind each.
 *
 * A change of KVM's routes stops for a grace period, so they change only when a vector becomes usable (enabled
 * and masked nowhere) with a message other than the one it had. A vector that is masked or reset keeps its route:
 * nothing is raised meanwhile, it pends here.
 */
#include "msix.h"

#include <assert.h>
#include <linux/pci_regs.h>
#include <string.h>

static_assert(sizeof(struct bk_msix_entry) == PCI_MSIX_ENTRY_SIZE, "the table is what the guest sees");
static_assert(BK_MSIX_OFFSET + BK_MSIX_VECTORS_MAX * PCI_MSIX_ENTRY_SIZE <= BK_MSIX_PENDING, "it fits");

int bk_msix_init(struct bk_msix *msix, struct bk_vm *vm, unsigned count)
{
    assert(count <= BK_MSIX_VECTORS_MAX);
    for (; msix->count < count; msix->count++) {
        int r = bk_interrupt_init(vm, &msix->interrupts[msix->count]);
        if (r < 0) {
            bk_msix_finish(msix);
            return r;
        }
    }
    bk_msix_reset(msix);
    return 0;
}

void bk_msix_finish(struct bk_msix *msix)
{
    while (msix->count > 0)
        bk_interrupt_finish(&msix->interrupts[--msix->count]);
}

void bk_msix_reset(struct bk_msix *msix)
{
    msix->control = 0;
    memset(msix->pending, 0, sizeof(msix->pending));
    for (unsigned i = 0; i < msix->count; i++)
        msix->entries[i] = (struct bk_msix_entry){ .control = PCI_MSIX_ENTRY_CTRL_MASKBIT };
}

static bool is_usable(const struct bk_msix *msix, unsigned vector)
{
    return (msix->control & (PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL)) == PCI_MSIX_FLAGS_ENABLE &&
           !(msix->entries[vector].control & PCI_MSIX_ENTRY_CTRL_MASKBIT);
}

/* After anything that may have made the vector usable, or changed its message. */
static void update(struct bk_msix *msix, unsigned vector)
{
    const struct bk_msix_entry *entry = &msix->entries[vector];
    uint64_t bit = 1ULL << (vector % 64);

    if (!is_usable(msix, vector))
        return;
    /* The guest may have chosen a message that no local APIC can take: its loss. */
    if (bk_interrupt_route(&msix->interrupts[vector], entry->address, entry->data) < 0 &&
        bk_ratelimit_pass(&msix->log_limit))
        bk_warning("MSI-X vector %u cannot be routed to %#llx", vector, (unsigned long long)entry->address);
    if (msix->pending[vector / 64] & bit) {
        msix->pending[vector / 64] &= ~bit;
        bk_interrupt_raise(&msix->interrupts[vector]);
    }
}

void bk_msix_set_control(struct bk_msix *msix, uint16_t control)
{
    msix->control = control;
    if (!(control & PCI_MSIX_FLAGS_ENABLE))
        memset(msix->pending, 0, sizeof(msix->pending));
    for (unsigned i = 0; i < msix->count; i++)
        update(msix, i);
}

/* What lies at the offset, or NULL. §6.8.2: whole aligned doublewords and quadwords; anything else is undefined, here
 * without effect. */
static void *find(struct bk_msix *msix, uint64_t offset, size_t length)
{
    if ((length != 4 && length != 8) || offset % length != 0)
        return NULL;
    if (offset < BK_MSIX_OFFSET + msix->count * PCI_MSIX_ENTRY_SIZE)
        return (uint8_t *)msix->entries + (offset - BK_MSIX_OFFSET);
    if (offset >= BK_MSIX_PENDING && offset < BK_MSIX_PENDING + sizeof(msix->pending))
        return (uint8_t *)msix->pending + (offset - BK_MSIX_PENDING);
    return NULL;
}

void bk_msix_read(struct bk_msix *msix, uint64_t offset, void *buffer, size_t length)
{
    const void *found = find(msix, offset, length);

    memset(buffer, 0, length);
    if (found != NULL)
        memcpy(buffer, found, length);
}

void bk_msix_write(struct bk_msix *msix, uint64_t offset, const void *buffer, size_t length)
{
    unsigned vector = (unsigned)(offset - BK_MSIX_OFFSET) / PCI_MSIX_ENTRY_SIZE;
    void *found = find(msix, offset, length);

    if (found == NULL || vector >= msix->count) /* the pending bits are read-only */
        return;
    memcpy(found, buffer, length);
    msix->entries[vector].address &= ~3ULL;
    msix->entries[vector].control &= PCI_MSIX_ENTRY_CTRL_MASKBIT;
    update(msix, vector);
}

void bk_msix_raise(struct bk_msix *msix, unsigned vector)
{
    if (vector >= msix->count || !(msix->control & PCI_MSIX_FLAGS_ENABLE))
        return;
    if (is_usable(msix, vector))
        bk_interrupt_raise(&msix->interrupts[vector]);
    else
        msix->pending[vector / 64] |= 1ULL << (vector % 64);
}
