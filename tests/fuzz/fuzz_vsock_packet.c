/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets from a guest's driver and out of cables, to the App VM's socket device or the System VM's. Whatever comes
 * in, what comes out on the other side keeps to docs/protocols/vsock-cable.md, and the loop comes to rest.
 *
 * Input: a byte that chooses the device, a 16-bit size of receive buffers, then steps: a byte that says what to do,
 * a byte that says with which cable, and what the step needs (see below). Numbers are little-endian. A step that
 * is cut short is the end.
 */
#define _GNU_SOURCE
#include "devices/vsock.h"

#include "../unit/fake_vsock.h"
#include "io.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CABLES     3U
#define FIRST      16U
#define CHAINS_MAX 100U
#define STEPS_MAX  200U

enum step {
    STEP_GUEST_SENDS,  /* header, 16-bit size of what follows it */
    STEP_CABLE_SENDS,  /* the same */
    STEP_CABLE_SHORT,  /* 8-bit size: fewer bytes than a header, or none */
    STEP_GUEST_CHAIN,  /* 8-bit size: a transmit chain of that many bytes, header and all, cut in two */
    STEP_GUEST_POSTS,  /* 8-bit number of receive buffers */
    STEP_GUEST_EVENTS, /* 8-bit number of event buffers */
    STEP_CABLE_READS,
    STEP_CABLE_ENDS, /* and is plugged again */
    STEP_UNPLUG,
    STEP_RESTART,
    STEPS,
};

struct input {
    const uint8_t *data;
    size_t size;
};

static struct fake_vsock guest;
static struct bk_loop *loop;
static int cables[CABLES];
static unsigned cable_count;
static bool is_system;
static struct bk_vsock_packet packet;
static uint8_t bytes[UINT16_MAX];

static bool take(struct input *input, void *to, size_t size)
{
    if (input->size < size)
        return false;
    memcpy(to, input->data, size);
    input->data += size;
    input->size -= size;
    return true;
}

static void check(bool right)
{
    if (!right)
        abort();
}

static void plug(unsigned index)
{
    int fds[2];

    check(bk_socketpair(BK_VSOCK_CABLE_BUFFER, fds) == 0);
    cables[index] = fds[0];
    check(bk_vsock_plug(guest.device, is_system ? FIRST + index : BK_VSOCK_CID_SYSTEM, fds[1]) == 0);
}

static void check_shape(const struct bk_vsock_header *header)
{
    check(header->op >= BK_VSOCK_OP_REQUEST && header->op <= BK_VSOCK_OP_CREDIT_REQUEST);
    check(header->type == BK_VSOCK_TYPE_STREAM || header->op == BK_VSOCK_OP_RST);
    check((header->op == BK_VSOCK_OP_RW) == (header->len > 0) && header->len <= BK_VSOCK_PAYLOAD_MAX);
}

static void guest_fetches(void)
{
    while (fake_vsock_receive(&guest, &packet)) {
        const struct bk_vsock_header *header = &packet.header;
        check_shape(header);
        check(header->dst_cid == (is_system ? BK_VSOCK_CID_SYSTEM_GUEST : FIRST));
        if (header->op == BK_VSOCK_OP_RST)
            check(header->src_cid <= UINT32_MAX); /* it may come from where nobody is */
        else if (is_system)
            check(header->src_cid >= FIRST && header->src_cid < FIRST + CABLES);
        else
            check(header->src_cid == BK_VSOCK_CID_SYSTEM);
    }
    while (fake_vsock_event(&guest))
        ;
    fake_vsock_sent(&guest);
}

static void cable_reads(unsigned index)
{
    while (fake_cable_receive(cables[index], &packet) > 0) {
        const struct bk_vsock_header *header = &packet.header;
        check(header->src_cid == (is_system ? BK_VSOCK_CID_SYSTEM : FIRST));
        check(header->dst_cid == (is_system ? FIRST + index : BK_VSOCK_CID_SYSTEM));
        if (header->op == BK_VSOCK_OP_CABLE_RESET)
            check(header->type == 0 && header->len == 0);
        else
            check_shape(header);
        fake_loop_settle(loop, 10000);
    }
}

