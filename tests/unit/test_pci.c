/* SPDX-License-Identifier: Apache-2.0 */
/* The PCI bus and MSI-X, through ECAM and the BARs, as a guest reaches them. */
#include "fake_vm.h"

#include "core/layout.h"
#include "core/pci.h"
#include "core/window.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BAR_SIZE   ((uint64_t)BK_PCI_BAR_SIZE)
#define TABLE      BK_MSIX_OFFSET
#define PENDING    BK_MSIX_PENDING
#define VECTORS    4U
#define SLOT_BYTES 0x8000ULL
#define MESSAGE    0xfee00000ULL

struct card {
    struct bk_pci_device pci;
    uint64_t address; /* as `moved` last saw it */
    unsigned moves;
    unsigned resets;
    unsigned destroyed;
    uint64_t last_offset;
    size_t last_length;
    uint64_t last_value;
    unsigned accesses;
};

struct bench {
    struct fake_vm *fake;
    struct bk_pci_bus *bus;
    struct card cards[2]; /* in slots 1 and 2 */
};

static void touch(struct card *card, uint64_t offset, size_t length)
{
    assert_true(offset + length <= BAR_SIZE);
    assert_false(offset >= BK_MSIX_OFFSET && offset < BK_MSIX_END);
    card->last_offset = offset;
    card->last_length = length;
    card->accesses++;
}

static void card_read(struct bk_pci_device *pci, uint64_t offset, void *buffer, size_t length)
{
    memset(buffer, 0x5a, length);
    touch((struct card *)pci, offset, length);
}

static void card_write(struct bk_pci_device *pci, uint64_t offset, const void *buffer, size_t length)
{
    memcpy(&((struct card *)pci)->last_value, buffer, length);
    touch((struct card *)pci, offset, length);
}

static void card_moved(struct bk_pci_device *pci)
{
    struct card *card = (struct card *)pci;

    assert_true(pci->address != card->address);
    card->address = pci->address;
    card->moves++;
}

static void card_reset(struct bk_pci_device *pci)
{
    ((struct card *)pci)->resets++;
}

static void card_destroy(struct bk_pci_device *pci)
{
    ((struct card *)pci)->destroyed++;
}

static const struct bk_pci_operations card_operations = {
    .read = card_read,
    .write = card_write,
    .moved = card_moved,
    .reset = card_reset,
    .destroy = card_destroy,
};

static void make_card(struct card *card)
{
    *card = (struct card){ .pci = {
                               .operations = &card_operations,
                               .vendor = 0x1af4,
                               .device = 0x1044,
                               .pci_class = { 0x09, 0x80, 0x01 },
                               .vectors = VECTORS,
                           } };
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));

    assert_non_null(bench);
    bench->fake = fake_vm_create(4096, 0);
    assert_int_equal(bk_pci_bus_create(&bench->fake->vm, &bench->bus), 0);
    for (unsigned i = 0; i < 2; i++) {
        make_card(&bench->cards[i]);
        assert_int_equal(bk_pci_add(bench->bus, &bench->cards[i].pci), 0);
    }
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    bk_pci_bus_destroy(bench->bus);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(bench->cards[i].destroyed, 1);
        assert_int_equal(bench->cards[i].address, 0);
    }
    assert_int_equal(bench->fake->vm.mmio.count, 0);
    fake_vm_destroy(bench->fake);
    free(bench);
    return 0;
}

static uint64_t config(unsigned slot, unsigned offset)
{
    return BK_LAYOUT_ECAM_BASE + slot * SLOT_BYTES + offset;
}

static uint32_t get(struct bench *bench, unsigned slot, unsigned offset, size_t length)
{
    return (uint32_t)fake_guest_read(bench->fake, config(slot, offset), length);
}

static void set(struct bench *bench, unsigned slot, unsigned offset, uint32_t value, size_t length)
{
    fake_guest_write(bench->fake, config(slot, offset), value, length);
}

