/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PCI transport: one BAR with everything in it, the capabilities that say what is where (virtio 1.3 §4.1.4),
 * doorbells and interrupts.
 *
 * Each queue has one eventfd and one source in the I/O thread's loop, from the device's creation to its end, so
 * that no vCPU thread touches the loop. While the driver runs and the BAR is decoded, KVM signals the eventfd for a
 * notification; where KVM cannot (through the access capability, or when it has no more room), the register's
 * write handler does. A notification that arrives after a reset is read and forgotten; at each start every queue
 * is looked at once, so that none is lost either.
 */
#define _GNU_SOURCE
#include "virtio/pci.h"

#include "checked.h"
#include "cleanup.h"
#include "core/vm.h"
#include "virtio/pci_state.h"

#include <assert.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/*
 * system calls [io]: read
 * system calls [io vcpu]: write ioctl(KVM_IOEVENTFD)
 */

#define VENDOR          0x1af4
#define DEVICE_BASE     0x1040
#define DEVICE_REVISION 1

/* The BAR: each structure in a page of its own; the notification registers alone, for KVM to answer. */
#define BAR_INDEX         0U
#define BAR_SIZE          0x8000U
#define COMMON_OFFSET     0x0000U
#define COMMON_SIZE       ((uint32_t)sizeof(struct virtio_pci_common_cfg))
#define ISR_OFFSET        0x1000U
#define CONFIG_OFFSET     0x2000U
#define CONFIG_SIZE_MAX   0x1000U
#define TABLE_OFFSET      0x3000U
#define PENDING_OFFSET    0x3800U
#define NOTIFY_OFFSET     0x4000U
#define NOTIFY_MULTIPLIER 4U

#define ISR_QUEUE  1U
#define ISR_CONFIG 2U

/* Within the access capability's window, which begins at its `bar` (§4.1.4.9). */
#define ACCESS_START  offsetof(struct virtio_pci_cap, bar)
#define ACCESS_BAR    0U
#define ACCESS_OFFSET (offsetof(struct virtio_pci_cap, offset) - ACCESS_START)
#define ACCESS_LENGTH (offsetof(struct virtio_pci_cap, length) - ACCESS_START)
#define ACCESS_DATA   (sizeof(struct virtio_pci_cap) - ACCESS_START)
#define ACCESS_SIZE   (sizeof(struct virtio_pci_cfg_cap) - ACCESS_START)

static_assert(ACCESS_SIZE == sizeof(((struct bk_virtio_pci *)0)->access), "the window is what is kept of it");
static_assert(BK_VIRTIO_QUEUES_MAX < BK_PCI_MSIX_VECTORS_MAX, "a vector for each queue and for the configuration");
static_assert(TABLE_OFFSET + 16 * BK_PCI_MSIX_VECTORS_MAX <= PENDING_OFFSET, "the vector table fits");
static_assert(NOTIFY_OFFSET + NOTIFY_MULTIPLIER * BK_VIRTIO_QUEUES_MAX <= BAR_SIZE, "the doorbells fit");

static struct bk_virtio_pci *transport_of(const struct bk_virtio_device *device)
{
    return (struct bk_virtio_pci *)device->transport;
}

/* Doorbells */

static void ring(const struct bk_virtio_pci_queue *queue)
{
    const uint64_t one = 1;

    /* Fails only when the counter is full: then it is readable already. */
    (void)!write(queue->eventfd, &one, sizeof(one));
}

static void on_doorbell(void *userdata, uint32_t events)
{
    struct bk_virtio_pci_queue *queue = userdata;
    struct bk_virtio_device *device = queue->transport->device;
    uint64_t count;

    (void)events;
    if (read(queue->eventfd, &count, sizeof(count)) != sizeof(count))
        return;
    if (queue->transport->restart_due && device->operations->restart != NULL)
        device->operations->restart(device);
    queue->transport->restart_due = false;
    if (device->running && queue->queue.enabled)
        device->operations->notify(device, queue->queue.index);
}

static uint64_t doorbell_address(const struct bk_virtio_pci_queue *queue)
{
    return queue->transport->address + NOTIFY_OFFSET + NOTIFY_MULTIPLIER * (uint64_t)queue->queue.index;
}

static void add_doorbells(struct bk_virtio_pci *transport)
{
    if (transport->address == 0 || !(transport->registers.status & VIRTIO_CONFIG_S_DRIVER_OK))
        return;
    for (unsigned i = 0; i < transport->device->queue_count; i++) {
        struct bk_virtio_pci_queue *queue = &transport->queues[i];
        if (!queue->queue.enabled || queue->doorbell)
            continue;
        int r = bk_doorbell_add(transport->vm, doorbell_address(queue), queue->eventfd);
        if (r == 0)
            queue->doorbell = true;
        else if (bk_ratelimit_pass(&transport->base.log_limit))
            bk_warning("%s: queue %u notifies slowly: %s", transport->device->name, i, strerror(-r));
    }
}

