/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "devices/serial16550.h"

#include "core/bus.h"
#include "core/interrupt.h"
#include "core/loop.h"
#include "core/vm.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * system calls [io]: read
 * system calls [vcpu]: write poll
 * system calls [io vcpu]: epoll_ctl
 */

/* Registers by offset. With LCR_DIVISOR set the baud rate's divisor stands in the place of the first two. */
enum {
    DATA,
    IER,
    IIR_FCR,
    LCR,
    MCR,
    LSR,
    MSR,
    SCRATCH,
    DIVISOR, /* two bytes */
    REGISTERS = DIVISOR + 2,
    PORTS = DIVISOR
};

#define IER_RECEIVED    0x01U
#define IER_TRANSMITTED 0x02U
#define IIR_NONE        0x01U
#define IIR_TRANSMITTED 0x02U
#define IIR_RECEIVED    0x04U
#define IIR_FIFO        0xc0U
#define FCR_CLEAR_INPUT 0x02U
#define LCR_DIVISOR     0x80U
#define LCR_8N1         0x03U
#define MCR_LOOP        0x10U
#define LSR_RECEIVED    0x01U
#define LSR_TRANSMITTED 0x60U /* holding and shift register empty, always */
#define MSR_CONNECTED   0xb0U /* CTS, DSR, DCD */

/* The bits that keep what is written; the status registers keep none. Drivers tell chips apart by the rest. */
static const uint8_t writable[REGISTERS] = {
    [IER] = 0x0f, [LCR] = 0xff, [MCR] = 0x1f, [SCRATCH] = 0xff, [DIVISOR] = 0xff, [DIVISOR + 1] = 0xff,
};

struct bk_serial {
    struct bk_vm *vm;
    uint32_t gsi;
    struct bk_bus_range range;
    uint8_t registers[REGISTERS]; /* as written */
    bool transmitted;             /* the interrupt for it is pending */
    bool level;                   /* of the line, as KVM knows it */
    int out_fd;                   /* -1: nobody reads */
    struct bk_source in_source;
    uint8_t fifo[BK_SERIAL_FIFO]; /* filled when the guest has taken all that was in it */
    unsigned fifo_first, fifo_end;
};

static bool has_input(const struct bk_serial *serial)
{
    return serial->fifo_first < serial->fifo_end;
}

static uint8_t interrupt_cause(const struct bk_serial *serial)
{
    uint8_t enabled = serial->registers[IER];

    if ((enabled & IER_RECEIVED) && has_input(serial))
        return IIR_RECEIVED;
    return (enabled & IER_TRANSMITTED) && serial->transmitted ? IIR_TRANSMITTED : IIR_NONE;
}

static void update_line(struct bk_serial *serial)
{
    bool level = interrupt_cause(serial) != IIR_NONE;

    if (level != serial->level)
        (void)bk_interrupt_set_line(serial->vm, serial->gsi, level);
    serial->level = level;
}

/* Lets the loop tell of input exactly when there is room for it. */
static void set_input(struct bk_serial *serial, unsigned size)
{
    serial->fifo_first = 0;
    serial->fifo_end = size;
    if (serial->in_source.added)
        (void)bk_loop_modify(serial->vm->loop, &serial->in_source, size == 0 ? EPOLLIN : 0);
}

static uint8_t take_input(struct bk_serial *serial)
{
    if (!has_input(serial))
        return 0;
    uint8_t byte = serial->fifo[serial->fifo_first++];
    if (!has_input(serial))
        set_input(serial, 0);
    return byte;
}

/* Output has the buffer of the pipe or terminal behind it; what that does not take is lost. The descriptor is in
 * blocking mode, since a terminal is shared with the shell that started us: where poll says so a byte can be written,
 * and that more can it does not say. */
static void transmit(struct bk_serial *serial, uint8_t byte)
{
    struct pollfd ready = { .fd = serial->out_fd, .events = POLLOUT };

    if (poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0)
        return;
    if (write(serial->out_fd, &byte, 1) < 0 && errno != EAGAIN && errno != EINTR)
        serial->out_fd = -1; /* the host end is gone */
}

