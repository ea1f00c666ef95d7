/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What core/ asks of the processor architecture; one folder of arch/ answers.
 *
 * Input from: trusted
 * Runs in: bk-vmm, main thread; bk_arch_reset() in the I/O thread, the vCPUs stopped
 */
#ifndef BK_CORE_ARCH_H
#define BK_CORE_ARCH_H

struct bk_vcpu;
struct bk_vm;

/* The interrupt controller and whatever else stands before the first vCPU. */
int bk_arch_vm_init(struct bk_vm *vm);

/* After all vCPUs were created: what the processor says of itself, and a copy of its state for the reset. */
int bk_arch_vcpu_init(struct bk_vcpu *vcpu);
void bk_arch_vcpu_finish(struct bk_vcpu *vcpu);

/* The interrupt controller and every vCPU are as after creation again. */
int bk_arch_reset(struct bk_vm *vm);

#endif