static uint64_t get_bar(struct bench *bench, unsigned slot)
{
    return get(bench, slot, PCI_BASE_ADDRESS_0, 4) | (uint64_t)get(bench, slot, PCI_BASE_ADDRESS_1, 4) << 32;
}

static void set_bar(struct bench *bench, unsigned slot, uint64_t address)
{
    set(bench, slot, PCI_BASE_ADDRESS_0, (uint32_t)address, 4);
    set(bench, slot, PCI_BASE_ADDRESS_1, (uint32_t)(address >> 32), 4);
}

static void test_enumeration(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(get(bench, 0, PCI_CLASS_DEVICE, 2), 0x0600);
    assert_int_equal(get(bench, 0, PCI_HEADER_TYPE, 1), 0);
    assert_int_equal(get(bench, 1, PCI_VENDOR_ID, 4), 0x10441af4);
    assert_int_equal(get(bench, 1, PCI_CLASS_REVISION, 4), 0x09800101);
    assert_int_equal(get(bench, 1, PCI_SUBSYSTEM_VENDOR_ID, 4), 0x10441af4);
    assert_int_equal(get(bench, 1, PCI_INTERRUPT_PIN, 1), 0);
    for (unsigned slot = 3; slot < 32; slot++)
        assert_int_equal(get(bench, slot, PCI_VENDOR_ID, 4), 0xffffffff);
    for (unsigned function = 1; function < 8; function++) {
        assert_int_equal(get(bench, 1, function * 4096, 4), 0xffffffff);
        set(bench, 1, function * 4096 + PCI_COMMAND, 0, 2);
    }
    assert_int_equal(get(bench, 1, 0x100, 4), 0); /* no extended capabilities */
    assert_int_equal(get(bench, 1, 0xffc, 4), 0);
}

static void test_every_access(void **state)
{
    struct bench *bench = *state;

    for (size_t length = 1; length <= 8; length *= 2) {
        for (uint64_t offset = 0; offset < 4 * SLOT_BYTES; offset++) {
            uint64_t address = BK_LAYOUT_ECAM_BASE + offset;
            (void)fake_guest_read(bench->fake, address, length);
            fake_guest_write(bench->fake, address, UINT64_MAX, length);
            fake_guest_write(bench->fake, address, 0, length);
        }
        for (uint64_t back = 0; back < 8; back++) {
            uint64_t address = BK_LAYOUT_ECAM_BASE + BK_LAYOUT_ECAM_SIZE - back;
            (void)fake_guest_read(bench->fake, address, length);
            fake_guest_write(bench->fake, address, 0, length);
        }
    }
    assert_int_equal(get(bench, 1, PCI_VENDOR_ID, 4), 0x10441af4);
    fake_vm_reset(bench->fake);
    uint64_t bar = bench->cards[0].address;
    assert_true(bar != 0);
    for (size_t length = 1; length <= 8; length *= 2) {
        for (uint64_t offset = 0; offset < BAR_SIZE + 16; offset++) {
            (void)fake_guest_read(bench->fake, bar + offset - 8, length);
            fake_guest_write(bench->fake, bar + offset - 8, UINT64_MAX, length);
        }
    }
    /* Across the end of a function: nothing. */
    assert_int_equal(fake_guest_read(bench->fake, config(1, 4094), 4), 0xffffffff);
    /* Across the end of what there is: zeros behind it. */
    assert_int_equal(get(bench, 1, 254, 4), 0);
}

