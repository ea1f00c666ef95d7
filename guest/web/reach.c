/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "reach.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
/* After sys/socket.h, which it needs. */
#include <linux/vm_sockets.h>

#define SYSTEM_CID   2U
#define CALLS_PORT   1U
#define STREAMS_PORT 3U

static int connect_to(unsigned port, int flags)
{
    const struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = SYSTEM_CID, .svm_port = port };
    g_autofd int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

    if (fd < 0)
        return -errno;
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS)
        return -errno;
    return g_steal_fd(&fd);
}

int bk_web_connect(int flags)
{
    return connect_to(CALLS_PORT, flags);
}

int bk_web_stream(const char *token)
{
    g_autofd int fd = connect_to(STREAMS_PORT, 0);
    size_t length = strlen(token);

    if (fd < 0)
        return fd;
    struct iovec parts[] = { { .iov_base = (void *)(uintptr_t)token, .iov_len = length },
                             { .iov_base = (void *)(uintptr_t)"\n", .iov_len = 1 } };
    const struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
    if (sendmsg(fd, &message, MSG_NOSIGNAL) != (ssize_t)length + 1)
        return -ECONNRESET;
    return g_steal_fd(&fd);
}
