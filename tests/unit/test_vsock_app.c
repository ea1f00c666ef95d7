/* SPDX-License-Identifier: Apache-2.0 */
/* The App VM's socket device, with a scripted guest on one side and the bare end of its cable on the other. */
#define _GNU_SOURCE
#include "devices/vsock.h"

#include "fake_vsock.h"
#include "io.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define APP 17U

static struct bk_loop *loop;
static struct fake_vsock guest;
static struct bk_vsock_packet packet;
static uint8_t bytes[BK_VSOCK_PAYLOAD_MAX + 1];
static int far_end;

static void settle(void)
{
    fake_loop_settle(loop, 2000);
}

static void plug(void)
{
    int fds[2];

    assert_int_equal(bk_socketpair(BK_VSOCK_CABLE_BUFFER, fds), 0);
    far_end = fds[0];
    assert_int_equal(bk_vsock_plug(guest.device, BK_VSOCK_CID_SYSTEM, fds[1]), 0);
}

static int set_up(void **state)
{
    (void)state;
    loop = fake_loop_create();
    fake_vsock_start(&guest, bk_vsock_create_app(loop, APP));
    plug();
    fake_vsock_post_events(&guest, FAKE_VSOCK_EVENTS);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    settle();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(far_end);
    fake_vsock_destroy(&guest);
    fake_loop_destroy(loop);
    return 0;
}

static struct bk_vsock_header from_app(uint16_t op)
{
    return bk_vsock_make(op, APP, 1000, BK_VSOCK_CID_SYSTEM, 9);
}

static struct bk_vsock_header from_system(uint16_t op)
{
    return bk_vsock_make(op, BK_VSOCK_CID_SYSTEM, 9, APP, 1000);
}

static void expect_reset(uint32_t src_cid, uint32_t src_port, uint32_t dst_port)
{
    assert_true(fake_vsock_receive(&guest, &packet));
    assert_int_equal(packet.header.op, BK_VSOCK_OP_RST);
    assert_int_equal(packet.header.src_cid, src_cid);
    assert_int_equal(packet.header.dst_cid, APP);
    assert_int_equal(packet.header.src_port, src_port);
    assert_int_equal(packet.header.dst_port, dst_port);
    assert_int_equal(packet.header.len, 0);
}

/* Starts the driver anew, and answers the cable reset where there is one. */
static void restart(void)
{
    const struct bk_vsock_header answer = { .src_cid = BK_VSOCK_CID_SYSTEM, .dst_cid = APP };

    fake_vsock_reset(&guest);
    fake_vsock_start(&guest, guest.device);
    settle();
    while (fake_cable_receive(far_end, &packet) > 0) {
        if (packet.header.op == BK_VSOCK_OP_CABLE_RESET)
            assert_true(fake_cable_send(far_end, &answer, NULL, 0));
    }
    settle();
}

static void has_its_cid(void **state)
{
    uint8_t config[8] = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof config; i += 4)
        guest.device->operations->read_config(guest.device, i, config + i, 4);
    assert_int_equal(config[0], APP);
    assert_memory_equal(config + 1, ((uint8_t[7]){ 0 }), 7);
    guest.device->operations->read_config(guest.device, 7, config, 1);
    assert_int_equal(config[0], 0);
    assert_null(bk_vsock_create_app(loop, 3));
    assert_null(bk_vsock_create_app(loop, UINT32_MAX));
}

static void forwards_what_is_right(void **state)
{
    struct bk_vsock_header header = from_app(BK_VSOCK_OP_RW);

    (void)state;
    header.len = BK_VSOCK_PAYLOAD_MAX;
    header.buf_alloc = UINT32_MAX; /* not ours to judge */
    header.fwd_cnt = 12345;
    assert_true(fake_vsock_send(&guest, &header, bytes, BK_VSOCK_PAYLOAD_MAX));
    assert_int_equal(fake_cable_receive(far_end, &packet), sizeof packet);
    assert_memory_equal(&packet.header, &header, sizeof header);
    assert_memory_equal(packet.payload, bytes, BK_VSOCK_PAYLOAD_MAX);
    for (unsigned op = BK_VSOCK_OP_REQUEST; op <= BK_VSOCK_OP_CREDIT_REQUEST; op++) {
        if (op == BK_VSOCK_OP_RW)
            continue;
        header = from_app((uint16_t)op);
        assert_true(fake_vsock_send(&guest, &header, NULL, 0));
        assert_int_equal(fake_cable_receive(far_end, &packet), sizeof header);
        assert_memory_equal(&packet.header, &header, sizeof header);
    }
}

