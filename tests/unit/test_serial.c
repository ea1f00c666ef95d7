/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/interrupt.h"
#include "core/loop.h"
#include "core/vm.h"
#include "devices/serial16550.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORT 0x3f8
#define GSI  4

enum {
    DATA,
    IER,
    IIR,
    LCR,
    MCR,
    LSR,
    MSR,
    SCRATCH
};

static struct bk_vm vm;
static struct bk_serial *serial;
static struct bk_reset_hook hook;
static bool line;
static unsigned edges;
static int to_guest, from_guest; /* our ends */
static int guest_in, guest_out;

/* What the device uses of core/vm.h and core/interrupt.h. */
void bk_vm_add_reset_hook(struct bk_vm *of, void (*reset)(void *owner), void *owner)
{
    (void)of;
    hook = (struct bk_reset_hook){ reset, owner };
}

int bk_interrupt_set_line(struct bk_vm *of, uint32_t gsi, bool level)
{
    (void)of;
    assert_int_equal(gsi, GSI);
    edges += level && !line ? 1 : 0;
    line = level;
    return 0;
}

static void out(unsigned reg, uint8_t value)
{
    bk_bus_write(&vm.pio, PORT + reg, &value, 1);
}

static uint8_t in(unsigned reg)
{
    uint8_t value = 0;

    bk_bus_read(&vm.pio, PORT + reg, &value, 1);
    return value;
}

static void stop(void *userdata, uint32_t events)
{
    (void)userdata;
    (void)events;
    bk_loop_stop(vm.loop);
}

static int set_up(void **state)
{
    int first[2], second[2];

    (void)state;
    vm = (struct bk_vm){ .kvm_fd = -1, .fd = -1 };
    pthread_mutex_init(&vm.lock, NULL);
    line = false;
    edges = 0;
    if (pipe2(first, O_CLOEXEC) < 0 || pipe2(second, O_CLOEXEC | O_NONBLOCK) < 0)
        return -1;
    guest_in = first[0];
    to_guest = first[1];
    from_guest = second[0];
    guest_out = second[1];
    return bk_loop_create(&vm.lock, &vm.loop) < 0 || bk_serial_create(&vm, PORT, GSI, guest_in, guest_out, &serial) < 0;
}

static int tear_down(void **state)
{
    (void)state;
    bk_serial_destroy(serial);
    bk_loop_destroy(vm.loop);
    close(guest_in);
    close(guest_out);
    close(to_guest);
    close(from_guest);
    return 0;
}

static void test_output(void **state)
{
    char text[8] = { 0 };

    (void)state;
    for (const char *c = "hello"; *c != '\0'; c++) {
        assert_int_equal(in(LSR) & 0x20, 0x20);
        out(DATA, (uint8_t)*c);
    }
    assert_int_equal(read(from_guest, text, sizeof text), 5);
    assert_string_equal(text, "hello");
    assert_int_equal(edges, 0); /* nobody asked for interrupts */
}

/* A reader that does not read costs bytes beyond the pipe, and never a wait. */
static void test_slow_reader(void **state)
{
    static char bytes[256 * 1024];

    (void)state;
    for (unsigned i = 0; i < 200000; i++)
        out(DATA, 'x');
    ssize_t n = read(from_guest, bytes, sizeof bytes);
    assert_true(n >= 4096 && n < 200000);
    /* Room again. */
    out(DATA, 'y');
    assert_int_equal(read(from_guest, bytes, sizeof bytes), 1);
    assert_int_equal(bytes[0], 'y');
}

static void test_reader_gone(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    close(from_guest);
    for (unsigned i = 0; i < 10000; i++)
        out(DATA, 'x');
    from_guest = dup(STDIN_FILENO); /* for the end of the test */
}

static void test_input(void **state)
{
    int end[2];
    struct bk_source source = { 0 };

    (void)state;
    assert_int_equal(pipe2(end, O_CLOEXEC), 0);
    out(IIR, 1);
    out(IER, 1);
    assert_int_equal(write(to_guest, "0123456789abcdefXYZ", 19), 19);
    assert_int_equal(write(end[1], "", 1), 1);
    assert_int_equal(bk_loop_add(vm.loop, &source, end[0], EPOLLIN, stop, NULL), 0);
    assert_int_equal(bk_loop_run(vm.loop), 0);
    assert_true(line);
    assert_int_equal(in(IIR), 0xc4);
    for (const char *c = "0123456789abcdef"; *c != '\0'; c++) {
        assert_int_equal(in(LSR) & 1, 1);
        assert_int_equal(in(DATA), *c);
    }
    assert_int_equal(in(LSR) & 1, 0); /* a FIFO of 16; the rest waits in the pipe */
    assert_false(line);
    assert_int_equal(in(DATA), 0);
    bk_loop_remove(vm.loop, &source);
    close(end[0]);
    close(end[1]);
}

static void test_transmit_interrupt(void **state)
{
    (void)state;
    out(IER, 2);
    assert_true(line);
    assert_int_equal(in(IIR) & 0x0f, 2);
    assert_false(line); /* reading the cause clears it */
    assert_int_equal(in(IIR) & 0x0f, 1);
    out(DATA, 'x');
    assert_true(line);
    out(DATA, 'x');
    assert_int_equal(edges, 3); /* an edge for each byte */
}

/* What Linux's driver does to find out what it stands before. */
static void test_probe(void **state)
{
    (void)state;
    out(SCRATCH, 0x5a);
    assert_int_equal(in(SCRATCH), 0x5a);
    out(LCR, 0x80);
    out(DATA, 0x01);
    out(IER, 0x02);
    assert_int_equal(in(DATA), 1);
    assert_int_equal(in(IER), 2);
    out(LCR, 0x03);
    assert_int_equal(in(IER), 0);
    char sent;
    out(MCR, 0xfa);
    assert_int_equal(in(MCR), 0x1a);
    out(DATA, 'l');
    assert_int_equal(read(from_guest, &sent, 1), -1); /* what goes round in the chip is not sent */
    out(MCR, 0);
    assert_int_equal(in(MSR), 0xb0);
    out(IER, 0xff);
    assert_int_equal(in(IER), 0x0f);
    out(IER, 0);
    out(LSR, 0);
    assert_int_equal(in(LSR), 0x60);
    hook.reset(hook.owner);
    assert_int_equal(in(SCRATCH), 0);
    uint32_t wide = 0;
    bk_bus_read(&vm.pio, PORT + LCR, &wide, 4);
    assert_int_equal(wide, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_output, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_slow_reader, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reader_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_input, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_transmit_interrupt, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_probe, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
