/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest's driver of the socket device, for tests: packets in and out of the fake queues, with the checks that a
 * Linux driver makes; and the bare end of a cable.
 *
 * Input from: trusted
 * Runs in: unit tests and fuzz targets
 */
#ifndef BK_TESTS_FAKE_VSOCK_H
#define BK_TESTS_FAKE_VSOCK_H

#include "cable/vsock.h"
#include "fake_loop.h"
#include "fake_queue.h"

#define FAKE_VSOCK_BUFFER 3776 /* bytes of a Linux guest's receive buffer */
#define FAKE_VSOCK_EVENTS 8

struct fake_vsock {
    struct bk_virtio_device *device;
    struct bk_virtio_transport transport;
    size_t buffer_size;
    bool refill;                          /* a receive buffer is posted again once its packet was fetched */
    uint8_t *received[FAKE_QUEUE_CHAINS]; /* by head */
    uint8_t *sent[FAKE_QUEUE_CHAINS];
    unsigned next_event, fetched_event;
    uint32_t events[FAKE_QUEUE_CHAINS];
};

/* Starts a driver that posts no buffers yet. */
void fake_vsock_start(struct fake_vsock *guest, struct bk_virtio_device *device);
void fake_vsock_reset(struct fake_vsock *guest);   /* it may be started again */
void fake_vsock_destroy(struct fake_vsock *guest); /* the device, too */

void fake_vsock_post(struct fake_vsock *guest, unsigned count);
void fake_vsock_post_events(struct fake_vsock *guest, unsigned count);

/* Puts a packet in the transmit ring, header and payload apart, and notifies. The payload has `size` bytes, whatever
 * the header says. True when the device is done with all that was sent. */
bool fake_vsock_send(struct fake_vsock *guest, const struct bk_vsock_header *header, const void *payload, size_t size);
/* True when the device is done with all that was sent. */
bool fake_vsock_sent(struct fake_vsock *guest);

/* Fetches the next packet, or yields false. Ends the test when the used length is not the packet's. */
bool fake_vsock_receive(struct fake_vsock *guest, struct bk_vsock_packet *packet);
/* Fetches the next event, a transport reset. */
bool fake_vsock_event(struct fake_vsock *guest);

/* The bare end: sends or receives a datagram without waiting. -1: there is none; 0: the far end is gone. */
bool fake_cable_send(int fd, const struct bk_vsock_header *header, const void *payload, size_t size);
ssize_t fake_cable_receive(int fd, struct bk_vsock_packet *packet);

#endif
