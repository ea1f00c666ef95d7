/* SPDX-License-Identifier: Apache-2.0 */
#include "bus.h"

#include "checked.h"

#include <errno.h>
#include <string.h>

int bk_bus_add(struct bk_bus *bus, const struct bk_bus_range *range)
{
    uint64_t last;

    if (range->size == 0 || !bk_add(range->base, range->size - 1, &last))
        return -EINVAL;
    if (bus->count == BK_BUS_RANGES_MAX)
        return -ENOSPC;
    for (unsigned i = 0; i < bus->count; i++) {
        const struct bk_bus_range *other = &bus->ranges[i];
        if (other->base <= last && range->base <= other->base + (other->size - 1))
            return -EBUSY;
    }
    bus->ranges[bus->count++] = *range;
    return 0;
}

void bk_bus_remove(struct bk_bus *bus, const struct bk_bus_range *range)
{
    for (unsigned i = 0; i < bus->count; i++) {
        if (bus->ranges[i].base == range->base) {
            bus->ranges[i] = bus->ranges[--bus->count];
            return;
        }
    }
}

static const struct bk_bus_range *find(const struct bk_bus *bus, uint64_t address, size_t length)
{
    if (length == 0 || length > 8 || (length & (length - 1)) != 0)
        return NULL; /* a piece of an access across the end of a page */
    for (unsigned i = 0; i < bus->count; i++) {
        const struct bk_bus_range *range = &bus->ranges[i];
        if (address >= range->base && bk_range_in(address - range->base, length, range->size))
            return range;
    }
    return NULL;
}

void bk_bus_read(const struct bk_bus *bus, uint64_t address, void *buffer, size_t length)
{
    const struct bk_bus_range *range = find(bus, address, length);

    memset(buffer, 0xff, length);
    if (range != NULL)
        range->operations->read(range->owner, address - range->base, buffer, length);
}

void bk_bus_write(const struct bk_bus *bus, uint64_t address, const void *buffer, size_t length)
{
    const struct bk_bus_range *range = find(bus, address, length);

    if (range != NULL)
        range->operations->write(range->owner, address - range->base, buffer, length);
}