static void test_masks(void **state)
{
    struct bench *bench = *state;
    uint8_t before[64], after[64];
    uint64_t home = get_bar(bench, 1);

    for (unsigned i = 0; i < 64; i++)
        before[i] = (uint8_t)get(bench, 1, i, 1);
    for (unsigned i = 0; i < 64; i++) {
        set(bench, 1, i, 0xff, 1);
        set(bench, 1, i, 0, 1);
    }
    set(bench, 1, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    set_bar(bench, 1, home);
    for (unsigned i = 0; i < 64; i++)
        after[i] = (uint8_t)get(bench, 1, i, 1);
    assert_memory_equal(before, after, 64);
    /* No I/O space to decode, no bits that do not exist. */
    set(bench, 1, PCI_COMMAND, 0xffff, 2);
    assert_int_equal(get(bench, 1, PCI_COMMAND, 2), PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY |
                                                        PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE);
    assert_int_equal(get(bench, 1, PCI_STATUS, 2), PCI_STATUS_CAP_LIST);
}

static void test_bar_sizing(void **state)
{
    struct bench *bench = *state;
    uint64_t home = get_bar(bench, 1);

    assert_int_equal(home & 0xf, PCI_BASE_ADDRESS_MEM_TYPE_64);
    assert_int_equal(home & ~0xfULL, bench->cards[0].address);
    assert_true(bench->cards[0].address >= BK_LAYOUT_PCI64_BASE);
    assert_int_equal(bench->cards[0].address % BAR_SIZE, 0);
    /* With decoding on, as some do it. */
    set_bar(bench, 1, UINT64_MAX);
    assert_int_equal(get_bar(bench, 1), ~(BAR_SIZE - 1) | PCI_BASE_ADDRESS_MEM_TYPE_64);
    assert_int_equal(bench->cards[0].address, 0);
    assert_int_equal(fake_guest_read(bench->fake, UINT64_MAX - BAR_SIZE + 1, 4), 0xffffffff);
    set_bar(bench, 1, home);
    assert_int_equal(bench->cards[0].address, home & ~0xfULL);
    /* BARs that there are not. */
    set(bench, 1, PCI_BASE_ADDRESS_2, 0xffffffff, 4);
    assert_int_equal(get(bench, 1, PCI_BASE_ADDRESS_2, 4), 0);
    set(bench, 0, PCI_BASE_ADDRESS_0, 0xffffffff, 4); /* the bridge has none */
    assert_int_equal(get(bench, 0, PCI_BASE_ADDRESS_0, 4), 0);
    set(bench, 1, PCI_ROM_ADDRESS, 0xffffffff, 4);
    assert_int_equal(get(bench, 1, PCI_ROM_ADDRESS, 4), 0);
}

static void test_bar_relocation(void **state)
{
    struct bench *bench = *state;
    struct card *card = &bench->cards[0], *other = &bench->cards[1];
    uint64_t home = card->address, other_home = other->address;
    uint64_t there = BK_LAYOUT_PCI64_BASE + 0x100000000ULL;

    assert_int_equal(fake_guest_read(bench->fake, home + 0x10, 4), 0x5a5a5a5a);
    set_bar(bench, 1, there);
    assert_int_equal(card->address, there);
    assert_int_equal(fake_guest_read(bench->fake, home + 0x10, 4), 0xffffffff);
    assert_int_equal(fake_guest_read(bench->fake, there + 0x14, 4), 0x5a5a5a5a);
    assert_int_equal(card->last_offset, 0x14);
    set_bar(bench, 1, BK_LAYOUT_PCI32_BASE); /* the 32-bit window is as good */
    assert_int_equal(fake_guest_read(bench->fake, BK_LAYOUT_PCI32_BASE, 2), 0x5a5a);

    set(bench, 1, PCI_COMMAND, 0, 2);
    assert_int_equal(card->address, 0);
    assert_int_equal(fake_guest_read(bench->fake, BK_LAYOUT_PCI32_BASE, 2), 0xffff);
    unsigned moves = card->moves;
    set_bar(bench, 1, there); /* not decoded: nothing happens yet */
    assert_int_equal(card->moves, moves);
    set(bench, 1, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    assert_int_equal(card->address, there);

    /* Outside the windows: RAM, local APIC, ECAM, over a window's end, nowhere at all. */
    static const uint64_t nowhere[] = {
        0,
        0x4000,
        BK_LAYOUT_LOCAL_APIC,
        BK_LAYOUT_ECAM_BASE,
        BK_LAYOUT_PCI32_BASE + BK_LAYOUT_PCI32_SIZE,
        BK_LAYOUT_PCI64_BASE - BAR_SIZE,
        BK_LAYOUT_PCI64_BASE + BK_LAYOUT_PCI64_SIZE,
        1ULL << 63,
        UINT64_MAX - BAR_SIZE + 1,
    };
    for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
        set_bar(bench, 1, nowhere[i]);
        assert_int_equal(card->address, 0);
    }
    /* Over another BAR: that one goes on to answer. */
    set_bar(bench, 1, other_home);
    assert_int_equal(card->address, 0);
    unsigned accesses = other->accesses;
    (void)fake_guest_read(bench->fake, other_home, 4);
    assert_int_equal(other->accesses, accesses + 1);
    assert_int_equal(other->address, other_home);
}

static uint64_t get_shared(struct bench *bench, unsigned slot)
{
    return get(bench, slot, PCI_BASE_ADDRESS_2, 4) | (uint64_t)get(bench, slot, PCI_BASE_ADDRESS_3, 4) << 32;
}

static void set_shared(struct bench *bench, unsigned slot, uint64_t address)
{
    set(bench, slot, PCI_BASE_ADDRESS_2, (uint32_t)address, 4);
    set(bench, slot, PCI_BASE_ADDRESS_3, (uint32_t)(address >> 32), 4);
}

/* A second BAR is sized like any other, and stays where it is; no other BAR comes over it. */
static void test_shared_bar(void **state)
{
    static const struct bk_window window = { .guest_address = BK_LAYOUT_WINDOW_BASE, .size = BK_LAYOUT_WINDOW_SIZE };
    static const struct bk_bus_operations nothing = { .read = NULL };
    const struct bk_bus_range range = { window.guest_address, window.size, &nothing, NULL };
    const uint64_t home = BK_LAYOUT_WINDOW_BASE | PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH;
    static struct card third; /* the bus keeps it longer than this test */
    struct bench *bench = *state;

    assert_int_equal(bk_bus_add(&bench->fake->vm.mmio, &range), 0);
    make_card(&third);
    third.pci.shared = &window;
    assert_int_equal(bk_pci_add(bench->bus, &third.pci), 0);
    assert_int_equal(get_shared(bench, 3), home);
    assert_int_equal(get_shared(bench, 2), 0);
    unsigned moves = third.moves, ranges = bench->fake->vm.mmio.count;
    set_shared(bench, 3, UINT64_MAX);
    assert_int_equal(get_shared(bench, 3), ~(BK_LAYOUT_WINDOW_SIZE - 1) | (home & 0xf));
    set_shared(bench, 3, BK_LAYOUT_WINDOW_BASE + BK_LAYOUT_WINDOW_SIZE);
    assert_int_equal(get_shared(bench, 3), home + BK_LAYOUT_WINDOW_SIZE);
    set(bench, 3, PCI_BASE_ADDRESS_2, UINT32_MAX, 1); /* in every width */
    set(bench, 3, PCI_BASE_ADDRESS_3 + 2, 0, 2);
    assert_int_equal(get_shared(bench, 3) & 0xf, home & 0xf);
    assert_int_equal(third.moves, moves);
    assert_int_equal(bench->fake->vm.mmio.count, ranges);
    assert_int_equal(get_bar(bench, 3) & ~0xfULL, third.address);
    set_bar(bench, 1, BK_LAYOUT_WINDOW_BASE + 16 * BAR_SIZE);
    assert_int_equal(bench->cards[0].address, 0);
    set_bar(bench, 3, BK_LAYOUT_WINDOW_BASE + BK_LAYOUT_WINDOW_SIZE - BAR_SIZE); /* nor its own */
    assert_int_equal(third.address, 0);
    set_bar(bench, 3, BK_LAYOUT_WINDOW_BASE + BK_LAYOUT_WINDOW_SIZE);
    assert_int_equal(third.address, BK_LAYOUT_WINDOW_BASE + BK_LAYOUT_WINDOW_SIZE);
    fake_vm_reset(bench->fake);
    assert_int_equal(get_shared(bench, 3), home);
    bk_bus_remove(&bench->fake->vm.mmio, &range);
}

static void test_reset_brings_back(void **state)
{
    struct bench *bench = *state;
    uint64_t homes[2] = { bench->cards[0].address, bench->cards[1].address };

    /* The two have changed places. */
    set_bar(bench, 1, BK_LAYOUT_PCI32_BASE);
    set_bar(bench, 2, homes[0]);
    set_bar(bench, 1, homes[1]);
    assert_int_equal(bench->cards[0].address, homes[1]);
    assert_int_equal(bench->cards[1].address, homes[0]);
    set(bench, 1, PCI_INTERRUPT_LINE, 9, 1);
    fake_vm_reset(bench->fake);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(bench->cards[i].address, homes[i]);
        assert_int_equal(bench->cards[i].resets, 1);
    }
    assert_int_equal(get(bench, 1, PCI_INTERRUPT_LINE, 1), 0);
    assert_int_equal(get(bench, 1, PCI_COMMAND, 2), PCI_COMMAND_MEMORY);
}

