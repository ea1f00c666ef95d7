/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's accesses that KVM cannot finish by itself: ranges of the port and of the memory address space,
 * and who answers there.
 *
 * Input from: guest
 * Runs in: bk-vmm, vCPU threads, under the VM's lock
 *
 * Reads that nobody answers yield all ones, writes that nobody answers vanish, as on a PC. Nobody answers to a length
 * other than 1, 2, 4 and 8.
 */
#ifndef BK_CORE_BUS_H
#define BK_CORE_BUS_H

#include <stddef.h>
#include <stdint.h>

struct bk_bus_operations {
    /* `offset` is relative to the range; the whole access lies inside it; `length` is 1, 2, 4 or 8. */
    void (*read)(void *owner, uint64_t offset, void *buffer, size_t length);
    void (*write)(void *owner, uint64_t offset, const void *buffer, size_t length);
};

struct bk_bus_range {
    uint64_t base;
    uint64_t size;
    const struct bk_bus_operations *operations;
    void *owner;
};

#define BK_BUS_RANGES_MAX 128

/* No two ranges overlap. Starts zeroed. There are few, and an exit of the guest costs far more than to look at each. */
struct bk_bus {
    unsigned count;
    struct bk_bus_range ranges[BK_BUS_RANGES_MAX];
};

/* Copies the range. -EBUSY when it overlaps another of this bus, -ENOSPC when there are too many. */
int bk_bus_add(struct bk_bus *bus, const struct bk_bus_range *range);
/* The range that begins where this one does, if there is one. */
void bk_bus_remove(struct bk_bus *bus, const struct bk_bus_range *range);

void bk_bus_read(const struct bk_bus *bus, uint64_t address, void *buffer, size_t length);
void bk_bus_write(const struct bk_bus *bus, uint64_t address, const void *buffer, size_t length);

#endif
