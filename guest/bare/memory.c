/* SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#define MAP_RAM 1U
#define GIB     (1ULL << 30)
#define ENTRIES 512U
#define PRESENT 0x3ULL  /* and writable */
#define LARGE   0x93ULL /* a page of 2 MiB, uncached */
#define LOW_END (4 * GIB)
#define MAP_END (ENTRIES * GIB)

extern uint64_t bk_page_root[ENTRIES], bk_page_pointers[ENTRIES]; /* start.S */
extern char _end[];                                               /* of the program; the linker's */

static uintptr_t next, end; /* of what nobody has yet */

static uintptr_t page_up(uintptr_t address)
{
    return (address + BK_PAGE - 1) & ~(BK_PAGE - 1);
}

void bk_memory_begin(const struct bk_start_info *info)
{
    const struct entry {
        uint64_t base, size;
        uint32_t type, reserved;
    } *map = (const struct entry *)(uintptr_t)info->memory_map;
    const struct bk_start_module *module = (const struct bk_start_module *)(uintptr_t)info->modules;

    next = page_up((uintptr_t)_end);
    for (uint32_t i = 0; i < info->memory_map_entries; i++) {
        if (map[i].type == MAP_RAM && map[i].base <= next && map[i].base + map[i].size > next)
            end = (uintptr_t)(map[i].base + map[i].size);
    }
    /* What was loaded with it stands at the top. */
    for (uint32_t i = 0; i < info->module_count; i++) {
        if (module[i].address >= next && module[i].address < end)
            end = (uintptr_t)module[i].address & ~(BK_PAGE - 1);
    }
}

size_t bk_memory_left(void)
{
    return end > next ? end - next : 0;
}

void *bk_memory_take(size_t size)
{
    void *taken = (void *)next;

    if (size > bk_memory_left() || page_up(size) > bk_memory_left())
        return NULL;
    next += page_up(size); /* bk-vmm's RAM is zero where nothing was loaded */
    return taken;
}

volatile void *bk_memory_map(uint64_t address)
{
    uint64_t *pointer = &bk_page_pointers[address / GIB];

    if (address < LOW_END)
        return (volatile void *)(uintptr_t)address;
    if (address >= MAP_END)
        return NULL;
    if (*pointer == 0) {
        uint64_t *directory = bk_memory_take(BK_PAGE);
        if (directory == NULL)
            return NULL;
        for (uint64_t i = 0; i < ENTRIES; i++)
            directory[i] = (address & ~(GIB - 1)) | i << 21 | LARGE;
        *pointer = (uintptr_t)directory | PRESENT;
    }
    return (volatile void *)(uintptr_t)address;
}
