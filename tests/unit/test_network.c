/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "network_bench.h"

#include "checked.h"
#include "cleanup.h"
#include "io.h"

#include <errno.h>
#include <string.h>

#define PORT     3U /* of the card */
#define ROOM     (NETWORK_HEADER + BK_ETHERNET_FRAME_MAX + BK_ETHERNET_TAG_SIZE)
#define NO_TAG   (-1)
#define TAG_TYPE 0x8100U

static struct network_bench bench;

static int setup_card(void **state)
{
    (void)state;
    network_bench_open(&bench, PORT, false);
    network_bench_plug(&bench, 0);
    return 0;
}

static int setup_trunk(void **state)
{
    (void)state;
    network_bench_open(&bench, BK_ETHERNET_PORT_UPLINK, true);
    for (unsigned port = 1; port < NETWORK_PORTS; port++)
        network_bench_plug(&bench, port);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    network_bench_close(&bench);
    return 0;
}

/* Frames */

struct frame {
    size_t size;
    uint8_t bytes[BK_ETHERNET_FRAME_MAX + 200];
};

/* From the card of this port, of `size` bytes without a tag, which follows the addresses when there is one. */
static struct frame make(unsigned source, int tag, size_t size)
{
    struct frame frame = { .size = size + (tag != NO_TAG ? BK_ETHERNET_TAG_SIZE : 0) };
    size_t at = 12;

    memset(frame.bytes, 0xff, 6);
    bk_ethernet_mac(source, frame.bytes + 6);
    if (tag != NO_TAG) {
        const uint8_t bytes[] = { TAG_TYPE >> 8, TAG_TYPE & 0xff, (uint8_t)((unsigned)tag >> 8), (uint8_t)tag };
        memcpy(frame.bytes + at, bytes, sizeof bytes);
        at += sizeof bytes;
    }
    frame.bytes[at] = 0x08; /* IPv4 */
    frame.bytes[at + 1] = 0;
    for (size_t i = at + 2; i < frame.size; i++)
        frame.bytes[i] = (uint8_t)(i - at);
    return frame;
}

/* The guest sends it, in ranges of its own choice; its buffer comes back whatever becomes of it. */
static void guest_sends(struct frame frame)
{
    uint8_t header[NETWORK_HEADER] = { 0 };
    size_t part = bk_min(frame.size, (size_t)7);
    struct iovec out[] = { { header, 5 },
                           { header + 5, sizeof header - 5 },
                           { frame.bytes, part },
                           { frame.bytes + part, frame.size - part } };
    size_t written = 1;

    uint16_t head = fake_queue_add(bench.device, NETWORK_TX, out, BK_ARRAY_SIZE(out), NULL, 0);
    fake_queue_notify(bench.device, NETWORK_TX);
    fake_loop_settle(bench.loop, 1000);
    assert_true(fake_queue_answered(bench.device, NETWORK_TX, head, &written));
    assert_int_equal(written, 0);
    assert_false(bench.transport.broken);
}

static void assert_comes_out(unsigned port, struct frame expected)
{
    struct frame frame;

    frame.size = network_bench_receive(&bench, port, frame.bytes, sizeof frame.bytes);
    assert_int_equal(frame.size, expected.size);
    assert_memory_equal(frame.bytes, expected.bytes, expected.size);
}

static void assert_nothing_comes_out(void)
{
    struct frame frame;

    for (unsigned port = 0; port < NETWORK_PORTS; port++) {
        if (bench.far[port] >= 0)
            assert_int_equal(network_bench_receive(&bench, port, frame.bytes, sizeof frame.bytes), 0);
    }
}

/* Buffers of the guest, each with its size. */
static struct {
    uint8_t bytes[ROOM];
    uint16_t head;
} buffers[16];

static void add_buffer(unsigned i, size_t size)
{
    memset(buffers[i].bytes, 0xee, sizeof buffers[i].bytes);
    buffers[i].head = fake_queue_add_buffers(bench.device, NETWORK_RX, NULL, 0, buffers[i].bytes, size);
    fake_queue_notify(bench.device, NETWORK_RX);
    fake_loop_settle(bench.loop, 1000);
}

