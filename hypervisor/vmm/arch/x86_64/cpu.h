/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this folder that know KVM have of each other.
 *
 * Input from: trusted (KVM, the options)
 * Runs in: bk-vmm, main thread
 */
#ifndef BK_X86_64_CPU_H
#define BK_X86_64_CPU_H

struct bk_vm;
struct kvm_cpuid2;

#define BK_CPUID_ENTRIES_MAX 256

/* What KVM supports, as one of `cpu_count` vCPUs sees it: APIC id and topology of `index`, no nested
 * virtualization, the features a guest without a PIT needs. Changes `cpuid`, which holds KVM_GET_SUPPORTED_CPUID's
 * answer. -ENOTSUP when this processor's physical addresses are too short for core/layout.h. */
int bk_cpuid_adjust(struct kvm_cpuid2 *cpuid, unsigned index, unsigned cpu_count);

/* Puts the platform's ports on the VM's bus. */
int bk_platform_init(struct bk_vm *vm);

#endif
