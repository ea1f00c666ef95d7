/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The common configuration structure: features, status, queue set-up (virtio 1.3 §4.1.4.3, §3.1.1).
 *
 *   status 0 --> ACKNOWLEDGE, DRIVER --> FEATURES_OK --> DRIVER_OK
 *      ^            features may be         queues may be     nothing may be
 *      |            written here            set up here       but the vectors
 *      +---- 0 written, from anywhere; NEEDS_RESET leaves nothing but this
 *
 * A write in the wrong state, to no field, or across two fields does nothing. A bit once set in the status stays
 * until the reset. FEATURES_OK is refused by not being set; DRIVER_OK without it puts the device in needs-reset,
 * and so does enabling a queue whose layout is wrong.
 */
#include "virtio/pci_state.h"

#include <assert.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <string.h>

#define OFFERED (BK_VIRTIO_F_VERSION_1 | BK_VIRTIO_F_EVENT_IDX | BK_VIRTIO_F_INDIRECT_DESC)
/* What a driver may set; NEEDS_RESET is ours. */
#define DRIVER_STATUS                                                                                                 \
    (VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK | VIRTIO_CONFIG_S_FEATURES_OK | \
     VIRTIO_CONFIG_S_FAILED)

static const struct field {
    uint8_t offset;
    uint8_t width;
} fields[] = {
    { VIRTIO_PCI_COMMON_DFSELECT, 4 },  { VIRTIO_PCI_COMMON_DF, 4 },
    { VIRTIO_PCI_COMMON_GFSELECT, 4 },  { VIRTIO_PCI_COMMON_GF, 4 },
    { VIRTIO_PCI_COMMON_MSIX, 2 },      { VIRTIO_PCI_COMMON_NUMQ, 2 },
    { VIRTIO_PCI_COMMON_STATUS, 1 },    { VIRTIO_PCI_COMMON_CFGGENERATION, 1 },
    { VIRTIO_PCI_COMMON_Q_SELECT, 2 },  { VIRTIO_PCI_COMMON_Q_SIZE, 2 },
    { VIRTIO_PCI_COMMON_Q_MSIX, 2 },    { VIRTIO_PCI_COMMON_Q_ENABLE, 2 },
    { VIRTIO_PCI_COMMON_Q_NOFF, 2 },    { VIRTIO_PCI_COMMON_Q_DESCLO, 8 },
    { VIRTIO_PCI_COMMON_Q_AVAILLO, 8 }, { VIRTIO_PCI_COMMON_Q_USEDLO, 8 },
};

/* §4.1.3.1: fields are accessed whole, those of 64 bits also by halves. */
static const struct field *find_field(uint64_t offset, size_t length)
{
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const struct field *field = &fields[i];
        if (offset == field->offset && length == field->width)
            return field;
        if (field->width == 8 && length == 4 && (offset == field->offset || offset == field->offset + 4U))
            return field;
    }
    return NULL;
}

static uint64_t offered_features(const struct bk_virtio_pci *transport)
{
    return transport->device->features | OFFERED;
}

/* The selected queue, or NULL when there is none of this number. */
static struct bk_virtio_pci_queue *selected(struct bk_virtio_pci *transport)
{
    uint16_t select = transport->registers.queue_select;

    return select < transport->device->queue_count ? &transport->queues[select] : NULL;
}

static uint64_t read_queue_field(const struct bk_virtio_pci_queue *queue, unsigned offset)
{
    if (queue == NULL) /* size 0 says that it does not exist */
        return offset == VIRTIO_PCI_COMMON_Q_MSIX ? VIRTIO_MSI_NO_VECTOR : 0;
    switch (offset) {
    case VIRTIO_PCI_COMMON_Q_SIZE:
        return queue->layout.size;
    case VIRTIO_PCI_COMMON_Q_MSIX:
        return queue->vector;
    case VIRTIO_PCI_COMMON_Q_ENABLE:
        return queue->queue.enabled;
    case VIRTIO_PCI_COMMON_Q_NOFF:
        return queue->queue.index;
    case VIRTIO_PCI_COMMON_Q_DESCLO:
        return queue->layout.descriptors;
    case VIRTIO_PCI_COMMON_Q_AVAILLO:
        return queue->layout.available;
    case VIRTIO_PCI_COMMON_Q_USEDLO:
        return queue->layout.used;
    default:
        assert(false);
        return 0;
    }
}

