/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PCI bus: configuration space behind ECAM, and BARs that come and go on the memory bus as the guest says.
 *
 * Invariants:
 * 1. A configuration byte changes by guest hands only in the bits of its write mask; sizing a BAR (PCI local bus
 *    3.0 §6.2.5.1) is nothing but that.
 * 2. A BAR is on the memory bus exactly when its `address` is not 0: decoding is on and the whole BAR lies in one
 *    of the bridge's windows, over no other BAR. What `moved` last told is `address`.
 * 3. An access reaches a device only inside one of its BARs or inside its watched range.
 */
#include "pci_state.h"

#include "checked.h"
#include "layout.h"
#include "vm.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#define FUNCTION_SIZE     4096UL
#define SLOT_SIZE         (8 * FUNCTION_SIZE)
#define BARS_SIZE         (6 * sizeof(uint32_t)) /* of all BAR registers */
#define CAPABILITIES_BASE 0x40U

/* The bridge needs no driver; this is the generic host bridge's id, which no guest has quirks for. */
#define BRIDGE_VENDOR 0x1b36
#define BRIDGE_DEVICE 0x0008

struct bk_pci_bus {
    struct bk_vm *vm;
    struct bk_bus_range ecam;
    struct bk_reset_hook reset_hook;
    unsigned count; /* of slots taken, from 0 up */
    struct bk_pci_device *slots[BK_PCI_SLOTS_MAX];
    uint64_t next_address; /* free from here on in the 64-bit window */
    struct bk_pci_device bridge;
};

static_assert(BK_LAYOUT_ECAM_SIZE == BK_PCI_SLOTS_MAX * SLOT_SIZE, "ECAM is one bus");
static_assert(BYTE_ORDER == LITTLE_ENDIAN, "configuration space is copied as it is");

static bool overlap(unsigned a, size_t a_size, unsigned b, size_t b_size)
{
    return a < b + b_size && b < a + a_size;
}

/* What the device offers when it is made and after each reset. */
static void put(struct bk_pci_state *state, unsigned offset, const void *bytes, size_t size)
{
    assert(bk_range_in(offset, size, BK_PCI_CONFIG_SIZE));
    memcpy(state->bytes + offset, bytes, size);
    memcpy(state->initial + offset, bytes, size);
}

static void put16(struct bk_pci_state *state, unsigned offset, uint16_t value)
{
    put(state, offset, &value, sizeof(value));
}

static void put_writable16(struct bk_pci_state *state, unsigned offset, uint16_t mask)
{
    memcpy(state->writable + offset, &mask, sizeof(mask));
}

/* BARs */

enum bar_part {
    BAR_PART_OWNER, /* the device's own registers, and what overlaps more than one part */
    BAR_PART_TABLE,
    BAR_PART_PENDING,
};

static const struct bk_pci_bar *find_bar(const struct bk_pci_device *device, unsigned index, uint64_t offset,
                                         size_t length)
{
    for (unsigned i = 0; i < device->bar_count; i++)
        if (device->bars[i].index == index && bk_range_in(offset, length, device->bars[i].size))
            return &device->bars[i];
    return NULL;
}

static enum bar_part find_part(const struct bk_pci_state *state, const struct bk_pci_bar *bar, uint64_t offset,
                               size_t length, uint32_t *ret_offset)
{
    uint64_t in_table = offset - state->device->msix_table_offset;
    uint64_t in_pending = offset - state->device->msix_pba_offset;

    if (state->msix_offset == 0 || bar->index != state->device->msix_bar)
        return BAR_PART_OWNER;
    if (bk_range_in(in_table, length, state->msix.count * BK_MSIX_ENTRY_SIZE)) {
        *ret_offset = (uint32_t)in_table;
        return BAR_PART_TABLE;
    }
    if (bk_range_in(in_pending, length, sizeof(state->msix.pending))) {
        *ret_offset = (uint32_t)in_pending;
        return BAR_PART_PENDING;
    }
    return BAR_PART_OWNER;
}

