/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devices/console.h"

#include "cleanup.h"
#include "fake_loop.h"
#include "fake_queue.h"
#include "io.h"
#include "measure.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_console.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONTROL_RECEIVE  2
#define CONTROL_TRANSMIT 3
#define PORT_RECEIVE     4 /* the second port's */
#define PORT_TRANSMIT    5

static struct bk_loop *loop;
static struct bk_virtio_device *device;
static struct bk_virtio_transport transport;
static int console_in, console_out; /* the test's ends of two pipes */
static int port;                    /* the test's end of the second port's socket */
static int device_ends[3];

/* A console on two pipes, and a port on a socket. */
static int setup(void **state)
{
    int in[2], out[2], sockets[2];

    (void)state;
    loop = fake_loop_create();
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
    assert_int_equal(bk_set_nonblock(sockets[0]), 0);
    const struct bk_console_port ports[] = {
        { .name = NULL, .in_fd = in[0], .out_fd = out[1] },
        { .name = "io.bulkhead.Test", .in_fd = sockets[1], .out_fd = sockets[1] },
    };
    console_in = in[1];
    console_out = out[0];
    port = sockets[0];
    device_ends[0] = in[0];
    device_ends[1] = out[1];
    device_ends[2] = sockets[1];
    assert_int_equal(bk_console_create(loop, ports, 2, &device), 0);
    fake_device_start(device, &transport);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fake_device_destroy(device);
    fake_loop_destroy(loop);
    bk_close(console_in);
    bk_close(console_out);
    bk_close(port);
    for (unsigned i = 0; i < 3; i++)
        bk_close(device_ends[i]);
    return 0;
}

static void tell(uint32_t id, uint16_t event, uint16_t value)
{
    struct virtio_console_control message = { .id = id, .event = event, .value = value };

    uint16_t head = fake_queue_add_buffers(device, CONTROL_TRANSMIT, &message, sizeof message, NULL, 0);
    fake_queue_notify(device, CONTROL_TRANSMIT);
    if (!transport.broken)
        assert_true(fake_queue_answered(device, CONTROL_TRANSMIT, head, NULL));
}

struct heard {
    struct virtio_console_control control;
    char name[32];
};

static void give_control_buffers(struct heard *heard, unsigned count)
{
    memset(heard, 0, count * sizeof *heard);
    for (unsigned i = 0; i < count; i++)
        fake_queue_add_buffers(device, CONTROL_RECEIVE, NULL, 0, &heard[i], sizeof heard[i]);
    fake_queue_notify(device, CONTROL_RECEIVE);
}

static void assert_heard(const struct heard *heard, uint32_t id, uint16_t event, uint16_t value)
{
    size_t written;

    assert_true(fake_queue_next_answer(device, CONTROL_RECEIVE, NULL, &written));
    assert_true(written >= sizeof heard->control);
    assert_int_equal(heard->control.id, id);
    assert_int_equal(heard->control.event, event);
    assert_int_equal(heard->control.value, value);
}

/* What Linux does to bring the ports up. */
static void bring_up(void)
{
    struct heard heard[6];

    give_control_buffers(heard, 6);
    tell(UINT32_MAX, VIRTIO_CONSOLE_DEVICE_READY, 1);
    tell(0, VIRTIO_CONSOLE_PORT_READY, 1);
    tell(1, VIRTIO_CONSOLE_PORT_READY, 1);
    while (fake_queue_next_answer(device, CONTROL_RECEIVE, NULL, NULL))
        ;
    assert_int_equal(fake_queue_available(device, CONTROL_RECEIVE), 0);
    tell(0, VIRTIO_CONSOLE_PORT_OPEN, 1);
    tell(1, VIRTIO_CONSOLE_PORT_OPEN, 1);
}

static uint16_t transmit(unsigned queue, const void *bytes, size_t size)
{
    uint16_t head = fake_queue_add_buffers(device, queue, bytes, size, NULL, 0);

    fake_queue_notify(device, queue);
    return head;
}