static uint64_t read_field(struct bk_virtio_pci *transport, unsigned offset)
{
    const struct bk_virtio_pci_registers *registers = &transport->registers;

    switch (offset) {
    case VIRTIO_PCI_COMMON_DFSELECT:
        return registers->device_feature_select;
    case VIRTIO_PCI_COMMON_DF:
        return registers->device_feature_select < 2
                   ? (uint32_t)(offered_features(transport) >> (32 * registers->device_feature_select))
                   : 0;
    case VIRTIO_PCI_COMMON_GFSELECT:
        return registers->driver_feature_select;
    case VIRTIO_PCI_COMMON_GF:
        return registers->driver_feature_select < 2
                   ? (uint32_t)(registers->driver_features >> (32 * registers->driver_feature_select))
                   : 0;
    case VIRTIO_PCI_COMMON_MSIX:
        return registers->config_vector;
    case VIRTIO_PCI_COMMON_NUMQ:
        return transport->device->queue_count;
    case VIRTIO_PCI_COMMON_STATUS:
        return registers->status;
    case VIRTIO_PCI_COMMON_CFGGENERATION:
        return registers->generation;
    case VIRTIO_PCI_COMMON_Q_SELECT:
        return registers->queue_select;
    default:
        return read_queue_field(selected(transport), offset);
    }
}

static void write_driver_features(struct bk_virtio_pci *transport, uint32_t value)
{
    struct bk_virtio_pci_registers *registers = &transport->registers;
    unsigned shift = 32 * (registers->driver_feature_select & 1);

    if (registers->driver_feature_select > 1 || (registers->status & VIRTIO_CONFIG_S_FEATURES_OK))
        return;
    registers->driver_features &= ~(0xffffffffULL << shift);
    registers->driver_features |= (uint64_t)value << shift;
}

static bool accept_features(struct bk_virtio_pci *transport)
{
    uint64_t features = transport->registers.driver_features;

    if ((features & ~offered_features(transport)) != 0 || !(features & BK_VIRTIO_F_VERSION_1))
        return false;
    transport->device->negotiated = features;
    return true;
}

static void write_status(struct bk_virtio_pci *transport, uint8_t value)
{
    struct bk_virtio_pci_registers *registers = &transport->registers;

    if (value == 0) {
        bk_virtio_pci_reset(transport);
        return;
    }
    uint8_t new = (uint8_t)(value & DRIVER_STATUS & ~registers->status);
    uint8_t ready = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;
    registers->status |= (uint8_t)(new & ~(VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK));
    if (transport->base.broken)
        return;
    if ((new &VIRTIO_CONFIG_S_FEATURES_OK) && (registers->status & ready) == ready && accept_features(transport))
        registers->status |= VIRTIO_CONFIG_S_FEATURES_OK;
    if (!(new &VIRTIO_CONFIG_S_DRIVER_OK))
        return;
    if (!(registers->status & VIRTIO_CONFIG_S_FEATURES_OK)) {
        bk_virtio_device_break(transport->device, "the driver went on though its features were not accepted");
        return;
    }
    registers->status |= VIRTIO_CONFIG_S_DRIVER_OK;
    bk_virtio_pci_start(transport);
}

static uint16_t check_vector(const struct bk_virtio_pci *transport, uint64_t value)
{
    return value < transport->pci.msix_vectors ? (uint16_t)value : VIRTIO_MSI_NO_VECTOR;
}

static void enable_queue(struct bk_virtio_pci *transport, struct bk_virtio_pci_queue *queue)
{
    struct bk_queue_position start = { 0 };
    const char *wrong = bk_queue_enable(&queue->queue, &queue->layout, start, transport->device->negotiated);

    if (wrong != NULL)
        bk_virtio_device_break(transport->device, "queue %u: %s", queue->queue.index, wrong);
}

