/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processor as the guest finds it: CPUID, and the state of its registers when it starts.
 *
 * Input from: trusted (KVM, the options)
 * Runs in: bk-vmm, main thread; I/O thread at a reset
 */
#ifndef BK_X86_64_CPU_H
#define BK_X86_64_CPU_H

#include <stdint.h>

struct bk_boot_entry;
struct bk_vcpu;
struct bk_vm;
struct kvm_cpuid2;

#define BK_CPUID_ENTRIES_MAX 256

/* What KVM supports, as one of `cpu_count` vCPUs sees it: APIC id and topology of `index`, no nested
 * virtualization, the features a guest without a PIT needs. -ENOSPC when it does not fit. Changes `cpuid`, which
 * holds KVM_GET_SUPPORTED_CPUID's answer with room for BK_CPUID_ENTRIES_MAX entries. */
int bk_cpuid_adjust(struct kvm_cpuid2 *cpuid, unsigned index, unsigned cpu_count);

/* Bits of a guest-physical address. */
unsigned bk_cpuid_address_bits(const struct kvm_cpuid2 *cpuid);

/* Sets MSRs of every vCPU, and the registers of the first one to enter the kernel there; the others
 * wait for it to wake them. */
int bk_cpu_start(struct bk_vm *vm, const struct bk_boot_entry *entry);

#endif
