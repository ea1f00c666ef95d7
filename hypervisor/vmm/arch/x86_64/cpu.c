/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state a kernel is entered with, by protocol:
 *
 *   BK_BOOT_LINUX64: long mode, the first 4 GiB mapped to themselves, flat segments 0x10 and 0x18, RSI = zero page
 *   BK_BOOT_PVH:     32-bit protected mode, no paging, flat segments, EBX = start info
 */
#define _GNU_SOURCE
#include "cpu.h"

#include "boot.h"
#include "core/layout.h"
#include "core/vcpu.h"
#include "core/vm.h"

#include <assert.h>
#include <errno.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

/*
 * system calls [io]: ioctl(KVM_SET_REGS) ioctl(KVM_GET_SREGS) ioctl(KVM_SET_SREGS) ioctl(KVM_SET_MSRS)
 */

#define MSR_MISC_ENABLE   0x1a0U
#define MISC_FAST_STRINGS 1U
#define MSR_MTRR_DEF_TYPE 0x2ffU
#define MTRR_ENABLED_WB   0x806U /* without it AMD reads a BAR's memory window uncached */
#define CR0_PE            0x1U
#define CR0_ET            0x10U
#define CR0_PG            0x80000000U
#define CR4_PAE           0x20U
#define EFER_LME          0x100U
#define EFER_LMA          0x400U
#define RFLAGS_FIXED      0x2U
#define PAGE              4096U
#define TABLE_ENTRIES     512U
#define ENTRY_TABLE       0x3U  /* present, writable */
#define ENTRY_LARGE       0x83U /* and 2 MiB */
#define DIRECTORIES       4U    /* of 1 GiB */

enum {
    SELECTOR_CODE = 0x10,
    SELECTOR_DATA = 0x18,
    SELECTOR_TASK = 0x20
};

static struct kvm_segment segment(uint16_t selector, bool code, bool wide)
{
    return (struct kvm_segment){
        .limit = 0xffffffff,
        .selector = selector,
        .type = code ? 0xb : 0x3, /* accessed; read and execute, or read and write */
        .present = 1,
        .db = !wide,
        .s = 1,
        .l = wide,
        .g = 1,
    };
}

/* The descriptor that a segment would have been loaded from (SDM vol. 3, 3.4.5). */
static uint64_t descriptor(const struct kvm_segment *segment)
{
    uint64_t limit = segment->g ? segment->limit >> 12 : segment->limit;
    uint64_t flags = (uint64_t)segment->type | (uint64_t)segment->s << 4 | (uint64_t)segment->present << 7 |
                     (uint64_t)segment->l << 13 | (uint64_t)segment->db << 14 | (uint64_t)segment->g << 15;

    return (limit & 0xffff) | (limit >> 16 & 0xf) << 48 | flags << 40;
}

static void write_identity_map(const struct bk_memory *memory)
{
    uint64_t *tables = bk_memory_at(memory, BK_LAYOUT_PAGE_TABLES, (2 + DIRECTORIES) * PAGE);
    uint64_t at = BK_LAYOUT_PAGE_TABLES;

    assert(tables != NULL);
    tables[0] = (at + PAGE) | ENTRY_TABLE;
    for (uint64_t i = 0; i < DIRECTORIES; i++)
        tables[TABLE_ENTRIES + i] = (at + (2 + i) * PAGE) | ENTRY_TABLE;
    for (uint64_t i = 0; i < (uint64_t)DIRECTORIES * TABLE_ENTRIES; i++)
        tables[2 * (uint64_t)TABLE_ENTRIES + i] = i << 21 | ENTRY_LARGE;
}

static int set_registers(const struct bk_vm *vm, const struct bk_boot_entry *entry)
{
    int fd = vm->vcpus[0].fd;
    bool wide = entry->protocol == BK_BOOT_LINUX64;
    struct kvm_sregs sregs;

    if (ioctl(fd, KVM_GET_SREGS, &sregs) < 0)
        return -errno;
    struct kvm_segment code = segment(SELECTOR_CODE, true, wide), data = segment(SELECTOR_DATA, false, false);
    struct kvm_segment task = { .limit = 0x67, .selector = SELECTOR_TASK, .type = 0xb, .present = 1 };
    const uint64_t gdt[] = { 0, 0, descriptor(&code), descriptor(&data), descriptor(&task) };
    bool written = bk_memory_write(&vm->memory, BK_LAYOUT_GDT, gdt, sizeof gdt);
    assert(written);
    (void)written;

    sregs.cs = code;
    sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
    sregs.tr = task;
    sregs.gdt = (struct kvm_dtable){ .base = BK_LAYOUT_GDT, .limit = sizeof gdt - 1 };
    sregs.idt = (struct kvm_dtable){ 0 };
    sregs.cr0 = CR0_PE | CR0_ET;
    if (wide) {
        write_identity_map(&vm->memory);
        sregs.cr0 |= CR0_PG;
        sregs.cr3 = BK_LAYOUT_PAGE_TABLES;
        sregs.cr4 = CR4_PAE;
        sregs.efer = EFER_LME | EFER_LMA;
    }
    if (ioctl(fd, KVM_SET_SREGS, &sregs) < 0)
        return -errno;

    struct kvm_regs regs = { .rip = entry->address, .rflags = RFLAGS_FIXED };
    if (wide)
        regs.rsi = entry->parameter;
    else
        regs.rbx = entry->parameter;
    return ioctl(fd, KVM_SET_REGS, &regs) < 0 ? -errno : 0;
}

static int set_msrs(int fd)
{
    union {
        struct kvm_msrs head;
        uint8_t room[sizeof(struct kvm_msrs) + 2 * sizeof(struct kvm_msr_entry)];
    } msrs = { .head.nmsrs = 2 };

    msrs.head.entries[0] = (struct kvm_msr_entry){ .index = MSR_MISC_ENABLE, .data = MISC_FAST_STRINGS };
    msrs.head.entries[1] = (struct kvm_msr_entry){ .index = MSR_MTRR_DEF_TYPE, .data = MTRR_ENABLED_WB };
    int r = ioctl(fd, KVM_SET_MSRS, &msrs);
    if (r < 0)
        return -errno;
    return r == 2 ? 0 : -ENOTSUP;
}

int bk_cpu_start(struct bk_vm *vm, const struct bk_boot_entry *entry)
{
    for (unsigned i = 0; i < vm->cpu_count; i++) {
        int r = set_msrs(vm->vcpus[i].fd);
        if (r < 0)
            return r;
    }
    return set_registers(vm, entry);
}