static void remove_doorbells(struct bk_virtio_pci *transport)
{
    for (unsigned i = 0; i < transport->device->queue_count; i++) {
        struct bk_virtio_pci_queue *queue = &transport->queues[i];
        if (queue->doorbell)
            (void)bk_doorbell_remove(transport->vm, doorbell_address(queue), queue->eventfd);
        queue->doorbell = false;
    }
}

static void bar_moved(struct bk_pci_device *pci, uint64_t address)
{
    struct bk_virtio_pci *transport = pci->owner;

    remove_doorbells(transport);
    transport->address = address;
    add_doorbells(transport);
}

/* The BAR */

static void reach_config(struct bk_virtio_device *device, uint64_t offset, void *read, const void *write, size_t length)
{
    if (!bk_range_in(offset, length, device->config_size))
        return;
    for (size_t done = 0; done < length;) {
        size_t part = length - done > 4 ? 4 : length - done; /* 8 bytes are twice 4 */
        if (read != NULL && device->operations->read_config != NULL)
            device->operations->read_config(device, offset + done, (uint8_t *)read + done, part);
        if (write != NULL && device->operations->write_config != NULL)
            device->operations->write_config(device, offset + done, (const uint8_t *)write + done, part);
        done += part;
    }
}

static void bar_read(void *owner, uint64_t offset, void *buffer, size_t length)
{
    struct bk_virtio_pci *transport = owner;

    memset(buffer, 0, length);
    if (offset < ISR_OFFSET) {
        bk_virtio_pci_common_read(transport, offset - COMMON_OFFSET, buffer, length);
    } else if (offset == ISR_OFFSET) { /* reading acknowledges (§4.1.4.5) */
        memcpy(buffer, &transport->registers.isr, 1);
        transport->registers.isr = 0;
    } else if (offset >= CONFIG_OFFSET && offset < CONFIG_OFFSET + CONFIG_SIZE_MAX) {
        reach_config(transport->device, offset - CONFIG_OFFSET, buffer, NULL, length);
    }
}

static void bar_write(void *owner, uint64_t offset, const void *buffer, size_t length)
{
    struct bk_virtio_pci *transport = owner;

    if (offset < ISR_OFFSET) {
        bk_virtio_pci_common_write(transport, offset - COMMON_OFFSET, buffer, length);
    } else if (offset >= CONFIG_OFFSET && offset < CONFIG_OFFSET + CONFIG_SIZE_MAX) {
        reach_config(transport->device, offset - CONFIG_OFFSET, NULL, buffer, length);
    } else if (offset >= NOTIFY_OFFSET && offset % NOTIFY_MULTIPLIER == 0) {
        /* The address says which queue; the value says the same and is not looked at, as KVM does not. */
        uint64_t index = (offset - NOTIFY_OFFSET) / NOTIFY_MULTIPLIER;
        if (transport->device->running && index < transport->device->queue_count)
            ring(&transport->queues[index]);
    }
}

static const struct bk_bus_operations bar_operations = { .read = bar_read, .write = bar_write };

/* The access capability: the BAR for a driver that cannot map it (§4.1.4.9) */

/* What the window asks for: false when it is nothing that a driver may ask. */
static bool decode_access(const struct bk_virtio_pci *transport, uint32_t *ret_offset, uint32_t *ret_length)
{
    uint32_t offset, length;

    memcpy(&offset, transport->access + ACCESS_OFFSET, sizeof(offset));
    memcpy(&length, transport->access + ACCESS_LENGTH, sizeof(length));
    if ((length != 1 && length != 2 && length != 4) || offset % length != 0 ||
        transport->access[ACCESS_BAR] != BAR_INDEX)
        return false;
    *ret_offset = offset;
    *ret_length = length;
    return true;
}

static void access_read(struct bk_pci_device *pci, unsigned offset, void *buffer, size_t length)
{
    struct bk_virtio_pci *transport = pci->owner;
    uint32_t bar_offset, bar_length;

    if (offset + length > ACCESS_DATA && decode_access(transport, &bar_offset, &bar_length))
        bk_pci_bar_read(pci, BAR_INDEX, bar_offset, transport->access + ACCESS_DATA, bar_length);
    memcpy(buffer, transport->access + offset, length);
}

