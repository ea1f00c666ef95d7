/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The System VM's end of the socket device: a switch with a cable to each app.
 *
 * Theory. The switch believes a cable's CID, not the packet's, and lets through what belongs to a flow: a REQUEST
 * makes one, a RST from either side ends it, anything without one is answered by RST.
 *
 * From the guest to an app nothing ever waits, or one app that does not read would stop the System VM's packets to
 * all others (and two guests that wait for each other would wait for ever). A packet goes straight into the cable
 * while that has room. When it has not, the flow keeps it, and the flows send in turn once the cable takes more. A
 * flow that outgrows its bound, or its app's, is over: it loses what it kept and owes a RST to both sides. The flow
 * itself remembers what it owes, so no RST of a flow can be lost, and they need no memory of their own. A RST that
 * belongs to no flow is sent if there is room.
 *
 * From the apps to the guest a cable is read only when the guest's ring takes packets, in turn, a packet each time:
 * a cable that nobody reads fills, and then its app waits, and that app alone.
 *
 * 1. While an app has acknowledgements to send or flows in `sending`, its cable is full: the loop will tell of room.
 * 2. A flow is in `sending` if and only if something is due from it.
 * 3. A flow is in `resets` if and only if it owes the guest a RST.
 * 4. A flow that is not live owes something, or is freed at once.
 * 5. The guest is given what is in `resets` before any cable is read, so that the RST of an old flow comes before the
 *    REQUEST of a new one with the same ports.
 * 6. An app is in `ready` if and only if its cable is readable.
 * 7. An app that ended has no cable, and is freed with the last of its flows.
 */
#define _GNU_SOURCE
#include "devices/vsock.h"

#include "checked.h"
#include "cleanup.h"
#include "devices/vsock_device.h"
#include "devices/vsock_flow.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#define APPS_MAX 768

/* Bytes of memory that flows keep for apps. An app's may have as much as this part of what is still free, so that
 * greedy apps cannot take it all, and a lonely one gets 14 MiB. */
#define KEPT_MAX  (128U * 1024U * 1024U)
#define KEPT_PART 8U

#define APP_BUCKETS  256 /* powers of two */
#define FLOW_BUCKETS 512

struct bk_vsock_app {
    struct system_end *system;
    uint32_t cid;
    struct bk_vsock_cable cable; /* unplugged: the app has ended */
    unsigned acknowledgements;   /* of BK_VSOCK_OP_CABLE_RESETs, to be sent before anything else */
    size_t kept;                 /* bytes, the sum over the flows */
    struct bk_ratelimit limit;
    LIST_ENTRY(bk_vsock_app) in_bucket;
    TAILQ_ENTRY(bk_vsock_app) in_ready;
    TAILQ_HEAD(, bk_vsock_flow) sending;
    unsigned flow_count;
    LIST_HEAD(, bk_vsock_flow) flows[FLOW_BUCKETS];
};

struct system_end {
    struct bk_vsock_device device;
    uint64_t secret;    /* spreads the flows: an app chooses its ports, but cannot know their bucket */
    unsigned app_count; /* ended ones too */
    size_t kept;        /* bytes, the sum over the apps */
    TAILQ_HEAD(, bk_vsock_app) ready;
    TAILQ_HEAD(, bk_vsock_flow) resets;
    LIST_HEAD(, bk_vsock_app) apps[APP_BUCKETS];
};

static struct system_end *system_of(struct bk_vsock_device *device)
{
    return (struct system_end *)device;
}

static struct bk_vsock_app *find_app(const struct system_end *system, uint64_t cid)
{
    struct bk_vsock_app *app;

    LIST_FOREACH(app, &system->apps[cid % APP_BUCKETS], in_bucket)
    {
        if (app->cid == cid && app->cable.source.added)
            return app;
    }
    return NULL;
}

/* Flows */

static unsigned bucket_of(const struct bk_vsock_app *app, uint32_t app_port, uint32_t system_port)
{
    uint64_t secret = app->system->secret, mixed = ((uint64_t)app_port << 32 | system_port) ^ secret;

    for (unsigned round = 0; round < 2; round++) {
        mixed ^= mixed >> 32;
        mixed *= secret | 1;
    }
    return (unsigned)(mixed >> 48) % FLOW_BUCKETS;
}

static struct bk_vsock_flow *find_flow(const struct bk_vsock_app *app, uint32_t app_port, uint32_t system_port)
{
    struct bk_vsock_flow *flow;

    LIST_FOREACH(flow, &app->flows[bucket_of(app, app_port, system_port)], in_bucket)
    {
        if (flow->app_port == app_port && flow->system_port == system_port)
            return flow;
    }
    return NULL;
}