static bool run_step(struct input *input, enum step step, unsigned index)
{
    struct bk_vsock_header header;
    uint16_t length;
    uint8_t small;

    switch (step) {
    case STEP_GUEST_SENDS:
    case STEP_CABLE_SENDS:
        if (!take(input, &header, sizeof header) || !take(input, &length, sizeof length))
            return false;
        if (step == STEP_CABLE_SENDS)
            fake_cable_send(cables[index], &header, bytes, length);
        else if (fake_queue_available(guest.device, 1) < CHAINS_MAX)
            fake_vsock_send(&guest, &header, bytes, length);
        break;
    case STEP_CABLE_SHORT:
        if (!take(input, &small, sizeof small))
            return false;
        (void)!send(cables[index], bytes, small % sizeof header, MSG_DONTWAIT | MSG_NOSIGNAL);
        break;
    case STEP_GUEST_CHAIN: {
        if (!take(input, &small, sizeof small) || input->size < small)
            return false;
        /* These bytes stay where they are: the chain is never fetched later than this input ends. */
        const struct iovec ranges[] = {
            { .iov_base = (void *)(uintptr_t)input->data, .iov_len = small / 3 },
            { .iov_base = (void *)(uintptr_t)(input->data + small / 3), .iov_len = small - small / 3U },
        };
        if (fake_queue_available(guest.device, 1) < CHAINS_MAX) {
            fake_queue_add(guest.device, 1, ranges, 2, NULL, 0);
            fake_queue_notify(guest.device, 1);
        }
        input->data += small;
        input->size -= small;
        break;
    }
    case STEP_GUEST_POSTS:
    case STEP_GUEST_EVENTS:
        if (!take(input, &small, sizeof small))
            return false;
        if (step == STEP_GUEST_POSTS && fake_queue_available(guest.device, 0) < CHAINS_MAX)
            fake_vsock_post(&guest, small % CHAINS_MAX);
        else if (step == STEP_GUEST_EVENTS && fake_queue_available(guest.device, 2) < CHAINS_MAX)
            fake_vsock_post_events(&guest, small % 16);
        break;
    case STEP_CABLE_READS:
        cable_reads(index);
        break;
    case STEP_CABLE_ENDS:
        close(cables[index]);
        plug(index);
        break;
    case STEP_UNPLUG:
        bk_vsock_plug(guest.device, is_system ? FIRST + index : BK_VSOCK_CID_SYSTEM, -1);
        break;
    case STEP_RESTART: {
        size_t buffer_size = guest.buffer_size;
        fake_vsock_reset(&guest);
        fake_vsock_start(&guest, guest.device);
        guest.buffer_size = buffer_size;
        guest.refill = false;
        break;
    }
    case STEPS:
        abort();
    }
    fake_loop_settle(loop, 10000);
    guest_fetches();
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = { .data = data, .size = size };
    uint16_t buffer_size;
    uint8_t choice, step, index;

    bk_log_open("fuzz", NULL, LOG_EMERG);
    if (!take(&input, &choice, sizeof choice) || !take(&input, &buffer_size, sizeof buffer_size))
        return 0;
    is_system = choice % 2 != 0;
    const unsigned count = is_system ? CABLES : 1;
    cable_count = count;
    loop = fake_loop_create();
    fake_vsock_start(&guest, is_system ? bk_vsock_create_system(loop) : bk_vsock_create_app(loop, FIRST));
    guest.buffer_size = buffer_size;
    guest.refill = false;
    for (unsigned i = 0; i < cable_count; i++)
        plug(i);
    for (unsigned i = 0; i < STEPS_MAX && take(&input, &step, sizeof step) && take(&input, &index, sizeof index); i++) {
        if (!run_step(&input, step % STEPS, index % count))
            break;
    }
    for (unsigned i = 0; i < cable_count; i++)
        close(cables[i]);
    fake_vsock_destroy(&guest);
    fake_loop_destroy(loop);
    return 0;
}
