/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PCI bus: configuration space behind ECAM, and BARs that come and go on the memory bus as the guest says.
 *
 * Invariants:
 * 1. A configuration byte changes by guest hands only in the bits of its write mask; sizing a BAR (PCI local bus
 *    3.0 §6.2.5.1) is nothing but that.
 * 2. A BAR is on the memory bus exactly when its `address` is not 0: decoding is on and the whole BAR lies in one
 *    of the bridge's windows, over no other BAR. What `moved` last told is `address`.
 * 3. An access reaches a device only inside its BAR.
 */
#include "pci.h"

#include "checked.h"
#include "layout.h"
#include "vm.h"
#include "window.h"

#include <assert.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#define FUNCTION_SIZE   4096UL
#define SLOT_SIZE       (8 * FUNCTION_SIZE)
#define MSIX_CAPABILITY 0x40U /* the first one of each device */
#define WINDOW_SIZE     4U

#define REVISION 1 /* of every device: virtio's without a legacy interface have no 0 (virtio 1.3 §4.1.2.1) */

/* The bridge needs no driver; this is the generic host bridge's id, which no guest has quirks for. */
#define BRIDGE_VENDOR 0x1b36
#define BRIDGE_DEVICE 0x0008

struct bk_pci_bus {
    struct bk_vm *vm;
    struct bk_bus_range ecam;
    unsigned count; /* of slots taken, from 0 up */
    struct bk_pci_device *slots[BK_PCI_SLOTS_MAX];
    struct bk_pci_device bridge;
};

static_assert(BK_LAYOUT_ECAM_SIZE == BK_PCI_SLOTS_MAX * SLOT_SIZE, "ECAM is one bus");
static_assert(BK_PCI_SLOTS_MAX * BK_PCI_BAR_SIZE <= BK_LAYOUT_PCI64_SIZE, "the window holds every BAR");

static bool overlap(unsigned a, size_t a_size, unsigned b, size_t b_size)
{
    return a < b + b_size && b < a + a_size;
}

/* BARs */

static void bar_read(void *owner, uint64_t offset, void *buffer, size_t length)
{
    struct bk_pci_device *device = owner;

    if (offset >= BK_MSIX_OFFSET && offset < BK_MSIX_END)
        bk_msix_read(&device->msix, offset, buffer, length);
    else
        device->operations->read(device, offset, buffer, length);
}

static void bar_write(void *owner, uint64_t offset, const void *buffer, size_t length)
{
    struct bk_pci_device *device = owner;

    if (offset >= BK_MSIX_OFFSET && offset < BK_MSIX_END)
        bk_msix_write(&device->msix, offset, buffer, length);
    else
        device->operations->write(device, offset, buffer, length);
}

static const struct bk_bus_operations bar_operations = { .read = bar_read, .write = bar_write };

static void place_at(struct bk_pci_device *device, uint64_t address)
{
    struct bk_bus *bus = &device->bus->vm->mmio;
    uint64_t before = device->address;
    struct bk_bus_range range = { before, BK_PCI_BAR_SIZE, &bar_operations, device };

    if (address == before)
        return;
    if (before != 0)
        bk_bus_remove(bus, &range);
    range.base = address;
    /* Over another BAR: like two cards that both answer, but the first one wins. */
    device->address = address != 0 && bk_bus_add(bus, &range) == 0 ? address : 0;
    if (device->address != before)
        device->operations->moved(device);
}

/* Where the guest's registers put the BAR; nowhere outside the windows. */
static void place(struct bk_pci_device *device)
{
    uint64_t address;

    memcpy(&address, device->bytes + PCI_BASE_ADDRESS_0, sizeof(address));
    address &= PCI_BASE_ADDRESS_MEM_MASK;
    if (!(device->bytes[PCI_COMMAND] & PCI_COMMAND_MEMORY) ||
        (!bk_range_in(address - BK_LAYOUT_PCI64_BASE, BK_PCI_BAR_SIZE, BK_LAYOUT_PCI64_SIZE) &&
         !bk_range_in(address - BK_LAYOUT_PCI32_BASE, BK_PCI_BAR_SIZE, BK_LAYOUT_PCI32_SIZE)))
        address = 0;
    place_at(device, address);
}

/* Configuration space */

