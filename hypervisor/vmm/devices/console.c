/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queues (virtio 1.3 §5.3.2): 0 and 1 are the first port's, 2 and 3 carry control messages, 2n+2 and 2n+3 are
 * port n's; the even one of each pair is what the driver receives.
 *
 * Invariants:
 * 1. A descriptor is watched only while there is something to do when it is ready (watch()). A host end that hung
 *    up would otherwise be reported without end.
 * 2. What the driver shall be told of a port is kept as bits (`due`), not as a queue of messages: a driver that
 *    gives no buffers for control messages costs nothing.
 * 3. Of a named port's output, the chain that was taken in part stays available; `out_done` says how much of it the
 *    host has. A driver that changes it meanwhile changes its own output only.
 */
#define _GNU_SOURCE
#include "devices/console.h"

#include "core/loop.h"
#include "devices/ranges.h"
#include "virtio/device.h"
#include "virtio/queue.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/virtio_console.h>
#include <linux/virtio_ids.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* system calls [io]: readv writev */

#define CONTROL_RECEIVE  2
#define CONTROL_TRANSMIT 3
#define WRITE_MAX        (64UL * 1024) /* bytes that one system call moves */

/* In the order in which the driver wants to hear them. */
enum due {
    DUE_ADD = 1 << 0,
    DUE_CONSOLE = 1 << 1,
    DUE_NAME = 1 << 2,
    DUE_OPEN = 1 << 3,
};

struct port {
    struct console *console;
    unsigned id;
    char name[BK_CONSOLE_NAME_MAX + 1]; /* empty: the console */
    int in_fd, out_fd;
    struct bk_source in_source, out_source; /* a socket uses the first for both directions */
    bool host_open;                         /* somebody may still be at the host's end */
    bool in_ended;
    bool guest_open;
    bool in_starved;  /* input waits for the driver's buffers */
    bool out_blocked; /* output waits for the host's end */
    unsigned due;
    size_t out_done;

    char *log; /* the console's: bytes [log_start, log_start + log_used) wait for the host's end */
    size_t log_start, log_used;
    uint64_t log_dropped; /* bytes, since the last note in the stream */
};

struct console {
    struct bk_virtio_device device;
    unsigned count;
    struct port ports[];
};

static struct bk_queue *receive_queue(const struct port *port)
{
    return port->console->device.queues[port->id == 0 ? 0 : 2 * port->id + 2];
}

static struct bk_queue *transmit_queue(const struct port *port)
{
    return port->console->device.queues[port->id == 0 ? 1 : 2 * port->id + 3];
}

static bool is_socket(const struct port *port)
{
    return port->in_fd == port->out_fd;
}

/* What the guest writes is of use to somebody; else it is discarded. */
static bool takes_output(const struct port *port)
{
    return port->host_open && port->out_fd >= 0;
}

static void send_control(struct console *console);

/* Tells the driver that nobody is at the host's end any more; it discards output from here on. */
static void close_host_end(struct port *port)
{
    if (!port->host_open)
        return;
    port->host_open = false;
    port->in_ended = true;
    port->log_used = 0;
    port->due |= DUE_OPEN;
    send_control(port->console);
}

/* Input */

static bool wants_input(const struct port *port)
{
    return port->in_fd >= 0 && !port->in_ended && port->guest_open && !port->in_starved;
}

/* One read for each time that the descriptor is ready: it may be a terminal, where a second one would block. */
static void receive(struct port *port)
{
    struct bk_queue *queue = receive_queue(port);
    struct bk_chain chain;

    if (!wants_input(port))
        return;
    if (bk_queue_pop(queue, &chain) != BK_POP_CHAIN) {
        port->in_starved = true;
        return;
    }
    unsigned count = bk_ranges_slice(chain.in, chain.in_count, 0, WRITE_MAX, chain.in);
    if (count == 0) {
        bk_virtio_device_break(&port->console->device, "port %u: a receive buffer of no bytes", port->id);
        return;
    }
    ssize_t n = readv(port->in_fd, chain.in, (int)count);
    if (n > 0) {
        bk_queue_push(queue, &chain, (size_t)n);
        bk_queue_interrupt(queue);
        return;
    }
    bk_queue_unpop(queue);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    port->in_ended = true;
    if (is_socket(port))
        close_host_end(port);
}

/* Output */

