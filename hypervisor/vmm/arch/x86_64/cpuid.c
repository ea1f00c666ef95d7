/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The topology told is the plainest there is: one package, one thread a core, APIC id = index; every cache but the
 * last level is the core's own. The leaves that do without it say so.
 */
#include "checked.h"
#include "cpu.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define LEAF_CACHE         4U
#define LEAF_TOPOLOGY      0xbU
#define LEAF_TOPOLOGY_V2   0x1fU
#define LEAF_ADDRESS_SIZES 0x80000008U
#define LEAF_SVM           0x8000000aU
#define LEAF_AMD_CACHE     0x8000001dU
#define LEAF_AMD_TOPOLOGY  0x80000026U

#define ADDRESS_BITS_MIN 39U /* BK_LAYOUT_PCI64_BASE + BK_LAYOUT_PCI64_SIZE */

enum value {
    ZERO,
    ONE,
    INDEX,   /* of this vCPU */
    COUNT,   /* of vCPUs */
    LAST,    /* the highest index */
    MANY,    /* whether there are several */
    ID_BITS, /* bits of an APIC id that number all */
    VALUES
};

#define REGISTER(name) offsetof(struct kvm_cpuid_entry2, name)

static const struct {
    uint32_t function;
    size_t reg;
    unsigned low, width; /* bits */
    enum value value;
} fields[] = {
    { 1, REGISTER(ebx), 16, 8, COUNT },
    { 1, REGISTER(ebx), 24, 8, INDEX },
    { 1, REGISTER(ecx), 5, 1, ZERO }, /* VMX */
    { 1, REGISTER(ecx), 24, 1, ONE }, /* TSC deadline timer: KVM's own APIC has it, whatever the host's */
    { 1, REGISTER(ecx), 31, 1, ONE }, /* a hypervisor is present */
    { 1, REGISTER(edx), 28, 1, MANY },
    { 6, REGISTER(eax), 2, 1, ONE }, /* the APIC timer always runs: no broadcast timer is looked for */
    { 0x80000001, REGISTER(ecx), 1, 1, MANY },
    { 0x80000001, REGISTER(ecx), 2, 1, ZERO }, /* SVM */
    { LEAF_ADDRESS_SIZES, REGISTER(ecx), 0, 8, LAST },
    { LEAF_ADDRESS_SIZES, REGISTER(ecx), 12, 4, ID_BITS },
    { 0x8000001e, REGISTER(eax), 0, 32, INDEX },
    { 0x8000001e, REGISTER(ebx), 0, 16, INDEX }, /* the core; above it the threads a core, less one */
    { 0x8000001e, REGISTER(ecx), 0, 32, ZERO },
};

static void set_bits(struct kvm_cpuid_entry2 *entry, size_t reg, unsigned low, unsigned width, uint32_t bits)
{
    uint32_t mask = (uint32_t)(((1ULL << width) - 1) << low), value;

    memcpy(&value, (const uint8_t *)entry + reg, sizeof value);
    value = (value & ~mask) | ((bits << low) & mask);
    memcpy((uint8_t *)entry + reg, &value, sizeof value);
}

static void adjust_entry(struct kvm_cpuid_entry2 *entry, const uint32_t values[static VALUES])
{
    for (size_t i = 0; i < BK_ARRAY_SIZE(fields); i++) {
        if (fields[i].function == entry->function)
            set_bits(entry, fields[i].reg, fields[i].low, fields[i].width, values[fields[i].value]);
    }
    bool cache = entry->function == LEAF_CACHE || entry->function == LEAF_AMD_CACHE;
    if (cache && (entry->eax & 0x1f) != 0) { /* 0: no more caches */
        uint32_t highest_id = (1U << values[ID_BITS]) - 1, level = (entry->eax >> 5) & 7;
        set_bits(entry, REGISTER(eax), 14, 12, level >= 3 ? highest_id : 0);
        if (entry->function == LEAF_CACHE)
            set_bits(entry, REGISTER(eax), 26, 6, highest_id);
    }
}

/* Leaves that the host's own topology or nested virtualization speak through. */
static bool is_dropped(uint32_t function)
{
    return function == LEAF_TOPOLOGY || function == LEAF_TOPOLOGY_V2 || function == LEAF_SVM ||
           function == LEAF_AMD_TOPOLOGY;
}

int bk_cpuid_adjust(struct kvm_cpuid2 *cpuid, unsigned index, unsigned cpu_count)
{
    uint32_t values[VALUES] = { [ONE] = 1, [INDEX] = index, [COUNT] = cpu_count, [LAST] = cpu_count - 1 };
    uint32_t kept = 0, address_bits = 0;

    values[MANY] = cpu_count > 1 ? 1 : 0;
    while (1U << values[ID_BITS] < cpu_count)
        values[ID_BITS]++;
    for (uint32_t i = 0; i < cpuid->nent; i++) {
        struct kvm_cpuid_entry2 entry = cpuid->entries[i];
        if (is_dropped(entry.function))
            continue;
        if (entry.function == LEAF_ADDRESS_SIZES)
            address_bits = entry.eax & 0xff;
        adjust_entry(&entry, values);
        cpuid->entries[kept++] = entry;
    }
    cpuid->nent = kept;
    return address_bits < ADDRESS_BITS_MIN ? -ENOTSUP : 0;
}
