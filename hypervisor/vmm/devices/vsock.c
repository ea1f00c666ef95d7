/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's side of the socket device: chains of its transmit ring become packets, packets become chains of its
 * receive ring.
 *
 * Theory. One packet at a time is staged for the guest, so what the guest does not take stays in the cable. A
 * packet is longer than a receive buffer (a Linux guest's holds 3732 bytes of payload) and is cut into pieces, each
 * with a header of its own that says the piece's length: a guest drops a packet whose length is not what was
 * written.
 *
 * A reset may come in a vCPU's thread, which may make few system calls: there it only leaves a note, and everything
 * else is done in the I/O thread.
 */
#include "devices/vsock.h"

#include "devices/ranges.h"
#include "devices/vsock_device.h"

#include <assert.h>
#include <linux/virtio_ids.h>
#include <string.h>

#define QUEUE_SIZE      256
#define PACKETS_AT_ONCE 128 /* to the guest, before other devices have their turn */

static_assert(BK_QUEUE_SIZE_MAX + 1 <= BK_VSOCK_RANGES_MAX, "the longest chain, with the header apart");

static struct bk_vsock_device *device_of(struct bk_virtio_device *base)
{
    return (struct bk_vsock_device *)base;
}

/* From the guest */

static void answer_reset(struct bk_vsock_device *device, const struct bk_vsock_header *header)
{
    if (device->answer_count < BK_VSOCK_ANSWERS_MAX)
        device->answers[device->answer_count++] = bk_vsock_make_reset(header);
    else if (bk_ratelimit_pass(&device->limit))
        bk_warning("%s: the guest does not take its RSTs; some are not sent", device->base.name);
}

static bool take_packet(struct bk_virtio_device *base, const struct bk_chain *chain)
{
    struct bk_vsock_device *device = device_of(base);
    struct bk_queue *queue = base->queues[BK_VSOCK_QUEUE_TRANSMIT];
    struct bk_vsock_outgoing packet;

    if (chain->in_count > 0 || chain->out_size < sizeof packet.header) {
        bk_virtio_device_break(base, "transmit chain with %zu bytes to read and %zu to write", chain->out_size,
                               chain->in_size);
        return false;
    }
    bk_chain_read(chain, 0, &packet.header, sizeof packet.header);
    packet.payload_size = chain->out_size - sizeof packet.header;
    packet.ranges[0] = (struct iovec){ .iov_base = &packet.header, .iov_len = sizeof packet.header };
    packet.count =
        1 + bk_ranges_slice(chain->out, chain->out_count, sizeof packet.header, packet.payload_size, packet.ranges + 1);

    enum bk_vsock_verdict verdict = device->end->send(device, &packet);
    device->waiting = verdict == BK_VSOCK_WAIT;
    if (device->waiting) {
        bk_queue_unpop(queue);
        return false;
    }
    if (verdict == BK_VSOCK_REFUSE && packet.header.op != BK_VSOCK_OP_RST)
        answer_reset(device, &packet.header);
    bk_queue_push(queue, chain, 0);
    return true;
}

/* To the guest */

static bool stage_packet(struct bk_vsock_device *device, unsigned *budget)
{
    if (device->answer_count > 0) {
        device->packet.header = device->answers[--device->answer_count];
    } else if (!device->end->receive(device, &device->packet, budget)) {
        return false;
    }
    device->staged = true;
    device->given = 0;
    return true;
}

/* Gives the staged packet, or as much of it as one buffer holds. False when there is no buffer. */
static bool give_piece(struct bk_vsock_device *device)
{
    struct bk_queue *queue = device->base.queues[BK_VSOCK_QUEUE_RECEIVE];
    struct bk_vsock_header header = device->packet.header;
    size_t left = header.len - device->given;
    struct bk_chain chain;

    if (!bk_queue_pop(queue, &chain))
        return false;
    if (chain.out_count > 0 || chain.in_size <= sizeof header) {
        bk_virtio_device_break(&device->base, "receive chain with %zu bytes to read and %zu to write", chain.out_size,
                               chain.in_size);
        return false;
    }
    size_t room = chain.in_size - sizeof header;
    size_t size = left < room ? left : room;
    header.len = (uint32_t)size;
    bk_chain_write(&chain, 0, &header, sizeof header);
    bk_chain_write(&chain, sizeof header, device->packet.payload + device->given, size);
    bk_queue_push(queue, &chain, sizeof header + size);
    device->given += size;
    device->staged = size < left;
    return true;
}

static void give_packets(struct bk_vsock_device *device)
{
    struct bk_queue *queue = device->base.queues[BK_VSOCK_QUEUE_RECEIVE];
    unsigned budget = PACKETS_AT_ONCE;

    while ((device->staged || stage_packet(device, &budget)) && give_piece(device))
        ;
    bk_queue_interrupt(queue);
    if (budget == 0 && !device->staged) /* else nothing is left, or there is no buffer, which the driver will tell */
        bk_queue_ring(queue);
}

void bk_vsock_device_run(struct bk_virtio_device *base)
{
    struct bk_vsock_device *device = device_of(base);

    if (device->restarted) {
        device->restarted = false;
        device->waiting = false;
        device->end->restart(device);
    }
    if (base->running && !device->waiting)
        bk_queue_serve(base->queues[BK_VSOCK_QUEUE_TRANSMIT], take_packet);
    if (base->running)
        give_packets(device);
}

/* The device */

static void read_config(struct bk_virtio_device *base, size_t offset, void *buffer, size_t length)
{
    const uint64_t guest_cid = device_of(base)->guest_cid; /* little-endian, as this machine is (vsock_cable.h) */

    memcpy(buffer, (const uint8_t *)&guest_cid + offset, length);
}

static void reset(struct bk_virtio_device *base)
{
    struct bk_vsock_device *device = device_of(base);

    device->staged = false;
    device->answer_count = 0;
    device->restarted = true;
}

static void notify(struct bk_virtio_device *base, unsigned index)
{
    struct bk_vsock_device *device = device_of(base);

    if (index == BK_VSOCK_QUEUE_EVENT && device->end->notify_event != NULL)
        device->end->notify_event(device);
    bk_vsock_device_run(base);
}

static void destroy(struct bk_virtio_device *base)
{
    device_of(base)->end->destroy(device_of(base));
}

static const struct bk_virtio_operations operations = {
    .read_config = read_config,
    .reset = reset,
    .restart = bk_vsock_device_run,
    .notify = notify,
    .destroy = destroy,
};

struct bk_virtio_device *bk_vsock_device_init(struct bk_vsock_device *device, const struct bk_vsock_end *end,
                                              struct bk_loop *loop, uint32_t guest_cid)
{
    device->base = (struct bk_virtio_device){
        .operations = &operations,
        .name = "vsock",
        .type = VIRTIO_ID_VSOCK,
        .queue_count = 3,
        .queue_size = QUEUE_SIZE,
        .config_size = sizeof(uint64_t),
        .pci_class = { 0x07, 0x80, 0x00 }, /* communication controller, other */
        .loop = loop,
    };
    device->end = end;
    device->guest_cid = guest_cid;
    return &device->base;
}

int bk_vsock_plug(struct bk_virtio_device *base, uint32_t cid, int fd)
{
    int r = device_of(base)->end->plug(device_of(base), cid, fd);

    bk_vsock_device_run(base); /* what waited for the cable before, or is over with it */
    return r;
}
