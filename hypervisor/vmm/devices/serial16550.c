/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "devices/serial16550.h"

#include "cleanup.h"
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
 * system calls [io vcpu]: poll epoll_ctl
 */

/* Registers by offset; which one 0 and 1 are depends on LCR_DIVISOR. */
enum {
    DATA,
    IER,
    IIR_FCR,
    LCR,
    MCR,
    LSR,
    MSR,
    SCRATCH,
    REGISTERS
};

#define IER_RECEIVED    0x01U
#define IER_TRANSMITTED 0x02U
#define IIR_NONE        0x01U
#define IIR_TRANSMITTED 0x02U
#define IIR_RECEIVED    0x04U
#define IIR_FIFO        0xc0U
#define FCR_ENABLE      0x01U
#define FCR_CLEAR_INPUT 0x02U
#define LCR_DIVISOR     0x80U
#define LCR_8N1         0x03U
#define MCR_LOOP        0x10U
#define LSR_RECEIVED    0x01U
#define LSR_TRANSMITTED 0x60U /* holding and shift register empty, always */
#define MSR_CONNECTED   0xb0U /* CTS, DSR, DCD */

struct bk_serial {
    struct bk_vm *vm;
    uint32_t gsi;
    struct bk_bus_range range;
    struct bk_reset_hook reset_hook;
    uint8_t ier, fcr, lcr, mcr, scratch;
    uint8_t divisor[2];
    bool transmitted; /* the interrupt for it is pending */
    bool level;       /* of the line, as KVM knows it */
    uint8_t fifo[BK_SERIAL_FIFO];
    unsigned fifo_first, fifo_count;

    struct bk_source in_source;
    int out_fd; /* -1: nobody reads */
    struct bk_source out_source;
    bool out_watched; /* epoll can tell of it: no regular file */
    uint8_t backlog[BK_SERIAL_BACKLOG];
    unsigned backlog_count;
};

static uint8_t interrupt_cause(const struct bk_serial *serial)
{
    if ((serial->ier & IER_RECEIVED) != 0 && serial->fifo_count > 0)
        return IIR_RECEIVED;
    if ((serial->ier & IER_TRANSMITTED) != 0 && serial->transmitted)
        return IIR_TRANSMITTED;
    return IIR_NONE;
}

static void update_line(struct bk_serial *serial)
{
    bool level = interrupt_cause(serial) != IIR_NONE;

    if (level != serial->level) {
        serial->level = level;
        (void)bk_interrupt_set_line(serial->vm, serial->gsi, level);
    }
}

/* The host end is gone: what the guest writes is dropped from now on. */
static void close_output(struct bk_serial *serial)
{
    bk_loop_remove(serial->vm->loop, &serial->out_source);
    serial->out_fd = -1;
    serial->backlog_count = 0;
}

/* Writes what the host end takes without blocking. Its descriptor stays in blocking mode: a terminal is shared with
 * the shell that started us. */
static void flush(struct bk_serial *serial)
{
    unsigned done = 0;

    while (serial->out_fd >= 0 && done < serial->backlog_count) {
        struct pollfd ready = { .fd = serial->out_fd, .events = POLLOUT };
        if (serial->out_watched && (poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0))
            break;
        /* Where poll says so, a byte can be written; that more can it does not say. */
        size_t part = serial->out_watched ? 1 : serial->backlog_count - done;
        ssize_t n = write(serial->out_fd, serial->backlog + done, part);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            break;
        if (n <= 0) {
            close_output(serial);
            return;
        }
        done += (unsigned)n;
    }
    serial->backlog_count -= done;
    memmove(serial->backlog, serial->backlog + done, serial->backlog_count);
    if (serial->out_source.added)
        (void)bk_loop_modify(serial->vm->loop, &serial->out_source, serial->backlog_count > 0 ? EPOLLOUT : 0);
}

static void transmit(struct bk_serial *serial, uint8_t byte)
{
    if (serial->out_fd >= 0 && serial->backlog_count < BK_SERIAL_BACKLOG) {
        serial->backlog[serial->backlog_count++] = byte;
        flush(serial);
    }
}

static void receive(struct bk_serial *serial, uint8_t byte)
{
    if (serial->fifo_count < BK_SERIAL_FIFO)
        serial->fifo[(serial->fifo_first + serial->fifo_count++) % BK_SERIAL_FIFO] = byte;
}

static void watch_input(struct bk_serial *serial)
{
    if (serial->in_source.added)
        (void)bk_loop_modify(serial->vm->loop, &serial->in_source, serial->fifo_count < BK_SERIAL_FIFO ? EPOLLIN : 0);
}

static uint8_t take_received(struct bk_serial *serial)
{
    if (serial->fifo_count == 0)
        return 0;
    uint8_t byte = serial->fifo[serial->fifo_first];
    serial->fifo_first = (serial->fifo_first + 1) % BK_SERIAL_FIFO;
    serial->fifo_count--;
    watch_input(serial);
    return byte;
}

/* In loopback the outputs of the modem control register are its inputs: drivers probe with it. */
static uint8_t modem_status(const struct bk_serial *serial)
{
    if ((serial->mcr & MCR_LOOP) == 0)
        return MSR_CONNECTED;
    uint8_t mcr = serial->mcr; /* DTR, RTS, OUT1, OUT2 become DSR, CTS, RI, DCD */
    return (uint8_t)((mcr & 1U) << 5 | (mcr & 2U) << 3 | (mcr & 4U) << 4 | (mcr & 8U) << 4);
}

