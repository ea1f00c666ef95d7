/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration space, BARs and guest memory of a bus with two virtio devices, accessed as the fuzzer says.
 *
 * Input: a sequence of actions. One byte: bits 0-2 what, 3-4 the width's exponent, 5-6 the slot (3 is empty); then 2
 * bytes of offset and, when something is written, as many bytes as are wide.
 */
#include "../unit/fake_loop.h"
#include "../unit/fake_vm.h"

#include "core/layout.h"
#include "core/pci.h"
#include "log.h"
#include "virtio/device.h"
#include "virtio/queue.h"

#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#define RAM_SIZE    65536UL
#define CONFIG_SIZE 10U
#define QUEUES      2U

enum action {
    CONFIG_READ,
    CONFIG_WRITE,
    BAR_READ,
    BAR_WRITE,
    RAM_WRITE,
    TURN_LOOP,
    EVENT,    /* of a device: configuration changed, broken; or the VM is reset */
    BAR_EDGES /* around the BAR's first byte and its last */
};

struct device {
    struct bk_virtio_device base;
    uint8_t config[CONFIG_SIZE];
    struct bk_chain chain;
};

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void read_config(struct bk_virtio_device *device, size_t offset, void *buffer, size_t length)
{
    require(length <= 8 && offset <= CONFIG_SIZE && length <= CONFIG_SIZE - offset);
    memcpy(buffer, ((struct device *)device)->config + offset, length);
}

static void write_config(struct bk_virtio_device *device, size_t offset, const void *buffer, size_t length)
{
    require(length <= 8 && offset <= CONFIG_SIZE && length <= CONFIG_SIZE - offset);
    memcpy(((struct device *)device)->config + offset, buffer, length);
}

static void start(struct bk_virtio_device *device)
{
    require(device->running && (device->negotiated & BK_VIRTIO_F_VERSION_1));
}

static void reset(struct bk_virtio_device *device)
{
    require(!device->running);
}

static void notify(struct bk_virtio_device *device, unsigned index)
{
    struct bk_chain *chain = &((struct device *)device)->chain;

    require(device->running && index < QUEUES);
    for (unsigned i = 0; i < 300 && bk_queue_pop(device->queues[index], chain); i++) {
        uint8_t buffer[32];
        size_t length = bk_chain_read(chain, 0, buffer, sizeof(buffer));
        bk_queue_push(device->queues[index], chain, bk_chain_write(chain, 0, buffer, length));
    }
    bk_queue_interrupt(device->queues[index]);
}

static void destroy(struct bk_virtio_device *device)
{
    require(!device->running);
    free(device);
}

static const struct bk_virtio_operations operations = {
    .read_config = read_config,
    .write_config = write_config,
    .start = start,
    .reset = reset,
    .notify = notify,
    .destroy = destroy,
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    bk_log_open("fuzz", NULL, -1);
    return 0;
}

static struct device *add_device(struct fake_vm *fake, size_t config_size)
{
    struct device *device = calloc(1, sizeof(*device));

    if (device == NULL)
        abort();
    device->base = (struct bk_virtio_device){
        .operations = &operations,
        .name = "fuzz",
        .type = 4,
        .features = 1,
        .queue_count = QUEUES,
        .queue_size = 8,
        .config_size = config_size,
    };
    require(bk_virtio_pci_add(&fake->vm, &device->base) == 0);
    return device;
}

static uint64_t bar_of(struct fake_vm *fake, unsigned slot)
{
    uint64_t config = BK_LAYOUT_ECAM_BASE + slot * 0x8000ULL;

    return fake_guest_read(fake, config + PCI_BASE_ADDRESS_0, 8) & ~0xfULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fake_vm *fake = fake_vm_create(RAM_SIZE, 0);
    struct device *devices[2];
    const uint8_t *end = data + size;

    fake->vm.loop = fake_loop_create();
    require(bk_pci_bus_create(&fake->vm, &fake->vm.pci) == 0);
    devices[0] = add_device(fake, CONFIG_SIZE);
    devices[1] = add_device(fake, 0);
    while (end - data >= 3) {
        enum action action = data[0] & 7;
        size_t width = 1UL << ((data[0] >> 3) & 3);
        unsigned slot = (data[0] >> 5) & 3;
        unsigned offset = (unsigned)(data[1] | data[2] << 8);
        bool writes = action == CONFIG_WRITE || action == BAR_WRITE || action == RAM_WRITE;
        uint64_t value = 0;

        data += 3;
        if (writes) {
            if ((size_t)(end - data) < width)
                break;
            memcpy(&value, data, width);
            data += width;
        }
        switch (action) {
        case CONFIG_READ:
            (void)fake_guest_read(fake, BK_LAYOUT_ECAM_BASE + slot * 0x8000ULL + offset, width);
            break;
        case CONFIG_WRITE:
            fake_guest_write(fake, BK_LAYOUT_ECAM_BASE + slot * 0x8000ULL + offset, value, width);
            break;
        case BAR_READ:
            (void)fake_guest_read(fake, bar_of(fake, slot) + offset, width);
            break;
        case BAR_WRITE:
            fake_guest_write(fake, bar_of(fake, slot) + offset, value, width);
            break;
        case RAM_WRITE:
            if (offset + width <= RAM_SIZE)
                memcpy(fake->vm.memory.regions[0].host + offset, &value, width);
            break;
        case TURN_LOOP:
            (void)fake_loop_turn(fake->vm.loop, 0);
            break;
        case EVENT:
            if (offset % 3 == 0)
                fake_vm_reset(fake);
            else if (offset % 3 == 1)
                bk_virtio_config_changed(&devices[slot % 2]->base);
            else
                bk_virtio_device_break(&devices[slot % 2]->base, "as the fuzzer wants it");
            break;
        case BAR_EDGES:
            (void)fake_guest_read(fake, bar_of(fake, slot) - width + offset % (2 * width), width);
            fake_guest_write(fake, bar_of(fake, slot) + 0x8000 - offset % (2 * width), offset, width);
            break;
        }
    }
    bk_pci_bus_destroy(fake->vm.pci);
    fake_loop_destroy(fake->vm.loop);
    fake_vm_destroy(fake);
    return 0;
}
