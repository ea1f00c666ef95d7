/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network device between a driver and far ends of cables that are the test's own.
 *
 * Input from: trusted
 * Runs in: unit tests and fuzz targets
 */
#ifndef BK_TESTS_NETWORK_BENCH_H
#define BK_TESTS_NETWORK_BENCH_H

#include "cable/ethernet.h"
#include "fake_loop.h"
#include "fake_queue.h"

#define NETWORK_RX     0U
#define NETWORK_TX     1U
#define NETWORK_HEADER 12U /* bytes, of virtio-net */
#define NETWORK_PORTS  5U  /* of those that the bench can plug in, from 0 on */

struct network_bench {
    struct bk_loop *loop;
    struct bk_ethernet *cables;
    struct bk_virtio_device *device;
    struct bk_virtio_transport transport;
    int far[NETWORK_PORTS]; /* -1: there is no cable */
};

/* An app's card at this port, or the trunk. */
void network_bench_open(struct network_bench *bench, unsigned port, bool trunk);
void network_bench_close(struct network_bench *bench);

/* A new cable, in place of the one before; its far end does not block. */
void network_bench_plug(struct network_bench *bench, unsigned port);
void network_bench_unplug(struct network_bench *bench, unsigned port);

/* A datagram from the far end of this port's cable, and what comes of it. */
void network_bench_send(struct network_bench *bench, unsigned port, const void *data, size_t size);
/* The next one there; its size, 0 when there is none. */
size_t network_bench_receive(struct network_bench *bench, unsigned port, void *buffer, size_t size);

#endif