/* However the driver cuts the packet: the header may be in pieces, and share a descriptor with the payload. */
static void takes_any_framing(void **state)
{
    struct bk_vsock_header header = from_app(BK_VSOCK_OP_RW);
    uint8_t flat[sizeof header + 100];

    (void)state;
    header.len = 100;
    memcpy(flat, &header, sizeof header);
    memcpy(flat + sizeof header, bytes, 100);
    for (size_t cut = 1; cut < sizeof flat; cut++) {
        const struct iovec ranges[] = { { flat, cut }, { flat + cut, sizeof flat - cut } };
        fake_queue_add(guest.device, 1, ranges, 2, NULL, 0);
        fake_queue_notify(guest.device, 1);
        assert_true(fake_vsock_sent(&guest));
        assert_int_equal(fake_cable_receive(far_end, &packet), sizeof flat);
        assert_memory_equal(&packet, flat, sizeof flat);
    }
}

static void check_refused(const struct bk_vsock_header *header, size_t size, bool answered)
{
    assert_true(fake_vsock_send(&guest, header, bytes, size));
    assert_int_equal(fake_cable_receive(far_end, &packet), -1);
    if (answered) {
        expect_reset((uint32_t)header->dst_cid, header->dst_port, header->src_port);
        assert_int_equal(packet.header.type, header->type);
    }
    assert_false(fake_vsock_receive(&guest, &packet));
}

static void refuses_what_is_wrong(void **state)
{
    struct bk_vsock_header header;

    (void)state;
    fake_vsock_post(&guest, 16);
    header = from_app(BK_VSOCK_OP_REQUEST);
    header.src_cid = APP + 1;
    check_refused(&header, 0, false);
    header.src_cid = APP | 1ULL << 32;
    check_refused(&header, 0, false);
    header = from_app(BK_VSOCK_OP_REQUEST);
    header.dst_cid |= 1ULL << 63;
    check_refused(&header, 0, false);
    for (unsigned i = 0; i < 4; i++) {
        static const uint32_t not_there[] = { 0, 1, APP + 1, UINT32_MAX };
        header = from_app(BK_VSOCK_OP_REQUEST);
        header.dst_cid = not_there[i];
        check_refused(&header, 0, true);
    }
    for (unsigned type = 0; type < 4; type++) {
        header = from_app(BK_VSOCK_OP_REQUEST);
        header.type = (uint16_t)(type == 1 ? UINT16_MAX : type);
        check_refused(&header, 0, true);
    }
    header = from_app(BK_VSOCK_OP_CABLE_RESET);
    check_refused(&header, 0, true);
    header.type = 0;
    check_refused(&header, 0, true);
    header = from_app(BK_VSOCK_OP_CREDIT_REQUEST + 1);
    check_refused(&header, 0, true);
    header = from_app(BK_VSOCK_OP_RW);
    check_refused(&header, 0, true); /* data without bytes */
    header.len = 10;
    check_refused(&header, 9, true);
    check_refused(&header, 11, true);
    header.len = BK_VSOCK_PAYLOAD_MAX + 1;
    check_refused(&header, BK_VSOCK_PAYLOAD_MAX + 1, true);
    header.len = UINT32_MAX;
    check_refused(&header, 10, true);
    header = from_app(BK_VSOCK_OP_SHUTDOWN);
    header.len = 10;
    check_refused(&header, 10, true);
    header.op = BK_VSOCK_OP_RST;
    check_refused(&header, 10, false);
}

