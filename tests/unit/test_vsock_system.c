/* SPDX-License-Identifier: Apache-2.0 */
/* The System VM's socket device, with a scripted guest on one side and the bare ends of its cables on the other. */
#define _GNU_SOURCE
#include "devices/vsock.h"

#include "fake_vsock.h"
#include "io.h"

#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define APPS  4U
#define FIRST 20U /* the first app's CID */

static struct bk_loop *loop;
static struct fake_vsock guest;
static struct bk_vsock_packet packet;
static uint8_t bytes[BK_VSOCK_PAYLOAD_MAX];
static int apps[APPS];

static void settle(void)
{
    fake_loop_settle(loop, 20000);
}

static void plug(unsigned app)
{
    int fds[2];

    assert_int_equal(bk_socketpair(BK_VSOCK_CABLE_BUFFER, fds), 0);
    apps[app] = fds[0];
    assert_int_equal(bk_vsock_plug(guest.device, FIRST + app, fds[1]), 0);
}

static int set_up(void **state)
{
    (void)state;
    loop = fake_loop_create();
    fake_vsock_start(&guest, bk_vsock_create_system(loop));
    for (unsigned i = 0; i < APPS; i++)
        plug(i);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    settle();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (unsigned i = 0; i < APPS; i++)
        close(apps[i]);
    fake_vsock_destroy(&guest);
    fake_loop_destroy(loop);
    return 0;
}

static struct bk_vsock_header from_app(unsigned app, uint32_t port, uint16_t op)
{
    return bk_vsock_make(op, FIRST + app, port, BK_VSOCK_CID_SYSTEM, 9);
}

static struct bk_vsock_header from_system(unsigned app, uint32_t port, uint16_t op)
{
    return bk_vsock_make(op, BK_VSOCK_CID_SYSTEM_GUEST, 9, FIRST + app, port);
}

static void expect_from_app(unsigned app, uint32_t port, uint16_t op)
{
    assert_true(fake_vsock_receive(&guest, &packet));
    assert_int_equal(packet.header.op, op);
    assert_int_equal(packet.header.src_cid, FIRST + app);
    assert_int_equal(packet.header.src_port, port);
    assert_int_equal(packet.header.dst_cid, BK_VSOCK_CID_SYSTEM_GUEST);
    assert_int_equal(packet.header.dst_port, 9);
    assert_int_equal(packet.header.type, BK_VSOCK_TYPE_STREAM);
}

static void expect_at_app(unsigned app, uint32_t port, uint16_t op)
{
    assert_true(fake_cable_receive(apps[app], &packet) > 0);
    assert_int_equal(packet.header.op, op);
    assert_int_equal(packet.header.src_cid, BK_VSOCK_CID_SYSTEM);
    assert_int_equal(packet.header.src_port, 9);
    assert_int_equal(packet.header.dst_cid, FIRST + app);
    assert_int_equal(packet.header.dst_port, port);
}

static void expect_silence(unsigned app)
{
    settle();
    assert_false(fake_vsock_receive(&guest, &packet));
    assert_int_equal(fake_cable_receive(apps[app], &packet), -1);
}

/* An app connects; the guest has the REQUEST. */
static void connect_app(unsigned app, uint32_t port)
{
    struct bk_vsock_header header = from_app(app, port, BK_VSOCK_OP_REQUEST);

    assert_true(fake_cable_send(apps[app], &header, NULL, 0));
    settle();
    expect_from_app(app, port, BK_VSOCK_OP_REQUEST);
}

static void send_from_app(unsigned app, uint32_t port, uint16_t op, uint32_t length)
{
    struct bk_vsock_header header = from_app(app, port, op);

    header.len = length;
    assert_true(fake_cable_send(apps[app], &header, bytes, length));
    settle();
}

static void send_from_system(unsigned app, uint32_t port, uint16_t op, uint32_t length)
{
    struct bk_vsock_header header = from_system(app, port, op);

    header.len = length;
    assert_true(fake_vsock_send(&guest, &header, bytes, length)); /* which never waits */
}

/* More than the cable and the flow's queue hold: the flow is over, the cable congested. */
static void congest(unsigned app, uint32_t port)
{
    for (unsigned i = 0; i < 100; i++)
        send_from_system(app, port, BK_VSOCK_OP_RW, BK_VSOCK_PAYLOAD_MAX);
}

