/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "memory.h"

#include "checked.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/* system calls [io]: madvise(MADV_DONTNEED) */

#define HUGE_PAGE (2 * BK_MIB)

static_assert(BYTE_ORDER == LITTLE_ENDIAN, "rings, tables and registers are read and written as they are");

int bk_memory_init(struct bk_memory *memory, uint64_t size)
{
    assert(size > 0 && size % HUGE_PAGE == 0);

    /* One huge page more, so that the guest's huge pages are the host's; what is over at the ends is never touched. */
    size_t room;
    if (!bk_add(size, HUGE_PAGE, &room))
        return -ENOMEM;
    uint8_t *mapping = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED)
        return -errno;
    uint8_t *host = mapping + (bk_align_up((uintptr_t)mapping, HUGE_PAGE) - (uintptr_t)mapping);

    /* Advice only: a host without huge pages, or told not to use them, is slower and not wrong. */
    (void)madvise(host, size, MADV_HUGEPAGE);
    (void)madvise(host, size, MADV_DONTDUMP);

    uint64_t low = size < BK_MEMORY_LOW_MAX ? size : BK_MEMORY_LOW_MAX;
    *memory = (struct bk_memory){
        .regions = { { 0, low, host }, { BK_MEMORY_HIGH_BASE, size - low, host + low } },
        .region_count = size > low ? 2 : 1,
    };
    return 0;
}

void bk_memory_finish(struct bk_memory *memory)
{
    for (unsigned i = 0; i < memory->region_count; i++)
        munmap(memory->regions[i].host, memory->regions[i].size);
    memory->region_count = 0;
}

int bk_memory_clear(const struct bk_memory *memory)
{
    for (unsigned i = 0; i < memory->region_count; i++) {
        if (madvise(memory->regions[i].host, memory->regions[i].size, MADV_DONTNEED) < 0)
            return -errno;
    }
    return 0;
}

void *bk_memory_at(const struct bk_memory *memory, uint64_t address, uint64_t length)
{
    for (unsigned i = 0; i < memory->region_count; i++) {
        const struct bk_memory_region *region = &memory->regions[i];
        if (address >= region->guest_address && bk_range_in(address - region->guest_address, length, region->size))
            return region->host + (address - region->guest_address);
    }
    return NULL;
}

bool bk_memory_read(const struct bk_memory *memory, uint64_t address, void *buffer, size_t length)
{
    const void *host = bk_memory_at(memory, address, length);

    if (host == NULL)
        return false;
    memcpy(buffer, host, length);
    return true;
}

bool bk_memory_write(const struct bk_memory *memory, uint64_t address, const void *buffer, size_t length)
{
    void *host = bk_memory_at(memory, address, length);

    if (host == NULL)
        return false;
    memcpy(host, buffer, length);
    return true;
}
