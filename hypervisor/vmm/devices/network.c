/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frame is copied out of the guest's memory once, and the copy is checked and sent: no guest changes it afterwards.
 * What may not be sent, or finds no room, is dropped, and the driver gets its buffer back all the same.
 *
 * One frame is staged for the guest; while it has no buffer, all others stay in their cables.
 */
#define _GNU_SOURCE
#include "devices/network.h"

#include "cable/ethernet.h"
#include "virtio/device.h"
#include "virtio/queue.h"

#include "log.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <stdlib.h>

#define RECEIVE        0
#define TRANSMIT       1
#define QUEUE_SIZE     256
#define FRAMES_AT_ONCE 128 /* to the guest, before other devices have their turn */
#define ADDRESSES_SIZE (2 * BK_ETHERNET_MAC_SIZE)
#define TAGGED_MAX     (BK_ETHERNET_FRAME_MAX + BK_ETHERNET_TAG_SIZE)

struct network {
    struct bk_virtio_device device;
    struct bk_ethernet *cables;
    uint8_t mac[BK_ETHERNET_MAC_SIZE];
    bool trunk;
    uint8_t staged[TAGGED_MAX];
    size_t staged_size; /* 0: none is */
    uint64_t dropped;   /* of frames that nobody may send */
    struct bk_ratelimit limit;
};

static void drop(struct network *network, const char *from, unsigned port, const char *problem)
{
    network->dropped++;
    if (bk_ratelimit_pass(&network->limit))
        bk_warning("network: a frame from %s %u is dropped: it is %s; that makes %" PRIu64, from, port, problem,
                   network->dropped);
}

/* From the guest */

/* Takes the tag out: yields the port that it names, or 0, which no frame from the guest has. */
static unsigned untag(uint8_t *frame, size_t *size)
{
    if (*size < BK_ETHERNET_FRAME_MIN + BK_ETHERNET_TAG_SIZE || bk_ethernet_type(frame) != BK_ETHERNET_TAG)
        return 0;
    unsigned port = ((unsigned)frame[ADDRESSES_SIZE + 2] << 8 | frame[ADDRESSES_SIZE + 3]) & 0xfff;
    *size -= BK_ETHERNET_TAG_SIZE;
    memmove(frame + ADDRESSES_SIZE, frame + ADDRESSES_SIZE + BK_ETHERNET_TAG_SIZE, *size - ADDRESSES_SIZE);
    return port;
}

static bool take_frame(struct bk_virtio_device *device, const struct bk_chain *chain)
{
    struct network *network = (struct network *)device;
    const size_t header = sizeof(struct virtio_net_hdr_v1); /* it asks for offloads, of which there are none */
    uint8_t frame[TAGGED_MAX];
    const char *problem = "too short or too long";
    unsigned port = 0;

    if (chain->in_count > 0 || chain->out_size < header) {
        bk_virtio_device_break(device, "a frame of %zu bytes with its header, and %zu to write", chain->out_size,
                               chain->in_size);
        return false;
    }
    size_t size = chain->out_size - header;
    if (size <= sizeof frame) {
        bk_chain_read(chain, header, frame, size);
        if (network->trunk)
            port = untag(frame, &size);
        problem = network->trunk && port == 0
                      ? "without a tag"
                      : bk_ethernet_find_problem(frame, size, network->trunk ? NULL : network->mac);
    }
    if (problem != NULL)
        drop(network, "the guest, to port", port, problem);
    else
        (void)bk_ethernet_send(network->cables, port, frame, size);
    bk_queue_push(device->queues[TRANSMIT], chain, 0);
    return true;
}

/* To the guest */