void bk_pci_bar_read(struct bk_pci_device *device, unsigned bar, uint64_t offset, void *buffer, size_t length)
{
    const struct bk_pci_bar *found = find_bar(device, bar, offset, length);
    uint32_t relative = 0;

    if (found == NULL) {
        memset(buffer, 0xff, length);
        return;
    }
    switch (find_part(device->state, found, offset, length, &relative)) {
    case BAR_PART_TABLE:
        bk_msix_read_table(&device->state->msix, relative, buffer, length);
        return;
    case BAR_PART_PENDING:
        bk_msix_read_pending(&device->state->msix, relative, buffer, length);
        return;
    case BAR_PART_OWNER:
        found->operations->read(device->owner, offset, buffer, length);
        return;
    }
}

void bk_pci_bar_write(struct bk_pci_device *device, unsigned bar, uint64_t offset, const void *buffer, size_t length)
{
    const struct bk_pci_bar *found = find_bar(device, bar, offset, length);
    uint32_t relative = 0;

    if (found == NULL)
        return;
    switch (find_part(device->state, found, offset, length, &relative)) {
    case BAR_PART_TABLE:
        bk_msix_write_table(&device->state->msix, relative, buffer, length);
        return;
    case BAR_PART_PENDING: /* read-only */
        return;
    case BAR_PART_OWNER:
        found->operations->write(device->owner, offset, buffer, length);
        return;
    }
}

static void place_read(void *owner, uint64_t offset, void *buffer, size_t length)
{
    struct bk_pci_place *place = owner;
    bk_pci_bar_read(place->device, place->bar->index, offset, buffer, length);
}

static void place_write(void *owner, uint64_t offset, const void *buffer, size_t length)
{
    struct bk_pci_place *place = owner;
    bk_pci_bar_write(place->device, place->bar->index, offset, buffer, length);
}

static const struct bk_bus_operations place_operations = { .read = place_read, .write = place_write };

static unsigned bar_register(const struct bk_pci_bar *bar)
{
    return PCI_BASE_ADDRESS_0 + 4 * bar->index;
}

/* Where the guest's registers put the BAR, or 0 when that is nowhere. */
static uint64_t wanted_address(const struct bk_pci_state *state, const struct bk_pci_bar *bar)
{
    uint64_t address;

    if (!(state->bytes[PCI_COMMAND] & PCI_COMMAND_MEMORY))
        return 0;
    memcpy(&address, state->bytes + bar_register(bar), sizeof(address));
    address &= PCI_BASE_ADDRESS_MEM_MASK;
    if (bk_range_in(address - BK_LAYOUT_PCI64_BASE, bar->size, BK_LAYOUT_PCI64_SIZE) ||
        bk_range_in(address - BK_LAYOUT_PCI32_BASE, bar->size, BK_LAYOUT_PCI32_SIZE))
        return address;
    return 0;
}

static void place_at(struct bk_pci_state *state, struct bk_pci_place *place, uint64_t address)
{
    struct bk_bus *bus = &state->bus->vm->mmio;
    uint64_t before = place->address;

    if (address == before)
        return;
    if (before != 0)
        bk_bus_remove(bus, &place->range);
    place->address = 0;
    if (address != 0) {
        place->range = (struct bk_bus_range){
            .base = address,
            .size = place->bar->size,
            .operations = &place_operations,
            .owner = place,
        };
        /* Over another BAR: like two cards that both answer, but the first one wins. */
        if (bk_bus_add(bus, &place->range) == 0)
            place->address = address;
    }
    if (place->address != before && place->bar->moved != NULL)
        place->bar->moved(state->device, place->address);
}

/* False when one that should answer could not. */
static bool place_all(struct bk_pci_state *state)
{
    bool all = true;

    for (unsigned i = 0; i < state->device->bar_count; i++) {
        uint64_t address = wanted_address(state, state->places[i].bar);
        place_at(state, &state->places[i], address);
        all = all && state->places[i].address == address;
    }
    return all;
}

static void unplace_all(struct bk_pci_state *state)
{
    for (unsigned i = 0; i < state->device->bar_count; i++)
        place_at(state, &state->places[i], 0);
}