static struct bk_vsock_flow *add_flow(struct bk_vsock_app *app, uint32_t app_port, uint32_t system_port)
{
    struct bk_vsock_flow *flow = app->flow_count < BK_VSOCK_FLOWS_MAX ? calloc(1, sizeof *flow) : NULL;

    if (flow == NULL) {
        if (bk_ratelimit_pass(&app->limit))
            bk_warning("vsock: too many connections of app %u; one more is refused", app->cid);
        return NULL;
    }
    flow->app = app;
    flow->app_port = app_port;
    flow->system_port = system_port;
    flow->live = true;
    LIST_INSERT_HEAD(&app->flows[bucket_of(app, app_port, system_port)], flow, in_bucket);
    app->flow_count++;
    return flow;
}

/* After anything that changed what the flow keeps, of which it kept `before` bytes, or owes: makes lists and sums
 * agree with it, and frees it when nobody needs it any more. */
static void settle_flow(struct bk_vsock_flow *flow, size_t before)
{
    struct bk_vsock_app *app = flow->app;
    bool sending = flow->due != 0;

    app->kept += flow->capacity - before;
    app->system->kept += flow->capacity - before;
    if (sending && !flow->sending) {
        TAILQ_INSERT_TAIL(&app->sending, flow, in_sending);
        bk_vsock_cable_set_full(&app->cable, true);
    } else if (!sending && flow->sending) {
        TAILQ_REMOVE(&app->sending, flow, in_sending);
    }
    flow->sending = sending;
    if (flow->live || sending || flow->owes_guest)
        return;
    LIST_REMOVE(flow, in_bucket);
    app->flow_count--;
    free(flow);
}

/* The flow is over, what it kept too. A side that need not be told does not know of the flow any more. */
static void end_flow(struct bk_vsock_flow *flow, bool tell_app, bool tell_guest)
{
    struct system_end *system = flow->app->system;
    const unsigned reset = 1U << BK_VSOCK_OP_RST;
    bool owes_app = tell_app && (flow->live || (flow->due & reset) != 0);
    bool owes_guest = tell_guest && (flow->live || flow->owes_guest);
    size_t before = flow->capacity;

    bk_vsock_flow_drop_bytes(flow);
    flow->due = owes_app ? reset : 0;
    if (owes_guest && !flow->owes_guest)
        TAILQ_INSERT_TAIL(&system->resets, flow, in_resets);
    else if (!owes_guest && flow->owes_guest)
        TAILQ_REMOVE(&system->resets, flow, in_resets);
    flow->owes_guest = owes_guest;
    flow->live = false;
    settle_flow(flow, before);
}

/* Apps */

static void free_if_over(struct bk_vsock_app *app)
{
    if (app->cable.source.added || app->flow_count > 0)
        return;
    LIST_REMOVE(app, in_bucket);
    app->system->app_count--;
    free(app);
}

/* The app may be freed with its last flow. */
static void end_flows(struct bk_vsock_app *app, bool tell_app, bool tell_guest)
{
    for (unsigned i = 0; i < FLOW_BUCKETS; i++) {
        struct bk_vsock_flow *next;
        for (struct bk_vsock_flow *flow = LIST_FIRST(&app->flows[i]); flow != NULL; flow = next) {
            next = LIST_NEXT(flow, in_bucket);
            end_flow(flow, tell_app, tell_guest);
        }
    }
    free_if_over(app);
}

static void end_app(struct bk_vsock_app *app)
{
    if (app->cable.readable)
        TAILQ_REMOVE(&app->system->ready, app, in_ready);
    bk_vsock_cable_unplug(&app->cable);
    end_flows(app, false, true);
}

/* To an app */

/* The cable may have room again. That the far end is gone matters to nobody here: it is heard when all that came
 * before is received. */
static void relieve(struct bk_vsock_app *app)
{
    /* A BK_VSOCK_OP_CABLE_RESET, of which all else is zero. */
    const struct bk_vsock_header acknowledgement = { .src_cid = BK_VSOCK_CID_SYSTEM, .dst_cid = app->cid };
    struct bk_vsock_flow *flow;

    for (; app->acknowledgements > 0; app->acknowledgements--) {
        if (bk_vsock_cable_send_header(&app->cable, acknowledgement) == -EAGAIN)
            return;
    }
    while ((flow = TAILQ_FIRST(&app->sending)) != NULL) {
        size_t before = flow->capacity;
        if (bk_vsock_flow_send(flow, &app->cable, app->cid) == -EAGAIN)
            return;
        TAILQ_REMOVE(&app->sending, flow, in_sending); /* to the end, if there is more */
        TAILQ_INSERT_TAIL(&app->sending, flow, in_sending);
        settle_flow(flow, before);
    }
}

