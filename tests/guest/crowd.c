/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens more connections to the System API than an app may have, from an App VM: crowd PORT CONNECTIONS
 *
 * First all of them at the same time, and a call over each: "at once: SERVED served, REFUSED refused" says how many
 * were answered, and how many the system closed without an answer. Then a tenth as many one after the other, each with
 * a call, and closed when it is answered: "in turn: SERVED served". What is neither an answer nor the end of a
 * connection is said and ends the program with a failure.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <linux/vm_sockets.h> /* after sys/socket.h */

#define CONNECTIONS_MAX 4000U
#define FILES_BESIDE    16U /* what else is open */
#define REPLY_MAX       4096U
#define CONNECT_TRIES \
    600U               /* 100 ms apart: the System VM may still be starting, or as many wait to be accepted as may */
#define SECONDS_MAX 60 /* that one answer may take */

static const char call[] = "{\"method\":\"org.varlink.service.GetInfo\"}"; /* with the NUL that ends a message */

static _Noreturn void fail(const char *what)
{
    printf("crowd: %s: %m\n", what);
    fflush(stdout);
    exit(EXIT_FAILURE);
}

static int open_connection(unsigned port)
{
    const struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST, .svm_port = port };
    const struct timeval limit = { .tv_sec = SECONDS_MAX };
    const struct timespec pause = { .tv_nsec = 100 * 1000 * 1000 };

    for (unsigned i = 0; i < CONNECT_TRIES; i++) {
        int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0)
            fail("socket");
        if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
            return fd;
        close(fd);
        nanosleep(&pause, NULL);
    }
    fail("connect");
}

static bool is_over(int error)
{
    return error == EPIPE || error == ECONNRESET || error == ENOTCONN;
}

/* True when the call was answered, false when the connection was closed instead. */
static bool is_served(int fd)
{
    char reply[REPLY_MAX];
    size_t size = 0;

    if (send(fd, call, sizeof call, MSG_NOSIGNAL) != (ssize_t)sizeof call) {
        if (!is_over(errno))
            fail("send");
        return false;
    }
    do {
        ssize_t n = recv(fd, reply + size, sizeof reply - size, 0);
        if (n == 0 || (n < 0 && is_over(errno)))
            return false;
        if (n < 0)
            fail("no reply");
        size += (size_t)n;
    } while (size < sizeof reply && reply[size - 1] != '\0');
    if (memmem(reply, size, "Bulkhead System API", 19) == NULL)
        fail("not the reply to this call");
    return true;
}

static void all_at_once(unsigned port, unsigned count)
{
    static int fds[CONNECTIONS_MAX];
    unsigned served = 0;

    for (unsigned i = 0; i < count; i++)
        fds[i] = open_connection(port);
    for (unsigned i = 0; i < count; i++)
        served += is_served(fds[i]);
    for (unsigned i = 0; i < count; i++)
        close(fds[i]);
    printf("at once: %u served, %u refused\n", served, count - served);
    fflush(stdout);
}

static void in_turn(unsigned port, unsigned count)
{
    unsigned served = 0;

    for (unsigned i = 0; i < count; i++) {
        int fd = open_connection(port);
        served += is_served(fd);
        close(fd);
    }
    printf("in turn: %u served\n", served);
}

int main(int argc, char **argv)
{
    unsigned port = argc == 3 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    unsigned count = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    const struct rlimit files = { .rlim_cur = count + FILES_BESIDE, .rlim_max = count + FILES_BESIDE };

    if (port == 0 || count == 0 || count > CONNECTIONS_MAX) {
        fprintf(stderr, "usage: crowd PORT CONNECTIONS\n");
        return 2;
    }
    if (setrlimit(RLIMIT_NOFILE, &files) < 0)
        fail("setrlimit");
    all_at_once(port, count);
    in_turn(port, count / 10);
    return EXIT_SUCCESS;
}
