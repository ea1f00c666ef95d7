/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A driver and far ends that do anything to the network device. Whatever they do, nothing comes out of a cable that the
 * cable's rules do not allow, and nothing reaches the guest that an app's port may not say.
 *
 * Input: 1 byte, whether it is the trunk; then steps of 1 byte, what to do; 1 byte, how many bytes follow; and those
 * bytes: a buffer's readable part (its first byte: so many times 16 bytes more), or a port and a datagram.
 */
#define _GNU_SOURCE
#include "../unit/network_bench.h"

#include "checked.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 200U
#define PORT      3U

enum step {
    TRANSMIT,
    OFFER, /* a buffer to receive in, of 16 times the first byte */
    DATAGRAM,
    RECEIVE, /* the far ends read what there is */
    PLUG,
    UNPLUG,
    RESET,
    STEPS,
};

/* What a driver made available lives until the device is gone or reset. */
static struct buffer {
    uint8_t *out, *in;
    uint16_t head;
    bool to_receive;
} *buffers;
static unsigned buffer_count;
static bool trunk;

static void require(bool condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    bk_log_open("fuzz", NULL, -1);
    buffers = calloc(STEPS_MAX, sizeof *buffers);
    require(buffers != NULL);
    return 0;
}

/* Blocks of just their size, so that the sanitizer sees a byte too far. */
static void add(struct network_bench *bench, unsigned queue, const uint8_t *bytes, size_t size)
{
    bool receive = queue == NETWORK_RX;
    size_t more = size > 0 ? bytes[0] * 16U : 0, given = size > 0 ? size - 1 : 0;
    size_t out = receive ? 0 : given + more, in = receive ? more : 0;
    struct buffer *buffer = &buffers[buffer_count++];

    buffer->out = calloc(1, out + 1);
    buffer->in = malloc(in + 1);
    require(buffer->out != NULL && buffer->in != NULL);
    if (!receive && given > 0)
        memcpy(buffer->out, bytes + 1, given);
    buffer->to_receive = receive;
    buffer->head = fake_queue_add_buffers(bench->device, queue, buffer->out, out, buffer->in, in);
    fake_queue_notify(bench->device, queue);
}

static void free_buffers(void)
{
    while (buffer_count > 0) {
        free(buffers[--buffer_count].out);
        free(buffers[buffer_count].in);
    }
}

static void reset(struct network_bench *bench)
{
    fake_device_reset(bench->device);
    free_buffers();
    fake_device_start(bench->device, &bench->transport);
}

static void send_datagram(struct network_bench *bench, const uint8_t *bytes, size_t size)
{
    if (size > 0 && bench->far[bytes[0] % NETWORK_PORTS] >= 0)
        network_bench_send(bench, bytes[0] % NETWORK_PORTS, bytes + 1, size - 1);
}

static void receive_all(struct network_bench *bench)
{
    uint8_t frame[BK_ETHERNET_FRAME_MAX], mac[BK_ETHERNET_MAC_SIZE];
    size_t size;

    bk_ethernet_mac(PORT, mac);
    for (unsigned port = 0; port < NETWORK_PORTS; port++) {
        while (bench->far[port] >= 0 && (size = network_bench_receive(bench, port, frame, sizeof frame)) > 0) {
            require(port == 0 ? !trunk : trunk);
            require(bk_ethernet_find_problem(frame, size, trunk ? NULL : mac) == NULL);
        }
    }
}

static void check_received(const uint8_t *in, size_t written)
{
    uint8_t mac[BK_ETHERNET_MAC_SIZE];
    const uint8_t *frame = in + NETWORK_HEADER;

    require(written >= NETWORK_HEADER + BK_ETHERNET_FRAME_MIN);
    if (!trunk)
        return;
    unsigned port = (unsigned)frame[14] << 8 | frame[15];
    require(bk_ethernet_type(frame) == BK_ETHERNET_TAG && port > 0 && port < NETWORK_PORTS);
    bk_ethernet_mac(port, mac);
    require(port == BK_ETHERNET_PORT_UPLINK || memcmp(frame + sizeof mac, mac, sizeof mac) == 0);
}

static void take_answers(struct network_bench *bench)
{
    uint16_t head;
    size_t written;

    while (fake_queue_next_answer(bench->device, NETWORK_TX, NULL, NULL))
        ;
    while (fake_queue_next_answer(bench->device, NETWORK_RX, &head, &written)) {
        const struct buffer *found = NULL; /* the last with this head: it is used again */
        for (unsigned i = 0; i < buffer_count; i++) {
            if (buffers[i].to_receive && buffers[i].head == head)
                found = &buffers[i];
        }
        if (found == NULL)
            abort();
        check_received(found->in, written);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct network_bench bench;

    if (size == 0)
        return 0;
    trunk = data[0] % 2 != 0;
    data++;
    size--;
    network_bench_open(&bench, trunk ? BK_ETHERNET_PORT_UPLINK : PORT, trunk);
    for (unsigned port = trunk; port < (trunk ? NETWORK_PORTS : 1); port++)
        network_bench_plug(&bench, port);
    for (unsigned i = 0; i < STEPS_MAX && size >= 2; i++) {
        size_t length = bk_min((size_t)data[1], size - 2);
        const uint8_t *bytes = data + 2;
        unsigned port = trunk ? 1 + (length > 0 ? bytes[0] : 0) % (NETWORK_PORTS - 1) : 0;

        switch (data[0] % STEPS) {
        case TRANSMIT:
            add(&bench, NETWORK_TX, bytes, length);
            break;
        case OFFER:
            add(&bench, NETWORK_RX, bytes, length);
            break;
        case DATAGRAM:
            send_datagram(&bench, bytes, length);
            break;
        case RECEIVE:
            receive_all(&bench);
            break;
        case PLUG:
            network_bench_plug(&bench, port);
            break;
        case UNPLUG:
            network_bench_unplug(&bench, port);
            break;
        default:
            reset(&bench);
            break;
        }
        fake_loop_settle(bench.loop, 1000);
        take_answers(&bench);
        if (bench.transport.broken)
            reset(&bench);
        data += 2 + length;
        size -= 2 + length;
    }
    receive_all(&bench);
    network_bench_close(&bench);
    free_buffers();
    return 0;
}