static unsigned find_capability(struct bench *bench, unsigned slot, uint8_t id)
{
    unsigned at = get(bench, slot, PCI_CAPABILITY_LIST, 1);

    for (unsigned steps = 0; at != 0; steps++) {
        assert_true(steps < 48 && at >= 0x40 && at % 4 == 0);
        if (get(bench, slot, at, 1) == id)
            return at;
        at = get(bench, slot, at + 1, 1);
    }
    return 0;
}

static void test_capabilities(void **state)
{
    struct bench *bench = *state;
    struct bk_pci_device *device = &bench->cards[0].pci;
    const uint8_t body[6] = { 1, 2, 3, 4, 5, 6 };

    unsigned offset = bk_pci_add_capability(device, PCI_CAP_ID_VNDR, body, sizeof(body));
    assert_int_equal(find_capability(bench, 1, PCI_CAP_ID_VNDR), offset);
    assert_int_equal(get(bench, 1, offset + 2, 4), 0x04030201);
    set(bench, 1, offset, 0, 8);
    assert_int_equal(get(bench, 1, offset + 2, 4), 0x04030201);
    fake_vm_reset(bench->fake);
    assert_int_equal(find_capability(bench, 1, PCI_CAP_ID_VNDR), offset);
    assert_int_equal(find_capability(bench, 0, PCI_CAP_ID_MSIX), 0);
}