/* Configuration space */

/* The part of an access that falls to the watcher. */
static bool find_watched(const struct bk_pci_watch *watch, unsigned offset, size_t length, unsigned *ret_start,
                         unsigned *ret_end)
{
    unsigned end = offset + (unsigned)length;
    unsigned watch_end = watch->offset + watch->size;

    if (!overlap(offset, length, watch->offset, watch->size))
        return false;
    *ret_start = offset > watch->offset ? offset : watch->offset;
    *ret_end = end < watch_end ? end : watch_end;
    return true;
}

static void config_read(struct bk_pci_state *state, unsigned offset, uint8_t *buffer, size_t length)
{
    const struct bk_pci_watch *watch = &state->watch;
    unsigned start, end;

    memcpy(buffer, state->bytes + offset, length);
    if (find_watched(watch, offset, length, &start, &end))
        watch->read(state->device, start - watch->offset, buffer + (start - offset), end - start);
}

static void config_write(struct bk_pci_state *state, unsigned offset, const uint8_t *buffer, size_t length)
{
    const struct bk_pci_watch *watch = &state->watch;
    unsigned start, end;

    for (size_t i = 0; i < length; i++) {
        uint8_t mask = state->writable[offset + i];
        state->bytes[offset + i] = (uint8_t)((state->bytes[offset + i] & ~mask) | (buffer[i] & mask));
    }
    if (overlap(offset, length, PCI_COMMAND, 2) || overlap(offset, length, PCI_BASE_ADDRESS_0, BARS_SIZE))
        (void)place_all(state);
    if (state->msix_offset != 0 && overlap(offset, length, state->msix_offset + PCI_MSIX_FLAGS, 2)) {
        uint16_t control;
        memcpy(&control, state->bytes + state->msix_offset + PCI_MSIX_FLAGS, sizeof(control));
        bk_msix_set_control(&state->msix, control);
    }
    if (find_watched(watch, offset, length, &start, &end))
        watch->write(state->device, start - watch->offset, buffer + (start - offset), end - start);
}

/* The device whose configuration space an access through ECAM lies in, or NULL. */
static struct bk_pci_state *decode(struct bk_pci_bus *bus, uint64_t offset, size_t length, unsigned *ret_register)
{
    unsigned slot = (unsigned)(offset / SLOT_SIZE);
    unsigned in_slot = (unsigned)(offset % SLOT_SIZE);

    /* Function 0 only, and not over its end. */
    if (slot >= bus->count || !bk_range_in(in_slot, length, FUNCTION_SIZE))
        return NULL;
    *ret_register = in_slot;
    return bus->slots[slot]->state;
}

static void ecam_read(void *owner, uint64_t offset, void *buffer, size_t length)
{
    unsigned reg;
    struct bk_pci_state *state = decode(owner, offset, length, &reg);

    if (state == NULL) {
        memset(buffer, 0xff, length);
        return;
    }
    memset(buffer, 0, length);
    if (reg < BK_PCI_CONFIG_SIZE)
        config_read(state, reg, buffer, length < BK_PCI_CONFIG_SIZE - reg ? length : BK_PCI_CONFIG_SIZE - reg);
}

static void ecam_write(void *owner, uint64_t offset, const void *buffer, size_t length)
{
    unsigned reg;
    struct bk_pci_state *state = decode(owner, offset, length, &reg);

    if (state != NULL && reg < BK_PCI_CONFIG_SIZE)
        config_write(state, reg, buffer, length < BK_PCI_CONFIG_SIZE - reg ? length : BK_PCI_CONFIG_SIZE - reg);
}

static const struct bk_bus_operations ecam_operations = { .read = ecam_read, .write = ecam_write };

/* Making devices */

