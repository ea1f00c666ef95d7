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
#include "log.h"
#include "loop.h"
#include "memory.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct bk_interrupt_table;
struct bk_pci_bus;
struct bk_vcpu;
struct bk_vm;

#define BK_VM_CPUS_MAX        64
#define BK_VM_RESET_HOOKS_MAX 2 /* the PCI bus, COM1 */
#define BK_VM_MEMORY_MIN_MIB  32U
#define BK_VM_MEMORY_MAX_MIB  (128U * 1024)

enum bk_vm_end {
    BK_VM_END_POWEROFF,
    BK_VM_END_RESET,   /* the guest rebooted and was not to be started again */
    BK_VM_END_STOPPED, /* bk_vm_stop() */
    BK_VM_END_FAULT,   /* KVM could not go on with the guest's state */
};

/* The life of a VM; core/vm.c says how one follows the other. */
enum bk_vm_phase {
    BK_VM_STARTING,
    BK_VM_RUNNING,
    BK_VM_RESETTING,
    BK_VM_ENDING,
};

/* What the arch and the program give the VM; all pointers outlive it. */
struct bk_vm_options {
    unsigned cpu_count;
    uint64_t memory_size; /* bytes, a multiple of 2 MiB */
    bool exit_on_reset, exit_on_fault;
    /* Puts the boot image, tables and vCPU state in place: before the first run and at each reset. */
    int (*boot)(struct bk_vm *vm, void *userdata);
    void *boot_userdata;
    /* All vCPU threads are ready, their filters closed, and about to run: once. */
    void (*running)(void *userdata);
    void *running_userdata;
};

struct bk_vm {
    int kvm_fd;
    int fd;
    struct bk_vm_options options;
    struct bk_memory memory;
    struct bk_bus mmio;
    struct bk_bus pio;
    struct bk_loop *loop;
    struct bk_pci_bus *pci; /* the program's, for bk_virtio_pci_add(); NULL: no PCI */
    pthread_mutex_t lock;
    struct bk_vcpu *vcpus; /* options.cpu_count of them, core/vcpu.h */
    struct bk_interrupt_table *interrupts;

    /* core/vm.c's own */
    enum bk_vm_phase phase;
    enum bk_vm_end end;
    unsigned parked;   /* vCPU threads in bk_vcpu_park() */
    unsigned releases; /* how often all were let go: what a parked thread waits to see change */
    pthread_cond_t phase_changed;
    int wake; /* eventfd: all are parked, or the VM ends */
    struct bk_source wake_source;
    struct bk_ratelimit reset_log;
    unsigned reset_hook_count;
    struct bk_reset_hook {
        void (*reset)(void *owner);
        void *owner;
    } reset_hooks[BK_VM_RESET_HOOKS_MAX];
};

/* -ENOENT: no /dev/kvm; -EACCES: not for us; -ENOTSUP: this KVM lacks what a VM needs. */
int bk_vm_create(const struct bk_vm_options *options, struct bk_vm **ret_vm);
void bk_vm_destroy(struct bk_vm *vm);

/* Runs the guest until it ends; the caller's thread becomes the I/O thread. A negative errno, with no guest
 * code run, when the threads or the boot image cannot be had. */
int bk_vm_run(struct bk_vm *vm, enum bk_vm_end *ret_end);

/* The next three ask and return; under the lock, from any thread. The first to ask wins. */
void bk_vm_stop(struct bk_vm *vm, enum bk_vm_end end);
void bk_vm_reset(struct bk_vm *vm, bool fault); /* ends the VM instead when so asked by the options */
void bk_vm_press_power_button(struct bk_vm *vm);

/* `reset` is called when the guest reboots, all vCPUs stopped, in the order of registration. */
void bk_vm_add_reset_hook(struct bk_vm *vm, void (*reset)(void *owner), void *owner);

#endif
