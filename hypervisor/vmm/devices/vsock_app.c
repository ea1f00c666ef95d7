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

#include "cleanup.h"
#include "devices/vsock_device.h"

#include <errno.h>
#include <stdlib.h>

#define EVENT_TRANSPORT_RESET 0U

struct app_end {
    struct bk_vsock_device device;
    struct bk_vsock_cable cable;
    bool used;       /* a packet went over the cable since the guest started: there may be flows */
    bool reset_due;  /* a BK_VSOCK_OP_CABLE_RESET must go before anything else */
    unsigned resets; /* sent and not answered */
    bool untold;     /* the guest must hear of the loss and has no event buffer: that cannot hold it up */
    bool told;       /* it has, and has not given an event buffer back */
};

static struct app_end *app_of(struct bk_vsock_device *device)
{
    return (struct app_end *)device;
}

static bool write_event(struct bk_virtio_device *base, const struct bk_chain *chain)
{
    struct app_end *app = app_of((struct bk_vsock_device *)base);
    const uint32_t event = EVENT_TRANSPORT_RESET;

    if (chain->out_count > 0 || chain->in_size < sizeof event) {
        bk_virtio_device_break(base, "event chain with %zu bytes to read and %zu to write", chain->out_size,
                               chain->in_size);
        return false;
    }
    bk_chain_write(chain, 0, &event, sizeof event);
    bk_queue_push(base->queues[BK_VSOCK_QUEUE_EVENT], chain, sizeof event);
    app->untold = false;
    app->told = true;
    return true;
}

static void notify_event(struct bk_vsock_device *device)
{
    struct bk_queue *queue = device->base.queues[BK_VSOCK_QUEUE_EVENT];
    struct app_end *app = app_of(device);

    if (!bk_queue_has_chain(queue))
        return;
    app->told = false;
    if (app->untold)
        bk_queue_serve(queue, write_event);
}

static void lose_cable(struct app_end *app)
{
    struct bk_virtio_device *base = &app->device.base;
    bool had_flows = app->used && base->running;

    bk_vsock_cable_unplug(&app->cable);
    app->used = app->reset_due = false;
    app->resets = 0;
    if (app->device.waiting) /* what waits is refused, and the driver will not notify of it again */
        bk_queue_ring(base->queues[BK_VSOCK_QUEUE_TRANSMIT]);
    app->device.waiting = false;
    /* A guest that was told and has not come round to it ends what came since at the same time. */
    if (had_flows && !app->told) {
        app->untold = true;
        bk_queue_serve(base->queues[BK_VSOCK_QUEUE_EVENT], write_event);
    }
}

static void send_cable_reset(struct app_end *app)
{
    /* All else of a BK_VSOCK_OP_CABLE_RESET is zero. */
    const struct bk_vsock_header header = { .src_cid = app->device.guest_cid, .dst_cid = BK_VSOCK_CID_SYSTEM };

    int r = bk_vsock_cable_send_header(&app->cable, header);
    app->reset_due = r == -EAGAIN;
    if (r == 0)
        app->resets++;
}

static enum bk_vsock_verdict send_packet(struct bk_vsock_device *device, struct bk_vsock_outgoing *packet)
{
    struct app_end *app = app_of(device);
    enum bk_vsock_verdict verdict =
        bk_vsock_check(&packet->header, device->guest_cid, packet->payload_size, &device->limit);

    if (verdict != BK_VSOCK_FORWARD)
        return verdict;
    if (packet->header.dst_cid != BK_VSOCK_CID_SYSTEM || !app->cable.source.added)
        return BK_VSOCK_REFUSE;
    int r = app->reset_due ? -EAGAIN : bk_vsock_cable_send(&app->cable, packet->ranges, packet->count);
    if (r == -EAGAIN)
        return BK_VSOCK_WAIT;
    if (r < 0) {
        lose_cable(app);
        return BK_VSOCK_REFUSE;
    }
    app->used = true;
    return BK_VSOCK_FORWARD;
}

/* True when the packet is for the guest. */
static bool is_for_guest(struct app_end *app, const struct bk_vsock_header *header, size_t payload_size)
{
    if (header->op == BK_VSOCK_OP_CABLE_RESET && header->type == 0 && header->src_cid == BK_VSOCK_CID_SYSTEM) {
        if (app->resets > 0)
            app->resets--;
        return false;
    }
    return !app->reset_due && app->resets == 0 &&
           bk_vsock_check(header, BK_VSOCK_CID_SYSTEM, payload_size, &app->device.limit) == BK_VSOCK_FORWARD &&
           header->dst_cid == app->device.guest_cid;
}

static bool receive(struct bk_vsock_device *device, struct bk_vsock_packet *packet, unsigned *budget)
{
    struct app_end *app = app_of(device);
    size_t payload_size;

    while (*budget > 0 && app->cable.readable && !app->told) {
        --*budget;
        int r = bk_vsock_cable_receive(&app->cable, packet, &payload_size);
        if (r == -ENODATA) {
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

    bk_vsock_cable_update(&app->cable, events);
    if (app->reset_due)
        send_cable_reset(app);
    app->device.waiting = app->cable.full;
    if ((events & (EPOLLHUP | EPOLLERR)) != 0)
        lose_cable(app); /* what is left in it belongs to connections that are over */
    bk_vsock_device_run(&app->device.base);
}

static void restart(struct bk_vsock_device *device)
{
    struct app_end *app = app_of(device);

    app->told = app->untold = false;
    if (!app->used)
        return;
    app->used = false;
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
    return fd < 0 ? 0 : bk_vsock_cable_plug(&app->cable, device->base.loop, fd, on_cable, app);
}

static void destroy(struct bk_vsock_device *device)
{
    bk_vsock_cable_unplug(&app_of(device)->cable);
    free(device);
}

static const struct bk_vsock_end end = {
    .plug = plug,
    .restart = restart,
    .send = send_packet,
    .receive = receive,
    .notify_event = notify_event,
    .destroy = destroy,
};

struct bk_virtio_device *bk_vsock_create_app(struct bk_loop *loop, uint32_t cid)
{
    if (cid < BK_VSOCK_CID_APP_FIRST || cid == UINT32_MAX) {
        errno = EINVAL;
        return NULL;
    }
    struct app_end *app = calloc(1, sizeof *app);
    return app == NULL ? NULL : bk_vsock_device_init(&app->device, &end, loop, cid);
}