static bool guest_has(unsigned i, struct frame expected)
{
    static const uint8_t header[NETWORK_HEADER] = { [10] = 1 }; /* one buffer */
    size_t written;

    if (!fake_queue_answered(bench.device, NETWORK_RX, buffers[i].head, &written))
        return false;
    assert_int_equal(written, NETWORK_HEADER + expected.size);
    assert_memory_equal(buffers[i].bytes, header, sizeof header);
    assert_memory_equal(buffers[i].bytes + NETWORK_HEADER, expected.bytes, expected.size);
    return true;
}

static void sends(unsigned port, struct frame frame)
{
    network_bench_send(&bench, port, frame.bytes, frame.size);
}

/* The card */

static void has_the_address_of_its_port(void **state)
{
    static const uint8_t address[] = { 0x02, 0xbc, 0x00, 0x00, 0x00, PORT };
    uint8_t found[sizeof address] = { 0 };

    (void)state;
    assert_int_equal(bench.device->config_size, sizeof address);
    bench.device->operations->read_config(bench.device, 0, found, 4);
    bench.device->operations->read_config(bench.device, 4, found + 4, 2);
    assert_memory_equal(found, address, sizeof address);
    bk_ethernet_mac(0xabc, found);
    assert_int_equal(found[4], 0x0a);
    assert_int_equal(found[5], 0xbc);
}

static void sends_what_is_its_own(void **state)
{
    (void)state;
    for (size_t size = BK_ETHERNET_FRAME_MIN; size <= BK_ETHERNET_FRAME_MAX; size += 50) {
        guest_sends(make(PORT, NO_TAG, size));
        assert_comes_out(0, make(PORT, NO_TAG, size));
    }
    guest_sends(make(PORT, NO_TAG, BK_ETHERNET_FRAME_MAX));
    assert_comes_out(0, make(PORT, NO_TAG, BK_ETHERNET_FRAME_MAX));
}

static void drops_what_may_not_be_sent(void **state)
{
    struct frame other_tag = make(PORT, 5, 60);

    (void)state;
    guest_sends(make(PORT + 1, NO_TAG, 60));
    guest_sends(make(PORT, NO_TAG, BK_ETHERNET_FRAME_MAX + 1));
    guest_sends(make(PORT, NO_TAG, BK_ETHERNET_FRAME_MAX + 100));
    guest_sends(make(PORT, NO_TAG, BK_ETHERNET_FRAME_MIN - 1));
    guest_sends((struct frame){ .size = 0 });
    guest_sends(make(PORT, 5, 60));
    other_tag.bytes[12] = 0x88;
    other_tag.bytes[13] = 0xa8;
    guest_sends(other_tag);
    assert_nothing_comes_out();
    guest_sends(make(PORT, NO_TAG, 60));
    assert_comes_out(0, make(PORT, NO_TAG, 60));
}

static void waits_for_nobody(void **state)
{
    unsigned came = 0;
    struct frame frame;

    (void)state;
    for (unsigned i = 0; i < 2000; i++)
        guest_sends(make(PORT, NO_TAG, BK_ETHERNET_FRAME_MAX));
    while (network_bench_receive(&bench, 0, frame.bytes, sizeof frame.bytes) > 0)
        came++;
    assert_in_range(came, 50, 1999);
    guest_sends(make(PORT, NO_TAG, 60));
    assert_comes_out(0, make(PORT, NO_TAG, 60));
    network_bench_unplug(&bench, 0);
    guest_sends(make(PORT, NO_TAG, 60));
    network_bench_plug(&bench, 0);
    assert_nothing_comes_out();
}

static void gives_frames_to_the_guest(void **state)
{
    unsigned before = fake_queue_interrupts(bench.device, NETWORK_RX);

    (void)state;
    add_buffer(0, NETWORK_HEADER + BK_ETHERNET_FRAME_MAX); /* the least that a driver may give */
    add_buffer(1, ROOM);
    sends(0, make(9, NO_TAG, BK_ETHERNET_FRAME_MAX));
    assert_true(guest_has(0, make(9, NO_TAG, BK_ETHERNET_FRAME_MAX)));
    sends(0, make(9, NO_TAG, BK_ETHERNET_FRAME_MIN));
    assert_true(guest_has(1, make(9, NO_TAG, BK_ETHERNET_FRAME_MIN)));
    assert_true(fake_queue_interrupts(bench.device, NETWORK_RX) > before);
}