static unsigned register_at(const struct bk_serial *serial, uint64_t offset)
{
    return (unsigned)offset + ((serial->registers[LCR] & LCR_DIVISOR) && offset < 2 ? DIVISOR : 0);
}

static uint8_t read_register(struct bk_serial *serial, unsigned number)
{
    uint8_t cause = interrupt_cause(serial);

    switch (number) {
    case DATA:
        return take_input(serial);
    case IIR_FCR:
        if (cause == IIR_TRANSMITTED)
            serial->transmitted = false;
        return cause | IIR_FIFO;
    case LSR:
        return LSR_TRANSMITTED | (has_input(serial) ? LSR_RECEIVED : 0);
    case MSR:
        return MSR_CONNECTED;
    default:
        return serial->registers[number];
    }
}

static void on_read(void *owner, uint64_t offset, void *buffer, size_t length)
{
    struct bk_serial *serial = owner;

    memset(buffer, 0, length);
    *(uint8_t *)buffer = read_register(serial, register_at(serial, offset)); /* the chip knows bytes only */
    update_line(serial);
}

static void on_write(void *owner, uint64_t offset, const void *buffer, size_t length)
{
    struct bk_serial *serial = owner;
    unsigned number = register_at(serial, offset);
    uint8_t value = *(const uint8_t *)buffer;

    (void)length;
    if (number == DATA) {
        if (!(serial->registers[MCR] & MCR_LOOP)) /* else a driver tries the chip out */
            transmit(serial, value);
        /* Sent at once: the interrupt that had been asked for comes again, on an edge of its own. */
        serial->transmitted = false;
        update_line(serial);
    }
    if (number == DATA || (number == IER && (value & ~serial->registers[IER] & IER_TRANSMITTED)))
        serial->transmitted = true;
    if (number == IIR_FCR && (value & FCR_CLEAR_INPUT))
        set_input(serial, 0);
    serial->registers[number] = value & writable[number];
    update_line(serial);
}

static void on_input(void *userdata, uint32_t events)
{
    struct bk_serial *serial = userdata;
    ssize_t n = 0;

    (void)events;
    if (!has_input(serial)) /* else a hang-up, told even when nothing is waited for */
        n = read(serial->in_source.fd, serial->fifo, sizeof serial->fifo);
    if (n > 0)
        set_input(serial, (unsigned)n);
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        bk_loop_remove(serial->vm->loop, &serial->in_source);
    update_line(serial);
}

static void on_reset(void *owner)
{
    struct bk_serial *serial = owner;

    memset(serial->registers, 0, sizeof serial->registers);
    serial->registers[LCR] = LCR_8N1;
    serial->transmitted = false;
    set_input(serial, 0);
    update_line(serial);
}

int bk_serial_create(struct bk_vm *vm, uint16_t port, uint32_t gsi, int in_fd, int out_fd,
                     struct bk_serial **ret_serial)
{
    static const struct bk_bus_operations operations = { .read = on_read, .write = on_write };
    struct bk_serial *serial = calloc(1, sizeof *serial);

    if (serial == NULL)
        return -ENOMEM;
    *serial = (struct bk_serial){
        .vm = vm,
        .gsi = gsi,
        .range = { .base = port, .size = PORTS, .operations = &operations, .owner = serial },
        .registers[LCR] = LCR_8N1,
        .out_fd = out_fd,
    };
    int r = in_fd < 0 ? 0 : bk_loop_add(vm->loop, &serial->in_source, in_fd, EPOLLIN, on_input, serial);
    if (r == 0 || r == -EPERM) /* a regular file cannot be watched */
        r = bk_bus_add(&vm->pio, &serial->range);
    if (r < 0) {
        bk_serial_destroy(serial);
        return r;
    }
    bk_vm_add_reset_hook(vm, on_reset, serial);
    *ret_serial = serial;
    return 0;
}

void bk_serial_destroy(struct bk_serial *serial)
{
    if (serial == NULL)
        return;
    bk_bus_remove(&serial->vm->pio, &serial->range);
    bk_loop_remove(serial->vm->loop, &serial->in_source);
    free(serial);
}
