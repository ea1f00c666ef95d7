/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "devices/entropy.h"

#include "devices/deferred.h"
#include "virtio/device.h"
#include "virtio/queue.h"

#include "cleanup.h"

#include <errno.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* system calls [io]: getrandom */

/* Buffers filled before the VM's other work goes first. */
#define BUFFERS_AT_ONCE 16

struct entropy {
    struct bk_virtio_device device;
    struct bk_deferred more;
};

static void serve(void *userdata)
{
    struct entropy *entropy = userdata;
    struct bk_queue *queue = entropy->device.queues[0];
    struct bk_chain chain;
    uint8_t bytes[BK_ENTROPY_REQUEST_MAX];

    for (unsigned i = 0; bk_queue_pop(queue, &chain) == BK_POP_CHAIN; i++) {
        if (i == BUFFERS_AT_ONCE) {
            bk_queue_unpop(queue);
            bk_deferred_schedule(&entropy->more);
            break;
        }
        if (chain.in_size == 0) {
            bk_virtio_device_break(&entropy->device, "a request without a buffer to fill");
            return;
        }
        size_t wanted = chain.in_size < sizeof bytes ? chain.in_size : sizeof bytes;
        ssize_t n = getrandom(bytes, wanted, 0); /* the pool is ready: the host booted long ago */
        size_t written = n > 0 ? bk_chain_write(&chain, 0, bytes, (size_t)n) : 0;
        bk_queue_push(queue, &chain, written);
    }
    bk_queue_interrupt(queue);
    explicit_bzero(bytes, sizeof bytes);
}

static void notify(struct bk_virtio_device *device, unsigned index)
{
    (void)index;
    serve(device);
}

static void reset(struct bk_virtio_device *device)
{
    (void)device; /* no state */
}

static void destroy(struct bk_virtio_device *device)
{
    struct entropy *entropy = (struct entropy *)device;

    bk_deferred_finish(&entropy->more);
    free(entropy);
}

static const struct bk_virtio_operations operations = {
    .reset = reset,
    .notify = notify,
    .destroy = destroy,
};

int bk_entropy_create(struct bk_loop *loop, struct bk_virtio_device **ret_device)
{
    _cleanup_free_ struct entropy *entropy = calloc(1, sizeof *entropy);

    if (entropy == NULL)
        return -ENOMEM;
    entropy->device = (struct bk_virtio_device){
        .operations = &operations,
        .name = "entropy",
        .type = VIRTIO_ID_RNG,
        .queue_count = 1,
        .queue_size = 64,
        .pci_class = { 0x10, 0x00, 0x00 }, /* encryption controller */
        .loop = loop,
    };
    int r = bk_deferred_init(&entropy->more, loop, serve, entropy);
    if (r < 0)
        return r;
    *ret_device = &TAKE_PTR(entropy)->device;
    return 0;
}
