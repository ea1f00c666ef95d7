/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What KVM keeps for a VM and its vCPUs, as it was right after their creation, and putting it back: a reboot without
 * a new VM. MSRs matter most: those of KVM's own (clock, steal time, page-fault tokens) hold addresses that KVM writes
 * to, and the next kernel knows nothing of them.
 */
#define _GNU_SOURCE
#include "checked.h"
#include "cleanup.h"
#include "core/arch.h"
#include "core/layout.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "cpu.h"

#include <assert.h>
#include <errno.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

/*
 * system calls [io]: ioctl(KVM_SET_IRQCHIP) ioctl(KVM_SET_MP_STATE) ioctl(KVM_SET_SREGS) ioctl(KVM_SET_REGS)
 * system calls [io]: ioctl(KVM_SET_XSAVE) ioctl(KVM_SET_XCRS) ioctl(KVM_SET_DEBUGREGS) ioctl(KVM_SET_LAPIC)
 * system calls [io]: ioctl(KVM_SET_MSRS) ioctl(KVM_SET_VCPU_EVENTS)
 */

#define MSRS_MAX 256U

#define MSR_TSC           0x10U
#define MSR_MISC_ENABLE   0x1a0U
#define MSR_MTRR_DEF_TYPE 0x2ffU

/* What differs from KVM's own idea of a processor after its reset. */
static const struct kvm_msr_entry initial[] = {
    { .index = MSR_MISC_ENABLE, .data = 1 }, /* fast string operations */
    { .index = MSR_MTRR_DEF_TYPE,
      .data = 0x806 }, /* enabled, write-back: or AMD reads a BAR's memory window uncached */
};

/* The MTRRs, which KVM's list leaves out: what a guest's kernel may have set. */
static const struct {
    uint32_t first, count;
} mtrrs[] = { { 0x200, 16 }, { 0x250, 1 }, { 0x258, 2 }, { 0x268, 8 }, { MSR_MTRR_DEF_TYPE, 1 } };

struct bk_arch_vcpu {
    struct kvm_mp_state mp_state;
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    struct kvm_xsave xsave;
    struct kvm_xcrs xcrs;
    struct kvm_debugregs debugregs;
    struct kvm_lapic_state lapic;
    struct kvm_vcpu_events events;
    struct kvm_irqchip io_apic; /* the VM's, kept with the first vCPU; the PICs have no lines */
    struct kvm_msrs msrs;       /* its entries are the next */
    struct kvm_msr_entry entries[MSRS_MAX];
};

static_assert(offsetof(struct bk_arch_vcpu, entries) == offsetof(struct bk_arch_vcpu, msrs) + sizeof(struct kvm_msrs),
              "KVM reads them as one");

/* In the order in which they are put back: the APIC base stands in sregs and decides what the APIC's registers mean;
 * setting the general registers drops a pending exception, so events come last. */
#define PART(name, field) { KVM_GET_##name, KVM_SET_##name, offsetof(struct bk_arch_vcpu, field) }
static const struct {
    unsigned long get, set;
    size_t offset;
} parts[] = {
    PART(MP_STATE, mp_state), PART(REGS, regs),           PART(SREGS, sregs), PART(XSAVE, xsave),
    PART(XCRS, xcrs),         PART(DEBUGREGS, debugregs), PART(LAPIC, lapic), PART(VCPU_EVENTS, events),
};

int bk_arch_vm_init(struct bk_vm *vm)
{
    uint64_t identity = BK_LAYOUT_KVM_IDENTITY;

    if (ioctl(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity) < 0 ||
        ioctl(vm->fd, KVM_SET_TSS_ADDR, (unsigned long)BK_LAYOUT_KVM_TSS) < 0 ||
        ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0) < 0)
        return -errno;
    return bk_platform_init(vm);
}

static int set_cpuid(const struct bk_vcpu *vcpu)
{
    _cleanup_free_ struct kvm_cpuid2 *cpuid =
        calloc(1, sizeof *cpuid + BK_CPUID_ENTRIES_MAX * sizeof(struct kvm_cpuid_entry2));

    if (cpuid == NULL)
        return -ENOMEM;
    cpuid->nent = BK_CPUID_ENTRIES_MAX;
    if (ioctl(vcpu->vm->kvm_fd, KVM_GET_SUPPORTED_CPUID, cpuid) < 0)
        return -errno;
    int r = bk_cpuid_adjust(cpuid, vcpu->index, vcpu->vm->options.cpu_count);
    if (r < 0)
        return r;
    return ioctl(vcpu->fd, KVM_SET_CPUID2, cpuid) < 0 ? -errno : 0;
}

