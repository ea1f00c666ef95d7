/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state a kernel is entered with, by protocol:
 *
 *   BK_BOOT_LINUX64: long mode, the first 4 GiB mapped to themselves, flat segments 0x10 and 0x18, RSI = zero page
 *   BK_BOOT_PVH:     32-bit protected mode, no paging, flat segments, EBX = start info
 *
 * The first vCPU enters the kernel; the others wait for it to wake them.
 */
#define _GNU_SOURCE
#include "boot.h"
#include "core/layout.h"
#include "core/vcpu.h"
#include "core/vm.h"

#include <errno.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>

/* system calls [io]: ioctl(KVM_SET_REGS) ioctl(KVM_GET_SREGS) ioctl(KVM_SET_SREGS) */

#define CR0_PE        0x1U
#define CR0_ET        0x10U
#define CR0_PG        0x80000000U
#define CR4_PAE       0x20U
#define EFER_LME      0x100U
#define EFER_LMA      0x400U
#define RFLAGS_FIXED  0x2U
#define PAGE          4096U
#define TABLE_ENTRIES 512U
#define ENTRY_TABLE   0x3U  /* present, writable */
#define ENTRY_LARGE   0x83U /* and 2 MiB */
#define DIRECTORIES   4U    /* of 1 GiB */

enum {
    SELECTOR_CODE = 0x10,
    SELECTOR_DATA = 0x18,
    SELECTOR_TASK = 0x20
};

/* Descriptors (SDM vol. 3, 3.4.5, 7.2.3): base 0; code and data up to 4 GiB, already accessed; a busy task. */
#define DESCRIPTOR_CODE32 0x00cf9b000000ffffULL
#define DESCRIPTOR_CODE64 0x00af9b000000ffffULL
#define DESCRIPTOR_DATA   0x00cf93000000ffffULL
#define DESCRIPTOR_TASK   0x00008b0000000067ULL

/* What a segment register holds once it was loaded with this descriptor. */
static struct kvm_segment segment(uint16_t selector, uint64_t descriptor)
{
    bool pages = (descriptor >> 55 & 1) != 0;

    return (struct kvm_segment){
        .limit = pages ? 0xffffffff : descriptor & 0xffff,
        .selector = selector,
        .type = descriptor >> 40 & 0xf,
        .s = descriptor >> 44 & 1,
        .present = descriptor >> 47 & 1,
        .l = descriptor >> 53 & 1,
        .db = descriptor >> 54 & 1,
        .g = pages,
    };
}

static void write_identity_map(const struct bk_memory *memory)
{
    uint64_t tables[(2 + DIRECTORIES) * TABLE_ENTRIES] = { (BK_LAYOUT_PAGE_TABLES + PAGE) | ENTRY_TABLE };

    for (uint64_t i = 0; i < DIRECTORIES; i++)
        tables[TABLE_ENTRIES + i] = (BK_LAYOUT_PAGE_TABLES + (2 + i) * PAGE) | ENTRY_TABLE;
    for (uint64_t i = 0; i < (uint64_t)DIRECTORIES * TABLE_ENTRIES; i++)
        tables[2 * (uint64_t)TABLE_ENTRIES + i] = i << 21 | ENTRY_LARGE;
    bk_boot_write(memory, BK_LAYOUT_PAGE_TABLES, tables, sizeof tables);
}

static int set_registers(const struct bk_vm *vm, const struct bk_boot_entry *entry)
{
    bool wide = entry->protocol == BK_BOOT_LINUX64;
    const uint64_t code = wide ? DESCRIPTOR_CODE64 : DESCRIPTOR_CODE32;
    const uint64_t gdt[] = { 0, 0, code, DESCRIPTOR_DATA, DESCRIPTOR_TASK };
    int fd = vm->vcpus[0].fd;
    struct kvm_sregs sregs;

    if (ioctl(fd, KVM_GET_SREGS, &sregs) < 0)
        return -errno;
    bk_boot_write(&vm->memory, BK_LAYOUT_GDT, gdt, sizeof gdt);
    sregs.cs = segment(SELECTOR_CODE, code);
    sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = segment(SELECTOR_DATA, DESCRIPTOR_DATA);
    sregs.tr = segment(SELECTOR_TASK, DESCRIPTOR_TASK);
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
    *(wide ? &regs.rsi : &regs.rbx) = entry->parameter;
    return ioctl(fd, KVM_SET_REGS, &regs) < 0 ? -errno : 0;
}

int bk_boot(struct bk_vm *vm, void *userdata)
{
    struct bk_boot_entry entry;

    int r = bk_boot_load(&vm->memory, userdata, &entry);
    return r < 0 ? r : set_registers(vm, &entry);
}
