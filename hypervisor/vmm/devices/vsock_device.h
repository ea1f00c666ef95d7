/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the App VM's socket device and the System VM's have in common: the guest's side. What is behind it is an end.
 *
 * Input from: guest
 * Runs in: bk-vmm, I/O thread
 */
#ifndef BK_DEVICES_VSOCK_DEVICE_H
#define BK_DEVICES_VSOCK_DEVICE_H

#include "cable/vsock.h"
#include "virtio/device.h"
#include "virtio/queue.h"

#define BK_VSOCK_QUEUE_RECEIVE  0
#define BK_VSOCK_QUEUE_TRANSMIT 1
#define BK_VSOCK_QUEUE_EVENT    2

/* RSTs to the guest that wait for its ring; what is beyond is not sent: waiting for a guest that itself waits for its
 * transmit ring to move would be for ever. Four times what a Linux guest lets wait before it stops receiving. */
#define BK_VSOCK_ANSWERS_MAX 512

struct bk_vsock_device;

/* All in the I/O thread. */
struct bk_vsock_end {
    /* fd is -1: unplug. */
    int (*plug)(struct bk_vsock_device *device, uint32_t cid, int fd);
    /* The driver was reset, once or more, since the last call of anything here. */
    void (*restart)(struct bk_vsock_device *device);
    /* A packet from the guest, its shape unchecked. BK_VSOCK_WAIT: the end clears `waiting` and runs the device when
     * there is room. */
    enum bk_vsock_verdict (*send)(struct bk_vsock_device *device, struct bk_vsock_outgoing *packet);
    /* The next packet for the guest, if there is one. What is looked at, packets that nobody gets too, counts against
     * `budget`; at 0 there may be more. */
    bool (*receive)(struct bk_vsock_device *device, struct bk_vsock_packet *packet, unsigned *budget);
    /* The guest notified the event queue. May be NULL. */
    void (*notify_event)(struct bk_vsock_device *device);
    void (*destroy)(struct bk_vsock_device *device);
};

/* The first member of each end's own structure, which one calloc() made. */
struct bk_vsock_device {
    struct bk_virtio_device base;
    const struct bk_vsock_end *end;
    uint32_t guest_cid;
    struct bk_ratelimit limit;

    bool restarted; /* the end was not told yet */
    bool waiting;   /* what the guest sends waits for the end */

    bool staged; /* `packet` is on its way into the guest's ring, all but `given` bytes of payload */
    size_t given;
    struct bk_vsock_packet packet;

    unsigned answer_count; /* their order does not matter: the last is given first */
    struct bk_vsock_header answers[BK_VSOCK_ANSWERS_MAX];
};

/* Yields the device that `device` embeds. */
struct bk_virtio_device *bk_vsock_device_init(struct bk_vsock_device *device, const struct bk_vsock_end *end,
                                              struct bk_loop *loop, uint32_t guest_cid);

/* Moves packets both ways as far as they go. */
void bk_vsock_device_run(struct bk_virtio_device *base);

#endif