static void rewrites_both_ways(void **state)
{
    (void)state;
    fake_vsock_post(&guest, 32);
    for (unsigned i = 0; i < APPS; i++)
        connect_app(i, 1000 + i);
    for (unsigned i = 0; i < APPS; i++) {
        struct bk_vsock_header header = from_system(i, 1000 + i, BK_VSOCK_OP_RESPONSE);
        header.buf_alloc = UINT32_MAX;
        header.fwd_cnt = 5;
        assert_true(fake_vsock_send(&guest, &header, NULL, 0));
        expect_at_app(i, 1000 + i, BK_VSOCK_OP_RESPONSE);
        assert_int_equal(packet.header.buf_alloc, UINT32_MAX);
        assert_int_equal(packet.header.fwd_cnt, 5);
        send_from_app(i, 1000 + i, BK_VSOCK_OP_RW, 100);
        expect_from_app(i, 1000 + i, BK_VSOCK_OP_RW);
        assert_memory_equal(packet.payload, bytes, 100);
        send_from_system(i, 1000 + i, BK_VSOCK_OP_RW, BK_VSOCK_PAYLOAD_MAX);
        expect_at_app(i, 1000 + i, BK_VSOCK_OP_RW);
        assert_memory_equal(packet.payload, bytes, BK_VSOCK_PAYLOAD_MAX);
        expect_silence(i);
    }
}

/* The System VM may connect to an app as well. */
static void connects_from_the_system(void **state)
{
    (void)state;
    fake_vsock_post(&guest, 32);
    send_from_system(1, 5000, BK_VSOCK_OP_REQUEST, 0);
    expect_at_app(1, 5000, BK_VSOCK_OP_REQUEST);
    send_from_app(1, 5000, BK_VSOCK_OP_RESPONSE, 0);
    expect_from_app(1, 5000, BK_VSOCK_OP_RESPONSE);
    send_from_app(1, 5000, BK_VSOCK_OP_RST, 0);
    expect_from_app(1, 5000, BK_VSOCK_OP_RST);
    send_from_system(1, 5000, BK_VSOCK_OP_RW, 10); /* crossed with the RST */
    expect_from_app(1, 5000, BK_VSOCK_OP_RST);
    expect_silence(1);
}

static void believes_the_cable_not_the_packet(void **state)
{
    struct bk_vsock_header header = from_app(0, 1000, BK_VSOCK_OP_REQUEST);

    (void)state;
    fake_vsock_post(&guest, 32);
    connect_app(1, 1000);
    header.src_cid = FIRST + 1; /* another app's name */
    assert_true(fake_cable_send(apps[0], &header, NULL, 0));
    header.op = BK_VSOCK_OP_RST;
    assert_true(fake_cable_send(apps[0], &header, NULL, 0));
    header = from_app(0, 1000, BK_VSOCK_OP_REQUEST);
    header.src_cid |= 1ULL << 32;
    assert_true(fake_cable_send(apps[0], &header, NULL, 0));
    header = from_app(0, 1000, BK_VSOCK_OP_REQUEST);
    header.dst_cid |= 1ULL << 32;
    assert_true(fake_cable_send(apps[0], &header, NULL, 0));
    assert_int_equal(send(apps[0], &header, 43, 0), 43);
    assert_int_equal(send(apps[0], bytes, 44, 0), 44);
    settle();
    expect_silence(0);
    send_from_system(1, 1000, BK_VSOCK_OP_RESPONSE, 0); /* nobody ended it */
    expect_at_app(1, 1000, BK_VSOCK_OP_RESPONSE);

    static const uint32_t not_there[] = { 0, 1, 3, FIRST + 1, UINT32_MAX };
    for (unsigned i = 0; i < 5; i++) { /* no other app is reached */
        header = from_app(0, 1000, BK_VSOCK_OP_REQUEST);
        header.dst_cid = not_there[i];
        assert_true(fake_cable_send(apps[0], &header, NULL, 0));
        settle();
        expect_at_app(0, 1000, BK_VSOCK_OP_RST);
        expect_silence(0);
    }
    expect_silence(1);
}

