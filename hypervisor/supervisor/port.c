/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "port.h"

#include "cleanup.h"
#include "io.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Steps in one turn of the event loop: a client that never pauses does not keep the loop from the others. */
#define STEPS_MAX 64U

static int on_ready(sd_event_source *source, int fd, uint32_t events, void *userdata);

static void end_session(struct bk_port *port)
{
    /* sd-varlink finds its connection closed and forgets the calls on it. */
    port->inner_source = sd_event_source_disable_unref(port->inner_source);
    port->inner = bk_close(port->inner);
    port->message_size = port->message_sent = 0;
    port->out_size = port->out_sent = 0;
}

static int begin_session(struct bk_port *port)
{
    int fds[2];
    int r;

    end_session(port);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
        return -errno;
    port->inner = fds[0];
    r = sd_varlink_server_add_connection(port->server, fds[1], NULL);
    if (r < 0) {
        bk_close(fds[1]);
        end_session(port);
        return r;
    }
    r = sd_event_add_io(port->event, &port->inner_source, port->inner, EPOLLIN, on_ready, port);
    if (r < 0)
        end_session(port);
    return r;
}

/* The host failed us, or the client broke the rules: this session is over, and with it all that is still to come. */
static void refuse(struct bk_port *port, const char *why)
{
    if (bk_ratelimit_pass(&port->limit))
        bk_warning("%s: %s; waiting for a new session", port->name, why);
    end_session(port);
    bk_framer_refuse(&port->framer);
}

static void greet(struct bk_port *port)
{
    int r = begin_session(port);

    if (r < 0) {
        refuse(port, strerror(-r));
        return;
    }
    memset(port->out, 0, 2);
    port->out_size = 2;
}

static void take_frame(struct bk_port *port)
{
    size_t taken = 0;
    enum bk_frame frame =
        bk_framer_feed(&port->framer, port->in + port->in_taken, port->in_size - port->in_taken, &taken);

    port->in_taken += taken;
    switch (frame) {
    case BK_FRAME_NONE:
        break;
    case BK_FRAME_MESSAGE:
        port->message_size = port->framer.size;
        port->message_sent = 0;
        break;
    case BK_FRAME_SESSION:
        greet(port);
        break;
    case BK_FRAME_TOO_BIG:
        refuse(port, "a message is too long or too deep");
        break;
    }
}

/* One step of the way in; false when there is none to take now. */
static bool step_in(struct bk_port *port)
{
    ssize_t n;

    if (port->message_sent < port->message_size) {
        assert(port->inner >= 0); /* what ends a session forgets its message */
        n = send(port->inner, port->framer.message + port->message_sent, port->message_size - port->message_sent,
                 MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0)
            port->message_sent += (size_t)n;
        else if (n < 0 && errno != EAGAIN && errno != EINTR)
            refuse(port, "a message was no Varlink call");
        return n > 0;
    }
    if (port->in_taken < port->in_size) {
        take_frame(port);
        return true;
    }
    n = read(port->fd, port->in, sizeof port->in);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        port->over = true;
    if (n <= 0)
        return false;
    port->in_taken = 0;
    port->in_size = (size_t)n;
    return true;
}

static bool step_out(struct bk_port *port)
{
    ssize_t n;

    if (port->out_sent < port->out_size) {
        n = write(port->fd, port->out + port->out_sent, port->out_size - port->out_sent);
        if (n > 0)
            port->out_sent += (size_t)n;
        return n > 0;
    }
    if (port->inner < 0)
        return false;
    n = recv(port->inner, port->out, sizeof port->out, MSG_DONTWAIT);
    if (n == 0)
        refuse(port, "a message was no Varlink call");
    port->out_sent = 0;
    port->out_size = n > 0 ? (size_t)n : 0;
    return n > 0;
}

/* What the event loop shall wait for: never for what could not be used now. */
static int wait_for_more(struct bk_port *port, bool pending)
{
    bool sending = port->out_sent < port->out_size;
    bool calling = port->message_sent < port->message_size;
    int r = 0;

    if (port->inner_source != NULL)
        r = sd_event_source_set_io_events(port->inner_source, (sending ? 0 : EPOLLIN) | (calling ? EPOLLOUT : 0));
    if (r < 0)
        return r;
    if (!port->is_device)
        return sd_event_source_set_io_events(port->outer_source, (calling ? 0 : EPOLLIN) | (sending ? EPOLLOUT : 0));
    if (pending) /* setting an edge-triggered source again makes it tell again what is ready */
        return sd_event_source_set_io_events(port->outer_source, EPOLLIN | EPOLLOUT | EPOLLET);
    return 0;
}

static int on_ready(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_port *port = userdata;
    bool outer = source == port->outer_source;
    bool more = true;

    (void)fd;
    port->over = outer && !port->is_device && (events & (EPOLLHUP | EPOLLERR)) != 0 && (events & EPOLLIN) == 0;
    for (unsigned i = 0; more && !port->over && i < STEPS_MAX; i++) {
        bool in = step_in(port);
        bool out = step_out(port);
        more = in || out;
    }
    if (port->over && !port->is_device) { /* the VM has ended; its owner will close the port */
        end_session(port);
        return sd_event_source_set_enabled(port->outer_source, SD_EVENT_OFF);
    }
    port->over = false; /* a device's client has gone; the next one begins a session */
    return wait_for_more(port, more);
}

int bk_port_open(struct bk_port *port, sd_event *event, sd_varlink_server *server, int fd, const char *name,
                 bool is_device)
{
    int r;

    *port = (struct bk_port){
        .name = name,
        .event = sd_event_ref(event),
        .server = sd_varlink_server_ref(server),
        .is_device = is_device,
        .fd = fd,
        .inner = -1,
    };
    bk_framer_reset(&port->framer);
    r = bk_set_nonblock(fd);
    if (r >= 0)
        r = begin_session(port);
    /* A device without a client is hung up all the time: only the edges are news. */
    if (r >= 0)
        r = sd_event_add_io(event, &port->outer_source, fd, is_device ? EPOLLIN | EPOLLOUT | EPOLLET : EPOLLIN,
                            on_ready, port);
    if (r < 0)
        bk_port_close(port);
    return r;
}

void bk_port_close(struct bk_port *port)
{
    if (port->name == NULL)
        return;
    end_session(port);
    port->outer_source = sd_event_source_disable_unref(port->outer_source);
    port->fd = bk_close(port->fd);
    port->event = sd_event_unref(port->event);
    port->server = sd_varlink_server_unref(port->server);
    port->name = NULL;
}