static void keeps_frames_until_there_is_a_buffer(void **state)
{
    (void)state;
    sends(0, make(9, NO_TAG, 60));
    sends(0, make(9, NO_TAG, 61));
    add_buffer(0, ROOM);
    assert_true(guest_has(0, make(9, NO_TAG, 60)));
    fake_device_reset(bench.device);
    fake_device_start(bench.device, &bench.transport);
    add_buffer(1, ROOM);
    assert_true(guest_has(1, make(9, NO_TAG, 61)));
}

static void drops_what_is_no_frame(void **state)
{
    uint8_t descriptor[64] = { 0x02, 0xbc, [12] = 0x08 };

    (void)state;
    add_buffer(0, ROOM);
    add_buffer(1, ROOM);
    sends(0, make(9, NO_TAG, BK_ETHERNET_FRAME_MAX + 1));
    sends(0, make(9, NO_TAG, BK_ETHERNET_FRAME_MIN - 1));
    sends(0, make(9, 5, 60));
    sends(0, make(9, NO_TAG, 60));
    assert_true(guest_has(0, make(9, NO_TAG, 60)));
    assert_int_equal(bk_send_message(bench.far[0], descriptor, sizeof descriptor, bench.far[0]), 0);
    fake_loop_settle(bench.loop, 1000);
    struct frame frame = { .size = sizeof descriptor }; /* the bytes come, the descriptor does not */
    memcpy(frame.bytes, descriptor, sizeof descriptor);
    assert_true(guest_has(1, frame));
}

static void ends_a_cable_with_its_far_end(void **state)
{
    uint8_t byte;

    (void)state;
    add_buffer(0, ROOM);
    sends(0, (struct frame){ .size = 0 }); /* which is no frame, and its end likewise */
    assert_int_equal(network_bench_receive(&bench, 0, &byte, 1), 0);
    guest_sends(make(PORT, NO_TAG, 60));
    assert_int_equal(bk_send_message(bench.far[0], &byte, 1, -1), -EPIPE);
    network_bench_plug(&bench, 0);
    sends(0, make(9, NO_TAG, 60));
    assert_true(guest_has(0, make(9, NO_TAG, 60)));
}

static void breaks_with_wrong_buffers(void **state)
{
    static const struct {
        unsigned queue;
        size_t out, in;
    } wrong[] = { { NETWORK_TX, NETWORK_HEADER - 1, 0 },
                  { NETWORK_TX, 0, 0 },
                  { NETWORK_TX, 60, 1 },
                  { NETWORK_RX, 0, NETWORK_HEADER },
                  { NETWORK_RX, 0, NETWORK_HEADER + 59 },
                  { NETWORK_RX, 1, ROOM } };
    static uint8_t bytes[ROOM];

    (void)state;
    for (size_t i = 0; i < BK_ARRAY_SIZE(wrong); i++) {
        fake_queue_add_buffers(bench.device, wrong[i].queue, bytes, wrong[i].out, bytes, wrong[i].in);
        fake_queue_notify(bench.device, wrong[i].queue);
        if (wrong[i].queue == NETWORK_RX)
            sends(0, make(9, NO_TAG, 60));
        fake_loop_settle(bench.loop, 1000);
        assert_true(bench.transport.broken);
        fake_device_reset(bench.device);
        fake_device_start(bench.device, &bench.transport);
        if (wrong[i].queue == NETWORK_RX)
            add_buffer(0, ROOM); /* for what is still staged */
    }
    guest_sends(make(PORT, NO_TAG, 60));
    assert_comes_out(0, make(PORT, NO_TAG, 60));
}

/* The trunk */

