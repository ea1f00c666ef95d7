/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/vsock_flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 4096U

/* In the order in which a connection needs them. A credit goes with every packet. */
static const uint16_t ops[] = {
    BK_VSOCK_OP_REQUEST,        BK_VSOCK_OP_RESPONSE, BK_VSOCK_OP_RW,  BK_VSOCK_OP_CREDIT_UPDATE,
    BK_VSOCK_OP_CREDIT_REQUEST, BK_VSOCK_OP_SHUTDOWN, BK_VSOCK_OP_RST,
};

/* Room for `size` bytes more behind those that wait. */
static bool make_room(struct bk_vsock_flow *flow, size_t size, size_t room)
{
    size_t needed = flow->count + size, capacity = flow->capacity > 0 ? flow->capacity : CAPACITY_MIN;

    if (needed > BK_VSOCK_FLOW_BYTES_MAX)
        return false;
    while (capacity < needed)
        capacity *= 2;
    if (capacity > flow->capacity) {
        if (capacity - flow->capacity > room)
            return false;
        uint8_t *bytes = realloc(flow->bytes, capacity);
        if (bytes == NULL)
            return false;
        flow->bytes = bytes;
        flow->capacity = capacity;
    }
    if (flow->first + needed > capacity) {
        memmove(flow->bytes, flow->bytes + flow->first, flow->count);
        flow->first = 0;
    }
    return true;
}

bool bk_vsock_flow_keep(struct bk_vsock_flow *flow, const struct bk_vsock_outgoing *packet, size_t room)
{
    const struct bk_vsock_header *header = &packet->header;

    if (packet->payload_size > 0 && !make_room(flow, packet->payload_size, room))
        return false;
    for (unsigned i = 1; i < packet->count; i++) {
        memcpy(flow->bytes + flow->first + flow->count, packet->ranges[i].iov_base, packet->ranges[i].iov_len);
        flow->count += packet->ranges[i].iov_len;
    }
    flow->due |= 1U << header->op;
    if (header->op == BK_VSOCK_OP_SHUTDOWN)
        flow->shutdown_flags |= header->flags;
    flow->buf_alloc = header->buf_alloc;
    flow->fwd_cnt = header->fwd_cnt;
    return true;
}

int bk_vsock_flow_send(struct bk_vsock_flow *flow, struct bk_vsock_cable *cable, uint32_t cid)
{
    unsigned next = 0;

    while ((flow->due & 1U << ops[next]) == 0)
        next++;
    struct bk_vsock_header header =
        bk_vsock_make(ops[next], BK_VSOCK_CID_SYSTEM, flow->system_port, cid, flow->app_port);
    header.buf_alloc = flow->buf_alloc;
    header.fwd_cnt = flow->fwd_cnt;
    if (header.op == BK_VSOCK_OP_SHUTDOWN)
        header.flags = flow->shutdown_flags;
    if (header.op == BK_VSOCK_OP_RW)
        header.len = (uint32_t)(flow->count < BK_VSOCK_PAYLOAD_MAX ? flow->count : BK_VSOCK_PAYLOAD_MAX);

    const struct iovec ranges[] = {
        { .iov_base = &header, .iov_len = sizeof header },
        { .iov_base = header.len > 0 ? flow->bytes + flow->first : NULL, .iov_len = header.len },
    };
    int r = bk_vsock_cable_send(cable, ranges, header.len > 0 ? 2 : 1);
    if (r == -EAGAIN)
        return r;
    flow->first += header.len;
    flow->count -= header.len;
    if (header.op != BK_VSOCK_OP_RW || flow->count == 0)
        flow->due &= ~(1U << header.op);
    if (flow->count == 0)
        bk_vsock_flow_drop_bytes(flow);
    return r;
}

void bk_vsock_flow_drop_bytes(struct bk_vsock_flow *flow)
{
    free(flow->bytes);
    flow->bytes = NULL;
    flow->first = flow->count = flow->capacity = 0;
}