static void breaks_on_bad_chains(void **state)
{
    static const struct {
        unsigned queue;
        size_t out, in;
    } chains[] = {
        { 1, 43, 0 }, { 1, 0, 0 }, { 1, 44, 1 }, { 0, 0, 44 }, { 0, 44, 100 }, { 0, 0, 0 },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof chains / sizeof chains[0]; i++) {
        struct bk_vsock_header header = from_system(BK_VSOCK_OP_REQUEST);
        fake_queue_add_buffers(guest.device, chains[i].queue, chains[i].out > 0 ? bytes : NULL, chains[i].out,
                               chains[i].in > 0 ? bytes : NULL, chains[i].in);
        assert_true(fake_cable_send(far_end, &header, NULL, 0));
        fake_queue_notify(guest.device, chains[i].queue);
        settle();
        assert_true(guest.transport.broken);
        restart();
        assert_false(guest.transport.broken);
    }
    struct bk_vsock_header header = from_app(BK_VSOCK_OP_REQUEST);
    assert_true(fake_vsock_send(&guest, &header, NULL, 0));
    fake_queue_add_buffers(guest.device, 2, NULL, 0, bytes, 3);
    fake_queue_notify(guest.device, 2);
    assert_false(guest.transport.broken); /* nobody looked at it yet */
    bk_vsock_plug(guest.device, BK_VSOCK_CID_SYSTEM, -1);
    assert_true(guest.transport.broken);
}

static void cuts_packets_to_the_guests_buffers(void **state)
{
    static const size_t sizes[] = { 45, 100, FAKE_VSOCK_BUFFER, 65536, 70000 };
    struct bk_vsock_header header = from_system(BK_VSOCK_OP_RW);

    (void)state;
    header.fwd_cnt = 77;
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint32_t length = i == 0 ? 1000 : BK_VSOCK_PAYLOAD_MAX;
        size_t received = 0;
        guest.buffer_size = sizes[i];
        header.len = length;
        assert_true(fake_cable_send(far_end, &header, bytes, length));
        settle(); /* and does not spin while there is no buffer */
        fake_vsock_post(&guest, 1);
        while (received < length) {
            settle();
            assert_true(fake_vsock_receive(&guest, &packet));
            size_t room = sizes[i] - sizeof header;
            assert_int_equal(packet.header.len, length - received < room ? length - received : room);
            assert_int_equal(packet.header.fwd_cnt, 77);
            assert_int_equal(packet.header.op, BK_VSOCK_OP_RW);
            assert_memory_equal(packet.payload, bytes + received, packet.header.len);
            received += packet.header.len;
        }
        assert_false(fake_vsock_receive(&guest, &packet));
        restart();
    }
}

static void leaves_in_the_cable_what_the_guest_does_not_take(void **state)
{
    struct bk_vsock_header header = from_system(BK_VSOCK_OP_RW);
    unsigned sent = 0, received = 0;

    (void)state;
    header.len = 3000;
    while (fake_cable_send(far_end, &header, bytes, header.len)) {
        header.fwd_cnt = ++sent;
        settle();
        assert_true(sent < 2000);
    }
    fake_vsock_post(&guest, 3);
    settle();
    while (fake_vsock_receive(&guest, &packet)) {
        assert_int_equal(packet.header.fwd_cnt, received++);
        settle();
    }
    assert_int_equal(received, sent);
}