static void believes_the_guest_no_more(void **state)
{
    struct bk_vsock_header header = from_system(0, 1000, BK_VSOCK_OP_REQUEST);

    (void)state;
    fake_vsock_post(&guest, 32);
    header.src_cid = FIRST + 1;
    assert_true(fake_vsock_send(&guest, &header, NULL, 0));
    header.src_cid = 3 | 1ULL << 32;
    assert_true(fake_vsock_send(&guest, &header, NULL, 0));
    header = from_system(0, 1000, BK_VSOCK_OP_REQUEST);
    header.dst_cid |= 1ULL << 32;
    assert_true(fake_vsock_send(&guest, &header, NULL, 0));
    expect_silence(0);
    header = from_system(0, 1000, BK_VSOCK_OP_REQUEST);
    header.dst_cid = FIRST + APPS; /* no such app */
    assert_true(fake_vsock_send(&guest, &header, NULL, 0));
    expect_from_app(APPS, 1000, BK_VSOCK_OP_RST);
    header.op = BK_VSOCK_OP_RST;
    assert_true(fake_vsock_send(&guest, &header, NULL, 0));
    expect_silence(0);
    connect_app(0, 1000);
    header = from_system(0, 1000, BK_VSOCK_OP_RW);
    header.len = 5;
    assert_true(fake_vsock_send(&guest, &header, bytes, 6)); /* a broken flow is over for both */
    expect_from_app(0, 1000, BK_VSOCK_OP_RST);
    settle();
    expect_at_app(0, 1000, BK_VSOCK_OP_RST);
    connect_app(0, 1000);
    struct bk_vsock_header wrong = from_app(0, 1000, BK_VSOCK_OP_RW);
    assert_true(fake_cable_send(apps[0], &wrong, NULL, 0));
    settle();
    expect_from_app(0, 1000, BK_VSOCK_OP_RST);
    expect_at_app(0, 1000, BK_VSOCK_OP_RST);
    expect_silence(0);
}

static void answers_what_has_no_flow(void **state)
{
    (void)state;
    fake_vsock_post(&guest, 32);
    for (unsigned op = BK_VSOCK_OP_RESPONSE; op <= BK_VSOCK_OP_CREDIT_REQUEST; op++) {
        send_from_app(0, 1000, (uint16_t)op, op == BK_VSOCK_OP_RW ? 10 : 0);
        if (op != BK_VSOCK_OP_RST)
            expect_at_app(0, 1000, BK_VSOCK_OP_RST);
        send_from_system(0, 1000, (uint16_t)op, op == BK_VSOCK_OP_RW ? 10 : 0);
        if (op != BK_VSOCK_OP_RST)
            expect_from_app(0, 1000, BK_VSOCK_OP_RST);
        expect_silence(0);
    }
}

static void bounds_the_flows_of_an_app(void **state)
{
    (void)state;
    fake_vsock_post(&guest, 200);
    for (uint32_t port = 1; port <= BK_VSOCK_FLOWS_MAX; port++)
        connect_app(0, port);
    send_from_app(0, 0, BK_VSOCK_OP_REQUEST, 0);
    expect_at_app(0, 0, BK_VSOCK_OP_RST);
    expect_silence(0);
    send_from_system(0, 0, BK_VSOCK_OP_REQUEST, 0);
    expect_from_app(0, 0, BK_VSOCK_OP_RST);
    expect_silence(0);
    connect_app(1, 1); /* another app's are its own */
    send_from_app(0, 77, BK_VSOCK_OP_RST, 0);
    expect_from_app(0, 77, BK_VSOCK_OP_RST);
    connect_app(0, 0);
    close(apps[0]); /* each of them is reset when the app is gone */
    uint8_t seen[BK_VSOCK_FLOWS_MAX + 1] = { 0 };
    settle();
    for (unsigned i = 0; i < BK_VSOCK_FLOWS_MAX; i++) {
        assert_true(fake_vsock_receive(&guest, &packet));
        assert_int_equal(packet.header.op, BK_VSOCK_OP_RST);
        assert_int_equal(packet.header.src_cid, FIRST);
        assert_int_equal(seen[packet.header.src_port]++, 0);
        settle();
    }
    assert_int_equal(seen[77], 0);
    plug(0);
    expect_silence(0);
}

/* An app that takes nothing: the guest never waits, other flows of the app and other apps go on, the flow that is too
 * much is reset on both sides, and what was not reset arrives whole. */
