/* SPDX-License-Identifier: Apache-2.0 */
#include "cable/vsock_flow.h"

#include "checked.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY_STEP 4096U /* payload is given room in these, so that small packets can be joined */

void bk_vsock_flow_table_init(struct bk_vsock_flow_table *table, uint64_t secret)
{
    table->count = 0;
    table->secret = secret;
    LIST_INIT(&table->all);
    for (unsigned i = 0; i < BK_VSOCK_FLOW_BUCKETS; i++)
        LIST_INIT(&table->buckets[i]);
}

static unsigned bucket_of(const struct bk_vsock_flow_table *table, uint32_t app_port, uint32_t system_port)
{
    uint64_t mixed = ((uint64_t)app_port << 32 | system_port) ^ table->secret;

    for (unsigned round = 0; round < 2; round++) {
        mixed ^= mixed >> 32;
        mixed *= table->secret | 1;
    }
    return (unsigned)(mixed >> 48) & (BK_VSOCK_FLOW_BUCKETS - 1);
}

struct bk_vsock_flow *bk_vsock_flow_find(const struct bk_vsock_flow_table *table, uint32_t app_port,
                                         uint32_t system_port)
{
    struct bk_vsock_flow *flow;

    LIST_FOREACH(flow, &table->buckets[bucket_of(table, app_port, system_port)], in_bucket)
    {
        if (flow->app_port == app_port && flow->system_port == system_port)
            return flow;
    }
    return NULL;
}

struct bk_vsock_flow *bk_vsock_flow_add(struct bk_vsock_flow_table *table, uint32_t app_port, uint32_t system_port)
{
    struct bk_vsock_flow *flow;

    if (table->count >= BK_VSOCK_FLOWS_MAX)
        return NULL;
    flow = calloc(1, sizeof *flow);
    if (flow == NULL)
        return NULL;
    flow->app_port = app_port;
    flow->system_port = system_port;
    flow->live = true;
    TAILQ_INIT(&flow->queue);
    LIST_INSERT_HEAD(&table->all, flow, in_table);
    LIST_INSERT_HEAD(&table->buckets[bucket_of(table, app_port, system_port)], flow, in_bucket);
    table->count++;
    return flow;
}

void bk_vsock_flow_free(struct bk_vsock_flow_table *table, struct bk_vsock_flow *flow)
{
    assert(TAILQ_EMPTY(&flow->queue) && !flow->sending && !flow->owes_guest);
    LIST_REMOVE(flow, in_table);
    LIST_REMOVE(flow, in_bucket);
    table->count--;
    free(flow);
}

/* Copies `size` bytes of the payload from `offset`; there are that many. */
static void copy_payload(const struct bk_vsock_outgoing *packet, size_t offset, uint8_t *to, size_t size)
{
    for (unsigned i = 1; size > 0; i++) {
        assert(i < packet->count);
        const struct iovec *range = &packet->ranges[i];
        if (offset >= range->iov_len) {
            offset -= range->iov_len;
            continue;
        }
        size_t n = range->iov_len - offset < size ? range->iov_len - offset : size;
        memcpy(to, (const uint8_t *)range->iov_base + offset, n);
        to += n;
        size -= n;
        offset = 0;
    }
}

/* Puts as much of the packet as fits into the last one of the queue. Yields how many bytes of payload that was. */
static size_t join(struct bk_vsock_queued *last, const struct bk_vsock_outgoing *packet)
{
    const struct bk_vsock_header *header = &packet->header;
    size_t room = last->capacity - last->header.len;
    size_t n = packet->payload_size < room ? packet->payload_size : room;

    if (header->op == BK_VSOCK_OP_RW) {
        if (last->header.op != BK_VSOCK_OP_RW || last->header.flags != header->flags)
            return 0;
        copy_payload(packet, 0, last->payload + last->header.len, n);
        last->header.len += (uint32_t)n;
    }
    last->header.buf_alloc = header->buf_alloc;
    last->header.fwd_cnt = header->fwd_cnt;
    return n;
}

bool bk_vsock_flow_enqueue(struct bk_vsock_flow *flow, const struct bk_vsock_outgoing *packet, size_t room)
{
    struct bk_vsock_queued *last = TAILQ_LAST(&flow->queue, bk_vsock_queue);
    uint16_t op = packet->header.op;
    size_t joined = 0;

    if (last != NULL && (op == BK_VSOCK_OP_RW || op == BK_VSOCK_OP_CREDIT_UPDATE)) {
        joined = join(last, packet);
        if (joined == packet->payload_size)
            return true;
    }

    size_t rest = packet->payload_size - joined;
    size_t capacity = bk_align_up(rest, CAPACITY_STEP);
    size_t charge = sizeof(struct bk_vsock_queued) + capacity;
    if (charge > room || flow->queued + charge > BK_VSOCK_FLOW_QUEUE_MAX)
        return false;
    struct bk_vsock_queued *queued = malloc(charge);
    if (queued == NULL)
        return false;
    queued->header = packet->header;
    queued->header.len = (uint32_t)rest;
    queued->capacity = capacity;
    copy_payload(packet, joined, queued->payload, rest);
    TAILQ_INSERT_TAIL(&flow->queue, queued, next);
    flow->queued += charge;
    return true;
}

void bk_vsock_flow_dequeue(struct bk_vsock_flow *flow)
{
    struct bk_vsock_queued *first = TAILQ_FIRST(&flow->queue);

    TAILQ_REMOVE(&flow->queue, first, next);
    flow->queued -= sizeof *first + first->capacity;
    free(first);
}
