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

#include "checked.h"
#include "cleanup.h"
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/virtio_console.h>
#include <linux/virtio_ids.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* system calls [io]: readv writev close */

#define RECEIVE          0 /* of a port, what the driver receives and transmits */
#define TRANSMIT         1
#define CONTROL_RECEIVE  2
#define CONTROL_TRANSMIT 3
#define WRITE_MAX        (64UL * 1024) /* bytes that one system call moves */

struct port {
    struct console *console;
    unsigned id;
    char name[BK_CONSOLE_NAME_MAX + 1]; /* empty: the console */
    int in_fd, out_fd;
    struct bk_source in_source, out_source;
    bool is_socket; /* `out_fd` is a second descriptor of it, for the loop takes each but once */
    bool host_open; /* somebody may still be at the host's end */
    bool in_ended;
    bool guest_open;
    bool in_starved;  /* input waits for the driver's buffers */
    bool out_blocked; /* output waits for the host's end */
    unsigned due;     /* bit n: the driver shall be told event n */
    size_t out_done;
    uint64_t dropped; /* bytes of the console's output, since the last note in the stream */
};

struct console {
    struct bk_virtio_device device;
    unsigned count;
    struct port ports[];
};

static struct bk_queue *queue_of(const struct port *port, unsigned direction)
{
    return port->console->device.queues[(port->id == 0 ? 0 : 2 * port->id + 2) + direction];
}

static bool is_console(const struct port *port)
{
    return port->name[0] == '\0';
}

static bool is_multiport(const struct bk_virtio_device *device)
{
    return (device->negotiated & (1ULL << VIRTIO_CONSOLE_F_MULTIPORT)) != 0;
}

/* What is due to the driver */

static bool send_message(struct port *port, uint16_t event)
{
    struct bk_virtio_device *device = &port->console->device;
    struct bk_queue *queue = device->queues[CONTROL_RECEIVE];
    struct virtio_console_control message = { .id = port->id, .event = event };
    size_t name_length = event == VIRTIO_CONSOLE_PORT_NAME ? strlen(port->name) : 0;
    struct bk_chain chain;

    message.value = event != VIRTIO_CONSOLE_PORT_OPEN || port->host_open;
    if (!bk_queue_pop(queue, &chain))
        return false;
    if (chain.in_size < sizeof message + name_length) {
        bk_virtio_device_break(device, "a control buffer of %zu bytes", chain.in_size);
        return false;
    }
    bk_chain_write(&chain, 0, &message, sizeof message);
    bk_chain_write(&chain, sizeof message, port->name, name_length);
    bk_queue_push(queue, &chain, sizeof message + name_length);
    return true;
}

static bool send_due(struct port *port)
{
    static const uint16_t events[] = { /* in the order in which the driver wants to hear them */
                                       VIRTIO_CONSOLE_PORT_ADD, VIRTIO_CONSOLE_CONSOLE_PORT, VIRTIO_CONSOLE_PORT_NAME,
                                       VIRTIO_CONSOLE_PORT_OPEN
    };

    for (size_t i = 0; i < BK_ARRAY_SIZE(events); i++) {
        if ((port->due & 1U << events[i]) != 0 && !send_message(port, events[i]))
            return false;
        port->due &= ~(1U << events[i]);
    }
    return true;
}

static void send_control(struct console *console)
{
    for (unsigned i = 0; i < console->count && send_due(&console->ports[i]); i++)
        ;
    bk_queue_interrupt(console->device.queues[CONTROL_RECEIVE]);
}

