/* SPDX-License-Identifier: Apache-2.0 */
/* The PCI transport, driven through its registers as a driver would, and as none should. */
#include "fake_loop.h"
#include "fake_vm.h"

#include "core/layout.h"
#include "core/pci.h"
#include "core/window.h"
#include "virtio/device.h"
#include "virtio/queue.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SLOT        1U
#define QUEUES      3U
#define QUEUE_SIZE  16U
#define CONFIG_SIZE 12U
#define BUFFER      0x8000ULL
#define MESSAGE     0xfee00000ULL
#define VECTOR_DATA 0x40U /* + vector */

#define READY  (VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER)
#define AGREED (READY | VIRTIO_CONFIG_S_FEATURES_OK)

/* Where the device's structures are, found by its capabilities. */
struct structures {
    uint64_t common, isr, config, notify;
    uint32_t notify_multiplier;
    unsigned access; /* offset of that capability in configuration space */
    unsigned msix;
};

struct probe {
    struct bk_virtio_device device;
    uint8_t config[CONFIG_SIZE];
    unsigned starts, resets, restarts, notifies[QUEUES], destroyed;
    bool answer; /* each chain, at each notification */
};

struct bench {
    struct fake_vm *fake;
    struct probe *probe;
    unsigned devices;
    struct structures at;
};

static struct probe *probe_of(struct bk_virtio_device *device)
{
    return (struct probe *)device;
}

static void probe_read_config(struct bk_virtio_device *device, size_t offset, void *buffer, size_t length)
{
    assert_true(length == 1 || length == 2 || length == 4 || length == 8);
    assert_true(offset + length <= CONFIG_SIZE);
    memcpy(buffer, probe_of(device)->config + offset, length);
}

static void probe_write_config(struct bk_virtio_device *device, size_t offset, const void *buffer, size_t length)
{
    assert_true(length == 1 || length == 2 || length == 4 || length == 8);
    assert_true(offset + length <= CONFIG_SIZE);
    memcpy(probe_of(device)->config + offset, buffer, length);
}

static void probe_start(struct bk_virtio_device *device)
{
    assert_true(device->running);
    probe_of(device)->starts++;
}

static void probe_reset(struct bk_virtio_device *device)
{
    struct bk_chain chain;

    assert_false(device->running);
    for (unsigned i = 0; i < QUEUES; i++)
        assert_false(bk_queue_pop(device->queues[i], &chain));
    probe_of(device)->resets++;
}

static void probe_restart(struct bk_virtio_device *device)
{
    probe_of(device)->restarts++;
}

static void probe_notify(struct bk_virtio_device *device, unsigned index)
{
    struct bk_chain chain;

    assert_true(device->running);
    assert_true(index < QUEUES);
    probe_of(device)->notifies[index]++;
    while (probe_of(device)->answer && bk_queue_pop(device->queues[index], &chain))
        bk_queue_push(device->queues[index], &chain, bk_chain_write(&chain, 0, "data", 4));
    bk_queue_interrupt(device->queues[index]);
}

static unsigned destroyed;

static void probe_destroy(struct bk_virtio_device *device)
{
    free(device);
    destroyed++;
}

static const struct bk_virtio_operations probe_operations = {
    .read_config = probe_read_config,
    .write_config = probe_write_config,
    .start = probe_start,
    .reset = probe_reset,
    .restart = probe_restart,
    .notify = probe_notify,
    .destroy = probe_destroy,
};

static struct probe *make_probe(void)
{
    struct probe *probe = calloc(1, sizeof(*probe));

    assert_non_null(probe);
    probe->device = (struct bk_virtio_device){
        .operations = &probe_operations,
        .name = "probe",
        .type = 4,
        .features = 1ULL << 5 | 1ULL << 40,
        .queue_count = QUEUES,
        .queue_size = QUEUE_SIZE,
        .config_size = CONFIG_SIZE,
        .pci_class = { 0xff, 0x01, 0x02 },
    };
    for (unsigned i = 0; i < CONFIG_SIZE; i++)
        probe->config[i] = (uint8_t)(0xc0 + i);
    return probe;
}

static uint64_t config(unsigned offset)
{
    return BK_LAYOUT_ECAM_BASE + SLOT * 0x8000ULL + offset;
}

static uint32_t get_config(struct bench *bench, unsigned offset, size_t length)
{
    return (uint32_t)fake_guest_read(bench->fake, config(offset), length);
}

static void set_config(struct bench *bench, unsigned offset, uint32_t value, size_t length)
{
    fake_guest_write(bench->fake, config(offset), value, length);
}

static uint64_t bar_address(struct bench *bench)
{
    return (get_config(bench, PCI_BASE_ADDRESS_0, 4) | (uint64_t)get_config(bench, PCI_BASE_ADDRESS_1, 4) << 32) &
           ~0xfULL;
}

