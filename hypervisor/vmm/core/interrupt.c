/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "interrupt.h"

#include "cleanup.h"
#include "layout.h"
#include "vm.h"

#include <assert.h>
#include <errno.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

/*
 * system calls [io vcpu]: ioctl(KVM_SET_GSI_ROUTING) ioctl(KVM_IRQFD) ioctl(KVM_IOEVENTFD) ioctl(KVM_IRQ_LINE)
 */

#define ROUTES_MAX (BK_LAYOUT_GSI_MSI_FIRST + BK_INTERRUPTS_MAX)

/*
 * KVM's table of routes, which it takes as a whole each time: the row's index is its GSI. No pin leads to KVM's two
 * PICs: the tables say that there are none, so no guest programs them, and as they are after a reset they would deliver
 * line 5 as exception 5 to a guest whose local APIC still listens to them.
 */
struct bk_interrupt_table {
    struct kvm_irq_routing head;
    struct kvm_irq_routing_entry routes[ROUTES_MAX];
};

static_assert(offsetof(struct bk_interrupt_table, routes) == sizeof(struct kvm_irq_routing), "KVM reads them as one");

static int request(const struct bk_vm *vm, unsigned long number, const void *argument)
{
    return ioctl(vm->fd, number, argument) < 0 ? -errno : 0;
}

int bk_interrupts_init(struct bk_vm *vm)
{
    struct bk_interrupt_table *table = calloc(1, sizeof *table);

    if (table == NULL)
        return -ENOMEM;
    vm->interrupts = table;
    for (uint32_t pin = 0; pin < BK_LAYOUT_IOAPIC_PINS; pin++) {
        table->routes[pin] = (struct kvm_irq_routing_entry){
            .gsi = pin,
            .type = KVM_IRQ_ROUTING_IRQCHIP,
            .u.irqchip = { .irqchip = KVM_IRQCHIP_IOAPIC, .pin = pin },
        };
    }
    table->head.nr = BK_LAYOUT_GSI_MSI_FIRST;
    return request(vm, KVM_SET_GSI_ROUTING, table);
}

int bk_interrupt_init(struct bk_vm *vm, struct bk_interrupt *interrupt)
{
    struct bk_interrupt_table *table = vm->interrupts;
    uint32_t gsi = table->head.nr;

    if (gsi == ROUTES_MAX)
        return -ENOSPC;
    _cleanup_close_ int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
        return -errno;
    const struct kvm_irqfd irqfd = { .fd = (uint32_t)fd, .gsi = gsi };
    int r = request(vm, KVM_IRQFD, &irqfd);
    if (r < 0)
        return r;
    table->routes[gsi] = (struct kvm_irq_routing_entry){ .gsi = gsi, .type = KVM_IRQ_ROUTING_MSI };
    table->head.nr++;
    *interrupt = (struct bk_interrupt){ .vm = vm, .eventfd = TAKE_FD(fd), .gsi = gsi };
    return 0;
}

void bk_interrupt_finish(struct bk_interrupt *interrupt)
{
    interrupt->eventfd = bk_close(interrupt->eventfd); /* KVM lets go of it */
}

int bk_interrupt_route(struct bk_interrupt *interrupt, uint64_t address, uint32_t data)
{
    struct bk_interrupt_table *table = interrupt->vm->interrupts;
    struct kvm_irq_routing_msi *message = &table->routes[interrupt->gsi].u.msi;
    uint32_t low = (uint32_t)address, high = (uint32_t)(address >> 32);
    struct kvm_irq_routing_msi before = *message;

    if (message->address_lo == low && message->address_hi == high && message->data == data)
        return 0;
    *message = (struct kvm_irq_routing_msi){ .address_lo = low, .address_hi = high, .data = data };
    int r = request(interrupt->vm, KVM_SET_GSI_ROUTING, table);
    if (r < 0)
        *message = before; /* or no other could be routed any more */
    return r;
}

void bk_interrupt_raise(struct bk_interrupt *interrupt)
{
    uint64_t one = 1;

    if (write(interrupt->eventfd, &one, sizeof one) < 0)
        assert(errno == EAGAIN); /* and the counter cannot be full: KVM empties it */
}

int bk_interrupt_set_line(struct bk_vm *vm, uint32_t gsi, bool level)
{
    const struct kvm_irq_level line = { .irq = gsi, .level = level };

    return request(vm, KVM_IRQ_LINE, &line);
}

int bk_doorbell_set(struct bk_vm *vm, uint64_t address, int eventfd, bool there)
{
    const struct kvm_ioeventfd ioeventfd = {
        .addr = address,
        .fd = eventfd,
        .flags = there ? 0 : KVM_IOEVENTFD_FLAG_DEASSIGN,
    };

    return request(vm, KVM_IOEVENTFD, &ioeventfd);
}