/* How much the host's end took of [offset, offset + size) of what the ranges hold, WRITE_MAX at most. */
static size_t write_ranges(struct port *port, const struct iovec *ranges, unsigned count, size_t offset, size_t size)
{
    struct iovec part[BK_QUEUE_SIZE_MAX];
    ssize_t n;

    unsigned used = bk_ranges_slice(ranges, count, offset, size < WRITE_MAX ? size : WRITE_MAX, part);
    if (used == 0)
        return 0;
    do {
        n = writev(port->out_fd, part, (int)used);
    } while (n < 0 && errno == EINTR);
    if (n >= 0)
        return (size_t)n;
    if (errno == EAGAIN)
        port->out_blocked = true;
    else
        close_host_end(port);
    return 0;
}

static void log_append(struct port *port, const struct iovec *ranges, unsigned count, size_t offset, size_t size)
{
    struct iovec part[BK_QUEUE_SIZE_MAX];
    size_t room = BK_CONSOLE_LOG_MAX - port->log_used;

    if (port->log_dropped > 0)
        room = 0; /* the note of what is missing comes first */
    if (size > room) {
        port->log_dropped += size - room;
        size = room;
    }
    if (port->log_start > 0) {
        memmove(port->log, port->log + port->log_start, port->log_used);
        port->log_start = 0;
    }
    unsigned used = bk_ranges_slice(ranges, count, offset, size, part);
    for (unsigned i = 0; i < used; i++) {
        memcpy(port->log + port->log_used, part[i].iov_base, part[i].iov_len);
        port->log_used += part[i].iov_len;
    }
}

static void log_drain(struct port *port)
{
    while (port->log_used > 0 && !port->out_blocked && takes_output(port)) {
        struct iovec range = { .iov_base = port->log + port->log_start, .iov_len = port->log_used };
        size_t n = write_ranges(port, &range, 1, 0, range.iov_len);
        if (!port->host_open)
            return;
        port->log_start += n;
        port->log_used -= n;
        if (port->log_used > 0 || port->log_dropped == 0)
            continue;
        port->log_start = 0;
        port->log_used =
            (size_t)snprintf(port->log, BK_CONSOLE_LOG_MAX,
                             "\r\n[%" PRIu64 " bytes of console output were dropped here]\r\n", port->log_dropped);
        port->log_dropped = 0;
    }
}

/* Takes the chain whole, whatever the host's end does: a kernel spins until its line is taken. */
static void transmit_log(struct port *port, const struct bk_chain *chain)
{
    size_t done = 0;

    log_drain(port);
    if (takes_output(port) && !port->out_blocked && port->log_used == 0)
        done = write_ranges(port, chain->out, chain->out_count, 0, chain->out_size);
    if (takes_output(port) && done < chain->out_size) {
        log_append(port, chain->out, chain->out_count, done, chain->out_size - done);
        log_drain(port);
    }
}

/* False when some of the chain is left: it was put back. */
static bool transmit_chain(struct port *port, const struct bk_chain *chain)
{
    size_t left = chain->out_size > port->out_done ? chain->out_size - port->out_done : 0;

    if (left == 0 || !takes_output(port))
        return true;
    size_t n = write_ranges(port, chain->out, chain->out_count, port->out_done, left);
    if (n == left || !port->host_open)
        return true;
    port->out_done += n;
    bk_queue_unpop(transmit_queue(port));
    return false;
}

static void transmit(struct port *port)
{
    struct bk_queue *queue = transmit_queue(port);
    struct bk_chain chain;
    bool answered = false;

    if (port->log != NULL)
        log_drain(port);
    for (unsigned i = 0; port->log != NULL || !port->out_blocked; i++) {
        if (i == BK_QUEUE_BURST) {
            bk_queue_ring(queue);
            break;
        }
        if (bk_queue_pop(queue, &chain) != BK_POP_CHAIN)
            break;
        if (port->log != NULL)
            transmit_log(port, &chain);
        else if (!transmit_chain(port, &chain))
            continue;
        port->out_done = 0;
        bk_queue_push(queue, &chain, 0);
        answered = true;
    }
    if (answered)
        bk_queue_interrupt(queue);
}

/* Watching */

static void on_input_ready(void *userdata, uint32_t events);
static void on_output_ready(void *userdata, uint32_t events);

static int watch_source(struct bk_loop *loop, struct bk_source *source, int fd, uint32_t events,
                        bk_loop_callback callback, struct port *port)
{
    if (events == 0) {
        bk_loop_remove(loop, source);
        return 0;
    }
    if (source->added)
        return bk_loop_modify(loop, source, events);
    return bk_loop_add(loop, source, fd, events, callback, port);
}