static void brings_up_the_ports(void **state)
{
    struct virtio_console_config config;
    struct heard heard[6];

    (void)state;
    device->operations->read_config(device, 0, &config, sizeof config);
    assert_int_equal(config.max_nr_ports, 2);
    assert_int_equal(device->queue_count, 6);

    give_control_buffers(heard, 6);
    tell(UINT32_MAX, VIRTIO_CONSOLE_DEVICE_READY, 1);
    assert_heard(&heard[0], 0, VIRTIO_CONSOLE_PORT_ADD, 1);
    assert_heard(&heard[1], 1, VIRTIO_CONSOLE_PORT_ADD, 1);
    tell(0, VIRTIO_CONSOLE_PORT_READY, 1);
    assert_heard(&heard[2], 0, VIRTIO_CONSOLE_CONSOLE_PORT, 1);
    assert_heard(&heard[3], 0, VIRTIO_CONSOLE_PORT_OPEN, 1);
    tell(1, VIRTIO_CONSOLE_PORT_READY, 1);
    assert_heard(&heard[4], 1, VIRTIO_CONSOLE_PORT_NAME, 1);
    assert_string_equal(heard[4].name, "io.bulkhead.Test");
    assert_heard(&heard[5], 1, VIRTIO_CONSOLE_PORT_OPEN, 1);
}

static void waits_for_control_buffers(void **state)
{
    struct heard heard[4];

    (void)state;
    for (unsigned i = 0; i < 1000; i++) { /* as often as it likes: the answer is one */
        tell(UINT32_MAX, VIRTIO_CONSOLE_DEVICE_READY, 1);
        tell(1, VIRTIO_CONSOLE_PORT_READY, 1);
    }
    give_control_buffers(heard, 1);
    assert_heard(&heard[0], 0, VIRTIO_CONSOLE_PORT_ADD, 1);
    give_control_buffers(heard, 4);
    assert_heard(&heard[0], 1, VIRTIO_CONSOLE_PORT_ADD, 1);
    assert_heard(&heard[1], 1, VIRTIO_CONSOLE_PORT_NAME, 1);
    assert_heard(&heard[2], 1, VIRTIO_CONSOLE_PORT_OPEN, 1);
    assert_int_equal(fake_queue_available(device, CONTROL_RECEIVE), 1);
}

static void carries_output(void **state)
{
    char line[16];

    (void)state;
    bring_up();
    uint16_t head = transmit(1, "hello", 5);
    assert_true(fake_queue_answered(device, 1, head, NULL));
    assert_int_equal(read(console_out, line, sizeof line), 5);
    assert_memory_equal(line, "hello", 5);
    transmit(PORT_TRANSMIT, "world", 5);
    assert_int_equal(read(port, line, sizeof line), 5);
    assert_memory_equal(line, "world", 5);
}

static void carries_input(void **state)
{
    char first[4], second[64];
    size_t written;

    (void)state;
    bring_up();
    assert_int_equal(write(port, "abcdef", 6), 6);
    fake_loop_settle(loop, 3); /* no buffers: it is not read, and nothing spins */
    uint16_t head = fake_queue_add_buffers(device, PORT_RECEIVE, NULL, 0, first, sizeof first);
    fake_queue_notify(device, PORT_RECEIVE);
    fake_loop_settle(loop, 3);
    assert_true(fake_queue_answered(device, PORT_RECEIVE, head, &written));
    assert_int_equal(written, 4);
    assert_memory_equal(first, "abcd", 4);
    head = fake_queue_add_buffers(device, PORT_RECEIVE, NULL, 0, second, sizeof second);
    fake_queue_notify(device, PORT_RECEIVE);
    fake_loop_settle(loop, 3);
    assert_true(fake_queue_answered(device, PORT_RECEIVE, head, &written));
    assert_int_equal(written, 2);
}