static void leads_each_tag_to_its_port(void **state)
{
    (void)state;
    for (unsigned port = 1; port < NETWORK_PORTS; port++) {
        guest_sends(make(1, (int)port, BK_ETHERNET_FRAME_MAX));
        assert_comes_out(port, make(1, NO_TAG, BK_ETHERNET_FRAME_MAX));
        guest_sends(make(77, (int)port | 0xf000, BK_ETHERNET_FRAME_MIN)); /* a priority */
        assert_comes_out(port, make(77, NO_TAG, BK_ETHERNET_FRAME_MIN));
        assert_nothing_comes_out();
    }
}

static void leads_nothing_else_anywhere(void **state)
{
    static const int nobodys[] = { NO_TAG, 0, 5, 4094, 4095 };
    struct frame twice = make(1, 2, 60);

    (void)state;
    for (size_t i = 0; i < BK_ARRAY_SIZE(nobodys); i++)
        guest_sends(make(1, nobodys[i], 60));
    guest_sends(make(1, 2, BK_ETHERNET_FRAME_MAX + 1));
    guest_sends(make(1, 2, BK_ETHERNET_FRAME_MAX + 150));
    guest_sends(make(1, 2, BK_ETHERNET_FRAME_MIN - 1));
    memcpy(twice.bytes + 16, (const uint8_t[]){ 0x81, 0x00, 0x00, 0x03 }, 4);
    guest_sends(twice);
    assert_nothing_comes_out();
}

static void believes_no_address_but_the_ports(void **state)
{
    (void)state;
    add_buffer(0, ROOM);
    add_buffer(1, ROOM);
    sends(2, make(3, NO_TAG, 60));
    sends(2, make(1, NO_TAG, 60));
    sends(2, make(2, 3, 60)); /* with a tag */
    sends(3, make(2, NO_TAG, 60));
    sends(3, make(3, NO_TAG, 70));
    assert_true(guest_has(0, make(3, 3, 70)));
    sends(BK_ETHERNET_PORT_UPLINK, make(99, NO_TAG, BK_ETHERNET_FRAME_MAX)); /* anybody's, out there */
    assert_true(guest_has(1, make(99, 1, BK_ETHERNET_FRAME_MAX)));
}

static void takes_all_ports_in_turn(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 150; i++)
        sends(2, make(2, NO_TAG, 60)); /* of which one is staged, and the others wait in the cable */
    sends(4, make(4, NO_TAG, 64));
    for (unsigned i = 0; i < 4; i++)
        add_buffer(i, ROOM);
    assert_true(guest_has(0, make(2, 2, 60)));
    assert_true(guest_has(1, make(2, 2, 60)));
    assert_true(guest_has(2, make(4, 4, 64)));
    assert_true(guest_has(3, make(2, 2, 60)));
}

static void knows_which_ports_there_are(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(bk_socketpair(BK_ETHERNET_CABLE_BUFFER, ends), 0);
    assert_int_equal(bk_ethernet_plug(bench.cables, BK_ETHERNET_PORT_LAST + 1, ends[0]), -EINVAL);
    assert_int_equal(bk_send_message(ends[1], "x", 1, -1), -EPIPE); /* it was taken all the same */
    bk_close(ends[1]);
    network_bench_unplug(&bench, 2);
    guest_sends(make(1, 2, 60));
    network_bench_plug(&bench, 2);
    assert_nothing_comes_out();
    guest_sends(make(1, 2, 61));
    assert_comes_out(2, make(1, NO_TAG, 61));
}

#define CARD(test)  cmocka_unit_test_setup_teardown(test, setup_card, teardown)
#define TRUNK(test) cmocka_unit_test_setup_teardown(test, setup_trunk, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CARD(has_the_address_of_its_port),  CARD(sends_what_is_its_own),
        CARD(drops_what_may_not_be_sent),   CARD(waits_for_nobody),
        CARD(gives_frames_to_the_guest),    CARD(keeps_frames_until_there_is_a_buffer),
        CARD(drops_what_is_no_frame),       CARD(ends_a_cable_with_its_far_end),
        CARD(breaks_with_wrong_buffers),    TRUNK(leads_each_tag_to_its_port),
        TRUNK(leads_nothing_else_anywhere), TRUNK(believes_no_address_but_the_ports),
        TRUNK(takes_all_ports_in_turn),     TRUNK(knows_which_ports_there_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