static void aim(struct bench *bench, unsigned window, unsigned bar, uint32_t offset, uint32_t length)
{
    set(bench, 1, window - 12, bar, 1);
    set(bench, 1, window - 8, offset, 4);
    set(bench, 1, window - 4, length, 4);
}

static void test_window(void **state)
{
    struct bench *bench = *state;
    struct card *card = &bench->cards[0];
    const uint8_t body[18] = { [14] = 3, 4, 5, 6 };

    unsigned window = bk_pci_add_capability(&card->pci, PCI_CAP_ID_VNDR, body, sizeof(body)) + 16;
    card->pci.window = window;
    memset(card->pci.writable + window - 12, 0xff, 16);
    assert_int_equal(get(bench, 1, window, 4), 0x06050403); /* it shows nothing */
    set(bench, 1, PCI_COMMAND, 0, 2);                       /* decoding or not */
    aim(bench, window, 0, 0x10, 2);
    assert_int_equal(get(bench, 1, window, 4), 0x06055a5a);
    assert_int_equal(card->last_offset, 0x10);
    assert_int_equal(card->last_length, 2);
    set(bench, 1, window, 0xbbaa, 2);
    assert_int_equal(card->last_value, 0xbbaa);
    /* MSI-X is seen through it as well. */
    aim(bench, window, 0, TABLE + 12, 4);
    assert_int_equal(get(bench, 1, window, 4), 1);
    /* Every access around it. Other BARs, other lengths, what is not aligned or beyond the BAR it does not show. */
    static const struct {
        unsigned bar;
        uint32_t offset, length;
        unsigned accesses;
    } aims[] = {
        { 0, 0, 4, 1 },          { 0, 3, 1, 1 },          { 0, BK_PCI_BAR_SIZE - 4, 4, 1 },
        { 1, 0, 4, 0 },          { 0, 2, 4, 0 },          { 0, BK_PCI_BAR_SIZE, 4, 0 },
        { 0, 0xfffffffc, 4, 0 }, { 0, 0, 0, 0 },          { 0, 0, 3, 0 },
        { 0, 0, 8, 0 },          { 0, 0, UINT32_MAX, 0 },
    };
    for (size_t i = 0; i < sizeof(aims) / sizeof(aims[0]); i++) {
        for (size_t length = 1; length <= 8; length *= 2) {
            for (unsigned at = window - 8; at < window + 8; at++) {
                aim(bench, window, aims[i].bar, aims[i].offset, aims[i].length);
                unsigned before = card->accesses;
                bool touches = at < window + 4 && window < at + length;
                (void)get(bench, 1, at, length);
                assert_int_equal(card->accesses - before, touches ? aims[i].accesses : 0);
                if (at < window)
                    continue; /* would aim it elsewhere */
                set(bench, 1, at, 0x44332211, length);
                assert_int_equal(card->accesses - before, touches ? 2 * aims[i].accesses : 0);
            }
        }
    }
    fake_vm_reset(bench->fake);
    assert_int_equal(get(bench, 1, window, 4), 0x06050403);
}

