/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "cable/vsock.h"

#include "cleanup.h"

#include <errno.h>
#include <sys/socket.h>

/* system calls [io]: sendmsg recvmsg shutdown close */

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
    enum bk_vsock_verdict verdict = header->op == BK_VSOCK_OP_RST ? BK_VSOCK_DROP : BK_VSOCK_REFUSE;
    const char *fault = find_fault(header, payload_size);

    /* The sender's kernel cuts an address to 32 bits, so what is above would make two names of one peer. */
    if (header->src_cid != source || header->dst_cid > UINT32_MAX) {
        fault = "wrong address";
        verdict = BK_VSOCK_DROP;
    }
    if (fault == NULL)
        return BK_VSOCK_FORWARD;
    if (bk_ratelimit_pass(limit))
        bk_warning("vsock: packet of %u refused: %s (from %llx:%u to %llx:%u, type %u, operation %u, length %u of %zu)",
                   source, fault, (unsigned long long)header->src_cid, header->src_port,
                   (unsigned long long)header->dst_cid, header->dst_port, header->type, header->op, header->len,
                   payload_size);
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

/* Asking for something else makes the loop tell of what is so already, too: nothing that came between is missed. */
void bk_vsock_cable_set_full(struct bk_vsock_cable *cable, bool full)
{
    if (cable->full == full)
        return;
    cable->full = full;
    int r = bk_loop_modify(cable->loop, &cable->source, EPOLLET | EPOLLIN | (full ? (uint32_t)EPOLLOUT : 0));
    assert(r == 0); /* the descriptor is open and ours */
    (void)r;
}

int bk_vsock_cable_plug(struct bk_vsock_cable *cable, struct bk_loop *loop, int fd, bk_loop_callback callback,
                        void *userdata)
{
    int r = bk_loop_add(loop, &cable->source, fd, EPOLLET | EPOLLIN, callback, userdata);

    if (r < 0)
        bk_close(fd);
    cable->loop = loop;
    return r;
}

void bk_vsock_cable_unplug(struct bk_vsock_cable *cable)
{
    if (!cable->source.added)
        return;
    bk_loop_remove(cable->loop, &cable->source);
    bk_close(cable->source.fd);
    cable->readable = cable->full = false;
}

void bk_vsock_cable_update(struct bk_vsock_cable *cable, uint32_t events)
{
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
        cable->readable = true;
    if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0)
        bk_vsock_cable_set_full(cable, false);
}

int bk_vsock_cable_send(struct bk_vsock_cable *cable, const struct iovec *ranges, unsigned count)
{
    const struct msghdr message = { .msg_iov = (struct iovec *)(uintptr_t)ranges, .msg_iovlen = count };
    ssize_t n;

    if (cable->full)
        return -EAGAIN;
    do {
        n = sendmsg(cable->source.fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n >= 0)
        return 0;                                                 /* a datagram goes whole or not at all */
    if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM) { /* short of memory is full too */
        bk_vsock_cable_set_full(cable, true);
        return -EAGAIN;
    }
    if (errno != EPIPE && errno != ECONNRESET && errno != ENOTCONN) {
        bk_error("vsock: a cable fails: %m");
        (void)shutdown(cable->source.fd, SHUT_RDWR); /* so that both ends hear of a hang-up */
    }
    return -ENODATA;
}

int bk_vsock_cable_send_header(struct bk_vsock_cable *cable, struct bk_vsock_header header)
{
    const struct iovec range = { .iov_base = &header, .iov_len = sizeof header };

    return bk_vsock_cable_send(cable, &range, 1);
}

int bk_vsock_cable_receive(struct bk_vsock_cable *cable, struct bk_vsock_packet *packet, size_t *ret_payload_size)
{
    struct iovec range = { .iov_base = packet, .iov_len = sizeof *packet };
    struct msghdr message = { .msg_iov = &range, .msg_iovlen = 1 }; /* no room for descriptors: none is received */
    ssize_t n;

    do {
        n = recvmsg(cable->source.fd, &message, MSG_DONTWAIT);
        /* ECONNRESET is told once, when the far end closed with something unread; what it sent is still there. */
    } while (n < 0 && (errno == EINTR || errno == ECONNRESET));
    if (n < 0 && errno == EAGAIN) {
        cable->readable = false;
        return -EAGAIN;
    }
    if (n <= 0)
        return -ENODATA;
    if ((message.msg_flags & MSG_TRUNC) != 0 || (size_t)n < sizeof packet->header)
        return -EBADMSG;
    *ret_payload_size = (size_t)n - sizeof packet->header;
    return 0;
}