static void resets_a_flow_that_is_too_much(void **state)
{
    unsigned rst = 0;
    size_t received = 0;
    bool over = false;

    (void)state;
    fake_vsock_post(&guest, 64);
    connect_app(0, 1000);
    connect_app(0, 1001);
    connect_app(1, 1000);
    for (unsigned i = 0; !over && i < 500; i++) {
        send_from_system(0, 1000, BK_VSOCK_OP_RW, BK_VSOCK_PAYLOAD_MAX);
        over = fake_vsock_receive(&guest, &packet);
        if (i % 10 == 0) {
            send_from_system(1, 1000, BK_VSOCK_OP_RW, 10);
            expect_at_app(1, 1000, BK_VSOCK_OP_RW);
        }
    }
    assert_true(over);
    assert_int_equal(packet.header.op, BK_VSOCK_OP_RST);
    assert_int_equal(packet.header.src_port, 1000);
    send_from_system(0, 1001, BK_VSOCK_OP_RW, 5000); /* the other flow has its own bound */
    send_from_system(0, 1001, BK_VSOCK_OP_RST, 0);
    send_from_system(0, 1000, BK_VSOCK_OP_RW, 10); /* no flow any more */
    expect_from_app(0, 1000, BK_VSOCK_OP_RST);
    send_from_app(0, 1000, BK_VSOCK_OP_RW, 10); /* the app does not know yet, and will */
    assert_false(fake_vsock_receive(&guest, &packet));
    while (fake_cable_receive(apps[0], &packet) > 0) {
        settle();
        if (packet.header.dst_port == 1001)
            received += packet.header.len;
        if (packet.header.op == BK_VSOCK_OP_RST)
            rst |= packet.header.dst_port == 1001 ? 1 : 2;
        if (packet.header.op == BK_VSOCK_OP_RST && packet.header.dst_port == 1001)
            assert_int_equal(received, 5000);
    }
    assert_int_equal(rst, 3);
    assert_int_equal(received, 5000);
    connect_app(0, 1000); /* the same ports again */
    expect_silence(0);
}

/* Many flows of an app that takes nothing: together they have a bound, too, and memory stays below it. */
static void bounds_what_one_app_has_queued(void **state)
{
    bool reset[201] = { false };
    unsigned resets = 0;

    (void)state;
    fake_vsock_post(&guest, 200);
    size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    for (uint32_t port = 1; port <= 200; port++)
        connect_app(0, port);
    for (unsigned i = 0; i < 7; i++) {
        for (uint32_t port = 1; port <= 200; port++)
            send_from_system(0, port, BK_VSOCK_OP_RW, BK_VSOCK_PAYLOAD_MAX);
    }
    while (fake_vsock_receive(&guest, &packet)) {
        assert_int_equal(packet.header.op, BK_VSOCK_OP_RST);
        reset[packet.header.src_port] = true;
    }
    for (uint32_t port = 1; port <= 200; port++)
        resets += reset[port];
    assert_in_range(resets, 100, 190); /* 200 × 448 KiB do not fit, but some do */
    assert_true(mallinfo2().uordblks + mallinfo2().hblkhd - before < 20U << 20);
    connect_app(1, 1);
    send_from_system(1, 1, BK_VSOCK_OP_RW, 1000);
    expect_at_app(1, 1, BK_VSOCK_OP_RW);
    close(apps[0]);
    settle();
    while (fake_vsock_receive(&guest, &packet))
        settle();
    assert_true(mallinfo2().uordblks + mallinfo2().hblkhd < before + (1U << 20));
    plug(0);
}

