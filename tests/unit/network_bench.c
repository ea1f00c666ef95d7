/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "network_bench.h"

#include "devices/network.h"

#include "checked.h"
#include "cleanup.h"
#include "io.h"

#include <stdlib.h>
#include <sys/socket.h>

#define TURNS_MAX 1000U

static void require(bool condition)
{
    if (!condition)
        abort();
}

void network_bench_open(struct network_bench *bench, unsigned port, bool trunk)
{
    *bench = (struct network_bench){ .loop = fake_loop_create() };
    for (unsigned i = 0; i < NETWORK_PORTS; i++)
        bench->far[i] = -1;
    require(bk_ethernet_create(bench->loop, &bench->cables) == 0);
    require(bk_network_create(bench->loop, bench->cables, port, trunk, &bench->device) == 0);
    fake_device_start(bench->device, &bench->transport);
}

void network_bench_close(struct network_bench *bench)
{
    fake_device_destroy(bench->device);
    bk_ethernet_destroy(bench->cables);
    fake_loop_destroy(bench->loop);
    for (unsigned i = 0; i < NETWORK_PORTS; i++)
        bk_close(bench->far[i]);
}

void network_bench_plug(struct network_bench *bench, unsigned port)
{
    int ends[2];

    require(port < NETWORK_PORTS);
    bk_close(bench->far[port]);
    require(bk_socketpair(BK_ETHERNET_CABLE_BUFFER, ends) == 0 && bk_set_nonblock(ends[1]) == 0);
    bench->far[port] = ends[1];
    require(bk_ethernet_plug(bench->cables, port, ends[0]) == 0);
    fake_loop_settle(bench->loop, TURNS_MAX);
}

void network_bench_unplug(struct network_bench *bench, unsigned port)
{
    bench->far[port] = bk_close(bench->far[port]);
    fake_loop_settle(bench->loop, TURNS_MAX);
}

void network_bench_send(struct network_bench *bench, unsigned port, const void *data, size_t size)
{
    (void)send(bench->far[port], data, size, MSG_NOSIGNAL);
    fake_loop_settle(bench->loop, TURNS_MAX);
}

size_t network_bench_receive(struct network_bench *bench, unsigned port, void *buffer, size_t size)
{
    fake_loop_settle(bench->loop, TURNS_MAX);
    ssize_t n = recv(bench->far[port], buffer, size, MSG_DONTWAIT | MSG_TRUNC);
    require(n <= (ssize_t)size);
    return n > 0 ? (size_t)n : 0;
}