static void watch(struct port *port)
{
    struct bk_loop *loop = port->console->device.loop;
    uint32_t in = wants_input(port) ? EPOLLIN : 0;
    uint32_t out = port->out_blocked && port->host_open ? EPOLLOUT : 0;

    if (is_socket(port)) {
        if (watch_source(loop, &port->in_source, port->in_fd, in | out, on_input_ready, port) < 0)
            close_host_end(port);
        return;
    }
    if (watch_source(loop, &port->in_source, port->in_fd, in, on_input_ready, port) < 0)
        port->in_ended = true; /* a file that epoll cannot watch, as the header says */
    if (watch_source(loop, &port->out_source, port->out_fd, out, on_output_ready, port) < 0)
        close_host_end(port);
}

static void on_output_ready(void *userdata, uint32_t events)
{
    struct port *port = userdata;

    (void)events;
    port->out_blocked = false;
    transmit(port);
    watch(port);
}

static void on_input_ready(void *userdata, uint32_t events)
{
    struct port *port = userdata;

    if (!is_socket(port) || (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
        receive(port);
    if (is_socket(port) && port->out_blocked && (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
        port->out_blocked = false;
        transmit(port);
    }
    watch(port);
}

/* Control messages */

static bool send_message(struct port *port, uint16_t event, uint16_t value, const char *name)
{
    struct console *console = port->console;
    struct virtio_console_control message = { .id = port->id, .event = event, .value = value };
    struct bk_chain chain;
    size_t name_length = strlen(name);

    if (bk_queue_pop(console->device.queues[CONTROL_RECEIVE], &chain) != BK_POP_CHAIN)
        return false;
    if (chain.in_size < sizeof message + name_length) {
        bk_virtio_device_break(&console->device, "a control buffer of %zu bytes", chain.in_size);
        return false;
    }
    bk_chain_write(&chain, 0, &message, sizeof message);
    bk_chain_write(&chain, sizeof message, name, name_length);
    bk_queue_push(console->device.queues[CONTROL_RECEIVE], &chain, sizeof message + name_length);
    return true;
}

static bool send_due(struct port *port, unsigned due)
{
    switch (due) {
    case DUE_ADD:
        return send_message(port, VIRTIO_CONSOLE_PORT_ADD, 1, "");
    case DUE_CONSOLE:
        return send_message(port, VIRTIO_CONSOLE_CONSOLE_PORT, 1, "");
    case DUE_NAME:
        return send_message(port, VIRTIO_CONSOLE_PORT_NAME, 1, port->name);
    default:
        return send_message(port, VIRTIO_CONSOLE_PORT_OPEN, port->host_open, "");
    }
}

static void send_control(struct console *console)
{
    bool sent = false;

    if ((console->device.negotiated & (1ULL << VIRTIO_CONSOLE_F_MULTIPORT)) == 0)
        return;
    for (unsigned i = 0; i < console->count; i++) {
        struct port *port = &console->ports[i];
        for (unsigned due = DUE_ADD; due <= DUE_OPEN; due <<= 1) {
            if ((port->due & due) == 0)
                continue;
            if (!send_due(port, due))
                goto out;
            port->due &= ~due;
            sent = true;
        }
    }
out:
    if (sent)
        bk_queue_interrupt(console->device.queues[CONTROL_RECEIVE]);
}

/* What the driver says of the device or a port; false when it names a port that there is not. */
static bool handle_control(struct console *console, const struct virtio_console_control *message)
{
    if (message->event == VIRTIO_CONSOLE_DEVICE_READY) {
        for (unsigned i = 0; i < console->count && message->value == 1; i++)
            console->ports[i].due |= DUE_ADD;
        return true;
    }
    if (message->id >= console->count)
        return false;

    struct port *port = &console->ports[message->id];
    if (message->event == VIRTIO_CONSOLE_PORT_READY && message->value == 1) {
        port->due |= DUE_OPEN | (port->log != NULL ? DUE_CONSOLE : DUE_NAME);
    } else if (message->event == VIRTIO_CONSOLE_PORT_OPEN) {
        port->guest_open = message->value == 1;
        port->in_starved = false;
        watch(port);
    }
    return true;
}

static bool receive_control(struct bk_virtio_device *device, const struct bk_chain *chain)
{
    struct virtio_console_control message;

    if (bk_chain_read(chain, 0, &message, sizeof message) < sizeof message) {
        bk_virtio_device_break(device, "a control message of %zu bytes", chain->out_size);
        return false;
    }
    bk_queue_push(device->queues[CONTROL_TRANSMIT], chain, 0);
    if (!handle_control((struct console *)device, &message)) {
        bk_virtio_device_break(device, "control message %u for port %u, which there is not", message.event, message.id);
        return false;
    }
    return true;
}

/* The device */

static void notify(struct bk_virtio_device *device, unsigned index)
{
    struct console *console = (struct console *)device;
    bool multiport = (device->negotiated & (1ULL << VIRTIO_CONSOLE_F_MULTIPORT)) != 0;

    if (!multiport && index >= 2)
        return;
    if (index == CONTROL_RECEIVE) {
        send_control(console);
    } else if (index == CONTROL_TRANSMIT) {
        bk_queue_serve(device->queues[index], receive_control);
        send_control(console);
    } else {
        struct port *port = &console->ports[index < 2 ? 0 : index / 2 - 1];
        if (index % 2 == 0)
            port->in_starved = false;
        else
            transmit(port);
        watch(port);
    }
}

static void read_config(struct bk_virtio_device *device, size_t offset, void *buffer, size_t length)
{
    const struct console *console = (const struct console *)device;
    struct virtio_console_config config = { .max_nr_ports = console->count };

    memcpy(buffer, (const char *)&config + offset, length);
}

static void start(struct bk_virtio_device *device)
{
    struct console *console = (struct console *)device;

    /* A driver that knows of one port only opens it by being there. */
    if ((device->negotiated & (1ULL << VIRTIO_CONSOLE_F_MULTIPORT)) == 0)
        console->ports[0].guest_open = true;
}

/* Descriptors that are watched stay so until they are ready next, and are then seen not to be wanted. */
static void reset(struct bk_virtio_device *device)
{
    struct console *console = (struct console *)device;

    for (unsigned i = 0; i < console->count; i++) {
        struct port *port = &console->ports[i];
        port->guest_open = false;
        port->in_starved = false;
        port->due = 0;
        port->out_done = 0;
    }
}

static void destroy(struct bk_virtio_device *device)
{
    struct console *console = (struct console *)device;

    for (unsigned i = 0; i < console->count; i++) {
        struct port *port = &console->ports[i];
        bk_loop_remove(device->loop, &port->in_source);
        bk_loop_remove(device->loop, &port->out_source);
        if (port->log != NULL) {
            port->out_blocked = false;
            log_drain(port); /* a guest's last words, if there is room for them now */
        }
        free(port->log);
    }
    free(console);
}

static const struct bk_virtio_operations operations = {
    .read_config = read_config,
    .start = start,
    .reset = reset,
    .notify = notify,
    .destroy = destroy,
};

static int init_port(struct console *console, unsigned id, const struct bk_console_port *options)
{
    struct port *port = &console->ports[id];

    port->console = console;
    port->id = id;
    port->in_fd = options->in_fd;
    port->out_fd = options->out_fd;
    port->host_open = port->in_fd >= 0 || port->out_fd >= 0;
    if (options->name == NULL) {
        if (id != 0)
            return -EINVAL;
        port->log = malloc(BK_CONSOLE_LOG_MAX);
        if (port->log == NULL)
            return -ENOMEM;
    } else {
        if (options->name[0] == '\0' || strlen(options->name) > BK_CONSOLE_NAME_MAX)
            return -EINVAL;
        memcpy(port->name, options->name, strlen(options->name) + 1);
    }
    /* A terminal's description is shared with the shell, which would not thank us. */
    if (port->in_fd >= 0 && !isatty(port->in_fd)) {
        int r = bk_set_nonblock(port->in_fd);
        if (r < 0)
            return r;
    }
    return port->out_fd >= 0 && !isatty(port->out_fd) ? bk_set_nonblock(port->out_fd) : 0;
}

int bk_console_create(struct bk_loop *loop, const struct bk_console_port *ports, unsigned count,
                      struct bk_virtio_device **ret_device)
{
    int r;

    if (count == 0 || count > BK_CONSOLE_PORTS_MAX)
        return -EINVAL;
    struct console *console = calloc(1, sizeof *console + count * sizeof console->ports[0]);
    if (console == NULL)
        return -ENOMEM;
    console->device = (struct bk_virtio_device){
        .operations = &operations,
        .name = "console",
        .type = VIRTIO_ID_CONSOLE,
        .features = 1ULL << VIRTIO_CONSOLE_F_MULTIPORT,
        .queue_count = 2 * (count + 1),
        .queue_size = 64,
        .config_size = sizeof(struct virtio_console_config),
        .pci_class = { 0x07, 0x80, 0x00 }, /* other communication controller */
        .loop = loop,
    };
    console->count = count;
    for (unsigned i = 0; i < count; i++) {
        r = init_port(console, i, &ports[i]);
        if (r < 0)
            goto fail;
    }
    signal(SIGPIPE, SIG_IGN); /* a host end that is gone is an error of one write, not of the process */
    *ret_device = &console->device;
    return 0;
fail:
    for (unsigned i = 0; i < count; i++)
        free(console->ports[i].log);
    free(console);
    return r;
}
