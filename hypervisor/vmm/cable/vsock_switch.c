/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory. The switch believes a cable's CID, not the packet's, and lets through what belongs to a flow: a REQUEST
 * makes one, a RST from either side ends it, anything without one is answered by RST.
 *
 * From the guest to an app nothing ever waits, or one app that does not read would stop the System VM's packets to
 * all others (and two guests that wait for each other would wait for ever). A packet goes straight into the cable
 * while that has room. When it has not, the cable is "congested": packets queue by flow, and the flows send in turn
 * as the cable takes more. A flow that outgrows its queue, or its cable's, is over: it loses its queue and owes a RST
 * to both sides. The flow itself remembers what it owes, so no RST of a flow can be lost, and they need no memory of
 * their own. Only RSTs that belong to no flow are kept in a small ring ("strays").
 *
 * From the apps to the guest a cable is read only when the guest's ring takes packets, in turn, a packet each time:
 * a cable that nobody reads fills, and then its app waits, and that app alone.
 *
 * 1. A cable is congested if and only if it has acknowledgements, strays or sending flows; it waits for EPOLLOUT then.
 * 2. A flow is sending if and only if its queue is not empty or it owes the app a RST.
 * 3. A flow is in `resets` if and only if it owes the guest a RST.
 * 4. A flow that is not live owes something, or is freed at once.
 * 5. The guest is given what is in `resets` before any cable is read, so that the RST of an old flow comes before the
 *    REQUEST of a new one with the same ports.
 * 6. An ended cable has no socket, and is freed with the last of its flows.
 */
#define _GNU_SOURCE
#include "cable/vsock_switch.h"

#include "cable/vsock_flow.h"
#include "cable/vsock_socket.h"
#include "checked.h"
#include "cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#define CABLE_BUCKETS 256 /* a power of two */
#define SENDS_AT_ONCE 64  /* packets into one cable before others have their turn */

struct bk_vsock_cable {
    struct bk_vsock_switch *vsock_switch;
    uint32_t cid;
    struct bk_vsock_socket socket;
    bool ended;
    bool ready;     /* something may be received; in the switch's list of those */
    bool paused;    /* EPOLLIN is not waited for, because the guest does not take what is there */
    bool congested; /* invariant 1 */
    unsigned acknowledgements;
    unsigned stray_first, stray_count;
    struct bk_vsock_header strays[BK_VSOCK_STRAYS_MAX];
    size_t queued; /* bytes, the sum over the flows */
    TAILQ_HEAD(, bk_vsock_flow) sending;
    struct bk_vsock_flow_table flows;
    struct bk_ratelimit limit;
    LIST_ENTRY(bk_vsock_cable) in_bucket;
    TAILQ_ENTRY(bk_vsock_cable) in_ready;
};

struct bk_vsock_switch {
    struct bk_loop *loop;
    void (*wake)(void *userdata);
    void *userdata;
    uint64_t secret;
    unsigned cable_count; /* ended ones too */
    size_t queued_unsure; /* bytes, the sum over the cables of what is beyond their sure part */
    TAILQ_HEAD(, bk_vsock_cable) ready;
    TAILQ_HEAD(, bk_vsock_flow) resets;
    struct bk_ratelimit limit; /* of the guest's log */
    LIST_HEAD(, bk_vsock_cable) buckets[CABLE_BUCKETS];
};

static struct bk_vsock_cable *find_cable(const struct bk_vsock_switch *vsock_switch, uint64_t cid)
{
    struct bk_vsock_cable *cable;

    LIST_FOREACH(cable, &vsock_switch->buckets[cid & (CABLE_BUCKETS - 1)], in_bucket)
    {
        if (cable->cid == cid && !cable->ended)
            return cable;
    }
    return NULL;
}

static void free_cable(struct bk_vsock_cable *cable)
{
    assert(!cable->ready);
    LIST_REMOVE(cable, in_bucket);
    cable->vsock_switch->cable_count--;
    free(cable);
}

static void wait_for(struct bk_vsock_cable *cable)
{
    bk_vsock_socket_wait(&cable->socket, (cable->paused ? 0 : EPOLLIN) | (cable->congested ? EPOLLOUT : 0));
}

static void set_congested(struct bk_vsock_cable *cable, bool congested)
{
    cable->congested = congested;
    wait_for(cable);
}