static void reads_nothing_for_a_closed_port(void **state)
{
    char bytes[16];

    (void)state;
    bring_up();
    tell(1, VIRTIO_CONSOLE_PORT_OPEN, 0);
    fake_queue_add_buffers(device, PORT_RECEIVE, NULL, 0, bytes, sizeof bytes);
    fake_queue_notify(device, PORT_RECEIVE);
    assert_int_equal(write(port, "abc", 3), 3);
    fake_loop_settle(loop, 3);
    assert_int_equal(fake_queue_available(device, PORT_RECEIVE), 1);
    tell(1, VIRTIO_CONSOLE_PORT_OPEN, 1);
    fake_loop_settle(loop, 3);
    assert_int_equal(fake_queue_available(device, PORT_RECEIVE), 0);
    assert_memory_equal(bytes, "abc", 3);
}

/* A host end that does not read holds up its own port and no other, without a spin, and loses nothing. */
static void holds_up_one_port_alone(void **state)
{
    static char block[32 * 1024], got[sizeof block];
    unsigned sent = 0;
    char line[8];

    (void)state;
    bring_up();
    memset(block, 'x', sizeof block);
    while (fake_queue_available(device, PORT_TRANSMIT) == 0 && sent < 200) {
        block[0] = (char)sent++;
        transmit(PORT_TRANSMIT, block, sizeof block);
    }
    assert_in_range(sent, 2, 199);
    fake_loop_settle(loop, 3);
    assert_int_equal(transport.broken, false);
    transmit(1, "free", 4);
    assert_int_equal(read(console_out, line, sizeof line), 4);

    uint64_t total = 0;
    for (unsigned turn = 0; turn < 10000 && total < (uint64_t)sent * sizeof block; turn++) {
        ssize_t n = read(port, got, sizeof got);
        if (n > 0)
            total += (uint64_t)n;
        else
            fake_loop_turn(loop, 0);
    }
    assert_int_equal(total, (uint64_t)sent * sizeof block);
    assert_int_equal(fake_queue_available(device, PORT_TRANSMIT), 0);
}

/* Bytes come in order and once where a chain goes out in many parts. */
static void splits_a_large_chain(void **state)
{
    static uint32_t words[512 * 1024];
    static uint32_t got[512 * 1024];
    size_t total = 0;

    (void)state;
    bring_up();
    for (uint32_t i = 0; i < sizeof words / sizeof words[0]; i++)
        words[i] = i;
    uint16_t head = transmit(PORT_TRANSMIT, words, sizeof words);
    for (unsigned turn = 0; turn < 10000 && total < sizeof got; turn++) {
        ssize_t n = read(port, (char *)got + total, sizeof got - total);
        if (n > 0)
            total += (size_t)n;
        else
            fake_loop_turn(loop, 0);
    }
    assert_int_equal(total, sizeof got);
    assert_memory_equal(words, got, sizeof got);
    assert_true(fake_queue_answered(device, PORT_TRANSMIT, head, NULL));
}

/* A kernel spins until its line is taken: it is, though nobody reads; what is lost is said. */
static void takes_a_log_that_nobody_reads(void **state)
{
    static char all[1024 * 1024];
    char line[100];
    size_t total = 0;

    (void)state;
    bring_up();
    memset(line, '.', sizeof line);
    line[99] = '\n';
    unsigned before = measure_descriptors();
    size_t heap = measure_heap();
    for (unsigned i = 0; i < 20000; i++) {
        uint16_t head = transmit(1, line, sizeof line);
        assert_true(fake_queue_answered(device, 1, head, NULL));
    }
    fake_loop_settle(loop, 3);
    assert_in_range(measure_heap(), 0, heap + MEASURE_HEAP_NOISE);
    assert_int_equal(measure_descriptors(), before);
    for (unsigned turn = 0; turn < 1000; turn++) {
        ssize_t n = read(console_out, all + total, sizeof all - 1 - total);
        if (n > 0)
            total += (size_t)n;
        else if (fake_loop_turn(loop, 0) == 0)
            break;
    }
    assert_in_range(total, 32768, 65536); /* the pipe's */
    transmit(1, "after\n", 6);
    ssize_t rest = read(console_out, all + total, sizeof all - 1 - total);
    assert_true(rest > 6);
    total += (size_t)rest;
    assert_memory_equal(all + total - 6, "after\n", 6);
    uint64_t accounted = total - 6;
    for (const char *note = all; (note = strstr(note, "\r\n[")) != NULL;) {
        unsigned long long dropped;
        int size = 0;
        assert_int_equal(sscanf(note, "\r\n[%llu bytes of console output were dropped here]%n", &dropped, &size), 1);
        accounted += dropped - (unsigned)size - 2;
        note += size;
    }
    assert_int_equal(accounted, 20000 * 100);
    transmit(1, "after\n", 6);
    assert_int_equal(read(console_out, all, sizeof all), 6);
}

