/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What KVM keeps for a VM and its vCPUs, as it was right after their creation, and putting it back: a reboot without
 * a new VM. MSRs matter most: those of KVM's own (clock, steal time, page-fault tokens) hold addresses that KVM writes
 * to, and the next kernel knows nothing of them.
 */
#define _GNU_SOURCE
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
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

/*
 * system calls [io]: ioctl(KVM_SET_IRQCHIP) ioctl(KVM_SET_MP_STATE) ioctl(KVM_SET_SREGS) ioctl(KVM_SET_REGS)
 * system calls [io]: ioctl(KVM_SET_XSAVE) ioctl(KVM_SET_XCRS) ioctl(KVM_SET_DEBUGREGS) ioctl(KVM_SET_LAPIC)
 * system calls [io]: ioctl(KVM_SET_MSRS) ioctl(KVM_SET_VCPU_EVENTS)
 */

#define MSRS_MAX         256U
#define MSR_TSC          0x10U
#define ADDRESS_BITS_MIN 39U /* BK_LAYOUT_PCI64_BASE + BK_LAYOUT_PCI64_SIZE */
#define CHIPS            3U  /* two PICs, one I/O APIC */

/* The MTRRs, which KVM's list leaves out: what a guest's kernel may have set. */
#define MTRR_VARIABLE_FIRST 0x200U
#define MTRR_VARIABLE_COUNT 16U
static const uint32_t mtrrs_fixed[] = { 0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f };

struct bk_arch_vcpu {
    struct kvm_mp_state mp_state;
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    struct kvm_xsave xsave;
    struct kvm_xcrs xcrs;
    struct kvm_debugregs debugregs;
    struct kvm_lapic_state lapic;
    struct kvm_vcpu_events events;
    struct kvm_irqchip chips[CHIPS]; /* the VM's, kept with the first vCPU */
    struct kvm_msrs msrs;            /* its entries are the next */
    struct kvm_msr_entry entries[MSRS_MAX];
};

static_assert(offsetof(struct bk_arch_vcpu, entries) == offsetof(struct bk_arch_vcpu, msrs) + sizeof(struct kvm_msrs),
              "KVM reads them as one");

int bk_arch_vm_init(struct bk_vm *vm)
{
    uint64_t identity = BK_LAYOUT_KVM_IDENTITY;

    if (ioctl(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity) < 0 ||
        ioctl(vm->fd, KVM_SET_TSS_ADDR, (unsigned long)BK_LAYOUT_KVM_TSS) < 0 ||
        ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0) < 0)
        return -errno;
    return 0;
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
    if (bk_cpuid_address_bits(cpuid) < ADDRESS_BITS_MIN)
        return -ENOTSUP;
    int r = bk_cpuid_adjust(cpuid, vcpu->index, vcpu->vm->cpu_count);
    if (r < 0)
        return r;
    return ioctl(vcpu->fd, KVM_SET_CPUID2, cpuid) < 0 ? -errno : 0;
}

/* KVM stops at the first MSR that this processor has not: it is left out, and all are asked for again. */
static int read_msrs(const struct bk_vcpu *vcpu)
{
    struct kvm_msrs *msrs = &vcpu->arch->msrs;

    for (;;) {
        int r = ioctl(vcpu->fd, KVM_GET_MSRS, msrs);
        if (r < 0)
            return -errno;
        uint32_t missing = (uint32_t)r;
        if (missing >= msrs->nmsrs)
            return 0;
        msrs->nmsrs--;
        memmove(&vcpu->arch->entries[missing], &vcpu->arch->entries[missing + 1],
                (msrs->nmsrs - missing) * sizeof(vcpu->arch->entries[0]));
    }
}

static void add_msr(const struct bk_vcpu *vcpu, uint32_t index)
{
    struct kvm_msrs *msrs = &vcpu->arch->msrs;

    if (msrs->nmsrs < MSRS_MAX)
        vcpu->arch->entries[msrs->nmsrs++] = (struct kvm_msr_entry){ .index = index };
}