static void believes_nothing_in_the_cable(void **state)
{
    struct bk_vsock_header header;
    int passed = far_end;
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = { .align = { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int)) } };

    (void)state;
    fake_vsock_post(&guest, 16);
    header = from_system(BK_VSOCK_OP_REQUEST);
    header.src_cid = 3;
    assert_true(fake_cable_send(far_end, &header, NULL, 0));
    header.src_cid = 2 | 1ULL << 32;
    assert_true(fake_cable_send(far_end, &header, NULL, 0));
    header = from_system(BK_VSOCK_OP_REQUEST);
    header.dst_cid = APP + 1;
    assert_true(fake_cable_send(far_end, &header, NULL, 0));
    header.dst_cid = APP | 1ULL << 32;
    assert_true(fake_cable_send(far_end, &header, NULL, 0));
    header = from_system(BK_VSOCK_OP_RW);
    header.len = 10;
    assert_true(fake_cable_send(far_end, &header, bytes, 9));
    header.len = BK_VSOCK_PAYLOAD_MAX + 1;
    assert_true(fake_cable_send(far_end, &header, bytes, BK_VSOCK_PAYLOAD_MAX + 1));
    assert_int_equal(send(far_end, bytes, 43, 0), 43);
    header = from_system(BK_VSOCK_OP_REQUEST);
    header.type = 2;
    assert_true(fake_cable_send(far_end, &header, NULL, 0));
    header = from_system(9);
    assert_true(fake_cable_send(far_end, &header, NULL, 0));
    header = from_system(BK_VSOCK_OP_CABLE_RESET);
    header.type = 0;
    assert_true(fake_cable_send(far_end, &header, NULL, 0)); /* answers nothing: is not counted */
    settle();
    assert_false(fake_vsock_receive(&guest, &packet));

    header = from_system(BK_VSOCK_OP_REQUEST);
    memcpy(CMSG_DATA(&control.align), &passed, sizeof passed);
    struct iovec range = { .iov_base = &header, .iov_len = sizeof header };
    const struct msghdr message = {
        .msg_iov = &range, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_LEN(sizeof(int))
    };
    int next = dup(0);
    close(next);
    assert_int_equal(sendmsg(far_end, &message, 0), sizeof header);
    settle();
    assert_true(fake_vsock_receive(&guest, &packet));
    assert_memory_equal(&packet.header, &header, sizeof header);
    assert_int_equal(dup(0), next); /* no descriptor came through the cable */
    close(next);
    assert_int_equal(fake_cable_receive(far_end, &packet), -1);
}

static void waits_for_a_full_cable(void **state)
{
    struct bk_vsock_header header = from_app(BK_VSOCK_OP_RW);
    unsigned sent = 0, received = 0;

    (void)state;
    header.len = BK_VSOCK_PAYLOAD_MAX;
    while (fake_vsock_send(&guest, &header, bytes, header.len)) {
        header.fwd_cnt = ++sent;
        assert_true(sent < 1000);
    }
    for (unsigned i = 0; i < 10; i++) {
        header.fwd_cnt = ++sent;
        assert_false(fake_vsock_send(&guest, &header, bytes, header.len));
    }
    settle(); /* and does not spin */
    while (fake_cable_receive(far_end, &packet) > 0) {
        assert_int_equal(packet.header.fwd_cnt, received++);
        settle();
    }
    assert_int_equal(received, sent + 1);
    assert_true(fake_vsock_sent(&guest));
}

static void answers_for_a_far_end_that_is_not_there(void **state)
{
    struct bk_vsock_header header = from_app(BK_VSOCK_OP_REQUEST);

    (void)state;
    fake_vsock_post(&guest, 4);
    bk_vsock_plug(guest.device, BK_VSOCK_CID_SYSTEM, -1);
    assert_true(fake_vsock_send(&guest, &header, NULL, 0));
    expect_reset(2, 9, 1000);
    header = from_app(BK_VSOCK_OP_RST);
    assert_true(fake_vsock_send(&guest, &header, NULL, 0));
    settle();
    assert_false(fake_vsock_receive(&guest, &packet));
    assert_false(fake_vsock_event(&guest)); /* there was no connection */
}

static void bounds_its_answers(void **state)
{
    struct bk_vsock_header header = from_app(BK_VSOCK_OP_REQUEST);
    unsigned answers = 0;

    (void)state;
    bk_vsock_plug(guest.device, BK_VSOCK_CID_SYSTEM, -1);
    for (unsigned i = 0; i < 5000; i++)
        assert_true(fake_vsock_send(&guest, &header, NULL, 0)); /* never waits for the guest's receive ring */
    fake_vsock_post(&guest, 8);
    for (; fake_vsock_receive(&guest, &packet); answers++)
        settle();
    assert_in_range(answers, 100, 1000);
}

static void connect_once(void)
{
    struct bk_vsock_header header = from_app(BK_VSOCK_OP_REQUEST);

    assert_true(fake_vsock_send(&guest, &header, NULL, 0));
    assert_true(fake_cable_receive(far_end, &packet) > 0);
}