static void keeps_a_log_that_is_read_late(void **state)
{
    static char all[128 * 1024];
    char line[128];
    size_t total = 0;

    (void)state;
    bring_up();
    for (unsigned i = 0; i < 400; i++) {
        memset(line, 'a' + (int)(i % 26), sizeof line);
        uint16_t head = transmit(1, line, sizeof line);
        assert_true(fake_queue_answered(device, 1, head, NULL));
    }
    for (unsigned turn = 0; turn < 1000 && total < 400 * sizeof line; turn++) {
        ssize_t n = read(console_out, all + total, 1000);
        if (n > 0)
            total += (size_t)n;
        fake_loop_turn(loop, 0);
    }
    assert_int_equal(total, 400 * sizeof line);
    for (size_t i = 0; i < total; i++)
        assert_int_equal(all[i], 'a' + (int)(i / sizeof line % 26));
}

static void tells_of_a_host_end_that_is_gone(void **state)
{
    struct heard heard[2];
    char bytes[16];

    (void)state;
    bring_up();
    give_control_buffers(heard, 2);
    fake_queue_add_buffers(device, PORT_RECEIVE, NULL, 0, bytes, sizeof bytes);
    fake_queue_notify(device, PORT_RECEIVE);
    assert_int_equal(write(port, "end", 3), 3);
    port = bk_close(port);
    fake_loop_settle(loop, 5);
    assert_memory_equal(bytes, "end", 3);
    fake_queue_add_buffers(device, PORT_RECEIVE, NULL, 0, bytes, sizeof bytes);
    fake_queue_notify(device, PORT_RECEIVE);
    fake_loop_settle(loop, 5);
    assert_heard(&heard[0], 1, VIRTIO_CONSOLE_PORT_OPEN, 0);
    uint16_t head = transmit(PORT_TRANSMIT, "lost", 4); /* discarded, not kept */
    assert_true(fake_queue_answered(device, PORT_TRANSMIT, head, NULL));
    fake_loop_settle(loop, 3);
    head = transmit(1, "x", 1);
    assert_true(fake_queue_answered(device, 1, head, NULL));
}

/* The same while output waits for it. */
static void discards_what_waited_for_a_host_end(void **state)
{
    static char block[32 * 1024];
    struct heard heard[2];

    (void)state;
    bring_up();
    give_control_buffers(heard, 2);
    assert_int_equal(write(port, "x", 1), 1);
    fake_loop_settle(loop, 3); /* no buffers */
    while (fake_queue_available(device, PORT_TRANSMIT) == 0)
        transmit(PORT_TRANSMIT, block, sizeof block);
    for (unsigned i = 0; i < 2; i++) /* input is watched after output, and so told of first */
        fake_queue_add_buffers(device, PORT_RECEIVE, NULL, 0, block, sizeof block);
    fake_queue_notify(device, PORT_RECEIVE);
    fake_loop_settle(loop, 3);
    port = bk_close(port);
    fake_loop_settle(loop, 10);
    assert_heard(&heard[0], 1, VIRTIO_CONSOLE_PORT_OPEN, 0);
    assert_int_equal(fake_queue_available(device, PORT_TRANSMIT), 0);
}