static int save_msrs(const struct bk_vcpu *vcpu)
{
    union {
        struct kvm_msr_list head;
        uint8_t room[sizeof(struct kvm_msr_list) + MSRS_MAX * sizeof(uint32_t)];
    } list = { .head.nmsrs = MSRS_MAX };

    if (ioctl(vcpu->vm->kvm_fd, KVM_GET_MSR_INDEX_LIST, &list) < 0)
        return -errno;
    for (uint32_t i = 0; i < list.head.nmsrs; i++) {
        /* The time stamp goes on: all vCPUs share it. */
        if (list.head.indices[i] != MSR_TSC)
            add_msr(vcpu, list.head.indices[i]);
    }
    for (uint32_t i = 0; i < MTRR_VARIABLE_COUNT; i++)
        add_msr(vcpu, MTRR_VARIABLE_FIRST + i);
    for (size_t i = 0; i < sizeof mtrrs_fixed / sizeof mtrrs_fixed[0]; i++)
        add_msr(vcpu, mtrrs_fixed[i]);
    return read_msrs(vcpu);
}

static int save(const struct bk_vcpu *vcpu)
{
    struct bk_arch_vcpu *state = vcpu->arch;

    if (ioctl(vcpu->fd, KVM_GET_MP_STATE, &state->mp_state) < 0 || ioctl(vcpu->fd, KVM_GET_REGS, &state->regs) < 0 ||
        ioctl(vcpu->fd, KVM_GET_SREGS, &state->sregs) < 0 || ioctl(vcpu->fd, KVM_GET_XSAVE, &state->xsave) < 0 ||
        ioctl(vcpu->fd, KVM_GET_XCRS, &state->xcrs) < 0 || ioctl(vcpu->fd, KVM_GET_DEBUGREGS, &state->debugregs) < 0 ||
        ioctl(vcpu->fd, KVM_GET_LAPIC, &state->lapic) < 0 || ioctl(vcpu->fd, KVM_GET_VCPU_EVENTS, &state->events) < 0)
        return -errno;
    for (uint32_t i = 0; vcpu->index == 0 && i < CHIPS; i++) {
        state->chips[i].chip_id = i;
        if (ioctl(vcpu->vm->fd, KVM_GET_IRQCHIP, &state->chips[i]) < 0)
            return -errno;
    }
    return save_msrs(vcpu);
}

int bk_arch_vcpu_init(struct bk_vcpu *vcpu)
{
    vcpu->arch = calloc(1, sizeof *vcpu->arch);
    if (vcpu->arch == NULL)
        return -ENOMEM;
    int r = set_cpuid(vcpu);
    return r < 0 ? r : save(vcpu);
}

void bk_arch_vcpu_finish(struct bk_vcpu *vcpu)
{
    free(vcpu->arch);
    vcpu->arch = NULL;
}

static int restore(const struct bk_vcpu *vcpu)
{
    struct bk_arch_vcpu *state = vcpu->arch;

    /* The APIC base stands in sregs and decides what the APIC's registers mean, so sregs come first; events last,
     * since setting the general registers drops a pending exception. */
    if (ioctl(vcpu->fd, KVM_SET_MP_STATE, &state->mp_state) < 0 || ioctl(vcpu->fd, KVM_SET_REGS, &state->regs) < 0 ||
        ioctl(vcpu->fd, KVM_SET_SREGS, &state->sregs) < 0 || ioctl(vcpu->fd, KVM_SET_XSAVE, &state->xsave) < 0 ||
        ioctl(vcpu->fd, KVM_SET_XCRS, &state->xcrs) < 0 || ioctl(vcpu->fd, KVM_SET_DEBUGREGS, &state->debugregs) < 0 ||
        ioctl(vcpu->fd, KVM_SET_LAPIC, &state->lapic) < 0)
        return -errno;
    for (uint32_t i = 0; i < state->msrs.nmsrs; i++) {
        union {
            struct kvm_msrs head;
            uint8_t room[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)];
        } msrs = { .head.nmsrs = 1 };
        msrs.head.entries[0] = state->entries[i];
        /* Some that can be read cannot be written, not even with what was read; those no guest changed either. */
        (void)ioctl(vcpu->fd, KVM_SET_MSRS, &msrs);
    }
    return ioctl(vcpu->fd, KVM_SET_VCPU_EVENTS, &state->events) < 0 ? -errno : 0;
}

int bk_arch_reset(struct bk_vm *vm)
{
    for (uint32_t i = 0; i < CHIPS; i++) {
        if (ioctl(vm->fd, KVM_SET_IRQCHIP, &vm->vcpus[0].arch->chips[i]) < 0)
            return -errno;
    }
    for (unsigned i = 0; i < vm->cpu_count; i++) {
        int r = restore(&vm->vcpus[i]);
        if (r < 0)
            return r;
    }
    return 0;
}
