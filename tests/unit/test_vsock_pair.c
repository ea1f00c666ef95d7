/* SPDX-License-Identifier: Apache-2.0 */
/* Two App VMs' socket devices and the System VM's, joined by cables: connections as guests make them. */
#define _GNU_SOURCE
#include "devices/vsock.h"

#include "fake_vsock.h"
#include "io.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define APPS  2U
#define FIRST 30U
#define PORTS 1000U /* of each app: 1 to PORTS - 1 */

static struct bk_loop *loop;
static struct fake_vsock system_guest, app_guests[APPS];
static struct bk_vsock_packet packet;
static uint8_t bytes[2 * BK_VSOCK_PAYLOAD_MAX]; /* the same twice */

/* What an app's guest has seen of each of its connections. */
static struct {
    unsigned responses, resets;
    size_t sent, received; /* bytes: those of the first half of `bytes`, again and again */
} seen[APPS][PORTS];

static void plug(unsigned app)
{
    int fds[2];

    assert_int_equal(bk_socketpair(BK_VSOCK_CABLE_BUFFER, fds), 0);
    assert_int_equal(bk_vsock_plug(app_guests[app].device, BK_VSOCK_CID_SYSTEM, fds[0]), 0);
    assert_int_equal(bk_vsock_plug(system_guest.device, FIRST + app, fds[1]), 0);
}

static void start_app(unsigned app)
{
    fake_vsock_start(&app_guests[app], bk_vsock_create_app(loop, FIRST + app));
    fake_vsock_post_events(&app_guests[app], FAKE_VSOCK_EVENTS);
    fake_vsock_post(&app_guests[app], 128);
}

static void start_system(void)
{
    fake_vsock_start(&system_guest, bk_vsock_create_system(loop));
    fake_vsock_post(&system_guest, 128);
}

static int set_up(void **state)
{
    (void)state;
    loop = fake_loop_create();
    start_system();
    for (unsigned i = 0; i < APPS; i++) {
        start_app(i);
        plug(i);
    }
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + i % BK_VSOCK_PAYLOAD_MAX / 251);
    memset(seen, 0, sizeof seen);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (unsigned i = 0; i < APPS; i++)
        fake_vsock_destroy(&app_guests[i]);
    fake_vsock_destroy(&system_guest);
    fake_loop_destroy(loop);
    return 0;
}

/* The System guest accepts everything, sends back what it gets, and ends what the app has shut down. */
static void serve(void)
{
    static struct bk_vsock_packet answer;
    uint16_t op = packet.header.op;

    if (op != BK_VSOCK_OP_REQUEST && op != BK_VSOCK_OP_RW && op != BK_VSOCK_OP_SHUTDOWN)
        return;
    answer.header = bk_vsock_make_reset(&packet.header);
    if (op == BK_VSOCK_OP_REQUEST)
        answer.header.op = BK_VSOCK_OP_RESPONSE;
    if (op == BK_VSOCK_OP_RW) {
        answer.header.op = op;
        answer.header.len = packet.header.len;
        memcpy(answer.payload, packet.payload, packet.header.len);
    }
    assert_true(fake_vsock_send(&system_guest, &answer.header, answer.payload, answer.header.len));
}

static void note(unsigned app)
{
    uint32_t port = packet.header.dst_port;

    assert_int_equal(packet.header.src_cid, BK_VSOCK_CID_SYSTEM);
    assert_int_equal(packet.header.dst_cid, FIRST + app);
    assert_true(port < PORTS);
    seen[app][port].responses += packet.header.op == BK_VSOCK_OP_RESPONSE;
    seen[app][port].resets += packet.header.op == BK_VSOCK_OP_RST;
    for (uint32_t i = 0; i < packet.header.len; i++)
        assert_int_equal(packet.payload[i], bytes[seen[app][port].received++ % BK_VSOCK_PAYLOAD_MAX]);
}

/* Until nothing moves any more, but for the guests of `asleep` (a bit each), which do nothing. */
static void move(unsigned asleep)
{
    for (bool moved = true; moved;) {
        fake_loop_settle(loop, 10000);
        moved = false;
        while (system_guest.device != NULL && fake_vsock_receive(&system_guest, &packet)) {
            serve();
            moved = true;
        }
        for (unsigned i = 0; i < APPS; i++) {
            while ((asleep & 1U << i) == 0 && fake_vsock_receive(&app_guests[i], &packet)) {
                note(i);
                moved = true;
            }
        }
    }
}

