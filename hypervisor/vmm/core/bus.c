/* SPDX-License-Identifier: Apache-2.0 */
#include "bus.h"

#include "checked.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* The number of ranges whose base is at or below `address`. */
static unsigned upper_bound(const struct bk_bus *bus, uint64_t address)
{
    unsigned low = 0, high = bus->count;

    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (bus->ranges[middle]->base <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int bk_bus_add(struct bk_bus *bus, struct bk_bus_range *range)
{
    uint64_t last;

    if (range->size == 0 || !bk_add(range->base, range->size - 1, &last))
        return -EINVAL;
    if (bus->count == BK_BUS_RANGES_MAX)
        return -ENOSPC;
    unsigned at = upper_bound(bus, range->base);
    if (at > 0 && range->base - bus->ranges[at - 1]->base < bus->ranges[at - 1]->size)
        return -EBUSY;
    if (at < bus->count && bus->ranges[at]->base <= last)
        return -EBUSY;
    memmove(&bus->ranges[at + 1], &bus->ranges[at], (bus->count - at) * sizeof(bus->ranges[0]));
    bus->ranges[at] = range;
    bus->count++;
    return 0;
}

void bk_bus_remove(struct bk_bus *bus, struct bk_bus_range *range)
{
    for (unsigned i = 0; i < bus->count; i++) {
        if (bus->ranges[i] != range)
            continue;
        bus->count--;
        memmove(&bus->ranges[i], &bus->ranges[i + 1], (bus->count - i) * sizeof(bus->ranges[0]));
        return;
    }
}

static const struct bk_bus_range *find(const struct bk_bus *bus, uint64_t address, size_t length)
{
    unsigned at = upper_bound(bus, address);

    if (at == 0)
        return NULL;
    const struct bk_bus_range *range = bus->ranges[at - 1];
    return bk_range_in(address - range->base, length, range->size) ? range : NULL;
}

void bk_bus_read(struct bk_bus *bus, uint64_t address, void *buffer, size_t length)
{
    const struct bk_bus_range *range = find(bus, address, length);

    assert(length == 1 || length == 2 || length == 4 || length == 8);
    memset(buffer, 0xff, length);
    if (range != NULL)
        range->operations->read(range->owner, address - range->base, buffer, length);
}

void bk_bus_write(struct bk_bus *bus, uint64_t address, const void *buffer, size_t length)
{
    const struct bk_bus_range *range = find(bus, address, length);

    assert(length == 1 || length == 2 || length == 4 || length == 8);
    if (range != NULL)
        range->operations->write(range->owner, address - range->base, buffer, length);
}