static void put_header(struct bk_pci_state *state)
{
    const struct bk_pci_device *device = state->device;
    const uint8_t class[3] = { device->pci_class[2], device->pci_class[1], device->pci_class[0] };

    put16(state, PCI_VENDOR_ID, device->vendor);
    put16(state, PCI_DEVICE_ID, device->device);
    put16(state, PCI_SUBSYSTEM_VENDOR_ID, device->subsystem_vendor);
    put16(state, PCI_SUBSYSTEM_ID, device->subsystem);
    put(state, PCI_REVISION_ID, &device->revision, 1);
    put(state, PCI_CLASS_PROG, class, sizeof(class));
    put16(state, PCI_COMMAND, device->bar_count > 0 ? PCI_COMMAND_MEMORY : 0);
    put_writable16(state, PCI_COMMAND,
                   PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY | PCI_COMMAND_SERR |
                       PCI_COMMAND_INTX_DISABLE);
    state->writable[PCI_CACHE_LINE_SIZE] = 0xff;
    state->writable[PCI_INTERRUPT_LINE] = 0xff;
}

static int put_bars(struct bk_pci_state *state, uint64_t *next_address)
{
    for (unsigned i = 0; i < state->device->bar_count; i++) {
        const struct bk_pci_bar *bar = &state->device->bars[i];
        uint64_t flags = PCI_BASE_ADDRESS_MEM_TYPE_64 | (bar->prefetchable ? PCI_BASE_ADDRESS_MEM_PREFETCH : 0);
        uint64_t mask = ~(bar->size - 1);
        uint64_t address = bk_align_up(*next_address, bar->size);
        uint64_t value = address | flags;

        assert(bar->index <= 4 && bar->index % 2 == 0);
        assert(bar->size >= 4096 && (bar->size & (bar->size - 1)) == 0);
        if (!bk_range_in(address - BK_LAYOUT_PCI64_BASE, bar->size, BK_LAYOUT_PCI64_SIZE))
            return -ENOSPC;
        *next_address = address + bar->size;
        put(state, bar_register(bar), &value, sizeof(value));
        memcpy(state->writable + bar_register(bar), &mask, sizeof(mask));
        state->places[i].device = state->device;
        state->places[i].bar = bar;
    }
    return 0;
}