/* What is kept is joined, so that small packets cost their bytes; the bytes stay what they were. */
static void joins_what_it_keeps(void **state)
{
    unsigned datagrams = 0, sent = 0;
    size_t offset = 0;

    (void)state;
    fake_vsock_post(&guest, 64);
    connect_app(0, 1000);
    connect_app(0, 1001);
    congest(0, 1001);
    while (fake_vsock_receive(&guest, &packet)) /* that flow's RST */
        ;
    for (; sent < 30000; sent++) {
        struct bk_vsock_header header = from_system(0, 1000, BK_VSOCK_OP_RW);
        uint32_t length = 1 + sent % 13;
        header.len = length;
        header.fwd_cnt = 2 * sent;
        assert_true(fake_vsock_send(&guest, &header, bytes + offset, length));
        offset = (offset + length) % 50000;
        header = from_system(0, 1000, BK_VSOCK_OP_CREDIT_UPDATE);
        header.fwd_cnt = 2 * sent + 1;
        assert_true(fake_vsock_send(&guest, &header, NULL, 0));
    }
    struct bk_vsock_header shutdown = from_system(0, 1000, BK_VSOCK_OP_SHUTDOWN);
    shutdown.flags = 2;
    shutdown.fwd_cnt = 2 * sent - 1;
    assert_true(fake_vsock_send(&guest, &shutdown, NULL, 0));
    assert_false(fake_vsock_receive(&guest, &packet)); /* 210 KB: no RST */
    offset = 0;
    uint32_t fwd_cnt = 0, expected_piece = 0;
    uint16_t last_op = 0;
    while (fake_cable_receive(apps[0], &packet) > 0) {
        settle();
        if (packet.header.dst_port != 1000)
            continue;
        datagrams++;
        last_op = packet.header.op;
        if (last_op == BK_VSOCK_OP_RW) {
            assert_true(packet.header.fwd_cnt >= fwd_cnt);
            fwd_cnt = packet.header.fwd_cnt;
        }
        for (uint32_t i = 0; i < packet.header.len;) { /* the pieces as they were sent */
            uint32_t length = 1 + expected_piece % 13;
            static uint32_t done;
            for (; done < length && i < packet.header.len; done++, i++)
                assert_int_equal(packet.payload[i], bytes[offset + done]);
            if (done == length) {
                offset = (offset + length) % 50000;
                expected_piece++;
                done = 0;
            }
        }
    }
    assert_int_equal(expected_piece, sent);
    assert_int_equal(last_op, BK_VSOCK_OP_SHUTDOWN);
    assert_int_equal(packet.header.flags, 2);
    assert_int_equal(fwd_cnt, 2 * sent - 1);
    assert_in_range(datagrams, 1, 60);
}

static void bounds_its_answers_to_an_app(void **state)
{
    unsigned answers = 0;

    (void)state;
    fake_vsock_post(&guest, 8);
    struct bk_vsock_header header = from_app(0, 1000, BK_VSOCK_OP_RW);
    header.len = 1;
    for (unsigned i = 0; i < 20000; i++) {
        if (!fake_cable_send(apps[0], &header, bytes, 1))
            break;
        settle(); /* the cable is read on, or its app and the guest might wait for each other */
    }
    while (fake_cable_receive(apps[0], &packet) > 0) {
        assert_int_equal(packet.header.op, BK_VSOCK_OP_RST);
        answers++;
        settle();
    }
    assert_in_range(answers, 100, 19000);
    connect_app(0, 1000);
    expect_silence(0);
}

static void shares_the_guests_ring_fairly(void **state)
{
    unsigned received[APPS] = { 0 };

    (void)state;
    fake_vsock_post(&guest, 1);
    for (unsigned i = 0; i < APPS; i++)
        connect_app(i, 1000);
    fake_vsock_reset(&guest);
    fake_vsock_start(&guest, guest.device);
    settle();
    fake_vsock_post(&guest, 1);
    for (unsigned i = 0; i < APPS; i++) {
        expect_at_app(i, 1000, BK_VSOCK_OP_RST);
        connect_app(i, 1000);
    }
    for (unsigned i = 0; i < 500; i++) { /* the first floods, the others have a little to say */
        struct bk_vsock_header header = from_app(0, 1000, BK_VSOCK_OP_RW);
        header.len = 1;
        assert_true(fake_cable_send(apps[0], &header, bytes, 1));
        for (unsigned j = 1; j < APPS && i < 20; j++) {
            header = from_app(j, 1000, BK_VSOCK_OP_RW);
            header.len = 1;
            assert_true(fake_cable_send(apps[j], &header, bytes, 1));
        }
    }
    guest.refill = false;
    settle();
    for (unsigned i = 0; i < 20 * APPS + 2; i++) {
        settle();
        assert_true(fake_vsock_receive(&guest, &packet));
        received[packet.header.src_cid - FIRST]++;
        fake_vsock_post(&guest, 1); /* one at a time: every one is fought for */
    }
    for (unsigned i = 1; i < APPS; i++)
        assert_int_equal(received[i], 20);
}