static int set_msr(const struct bk_vcpu *vcpu, struct kvm_msr_entry entry)
{
    union {
        struct kvm_msrs head;
        uint8_t room[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)];
    } msrs = { .head.nmsrs = 1 };

    msrs.head.entries[0] = entry;
    int r = ioctl(vcpu->fd, KVM_SET_MSRS, &msrs);
    if (r < 0)
        return -errno;
    return r == 1 ? 0 : -ENOTSUP;
}

static void add_msr(struct bk_arch_vcpu *state, uint32_t index)
{
    /* The time stamp goes on: all vCPUs share it. */
    if (index != MSR_TSC && state->msrs.nmsrs < MSRS_MAX)
        state->entries[state->msrs.nmsrs++] = (struct kvm_msr_entry){ .index = index };
}

static int save_msrs(const struct bk_vcpu *vcpu)
{
    struct bk_arch_vcpu *state = vcpu->arch;
    union {
        struct kvm_msr_list head;
        uint8_t room[sizeof(struct kvm_msr_list) + MSRS_MAX * sizeof(uint32_t)];
    } list = { .head.nmsrs = MSRS_MAX };

    if (ioctl(vcpu->vm->kvm_fd, KVM_GET_MSR_INDEX_LIST, &list) < 0)
        return -errno;
    for (uint32_t i = 0; i < list.head.nmsrs; i++)
        add_msr(state, list.head.indices[i]);
    for (size_t i = 0; i < BK_ARRAY_SIZE(mtrrs); i++) {
        for (uint32_t j = 0; j < mtrrs[i].count; j++)
            add_msr(state, mtrrs[i].first + j);
    }

    /* KVM stops at the first MSR that this processor has not: it is left out, and all are asked for again. */
    for (;;) {
        int r = ioctl(vcpu->fd, KVM_GET_MSRS, &state->msrs);
        if (r < 0)
            return -errno;
        uint32_t missing = (uint32_t)r;
        if (missing >= state->msrs.nmsrs)
            return 0;
        state->msrs.nmsrs--;
        memmove(&state->entries[missing], &state->entries[missing + 1],
                (state->msrs.nmsrs - missing) * sizeof state->entries[0]);
    }
}

static int save(const struct bk_vcpu *vcpu)
{
    struct bk_arch_vcpu *state = vcpu->arch;

    for (size_t i = 0; i < BK_ARRAY_SIZE(parts); i++) {
        if (ioctl(vcpu->fd, parts[i].get, (uint8_t *)state + parts[i].offset) < 0)
            return -errno;
    }
    state->io_apic.chip_id = KVM_IRQCHIP_IOAPIC;
    if (ioctl(vcpu->vm->fd, KVM_GET_IRQCHIP, &state->io_apic) < 0)
        return -errno;
    return save_msrs(vcpu);
}

int bk_arch_vcpu_init(struct bk_vcpu *vcpu)
{
    vcpu->arch = calloc(1, sizeof *vcpu->arch);
    if (vcpu->arch == NULL)
        return -ENOMEM;
    int r = set_cpuid(vcpu);
    for (size_t i = 0; r == 0 && i < BK_ARRAY_SIZE(initial); i++)
        r = set_msr(vcpu, initial[i]);
    return r < 0 ? r : save(vcpu);
}

void bk_arch_vcpu_finish(struct bk_vcpu *vcpu)
{
    free(vcpu->arch);
}

static int restore(const struct bk_vcpu *vcpu)
{
    struct bk_arch_vcpu *state = vcpu->arch;

    /* Some that can be read cannot be written, not even with what was read; those no guest changed either. */
    for (uint32_t i = 0; i < state->msrs.nmsrs; i++)
        (void)set_msr(vcpu, state->entries[i]);
    for (size_t i = 0; i < BK_ARRAY_SIZE(parts); i++) {
        if (ioctl(vcpu->fd, parts[i].set, (uint8_t *)state + parts[i].offset) < 0)
            return -errno;
    }
    return 0;
}

int bk_arch_reset(struct bk_vm *vm)
{
    int r = ioctl(vm->fd, KVM_SET_IRQCHIP, &vm->vcpus[0].arch->io_apic) < 0 ? -errno : 0;

    for (unsigned i = 0; r == 0 && i < vm->options.cpu_count; i++)
        r = restore(&vm->vcpus[i]);
    return r;
}