static void set_ready(struct bk_vsock_cable *cable, bool ready)
{
    if (cable->ready == ready)
        return;
    cable->ready = ready;
    if (ready)
        TAILQ_INSERT_TAIL(&cable->vsock_switch->ready, cable, in_ready);
    else
        TAILQ_REMOVE(&cable->vsock_switch->ready, cable, in_ready);
}

static void account(struct bk_vsock_cable *cable, size_t queued)
{
    struct bk_vsock_switch *vsock_switch = cable->vsock_switch;
    const size_t sure = BK_VSOCK_CABLE_QUEUE_SURE;

    vsock_switch->queued_unsure -= cable->queued > sure ? cable->queued - sure : 0;
    cable->queued = queued;
    vsock_switch->queued_unsure += cable->queued > sure ? cable->queued - sure : 0;
}

/* How many bytes more this cable's flows may queue. */
static size_t queue_room(const struct bk_vsock_cable *cable)
{
    size_t own = BK_VSOCK_CABLE_QUEUE_MAX - cable->queued;
    size_t sure = cable->queued < BK_VSOCK_CABLE_QUEUE_SURE ? BK_VSOCK_CABLE_QUEUE_SURE - cable->queued : 0;
    size_t shared = sure + BK_VSOCK_QUEUE_MAX - cable->vsock_switch->queued_unsure;

    return own < shared ? own : shared;
}

static void dequeue(struct bk_vsock_flow *flow)
{
    size_t before = flow->queued;

    bk_vsock_flow_dequeue(flow);
    account(flow->cable, flow->cable->queued - (before - flow->queued));
}

/* Makes the lists agree with the flow's state, and frees what nobody needs any more: the flow, its cable. */
static void settle_flow(struct bk_vsock_flow *flow)
{
    struct bk_vsock_cable *cable = flow->cable;
    bool sending = !TAILQ_EMPTY(&flow->queue) || flow->owes_app;

    if (sending && !flow->sending) {
        TAILQ_INSERT_TAIL(&cable->sending, flow, in_sending);
        set_congested(cable, true);
    } else if (!sending && flow->sending) {
        TAILQ_REMOVE(&cable->sending, flow, in_sending);
    }
    flow->sending = sending;
    if (flow->live || sending || flow->owes_guest)
        return;
    bk_vsock_flow_free(&cable->flows, flow);
    if (cable->ended && cable->flows.count == 0)
        free_cable(cable);
}

/* The flow is over, what it has queued too. A side that need not be told does not know of the flow any more. */
static void end_flow(struct bk_vsock_flow *flow, bool tell_app, bool tell_guest)
{
    struct bk_vsock_switch *vsock_switch = flow->cable->vsock_switch;
    bool owes_guest = tell_guest && (flow->live || flow->owes_guest);

    while (!TAILQ_EMPTY(&flow->queue))
        dequeue(flow);
    flow->owes_app = tell_app && (flow->live || flow->owes_app);
    if (owes_guest && !flow->owes_guest)
        TAILQ_INSERT_TAIL(&vsock_switch->resets, flow, in_resets);
    else if (!owes_guest && flow->owes_guest)
        TAILQ_REMOVE(&vsock_switch->resets, flow, in_resets);
    flow->owes_guest = owes_guest;
    flow->live = false;
    settle_flow(flow);
}

static void end_flows(struct bk_vsock_cable *cable, bool tell_app, bool tell_guest)
{
    struct bk_vsock_flow *next;

    /* The cable may be freed with its last flow. */
    for (struct bk_vsock_flow *flow = LIST_FIRST(&cable->flows.all); flow != NULL; flow = next) {
        next = LIST_NEXT(flow, in_table);
        end_flow(flow, tell_app, tell_guest);
    }
}

static void end_cable(struct bk_vsock_cable *cable)
{
    bk_vsock_socket_close(&cable->socket);
    set_ready(cable, false);
    cable->stray_count = 0;
    cable->acknowledgements = 0;
    end_flows(cable, false, true);
    cable->ended = true;
    if (cable->flows.count == 0)
        free_cable(cable);
}

/* --- To an app --- */

/* Ends by RST what `header`, which came from the app, belongs to: no flow that there is. */
static void reset_stray(struct bk_vsock_cable *cable, const struct bk_vsock_header *header)
{
    struct bk_vsock_header reset = bk_vsock_make_reset(header);

    reset.src_cid = BK_VSOCK_CID_SYSTEM;
    reset.dst_cid = cable->cid;
    if (!cable->congested) {
        if (bk_vsock_socket_send_header(&cable->socket, &reset) != -EAGAIN)
            return;
        set_congested(cable, true);
    }
    if (cable->stray_count == BK_VSOCK_STRAYS_MAX) {
        if (bk_ratelimit_pass(&cable->limit))
            bk_warning("vsock: app %u does not take its RSTs; some are not sent", cable->cid);
        return;
    }
    cable->strays[(cable->stray_first + cable->stray_count++) % BK_VSOCK_STRAYS_MAX] = reset;
}