static void resets_the_flows_of_a_dead_app(void **state)
{
    (void)state;
    fake_vsock_post(&guest, 2);
    connect_app(0, 1);
    connect_app(0, 2);
    connect_app(1, 1);
    for (unsigned i = 0; i < 5; i++) { /* and goes on: it dies with data under way in both directions */
        struct bk_vsock_header header = from_app(0, 1, BK_VSOCK_OP_RW);
        header.len = 5000;
        assert_true(fake_cable_send(apps[0], &header, bytes, 5000));
        send_from_system(0, 1, BK_VSOCK_OP_RW, 1000);
    }
    close(apps[0]);
    settle();
    for (unsigned i = 0; i < 10; i++) { /* what it said before is heard: five packets in two pieces */
        assert_true(fake_vsock_receive(&guest, &packet));
        assert_int_equal(packet.header.op, BK_VSOCK_OP_RW);
        settle();
    }
    for (unsigned i = 0; i < 2; i++) {
        assert_true(fake_vsock_receive(&guest, &packet));
        assert_int_equal(packet.header.op, BK_VSOCK_OP_RST);
        assert_int_equal(packet.header.src_cid, FIRST);
        settle();
    }
    assert_false(fake_vsock_receive(&guest, &packet));
    send_from_system(0, 1, BK_VSOCK_OP_RW, 10);
    expect_from_app(0, 1, BK_VSOCK_OP_RST);
    send_from_app(1, 1, BK_VSOCK_OP_RW, 10); /* the others never knew */
    expect_from_app(1, 1, BK_VSOCK_OP_RW);
    plug(0);
    connect_app(0, 1);
    bk_vsock_plug(guest.device, FIRST, -1);
    bk_vsock_plug(guest.device, FIRST, -1);
    expect_from_app(0, 1, BK_VSOCK_OP_RST);
    assert_int_equal(fake_cable_receive(apps[0], &packet), 0);
}

/* The guest takes nothing while an app comes and goes: the RSTs wait, each once, before what is new. */
static void keeps_resets_for_a_guest_that_waits(void **state)
{
    (void)state;
    guest.refill = false;
    fake_vsock_post(&guest, 1);
    for (unsigned i = 0; i < 3; i++) {
        struct bk_vsock_header header = from_app(0, 1, BK_VSOCK_OP_REQUEST);
        assert_true(fake_cable_send(apps[0], &header, NULL, 0));
        settle();
        header = from_app(0, 1, BK_VSOCK_OP_RW);
        header.len = 1;
        assert_true(fake_cable_send(apps[0], &header, bytes, 1));
        settle();
        int old = apps[0];
        plug(0);
        close(old);
        settle();
    }
    guest.refill = true;
    assert_true(fake_vsock_receive(&guest, &packet));
    assert_int_equal(packet.header.op, BK_VSOCK_OP_REQUEST);
    fake_vsock_post(&guest, 1);
    uint16_t last = BK_VSOCK_OP_REQUEST;
    for (settle(); fake_vsock_receive(&guest, &packet); settle())
        last = packet.header.op;
    assert_int_equal(last, BK_VSOCK_OP_RST);
    connect_app(0, 1);
    expect_silence(0);
}

static void acknowledges_a_cable_reset(void **state)
{
    struct bk_vsock_header reset = { .src_cid = FIRST, .dst_cid = BK_VSOCK_CID_SYSTEM };

    (void)state;
    fake_vsock_post(&guest, 2);
    connect_app(0, 1);
    connect_app(0, 2);
    connect_app(1, 1);
    congest(0, 1);
    while (fake_vsock_receive(&guest, &packet))
        settle();
    assert_true(fake_cable_send(apps[0], &reset, NULL, 0));
    struct bk_vsock_header header = from_app(0, 2, BK_VSOCK_OP_REQUEST);
    assert_true(fake_cable_send(apps[0], &header, NULL, 0));
    settle();
    expect_from_app(0, 2, BK_VSOCK_OP_RST); /* flow 1 was reset before */
    settle();
    expect_from_app(0, 2, BK_VSOCK_OP_REQUEST);
    settle();
    send_from_system(0, 2, BK_VSOCK_OP_RESPONSE, 0);
    unsigned resets = 0;
    while (fake_cable_receive(apps[0], &packet) > 0) {
        if (packet.header.op == BK_VSOCK_OP_CABLE_RESET)
            resets++;
        assert_true(packet.header.op != BK_VSOCK_OP_RESPONSE || resets == 1);
        settle();
    }
    assert_int_equal(resets, 1);
    assert_int_equal(packet.header.op, BK_VSOCK_OP_RESPONSE);
    send_from_app(1, 1, BK_VSOCK_OP_RW, 1); /* the other app never knew */
    expect_from_app(1, 1, BK_VSOCK_OP_RW);
    reset.src_cid = FIRST + 1; /* nor can one app reset another's */
    assert_true(fake_cable_send(apps[0], &reset, NULL, 0));
    expect_silence(1);
}

