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
#include "virtio/transport.h"

#include "checked.h"

#include <assert.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <string.h>

#define OFFERED (BK_VIRTIO_F_VERSION_1 | BK_VIRTIO_F_EVENT_IDX | BK_VIRTIO_F_INDIRECT_DESC)
/* What a driver may set; NEEDS_RESET is ours. */
#define DRIVER_STATUS                                                                                                 \
    (VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK | VIRTIO_CONFIG_S_FEATURES_OK | \
     VIRTIO_CONFIG_S_FAILED)

enum state {
    NEVER,
    ALWAYS,
    NEGOTIATING,
    SETTING_UP, /* and the selected queue is not enabled */
};

/* What the status has to be for a field to be written: `value` in the bits of `mask`. */
static const struct {
    uint8_t mask, value;
} states[] = {
    [NEVER] = { 0, 1 }, /* which it cannot be */
    [ALWAYS] = { 0, 0 },
    [NEGOTIATING] = { VIRTIO_CONFIG_S_FEATURES_OK, 0 },
    [SETTING_UP] = { VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK | VIRTIO_CONFIG_S_NEEDS_RESET,
                     VIRTIO_CONFIG_S_FEATURES_OK },
};

struct field {
    size_t offset, width;
    enum state writable;
};

#define MEMBER(name) offsetof(struct bk_virtio_registers, name), sizeof(((struct bk_virtio_registers *)0)->name)

static const struct field fields[] = {
    { MEMBER(device_feature_select), ALWAYS },
    { MEMBER(device_feature), NEVER },
    { MEMBER(driver_feature_select), ALWAYS },
    { MEMBER(driver_feature), NEGOTIATING },
    { MEMBER(config_vector), ALWAYS },
    { MEMBER(queue_count), NEVER },
    { MEMBER(status), ALWAYS },
    { MEMBER(generation), NEVER },
    { MEMBER(queue_select), ALWAYS },
    { MEMBER(queue.size), SETTING_UP },
    { MEMBER(queue.vector), ALWAYS },
    { MEMBER(queue.enabled), SETTING_UP },
    { MEMBER(queue.notify_offset), NEVER },
    { MEMBER(queue.descriptors), SETTING_UP },
    { MEMBER(queue.available), SETTING_UP },
    { MEMBER(queue.used), SETTING_UP },
};

static_assert(sizeof(struct bk_virtio_registers) == sizeof(struct virtio_pci_common_cfg), "it is that structure");
static_assert(offsetof(struct bk_virtio_registers, queue.used) == VIRTIO_PCI_COMMON_Q_USEDLO, "without holes");

/* §4.1.3.1: fields are accessed whole, those of 64 bits also by halves. */
static const struct field *find_field(uint64_t offset, size_t length)
{
    for (size_t i = 0; i < BK_ARRAY_SIZE(fields); i++) {
        const struct field *field = &fields[i];
        bool whole = offset == field->offset && length == field->width;
        bool half = field->width == 8 && length == 4 && (offset == field->offset || offset == field->offset + 4);
        if (whole || half)
            return field;
    }
    return NULL;
}

/* The selected queue, or NULL when there is none of this number. */
static struct bk_virtio_queue *selected(struct bk_virtio_transport *transport)
{
    uint16_t select = transport->registers.queue_select;

    return select < transport->device->queue_count ? &transport->queues[select] : NULL;
}

/* The whole structure as the driver is to see it now. */
static struct bk_virtio_registers read_all(struct bk_virtio_transport *transport)
{
    struct bk_virtio_registers all = transport->registers;
    const struct bk_virtio_queue *queue = selected(transport);
    uint64_t offered = transport->device->features | OFFERED;

    all.device_feature = all.device_feature_select < 2 ? (uint32_t)(offered >> (32 * all.device_feature_select)) : 0;
    all.driver_feature = all.driver_feature_select < 2 ? transport->driver_features[all.driver_feature_select] : 0;
    if (queue != NULL) {
        all.queue = queue->registers;
        all.queue.enabled = queue->queue.enabled;
    } else { /* size 0 says that it does not exist */
        all.queue = (struct bk_queue_registers){ .vector = VIRTIO_MSI_NO_VECTOR };
    }
    return all;
}