static void access_write(struct bk_pci_device *pci, unsigned offset, const void *buffer, size_t length)
{
    struct bk_virtio_pci *transport = pci->owner;
    uint32_t bar_offset, bar_length;

    for (size_t i = 0; i < length; i++)
        if (offset + i == ACCESS_BAR || offset + i >= ACCESS_OFFSET) /* id and padding between are read-only */
            transport->access[offset + i] = ((const uint8_t *)buffer)[i];
    if (offset + length > ACCESS_DATA && decode_access(transport, &bar_offset, &bar_length))
        bk_pci_bar_write(pci, BAR_INDEX, bar_offset, transport->access + ACCESS_DATA, bar_length);
}

/* Interrupts */

static void interrupt_queue(struct bk_virtio_device *device, unsigned index)
{
    struct bk_virtio_pci *transport = transport_of(device);

    transport->registers.isr |= ISR_QUEUE;
    bk_pci_raise(&transport->pci, transport->queues[index].vector);
}

static void ring_queue(struct bk_virtio_device *device, unsigned index)
{
    ring(&transport_of(device)->queues[index]);
}

static void interrupt_config(struct bk_virtio_pci *transport)
{
    /* §2.1.2 and §4.1.4.3.1: a driver hears of it once it is up; before, it has nothing to re-read. */
    if (!(transport->registers.status & VIRTIO_CONFIG_S_DRIVER_OK))
        return;
    transport->registers.isr |= ISR_CONFIG;
    bk_pci_raise(&transport->pci, transport->registers.config_vector);
}

static void config_changed(struct bk_virtio_device *device)
{
    struct bk_virtio_pci *transport = transport_of(device);

    transport->registers.generation++;
    interrupt_config(transport);
}

static void needs_reset(struct bk_virtio_device *device)
{
    struct bk_virtio_pci *transport = transport_of(device);

    transport->registers.status |= VIRTIO_CONFIG_S_NEEDS_RESET;
    interrupt_config(transport);
}

static const struct bk_virtio_transport_operations transport_operations = {
    .interrupt_queue = interrupt_queue,
    .ring_queue = ring_queue,
    .config_changed = config_changed,
    .needs_reset = needs_reset,
};

/* The device's life */

void bk_virtio_pci_start(struct bk_virtio_pci *transport)
{
    struct bk_virtio_device *device = transport->device;

    device->running = true;
    add_doorbells(transport);
    if (device->operations->start != NULL)
        device->operations->start(device);
    for (unsigned i = 0; i < device->queue_count; i++)
        if (transport->queues[i].queue.enabled)
            ring(&transport->queues[i]);
}

void bk_virtio_pci_reset(struct bk_virtio_pci *transport)
{
    struct bk_virtio_device *device = transport->device;

    remove_doorbells(transport);
    device->running = false;
    for (unsigned i = 0; i < device->queue_count; i++)
        bk_queue_disable(&transport->queues[i].queue);
    if (device->operations->reset != NULL)
        device->operations->reset(device);
    device->negotiated = 0;
    transport->restart_due = true;
    ring(&transport->queues[0]);
    transport->base.broken = false;
    bk_virtio_pci_common_reset(transport);
}

static void reset_with_vm(struct bk_pci_device *pci)
{
    struct bk_virtio_pci *transport = pci->owner;

    bk_virtio_pci_reset(transport);
    transport->registers.generation = 0;
    memset(transport->access, 0, sizeof(transport->access));
}

static void free_transport(struct bk_virtio_pci *transport)
{
    for (unsigned i = 0; i < transport->device->queue_count; i++) {
        bk_loop_remove(transport->device->loop, &transport->queues[i].source);
        bk_close(transport->queues[i].eventfd);
        transport->device->queues[i] = NULL;
    }
    transport->device->transport = NULL;
    free(transport);
}

static void destroy(struct bk_pci_device *pci)
{
    struct bk_virtio_pci *transport = pci->owner;
    struct bk_virtio_device *device = transport->device;

    remove_doorbells(transport);
    device->running = false;
    free_transport(transport);
    device->operations->destroy(device);
}

static int add_structure(struct bk_virtio_pci *transport, uint8_t type, uint32_t offset, uint32_t length,
                         size_t capability_size)
{
    const struct virtio_pci_notify_cap capability = {
        .cap.cap_len = (uint8_t)capability_size,
        .cap.cfg_type = type,
        .cap.bar = BAR_INDEX,
        .cap.offset = offset,
        .cap.length = length,
        .notify_off_multiplier = NOTIFY_MULTIPLIER, /* cut off for the others */
    };

    return bk_pci_add_capability(&transport->pci, PCI_CAP_ID_VNDR, (const uint8_t *)&capability + 2,
                                 capability_size - 2);
}

