/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "interrupt.h"

#include "cleanup.h"
#include "interrupt_table.h"
#include "layout.h"
#include "vm.h"

#include <assert.h>
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

/*
 * system calls [io vcpu]: ioctl(KVM_SET_GSI_ROUTING) ioctl(KVM_IRQFD) ioctl(KVM_IOEVENTFD) ioctl(KVM_IRQ_LINE)
 */

struct row {
    bool used;
    bool installed; /* in KVM's table */
    uint64_t address;
    uint32_t data;
};

/* KVM takes the table as a whole each time; the pins stand in it always, the MSIs once they were routed. */
struct bk_interrupt_table {
    struct row rows[BK_INTERRUPTS_MAX];
    struct kvm_irq_routing *routing; /* what is handed to KVM, with room for all */
};

void bk_interrupt_table_destroy(struct bk_interrupt_table *table)
{
    if (table == NULL)
        return;
    free(table->routing);
    free(table);
}

static int install(const struct bk_vm *vm)
{
    struct bk_interrupt_table *table = vm->interrupts;
    struct kvm_irq_routing *routing = table->routing;

    routing->nr = 0;
    routing->flags = 0;
    /* No pin leads to KVM's two PICs: the tables say that there are none, so no guest programs them, and as they are
     * after a reset they would deliver line 5 as exception 5 to a guest whose local APIC still listens to them. */
    for (uint32_t pin = 0; pin < BK_LAYOUT_IOAPIC_PINS; pin++) {
        routing->entries[routing->nr++] = (struct kvm_irq_routing_entry){
            .gsi = pin, .type = KVM_IRQ_ROUTING_IRQCHIP, .u.irqchip = { .irqchip = KVM_IRQCHIP_IOAPIC, .pin = pin }
        };
    }
    for (uint32_t i = 0; i < BK_INTERRUPTS_MAX; i++) {
        const struct row *row = &table->rows[i];
        if (!row->installed)
            continue;
        routing->entries[routing->nr++] = (struct kvm_irq_routing_entry){
            .gsi = BK_LAYOUT_GSI_MSI_FIRST + i,
            .type = KVM_IRQ_ROUTING_MSI,
            .u.msi = { .address_lo = (uint32_t)row->address,
                       .address_hi = (uint32_t)(row->address >> 32),
                       .data = row->data },
        };
    }
    return ioctl(vm->fd, KVM_SET_GSI_ROUTING, routing) < 0 ? -errno : 0;
}

int bk_interrupt_table_create(struct bk_vm *vm)
{
    vm->interrupts = calloc(1, sizeof *vm->interrupts);
    if (vm->interrupts == NULL)
        return -ENOMEM;
    vm->interrupts->routing = calloc(1, sizeof *vm->interrupts->routing + (BK_LAYOUT_IOAPIC_PINS + BK_INTERRUPTS_MAX) *
                                                                              sizeof(struct kvm_irq_routing_entry));
    return vm->interrupts->routing == NULL ? -ENOMEM : install(vm);
}

static int assign(const struct bk_interrupt *interrupt, uint32_t flags)
{
    struct kvm_irqfd irqfd = { .fd = (uint32_t)interrupt->eventfd, .gsi = interrupt->gsi, .flags = flags };

    return ioctl(interrupt->vm->fd, KVM_IRQFD, &irqfd) < 0 ? -errno : 0;
}

int bk_interrupt_init(struct bk_vm *vm, struct bk_interrupt *interrupt)
{
    uint32_t i = 0;

    while (i < BK_INTERRUPTS_MAX && vm->interrupts->rows[i].used)
        i++;
    if (i == BK_INTERRUPTS_MAX)
        return -ENOSPC;
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
        return -errno;
    *interrupt = (struct bk_interrupt){ .vm = vm, .eventfd = fd, .gsi = BK_LAYOUT_GSI_MSI_FIRST + i };
    int r = assign(interrupt, 0);
    if (r < 0) {
        interrupt->eventfd = bk_close(fd);
        return r;
    }
    vm->interrupts->rows[i].used = true;
    return 0;
}

void bk_interrupt_finish(struct bk_interrupt *interrupt)
{
    if (interrupt->vm == NULL)
        return;
    (void)assign(interrupt, KVM_IRQFD_FLAG_DEASSIGN);
    interrupt->eventfd = bk_close(interrupt->eventfd);
    interrupt->vm->interrupts->rows[interrupt->gsi - BK_LAYOUT_GSI_MSI_FIRST] = (struct row){ 0 };
    interrupt->vm = NULL;
}

int bk_interrupt_route(struct bk_interrupt *interrupt, uint64_t address, uint32_t data)
{
    struct row *row = &interrupt->vm->interrupts->rows[interrupt->gsi - BK_LAYOUT_GSI_MSI_FIRST];
    struct row before = *row;

    if (!row->installed || row->address != address || row->data != data) {
        row->installed = true;
        row->address = address;
        row->data = data;
        int r = install(interrupt->vm);
        if (r < 0) {
            *row = before;
            return r;
        }
    }
    atomic_store(&interrupt->routed, true);
    return 0;
}

int bk_interrupt_unroute(struct bk_interrupt *interrupt)
{
    /* KVM keeps its row: a guest that masks and unmasks the same message costs no rebuild. */
    atomic_store(&interrupt->routed, false);
    return 0;
}

void bk_interrupt_raise(struct bk_interrupt *interrupt)
{
    uint64_t one = 1;

    /* The counter cannot be full: KVM empties it. */
    if (atomic_load(&interrupt->routed) && write(interrupt->eventfd, &one, sizeof one) < 0)
        assert(errno == EAGAIN);
}

int bk_interrupt_set_line(struct bk_vm *vm, uint32_t gsi, bool level)
{
    struct kvm_irq_level line = { .irq = gsi, .level = level };

    return ioctl(vm->fd, KVM_IRQ_LINE, &line) < 0 ? -errno : 0;
}

static int doorbell(const struct bk_vm *vm, uint64_t address, int fd, uint32_t flags)
{
    struct kvm_ioeventfd ioeventfd = { .addr = address, .len = 0, .fd = fd, .flags = flags };

    return ioctl(vm->fd, KVM_IOEVENTFD, &ioeventfd) < 0 ? -errno : 0;
}

int bk_doorbell_add(struct bk_vm *vm, uint64_t address, int eventfd)
{
    return doorbell(vm, address, eventfd, 0);
}

int bk_doorbell_remove(struct bk_vm *vm, uint64_t address, int eventfd)
{
    return doorbell(vm, address, eventfd, KVM_IOEVENTFD_FLAG_DEASSIGN);
}