static bool send_packet(unsigned app, uint32_t port, uint16_t op, uint32_t length)
{
    struct bk_vsock_header header = bk_vsock_make(op, FIRST + app, port, BK_VSOCK_CID_SYSTEM, 9);

    size_t offset = seen[app][port].sent % BK_VSOCK_PAYLOAD_MAX;

    header.len = length;
    seen[app][port].sent += length;
    return fake_vsock_send(&app_guests[app], &header, bytes + offset, length);
}

static size_t memory_used(void)
{
    return mallinfo2().uordblks + mallinfo2().hblkhd;
}

static void makes_thousands_of_connections_in_sequence(void **state)
{
    size_t memory = 0;

    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        uint32_t port = 1 + i % (PORTS - 1), length = 1 + i * 13 % BK_VSOCK_PAYLOAD_MAX;
        memset(seen, 0, sizeof seen);
        assert_true(send_packet(0, port, BK_VSOCK_OP_REQUEST, 0));
        move(0);
        assert_int_equal(seen[0][port].responses, 1);
        assert_true(send_packet(0, port, BK_VSOCK_OP_RW, length));
        move(0);
        assert_int_equal(seen[0][port].received, length);
        assert_int_equal(seen[0][port].resets, 0);
        assert_true(send_packet(0, port, BK_VSOCK_OP_SHUTDOWN, 0));
        move(0);
        assert_int_equal(seen[0][port].resets, 1);
        if (i == 1000)
            memory = memory_used();
    }
    assert_true(memory_used() <= memory + 4096);
}

static void makes_hundreds_at_once(void **state)
{
    const uint32_t count = 500;

    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        for (uint32_t port = 1; port <= count; port++) {
            for (unsigned app = 0; app < APPS; app++) {
                if (round == 0)
                    assert_true(send_packet(app, port, BK_VSOCK_OP_REQUEST, 0));
                else if (!send_packet(app, port, BK_VSOCK_OP_RW, BK_VSOCK_PAYLOAD_MAX))
                    move(0); /* the cable is full: the guest waits */
            }
        }
        move(0);
    }
    for (unsigned app = 0; app < APPS; app++) {
        for (uint32_t port = 1; port <= count; port++) {
            assert_int_equal(seen[app][port].responses, 1);
            assert_int_equal(seen[app][port].received, 2 * BK_VSOCK_PAYLOAD_MAX);
            assert_int_equal(seen[app][port].resets, 0);
        }
    }
}

static void stalls_nobody_when_one_app_stops(void **state)
{
    (void)state;
    for (uint32_t port = 1; port <= 100; port++) {
        assert_true(send_packet(0, port, BK_VSOCK_OP_REQUEST, 0));
        assert_true(send_packet(1, port, BK_VSOCK_OP_REQUEST, 0));
        move(0);
    }
    for (unsigned i = 1; i <= 20; i++) { /* app 0 asks for ever more, and takes nothing */
        for (uint32_t port = 1; port <= 100; port++) {
            if (fake_queue_available(app_guests[0].device, 1) < 100)
                send_packet(0, port, BK_VSOCK_OP_RW, BK_VSOCK_PAYLOAD_MAX);
            assert_true(send_packet(1, port, BK_VSOCK_OP_RW, 1000));
            move(1U << 0);
        }
    }
    for (uint32_t port = 1; port <= 100; port++) {
        assert_int_equal(seen[1][port].received, 20 * 1000);
        assert_int_equal(seen[1][port].resets, 0);
    }
    move(0); /* app 0 goes on: each of its connections has all its data or a RST */
    unsigned resets = 0;
    for (uint32_t port = 1; port <= 100; port++) {
        assert_true(seen[0][port].resets > 0 || seen[0][port].received == 20 * BK_VSOCK_PAYLOAD_MAX);
        resets += seen[0][port].resets > 0;
    }
    assert_true(resets > 0);
    assert_true(send_packet(0, 500, BK_VSOCK_OP_REQUEST, 0));
    move(0);
    assert_int_equal(seen[0][500].responses, 1);
}