static void add_capabilities(struct bk_virtio_pci *transport)
{
    const struct bk_virtio_device *device = transport->device;
    const uint8_t access[sizeof(struct virtio_pci_cfg_cap)] = {
        [offsetof(struct virtio_pci_cap, cap_len)] = sizeof(access),
        [offsetof(struct virtio_pci_cap, cfg_type)] = VIRTIO_PCI_CAP_PCI_CFG,
    };
    const size_t size = sizeof(struct virtio_pci_cap);

    int r = add_structure(transport, VIRTIO_PCI_CAP_COMMON_CFG, COMMON_OFFSET, COMMON_SIZE, size);
    assert(r > 0); /* all of them fit by far */
    r = add_structure(transport, VIRTIO_PCI_CAP_ISR_CFG, ISR_OFFSET, 1, size);
    assert(r > 0);
    r = add_structure(transport, VIRTIO_PCI_CAP_NOTIFY_CFG, NOTIFY_OFFSET, NOTIFY_MULTIPLIER * device->queue_count,
                      sizeof(struct virtio_pci_notify_cap));
    assert(r > 0);
    if (device->config_size > 0) {
        r = add_structure(transport, VIRTIO_PCI_CAP_DEVICE_CFG, CONFIG_OFFSET, (uint32_t)device->config_size, size);
        assert(r > 0);
    }
    r = bk_pci_add_capability(&transport->pci, PCI_CAP_ID_VNDR, access + 2, sizeof(access) - 2);
    assert(r > 0);
    r = bk_pci_watch_config(&transport->pci, (unsigned)r + ACCESS_START, ACCESS_SIZE, access_read, access_write);
    assert(r == 0);
}

static int add_sources(struct bk_virtio_pci *transport)
{
    for (unsigned i = 0; i < transport->device->queue_count; i++) {
        struct bk_virtio_pci_queue *queue = &transport->queues[i];
        queue->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (queue->eventfd < 0)
            return -errno;
        int r = bk_loop_add(transport->device->loop, &queue->source, queue->eventfd, EPOLLIN, on_doorbell, queue);
        if (r < 0)
            return r;
    }
    return 0;
}

int bk_virtio_pci_add(struct bk_vm *vm, struct bk_virtio_device *device)
{
    assert(device->queue_count > 0 && device->queue_count <= BK_VIRTIO_QUEUES_MAX);
    assert(device->queue_size > 0 && device->queue_size <= BK_QUEUE_SIZE_MAX);
    assert((device->queue_size & (device->queue_size - 1)) == 0);
    assert(device->config_size <= CONFIG_SIZE_MAX);

    struct bk_virtio_pci *transport =
        calloc(1, sizeof(*transport) + device->queue_count * sizeof(transport->queues[0]));
    if (transport == NULL)
        return -ENOMEM;
    transport->base.operations = &transport_operations;
    transport->base.memory = &vm->memory;
    transport->device = device;
    transport->vm = vm;
    transport->pci = (struct bk_pci_device){
        .vendor = VENDOR,
        .device = (uint16_t)(DEVICE_BASE + device->type),
        .subsystem_vendor = VENDOR,
        .subsystem = (uint16_t)(DEVICE_BASE + device->type),
        .revision = DEVICE_REVISION,
        .pci_class = { device->pci_class[0], device->pci_class[1], device->pci_class[2] },
        .bar_count = 1,
        .bars[0] = { .index = BAR_INDEX, .size = BAR_SIZE, .operations = &bar_operations, .moved = bar_moved },
        .msix_vectors = device->queue_count + 1,
        .msix_bar = BAR_INDEX,
        .msix_table_offset = TABLE_OFFSET,
        .msix_pba_offset = PENDING_OFFSET,
        .owner = transport,
        .reset = reset_with_vm,
        .destroy = destroy,
    };
    for (unsigned i = 0; i < device->queue_count; i++) {
        struct bk_virtio_pci_queue *queue = &transport->queues[i];
        queue->transport = transport;
        queue->queue = (struct bk_queue){ .device = device, .index = i };
        queue->eventfd = -1;
        device->queues[i] = &queue->queue;
    }
    if (device->loop == NULL)
        device->loop = vm->loop;
    device->transport = &transport->base;
    bk_virtio_pci_common_reset(transport);

    int r = add_sources(transport);
    if (r == 0)
        r = bk_pci_add(vm->pci, &transport->pci);
    if (r < 0) {
        free_transport(transport);
        return r;
    }
    add_capabilities(transport);
    return 0;
}