static void find_structures(struct bench *bench)
{
    struct structures found = { 0 };
    uint64_t bar = bar_address(bench);

    for (unsigned at = get_config(bench, PCI_CAPABILITY_LIST, 1); at != 0; at = get_config(bench, at + 1, 1)) {
        if (get_config(bench, at, 1) == PCI_CAP_ID_MSIX)
            found.msix = at;
        if (get_config(bench, at, 1) != PCI_CAP_ID_VNDR)
            continue;
        uint64_t address = bar + get_config(bench, at + 8, 4);
        switch (get_config(bench, at + 3, 1)) {
        case VIRTIO_PCI_CAP_COMMON_CFG:
            assert_int_equal(get_config(bench, at + 12, 4), 56);
            found.common = address;
            break;
        case VIRTIO_PCI_CAP_ISR_CFG:
            found.isr = address;
            break;
        case VIRTIO_PCI_CAP_NOTIFY_CFG:
            assert_int_equal(get_config(bench, at + 2, 1), 20);
            found.notify = address;
            found.notify_multiplier = get_config(bench, at + 16, 4);
            assert_int_equal(get_config(bench, at + 12, 4), QUEUES * found.notify_multiplier);
            break;
        case VIRTIO_PCI_CAP_DEVICE_CFG:
            assert_int_equal(get_config(bench, at + 12, 4), CONFIG_SIZE);
            found.config = address;
            break;
        case VIRTIO_PCI_CAP_PCI_CFG:
            assert_int_equal(get_config(bench, at + 2, 1), 20);
            found.access = at;
            break;
        default:
            fail();
        }
    }
    assert_true(found.common && found.isr && found.notify && found.config && found.access && found.msix);
    bench->at = found;
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));

    assert_non_null(bench);
    bench->fake = fake_vm_create(1 << 20, 0);
    bench->fake->vm.loop = fake_loop_create();
    assert_int_equal(bk_pci_bus_create(&bench->fake->vm, &bench->fake->vm.pci), 0);
    bench->probe = make_probe();
    bench->devices = 1;
    assert_int_equal(bk_virtio_pci_add(&bench->fake->vm, &bench->probe->device), 0);
    find_structures(bench);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    bk_pci_bus_destroy(bench->fake->vm.pci);
    assert_int_equal(destroyed, bench->devices);
    destroyed = 0;
    fake_loop_destroy(bench->fake->vm.loop);
    fake_vm_destroy(bench->fake);
    free(bench);
    return 0;
}

static uint64_t get(struct bench *bench, unsigned field, size_t length)
{
    return fake_guest_read(bench->fake, bench->at.common + field, length);
}

static void set(struct bench *bench, unsigned field, uint64_t value, size_t length)
{
    fake_guest_write(bench->fake, bench->at.common + field, value, length);
}

static uint8_t status(struct bench *bench)
{
    return (uint8_t)get(bench, VIRTIO_PCI_COMMON_STATUS, 1);
}

static void set_status(struct bench *bench, unsigned value)
{
    set(bench, VIRTIO_PCI_COMMON_STATUS, value, 1);
}

static uint64_t offered(struct bench *bench)
{
    set(bench, VIRTIO_PCI_COMMON_DFSELECT, 0, 4);
    uint64_t low = get(bench, VIRTIO_PCI_COMMON_DF, 4);
    set(bench, VIRTIO_PCI_COMMON_DFSELECT, 1, 4);
    return low | get(bench, VIRTIO_PCI_COMMON_DF, 4) << 32;
}

static void accept(struct bench *bench, uint64_t features)
{
    set(bench, VIRTIO_PCI_COMMON_GFSELECT, 0, 4);
    set(bench, VIRTIO_PCI_COMMON_GF, (uint32_t)features, 4);
    set(bench, VIRTIO_PCI_COMMON_GFSELECT, 1, 4);
    set(bench, VIRTIO_PCI_COMMON_GF, features >> 32, 4);
}

static void agree(struct bench *bench, uint64_t features)
{
    set_status(bench, 0);
    assert_int_equal(status(bench), 0);
    set_status(bench, VIRTIO_CONFIG_S_ACKNOWLEDGE);
    set_status(bench, READY);
    accept(bench, features);
    set_status(bench, AGREED);
    assert_int_equal(status(bench), AGREED);
}

static uint64_t ring(unsigned queue, unsigned part)
{
    return 0x10000ULL * (queue + 1) + 0x2000ULL * part;
}