static void tells_the_guest_of_a_lost_cable(void **state)
{
    struct bk_vsock_header header = from_system(BK_VSOCK_OP_RESPONSE);
    unsigned events = 0;

    (void)state;
    fake_vsock_post(&guest, 16);
    connect_once();
    close(far_end);
    settle();
    plug();
    assert_true(fake_cable_send(far_end, &header, NULL, 0));
    settle();
    assert_false(fake_vsock_receive(&guest, &packet)); /* not before the guest has taken note */
    header = from_app(BK_VSOCK_OP_REQUEST);
    assert_true(fake_vsock_send(&guest, &header, NULL, 0)); /* but it can send */
    assert_true(fake_cable_receive(far_end, &packet) > 0);
    fake_queue_notify(guest.device, 2); /* for nothing */
    assert_false(fake_vsock_receive(&guest, &packet));
    while (fake_vsock_event(&guest))
        events++;
    assert_int_equal(events, FAKE_VSOCK_EVENTS);
    fake_vsock_post_events(&guest, 1);
    settle();
    assert_true(fake_vsock_receive(&guest, &packet));
    assert_int_equal(packet.header.op, BK_VSOCK_OP_RESPONSE);
}

static void tells_later_when_the_guest_has_no_event_buffer(void **state)
{
    struct bk_vsock_header header = from_system(BK_VSOCK_OP_RESPONSE);

    (void)state;
    fake_vsock_reset(&guest);
    fake_vsock_start(&guest, guest.device);
    settle();
    fake_vsock_post(&guest, 16);
    connect_once();
    close(far_end);
    settle();
    plug();
    assert_true(fake_cable_send(far_end, &header, NULL, 0));
    settle();
    assert_true(fake_vsock_receive(&guest, &packet)); /* a driver without events is not held up for ever */
    fake_vsock_post_events(&guest, 2);
    assert_true(fake_vsock_event(&guest));
    assert_true(fake_vsock_event(&guest));
    assert_true(fake_cable_send(far_end, &header, NULL, 0));
    settle();
    assert_false(fake_vsock_receive(&guest, &packet));
    fake_vsock_post_events(&guest, 2);
    assert_true(fake_vsock_receive(&guest, &packet));
    assert_false(fake_vsock_event(&guest));
}

static void loses_a_full_cable(void **state)
{
    struct bk_vsock_header header = from_app(BK_VSOCK_OP_RW);

    (void)state;
    fake_vsock_post(&guest, 16);
    header.len = BK_VSOCK_PAYLOAD_MAX;
    while (fake_vsock_send(&guest, &header, bytes, header.len))
        ;
    close(far_end);
    settle();
    assert_true(fake_vsock_sent(&guest));
    expect_reset(2, 9, 1000);
    assert_true(fake_vsock_event(&guest));
    plug();
}

/* The guest's packets wait for a full cable whose end is seen by what is received, before the loop tells of it. */
static void refuses_what_waited_for_a_lost_cable(void **state)
{
    struct bk_vsock_header header = from_system(BK_VSOCK_OP_RW);
    uint16_t last = 0;

    (void)state;
    header.len = 10;
    for (unsigned i = 0; i < 3; i++)
        assert_true(fake_cable_send(far_end, &header, bytes, 10));
    settle(); /* one is staged, the others are in the cable */
    header = from_app(BK_VSOCK_OP_RW);
    header.len = BK_VSOCK_PAYLOAD_MAX;
    while (fake_vsock_send(&guest, &header, bytes, header.len))
        ;
    settle();
    close(far_end);
    fake_vsock_post(&guest, 16);
    settle();
    assert_true(fake_vsock_sent(&guest));
    while (fake_vsock_receive(&guest, &packet))
        last = packet.header.op;
    assert_int_equal(last, BK_VSOCK_OP_RST);
    plug();
}