static bool stage_frame(struct network *network, unsigned *budget)
{
    const char *problem;
    unsigned port;

    for (; *budget > 0; --*budget) {
        ssize_t n = bk_ethernet_receive(network->cables, network->staged, &port, &problem);
        if (n == 0)
            return false;
        if (n < 0) {
            drop(network, "port", port, problem);
            continue;
        }
        network->staged_size = (size_t)n;
        if (network->trunk) {
            const uint8_t tag[BK_ETHERNET_TAG_SIZE] = { BK_ETHERNET_TAG >> 8, BK_ETHERNET_TAG & 0xff,
                                                        (uint8_t)(port >> 8), (uint8_t)port };
            uint8_t *at = network->staged + ADDRESSES_SIZE;
            memmove(at + sizeof tag, at, network->staged_size - ADDRESSES_SIZE);
            memcpy(at, tag, sizeof tag);
            network->staged_size += sizeof tag;
        }
        --*budget;
        return true;
    }
    return false;
}

/* False when there is no buffer. */
static bool give_frame(struct network *network)
{
    static const struct virtio_net_hdr_v1 header = { .num_buffers = 1 };
    struct bk_queue *queue = network->device.queues[RECEIVE];
    struct bk_chain chain;

    if (!bk_queue_pop(queue, &chain))
        return false;
    if (chain.out_count > 0 || chain.in_size < sizeof header + network->staged_size) {
        bk_virtio_device_break(&network->device, "a buffer with %zu bytes to read and %zu to write", chain.out_size,
                               chain.in_size);
        return false;
    }
    bk_chain_write(&chain, 0, &header, sizeof header);
    bk_chain_write(&chain, sizeof header, network->staged, network->staged_size);
    bk_queue_push(queue, &chain, sizeof header + network->staged_size);
    network->staged_size = 0;
    return true;
}

static void give_frames(void *userdata)
{
    struct network *network = userdata;
    struct bk_queue *queue = network->device.queues[RECEIVE];
    unsigned budget = FRAMES_AT_ONCE;

    if (!network->device.running)
        return;
    while ((network->staged_size > 0 || stage_frame(network, &budget)) && give_frame(network))
        ;
    bk_queue_interrupt(queue);
    if (budget == 0 && network->staged_size == 0) /* else nothing is left, or the driver will tell of a buffer */
        bk_queue_ring(queue);
}

/* The device */

static void notify(struct bk_virtio_device *device, unsigned index)
{
    if (index == TRANSMIT)
        bk_queue_serve(device->queues[TRANSMIT], take_frame);
    else
        give_frames(device);
}

static void read_config(struct bk_virtio_device *device, size_t offset, void *buffer, size_t length)
{
    const struct network *network = (const struct network *)device;

    memcpy(buffer, network->mac + offset, length);
}

static void reset(struct bk_virtio_device *device)
{
    (void)device; /* no state is the driver's; a frame that is staged comes to the next one */
}

static void destroy(struct bk_virtio_device *device)
{
    struct network *network = (struct network *)device;

    bk_ethernet_listen(network->cables, NULL, NULL);
    free(network);
}

static const struct bk_virtio_operations operations = {
    .read_config = read_config,
    .reset = reset,
    .notify = notify,
    .destroy = destroy,
};

int bk_network_create(struct bk_loop *loop, struct bk_ethernet *cables, unsigned port, bool trunk,
                      struct bk_virtio_device **ret_device)
{
    struct network *network = calloc(1, sizeof *network);

    if (network == NULL)
        return -ENOMEM;
    network->device = (struct bk_virtio_device){
        .operations = &operations,
        .name = "network",
        .type = VIRTIO_ID_NET,
        .features = 1ULL << VIRTIO_NET_F_MAC,
        .queue_count = 2,
        .queue_size = QUEUE_SIZE,
        .config_size = BK_ETHERNET_MAC_SIZE,
        .pci_class = { 0x02, 0x00, 0x00 }, /* network controller: ethernet */
        .loop = loop,
    };
    network->cables = cables;
    network->trunk = trunk;
    bk_ethernet_mac(port, network->mac);
    bk_ethernet_listen(cables, give_frames, network);
    *ret_device = &network->device;
    return 0;
}
