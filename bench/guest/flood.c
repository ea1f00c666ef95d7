/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls the System API as much as it goes, from an App VM: bench_flood PORT CONNECTIONS
 *
 * Every connection has always more calls of org.varlink.service.GetInfo waiting than are taken, and takes what answers
 * come; one that is closed is opened anew. It says "flooding" when all are open, and does not end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/vm_sockets.h> /* after sys/socket.h */

#define CONNECTIONS_MAX 64U
#define CONNECT_TRIES   600U /* 100 ms apart: the System VM may still be starting */
#define BUFFER_SIZE     65536U

static const char call[] = "{\"method\":\"org.varlink.service.GetInfo\"}";

static _Noreturn void fail(const char *what)
{
    printf("bench_flood: %s: %m\n", what);
    fflush(stdout);
    exit(EXIT_FAILURE);
}

static int open_connection(uint32_t port)
{
    const struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST, .svm_port = port };
    const struct timespec pause = { .tv_nsec = 100 * 1000 * 1000 };
    int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

    for (unsigned i = 0; fd >= 0 && i < CONNECT_TRIES; i++) {
        if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
            return fd;
        nanosleep(&pause, NULL);
    }
    fail("connect");
}

/* `at`: how much of a call has been sent of the one that was begun last. False when the connection is over. */
static bool send_calls(int fd, size_t *at)
{
    static char calls[BUFFER_SIZE / sizeof call * sizeof call];

    if (calls[0] == '\0') {
        for (size_t i = 0; i < sizeof calls; i++)
            calls[i] = call[i % sizeof call];
    }
    ssize_t n = send(fd, calls + *at, sizeof calls - *at, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0)
        *at = (*at + (size_t)n) % sizeof call;
    return n >= 0 || errno == EAGAIN;
}

static bool take_answers(int fd)
{
    static char answers[BUFFER_SIZE];
    ssize_t n = recv(fd, answers, sizeof answers, MSG_DONTWAIT);

    return n > 0 || (n < 0 && errno == EAGAIN);
}

int main(int argc, char **argv)
{
    static size_t at[CONNECTIONS_MAX];
    struct pollfd polled[CONNECTIONS_MAX];
    unsigned long port = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
    unsigned long count = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;

    if (port == 0 || count == 0 || count > CONNECTIONS_MAX) {
        fprintf(stderr, "usage: bench_flood PORT CONNECTIONS\n");
        return 2;
    }
    for (unsigned long i = 0; i < count; i++)
        polled[i] = (struct pollfd){ .fd = open_connection((uint32_t)port), .events = POLLIN | POLLOUT };
    puts("flooding");
    fflush(stdout);
    for (;;) {
        if (poll(polled, count, -1) < 0 && errno != EINTR)
            fail("poll");
        for (unsigned long i = 0; i < count; i++) {
            bool lasts = (polled[i].revents & (POLLIN | POLLHUP | POLLERR)) == 0 || take_answers(polled[i].fd);
            if (lasts && (polled[i].revents & POLLOUT) != 0)
                lasts = send_calls(polled[i].fd, &at[i]);
            if (!lasts) {
                close(polled[i].fd);
                polled[i].fd = open_connection((uint32_t)port);
                at[i] = 0;
            }
        }
    }
}
