/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One virtual machine: KVM's descriptors, RAM, the two buses, the vCPUs and the lock that the device model runs
 * under.
 *
 * Input from: guest (through the exits of its vCPUs), trusted
 * Runs in: bk-vmm, all threads
 *
 * Threads: the main thread becomes the I/O thread in bk_vm_run(); each vCPU has its own. `lock` is held by a
 * vCPU thread while it is on a bus and by the I/O thread during each callback of the loop, so that a device
 * never runs twice at once and needs no lock of its own.
 */
#ifndef BK_CORE_VM_H
#define BK_CORE_VM_H

#include "bus.h"
#include "memory.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct bk_interrupt_table;
struct bk_loop;
struct bk_pci_bus;
struct bk_vcpu;
struct bk_vm;
struct bk_vm_control;

#define BK_VM_CPUS_MAX       64
#define BK_VM_MEMORY_MIN_MIB 32ULL
#define BK_VM_MEMORY_MAX_MIB (128ULL * 1024)
#define BK_VM_MEMSLOTS_MAX   32

enum bk_vm_end {
    BK_VM_END_POWEROFF,
    BK_VM_END_RESET,   /* the guest rebooted and was not to be started again */
    BK_VM_END_STOPPED, /* bk_vm_stop() */
    BK_VM_END_FAULT,   /* KVM could not go on with the guest's state */
};

/* Called when the guest reboots, all vCPUs stopped, in the order of registration. Embedded in its owner. */
struct bk_reset_hook {
    void (*reset)(void *owner);
    void *owner;
    struct bk_reset_hook *next;
};

/* What the arch and the program give the VM; all pointers outlive it. */
struct bk_vm_options {
    unsigned cpu_count;
    uint64_t memory_size; /* bytes, a multiple of 2 MiB */
    bool exit_on_reset;
    /* Puts the boot image, tables and vCPU state in place: before the first run and at each reset. */
    int (*boot)(struct bk_vm *vm, void *userdata);
    void *boot_userdata;
    /* All vCPU threads are ready, their filters closed, and about to run: once. May be NULL. */
    void (*running)(void *userdata);
    void *running_userdata;
};

struct bk_vm {
    int kvm_fd;
    int fd;
    unsigned cpu_count;
    struct bk_memory memory;
    struct bk_bus mmio;
    struct bk_bus pio;
    struct bk_loop *loop;
    struct bk_pci_bus *pci; /* the program's, for bk_virtio_pci_add(); NULL: no PCI */
    pthread_mutex_t lock;
    struct bk_vcpu *vcpus; /* cpu_count of them, core/vcpu.h */
    struct bk_interrupt_table *interrupts;
    struct bk_reset_hook *reset_hooks;
    struct bk_vm_control *control; /* core/vm.c's own */
};

/* -ENOENT: no /dev/kvm; -EACCES: not for us; -ENOTSUP: this KVM lacks what a VM needs. */
int bk_vm_create(const struct bk_vm_options *options, struct bk_vm **ret_vm);
void bk_vm_destroy(struct bk_vm *vm);

/* Runs the guest until it ends; the caller's thread becomes the I/O thread. A negative errno, with no guest
 * code run, when the threads or the boot image cannot be had. */
int bk_vm_run(struct bk_vm *vm, enum bk_vm_end *ret_end);

/* The next three ask and return; under the lock, from any thread. The first to ask wins. */
void bk_vm_stop(struct bk_vm *vm, enum bk_vm_end end);
void bk_vm_reset(struct bk_vm *vm); /* ends the VM instead when so asked by the options */
void bk_vm_press_power_button(struct bk_vm *vm);

void bk_vm_add_reset_hook(struct bk_vm *vm, struct bk_reset_hook *hook, void (*reset)(void *owner), void *owner);

/* Lets the guest see `size` bytes at `host` (both page-aligned) at `guest_address`, such as a BAR's window.
 * `*ret_slot` is for bk_vm_remove_memory(). -ENOSPC when all slots are taken. */
int bk_vm_add_memory(struct bk_vm *vm, uint64_t guest_address, uint64_t size, void *host, bool readonly,
                     unsigned *ret_slot);
int bk_vm_remove_memory(struct bk_vm *vm, unsigned slot);

#endif
