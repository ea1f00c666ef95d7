/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "vsock.h"

#include "cleanup.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>

#include <linux/vm_sockets.h> /* needs what stands above */

#define BACKLOG 64

int bk_vsock_listen(uint32_t port, int *ret_fd)
{
    /* Any CID: one bound to our CID as it is now would be deaf after a restore from a snapshot gave us another. */
    const struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = port };
    _cleanup_close_ int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -errno;
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 || listen(fd, BACKLOG) < 0)
        return -errno;
    *ret_fd = TAKE_FD(fd);
    return 0;
}

int bk_vsock_accept(int listener, int *ret_fd, uint32_t *ret_cid)
{
    struct sockaddr_vm peer = { 0 };
    struct sockaddr_vm own = { 0 };
    socklen_t peer_size = sizeof peer;
    socklen_t own_size = sizeof own;
    _cleanup_close_ int fd = accept4(listener, (struct sockaddr *)&peer, &peer_size, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
        return -errno;
    if (peer_size < sizeof peer || peer.svm_family != AF_VSOCK)
        return -EPROTO;
    if (getsockname(fd, (struct sockaddr *)&own, &own_size) < 0)
        return -errno;
    bool other = peer.svm_cid > VMADDR_CID_HOST && peer.svm_cid != VMADDR_CID_ANY && peer.svm_cid != own.svm_cid;
    *ret_cid = other ? peer.svm_cid : 0;
    *ret_fd = TAKE_FD(fd);
    return 0;
}
