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
#include "virtio/transport.h"

#include "checked.h"
#include "cleanup.h"
#include "core/vm.h"
#include "core/window.h"

#include <assert.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/*
 * system calls [io]: read
 * system calls [io vcpu]: write ioctl(KVM_IOEVENTFD)
 */

#define VENDOR      0x1af4
#define DEVICE_BASE 0x1040

/* The BAR: each structure in a page of its own; the notification registers alone, for KVM to answer. */
#define COMMON_OFFSET     0x0000U
#define ISR_OFFSET        0x1000U
#define CONFIG_OFFSET     0x2000U
#define CONFIG_SIZE_MAX   0x1000U
#define NOTIFY_OFFSET     0x4000U
#define NOTIFY_MULTIPLIER 4U

#define ISR_QUEUE  1U
#define ISR_CONFIG 2U

static_assert(BK_VIRTIO_QUEUES_MAX < BK_MSIX_VECTORS_MAX, "a vector for each queue and for the configuration");
static_assert(CONFIG_OFFSET + CONFIG_SIZE_MAX <= BK_MSIX_OFFSET && BK_MSIX_END <= NOTIFY_OFFSET, "nothing overlaps");
static_assert(NOTIFY_OFFSET + NOTIFY_MULTIPLIER * BK_VIRTIO_QUEUES_MAX <= BK_PCI_BAR_SIZE, "the doorbells fit");

static struct bk_virtio_transport *transport_of(struct bk_pci_device *pci)
{
    return (struct bk_virtio_transport *)pci;
}

/* Doorbells */

void bk_queue_ring(struct bk_queue *queue)
{
    const uint64_t one = 1;

    /* Fails only when the counter is full: then it is readable already. */
    (void)!write(((struct bk_virtio_queue *)queue)->eventfd, &one, sizeof(one));
}

static void on_doorbell(void *userdata, uint32_t events)
{
    struct bk_virtio_queue *queue = userdata;
    struct bk_virtio_device *device = queue->queue.device;
    uint64_t count;

    (void)events;
    if (read(queue->eventfd, &count, sizeof(count)) != sizeof(count))
        return;
    if (device->transport->restart_due && device->operations->restart != NULL)
        device->operations->restart(device);
    device->transport->restart_due = false;
    if (device->running && queue->queue.enabled)
        device->operations->notify(device, queue->queue.index);
}

/* KVM's doorbells go where the BAR is, while the driver runs. */
static void move_doorbells(struct bk_pci_device *pci)
{
    struct bk_virtio_transport *transport = transport_of(pci);

    for (unsigned i = 0; i < transport->device->queue_count; i++) {
        struct bk_virtio_queue *queue = &transport->queues[i];
        uint64_t doorbell = pci->address + NOTIFY_OFFSET + NOTIFY_MULTIPLIER * (uint64_t)i;
        if (queue->doorbell != 0)
            (void)bk_doorbell_set(transport->vm, queue->doorbell, queue->eventfd, false);
        queue->doorbell = 0;
        if (pci->address == 0 || !transport->device->running || !queue->queue.enabled)
            continue;
        if (bk_doorbell_set(transport->vm, doorbell, queue->eventfd, true) == 0) /* else bar_write() does it, slowly */
            queue->doorbell = doorbell;
    }
}

/* The BAR */

static void bar_read(struct bk_pci_device *pci, uint64_t offset, void *buffer, size_t length)
{
    struct bk_virtio_transport *transport = transport_of(pci);
    struct bk_virtio_device *device = transport->device;

    memset(buffer, 0, length);
    if (offset < ISR_OFFSET) {
        bk_virtio_common_read(transport, offset - COMMON_OFFSET, buffer, length);
    } else if (offset == ISR_OFFSET) { /* reading acknowledges (§4.1.4.5) */
        memcpy(buffer, &transport->isr, 1);
        transport->isr = 0;
    } else if (offset >= CONFIG_OFFSET && bk_range_in(offset - CONFIG_OFFSET, length, device->config_size)) {
        device->operations->read_config(device, offset - CONFIG_OFFSET, buffer, length);
    }
}