void bk_virtio_common_read(struct bk_virtio_transport *transport, uint64_t offset, void *buffer, size_t length)
{
    const struct bk_virtio_registers all = read_all(transport);

    if (find_field(offset, length) != NULL)
        memcpy(buffer, (const uint8_t *)&all + offset, length);
}

static bool accept_features(struct bk_virtio_transport *transport)
{
    uint64_t features = transport->driver_features[0] | (uint64_t)transport->driver_features[1] << 32;

    if ((features & ~(transport->device->features | OFFERED)) != 0 || !(features & BK_VIRTIO_F_VERSION_1))
        return false;
    transport->device->negotiated = features;
    return true;
}

static void write_status(struct bk_virtio_transport *transport, uint8_t value)
{
    const uint8_t ready = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;
    uint8_t *status = &transport->registers.status;

    if (value == 0) {
        bk_virtio_reset(&transport->pci);
        return;
    }
    uint8_t new = (uint8_t)(value & DRIVER_STATUS & ~*status);
    *status |= (uint8_t)(new & ~(VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK));
    if (*status & VIRTIO_CONFIG_S_NEEDS_RESET)
        return;
    if ((new &VIRTIO_CONFIG_S_FEATURES_OK) && (*status & ready) == ready && accept_features(transport))
        *status |= VIRTIO_CONFIG_S_FEATURES_OK;
    if (!(new &VIRTIO_CONFIG_S_DRIVER_OK))
        return;
    if (!(*status & VIRTIO_CONFIG_S_FEATURES_OK)) {
        bk_virtio_device_break(transport->device, "the driver went on though its features were not accepted");
        return;
    }
    *status |= VIRTIO_CONFIG_S_DRIVER_OK;
    bk_virtio_start(transport);
}

static uint16_t check_vector(const struct bk_virtio_transport *transport, uint16_t value)
{
    return value < transport->pci.vectors ? value : VIRTIO_MSI_NO_VECTOR;
}

void bk_virtio_common_write(struct bk_virtio_transport *transport, uint64_t offset, const void *buffer, size_t length)
{
    const struct field *field = find_field(offset, length);
    struct bk_virtio_queue *queue = selected(transport);
    struct bk_virtio_registers new = read_all(transport);

    if (field == NULL || (new.status &states[field->writable].mask) != states[field->writable].value)
        return;
    if (field->writable == SETTING_UP && (queue == NULL || queue->queue.enabled))
        return;
    memcpy((uint8_t *)&new + offset, buffer, length);
    switch (field->offset) {
    case VIRTIO_PCI_COMMON_STATUS:
        write_status(transport, new.status);
        return;
    case VIRTIO_PCI_COMMON_GF:
        if (new.driver_feature_select < 2)
            transport->driver_features[new.driver_feature_select] = new.driver_feature;
        return;
    case VIRTIO_PCI_COMMON_Q_ENABLE:
        if (new.queue.enabled == 1)
            (void)bk_queue_enable(&queue->queue, &queue->registers);
        return;
    default: /* a number to be kept */
        new.config_vector = check_vector(transport, new.config_vector);
        new.queue.vector = check_vector(transport, new.queue.vector);
        transport->registers = new;
        if (queue != NULL)
            queue->registers = new.queue;
        return;
    }
}

void bk_virtio_common_reset(struct bk_virtio_transport *transport)
{
    const struct bk_virtio_device *device = transport->device;

    transport->registers = (struct bk_virtio_registers){
        .config_vector = VIRTIO_MSI_NO_VECTOR,
        .queue_count = (uint16_t)device->queue_count,
        .generation = transport->registers.generation,
    };
    memset(transport->driver_features, 0, sizeof(transport->driver_features));
    transport->isr = 0;
    for (unsigned i = 0; i < device->queue_count; i++) {
        transport->queues[i].registers = (struct bk_queue_registers){
            .size = device->queue_size,
            .vector = VIRTIO_MSI_NO_VECTOR,
            .notify_offset = (uint16_t)i,
        };
    }
}