static void forward_to_app(struct bk_vsock_flow *flow, struct bk_vsock_outgoing *packet)
{
    struct bk_vsock_app *app = flow->app;
    size_t before = flow->capacity, most = (KEPT_MAX - app->system->kept) / KEPT_PART;

    flow->live = packet->header.op != BK_VSOCK_OP_RST;
    if ((!flow->sending && bk_vsock_cable_send(&app->cable, packet->ranges, packet->count) != -EAGAIN) ||
        bk_vsock_flow_keep(flow, packet, most > app->kept ? most - app->kept : 0)) {
        settle_flow(flow, before);
        return;
    }
    if (bk_ratelimit_pass(&app->limit))
        bk_warning("vsock: app %u does not take its packets; the connection of its port %u to port %u is reset",
                   app->cid, flow->app_port, flow->system_port);
    end_flow(flow, true, true);
}

static enum bk_vsock_verdict send_packet(struct bk_vsock_device *device, struct bk_vsock_outgoing *packet)
{
    struct bk_vsock_header *header = &packet->header;
    enum bk_vsock_verdict verdict = bk_vsock_check(header, device->guest_cid, packet->payload_size, &device->limit);
    struct bk_vsock_app *app = find_app(system_of(device), header->dst_cid);

    if (verdict == BK_VSOCK_DROP)
        return BK_VSOCK_DROP;
    if (app == NULL)
        return BK_VSOCK_REFUSE;

    struct bk_vsock_flow *flow = find_flow(app, header->dst_port, header->src_port);
    if (verdict == BK_VSOCK_REFUSE && flow != NULL && flow->live)
        end_flow(flow, true, false);
    if (verdict == BK_VSOCK_REFUSE)
        return BK_VSOCK_REFUSE;
    if (flow != NULL && !flow->live) /* crossed with the RST of it, or refused until the app has that */
        return flow->owes_guest ? BK_VSOCK_DROP : BK_VSOCK_REFUSE;
    if (flow == NULL && header->op == BK_VSOCK_OP_REQUEST)
        flow = add_flow(app, header->dst_port, header->src_port);
    if (flow == NULL)
        return BK_VSOCK_REFUSE;
    header->src_cid = BK_VSOCK_CID_SYSTEM;
    forward_to_app(flow, packet);
    return BK_VSOCK_FORWARD;
}

/* From an app */

/* Ends by RST what `header`, which came from the app, belongs to: no flow that there is. */
static void reset_stray(struct bk_vsock_app *app, const struct bk_vsock_header *header)
{
    struct bk_vsock_header reset = bk_vsock_make_reset(header);

    reset.src_cid = BK_VSOCK_CID_SYSTEM;
    if (bk_vsock_cable_send_header(&app->cable, reset) == -EAGAIN && bk_ratelimit_pass(&app->limit))
        bk_warning("vsock: app %u does not take its RSTs; some are not sent", app->cid);
}

/* True when the packet, rewritten, is for the guest. */
static bool forward_to_guest(struct bk_vsock_app *app, struct bk_vsock_header *header, size_t payload_size)
{
    bool addressed = header->dst_cid == BK_VSOCK_CID_SYSTEM;

    if (header->op == BK_VSOCK_OP_CABLE_RESET && header->type == 0 && header->src_cid == app->cid && addressed &&
        payload_size == 0) {
        end_flows(app, false, true);
        app->acknowledgements++;
        bk_vsock_cable_set_full(&app->cable, true);
        return false;
    }

    enum bk_vsock_verdict verdict = bk_vsock_check(header, app->cid, payload_size, &app->limit);
    if (verdict == BK_VSOCK_DROP)
        return false;
    struct bk_vsock_flow *flow = addressed ? find_flow(app, header->src_port, header->dst_port) : NULL;
    if (flow != NULL && !flow->live)
        return false; /* crossed with the RST that the app is about to get */
    if (flow == NULL && addressed && verdict == BK_VSOCK_FORWARD && header->op == BK_VSOCK_OP_REQUEST)
        flow = add_flow(app, header->src_port, header->dst_port);
    if (flow == NULL) {
        if (header->op != BK_VSOCK_OP_RST)
            reset_stray(app, header);
        return false;
    }
    if (verdict == BK_VSOCK_REFUSE) {
        end_flow(flow, true, true);
        return false;
    }
    if (header->op == BK_VSOCK_OP_RST)
        end_flow(flow, false, false);
    header->dst_cid = BK_VSOCK_CID_SYSTEM_GUEST;
    return true;
}

