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

/* Loads and sets the registers of every vCPU: what struct bk_vm_options calls `boot`; `userdata` is the options above.
 */
int bk_boot(struct bk_vm *vm, void *userdata);

/* What boot.c gives the loader of either format. */
struct bk_boot_image {
    int fd; /* the kernel's */
    uint64_t size;
    uint64_t end; /* the kernel, and what it needs to unpack itself, stays below */
    uint64_t initrd, initrd_size;
};
int bk_boot_load_bzimage(const struct bk_memory *memory, const struct bk_boot_image *image,
                         struct bk_boot_entry *ret_entry);
int bk_boot_load_elf(const struct bk_memory *memory, const struct bk_boot_image *image,
                     struct bk_boot_entry *ret_entry);

/* Reads so many bytes of the kernel's file; -ENOEXEC when it has not got them. */
int bk_boot_read(const struct bk_boot_image *image, uint64_t offset, void *buffer, uint64_t size);

/* Writes below 1 MiB, where there is always RAM. */
void bk_boot_write(const struct bk_memory *memory, uint64_t address, const void *bytes, size_t size);

/* The memory map, as PVH tells it. */
struct bk_boot_range {
    uint64_t base;
    uint64_t size;
    uint32_t type; /* BK_BOOT_RAM or BK_BOOT_RESERVED */
    uint32_t unused;
};
#define BK_BOOT_RAM        1U
#define BK_BOOT_RESERVED   2U
#define BK_BOOT_RANGES_MAX 5
unsigned bk_boot_map(const struct bk_memory *memory, struct bk_boot_range ret_ranges[static BK_BOOT_RANGES_MAX]);

/* Writes the ACPI tables (acpi.c) at BK_LAYOUT_ACPI_BASE, the RSDP first. */
void bk_acpi_write(const struct bk_memory *memory, unsigned cpu_count, bool serial);

#endif
