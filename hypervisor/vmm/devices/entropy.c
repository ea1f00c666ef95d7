/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "devices/entropy.h"

#include "virtio/device.h"
#include "virtio/queue.h"

#include <errno.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* system calls [io]: getrandom */

static bool fill(struct bk_virtio_device *device, const struct bk_chain *chain)
{
    uint8_t bytes[BK_ENTROPY_REQUEST_MAX];

    if (chain->in_size == 0) {
        bk_virtio_device_break(device, "a request without a buffer to fill");
        return false;
    }
    size_t wanted = chain->in_size < sizeof bytes ? chain->in_size : sizeof bytes;
    ssize_t n = getrandom(bytes, wanted, 0); /* the pool is ready: the host booted long ago */
    size_t written = n > 0 ? bk_chain_write(chain, 0, bytes, (size_t)n) : 0;
    bk_queue_push(device->queues[0], chain, written);
    explicit_bzero(bytes, sizeof bytes);
    return true;
}

static void notify(struct bk_virtio_device *device, unsigned index)
{
    bk_queue_serve(device->queues[index], fill);
}

static void reset(struct bk_virtio_device *device)
{
    (void)device; /* no state */
}

static void destroy(struct bk_virtio_device *device)
{
    free(device);
}

static const struct bk_virtio_operations operations = {
    .reset = reset,
    .notify = notify,
    .destroy = destroy,
};

int bk_entropy_create(struct bk_loop *loop, struct bk_virtio_device **ret_device)
{
    struct bk_virtio_device *device = calloc(1, sizeof *device);

    if (device == NULL)
        return -ENOMEM;
    *device = (struct bk_virtio_device){
        .operations = &operations,
        .name = "entropy",
        .type = VIRTIO_ID_RNG,
        .queue_count = 1,
        .queue_size = 64,
        .pci_class = { 0x10, 0x00, 0x00 }, /* encryption controller */
        .loop = loop,
    };
    *ret_device = device;
    return 0;
}