static void survives_an_app_that_dies(void **state)
{
    size_t memory = 0;

    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        memset(seen, 0, sizeof seen);
        for (uint32_t port = 1; port <= 20; port++) {
            assert_true(send_packet(0, port, BK_VSOCK_OP_REQUEST, 0));
            assert_true(send_packet(1, port + 20 * i % 900, BK_VSOCK_OP_REQUEST, 0));
        }
        move(0);
        for (uint32_t port = 1; port <= 20; port++) {
            send_packet(0, port, BK_VSOCK_OP_RW, BK_VSOCK_PAYLOAD_MAX);
            assert_true(send_packet(1, port + 20 * i % 900, BK_VSOCK_OP_RW, 5000));
        }
        for (unsigned turn = 0; turn < i; turn++)
            fake_loop_turn(loop, 0);
        fake_vsock_destroy(&app_guests[0]);
        start_app(0);
        move(1U << 0);
        for (uint32_t port = 1; port <= 20; port++) {
            assert_int_equal(seen[1][port + 20 * i % 900].received, 5000);
            assert_true(send_packet(1, port + 20 * i % 900, BK_VSOCK_OP_SHUTDOWN, 0));
        }
        plug(0);
        move(0);
        if (i == 10)
            memory = memory_used();
    }
    assert_true(memory_used() <= memory + 4096);
}

static void reconnects_when_the_system_is_back(void **state)
{
    (void)state;
    assert_true(send_packet(0, 1, BK_VSOCK_OP_REQUEST, 0));
    move(0);
    fake_vsock_destroy(&system_guest);
    system_guest.device = NULL;
    move(0);
    assert_true(fake_vsock_event(&app_guests[0]));
    assert_false(fake_vsock_event(&app_guests[1])); /* it had no connection */
    assert_true(send_packet(0, 2, BK_VSOCK_OP_REQUEST, 0));
    move(0);
    assert_int_equal(seen[0][2].resets, 1); /* refused at once */
    fake_vsock_post_events(&app_guests[0], 1);
    start_system();
    plug(0);
    plug(1);
    move(0);
    for (uint32_t app = 0; app < APPS; app++) {
        assert_true(send_packet(app, 3, BK_VSOCK_OP_REQUEST, 0));
        assert_true(send_packet(app, 3, BK_VSOCK_OP_RW, 1000));
        move(0);
        assert_int_equal(seen[app][3].responses, 1);
        assert_int_equal(seen[app][3].received, 1000);
    }
}

static void resets_what_a_rebooted_guest_forgot(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        memset(seen, 0, sizeof seen);
        assert_true(send_packet(0, 1, BK_VSOCK_OP_REQUEST, 0)); /* the same port each time */
        move(0);
        assert_int_equal(seen[0][1].responses, 1);
        for (unsigned j = 0; j < 40; j++)
            send_packet(0, 1, BK_VSOCK_OP_RW, BK_VSOCK_PAYLOAD_MAX);
        for (unsigned turn = 0; turn < i; turn++)
            fake_loop_turn(loop, 0);
        memset(seen, 0, sizeof seen);
        fake_vsock_reset(&app_guests[0]);
        fake_vsock_start(&app_guests[0], app_guests[0].device);
        fake_vsock_post(&app_guests[0], 128);
        send_packet(0, 2, BK_VSOCK_OP_REQUEST, 0); /* it waits where the cable is full */
        move(0);
        assert_int_equal(seen[0][1].received, 0); /* nothing of the old one */
        assert_int_equal(seen[0][1].resets, 0);
        assert_int_equal(seen[0][2].responses, 1);
        assert_true(send_packet(0, 2, BK_VSOCK_OP_SHUTDOWN, 0));
        move(0);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(makes_thousands_of_connections_in_sequence), TEST(makes_hundreds_at_once),
        TEST(stalls_nobody_when_one_app_stops),           TEST(survives_an_app_that_dies),
        TEST(reconnects_when_the_system_is_back),         TEST(resets_what_a_rebooted_guest_forgot),
    };

    bk_log_open("test", NULL, LOG_CRIT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
