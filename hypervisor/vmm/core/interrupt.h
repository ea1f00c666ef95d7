/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts and doorbells without a stop of the guest: KVM_IRQFD with MSI routes, KVM_IOEVENTFD.
 *
 * Input from: guest (MSI address and data), trusted
 * Runs in: bk-vmm, vCPU and I/O threads, under the VM's lock
 */
#ifndef BK_CORE_INTERRUPT_H
#define BK_CORE_INTERRUPT_H

#include <stdbool.h>
#include <stdint.h>

struct bk_vm;

#define BK_INTERRUPTS_MAX 256 /* message-signalled interrupts of one VM */

/* One message-signalled interrupt: an eventfd that KVM turns into the MSI it is routed to. */
struct bk_interrupt {
    struct bk_vm *vm;
    int eventfd;
    uint32_t gsi; /* its row in KVM's routing table */
};

/* core/vm.c's: after the interrupt controller; sets the routes of its lines. */
int bk_interrupts_init(struct bk_vm *vm);

/* -ENOSPC when the VM had BK_INTERRUPTS_MAX: each is for the VM's whole life. Not to be raised before it is routed. */
int bk_interrupt_init(struct bk_vm *vm, struct bk_interrupt *interrupt);
void bk_interrupt_finish(struct bk_interrupt *interrupt);

/* Routes to this MSI (PCI local bus 3.0 §6.8.1). Costs nothing when it is routed there already. */
int bk_interrupt_route(struct bk_interrupt *interrupt, uint64_t address, uint32_t data);
void bk_interrupt_raise(struct bk_interrupt *interrupt);

/* Level lines of the I/O APIC, for devices that have no MSI (the 16550, the ACPI event device). */
int bk_interrupt_set_line(struct bk_vm *vm, uint32_t gsi, bool level);

/* While a doorbell is there, a guest write of any width and value at `address` makes `eventfd` readable, without
 * leaving the kernel. */
int bk_doorbell_set(struct bk_vm *vm, uint64_t address, int eventfd, bool there);

#endif
