/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One vCPU: its descriptor, the page it shares with KVM, and the thread that runs it.
 *
 * Input from: guest (every exit), trusted
 * Runs in: bk-vmm, vCPU threads
 */
#ifndef BK_CORE_VCPU_H
#define BK_CORE_VCPU_H

#include "log.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct bk_arch_vcpu;
struct bk_vm;
struct kvm_run;

struct bk_vcpu {
    struct bk_vm *vm;
    unsigned index;
    int fd;
    struct kvm_run *run; /* NULL: this vCPU was never made */
    size_t run_size;
    pthread_t thread;
    bool started; /* `thread` is to be joined */
    struct bk_arch_vcpu *arch;
    struct bk_ratelimit fault_log;
};

int bk_vcpu_init(struct bk_vm *vm, struct bk_vcpu *vcpu, unsigned index, size_t run_size);
void bk_vcpu_finish(struct bk_vcpu *vcpu);

int bk_vcpu_start(struct bk_vcpu *vcpu);

/* Makes the vCPU leave the guest, if need be, and go to bk_vcpu_park(). Any thread, under the VM's lock. */
void bk_vcpu_kick(struct bk_vcpu *vcpu);

/* core/vm.c's: the calling vCPU's thread waits until it may run. False: the VM has ended. */
bool bk_vcpu_park(struct bk_vcpu *vcpu);

#endif
