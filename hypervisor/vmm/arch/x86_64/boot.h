/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts a Linux kernel, its initrd, its command line and the ACPI tables into guest RAM.
 *
 * Input from: host (the image files, which are whoever's who built them: checked as a guest's), trusted (the rest)
 * Runs in: bk-vmm, main thread, jailed; I/O thread at a reset
 *
 * Nothing here knows KVM: what is left to do is in struct bk_boot_entry. RAM reads as zero before.
 */
#ifndef BK_X86_64_BOOT_H
#define BK_X86_64_BOOT_H

#include "core/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bk_vm;

struct bk_boot_options {
    int kernel;          /* a regular file */
    int initrd;          /* a regular file, or -1 */
    const char *cmdline; /* shorter than BK_LAYOUT_CMDLINE_MAX */
    unsigned cpu_count;
    bool serial; /* COM1 is there */
};

enum bk_boot_protocol {
    BK_BOOT_LINUX64, /* Documentation/arch/x86/boot.rst, "64-bit Boot Protocol" */
    BK_BOOT_PVH,     /* 32-bit protected mode, Xen's x86/HVM direct boot ABI */
};

struct bk_boot_entry {
    enum bk_boot_protocol protocol;
    uint64_t address;   /* of the first instruction */
    uint64_t parameter; /* of the structure that the kernel is handed */
};

/* -ENOEXEC: no kernel that we can start; -ENOSPC: RAM is too small for kernel and initrd; or what reading yields. */
int bk_boot_load(const struct bk_memory *memory, const struct bk_boot_options *options,
                 struct bk_boot_entry *ret_entry);

/* bk_boot_load() and bk_cpu_start(): what struct bk_vm_options calls `boot`; `userdata` is the options above. */
int bk_boot(struct bk_vm *vm, void *userdata);

/* The parts. `*ret_end` is the first address above what the kernel needs for itself. */
int bk_boot_load_bzimage(const struct bk_memory *memory, int fd, uint64_t file_size, struct bk_boot_entry *ret_entry,
                         uint64_t *ret_end);
void bk_boot_finish_bzimage(const struct bk_memory *memory, uint64_t initrd, uint64_t initrd_size, size_t cmdline_size);
int bk_boot_load_elf(const struct bk_memory *memory, int fd, uint64_t file_size, struct bk_boot_entry *ret_entry,
                     uint64_t *ret_end);
void bk_boot_finish_elf(const struct bk_memory *memory, uint64_t initrd, uint64_t initrd_size);

/* The memory map, as both protocols tell it. */
struct bk_boot_range {
    uint64_t base;
    uint64_t size;
    uint32_t type; /* BK_BOOT_RAM or BK_BOOT_RESERVED */
};
#define BK_BOOT_RAM        1U
#define BK_BOOT_RESERVED   2U
#define BK_BOOT_RANGES_MAX 6
unsigned bk_boot_map(const struct bk_memory *memory, struct bk_boot_range ret_ranges[static BK_BOOT_RANGES_MAX]);

#endif