/* The same, learnt from a write: no signal ends the process. */
static void survives_writing_to_nobody(void **state)
{
    (void)state;
    bring_up();
    port = bk_close(port);
    console_out = bk_close(console_out);
    uint16_t head = transmit(PORT_TRANSMIT, "lost", 4);
    assert_true(fake_queue_answered(device, PORT_TRANSMIT, head, NULL));
    head = transmit(1, "lost", 4);
    assert_true(fake_queue_answered(device, 1, head, NULL));
    fake_loop_settle(loop, 5);
}

/* Standard input at its end leaves the console's output as it is. */
static void outlives_its_input(void **state)
{
    char bytes[16], line[8];

    (void)state;
    bring_up();
    fake_queue_add_buffers(device, 0, NULL, 0, bytes, sizeof bytes);
    fake_queue_notify(device, 0);
    console_in = bk_close(console_in);
    fake_loop_settle(loop, 3);
    transmit(1, "on", 2);
    assert_int_equal(read(console_out, line, sizeof line), 2);
}

static void works_without_multiport(void **state)
{
    char line[8], bytes[8];

    (void)state;
    fake_device_reset(device);
    device->features = 0;
    fake_device_start(device, &transport);
    fake_loop_settle(loop, 3);
    transmit(1, "old", 3);
    assert_int_equal(read(console_out, line, sizeof line), 3);
    fake_queue_add_buffers(device, 0, NULL, 0, bytes, sizeof bytes);
    fake_queue_notify(device, 0);
    assert_int_equal(write(console_in, "in", 2), 2);
    fake_loop_settle(loop, 3);
    assert_memory_equal(bytes, "in", 2);
    for (unsigned i = 0; i < device->queue_count; i++) /* spurious notifications */
        fake_queue_notify(device, i);
}

static void starts_anew_after_a_reset(void **state)
{
    static char block[300 * 1024];
    static char rest[400 * 1024];
    char bytes[16];

    (void)state;
    bring_up();
    transmit(PORT_TRANSMIT, block, sizeof block); /* stuck in the middle */
    assert_int_equal(fake_queue_available(device, PORT_TRANSMIT), 1);
    fake_queue_add_buffers(device, PORT_RECEIVE, NULL, 0, bytes, sizeof bytes);
    fake_queue_notify(device, PORT_RECEIVE);
    fake_device_reset(device);
    assert_int_equal(write(port, "early", 5), 5);
    fake_loop_settle(loop, 5);
    while (read(port, rest, sizeof rest) > 0)
        ;
    fake_loop_settle(loop, 5);
    fake_device_start(device, &transport);
    bring_up();
    transmit(PORT_TRANSMIT, "new", 3);
    fake_loop_settle(loop, 5);
    assert_int_equal(read(port, rest, sizeof rest), 3);
    assert_memory_equal(rest, "new", 3);
}

static void assert_breaks(void)
{
    assert_true(transport.broken);
    fake_device_reset(device);
    fake_device_start(device, &transport);
    fake_loop_settle(loop, 5);
}

static void breaks_on_nonsense(void **state)
{
    char small[7] = { 0 };
    static const uint32_t ids[] = { 2, 3, 8, 0x80000000, UINT32_MAX };

    (void)state;
    for (unsigned i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        tell(ids[i], VIRTIO_CONSOLE_PORT_READY, 1);
        assert_breaks();
        tell(ids[i], VIRTIO_CONSOLE_PORT_OPEN, 1);
        assert_breaks();
    }
    fake_queue_add_buffers(device, CONTROL_TRANSMIT, small, sizeof small, NULL, 0);
    fake_queue_notify(device, CONTROL_TRANSMIT);
    assert_breaks();
    fake_queue_add_buffers(device, CONTROL_RECEIVE, NULL, 0, small, sizeof small);
    tell(0, VIRTIO_CONSOLE_DEVICE_READY, 1);
    assert_breaks();
    bring_up(); /* a receive buffer without room */
    fake_queue_add_buffers(device, PORT_RECEIVE, small, sizeof small, NULL, 0);
    fake_queue_notify(device, PORT_RECEIVE);
    assert_int_equal(write(port, "x", 1), 1);
    fake_loop_settle(loop, 3);
    assert_breaks();
    for (uint16_t event = 0; event < 20; event++) /* what it need not know it passes over */
        tell(0, event, 2);
    assert_false(transport.broken);
}

