/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio/queue.h and virtio/device.h over plain arrays, for tests of devices: the test is the driver.
 *
 * Input from: trusted
 * Runs in: unit tests and fuzz targets
 *
 * Buffers are the test's own memory. A chain that is answered twice, or was never taken, ends the test.
 */
#ifndef BK_TESTS_FAKE_QUEUE_H
#define BK_TESTS_FAKE_QUEUE_H

#include "virtio/device.h"
#include "virtio/queue.h"

#define FAKE_QUEUE_CHAINS 256 /* not answered yet, in one queue */

/* What the device told its transport. */
struct bk_virtio_transport {
    bool broken;
    char reason[256];
    unsigned config_changes;
};

/* Plays the transport: gives the device its queues and lets it run with all the features that it offers. */
void fake_device_start(struct bk_virtio_device *device, struct bk_virtio_transport *transport);
/* The driver's reset: the device forgets every chain, and so do the queues. It may be started again. */
void fake_device_reset(struct bk_virtio_device *device);
/* Resets and destroys. */
void fake_device_destroy(struct bk_virtio_device *device);

/* Makes a chain available; the ranges are copied, what they point to is not. Yields the chain's head, which is
 * free for use again after its answer was fetched. */
uint16_t fake_queue_add(struct bk_virtio_device *device, unsigned index, const struct iovec *out, unsigned out_count,
                        const struct iovec *in, unsigned in_count);
/* The same with at most one range each; a NULL range is left out. */
uint16_t fake_queue_add_buffers(struct bk_virtio_device *device, unsigned index, const void *out, size_t out_size,
                                void *in, size_t in_size);
/* True when `head` was answered; fetches its used length then. */
bool fake_queue_answered(struct bk_virtio_device *device, unsigned index, uint16_t head, size_t *ret_written);
/* Takes the oldest answer not fetched yet. */
bool fake_queue_next_answer(struct bk_virtio_device *device, unsigned index, uint16_t *ret_head, size_t *ret_written);
/* Calls the device's notify and yields how often the driver was interrupted meanwhile. */
unsigned fake_queue_notify(struct bk_virtio_device *device, unsigned index);
unsigned fake_queue_interrupts(struct bk_virtio_device *device, unsigned index); /* since the start */
unsigned fake_queue_available(struct bk_virtio_device *device, unsigned index);  /* chains not taken yet */

#endif
