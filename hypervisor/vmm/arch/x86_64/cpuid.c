/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The topology told is the plainest there is: one package, one thread a core, APIC id = index; every cache but the
 * last level is the core's own.
 */
#include "cpu.h"

#include <assert.h>
#include <errno.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <string.h>

#define LEAF_TOPOLOGY     0xbU
#define LEAF_TOPOLOGY_V2  0x1fU
#define LEAF_SVM          0x8000000aU
#define LEAF_AMD_TOPOLOGY 0x80000026U

#define LEVEL_INVALID 0U
#define LEVEL_THREAD  1U
#define LEVEL_CORE    2U

/* Bits of an APIC id that number `cpu_count` cores. */
static uint32_t id_bits(unsigned cpu_count)
{
    uint32_t bits = 0;

    while (1U << bits < cpu_count)
        bits++;
    return bits;
}

static void set_bits(uint32_t *value, unsigned low, unsigned width, uint32_t bits)
{
    uint32_t mask = ((1U << width) - 1) << low;

    *value = (*value & ~mask) | ((bits << low) & mask);
}

/* Leaves that the host's own topology or nested virtualization speak through: dropped, or told anew below. */
static bool is_dropped(uint32_t function)
{
    return function == LEAF_TOPOLOGY || function == LEAF_TOPOLOGY_V2 || function == LEAF_SVM ||
           function == LEAF_AMD_TOPOLOGY;
}

static void adjust_cache(struct kvm_cpuid_entry2 *entry, unsigned cpu_count)
{
    uint32_t level = (entry->eax >> 5) & 7;

    if ((entry->eax & 0x1f) == 0)
        return; /* no more caches */
    set_bits(&entry->eax, 14, 12, level >= 3 ? (1U << id_bits(cpu_count)) - 1 : 0);
    if (entry->function == 4)
        set_bits(&entry->eax, 26, 6, (1U << id_bits(cpu_count)) - 1);
}

static void adjust_entry(struct kvm_cpuid_entry2 *entry, unsigned index, unsigned cpu_count)
{
    switch (entry->function) {
    case 1:
        set_bits(&entry->ebx, 16, 8, cpu_count);
        set_bits(&entry->ebx, 24, 8, index);
        set_bits(&entry->ecx, 5, 1, 0);  /* VMX */
        set_bits(&entry->ecx, 24, 1, 1); /* TSC deadline timer: KVM's own APIC has it, whatever the host's */
        set_bits(&entry->ecx, 31, 1, 1); /* a hypervisor is present */
        set_bits(&entry->edx, 28, 1, cpu_count > 1);
        break;
    case 4:
    case 0x8000001d:
        adjust_cache(entry, cpu_count);
        break;
    case 6:
        set_bits(&entry->eax, 2, 1, 1); /* the APIC timer always runs: no broadcast timer is looked for */
        break;
    case 0x80000001:
        set_bits(&entry->ecx, 2, 1, 0); /* SVM */
        set_bits(&entry->ecx, 1, 1, cpu_count > 1);
        break;
    case 0x80000008:
        set_bits(&entry->ecx, 0, 8, cpu_count - 1);
        set_bits(&entry->ecx, 12, 4, id_bits(cpu_count));
        break;
    case 0x8000001e:
        entry->eax = index;
        set_bits(&entry->ebx, 0, 8, index);
        set_bits(&entry->ebx, 8, 8, 0);
        entry->ecx = 0;
        break;
    default:
        break;
    }
}

static int add(struct kvm_cpuid2 *cpuid, struct kvm_cpuid_entry2 entry)
{
    if (cpuid->nent >= BK_CPUID_ENTRIES_MAX)
        return -ENOSPC;
    cpuid->entries[cpuid->nent++] = entry;
    return 0;
}

static int add_topology_level(struct kvm_cpuid2 *cpuid, uint32_t number, uint32_t type, uint32_t shift, unsigned count,
                              unsigned index)
{
    return add(cpuid, (struct kvm_cpuid_entry2){ .function = LEAF_TOPOLOGY,
                                                 .index = number,
                                                 .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
                                                 .eax = shift,
                                                 .ebx = count,
                                                 .ecx = type << 8 | number,
                                                 .edx = index });
}

int bk_cpuid_adjust(struct kvm_cpuid2 *cpuid, unsigned index, unsigned cpu_count)
{
    uint32_t kept = 0;

    assert(index < cpu_count && cpuid->nent <= BK_CPUID_ENTRIES_MAX);
    for (uint32_t i = 0; i < cpuid->nent; i++) {
        if (is_dropped(cpuid->entries[i].function))
            continue;
        cpuid->entries[kept] = cpuid->entries[i];
        adjust_entry(&cpuid->entries[kept], index, cpu_count);
        kept++;
    }
    cpuid->nent = kept;

    int r = add_topology_level(cpuid, 0, LEVEL_THREAD, 0, 1, index);
    if (r == 0)
        r = add_topology_level(cpuid, 1, LEVEL_CORE, id_bits(cpu_count), cpu_count, index);
    if (r == 0)
        r = add_topology_level(cpuid, 2, LEVEL_INVALID, 0, 0, index);
    return r;
}

unsigned bk_cpuid_address_bits(const struct kvm_cpuid2 *cpuid)
{
    for (uint32_t i = 0; i < cpuid->nent; i++) {
        if (cpuid->entries[i].function == 0x80000008)
            return cpuid->entries[i].eax & 0xff;
    }
    return 36; /* what a processor without the leaf has (SDM vol. 3, 4.1.4) */
}