static void set_vector(struct bench *bench, unsigned vector, uint64_t address, uint32_t data, uint32_t control)
{
    uint64_t entry = bench->cards[0].address + TABLE + vector * 16ULL;

    fake_guest_write(bench->fake, entry + 12, 1, 4);
    fake_guest_write(bench->fake, entry, (uint32_t)address, 4);
    fake_guest_write(bench->fake, entry + 4, address >> 32, 4);
    fake_guest_write(bench->fake, entry + 8, data, 4);
    fake_guest_write(bench->fake, entry + 12, control, 4);
}

static uint64_t pending(struct bench *bench)
{
    return fake_guest_read(bench->fake, bench->cards[0].address + PENDING, 8);
}

static void test_msix(void **state)
{
    struct bench *bench = *state;
    struct bk_pci_device *device = &bench->cards[0].pci;
    unsigned capability = find_capability(bench, 1, PCI_CAP_ID_MSIX);

    assert_true(capability != 0);
    assert_int_equal(get(bench, 1, capability + PCI_MSIX_FLAGS, 2), VECTORS - 1);
    assert_int_equal(get(bench, 1, capability + PCI_MSIX_TABLE, 4), TABLE);
    assert_int_equal(get(bench, 1, capability + PCI_MSIX_PBA, 4), PENDING);

    /* Disabled: nothing is sent and nothing pends. */
    bk_msix_raise(&device->msix, 0);
    assert_int_equal(pending(bench), 0);

    /* As Linux does it: enabled with all masked, messages written, mask lifted vector by vector. */
    set(bench, 1, capability + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL, 2);
    for (unsigned i = 0; i < VECTORS; i++)
        set_vector(bench, i, MESSAGE, 0x30 + i, 1);
    set(bench, 1, capability + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE, 2);
    assert_int_equal(bench->fake->routes, 0);
    set_vector(bench, 1, MESSAGE, 0x41, 0);
    assert_int_equal(bench->fake->routes, 1);
    bk_msix_raise(&device->msix, 1);
    assert_int_equal(fake_take_raised(bench->fake, 0x41), 1);

    /* Masked, it pends; unmasked, it comes once; the route has not changed. */
    set_vector(bench, 1, MESSAGE, 0x41, 1);
    bk_msix_raise(&device->msix, 1);
    bk_msix_raise(&device->msix, 1);
    assert_int_equal(fake_take_raised(bench->fake, 0x41), 0);
    assert_int_equal(pending(bench), 2);
    set_vector(bench, 1, MESSAGE, 0x41, 0);
    assert_int_equal(fake_take_raised(bench->fake, 0x41), 1);
    assert_int_equal(pending(bench), 0);
    assert_int_equal(bench->fake->routes, 1);

    /* A new target while masked: one change. What pends goes there. */
    bk_msix_raise(&device->msix, 2);
    assert_int_equal(pending(bench), 4);
    set_vector(bench, 2, MESSAGE | 0x1000, 0x42, 0);
    assert_int_equal(fake_take_raised(bench->fake, 0x42), 1);
    assert_int_equal(bench->fake->routes, 2);

    /* The function's mask. */
    set(bench, 1, capability + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL, 2);
    bk_msix_raise(&device->msix, 1);
    assert_int_equal(pending(bench), 2);
    set(bench, 1, capability + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE, 2);
    assert_int_equal(fake_take_raised(bench->fake, 0x41), 1);
    assert_int_equal(bench->fake->routes, 2);

    /* No such vector. */
    bk_msix_raise(&device->msix, VECTORS);
    bk_msix_raise(&device->msix, 0xffff);

    /* Reserved bits stay zero, pending bits read-only, odd accesses without effect. */
    uint64_t entry = bench->cards[0].address + TABLE;
    fake_guest_write(bench->fake, entry, UINT64_MAX, 8);
    fake_guest_write(bench->fake, entry + 8, UINT64_MAX, 8);
    assert_int_equal(fake_guest_read(bench->fake, entry, 8), ~3ULL);
    assert_int_equal(fake_guest_read(bench->fake, entry + 8, 8), 0x1ffffffffULL);
    fake_guest_write(bench->fake, entry + 2, 0, 2);
    fake_guest_write(bench->fake, entry + 6, 0, 4);
    assert_int_equal(fake_guest_read(bench->fake, entry, 8), ~3ULL);
    assert_int_equal(fake_guest_read(bench->fake, entry + 2, 2), 0);
    fake_guest_write(bench->fake, bench->cards[0].address + PENDING, UINT64_MAX, 8);
    assert_int_equal(pending(bench), 0);

    /* Off again, and after a reset as at first. */
    set(bench, 1, capability + PCI_MSIX_FLAGS, 0, 2);
    bk_msix_raise(&device->msix, 1);
    assert_int_equal(fake_take_raised(bench->fake, 0x41), 0);
    fake_vm_reset(bench->fake);
    assert_int_equal(fake_guest_read(bench->fake, entry + 16, 8), 0);
    assert_int_equal(fake_guest_read(bench->fake, entry + 24, 8), 0x100000000ULL);
}