static void bar_write(struct bk_pci_device *pci, uint64_t offset, const void *buffer, size_t length)
{
    struct bk_virtio_transport *transport = transport_of(pci);
    struct bk_virtio_device *device = transport->device;

    if (offset < ISR_OFFSET) {
        bk_virtio_common_write(transport, offset - COMMON_OFFSET, buffer, length);
    } else if (offset >= NOTIFY_OFFSET && offset % NOTIFY_MULTIPLIER == 0) {
        /* The address says which queue; the value says the same and is not looked at, as KVM does not. */
        uint64_t index = (offset - NOTIFY_OFFSET) / NOTIFY_MULTIPLIER;
        if (device->running && index < device->queue_count)
            bk_queue_ring(device->queues[index]);
    } else if (offset >= CONFIG_OFFSET && bk_range_in(offset - CONFIG_OFFSET, length, device->config_size)) {
        if (device->operations->write_config != NULL)
            device->operations->write_config(device, offset - CONFIG_OFFSET, buffer, length);
    }
}

/* Interrupts */

void bk_virtio_interrupt_queue(struct bk_queue *queue)
{
    struct bk_virtio_transport *transport = queue->device->transport;

    transport->isr |= ISR_QUEUE;
    bk_msix_raise(&transport->pci.msix, ((struct bk_virtio_queue *)queue)->registers.vector);
}

static void interrupt_config(struct bk_virtio_transport *transport)
{
    /* §2.1.2 and §4.1.4.3.1: a driver hears of it once it is up; before, it has nothing to re-read. */
    if (!(transport->registers.status & VIRTIO_CONFIG_S_DRIVER_OK))
        return;
    transport->isr |= ISR_CONFIG;
    bk_msix_raise(&transport->pci.msix, transport->registers.config_vector);
}

void bk_virtio_config_changed(struct bk_virtio_device *device)
{
    if (device->transport == NULL) /* not on the bus yet */
        return;
    device->transport->registers.generation++;
    interrupt_config(device->transport);
}

void bk_virtio_device_break(struct bk_virtio_device *device, const char *format, ...)
{
    struct bk_virtio_transport *transport = device->transport;
    char reason[160];
    va_list arguments;

    if (transport == NULL || (transport->registers.status & VIRTIO_CONFIG_S_NEEDS_RESET))
        return;
    device->running = false;
    transport->registers.status |= VIRTIO_CONFIG_S_NEEDS_RESET;
    if (bk_ratelimit_pass(&transport->log_limit)) {
        va_start(arguments, format);
        (void)vsnprintf(reason, sizeof(reason), format, arguments); /* cut short is good enough */
        va_end(arguments);
        bk_warning("%s needs a reset: %s", device->name, reason);
    }
    interrupt_config(transport);
}

/* The device's life */

void bk_virtio_start(struct bk_virtio_transport *transport)
{
    struct bk_virtio_device *device = transport->device;

    device->running = true;
    move_doorbells(&transport->pci);
    if (device->operations->start != NULL)
        device->operations->start(device);
    for (unsigned i = 0; i < device->queue_count; i++)
        bk_queue_ring(device->queues[i]);
}

void bk_virtio_reset(struct bk_pci_device *pci)
{
    struct bk_virtio_transport *transport = transport_of(pci);
    struct bk_virtio_device *device = transport->device;

    device->running = false;
    move_doorbells(pci);
    for (unsigned i = 0; i < device->queue_count; i++)
        bk_queue_disable(device->queues[i]);
    device->operations->reset(device);
    device->negotiated = 0;
    transport->restart_due = true;
    bk_queue_ring(device->queues[0]);
    bk_virtio_common_reset(transport);
}

static void free_transport(struct bk_virtio_transport *transport)
{
    struct bk_virtio_device *device = transport->device;

    for (unsigned i = 0; i < device->queue_count && device->queues[i] != NULL; i++) {
        bk_loop_remove(transport->vm->loop, &transport->queues[i].source);
        bk_close(transport->queues[i].eventfd);
        device->queues[i] = NULL;
    }
    device->transport = NULL;
    free(transport);
}

static void destroy(struct bk_pci_device *pci)
{
    struct bk_virtio_device *device = transport_of(pci)->device;

    device->running = false;
    free_transport(transport_of(pci));
    device->operations->destroy(device);
}

static const struct bk_pci_operations pci_operations = {
    .read = bar_read,
    .write = bar_write,
    .moved = move_doorbells,
    .reset = bk_virtio_reset,
    .destroy = destroy,
};

static unsigned add_structure(struct bk_virtio_transport *transport, uint8_t type, uint32_t offset, uint32_t length)
{
    const bool longer = type == VIRTIO_PCI_CAP_NOTIFY_CFG || type == VIRTIO_PCI_CAP_PCI_CFG;
    const struct virtio_pci_notify_cap capability = {
        .cap.cap_len = longer ? sizeof(capability) : sizeof(capability.cap),
        .cap.cfg_type = type,
        .cap.offset = offset,
        .cap.length = length,
        .notify_off_multiplier = type == VIRTIO_PCI_CAP_NOTIFY_CFG ? NOTIFY_MULTIPLIER : 0,
    };

    return bk_pci_add_capability(&transport->pci, PCI_CAP_ID_VNDR, &capability.cap.cap_len,
                                 capability.cap.cap_len - 2U);
}