static bool receive(struct bk_vsock_device *device, struct bk_vsock_packet *packet, unsigned *budget)
{
    struct system_end *system = system_of(device);

    for (; *budget > 0; --*budget) {
        struct bk_vsock_flow *flow = TAILQ_FIRST(&system->resets);
        struct bk_vsock_app *app = flow != NULL ? flow->app : TAILQ_FIRST(&system->ready);
        size_t payload_size;

        if (flow != NULL) {
            packet->header =
                bk_vsock_make(BK_VSOCK_OP_RST, app->cid, flow->app_port, device->guest_cid, flow->system_port);
            TAILQ_REMOVE(&system->resets, flow, in_resets);
            flow->owes_guest = false;
            settle_flow(flow, flow->capacity);
            free_if_over(app);
            --*budget;
            return true;
        }
        if (app == NULL)
            return false;

        int r = bk_vsock_cable_receive(&app->cable, packet, &payload_size);
        if (r == -ENODATA) {
            end_app(app);
            continue;
        }
        TAILQ_REMOVE(&system->ready, app, in_ready);
        if (app->cable.readable)
            TAILQ_INSERT_TAIL(&system->ready, app, in_ready); /* the next one's turn */
        if (r == 0 && forward_to_guest(app, &packet->header, payload_size)) {
            --*budget;
            return true;
        }
        if (r == -EBADMSG && bk_ratelimit_pass(&app->limit))
            bk_warning("vsock: app %u: a datagram that is no packet", app->cid);
    }
    return false;
}

static void on_cable(void *userdata, uint32_t events)
{
    struct bk_vsock_app *app = userdata;
    struct system_end *system = app->system;
    bool was_readable = app->cable.readable;

    bk_vsock_cable_update(&app->cable, events);
    if (app->cable.readable && !was_readable)
        TAILQ_INSERT_TAIL(&system->ready, app, in_ready);
    relieve(app);
    bk_vsock_device_run(&system->device.base); /* the app may be gone after this */
}

/* The device */

static int plug(struct bk_vsock_device *device, uint32_t cid, int fd)
{
    struct system_end *system = system_of(device);
    _cleanup_close_ int taken = fd;
    struct bk_vsock_app *app = find_app(system, cid);

    if (cid < BK_VSOCK_CID_APP_FIRST || cid == UINT32_MAX) /* which means "any" to a guest */
        return -EINVAL;
    if (app != NULL)
        end_app(app);
    if (fd < 0)
        return 0;
    if (system->app_count >= APPS_MAX)
        return -ENOSPC;
    app = calloc(1, sizeof *app);
    if (app == NULL)
        return -ENOMEM;
    int r = bk_vsock_cable_plug(&app->cable, device->base.loop, TAKE_FD(taken), on_cable, app);
    if (r < 0) {
        free(app);
        return r;
    }
    app->system = system;
    app->cid = cid;
    TAILQ_INIT(&app->sending);
    LIST_INSERT_HEAD(&system->apps[cid % APP_BUCKETS], app, in_bucket);
    system->app_count++;
    return 0;
}

/* Does what it is told with each app, which may free it. */
static void for_each_app(struct system_end *system, void (*function)(struct bk_vsock_app *app))
{
    for (unsigned i = 0; i < APP_BUCKETS; i++) {
        struct bk_vsock_app *next;
        for (struct bk_vsock_app *app = LIST_FIRST(&system->apps[i]); app != NULL; app = next) {
            next = LIST_NEXT(app, in_bucket);
            function(app);
        }
    }
}

static void reset_app(struct bk_vsock_app *app)
{
    end_flows(app, app->cable.source.added, false);
}

static void restart(struct bk_vsock_device *device)
{
    for_each_app(system_of(device), reset_app);
}

static void destroy(struct bk_vsock_device *device)
{
    restart(device); /* no flow owes the guest anything: what has ended is gone */
    for_each_app(system_of(device), end_app);
    free(device);
}

static const struct bk_vsock_end end = {
    .plug = plug,
    .restart = restart,
    .send = send_packet,
    .receive = receive,
    .destroy = destroy,
};

struct bk_virtio_device *bk_vsock_create_system(struct bk_loop *loop)
{
    struct system_end *system = calloc(1, sizeof *system);

    if (system == NULL)
        return NULL;
    if (getrandom(&system->secret, sizeof system->secret, 0) != sizeof system->secret) {
        free(system);
        errno = ENOMEM;
        return NULL;
    }
    TAILQ_INIT(&system->ready);
    TAILQ_INIT(&system->resets);
    return bk_vsock_device_init(&system->device, &end, loop, BK_VSOCK_CID_SYSTEM_GUEST);
}
