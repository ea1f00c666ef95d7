/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An App VM's end of the socket device: one cable, to the System VM.
 *
 * Theory. When the cable is full the guest's transmit ring stops, and only this app waits. There is no flow table
 * here; what ends all flows at once is told at once:
 *
 * - The cable is lost (the System VM died). The guest gets a transport reset event, at which it ends all its
 *   connections. It does so in its own time, and a connection made over the next cable before that would end too, so
 *   nothing comes out of a cable until the guest has given an event buffer back. All event buffers there are get the
 *   event: the ring is empty after that, and so the driver is bound to notify of the next one.
 * - The guest started anew. The far end is told by a BK_VSOCK_OP_CABLE_RESET; what comes before its answer was meant
 *   for the guest before.
 *
 * Without a cable every packet is answered by RST: apps see at once that nobody is there.
 */
#include "devices/vsock.h"

#include "cable/vsock_socket.h"
#include "cleanup.h"
#include "devices/vsock_device.h"
#include "io.h"

#include <errno.h>
#include <stdlib.h>

enum told {
    TOLD_NOTHING,  /* the guest's connections are those of the cable */
    TOLD_NOT_YET,  /* it has no event buffer; what it does not know cannot hold it up */
    TOLD_OF_RESET, /* it has not given an event buffer back */
};

struct app_end {
    struct bk_vsock_device device;
    struct bk_vsock_socket cable;
    bool used;       /* a packet went over the cable since the guest started: there may be flows */
    bool unserved;   /* something may be received */
    bool paused;     /* EPOLLIN is not waited for, because the guest does not take what is there */
    bool full;       /* EPOLLOUT is waited for */
    bool reset_due;  /* a BK_VSOCK_OP_CABLE_RESET must go before anything else */
    unsigned resets; /* sent and not answered */
    enum told told;
};

static struct app_end *app_of(struct bk_vsock_device *device)
{
    return (struct app_end *)device;
}

static bool is_plugged(const struct app_end *app)
{
    return app->cable.fd >= 0;
}

static void wait_for(struct app_end *app)
{
    bk_vsock_socket_wait(&app->cable, (app->paused ? 0 : EPOLLIN) | (app->full ? EPOLLOUT : 0));
}

static void tell_reset(struct app_end *app)
{
    struct bk_virtio_device *base = &app->device.base;
    struct bk_queue *queue = base->queues[BK_VSOCK_QUEUE_EVENT];
    const uint32_t event = BK_VSOCK_EVENT_TRANSPORT_RESET;
    enum bk_pop popped = BK_POP_EMPTY;
    struct bk_chain chain;
    unsigned told;

    for (told = 0; told < base->queue_size; told++) {
        popped = bk_queue_pop(queue, &chain);
        if (popped != BK_POP_CHAIN)
            break;
        if (chain.out_count > 0 || chain.in_size < sizeof event) {
            bk_virtio_device_break(base, "event chain with %zu bytes to read and %zu to write", chain.out_size,
                                   chain.in_size);
            return;
        }
        bk_chain_write(&chain, 0, &event, sizeof event);
        bk_queue_push(queue, &chain, sizeof event);
    }
    bk_queue_interrupt(queue);
    if (told == 0)
        app->told = TOLD_NOT_YET;
    else if (popped == BK_POP_CHAIN)
        app->told = TOLD_NOTHING; /* it gives them back while we look */
    else
        app->told = TOLD_OF_RESET;
}

static void notify_event(struct bk_vsock_device *device)
{
    struct app_end *app = app_of(device);

    if (!bk_queue_has_chain(device->base.queues[BK_VSOCK_QUEUE_EVENT]))
        return;
    if (app->told == TOLD_NOT_YET)
        tell_reset(app);
    else
        app->told = TOLD_NOTHING;
}

static void lose_cable(struct app_end *app)
{
    bool had_flows = app->used && app->device.base.running;

    bk_vsock_socket_close(&app->cable);
    app->used = app->unserved = app->paused = app->full = app->reset_due = false;
    app->resets = 0;
    /* A guest that was told and has not come round to it ends what came since at the same time. */
    if (had_flows && app->told != TOLD_OF_RESET)
        tell_reset(app);
}

/* True when the packet was sent or can never be. */
static bool send_or_wait(struct app_end *app, const struct iovec *ranges, unsigned count)
{
    int r = bk_vsock_socket_send(&app->cable, ranges, count);

    app->full = r == -EAGAIN;
    wait_for(app);
    if (r == -ENODATA)
        lose_cable(app);
    return !app->full;
}

static void send_cable_reset(struct app_end *app)
{
    struct bk_vsock_header header = { .src_cid = app->device.guest_cid, .dst_cid = BK_VSOCK_CID_SYSTEM };
    const struct iovec range = { .iov_base = &header, .iov_len = sizeof header };

    static_assert(BK_VSOCK_OP_CABLE_RESET == 0, "all else is zero");
    if (!send_or_wait(app, &range, 1))
        return;
    app->reset_due = false;
    if (is_plugged(app))
        app->resets++;
}

