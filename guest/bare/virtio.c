/* SPDX-License-Identifier: Apache-2.0 */
#include "virtio.h"

#include "cpu.h"
#include "memory.h"

#include <stddef.h>

#define VENDOR              0x1af4U
#define DEVICE_BASE         0x1040U
#define STRUCTURE_COMMON    1U
#define STRUCTURE_DOORBELLS 2U
#define STRUCTURE_CONFIG    4U
#define FEATURES_HIGH       1U
#define VERSION_1           1U /* bit 32 */
#define ACKNOWLEDGE         1U /* of the status */
#define DRIVER              2U
#define DRIVER_OK           4U
#define FEATURES_OK         8U
#define MSIX_ENABLE         0x8000U
#define MSIX_BAR_MASK       7U

struct bk_virtio_registers { /* virtio 1.3 §4.1.4.3 */
    uint32_t device_feature_select, device_feature, driver_feature_select, driver_feature;
    uint16_t config_vector, queue_count;
    uint8_t status, generation;
    uint16_t queue_select, queue_size, queue_vector, queue_enable, queue_doorbell;
    uint64_t descriptors, available, used;
};

struct vector { /* of the MSI-X table */
    uint32_t address, address_high, data, masked;
};

static bool find_structures(struct bk_virtio *device)
{
    const struct bk_pci *pci = &device->pci;

    for (unsigned at = bk_pci_capability(pci, BK_PCI_CAPABILITY_VENDOR, 0); at != 0;
         at = bk_pci_capability(pci, BK_PCI_CAPABILITY_VENDOR, at)) {
        uint8_t kind = bk_pci_read8(pci, at + 3);
        if (kind != STRUCTURE_COMMON && kind != STRUCTURE_DOORBELLS && kind != STRUCTURE_CONFIG)
            continue;
        volatile uint8_t *bar = bk_pci_map(pci, bk_pci_read8(pci, at + 4));
        if (bar == NULL)
            return false;
        bar += bk_pci_read32(pci, at + 8);
        if (kind == STRUCTURE_COMMON) {
            device->registers = (volatile struct bk_virtio_registers *)bar;
        } else if (kind == STRUCTURE_DOORBELLS) {
            device->doorbells = bar;
            device->doorbell_step = bk_pci_read32(pci, at + 16);
        } else {
            device->config = bar;
        }
    }
    return device->registers != NULL && device->doorbells != NULL;
}

/* All that it has to say comes as one interrupt. */
static bool set_vector(const struct bk_pci *pci)
{
    unsigned at = bk_pci_capability(pci, BK_PCI_CAPABILITY_MSIX, 0);

    if (at == 0)
        return false;
    uint32_t table = bk_pci_read32(pci, at + 4);
    volatile uint8_t *bar = bk_pci_map(pci, table & MSIX_BAR_MASK);
    if (bar == NULL)
        return false;
    volatile struct vector *vector = (volatile struct vector *)(bar + (table & ~MSIX_BAR_MASK));
    vector->address = BK_INTERRUPT_ADDRESS;
    vector->address_high = 0;
    vector->data = BK_INTERRUPT_DEVICE;
    vector->masked = 0;
    bk_pci_write16(pci, at + 2, bk_pci_read16(pci, at + 2) | MSIX_ENABLE);
    return true;
}

static bool negotiate(volatile struct bk_virtio_registers *registers)
{
    registers->status = 0;
    while (registers->status != 0) /* §4.1.4.3.2: the reset is over when it reads so */
        __builtin_ia32_pause();
    registers->status = ACKNOWLEDGE;
    registers->status = ACKNOWLEDGE | DRIVER;
    registers->device_feature_select = FEATURES_HIGH;
    if ((registers->device_feature & VERSION_1) == 0)
        return false;
    registers->driver_feature_select = 0;
    registers->driver_feature = 0;
    registers->driver_feature_select = FEATURES_HIGH;
    registers->driver_feature = VERSION_1;
    registers->status = ACKNOWLEDGE | DRIVER | FEATURES_OK;
    return (registers->status & FEATURES_OK) != 0;
}

static bool set_up_queue(struct bk_virtio *device, uint16_t index)
{
    volatile struct bk_virtio_registers *registers = device->registers;
    struct bk_queue_memory *memory = bk_memory_take(sizeof *memory);

    registers->queue_select = index;
    if (memory == NULL || registers->queue_size < BK_QUEUE_SIZE)
        return false;
    bk_queue_init(&device->queues[index], memory);
    registers->queue_size = BK_QUEUE_SIZE;
    registers->queue_vector = 0;
    registers->descriptors = (uintptr_t)memory->descriptors;
    registers->available = (uintptr_t)&memory->available;
    registers->used = (uintptr_t)&memory->used;
    device->doorbell[index] =
        (volatile uint16_t *)(device->doorbells + (size_t)registers->queue_doorbell * device->doorbell_step);
    registers->queue_enable = 1;
    return true;
}

bool bk_virtio_open(struct bk_virtio *device, enum bk_virtio_type type, unsigned number, unsigned queues)
{
    *device = (struct bk_virtio){ 0 };
    if (!bk_pci_find(VENDOR, (uint16_t)(DEVICE_BASE + type), number, &device->pci))
        return false;
    bk_pci_enable(&device->pci);
    if (!find_structures(device) || !set_vector(&device->pci) || !negotiate(device->registers) ||
        device->registers->queue_count < queues)
        return false;
    device->registers->config_vector = 0;
    for (unsigned i = 0; i < queues; i++) {
        if (!set_up_queue(device, (uint16_t)i))
            return false;
    }
    return true;
}

void bk_virtio_start(struct bk_virtio *device)
{
    device->registers->status = ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK;
}

void bk_virtio_ring(struct bk_virtio *device, unsigned queue)
{
    *device->doorbell[queue] = (uint16_t)queue;
}

int bk_virtio_ask(struct bk_virtio *device, unsigned queue, const struct bk_piece *pieces, unsigned out, unsigned in)
{
    size_t length;

    if (bk_queue_give(&device->queues[queue], pieces, out, in) < 0)
        return -1;
    bk_virtio_ring(device, queue);
    while (bk_queue_take(&device->queues[queue], &length) < 0) {
        if (device->queues[queue].broken || bk_cpu_is_to_end())
            return -1;
        bk_cpu_pause();
    }
    return (int)length;
}