/* §4.1.4.7: the whole of the BAR. */
static void add_shared_memory(struct bk_virtio_transport *transport)
{
    const struct bk_virtio_device *device = transport->device;
    const struct virtio_pci_cap64 capability = {
        .cap.cap_len = sizeof(capability),
        .cap.cfg_type = VIRTIO_PCI_CAP_SHARED_MEMORY_CFG,
        .cap.bar = BK_PCI_SHARED_BAR,
        .cap.id = device->shared_id,
        .cap.length = (uint32_t)device->shared->size,
        .length_hi = (uint32_t)(device->shared->size >> 32),
    };

    bk_pci_add_capability(&transport->pci, PCI_CAP_ID_VNDR, &capability.cap.cap_len, sizeof(capability) - 2);
}

static void add_capabilities(struct bk_virtio_transport *transport)
{
    const struct bk_virtio_device *device = transport->device;
    uint8_t *writable = transport->pci.writable;

    static_assert(offsetof(struct virtio_pci_cap, cap_len) == 2, "behind id and next pointer");
    add_structure(transport, VIRTIO_PCI_CAP_COMMON_CFG, COMMON_OFFSET, sizeof(struct bk_virtio_registers));
    add_structure(transport, VIRTIO_PCI_CAP_ISR_CFG, ISR_OFFSET, 1);
    add_structure(transport, VIRTIO_PCI_CAP_NOTIFY_CFG, NOTIFY_OFFSET, NOTIFY_MULTIPLIER * device->queue_count);
    if (device->config_size > 0)
        add_structure(transport, VIRTIO_PCI_CAP_DEVICE_CFG, CONFIG_OFFSET, (uint32_t)device->config_size);
    if (device->shared != NULL)
        add_shared_memory(transport);
    /* The access capability: the BAR for a driver that cannot map it (§4.1.4.9). */
    unsigned access = add_structure(transport, VIRTIO_PCI_CAP_PCI_CFG, 0, 0);
    memset(writable + access + offsetof(struct virtio_pci_cap, bar), 0xff, 1);
    memset(writable + access + offsetof(struct virtio_pci_cap, offset), 0xff, 12); /* offset, length, window */
    transport->pci.window = access + offsetof(struct virtio_pci_cfg_cap, pci_cfg_data);
}

static int add_queue(struct bk_virtio_transport *transport, unsigned index)
{
    struct bk_virtio_queue *queue = &transport->queues[index];

    queue->queue = (struct bk_queue){ .device = transport->device, .memory = &transport->vm->memory, .index = index };
    queue->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (queue->eventfd < 0)
        return -errno;
    transport->device->queues[index] = &queue->queue;
    return bk_loop_add(transport->vm->loop, &queue->source, queue->eventfd, EPOLLIN, on_doorbell, queue);
}

int bk_virtio_pci_add(struct bk_vm *vm, struct bk_virtio_device *device)
{
    assert(device->queue_count > 0 && device->queue_count <= BK_VIRTIO_QUEUES_MAX);
    assert(__builtin_popcount(device->queue_size) == 1 && device->queue_size <= BK_QUEUE_SIZE_MAX);
    assert(device->config_size <= CONFIG_SIZE_MAX);

    struct bk_virtio_transport *transport =
        calloc(1, sizeof(*transport) + device->queue_count * sizeof(transport->queues[0]));
    if (transport == NULL)
        return -ENOMEM;
    transport->device = device;
    transport->vm = vm;
    transport->pci.operations = &pci_operations;
    transport->pci.vendor = VENDOR;
    transport->pci.device = (uint16_t)(DEVICE_BASE + device->type);
    memcpy(transport->pci.pci_class, device->pci_class, sizeof(device->pci_class));
    transport->pci.vectors = device->queue_count + 1;
    transport->pci.shared = device->shared;
    device->transport = transport;
    bk_virtio_common_reset(transport);

    int r = 0;
    for (unsigned i = 0; r == 0 && i < device->queue_count; i++)
        r = add_queue(transport, i);
    if (r == 0)
        r = bk_pci_add(vm->pci, &transport->pci);
    if (r < 0) {
        free_transport(transport);
        return r;
    }
    add_capabilities(transport);
    return 0;
}