/* Tells the driver that nobody is at the host's end any more; it discards output from here on. */
static void close_host_end(struct port *port)
{
    if (!port->host_open)
        return;
    port->host_open = false;
    port->in_ended = true;
    if (port->out_blocked)
        bk_queue_ring(queue_of(port, TRANSMIT)); /* to discard what waits: the driver will not notify again */
    port->out_blocked = false;
    port->due |= 1U << VIRTIO_CONSOLE_PORT_OPEN;
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
    struct bk_queue *queue = queue_of(port, RECEIVE);
    struct bk_chain chain;

    if (!wants_input(port))
        return;
    if (!bk_queue_pop(queue, &chain)) {
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
    if (port->is_socket)
        close_host_end(port);
}

/* Output */

/* What the guest writes is of use to somebody; else it is discarded. */
static bool takes_output(const struct port *port)
{
    return port->host_open && port->out_fd >= 0;
}

/* How many bytes the host's end took. */
static size_t write_out(struct port *port, const struct iovec *ranges, unsigned count)
{
    ssize_t n;

    do {
        n = writev(port->out_fd, ranges, (int)count);
    } while (n < 0 && errno == EINTR);
    if (n >= 0)
        return (size_t)n;
    if (errno == EAGAIN)
        port->out_blocked = true;
    else
        close_host_end(port);
    return 0;
}

/* Says what is missing, before anything that comes after it. */
static void write_note(struct port *port)
{
    char note[80];
    int size =
        snprintf(note, sizeof note, "\r\n[%" PRIu64 " bytes of console output were dropped here]\r\n", port->dropped);
    const struct iovec range = { .iov_base = note, .iov_len = (size_t)size };

    if (write_out(port, &range, 1) > 0)
        port->dropped = 0;
}

/* True when the device is done with the chain. A kernel spins until the console takes its line, so that is always. */
static bool transmit_chain(struct port *port, const struct bk_chain *chain)
{
    struct iovec ranges[BK_QUEUE_SIZE_MAX];
    unsigned count = bk_ranges_slice(chain->out, chain->out_count, port->out_done, WRITE_MAX, ranges);

    if (port->dropped > 0 && takes_output(port))
        write_note(port);
    if (count > 0 && takes_output(port) && !port->out_blocked)
        port->out_done += write_out(port, ranges, count);
    if (is_console(port) && port->out_done < chain->out_size) {
        port->dropped += chain->out_size - port->out_done;
        port->out_blocked = false;
        return true;
    }
    return port->out_done >= chain->out_size || !takes_output(port);
}

static void transmit(struct port *port)
{
    struct bk_queue *queue = queue_of(port, TRANSMIT);
    struct bk_chain chain;

    for (unsigned i = 0; !port->out_blocked; i++) {
        if (i == BK_QUEUE_BURST) {
            bk_queue_ring(queue);
            break;
        }
        if (!bk_queue_pop(queue, &chain))
            break;
        if (transmit_chain(port, &chain)) {
            bk_queue_push(queue, &chain, 0);
            port->out_done = 0;
        } else {
            bk_queue_unpop(queue);
        }
    }
    bk_queue_interrupt(queue);
}

/* Watching */

static void watch(struct port *port);

static void on_input_ready(void *userdata, uint32_t events)
{
    (void)events;
    receive(userdata);
    watch(userdata);
}

static void on_output_ready(void *userdata, uint32_t events)
{
    struct port *port = userdata;

    (void)events;
    port->out_blocked = false;
    transmit(port);
    watch(port);
}

static int watch_source(struct bk_source *source, bool wanted, int fd, uint32_t events, bk_loop_callback callback,
                        struct port *port)
{
    struct bk_loop *loop = port->console->device.loop;

    if (wanted && !source->added)
        return bk_loop_add(loop, source, fd, events, callback, port);
    if (!wanted)
        bk_loop_remove(loop, source);
    return 0;
}

static void watch(struct port *port)
{
    bool blocked = port->out_blocked && port->host_open;

    if (watch_source(&port->in_source, wants_input(port), port->in_fd, EPOLLIN, on_input_ready, port) < 0)
        port->in_ended = true; /* a file that epoll cannot watch, as the header says */
    if (watch_source(&port->out_source, blocked, port->out_fd, EPOLLOUT, on_output_ready, port) < 0)
        close_host_end(port);
}

/* The device */

static bool receive_control(struct bk_virtio_device *device, const struct bk_chain *chain)
{
    struct console *console = (struct console *)device;
    struct virtio_console_control message;

    if (bk_chain_read(chain, 0, &message, sizeof message) < sizeof message) {
        bk_virtio_device_break(device, "a control message of %zu bytes", chain->out_size);
        return false;
    }
    bk_queue_push(device->queues[CONTROL_TRANSMIT], chain, 0);
    if (message.event == VIRTIO_CONSOLE_DEVICE_READY) { /* of no port */
        for (unsigned i = 0; i < console->count && message.value == 1; i++)
            console->ports[i].due |= 1U << VIRTIO_CONSOLE_PORT_ADD;
        return true;
    }
    if (message.id >= console->count) {
        bk_virtio_device_break(device, "control message %u for port %u, which there is not", message.event, message.id);
        return false;
    }
    struct port *port = &console->ports[message.id];
    if (message.event == VIRTIO_CONSOLE_PORT_READY && message.value == 1) {
        port->due |= 1U << (is_console(port) ? VIRTIO_CONSOLE_CONSOLE_PORT : VIRTIO_CONSOLE_PORT_NAME);
        port->due |= 1U << VIRTIO_CONSOLE_PORT_OPEN;
    } else if (message.event == VIRTIO_CONSOLE_PORT_OPEN) {
        port->guest_open = message.value == 1;
        port->in_starved = false;
        watch(port);
    }
    return true;
}

static void notify(struct bk_virtio_device *device, unsigned index)
{
    struct console *console = (struct console *)device;

    if (index >= 2 && !is_multiport(device))
        return;
    if (index == CONTROL_TRANSMIT)
        bk_queue_serve(device->queues[index], receive_control);
    if (index == CONTROL_TRANSMIT || index == CONTROL_RECEIVE) {
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
    /* A driver that knows of one port only opens it by being there. */
    ((struct console *)device)->ports[0].guest_open = !is_multiport(device);
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
        if (port->is_socket)
            bk_close(port->out_fd);
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
    const int fds[] = { options->in_fd, options->out_fd };
    const char *name = options->name != NULL ? options->name : "";

    if ((options->name == NULL ? id != 0 : name[0] == '\0') || strlen(name) > BK_CONSOLE_NAME_MAX)
        return -EINVAL;
    for (unsigned i = 0; i < BK_ARRAY_SIZE(fds); i++) {
        /* A terminal's description is shared with the shell, which would not thank us. */
        int r = fds[i] >= 0 && !isatty(fds[i]) ? bk_set_nonblock(fds[i]) : 0;
        if (r < 0)
            return r;
    }
    port->console = console;
    port->id = id;
    memcpy(port->name, name, strlen(name));
    port->in_fd = options->in_fd;
    port->out_fd = options->out_fd;
    port->host_open = port->in_fd >= 0 || port->out_fd >= 0;
    if (port->in_fd >= 0 && port->in_fd == port->out_fd) {
        port->out_fd = fcntl(port->in_fd, F_DUPFD_CLOEXEC, 0);
        port->is_socket = true;
        return port->out_fd < 0 ? -errno : 0;
    }
    return 0;
}

int bk_console_create(struct bk_loop *loop, const struct bk_console_port *ports, unsigned count,
                      struct bk_virtio_device **ret_device)
{
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
        int r = init_port(console, i, &ports[i]);
        if (r < 0) {
            destroy(&console->device);
            return r;
        }
    }
    signal(SIGPIPE, SIG_IGN); /* a host end that is gone is an error of one write, not of the process */
    *ret_device = &console->device;
    return 0;
}