static void lets_no_old_packet_through_after_a_restart(void **state)
{
    struct bk_vsock_header header = from_system(BK_VSOCK_OP_RW);

    (void)state;
    header.len = 10;
    connect_once();
    assert_true(fake_cable_send(far_end, &header, bytes, 10));
    settle(); /* staged: there is no buffer */
    assert_true(fake_cable_send(far_end, &header, bytes, 10));
    fake_vsock_reset(&guest);
    fake_vsock_start(&guest, guest.device);
    fake_vsock_post(&guest, 16);
    connect_once(); /* the reset goes first */
    assert_int_equal(packet.header.op, BK_VSOCK_OP_CABLE_RESET);
    assert_int_equal(packet.header.src_cid, APP);
    assert_int_equal(packet.header.dst_cid, 2);
    assert_true(fake_cable_receive(far_end, &packet) > 0);
    assert_int_equal(packet.header.op, BK_VSOCK_OP_REQUEST);
    fake_vsock_reset(&guest); /* and again */
    fake_vsock_start(&guest, guest.device);
    fake_vsock_post(&guest, 16);
    settle();
    assert_true(fake_cable_receive(far_end, &packet) > 0);
    assert_int_equal(packet.header.op, BK_VSOCK_OP_CABLE_RESET);

    struct bk_vsock_header answer = { .src_cid = BK_VSOCK_CID_SYSTEM, .dst_cid = APP };
    for (unsigned i = 0; i < 2; i++) {
        assert_true(fake_cable_send(far_end, &header, bytes, 10));
        settle();
        assert_false(fake_vsock_receive(&guest, &packet));
        assert_true(fake_cable_send(far_end, &answer, NULL, 0));
    }
    header = from_system(BK_VSOCK_OP_RESPONSE);
    assert_true(fake_cable_send(far_end, &header, NULL, 0));
    settle();
    assert_true(fake_vsock_receive(&guest, &packet));
    assert_int_equal(packet.header.op, BK_VSOCK_OP_RESPONSE);
    assert_false(fake_vsock_receive(&guest, &packet));
}

static void restarts_while_the_cable_is_full(void **state)
{
    struct bk_vsock_header header = from_app(BK_VSOCK_OP_RW);
    unsigned data = 0;

    (void)state;
    header.len = BK_VSOCK_PAYLOAD_MAX;
    while (fake_vsock_send(&guest, &header, bytes, header.len))
        ;
    fake_vsock_reset(&guest);
    fake_vsock_start(&guest, guest.device);
    header = from_app(BK_VSOCK_OP_REQUEST);
    assert_false(fake_vsock_send(&guest, &header, NULL, 0));
    while (fake_cable_receive(far_end, &packet) > 0 && packet.header.op == BK_VSOCK_OP_RW) {
        data++;
        settle();
    }
    assert_true(data > 5);
    assert_int_equal(packet.header.op, BK_VSOCK_OP_CABLE_RESET);
    assert_true(fake_cable_receive(far_end, &packet) > 0);
    assert_int_equal(packet.header.op, BK_VSOCK_OP_REQUEST);
    assert_int_equal(fake_cable_receive(far_end, &packet), -1);
    assert_true(fake_vsock_sent(&guest));
}

static void is_plugged_again(void **state)
{
    int old = far_end, fds[2];

    (void)state;
    plug();
    assert_int_equal(fake_cable_receive(old, &packet), 0);
    close(old);
    connect_once();
    assert_int_equal(bk_socketpair(BK_VSOCK_CABLE_BUFFER, fds), 0);
    assert_int_equal(bk_vsock_plug(guest.device, 3, fds[1]), -EINVAL);
    assert_int_equal(fake_cable_receive(fds[0], &packet), 0); /* it was closed */
    close(fds[0]);
    bk_vsock_plug(guest.device, 3, -1);
    connect_once();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(has_its_cid),
        TEST(forwards_what_is_right),
        TEST(takes_any_framing),
        TEST(refuses_what_is_wrong),
        TEST(breaks_on_bad_chains),
        TEST(cuts_packets_to_the_guests_buffers),
        TEST(leaves_in_the_cable_what_the_guest_does_not_take),
        TEST(believes_nothing_in_the_cable),
        TEST(waits_for_a_full_cable),
        TEST(answers_for_a_far_end_that_is_not_there),
        TEST(bounds_its_answers),
        TEST(tells_the_guest_of_a_lost_cable),
        TEST(tells_later_when_the_guest_has_no_event_buffer),
        TEST(loses_a_full_cable),
        TEST(refuses_what_waited_for_a_lost_cable),
        TEST(lets_no_old_packet_through_after_a_restart),
        TEST(restarts_while_the_cable_is_full),
        TEST(is_plugged_again),
    };

    bk_log_open("test", NULL, LOG_CRIT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