/* Sends the first packet of the flow's queue, or the RST that it owes. */
static int send_of_flow(struct bk_vsock_flow *flow)
{
    struct bk_vsock_cable *cable = flow->cable;
    struct bk_vsock_queued *queued = TAILQ_FIRST(&flow->queue);
    struct bk_vsock_header reset;
    int r;

    if (queued != NULL) {
        const struct iovec ranges[] = {
            { .iov_base = &queued->header, .iov_len = sizeof queued->header },
            { .iov_base = queued->payload, .iov_len = queued->header.len },
        };
        r = bk_vsock_socket_send(&cable->socket, ranges, BK_ARRAY_SIZE(ranges));
        if (r == -EAGAIN)
            return r;
        dequeue(flow);
    } else {
        reset = bk_vsock_make(BK_VSOCK_OP_RST, BK_VSOCK_CID_SYSTEM, flow->system_port, cable->cid, flow->app_port);
        r = bk_vsock_socket_send_header(&cable->socket, &reset);
        if (r == -EAGAIN)
            return r;
        flow->owes_app = false;
    }
    TAILQ_REMOVE(&cable->sending, flow, in_sending); /* to the end, if there is more */
    TAILQ_INSERT_TAIL(&cable->sending, flow, in_sending);
    settle_flow(flow);
    return r;
}

/* The cable has room again. That the far end is gone matters to nobody here: the hang-up tells. */
static void relieve(struct bk_vsock_cable *cable)
{
    for (unsigned i = 0; i < SENDS_AT_ONCE; i++) {
        if (cable->acknowledgements > 0) {
            struct bk_vsock_header header = { .src_cid = BK_VSOCK_CID_SYSTEM, .dst_cid = cable->cid };
            static_assert(BK_VSOCK_OP_CABLE_RESET == 0, "all else is zero");
            if (bk_vsock_socket_send_header(&cable->socket, &header) == -EAGAIN)
                return;
            cable->acknowledgements--;
        } else if (cable->stray_count > 0) {
            if (bk_vsock_socket_send_header(&cable->socket, &cable->strays[cable->stray_first]) == -EAGAIN)
                return;
            cable->stray_first = (cable->stray_first + 1) % BK_VSOCK_STRAYS_MAX;
            cable->stray_count--;
        } else if (!TAILQ_EMPTY(&cable->sending)) {
            if (send_of_flow(TAILQ_FIRST(&cable->sending)) == -EAGAIN)
                return;
        } else {
            set_congested(cable, false);
            return;
        }
    }
}

static void forward_to_app(struct bk_vsock_flow *flow, struct bk_vsock_outgoing *packet)
{
    struct bk_vsock_cable *cable = flow->cable;
    bool reset = packet->header.op == BK_VSOCK_OP_RST;
    size_t before = flow->queued;

    flow->live = !reset;
    if (!cable->congested) {
        if (bk_vsock_socket_send(&cable->socket, packet->ranges, packet->count) != -EAGAIN) {
            settle_flow(flow);
            return;
        }
        set_congested(cable, true);
    }
    if (reset) {
        flow->owes_app = true;
        settle_flow(flow);
        return;
    }
    bool queued = bk_vsock_flow_enqueue(flow, packet, queue_room(cable));
    account(cable, cable->queued + (flow->queued - before));
    if (queued) {
        settle_flow(flow);
        return;
    }
    if (bk_ratelimit_pass(&cable->limit))
        bk_warning("vsock: app %u does not take its packets; the connection of its port %u to port %u is reset",
                   cable->cid, flow->app_port, flow->system_port);
    end_flow(flow, true, true);
}

static struct bk_vsock_flow *add_flow(struct bk_vsock_cable *cable, uint32_t app_port, uint32_t system_port)
{
    struct bk_vsock_flow *flow = bk_vsock_flow_add(&cable->flows, app_port, system_port);

    if (flow != NULL)
        flow->cable = cable;
    else if (bk_ratelimit_pass(&cable->limit))
        bk_warning("vsock: too many connections of app %u; one more is refused", cable->cid);
    return flow;
}

