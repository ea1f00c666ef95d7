/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/x86_64/cpu.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>

static struct kvm_cpuid2 *make(const struct kvm_cpuid_entry2 *entries, uint32_t count)
{
    struct kvm_cpuid2 *cpuid = calloc(1, sizeof *cpuid + BK_CPUID_ENTRIES_MAX * sizeof *entries);

    assert_non_null(cpuid);
    memcpy(cpuid->entries, entries, count * sizeof *entries);
    cpuid->nent = count;
    return cpuid;
}

static const struct kvm_cpuid_entry2 *find(const struct kvm_cpuid2 *cpuid, uint32_t function, uint32_t index)
{
    for (uint32_t i = 0; i < cpuid->nent; i++) {
        if (cpuid->entries[i].function == function && cpuid->entries[i].index == index)
            return &cpuid->entries[i];
    }
    return NULL;
}

static const struct kvm_cpuid_entry2 host[] = {
    { .function = 1, .ebx = 0x07100800, .ecx = 1U << 5, .edx = 0x0f },
    { .function = 4, .index = 0, .eax = 0xfc01c121 },
    { .function = 4, .index = 3, .eax = 0xfc1fc163 },
    { .function = 4, .index = 4, .eax = 0 },
    { .function = 6, .eax = 0 },
    { .function = 0xb, .index = 0, .eax = 1, .ebx = 2, .ecx = 0x100, .edx = 7 },
    { .function = 0x1f, .index = 0, .eax = 1, .ebx = 2, .ecx = 0x100, .edx = 7 },
    { .function = 0x40000000, .ebx = 0x4b4d564b },
    { .function = 0x80000001, .ecx = 1U << 2 | 1U << 22 },
    { .function = 0x80000008, .eax = 0x3030, .ecx = 0x7007 },
    { .function = 0x8000000a, .eax = 1, .edx = 0xffff },
    { .function = 0x8000001e, .eax = 7, .ebx = 0x107, .ecx = 0x101 },
};

static void test_topology(void **state)
{
    struct kvm_cpuid2 *cpuid = make(host, sizeof host / sizeof host[0]);

    (void)state;
    assert_int_equal(bk_cpuid_adjust(cpuid, 2, 6), 0);
    const struct kvm_cpuid_entry2 *one = find(cpuid, 1, 0);
    assert_int_equal(one->ebx, 0x02060800);
    assert_int_equal(one->edx, 0x1000000f);
    assert_int_equal(find(cpuid, 4, 0)->eax, 0x1c000121); /* a core's own; 8 core ids */
    assert_int_equal(find(cpuid, 4, 3)->eax, 0x1c01c163); /* shared by all */
    assert_int_equal(find(cpuid, 4, 4)->eax, 0);
    assert_null(find(cpuid, 0xb, 0)); /* the host's own */
    assert_null(find(cpuid, 0x1f, 0));
    assert_int_equal(find(cpuid, 0x80000008, 0)->ecx, 0x3005);
    assert_int_equal(find(cpuid, 0x8000001e, 0)->eax, 2);
    assert_int_equal(find(cpuid, 0x8000001e, 0)->ebx, 2);
    assert_int_equal(find(cpuid, 0x8000001e, 0)->ecx, 0);
    free(cpuid);
}

static void test_features(void **state)
{
    struct kvm_cpuid2 *cpuid = make(host, sizeof host / sizeof host[0]);

    (void)state;
    assert_int_equal(bk_cpuid_adjust(cpuid, 0, 1), 0);
    uint32_t ecx = find(cpuid, 1, 0)->ecx;
    assert_int_equal(ecx & 1U << 5, 0);              /* VMX */
    assert_int_equal(ecx & 1U << 24, 1U << 24);      /* TSC deadline */
    assert_int_equal(ecx & 1U << 31, 1U << 31);      /* hypervisor */
    assert_int_equal(find(cpuid, 6, 0)->eax & 4, 4); /* ARAT */
    assert_int_equal(find(cpuid, 0x80000001, 0)->ecx, 1U << 22);
    assert_null(find(cpuid, 0x8000000a, 0)); /* SVM */
    assert_int_equal(find(cpuid, 0x40000000, 0)->ebx, 0x4b4d564b);
    assert_int_equal(find(cpuid, 1, 0)->edx & 1U << 28, 0);
    free(cpuid);
}

static void test_short_addresses(void **state)
{
    static const struct kvm_cpuid_entry2 short_addresses[] = { { .function = 0x80000008, .eax = 0x3024 } };
    struct kvm_cpuid2 *cpuid = make(short_addresses, 1);

    (void)state;
    assert_int_equal(bk_cpuid_adjust(cpuid, 0, 1), -ENOTSUP);
    free(cpuid);
    cpuid = make(host, 1); /* nor does it say */
    assert_int_equal(bk_cpuid_adjust(cpuid, 0, 1), -ENOTSUP);
    free(cpuid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_topology),
        cmocka_unit_test(test_features),
        cmocka_unit_test(test_short_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
