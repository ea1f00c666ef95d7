/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's memory: pages that are given away and never come back, and maps of what devices have.
 *
 * Input from: host (the start info, which bk-vmm writes: Xen's start_info.h)
 * Runs in: a guest without an OS
 */
#ifndef BK_BARE_MEMORY_H
#define BK_BARE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#define BK_PAGE 4096UL

struct bk_start_module {
    uint64_t address, size, cmdline, reserved;
};

struct bk_start_info {
    uint32_t magic, version, flags, module_count;
    uint64_t modules; /* struct bk_start_module: the first one is the bundle's initrd */
    uint64_t cmdline, rsdp, memory_map;
    uint32_t memory_map_entries, reserved;
};

/* Finds the RAM behind the program and what was loaded with it. */
void bk_memory_begin(const struct bk_start_info *info);

/* So many bytes that are zero, from the start of a page on; NULL when there are not as many. Addresses are the same for
 * the processor and for devices. */
void *bk_memory_take(size_t size);
size_t bk_memory_left(void);

/* Makes the GiB of a device's address one that can be reached, past the caches. */
volatile void *bk_memory_map(uint64_t address);

#endif
