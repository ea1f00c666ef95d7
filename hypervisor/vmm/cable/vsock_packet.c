/* SPDX-License-Identifier: Apache-2.0 */
#include "cable/vsock_packet.h"

#include "checked.h"

static const char *const op_names[] = {
    [BK_VSOCK_OP_REQUEST] = "REQUEST",
    [BK_VSOCK_OP_RESPONSE] = "RESPONSE",
    [BK_VSOCK_OP_RST] = "RST",
    [BK_VSOCK_OP_SHUTDOWN] = "SHUTDOWN",
    [BK_VSOCK_OP_RW] = "RW",
    [BK_VSOCK_OP_CREDIT_UPDATE] = "CREDIT_UPDATE",
    [BK_VSOCK_OP_CREDIT_REQUEST] = "CREDIT_REQUEST",
};
static_assert(BK_ARRAY_SIZE(op_names) == BK_VSOCK_OP_CREDIT_REQUEST + 1, "one name an operation");

const char *bk_vsock_op_name(uint16_t op)
{
    return op < BK_ARRAY_SIZE(op_names) && op_names[op] != NULL ? op_names[op] : "?";
}

/* What is wrong with the packet, or NULL. Nothing here is the sender's address: that comes first. */
static const char *find_fault(const struct bk_vsock_header *header, size_t payload_size)
{
    if (header->type != BK_VSOCK_TYPE_STREAM)
        return "not of type stream";
    if (header->op < BK_VSOCK_OP_REQUEST || header->op > BK_VSOCK_OP_CREDIT_REQUEST)
        return "no such operation";
    if (header->len > BK_VSOCK_PAYLOAD_MAX)
        return "too long";
    if (header->len != payload_size)
        return "the length is not the payload's";
    /* Data without bytes would be work for the receiver that no window bounds. */
    if ((header->op == BK_VSOCK_OP_RW) != (header->len > 0))
        return header->len > 0 ? "payload where none belongs" : "data without bytes";
    return NULL;
}

enum bk_vsock_verdict bk_vsock_check(const struct bk_vsock_header *header, uint32_t source, size_t payload_size,
                                     struct bk_ratelimit *limit)
{
    enum bk_vsock_verdict verdict = BK_VSOCK_FORWARD;
    const char *fault;

    /* The sender's kernel cuts an address to 32 bits, so what is above would make two names of one peer. */
    if (header->src_cid != source || header->dst_cid > UINT32_MAX) {
        fault = "wrong address";
        verdict = BK_VSOCK_DROP;
    } else {
        fault = find_fault(header, payload_size);
        if (fault != NULL)
            verdict = header->op == BK_VSOCK_OP_RST ? BK_VSOCK_DROP : BK_VSOCK_REFUSE;
    }
    if (fault != NULL && bk_ratelimit_pass(limit))
        bk_warning("vsock: packet of %u refused: %s (from %llx:%u to %llx:%u, type %u, %s %u, length %u of %zu)",
                   source, fault, (unsigned long long)header->src_cid, header->src_port,
                   (unsigned long long)header->dst_cid, header->dst_port, header->type, bk_vsock_op_name(header->op),
                   header->op, header->len, payload_size);
    return verdict;
}

struct bk_vsock_header bk_vsock_make(uint16_t op, uint32_t src_cid, uint32_t src_port, uint32_t dst_cid,
                                     uint32_t dst_port)
{
    return (struct bk_vsock_header){
        .src_cid = src_cid,
        .dst_cid = dst_cid,
        .src_port = src_port,
        .dst_port = dst_port,
        .type = BK_VSOCK_TYPE_STREAM,
        .op = op,
    };
}

struct bk_vsock_header bk_vsock_make_reset(const struct bk_vsock_header *header)
{
    struct bk_vsock_header reset = bk_vsock_make(BK_VSOCK_OP_RST, (uint32_t)header->dst_cid, header->dst_port,
                                                 (uint32_t)header->src_cid, header->src_port);

    reset.type = header->type; /* a socket of a type unknown here must still know its answer */
    return reset;
}