static int put_msix(struct bk_pci_state *state)
{
    struct bk_pci_device *device = state->device;
    uint8_t body[10];
    uint16_t control = (uint16_t)(device->msix_vectors - 1);
    uint32_t table = device->msix_table_offset | device->msix_bar;
    uint32_t pending = device->msix_pba_offset | device->msix_bar;

    if (device->msix_vectors == 0)
        return 0;
    assert(device->msix_table_offset % 8 == 0 && device->msix_pba_offset % 8 == 0);
    int r = bk_msix_init(&state->msix, state->bus->vm, device->msix_vectors);
    if (r < 0)
        return r;
    memcpy(body, &control, sizeof(control));
    memcpy(body + 2, &table, sizeof(table));
    memcpy(body + 6, &pending, sizeof(pending));
    r = bk_pci_add_capability(device, PCI_CAP_ID_MSIX, body, sizeof(body));
    assert(r > 0); /* the first capability of an empty list */
    state->msix_offset = (unsigned)r;
    put_writable16(state, state->msix_offset + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
    return 0;
}

int bk_pci_add(struct bk_pci_bus *bus, struct bk_pci_device *device)
{
    uint64_t next_address = bus->next_address;

    assert(device->bar_count <= BK_PCI_BARS_MAX);
    if (bus->count == BK_PCI_SLOTS_MAX)
        return -ENOSPC;
    struct bk_pci_state *state = calloc(1, sizeof(*state));
    if (state == NULL)
        return -ENOMEM;
    state->bus = bus;
    state->device = device;
    state->free_offset = CAPABILITIES_BASE;
    device->state = state;
    put_header(state);
    int r = put_bars(state, &next_address);
    if (r == 0)
        r = put_msix(state);
    if (r == 0 && !place_all(state)) {
        unplace_all(state);
        bk_msix_finish(&state->msix);
        r = -ENOSPC;
    }
    if (r < 0) {
        device->state = NULL;
        free(state);
        return r;
    }
    bus->next_address = next_address;
    bus->slots[bus->count++] = device;
    return 0;
}

int bk_pci_add_capability(struct bk_pci_device *device, uint8_t id, const void *body, size_t size)
{
    struct bk_pci_state *state = device->state;
    unsigned offset = state->free_offset;
    uint8_t here = (uint8_t)offset;
    const uint8_t start[2] = { id, 0 };

    if (!bk_range_in(offset, 2 + size, BK_PCI_CONFIG_SIZE))
        return -ENOSPC;
    put(state, offset, start, sizeof(start));
    put(state, offset + 2, body, size);
    if (state->last_capability == 0) {
        put(state, PCI_CAPABILITY_LIST, &here, 1);
        put16(state, PCI_STATUS, PCI_STATUS_CAP_LIST);
    } else {
        put(state, state->last_capability + PCI_CAP_LIST_NEXT, &here, 1);
    }
    state->last_capability = offset;
    state->free_offset = (unsigned)bk_align_up(offset + 2 + size, 4);
    return (int)offset;
}

int bk_pci_watch_config(struct bk_pci_device *device, unsigned offset, unsigned size,
                        void (*read)(struct bk_pci_device *device, unsigned offset, void *buffer, size_t length),
                        void (*write)(struct bk_pci_device *device, unsigned offset, const void *buffer, size_t length))
{
    struct bk_pci_watch *watch = &device->state->watch;

    if (watch->size != 0)
        return -EBUSY;
    if (!bk_range_in(offset, size, BK_PCI_CONFIG_SIZE))
        return -EINVAL;
    *watch = (struct bk_pci_watch){ .offset = offset, .size = size, .read = read, .write = write };
    return 0;
}

void bk_pci_raise(struct bk_pci_device *device, unsigned vector)
{
    bk_msix_raise(&device->state->msix, vector);
}

/* The bus */

void bk_pci_bus_reset(struct bk_pci_bus *bus)
{
    /* All BARs leave before any comes home: the guest may have swapped two. */
    for (unsigned i = 0; i < bus->count; i++) {
        struct bk_pci_device *device = bus->slots[i];
        if (device->reset != NULL)
            device->reset(device);
        unplace_all(device->state);
        bk_msix_reset(&device->state->msix);
        memcpy(device->state->bytes, device->state->initial, BK_PCI_CONFIG_SIZE);
    }
    for (unsigned i = 0; i < bus->count; i++)
        (void)place_all(bus->slots[i]->state);
}

static void reset_bus(void *owner)
{
    bk_pci_bus_reset(owner);
}

int bk_pci_bus_create(struct bk_vm *vm, struct bk_pci_bus **ret_bus)
{
    struct bk_pci_bus *bus = calloc(1, sizeof(*bus));

    if (bus == NULL)
        return -ENOMEM;
    bus->vm = vm;
    bus->next_address = BK_LAYOUT_PCI64_BASE;
    bus->bridge = (struct bk_pci_device){
        .vendor = BRIDGE_VENDOR,
        .device = BRIDGE_DEVICE,
        .pci_class = { 0x06, 0x00, 0x00 },
    };
    bus->ecam = (struct bk_bus_range){
        .base = BK_LAYOUT_ECAM_BASE,
        .size = BK_LAYOUT_ECAM_SIZE,
        .operations = &ecam_operations,
        .owner = bus,
    };
    int r = bk_pci_add(bus, &bus->bridge);
    if (r == 0) {
        r = bk_bus_add(&vm->mmio, &bus->ecam);
        if (r < 0)
            free(bus->bridge.state);
    }
    if (r < 0) {
        free(bus);
        return r;
    }
    bk_vm_add_reset_hook(vm, &bus->reset_hook, reset_bus, bus);
    *ret_bus = bus;
    return 0;
}

void bk_pci_bus_destroy(struct bk_pci_bus *bus)
{
    if (bus == NULL)
        return;
    bk_bus_remove(&bus->vm->mmio, &bus->ecam);
    while (bus->count > 0) {
        struct bk_pci_device *device = bus->slots[--bus->count];
        struct bk_pci_state *state = device->state;
        unplace_all(state);
        if (device->destroy != NULL)
            device->destroy(device);
        bk_msix_finish(&state->msix);
        free(state);
    }
    free(bus);
}