static uint8_t read_register(struct bk_serial *serial, uint64_t offset)
{
    uint8_t cause;

    switch (offset) {
    case DATA:
        return (serial->lcr & LCR_DIVISOR) != 0 ? serial->divisor[0] : take_received(serial);
    case IER:
        return (serial->lcr & LCR_DIVISOR) != 0 ? serial->divisor[1] : serial->ier;
    case IIR_FCR:
        cause = interrupt_cause(serial);
        if (cause == IIR_TRANSMITTED)
            serial->transmitted = false;
        return (serial->fcr & FCR_ENABLE) != 0 ? cause | IIR_FIFO : cause;
    case LCR:
        return serial->lcr;
    case MCR:
        return serial->mcr;
    case LSR:
        return serial->fifo_count > 0 ? LSR_TRANSMITTED | LSR_RECEIVED : LSR_TRANSMITTED;
    case MSR:
        return modem_status(serial);
    default:
        return serial->scratch;
    }
}

static void write_register(struct bk_serial *serial, uint64_t offset, uint8_t value)
{
    switch (offset) {
    case DATA:
        if ((serial->lcr & LCR_DIVISOR) != 0) {
            serial->divisor[0] = value;
            break;
        }
        if ((serial->mcr & MCR_LOOP) != 0)
            receive(serial, value);
        else
            transmit(serial, value);
        /* Sent at once: the interrupt that had been asked for comes again, on an edge of its own. */
        serial->transmitted = false;
        update_line(serial);
        serial->transmitted = true;
        break;
    case IER:
        if ((serial->lcr & LCR_DIVISOR) != 0) {
            serial->divisor[1] = value;
            break;
        }
        if ((value & ~serial->ier & IER_TRANSMITTED) != 0)
            serial->transmitted = true;
        serial->ier = value & 0x0f;
        break;
    case IIR_FCR:
        if ((value & FCR_CLEAR_INPUT) != 0) {
            serial->fifo_count = 0;
            watch_input(serial);
        }
        serial->fcr = value;
        break;
    case LCR:
        serial->lcr = value;
        break;
    case MCR:
        serial->mcr = value & 0x1f;
        break;
    case SCRATCH:
        serial->scratch = value;
        break;
    default:
        break; /* the status registers */
    }
}

static void on_read(void *owner, uint64_t offset, void *buffer, size_t length)
{
    struct bk_serial *serial = owner;

    memset(buffer, 0, length);
    *(uint8_t *)buffer = read_register(serial, offset); /* wider accesses mean nothing to the chip */
    update_line(serial);
}

static void on_write(void *owner, uint64_t offset, const void *buffer, size_t length)
{
    struct bk_serial *serial = owner;

    (void)length;
    write_register(serial, offset, *(const uint8_t *)buffer);
    update_line(serial);
}

static void on_input(void *userdata, uint32_t events)
{
    struct bk_serial *serial = userdata;
    uint8_t bytes[BK_SERIAL_FIFO];

    (void)events;
    if (serial->fifo_count == BK_SERIAL_FIFO) { /* a hang-up, told even when nothing is waited for */
        bk_loop_remove(serial->vm->loop, &serial->in_source);
        return;
    }
    ssize_t n = read(serial->in_source.fd, bytes, BK_SERIAL_FIFO - serial->fifo_count);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) {
        bk_loop_remove(serial->vm->loop, &serial->in_source);
        return;
    }
    for (ssize_t i = 0; i < n; i++)
        receive(serial, bytes[i]);
    watch_input(serial);
    update_line(serial);
}

static void on_output(void *userdata, uint32_t events)
{
    struct bk_serial *serial = userdata;

    if ((events & (EPOLLERR | EPOLLHUP)) != 0)
        close_output(serial);
    else
        flush(serial);
}

static void on_reset(void *owner)
{
    struct bk_serial *serial = owner;

    serial->ier = serial->fcr = serial->mcr = serial->scratch = 0;
    serial->lcr = LCR_8N1;
    serial->divisor[0] = serial->divisor[1] = 0;
    serial->transmitted = false;
    serial->fifo_count = 0;
    watch_input(serial);
    update_line(serial);
}

/* Regular files cannot be watched and never block: EPERM is no failure. */
static int watch(struct bk_serial *serial, struct bk_source *source, int fd, uint32_t events, bk_loop_callback callback)
{
    int r = fd < 0 ? -EPERM : bk_loop_add(serial->vm->loop, source, fd, events, callback, serial);

    return r == -EPERM ? 0 : r;
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
        .range = { .base = port, .size = REGISTERS, .operations = &operations, .owner = serial },
        .lcr = LCR_8N1,
        .out_fd = out_fd,
    };
    int r = watch(serial, &serial->in_source, in_fd, EPOLLIN, on_input);
    if (r == 0)
        r = watch(serial, &serial->out_source, out_fd, 0, on_output);
    if (r == 0)
        r = bk_bus_add(&vm->pio, &serial->range);
    if (r < 0) {
        bk_serial_destroy(serial);
        return r;
    }
    serial->out_watched = serial->out_source.added;
    bk_vm_add_reset_hook(vm, &serial->reset_hook, on_reset, serial);
    *ret_serial = serial;
    return 0;
}

void bk_serial_destroy(struct bk_serial *serial)
{
    if (serial == NULL)
        return;
    bk_bus_remove(&serial->vm->pio, &serial->range);
    bk_loop_remove(serial->vm->loop, &serial->in_source);
    bk_loop_remove(serial->vm->loop, &serial->out_source);
    free(serial);
}
