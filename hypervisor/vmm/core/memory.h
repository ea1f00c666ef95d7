/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guest RAM: the one place where a guest-physical address becomes a pointer.
 *
 * Input from: guest (every address and length), trusted (the sizes)
 * Runs in: bk-vmm, main, vCPU and I/O threads; the map does not change after bk_memory_init()
 *
 * RAM is one host mapping, 2 MiB aligned, seen by the guest as [0, BK_MEMORY_LOW_MAX) and, for the rest,
 * from 4 GiB up. A range that touches anything but one piece of RAM is refused as a whole.
 */
#ifndef BK_CORE_MEMORY_H
#define BK_CORE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_MEMORY_LOW_MAX     0xc0000000ULL /* bytes; the 32-bit PCI window and ECAM stand above */
#define BK_MEMORY_HIGH_BASE   0x100000000ULL
#define BK_MEMORY_REGIONS_MAX 2

struct bk_memory_region {
    uint64_t guest_address;
    uint64_t size;
    uint8_t *host;
};

struct bk_memory {
    struct bk_memory_region regions[BK_MEMORY_REGIONS_MAX];
    unsigned region_count;
};

/* Maps `size` bytes (a multiple of 2 MiB). -ENOMEM when the host has no room for it. */
int bk_memory_init(struct bk_memory *memory, uint64_t size);
void bk_memory_finish(struct bk_memory *memory);

/* All of RAM reads as zero again, and the host has its pages back. */
int bk_memory_clear(const struct bk_memory *memory);

/* The host address of [address, address + length), or NULL when it is not all RAM in one region. The guest
 * can change those bytes at any time: copy once, check the copy, use the copy. */
void *bk_memory_at(const struct bk_memory *memory, uint64_t address, uint64_t length);

/* Copies; false, and nothing done, when the range is not RAM. */
bool bk_memory_read(const struct bk_memory *memory, uint64_t address, void *buffer, size_t length);
bool bk_memory_write(const struct bk_memory *memory, uint64_t address, const void *buffer, size_t length);

#endif