enum bk_vsock_verdict bk_vsock_switch_send(struct bk_vsock_switch *vsock_switch, struct bk_vsock_outgoing *packet)
{
    struct bk_vsock_header *header = &packet->header;
    enum bk_vsock_verdict refuse = header->op == BK_VSOCK_OP_RST ? BK_VSOCK_DROP : BK_VSOCK_REFUSE;
    enum bk_vsock_verdict verdict =
        bk_vsock_check(header, BK_VSOCK_CID_SYSTEM_GUEST, packet->payload_size, &vsock_switch->limit);
    struct bk_vsock_cable *cable = find_cable(vsock_switch, header->dst_cid);

    if (verdict == BK_VSOCK_DROP)
        return BK_VSOCK_DROP;
    if (cable == NULL)
        return refuse;

    struct bk_vsock_flow *flow = bk_vsock_flow_find(&cable->flows, header->dst_port, header->src_port);
    if (verdict == BK_VSOCK_REFUSE && flow != NULL && flow->live)
        end_flow(flow, true, false);
    if (verdict == BK_VSOCK_REFUSE)
        return BK_VSOCK_REFUSE;
    if (flow != NULL && !flow->live) /* crossed with the RST of it, or refused until the app has that */
        return flow->owes_guest ? BK_VSOCK_DROP : refuse;
    if (flow == NULL && header->op == BK_VSOCK_OP_REQUEST)
        flow = add_flow(cable, header->dst_port, header->src_port);
    if (flow == NULL)
        return refuse;
    header->src_cid = BK_VSOCK_CID_SYSTEM;
    forward_to_app(flow, packet);
    return BK_VSOCK_FORWARD;
}

/* --- From an app --- */

static bool is_cable_reset(const struct bk_vsock_cable *cable, const struct bk_vsock_header *header,
                           size_t payload_size)
{
    return header->op == BK_VSOCK_OP_CABLE_RESET && header->type == 0 && header->src_cid == cable->cid &&
           header->dst_cid == BK_VSOCK_CID_SYSTEM && payload_size == 0;
}