static void test_full(void **state)
{
    struct bench *bench = *state;
    static struct card more[BK_PCI_SLOTS_MAX];
    unsigned added = 0;

    bench->fake->interrupts_max = bench->fake->interrupt_count + 2 * VECTORS - 1;
    make_card(&more[0]);
    make_card(&more[1]);
    assert_int_equal(bk_pci_add(bench->bus, &more[added++].pci), 0);
    unsigned ranges = bench->fake->vm.mmio.count, interrupts = bench->fake->interrupt_count;
    assert_int_equal(bk_pci_add(bench->bus, &more[1].pci), -ENOSPC);
    assert_int_equal(bench->fake->vm.mmio.count, ranges);
    assert_int_equal(bench->fake->interrupt_count, interrupts);
    bench->fake->interrupts_max = BK_INTERRUPTS_MAX;

    for (;; added++) {
        make_card(&more[added]);
        int r = bk_pci_add(bench->bus, &more[added].pci);
        if (r < 0) {
            assert_int_equal(r, -ENOSPC);
            break;
        }
    }
    assert_int_equal(added, BK_PCI_SLOTS_MAX - 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_enumeration, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_access, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_masks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bar_sizing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bar_relocation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_shared_bar, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reset_brings_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_capabilities, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_window, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_msix, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_full, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("pci", tests, NULL, NULL);
}