static void set_queue(struct bench *bench, unsigned queue)
{
    set(bench, VIRTIO_PCI_COMMON_Q_SELECT, queue, 2);
    set(bench, VIRTIO_PCI_COMMON_Q_MSIX, queue + 1, 2);
    set(bench, VIRTIO_PCI_COMMON_Q_DESCLO, ring(queue, 0), 4);
    set(bench, VIRTIO_PCI_COMMON_Q_DESCHI, 0, 4);
    set(bench, VIRTIO_PCI_COMMON_Q_AVAILLO, ring(queue, 1), 8);
    set(bench, VIRTIO_PCI_COMMON_Q_USEDLO, ring(queue, 2), 4);
    set(bench, VIRTIO_PCI_COMMON_Q_USEDHI, 0, 4);
    set(bench, VIRTIO_PCI_COMMON_Q_ENABLE, 1, 2);
    assert_int_equal(get(bench, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 1);
}

static void unmask_vectors(struct bench *bench)
{
    uint64_t table = bar_address(bench) + (get_config(bench, bench->at.msix + PCI_MSIX_TABLE, 4) & ~7U);

    set_config(bench, bench->at.msix + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE, 2);
    for (unsigned i = 0; i <= QUEUES; i++) {
        fake_guest_write(bench->fake, table + 16ULL * i, MESSAGE, 8);
        fake_guest_write(bench->fake, table + 16ULL * i + 8, VECTOR_DATA + i, 4);
        fake_guest_write(bench->fake, table + 16ULL * i + 12, 0, 4);
    }
}

/* Two of the three queues, so that one stays off. */
static void go(struct bench *bench)
{
    agree(bench, BK_VIRTIO_F_VERSION_1);
    unmask_vectors(bench);
    set(bench, VIRTIO_PCI_COMMON_MSIX, 0, 2);
    set_queue(bench, 0);
    set_queue(bench, 1);
    set_status(bench, AGREED | VIRTIO_CONFIG_S_DRIVER_OK);
    assert_int_equal(status(bench), AGREED | VIRTIO_CONFIG_S_DRIVER_OK);
}

static void turn(struct bench *bench)
{
    fake_loop_settle(bench->fake->vm.loop, 8);
}

static void test_identity(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(get_config(bench, PCI_VENDOR_ID, 4), 0x10441af4);
    assert_int_equal(get_config(bench, PCI_CLASS_REVISION, 4), 0xff010201);
    assert_true(get_config(bench, PCI_SUBSYSTEM_ID, 2) >= 0x40);
    assert_int_equal(get_config(bench, PCI_INTERRUPT_PIN, 1), 0);
    assert_int_equal(get(bench, VIRTIO_PCI_COMMON_NUMQ, 2), QUEUES);
    assert_int_equal(get_config(bench, bench->at.msix + PCI_MSIX_FLAGS, 2), QUEUES);
}

static void test_features(void **state)
{
    struct bench *bench = *state;
    uint64_t all = 1ULL << 5 | 1ULL << 40 | BK_VIRTIO_F_VERSION_1 | BK_VIRTIO_F_EVENT_IDX | BK_VIRTIO_F_INDIRECT_DESC;

    assert_int_equal(offered(bench), all);
    set(bench, VIRTIO_PCI_COMMON_DFSELECT, 2, 4);
    assert_int_equal(get(bench, VIRTIO_PCI_COMMON_DF, 4), 0);
    set(bench, VIRTIO_PCI_COMMON_DFSELECT, UINT32_MAX, 4);
    assert_int_equal(get(bench, VIRTIO_PCI_COMMON_DF, 4), 0);
    set(bench, VIRTIO_PCI_COMMON_GFSELECT, 2, 4);
    set(bench, VIRTIO_PCI_COMMON_GF, UINT32_MAX, 4);
    assert_int_equal(get(bench, VIRTIO_PCI_COMMON_GF, 4), 0);

    /* Each bit that was not offered, and the lack of VERSION_1, are refused. */
    for (unsigned bit = 0; bit < 64; bit++) {
        set_status(bench, 0);
        set_status(bench, READY);
        accept(bench, BK_VIRTIO_F_VERSION_1 | 1ULL << bit);
        set_status(bench, AGREED);
        assert_int_equal(status(bench), (all >> bit & 1) ? AGREED : READY);
    }
    set_status(bench, 0);
    set_status(bench, READY);
    accept(bench, all & ~BK_VIRTIO_F_VERSION_1);
    set_status(bench, AGREED);
    assert_int_equal(status(bench), READY);
    /* The driver may think again. */
    accept(bench, all);
    set_status(bench, AGREED);
    assert_int_equal(status(bench), AGREED);
    assert_int_equal(bench->probe->device.negotiated, all);
    /* Now they are final. */
    accept(bench, 0);
    set(bench, VIRTIO_PCI_COMMON_GFSELECT, 1, 4);
    assert_int_equal(get(bench, VIRTIO_PCI_COMMON_GF, 4), all >> 32);
    assert_int_equal(bench->probe->device.negotiated, all);
    /* Not before the driver is there. */
    set_status(bench, 0);
    assert_int_equal(bench->probe->device.negotiated, 0);
    accept(bench, BK_VIRTIO_F_VERSION_1);
    set_status(bench, VIRTIO_CONFIG_S_FEATURES_OK);
    assert_int_equal(status(bench), 0);
}

static void test_status(void **state)
{
    struct bench *bench = *state;

    /* Bits do not go away, and NEEDS_RESET is not the driver's. */
    set_status(bench, READY);
    set_status(bench, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_NEEDS_RESET | 0x30);
    assert_int_equal(status(bench), READY);
    set_status(bench, VIRTIO_CONFIG_S_FAILED);
    assert_int_equal(status(bench), READY | VIRTIO_CONFIG_S_FAILED);

    /* DRIVER_OK without agreement. */
    set_status(bench, 0);
    set_status(bench, READY | VIRTIO_CONFIG_S_DRIVER_OK);
    assert_int_equal(status(bench), READY | VIRTIO_CONFIG_S_NEEDS_RESET);
    assert_false(bench->probe->device.running);
    accept(bench, BK_VIRTIO_F_VERSION_1);
    set_status(bench, AGREED | VIRTIO_CONFIG_S_DRIVER_OK);
    assert_int_equal(status(bench), READY | VIRTIO_CONFIG_S_NEEDS_RESET);
    assert_int_equal(bench->probe->starts, 0);

    go(bench);
    assert_int_equal(bench->probe->starts, 1);
    set_status(bench, AGREED | VIRTIO_CONFIG_S_DRIVER_OK); /* again: nothing */
    assert_int_equal(bench->probe->starts, 1);
    unsigned resets = bench->probe->resets;
    set_status(bench, 0);
    assert_int_equal(status(bench), 0);
    assert_int_equal(bench->probe->resets, resets + 1);
    assert_false(bench->probe->device.running);
    assert_int_equal(bench->fake->doorbell_count, 0);
}

static void test_queue_select(void **state)
{
    struct bench *bench = *state;

    agree(bench, BK_VIRTIO_F_VERSION_1);
    for (unsigned i = 0; i <= 0xffff; i++) {
        set(bench, VIRTIO_PCI_COMMON_Q_SELECT, i, 2);
        assert_int_equal(get(bench, VIRTIO_PCI_COMMON_Q_SIZE, 2), i < QUEUES ? QUEUE_SIZE : 0);
        if (i < QUEUES)
            continue;
        set(bench, VIRTIO_PCI_COMMON_Q_SIZE, 8, 2);
        set(bench, VIRTIO_PCI_COMMON_Q_MSIX, 0, 2);
        set(bench, VIRTIO_PCI_COMMON_Q_DESCLO, 0x10000, 8);
        set(bench, VIRTIO_PCI_COMMON_Q_ENABLE, 1, 2);
        assert_int_equal(get(bench, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
        assert_int_equal(get(bench, VIRTIO_PCI_COMMON_Q_MSIX, 2), VIRTIO_MSI_NO_VECTOR);
    }
    assert_int_equal(status(bench), AGREED);
}

static void test_bad_queues(void **state)
{
    struct bench *bench = *state;
    static const uint16_t sizes[] = { 0, 3, 17, 32, 256, 0x8000, 0xffff };
    static const uint64_t addresses[] = { 1, 0x10008, (1 << 20) - 16, 1 << 20, 0xe0000000, UINT64_MAX - 15 };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        agree(bench, BK_VIRTIO_F_VERSION_1);
        set(bench, VIRTIO_PCI_COMMON_Q_SELECT, 0, 2);
        set(bench, VIRTIO_PCI_COMMON_Q_SIZE, sizes[i], 2);
        set(bench, VIRTIO_PCI_COMMON_Q_DESCLO, 0x10000, 8);
        set(bench, VIRTIO_PCI_COMMON_Q_AVAILLO, 0x11000, 8);
        set(bench, VIRTIO_PCI_COMMON_Q_USEDLO, 0x12000, 8);
        set(bench, VIRTIO_PCI_COMMON_Q_ENABLE, 1, 2);
        assert_int_equal(get(bench, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
        assert_int_equal(status(bench), AGREED | VIRTIO_CONFIG_S_NEEDS_RESET);
    }
    for (unsigned i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        for (unsigned field = VIRTIO_PCI_COMMON_Q_DESCLO; field <= VIRTIO_PCI_COMMON_Q_USEDLO; field += 8) {
            agree(bench, BK_VIRTIO_F_VERSION_1);
            set(bench, VIRTIO_PCI_COMMON_Q_SELECT, 1, 2);
            set(bench, VIRTIO_PCI_COMMON_Q_DESCLO, 0x10000, 8);
            set(bench, VIRTIO_PCI_COMMON_Q_AVAILLO, 0x11000, 8);
            set(bench, VIRTIO_PCI_COMMON_Q_USEDLO, 0x12000, 8);
            set(bench, field, addresses[i], 8);
            set(bench, VIRTIO_PCI_COMMON_Q_ENABLE, 1, 2);
            bool fine = addresses[i] == 0x10008 && field != VIRTIO_PCI_COMMON_Q_DESCLO;
            assert_int_equal(get(bench, VIRTIO_PCI_COMMON_Q_ENABLE, 2), fine);
        }
    }
    /* Fewer entries than offered are the driver's choice; other values than 1 enable nothing. */
    agree(bench, BK_VIRTIO_F_VERSION_1);
    set(bench, VIRTIO_PCI_COMMON_Q_SELECT, 0, 2);
    set(bench, VIRTIO_PCI_COMMON_Q_SIZE, 4, 2);
    set(bench, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 2);
    assert_int_equal(get(bench, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
    set_queue(bench, 0);
    assert_int_equal(get(bench, VIRTIO_PCI_COMMON_Q_SIZE, 2), 4);
}

/* Everything that a driver might try on the queue registers when it should not. */
static void try_queue_registers(struct bench *bench, unsigned queue)
{
    set(bench, VIRTIO_PCI_COMMON_Q_SELECT, queue, 2);
    set(bench, VIRTIO_PCI_COMMON_Q_SIZE, 0xffff, 2);
    set(bench, VIRTIO_PCI_COMMON_Q_DESCLO, UINT64_MAX, 8);
    set(bench, VIRTIO_PCI_COMMON_Q_AVAILHI, UINT32_MAX, 4);
    set(bench, VIRTIO_PCI_COMMON_Q_USEDLO, 0xdead0000, 4);
    set(bench, VIRTIO_PCI_COMMON_Q_NOFF, 7, 2);
    set(bench, VIRTIO_PCI_COMMON_Q_ENABLE, 0, 2);
    set(bench, VIRTIO_PCI_COMMON_Q_ENABLE, 1, 2);
}

static void expect_queue(struct bench *bench, unsigned queue, bool enabled)
{
    set(bench, VIRTIO_PCI_COMMON_Q_SELECT, queue, 2);
    assert_int_equal(get(bench, VIRTIO_PCI_COMMON_Q_ENABLE, 2), enabled);
    assert_int_equal(get(bench, VIRTIO_PCI_COMMON_Q_SIZE, 2), QUEUE_SIZE);
    assert_int_equal(get(bench, VIRTIO_PCI_COMMON_Q_NOFF, 2), queue);
    assert_int_equal(get(bench, VIRTIO_PCI_COMMON_Q_DESCLO, 8), enabled ? ring(queue, 0) : 0);
    assert_int_equal(get(bench, VIRTIO_PCI_COMMON_Q_AVAILLO, 8), enabled ? ring(queue, 1) : 0);
    assert_int_equal(get(bench, VIRTIO_PCI_COMMON_Q_USEDLO, 4), enabled ? ring(queue, 2) : 0);
}

static void test_state_machine(void **state)
{
    struct bench *bench = *state;

    /* Before there are features. */
    static const uint8_t early[] = { 0, VIRTIO_CONFIG_S_ACKNOWLEDGE, READY };
    for (unsigned i = 0; i < sizeof(early); i++) {
        set_status(bench, early[i]);
        try_queue_registers(bench, 0);
        expect_queue(bench, 0, false);
        assert_int_equal(status(bench), early[i]);
    }
    /* An enabled queue, then all of a running device. */
    agree(bench, BK_VIRTIO_F_VERSION_1);
    set_queue(bench, 0);
    try_queue_registers(bench, 0);
    expect_queue(bench, 0, true);
    go(bench);
    for (unsigned i = 0; i < QUEUES; i++) {
        try_queue_registers(bench, i);
        expect_queue(bench, i, i < 2);
    }
    assert_int_equal(bench->fake->doorbell_count, 2);
    /* A broken one. */
    bk_virtio_device_break(&bench->probe->device, "as the test wants it");
    assert_int_equal(status(bench), AGREED | VIRTIO_CONFIG_S_DRIVER_OK | VIRTIO_CONFIG_S_NEEDS_RESET);
    for (unsigned i = 0; i < QUEUES; i++) {
        try_queue_registers(bench, i);
        expect_queue(bench, i, i < 2);
    }
    /* Reset, it is as new. */
    set_status(bench, 0);
    for (unsigned i = 0; i < QUEUES; i++)
        expect_queue(bench, i, false);
    for (unsigned i = 0; i < 200; i++) {
        go(bench);
        set_status(bench, 0);
    }
    go(bench);
}

static void test_notify(void **state)
{
    struct bench *bench = *state;
    struct probe *probe = bench->probe;

    go(bench);
    /* Each enabled queue is looked at once after the start. */
    turn(bench);
    assert_int_equal(probe->notifies[0], 1);
    assert_int_equal(probe->notifies[1], 1);
    assert_int_equal(probe->notifies[2], 0);

    assert_int_equal(bench->fake->doorbell_count, 2);
    fake_guest_write(bench->fake, bench->at.notify + bench->at.notify_multiplier, 1, 2);
    turn(bench);
    assert_int_equal(probe->notifies[0], 1);
    assert_int_equal(probe->notifies[1], 2);
    /* Every queue number there can be, of which one is not enabled and the rest do not exist. */
    for (uint64_t offset = 8; offset < 0x4000; offset++)
        for (size_t length = 1; length <= 8; length *= 2)
            fake_guest_write(bench->fake, bench->at.notify + offset, 0xffff, length);
    turn(bench);
    assert_int_equal(probe->notifies[0], 1);
    assert_int_equal(probe->notifies[1], 2);
    assert_int_equal(probe->notifies[2], 0);
}

static void test_notify_without_doorbells(void **state)
{
    struct bench *bench = *state;
    struct probe *probe = bench->probe;

    bench->fake->refuse_doorbells = true;
    fake_guest_write(bench->fake, bench->at.notify, 0, 2); /* too early: forgotten */
    turn(bench);
    assert_int_equal(probe->notifies[0], 0);
    go(bench);
    turn(bench);
    fake_guest_write(bench->fake, bench->at.notify, 0, 2);
    turn(bench);
    assert_int_equal(probe->notifies[0], 2);
    set_status(bench, 0);
}

static void test_bar_moves(void **state)
{
    struct bench *bench = *state;
    struct probe *probe = bench->probe;
    uint64_t home = bar_address(bench), there = BK_LAYOUT_PCI64_BASE + 0x10000000;
    uint64_t notify = bench->at.notify - home;

    go(bench);
    turn(bench);
    fake_guest_write(bench->fake, home + notify, 0, 2); /* still pending when the BAR goes */
    set_config(bench, PCI_BASE_ADDRESS_0, (uint32_t)there, 4);
    assert_int_equal(bench->fake->doorbell_count, 2);
    turn(bench);
    assert_int_equal(probe->notifies[0], 2);
    fake_guest_write(bench->fake, home + notify, 0, 2);
    turn(bench);
    assert_int_equal(probe->notifies[0], 2);
    fake_guest_write(bench->fake, there + notify, 0, 2);
    turn(bench);
    assert_int_equal(probe->notifies[0], 3);

    /* Not decoded: no doorbells; a start in that state is fine as well. */
    set_config(bench, PCI_COMMAND, 0, 2);
    assert_int_equal(bench->fake->doorbell_count, 0);
    set_config(bench, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    assert_int_equal(bench->fake->doorbell_count, 2);
    find_structures(bench);
    set_status(bench, 0);
    assert_int_equal(bench->fake->doorbell_count, 0);
    set_config(bench, PCI_BASE_ADDRESS_0, (uint32_t)home, 4);
    find_structures(bench);
    go(bench);
    assert_int_equal(bench->fake->doorbell_count, 2);
}

static void test_reset_with_notification_pending(void **state)
{
    struct bench *bench = *state;
    struct probe *probe = bench->probe;

    go(bench);
    turn(bench);
    fake_guest_write(bench->fake, bench->at.notify, 0, 2);
    set_status(bench, 0);
    unsigned restarts = probe->restarts;
    turn(bench);
    assert_int_equal(probe->notifies[0], 1);
    assert_int_equal(probe->restarts, restarts + 1);
    turn(bench);
    assert_int_equal(probe->restarts, restarts + 1);
    /* The same with a new start in between: one look at the new queue, which is allowed. */
    go(bench);
    fake_guest_write(bench->fake, bench->at.notify, 0, 2);
    set_status(bench, 0);
    go(bench);
    turn(bench);
    assert_int_equal(probe->notifies[0], 2);
    assert_int_equal(probe->restarts, restarts + 2);
    /* A broken device hears nothing. */
    fake_guest_write(bench->fake, bench->at.notify, 0, 2);
    bk_virtio_device_break(&probe->device, "as the test wants it");
    turn(bench);
    assert_int_equal(probe->notifies[0], 2);
    /* And one that goes away with a notification pending: see tear_down(). */
    go(bench);
    fake_guest_write(bench->fake, bench->at.notify, 0, 2);
}

static void test_vm_reset(void **state)
{
    struct bench *bench = *state;
    uint64_t home = bar_address(bench);

    go(bench);
    set_config(bench, PCI_BASE_ADDRESS_0, (uint32_t)(home + 0x100000), 4);
    fake_guest_write(bench->fake, bench->at.notify + 0x100000, 0, 2);
    fake_vm_reset(bench->fake);
    assert_int_equal(bar_address(bench), home);
    assert_int_equal(status(bench), 0);
    assert_int_equal(bench->fake->doorbell_count, 0);
    assert_int_equal(get(bench, VIRTIO_PCI_COMMON_MSIX, 2), VIRTIO_MSI_NO_VECTOR);
    turn(bench);
    assert_int_equal(bench->probe->notifies[0], 0);
    go(bench);
    turn(bench);
    assert_int_equal(bench->probe->notifies[0], 1);
}

static void test_round_trip(void **state)
{
    struct bench *bench = *state;
    const struct bk_memory *memory = &bench->fake->vm.memory;
    struct vring_desc *descriptors = bk_memory_at(memory, ring(0, 0), 256);
    struct vring_avail *available = bk_memory_at(memory, ring(0, 1), 64);
    struct vring_used *used = bk_memory_at(memory, ring(0, 2), 256);

    bench->probe->answer = true;
    go(bench);
    turn(bench);
    descriptors[0] = (struct vring_desc){ BUFFER, 16, VRING_DESC_F_WRITE, 0 };
    available->ring[0] = 0;
    available->idx = 1;
    fake_guest_write(bench->fake, bench->at.notify, 0, 2);
    turn(bench);
    assert_int_equal(used->idx, 1);
    assert_int_equal(used->ring[0].len, 4);
    assert_memory_equal(bk_memory_at(memory, BUFFER, 4), "data", 4);
    assert_int_equal(fake_take_raised(bench->fake, VECTOR_DATA + 1), 1);
    assert_int_equal(fake_guest_read(bench->fake, bench->at.isr, 1), 1);
    assert_int_equal(fake_guest_read(bench->fake, bench->at.isr, 1), 0);
    assert_int_equal(bench->fake->routes, QUEUES + 1);

    /* A rule broken: needs-reset, and the driver is told by the configuration vector. */
    available->idx = 1000;
    fake_guest_write(bench->fake, bench->at.notify, 0, 2);
    turn(bench);
    assert_int_equal(status(bench), AGREED | VIRTIO_CONFIG_S_DRIVER_OK | VIRTIO_CONFIG_S_NEEDS_RESET);
    assert_int_equal(fake_take_raised(bench->fake, VECTOR_DATA), 1);
    /* Reset, it serves again. */
    memset(available, 0, 64);
    memset(used, 0, 256);
    go(bench);
    available->idx = 1;
    turn(bench);
    assert_int_equal(used->idx, 1);
    assert_int_equal(bench->fake->routes, QUEUES + 1);
}

static void test_vectors(void **state)
{
    struct bench *bench = *state;

    for (unsigned i = 0; i <= 0xffff; i++) {
        set(bench, VIRTIO_PCI_COMMON_MSIX, i, 2);
        assert_int_equal(get(bench, VIRTIO_PCI_COMMON_MSIX, 2), i <= QUEUES ? i : VIRTIO_MSI_NO_VECTOR);
        set(bench, VIRTIO_PCI_COMMON_Q_MSIX, i, 2);
        assert_int_equal(get(bench, VIRTIO_PCI_COMMON_Q_MSIX, 2), i <= QUEUES ? i : VIRTIO_MSI_NO_VECTOR);
    }
}

static void test_config_changes(void **state)
{
    struct bench *bench = *state;
    struct bk_virtio_device *device = &bench->probe->device;

    uint64_t generation = get(bench, VIRTIO_PCI_COMMON_CFGGENERATION, 1);
    bk_virtio_config_changed(device); /* nobody is there */
    assert_true(get(bench, VIRTIO_PCI_COMMON_CFGGENERATION, 1) != generation);
    go(bench);
    assert_int_equal(fake_take_raised(bench->fake, VECTOR_DATA), 0);
    generation = get(bench, VIRTIO_PCI_COMMON_CFGGENERATION, 1);
    bk_virtio_config_changed(device);
    assert_int_equal(fake_take_raised(bench->fake, VECTOR_DATA), 1);
    assert_true(get(bench, VIRTIO_PCI_COMMON_CFGGENERATION, 1) != generation);
    assert_int_equal(fake_guest_read(bench->fake, bench->at.isr, 1), 2);
    set(bench, VIRTIO_PCI_COMMON_CFGGENERATION, 0xff, 1);
    set(bench, VIRTIO_PCI_COMMON_NUMQ, 0xff, 2);
    assert_int_equal(get(bench, VIRTIO_PCI_COMMON_NUMQ, 2), QUEUES);
}

static void test_device_config(void **state)
{
    struct bench *bench = *state;
    uint64_t at = bench->at.config;

    assert_int_equal(fake_guest_read(bench->fake, at, 4), 0xc3c2c1c0);
    assert_int_equal(fake_guest_read(bench->fake, at + 4, 8), 0xcbcac9c8c7c6c5c4);
    fake_guest_write(bench->fake, at + 2, 0x1234, 2);
    assert_int_equal(fake_guest_read(bench->fake, at, 4), 0x1234c1c0);
    /* To its end and not over it, in every width. */
    for (size_t length = 1; length <= 8; length *= 2) {
        for (uint64_t offset = 0; offset < 0x1000; offset++) {
            uint64_t value = fake_guest_read(bench->fake, at + offset, length);
            if (offset + length > CONFIG_SIZE)
                assert_int_equal(value, 0);
            fake_guest_write(bench->fake, at + offset, value, length);
        }
    }
    assert_int_equal(fake_guest_read(bench->fake, at + 8, 4), 0xcbcac9c8);
}

static void test_every_access(void **state)
{
    struct bench *bench = *state;
    uint64_t bar = bar_address(bench);

    for (unsigned round = 0; round < 2; round++) {
        for (size_t length = 1; length <= 8; length *= 2) {
            for (uint64_t offset = 0; offset < 0x8000 + 8; offset++) {
                (void)fake_guest_read(bench->fake, bar + offset, length);
                fake_guest_write(bench->fake, bar + offset, UINT64_MAX, length);
                fake_guest_write(bench->fake, bar + offset, 0x0101010101010101, length);
                fake_guest_write(bench->fake, bar + offset, 0, length);
            }
        }
        for (size_t length = 1; length <= 8; length *= 2) {
            for (unsigned offset = 0; offset < 256; offset++) {
                (void)get_config(bench, offset, length);
                set_config(bench, offset, UINT32_MAX, length);
                set_config(bench, offset, 0, length);
            }
        }
        fake_vm_reset(bench->fake);
        go(bench); /* the second round is against a running device */
    }
}

static void set_access(struct bench *bench, unsigned bar, uint32_t offset, uint32_t length)
{
    set_config(bench, bench->at.access + offsetof(struct virtio_pci_cap, bar), bar, 1);
    set_config(bench, bench->at.access + offsetof(struct virtio_pci_cap, offset), offset, 4);
    set_config(bench, bench->at.access + offsetof(struct virtio_pci_cap, length), length, 4);
}

static void test_access_capability(void **state)
{
    struct bench *bench = *state;
    uint64_t bar = bar_address(bench);
    unsigned data = bench->at.access + (unsigned)sizeof(struct virtio_pci_cap);
    uint32_t common = (uint32_t)(bench->at.common - bar), notify = (uint32_t)(bench->at.notify - bar);

    go(bench);
    turn(bench);
    /* Without the BAR being decoded. */
    set_config(bench, PCI_COMMAND, 0, 2);
    set_access(bench, 0, common + VIRTIO_PCI_COMMON_STATUS, 1);
    assert_int_equal(get_config(bench, data, 1), AGREED | VIRTIO_CONFIG_S_DRIVER_OK);
    set_access(bench, 0, common + VIRTIO_PCI_COMMON_NUMQ, 2);
    assert_int_equal(get_config(bench, data, 4) & 0xffff, QUEUES);
    set_access(bench, 0, notify + 4, 2);
    set_config(bench, data, 1, 4);
    turn(bench);
    assert_int_equal(bench->probe->notifies[1], 2);
    set_access(bench, 0, common + VIRTIO_PCI_COMMON_Q_SELECT, 2);
    set_config(bench, data, 2, 2);
    set_config(bench, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    assert_int_equal(get(bench, VIRTIO_PCI_COMMON_Q_SELECT, 2), 2);

    /* Lengths, offsets and BARs that there are not. */
    static const uint32_t offsets[] = { 0,      1,      2,      3,      0x2000,     0x200a,     0x200b,
                                        0x7ffc, 0x7ffe, 0x7fff, 0x8000, 0x80000000, 0xfffffffc, 0xffffffff };
    static const uint32_t lengths[] = { 0, 1, 2, 3, 4, 5, 8, 0x80000000, 0xffffffff };
    for (unsigned which = 0; which < 256; which += 1 + which) {
        for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
            for (size_t k = 0; k < sizeof(lengths) / sizeof(lengths[0]); k++) {
                set_access(bench, which, offsets[i], lengths[k]);
                (void)get_config(bench, data, 4);
                set_config(bench, data, UINT32_MAX, 4);
            }
        }
    }
    /* The rest of the capability stays as it is. */
    assert_int_equal(get_config(bench, bench->at.access + 3, 1), VIRTIO_PCI_CAP_PCI_CFG);
    set_config(bench, bench->at.access, UINT32_MAX, 8);
    assert_int_equal(get_config(bench, bench->at.access + 3, 1), VIRTIO_PCI_CAP_PCI_CFG);
    assert_int_equal(get_config(bench, bench->at.access + 5, 2), 0);
}

/* A device beside the bench's, with a shared memory region: virtio 1.3 §4.1.4.7. */
static void test_shared_memory(void **state)
{
    static const struct bk_window window = { .guest_address = BK_LAYOUT_WINDOW_BASE, .size = 0x234560000 };
    const uint64_t base = BK_LAYOUT_ECAM_BASE + 2 * 0x8000ULL;
    struct bench *bench = *state;
    struct probe *probe = make_probe();
    struct virtio_pci_cap64 capability = { .cap.cfg_type = 0 };
    unsigned found = 0, last = 0;

    probe->device.shared = &window;
    probe->device.shared_id = 7;
    assert_int_equal(bk_virtio_pci_add(&bench->fake->vm, &probe->device), 0);
    for (uint64_t at = fake_guest_read(bench->fake, base + PCI_CAPABILITY_LIST, 1); at != 0;
         at = fake_guest_read(bench->fake, base + at + 1, 1)) {
        last = (unsigned)at;
        if (fake_guest_read(bench->fake, base + at, 1) != PCI_CAP_ID_VNDR ||
            fake_guest_read(bench->fake, base + at + 3, 1) != VIRTIO_PCI_CAP_SHARED_MEMORY_CFG)
            continue;
        for (unsigned i = 0; i < sizeof capability; i++)
            ((uint8_t *)&capability)[i] = (uint8_t)fake_guest_read(bench->fake, base + at + i, 1);
        found++;
    }
    assert_int_equal(found, 1);
    assert_int_equal(capability.cap.cap_len, 24);
    assert_int_equal(capability.cap.bar, BK_PCI_SHARED_BAR);
    assert_int_equal(capability.cap.id, 7);
    assert_int_equal(capability.cap.offset, 0);
    assert_int_equal(capability.offset_hi, 0);
    assert_int_equal(capability.cap.length, 0x34560000);
    assert_int_equal(capability.length_hi, 2);
    assert_int_equal(fake_guest_read(bench->fake, base + last + 3, 1), VIRTIO_PCI_CAP_PCI_CFG);
    assert_true(last + sizeof(struct virtio_pci_cfg_cap) <= BK_PCI_CONFIG_SIZE);
    assert_int_equal(fake_guest_read(bench->fake, base + PCI_BASE_ADDRESS_2, 4), 0xc);
    assert_int_equal(fake_guest_read(bench->fake, base + PCI_BASE_ADDRESS_3, 4), BK_LAYOUT_WINDOW_BASE >> 32);
    assert_int_equal(get_config(bench, PCI_BASE_ADDRESS_2, 4), 0); /* the other one has none */
    bench->devices++;
}

static void test_no_room(void **state)
{
    struct bench *bench = *state;
    struct probe *more = make_probe();

    bench->fake->interrupts_max = bench->fake->interrupt_count + QUEUES;
    unsigned ranges = bench->fake->vm.mmio.count;
    assert_int_equal(bk_virtio_pci_add(&bench->fake->vm, &more->device), -ENOSPC);
    assert_int_equal(bench->fake->vm.mmio.count, ranges);
    assert_null(more->device.transport);
    bk_virtio_config_changed(&more->device); /* harmless */
    bk_virtio_device_break(&more->device, "nobody cares");
    free(more);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_identity, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_features, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_status, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_queue_select, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_queues, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_state_machine, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_notify, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_notify_without_doorbells, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bar_moves, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reset_with_notification_pending, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_vm_reset, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_round_trip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_vectors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_config_changes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_device_config, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_access, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_access_capability, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_shared_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_room, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("virtio_pci", tests, NULL, NULL);
}
