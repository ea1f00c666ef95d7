/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "cable/vsock_socket.h"

#include "cleanup.h"

#include <errno.h>
#include <sys/socket.h>

/* system calls [io]: sendmsg recvmsg shutdown close */

int bk_vsock_socket_open(struct bk_vsock_socket *socket, struct bk_loop *loop, int fd, bk_loop_callback callback,
                         void *userdata)
{
    int r = bk_loop_add(loop, &socket->source, fd, EPOLLIN, callback, userdata);

    if (r < 0) {
        bk_close(fd);
        return r;
    }
    socket->loop = loop;
    socket->fd = fd;
    return 0;
}

void bk_vsock_socket_close(struct bk_vsock_socket *socket)
{
    bk_vsock_socket_stop_waiting(socket);
    socket->fd = bk_close(socket->fd);
}

void bk_vsock_socket_wait(struct bk_vsock_socket *socket, uint32_t events)
{
    int r;

    if (!socket->source.added)
        return;
    r = bk_loop_modify(socket->loop, &socket->source, events);
    assert(r == 0); /* the descriptor is open and ours */
    (void)r;
}

void bk_vsock_socket_stop_waiting(struct bk_vsock_socket *socket)
{
    if (socket->source.added)
        bk_loop_remove(socket->loop, &socket->source);
}

int bk_vsock_socket_send(struct bk_vsock_socket *socket, const struct iovec *ranges, unsigned count)
{
    const struct msghdr message = { .msg_iov = (struct iovec *)(uintptr_t)ranges, .msg_iovlen = count };
    ssize_t n;

    do {
        n = sendmsg(socket->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n >= 0)
        return 0;                                               /* a datagram goes whole or not at all */
    if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM) /* short of memory is full too */
        return -EAGAIN;
    if (errno != EPIPE && errno != ECONNRESET && errno != ENOTCONN) {
        bk_error("vsock: a cable fails: %m");
        (void)shutdown(socket->fd, SHUT_RDWR); /* so that both ends hear of a hang-up */
    }
    return -ENODATA;
}

int bk_vsock_socket_send_header(struct bk_vsock_socket *socket, const struct bk_vsock_header *header)
{
    const struct iovec range = { .iov_base = (void *)(uintptr_t)header, .iov_len = sizeof *header };

    return bk_vsock_socket_send(socket, &range, 1);
}

int bk_vsock_socket_receive(struct bk_vsock_socket *socket, struct bk_vsock_packet *packet, size_t *ret_payload_size)
{
    struct iovec range = { .iov_base = packet, .iov_len = sizeof *packet };
    struct msghdr message = { .msg_iov = &range, .msg_iovlen = 1 }; /* no room for descriptors: none is received */
    ssize_t n;

    do {
        n = recvmsg(socket->fd, &message, MSG_DONTWAIT);
        /* ECONNRESET is told once, when the far end closed with something unread; what it sent is still there. */
    } while (n < 0 && (errno == EINTR || errno == ECONNRESET));
    if (n < 0)
        return errno == EAGAIN ? -EAGAIN : -ENODATA;
    if (n == 0)
        return -ENODATA;
    if ((message.msg_flags & MSG_TRUNC) != 0 || (size_t)n < sizeof packet->header)
        return -EBADMSG;
    *ret_payload_size = (size_t)n - sizeof packet->header;
    return 0;
}