static void write_queue_field(struct bk_virtio_pci *transport, unsigned offset, uint64_t value)
{
    struct bk_virtio_pci_queue *queue = selected(transport);
    uint8_t status = transport->registers.status;

    if (queue == NULL)
        return;
    if (offset == VIRTIO_PCI_COMMON_Q_MSIX) {
        queue->vector = check_vector(transport, value);
        return;
    }
    if (!(status & VIRTIO_CONFIG_S_FEATURES_OK) || (status & VIRTIO_CONFIG_S_DRIVER_OK) || transport->base.broken ||
        queue->queue.enabled)
        return;
    switch (offset) {
    case VIRTIO_PCI_COMMON_Q_SIZE:
        queue->layout.size = (uint16_t)value;
        return;
    case VIRTIO_PCI_COMMON_Q_ENABLE:
        if (value == 1)
            enable_queue(transport, queue);
        return;
    case VIRTIO_PCI_COMMON_Q_DESCLO:
        queue->layout.descriptors = value;
        return;
    case VIRTIO_PCI_COMMON_Q_AVAILLO:
        queue->layout.available = value;
        return;
    case VIRTIO_PCI_COMMON_Q_USEDLO:
        queue->layout.used = value;
        return;
    default: /* read-only */
        return;
    }
}

static void write_field(struct bk_virtio_pci *transport, unsigned offset, uint64_t value)
{
    struct bk_virtio_pci_registers *registers = &transport->registers;

    switch (offset) {
    case VIRTIO_PCI_COMMON_DFSELECT:
        registers->device_feature_select = (uint32_t)value;
        return;
    case VIRTIO_PCI_COMMON_GFSELECT:
        registers->driver_feature_select = (uint32_t)value;
        return;
    case VIRTIO_PCI_COMMON_GF:
        write_driver_features(transport, (uint32_t)value);
        return;
    case VIRTIO_PCI_COMMON_MSIX:
        registers->config_vector = check_vector(transport, value);
        return;
    case VIRTIO_PCI_COMMON_STATUS:
        write_status(transport, (uint8_t)value);
        return;
    case VIRTIO_PCI_COMMON_Q_SELECT:
        registers->queue_select = (uint16_t)value;
        return;
    case VIRTIO_PCI_COMMON_DF:
    case VIRTIO_PCI_COMMON_NUMQ:
    case VIRTIO_PCI_COMMON_CFGGENERATION:
        return;
    default:
        write_queue_field(transport, offset, value);
        return;
    }
}

void bk_virtio_pci_common_read(struct bk_virtio_pci *transport, uint64_t offset, void *buffer, size_t length)
{
    const struct field *field = find_field(offset, length);

    memset(buffer, 0, length);
    if (field == NULL)
        return;
    uint64_t value = read_field(transport, field->offset) >> (8 * (offset - field->offset));
    memcpy(buffer, &value, length);
}

void bk_virtio_pci_common_write(struct bk_virtio_pci *transport, uint64_t offset, const void *buffer, size_t length)
{
    const struct field *field = find_field(offset, length);
    uint64_t value = 0;

    if (field == NULL)
        return;
    if (length < field->width) /* one half; the other stays */
        value = read_field(transport, field->offset);
    memcpy((uint8_t *)&value + (offset - field->offset), buffer, length);
    write_field(transport, field->offset, value);
}

void bk_virtio_pci_common_reset(struct bk_virtio_pci *transport)
{
    transport->registers = (struct bk_virtio_pci_registers){
        .config_vector = VIRTIO_MSI_NO_VECTOR,
        .generation = transport->registers.generation,
    };
    for (unsigned i = 0; i < transport->device->queue_count; i++) {
        transport->queues[i].layout = (struct bk_queue_layout){ .size = transport->device->queue_size };
        transport->queues[i].vector = VIRTIO_MSI_NO_VECTOR;
    }
}