static bool send_packet(struct bk_vsock_device *device, struct bk_vsock_outgoing *packet,
                        enum bk_vsock_verdict *ret_verdict)
{
    struct app_end *app = app_of(device);
    const struct bk_vsock_header *header = &packet->header;
    enum bk_vsock_verdict refuse = header->op == BK_VSOCK_OP_RST ? BK_VSOCK_DROP : BK_VSOCK_REFUSE;

    *ret_verdict = bk_vsock_check(header, device->guest_cid, packet->payload_size, &device->limit);
    if (*ret_verdict != BK_VSOCK_FORWARD)
        return true;
    if (header->dst_cid == BK_VSOCK_CID_SYSTEM && is_plugged(app)) {
        if (app->full || app->reset_due || !send_or_wait(app, packet->ranges, packet->count))
            return false;
        app->used = is_plugged(app);
    }
    if (header->dst_cid != BK_VSOCK_CID_SYSTEM || !is_plugged(app))
        *ret_verdict = refuse;
    return true;
}

/* True when the packet is for the guest. */
static bool is_for_guest(struct app_end *app, const struct bk_vsock_header *header, size_t payload_size)
{
    uint32_t guest_cid = app->device.guest_cid;

    if (header->op == BK_VSOCK_OP_CABLE_RESET && header->type == 0 && header->src_cid == BK_VSOCK_CID_SYSTEM) {
        if (app->resets > 0)
            app->resets--;
        return false;
    }
    if (app->reset_due || app->resets > 0 ||
        bk_vsock_check(header, BK_VSOCK_CID_SYSTEM, payload_size, &app->device.limit) != BK_VSOCK_FORWARD)
        return false;
    if (header->dst_cid == guest_cid)
        return true;
    if (bk_ratelimit_pass(&app->device.limit))
        bk_warning("%s: a packet for %llu came to %u", app->device.base.name, (unsigned long long)header->dst_cid,
                   guest_cid);
    return false;
}

static bool receive(struct bk_vsock_device *device, struct bk_vsock_packet *packet, unsigned *budget)
{
    struct app_end *app = app_of(device);

    while (*budget > 0 && app->unserved && app->told != TOLD_OF_RESET) {
        size_t payload_size;
        --*budget;
        int r = bk_vsock_socket_receive(&app->cable, packet, &payload_size);
        if (r == -EAGAIN) {
            app->unserved = app->paused = false;
            wait_for(app);
        } else if (r == -ENODATA) {
            lose_cable(app);
        } else if (r == 0 && is_for_guest(app, &packet->header, payload_size)) {
            app->used = true;
            return true;
        }
    }
    return false;
}

static void on_cable(void *userdata, uint32_t events)
{
    struct app_end *app = userdata;

    if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
        lose_cable(app); /* what is left in it belongs to connections that are over */
    } else {
        if ((events & EPOLLIN) != 0) {
            app->paused = app->unserved; /* told before, and the guest still does not take it */
            app->unserved = true;
        }
        if ((events & EPOLLOUT) != 0) {
            app->full = false;
            if (app->reset_due)
                send_cable_reset(app);
        }
        wait_for(app);
    }
    bk_vsock_device_run(&app->device);
}

static void restart(struct bk_vsock_device *device)
{
    struct app_end *app = app_of(device);

    app->told = TOLD_NOTHING;
    if (!app->used)
        return;
    app->used = false;
    app->reset_due = true;
    if (!app->full)
        send_cable_reset(app);
}

static int plug(struct bk_vsock_device *device, uint32_t cid, int fd)
{
    struct app_end *app = app_of(device);

    if (cid != BK_VSOCK_CID_SYSTEM) {
        bk_close(fd);
        return -EINVAL;
    }
    lose_cable(app);
    int r = bk_vsock_socket_open(&app->cable, device->base.loop, fd, on_cable, app);
    bk_vsock_device_run(device); /* what waited for the cable before */
    return r;
}

static void unplug(struct bk_vsock_device *device, uint32_t cid)
{
    if (cid != BK_VSOCK_CID_SYSTEM)
        return;
    lose_cable(app_of(device));
    bk_vsock_device_run(device);
}

static void destroy(struct bk_vsock_device *device)
{
    bk_vsock_socket_close(&app_of(device)->cable);
    free(device);
}

static const struct bk_vsock_end end = {
    .plug = plug,
    .unplug = unplug,
    .restart = restart,
    .send = send_packet,
    .receive = receive,
    .notify_event = notify_event,
    .destroy = destroy,
};

struct bk_virtio_device *bk_vsock_create_app(struct bk_loop *loop, uint32_t cid)
{
    struct app_end *app;

    if (cid < BK_VSOCK_CID_APP_FIRST || cid == UINT32_MAX) {
        errno = EINVAL;
        return NULL;
    }
    app = calloc(1, sizeof *app);
    if (app == NULL)
        return NULL;
    app->device.end = &end;
    app->cable.fd = -1;
    bk_vsock_device_init(&app->device, loop, "vsock", cid);
    return &app->device.base;
}
