/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loaded into a program under test (LD_PRELOAD): its vsock connection to the system, CID 2, leads to the Unix socket
 * that $BK_TEST_SYSTEM names, one to the port of CBOR to that with "-cbor" behind it, and one to the port of streams to
 * that with "-streams". Any other address of vsock is refused.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/vm_sockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define SYSTEM_CID  2U
#define SYSTEM_PORT 1U
#define CBOR_PORT   2U
#define STREAM_PORT 3U
#define SUFFIX_MAX  8U

static const char *const suffixes[] = { [SYSTEM_PORT] = "", [CBOR_PORT] = "-cbor", [STREAM_PORT] = "-streams" };

int socket(int domain, int type, int protocol)
{
    return (int)syscall(SYS_socket, domain == AF_VSOCK ? AF_UNIX : domain, type, protocol);
}

int connect(int fd, const struct sockaddr *address, socklen_t size)
{
    struct sockaddr_un there = { .sun_family = AF_UNIX };
    const char *path = getenv("BK_TEST_SYSTEM");
    struct sockaddr_vm asked;

    if (address->sa_family != AF_VSOCK)
        return (int)syscall(SYS_connect, fd, address, size);
    if (size != sizeof asked || path == NULL || strlen(path) >= sizeof there.sun_path - SUFFIX_MAX) {
        errno = EINVAL;
        return -1;
    }
    memcpy(&asked, address, sizeof asked);
    if (asked.svm_cid != SYSTEM_CID || asked.svm_port < SYSTEM_PORT || asked.svm_port > STREAM_PORT ||
        asked.svm_flags != 0) {
        errno = ECONNREFUSED;
        return -1;
    }
    snprintf(there.sun_path, sizeof there.sun_path, "%s%s", path, suffixes[asked.svm_port]);
    return (int)syscall(SYS_connect, fd, &there, sizeof there);
}