static void refuses_bad_ports(void **state)
{
    struct bk_console_port ports[BK_CONSOLE_PORTS_MAX + 1] = { { .name = NULL, .in_fd = -1, .out_fd = -1 } };
    struct bk_virtio_device *none = NULL;
    char name[BK_CONSOLE_NAME_MAX + 2];

    (void)state;
    for (unsigned i = 1; i <= BK_CONSOLE_PORTS_MAX; i++)
        ports[i] = (struct bk_console_port){ .name = "port", .in_fd = -1, .out_fd = -1 };
    assert_int_equal(bk_console_create(loop, ports, 0, &none), -EINVAL);
    assert_int_equal(bk_console_create(loop, ports, BK_CONSOLE_PORTS_MAX + 1, &none), -EINVAL);
    ports[1].name = NULL;
    assert_int_equal(bk_console_create(loop, ports, 2, &none), -EINVAL);
    ports[1].name = "";
    assert_int_equal(bk_console_create(loop, ports, 2, &none), -EINVAL);
    memset(name, 'n', sizeof name);
    name[BK_CONSOLE_NAME_MAX + 1] = '\0';
    ports[1].name = name;
    assert_int_equal(bk_console_create(loop, ports, 2, &none), -EINVAL);
    assert_null(none);
    name[BK_CONSOLE_NAME_MAX] = '\0';
    assert_int_equal(bk_console_create(loop, ports, BK_CONSOLE_PORTS_MAX, &none), 0);
    fake_device_destroy(none);
}

/* A file to read from, which epoll refuses, and one to write to. */
static void works_with_plain_files(void **state)
{
    struct bk_virtio_device *other;
    struct bk_virtio_transport other_transport;
    char bytes[8];

    (void)state;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int file = memfd_create("log", MFD_CLOEXEC);
    struct bk_console_port only = { .name = NULL, .in_fd = null, .out_fd = file };
    assert_int_equal(bk_console_create(loop, &only, 1, &other), 0);
    other->features = 0;
    fake_device_start(other, &other_transport);
    fake_queue_add_buffers(other, 0, NULL, 0, bytes, sizeof bytes);
    fake_queue_notify(other, 0);
    fake_queue_add_buffers(other, 1, "to a file", 9, NULL, 0);
    fake_queue_notify(other, 1);
    fake_loop_settle(loop, 5);
    assert_int_equal(pread(file, bytes, 8, 0), 8);
    assert_memory_equal(bytes, "to a fil", 8);
    fake_device_destroy(other);
    close(file);
    close(null);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(brings_up_the_ports, setup, teardown),
        cmocka_unit_test_setup_teardown(waits_for_control_buffers, setup, teardown),
        cmocka_unit_test_setup_teardown(carries_output, setup, teardown),
        cmocka_unit_test_setup_teardown(carries_input, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_nothing_for_a_closed_port, setup, teardown),
        cmocka_unit_test_setup_teardown(holds_up_one_port_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(splits_a_large_chain, setup, teardown),
        cmocka_unit_test_setup_teardown(takes_a_log_that_nobody_reads, setup, teardown),
        cmocka_unit_test_setup_teardown(keeps_a_log_that_is_read_late, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_of_a_host_end_that_is_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(discards_what_waited_for_a_host_end, setup, teardown),
        cmocka_unit_test_setup_teardown(survives_writing_to_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(outlives_its_input, setup, teardown),
        cmocka_unit_test_setup_teardown(works_without_multiport, setup, teardown),
        cmocka_unit_test_setup_teardown(starts_anew_after_a_reset, setup, teardown),
        cmocka_unit_test_setup_teardown(breaks_on_nonsense, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_bad_ports, setup, teardown),
        cmocka_unit_test_setup_teardown(works_with_plain_files, setup, teardown),
    };

    return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