static void tells_the_apps_when_the_guest_starts_anew(void **state)
{
    (void)state;
    fake_vsock_post(&guest, 2);
    connect_app(0, 1);
    connect_app(0, 2);
    connect_app(1, 1);
    congest(1, 1);
    send_from_app(0, 1, BK_VSOCK_OP_RW, 10000); /* and one is staged */
    fake_vsock_reset(&guest);
    fake_vsock_start(&guest, guest.device);
    settle();
    unsigned seen = 0;
    for (unsigned i = 0; i < 2; i++) {
        assert_true(fake_cable_receive(apps[0], &packet) > 0);
        assert_int_equal(packet.header.op, BK_VSOCK_OP_RST);
        seen |= packet.header.dst_port;
    }
    assert_int_equal(seen, 3);
    while (fake_cable_receive(apps[1], &packet) > 0)
        settle();
    assert_int_equal(packet.header.op, BK_VSOCK_OP_RST);
    fake_vsock_post(&guest, 2);
    connect_app(0, 1);
    connect_app(1, 1);
    expect_silence(0);
}

static void refuses_a_bad_plug(void **state)
{
    static const uint32_t wrong[] = { 0, 1, 2, 3, 15, UINT32_MAX };
    int fds[2];

    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(bk_socketpair(BK_VSOCK_CABLE_BUFFER, fds), 0);
        assert_int_equal(bk_vsock_plug(guest.device, wrong[i], fds[1]), -EINVAL);
        assert_int_equal(fake_cable_receive(fds[0], &packet), 0);
        close(fds[0]);
        bk_vsock_plug(guest.device, wrong[i], -1);
    }
}

static void lives_through_chains_that_break_it(void **state)
{
    (void)state;
    fake_vsock_post(&guest, 4);
    connect_app(0, 1);
    fake_queue_add_buffers(guest.device, 1, bytes, 10, NULL, 0);
    fake_queue_notify(guest.device, 1);
    assert_true(guest.transport.broken);
    struct bk_vsock_header header = from_app(0, 1, BK_VSOCK_OP_RW);
    header.len = 10;
    for (unsigned i = 0; i < 10; i++)
        assert_true(fake_cable_send(apps[0], &header, bytes, 10));
    settle();
    fake_vsock_reset(&guest);
    fake_vsock_start(&guest, guest.device);
    settle();
    fake_vsock_post(&guest, 4);
    settle();
    expect_at_app(0, 1, BK_VSOCK_OP_RST);
    while (fake_cable_receive(apps[0], &packet) > 0)
        assert_int_equal(packet.header.op, BK_VSOCK_OP_RST);
    connect_app(0, 1);
    expect_silence(0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(rewrites_both_ways),
        TEST(connects_from_the_system),
        TEST(believes_the_cable_not_the_packet),
        TEST(believes_the_guest_no_more),
        TEST(answers_what_has_no_flow),
        TEST(bounds_the_flows_of_an_app),
        TEST(resets_a_flow_that_is_too_much),
        TEST(bounds_what_one_app_has_queued),
        TEST(joins_what_it_keeps),
        TEST(bounds_its_answers_to_an_app),
        TEST(shares_the_guests_ring_fairly),
        TEST(resets_the_flows_of_a_dead_app),
        TEST(keeps_resets_for_a_guest_that_waits),
        TEST(acknowledges_a_cable_reset),
        TEST(tells_the_apps_when_the_guest_starts_anew),
        TEST(refuses_a_bad_plug),
        TEST(lives_through_chains_that_break_it),
    };

    bk_log_open("test", NULL, LOG_CRIT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