/* Whether an access touches the window, and the window shows a part of the BAR: which one. */
static bool aim_window(const struct bk_pci_device *device, unsigned offset, size_t length, uint32_t *ret_offset,
                       uint32_t *ret_length)
{
    struct {
        uint32_t bar, offset, length;
    } aim;

    if (device->window == 0 || !overlap(offset, length, device->window, WINDOW_SIZE))
        return false;
    memcpy(&aim, device->bytes + device->window - sizeof(aim), sizeof(aim));
    *ret_offset = aim.offset;
    *ret_length = aim.length;
    return (uint8_t)aim.bar == 0 && __builtin_popcount(aim.length) == 1 && aim.length <= WINDOW_SIZE &&
           aim.offset % aim.length == 0 && bk_range_in(aim.offset, aim.length, BK_PCI_BAR_SIZE);
}

static void config_read(struct bk_pci_device *device, unsigned offset, uint8_t *buffer, size_t length)
{
    uint32_t seen, seen_length;

    if (aim_window(device, offset, length, &seen, &seen_length))
        bar_read(device, seen, device->bytes + device->window, seen_length);
    memcpy(buffer, device->bytes + offset, length);
}

static void config_write(struct bk_pci_device *device, unsigned offset, const uint8_t *buffer, size_t length)
{
    uint16_t control;
    uint32_t seen, seen_length;

    for (size_t i = 0; i < length; i++) {
        uint8_t mask = device->writable[offset + i];
        device->bytes[offset + i] = (uint8_t)((device->bytes[offset + i] & ~mask) | (buffer[i] & mask));
    }
    if (overlap(offset, length, PCI_COMMAND, 2) || overlap(offset, length, PCI_BASE_ADDRESS_0, 8))
        place(device);
    if (overlap(offset, length, MSIX_CAPABILITY + PCI_MSIX_FLAGS, 2)) {
        memcpy(&control, device->bytes + MSIX_CAPABILITY + PCI_MSIX_FLAGS, sizeof(control));
        bk_msix_set_control(&device->msix, control);
    }
    if (aim_window(device, offset, length, &seen, &seen_length))
        bar_write(device, seen, device->bytes + device->window, seen_length);
}

/* The device whose configuration space an access through ECAM lies in, or NULL. */
static struct bk_pci_device *decode(struct bk_pci_bus *bus, uint64_t offset, size_t length, unsigned *ret_register)
{
    unsigned slot = (unsigned)(offset / SLOT_SIZE);

    /* Function 0 only, and not over its end. */
    if (slot >= bus->count || !bk_range_in(offset % SLOT_SIZE, length, FUNCTION_SIZE))
        return NULL;
    *ret_register = (unsigned)(offset % SLOT_SIZE);
    return bus->slots[slot];
}

static void ecam_read(void *owner, uint64_t offset, void *buffer, size_t length)
{
    unsigned reg;
    struct bk_pci_device *device = decode(owner, offset, length, &reg);

    memset(buffer, device == NULL ? 0xff : 0, length);
    if (device != NULL && reg < BK_PCI_CONFIG_SIZE)
        config_read(device, reg, buffer, length < BK_PCI_CONFIG_SIZE - reg ? length : BK_PCI_CONFIG_SIZE - reg);
}

static void ecam_write(void *owner, uint64_t offset, const void *buffer, size_t length)
{
    unsigned reg;
    struct bk_pci_device *device = decode(owner, offset, length, &reg);

    if (device != NULL && reg < BK_PCI_CONFIG_SIZE)
        config_write(device, reg, buffer, length < BK_PCI_CONFIG_SIZE - reg ? length : BK_PCI_CONFIG_SIZE - reg);
}

static const struct bk_bus_operations ecam_operations = { .read = ecam_read, .write = ecam_write };

/* Making devices */

/* What the device offers when it is made and after each reset; `writable` may be NULL: nothing. */
static void put(struct bk_pci_device *device, unsigned offset, const void *bytes, const void *writable, size_t size)
{
    assert(bk_range_in(offset, size, BK_PCI_CONFIG_SIZE));
    memcpy(device->bytes + offset, bytes, size);
    memcpy(device->initial + offset, bytes, size);
    if (writable != NULL)
        memcpy(device->writable + offset, writable, size);
}