/* True when the packet, rewritten, is for the guest. */
static bool forward_to_guest(struct bk_vsock_cable *cable, struct bk_vsock_header *header, size_t payload_size)
{
    if (is_cable_reset(cable, header, payload_size)) {
        end_flows(cable, false, true);
        cable->stray_count = 0;
        cable->acknowledgements++;
        set_congested(cable, true);
        return false;
    }

    enum bk_vsock_verdict verdict = bk_vsock_check(header, cable->cid, payload_size, &cable->limit);
    if (verdict == BK_VSOCK_DROP)
        return false;

    struct bk_vsock_flow *flow = NULL;
    if (header->dst_cid == BK_VSOCK_CID_SYSTEM)
        flow = bk_vsock_flow_find(&cable->flows, header->src_port, header->dst_port);
    else
        verdict = BK_VSOCK_REFUSE;
    if (flow != NULL && !flow->live)
        return false; /* crossed with the RST that the app is about to get */
    if (flow == NULL && verdict == BK_VSOCK_FORWARD && header->op == BK_VSOCK_OP_REQUEST)
        flow = add_flow(cable, header->src_port, header->dst_port);
    if (flow == NULL) {
        if (header->op != BK_VSOCK_OP_RST)
            reset_stray(cable, header);
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

bool bk_vsock_switch_receive(struct bk_vsock_switch *vsock_switch, struct bk_vsock_packet *packet, unsigned *budget)
{
    while (*budget > 0) {
        struct bk_vsock_flow *flow = TAILQ_FIRST(&vsock_switch->resets);
        struct bk_vsock_cable *cable = TAILQ_FIRST(&vsock_switch->ready);
        size_t payload_size;

        --*budget;
        if (flow != NULL) {
            packet->header = bk_vsock_make(BK_VSOCK_OP_RST, flow->cable->cid, flow->app_port, BK_VSOCK_CID_SYSTEM_GUEST,
                                           flow->system_port);
            TAILQ_REMOVE(&vsock_switch->resets, flow, in_resets);
            flow->owes_guest = false;
            settle_flow(flow);
            return true;
        }
        if (cable == NULL)
            return false;

        int r = bk_vsock_socket_receive(&cable->socket, packet, &payload_size);
        set_ready(cable, false);
        if (r == -EAGAIN) {
            cable->paused = false;
            wait_for(cable);
        } else if (r == -ENODATA) {
            end_cable(cable);
        } else {
            set_ready(cable, true); /* to the end of the list: the next one's turn */
            if (r == 0 && forward_to_guest(cable, &packet->header, payload_size))
                return true;
            if (r < 0 && bk_ratelimit_pass(&cable->limit))
                bk_warning("vsock: app %u: a datagram that is no packet", cable->cid);
        }
    }
    return false;
}

/* --- The cables --- */

static void on_cable(void *userdata, uint32_t events)
{
    struct bk_vsock_cable *cable = userdata;
    struct bk_vsock_switch *vsock_switch = cable->vsock_switch;

    if ((events & EPOLLOUT) != 0)
        relieve(cable);
    if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
        bk_vsock_socket_stop_waiting(&cable->socket); /* what is left is read when the guest takes it */
    } else if ((events & EPOLLIN) != 0 && cable->ready) {
        cable->paused = true; /* told before, and the guest still does not take it */
        wait_for(cable);
        return;
    }
    if ((events & (EPOLLHUP | EPOLLERR | EPOLLIN)) != 0) {
        set_ready(cable, true);
        vsock_switch->wake(vsock_switch->userdata); /* the cable may be gone after this */
    }
}

int bk_vsock_switch_plug(struct bk_vsock_switch *vsock_switch, uint32_t cid, int fd)
{
    _cleanup_close_ int taken = fd;
    _cleanup_free_ struct bk_vsock_cable *made = NULL;
    struct bk_vsock_cable *cable;

    if (cid < BK_VSOCK_CID_APP_FIRST || cid == UINT32_MAX) /* which means "any" to a guest */
        return -EINVAL;
    bk_vsock_switch_unplug(vsock_switch, cid);
    if (vsock_switch->cable_count >= BK_VSOCK_CABLES_MAX)
        return -ENOSPC;
    made = calloc(1, sizeof *made);
    if (made == NULL)
        return -ENOMEM;
    int r = bk_vsock_socket_open(&made->socket, vsock_switch->loop, TAKE_FD(taken), on_cable, made);
    if (r < 0)
        return r;
    cable = TAKE_PTR(made);
    cable->vsock_switch = vsock_switch;
    cable->cid = cid;
    TAILQ_INIT(&cable->sending);
    bk_vsock_flow_table_init(&cable->flows, vsock_switch->secret);
    LIST_INSERT_HEAD(&vsock_switch->buckets[cid & (CABLE_BUCKETS - 1)], cable, in_bucket);
    vsock_switch->cable_count++;
    return 0;
}

void bk_vsock_switch_unplug(struct bk_vsock_switch *vsock_switch, uint32_t cid)
{
    struct bk_vsock_cable *cable = find_cable(vsock_switch, cid);

    if (cable == NULL)
        return;
    end_cable(cable);
    vsock_switch->wake(vsock_switch->userdata);
}

void bk_vsock_switch_restart(struct bk_vsock_switch *vsock_switch)
{
    for (unsigned i = 0; i < CABLE_BUCKETS; i++) {
        struct bk_vsock_cable *next;
        for (struct bk_vsock_cable *cable = LIST_FIRST(&vsock_switch->buckets[i]); cable != NULL; cable = next) {
            next = LIST_NEXT(cable, in_bucket);
            end_flows(cable, !cable->ended, false);
        }
    }
}

struct bk_vsock_switch *bk_vsock_switch_create(struct bk_loop *loop, void (*wake)(void *userdata), void *userdata)
{
    struct bk_vsock_switch *vsock_switch = calloc(1, sizeof *vsock_switch);

    if (vsock_switch == NULL)
        return NULL;
    vsock_switch->loop = loop;
    vsock_switch->wake = wake;
    vsock_switch->userdata = userdata;
    if (getrandom(&vsock_switch->secret, sizeof vsock_switch->secret, 0) != sizeof vsock_switch->secret) {
        free(vsock_switch);
        return NULL;
    }
    TAILQ_INIT(&vsock_switch->ready);
    TAILQ_INIT(&vsock_switch->resets);
    return vsock_switch;
}

void bk_vsock_switch_destroy(struct bk_vsock_switch *vsock_switch)
{
    if (vsock_switch == NULL)
        return;
    bk_vsock_switch_restart(vsock_switch); /* no flow owes the guest anything: an ended cable keeps none */
    for (unsigned i = 0; i < CABLE_BUCKETS; i++) {
        while (!LIST_EMPTY(&vsock_switch->buckets[i]))
            end_cable(LIST_FIRST(&vsock_switch->buckets[i]));
    }
    free(vsock_switch);
}