static void put_header(struct bk_pci_device *device)
{
    const uint8_t *class = device->pci_class;
    const bool bar = device->vectors > 0;
    const struct {
        uint16_t offset, value, writable;
    } registers[] = {
        { PCI_VENDOR_ID, device->vendor, 0 },
        { PCI_DEVICE_ID, device->device, 0 },
        { PCI_COMMAND, bar ? PCI_COMMAND_MEMORY : 0,
          PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY | PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE },
        { PCI_STATUS, bar ? PCI_STATUS_CAP_LIST : 0, 0 },
        { PCI_CLASS_REVISION, (uint16_t)(class[2] << 8 | REVISION), 0 },
        { PCI_CLASS_DEVICE, (uint16_t)(class[0] << 8 | class[1]), 0 },
        { PCI_CACHE_LINE_SIZE, 0, 0xff },
        { PCI_SUBSYSTEM_VENDOR_ID, device->vendor, 0 },
        { PCI_SUBSYSTEM_ID, device->device, 0 },
        { PCI_INTERRUPT_LINE, 0, 0xff },
    };

    for (size_t i = 0; i < BK_ARRAY_SIZE(registers); i++)
        put(device, registers[i].offset, &registers[i].value, &registers[i].writable, 2);
}

static void put_bar(struct bk_pci_device *device, uint64_t address)
{
    const uint64_t value = address | PCI_BASE_ADDRESS_MEM_TYPE_64;
    const uint64_t writable = ~(uint64_t)(BK_PCI_BAR_SIZE - 1);
    const uint16_t control = PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL; /* that may be written */
    const uint16_t msix[] = { (uint16_t)(device->vectors - 1), BK_MSIX_OFFSET, 0, BK_MSIX_PENDING, 0 };

    put(device, PCI_BASE_ADDRESS_0, &value, &writable, sizeof(value));
    bk_pci_add_capability(device, PCI_CAP_ID_MSIX, msix, sizeof(msix));
    memcpy(device->writable + MSIX_CAPABILITY + PCI_MSIX_FLAGS, &control, sizeof(control));
}

static void put_shared(struct bk_pci_device *device)
{
    const uint64_t value = device->shared->guest_address | PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH;
    const uint64_t writable = ~(device->shared->size - 1);

    put(device, PCI_BASE_ADDRESS_0 + 4 * BK_PCI_SHARED_BAR, &value, &writable, sizeof(value));
}

int bk_pci_add(struct bk_pci_bus *bus, struct bk_pci_device *device)
{
    if (bus->count == BK_PCI_SLOTS_MAX)
        return -ENOSPC;
    int r = bk_msix_init(&device->msix, bus->vm, device->vectors);
    if (r < 0)
        return r;
    device->bus = bus;
    device->next_capability = MSIX_CAPABILITY;
    device->last_link = PCI_CAPABILITY_LIST;
    put_header(device);
    if (device->vectors > 0)
        put_bar(device, BK_LAYOUT_PCI64_BASE + bus->count * (uint64_t)BK_PCI_BAR_SIZE);
    if (device->shared != NULL)
        put_shared(device);
    bus->slots[bus->count++] = device;
    place(device);
    return 0;
}

unsigned bk_pci_add_capability(struct bk_pci_device *device, uint8_t id, const void *body, size_t size)
{
    const unsigned offset = device->next_capability;
    const uint8_t here = (uint8_t)offset, head[2] = { id, 0 };

    put(device, offset, head, NULL, sizeof(head));
    put(device, offset + 2, body, NULL, size);
    put(device, device->last_link, &here, NULL, 1);
    device->last_link = offset + PCI_CAP_LIST_NEXT;
    device->next_capability = (unsigned)bk_align_up(offset + 2 + size, 4);
    return offset;
}

/* The bus */

static void reset_bus(void *owner)
{
    struct bk_pci_bus *bus = owner;

    /* All BARs leave before any comes home: the guest may have swapped two. */
    for (unsigned i = 0; i < bus->count; i++) {
        struct bk_pci_device *device = bus->slots[i];
        if (device->operations != NULL)
            device->operations->reset(device);
        place_at(device, 0);
        bk_msix_reset(&device->msix);
        memcpy(device->bytes, device->initial, BK_PCI_CONFIG_SIZE);
    }
    for (unsigned i = 0; i < bus->count; i++)
        place(bus->slots[i]);
}

int bk_pci_bus_create(struct bk_vm *vm, struct bk_pci_bus **ret_bus)
{
    struct bk_pci_bus *bus = calloc(1, sizeof(*bus));

    if (bus == NULL)
        return -ENOMEM;
    bus->vm = vm;
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
    int r = bk_bus_add(&vm->mmio, &bus->ecam);
    if (r == 0)
        r = bk_pci_add(bus, &bus->bridge);
    assert(r == 0); /* both are the first of their kind */
    (void)r;
    bk_vm_add_reset_hook(vm, reset_bus, bus);
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
        place_at(device, 0);
        bk_msix_finish(&device->msix);
        if (device->operations != NULL)
            device->operations->destroy(device);
    }
    free(bus);
}
