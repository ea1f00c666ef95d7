/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls the System API as much as it goes, from an App VM, while it is told to: bench_flood PORT CONNECTIONS LINE
 *
 * LINE is a virtio port's device: it says "ready" when that is open, floods after a '1' was read, and has no connection
 * after a '0'. Every connection has always more calls of org.varlink.service.GetInfo waiting than are taken, and takes
 * what answers come; one that is closed is opened anew. It says "flooding" when all are open, and "ended N" when they
 * are closed, after N answers in all.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
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

static struct {
    uint32_t port;
    unsigned long count;
    bool on;
    struct pollfd polled[1 + CONNECTIONS_MAX]; /* the line, and then the connections */
    size_t at[1 + CONNECTIONS_MAX];            /* how much of a call has been sent of the one that was begun last */
    uint64_t answers;                          /* taken, in all */
} flood;

/* `at`: flood.at's. False when the connection is over. */
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

    for (ssize_t i = 0; i < n; i++)
        flood.answers += answers[i] == '\0';
    return n > 0 || (n < 0 && errno == EAGAIN);
}

static void say(const char *word)
{
    puts(word);
    fflush(stdout);
}

static void open_one(unsigned long i)
{
    flood.polled[i] = (struct pollfd){ .fd = open_connection(flood.port), .events = POLLIN | POLLOUT };
    flood.at[i] = 0;
}

static void obey(char told)
{
    bool on = told == '1';

    for (unsigned long i = 1; on != flood.on && i <= flood.count; i++) {
        if (on)
            open_one(i);
        else
            close(flood.polled[i].fd);
    }
    flood.on = on;
    if (on)
        say("flooding");
    else
        printf("ended %" PRIu64 "\n", flood.answers);
    fflush(stdout);
}

static void hear(void)
{
    const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
    char told;

    if ((flood.polled[0].revents & POLLIN) != 0 && read(flood.polled[0].fd, &told, 1) == 1)
        obey(told);
    else if (flood.polled[0].revents != 0)
        nanosleep(&pause, NULL); /* nobody holds the other end yet */
}

static void press_on(unsigned long i)
{
    struct pollfd *connection = &flood.polled[i];
    bool lasts = (connection->revents & (POLLIN | POLLHUP | POLLERR)) == 0 || take_answers(connection->fd);

    if (lasts && (connection->revents & POLLOUT) != 0)
        lasts = send_calls(connection->fd, &flood.at[i]);
    if (lasts)
        return;
    close(connection->fd);
    open_one(i);
}

int main(int argc, char **argv)
{
    flood.port = argc == 4 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
    flood.count = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
    if (flood.port == 0 || flood.count == 0 || flood.count > CONNECTIONS_MAX) {
        fprintf(stderr, "usage: bench_flood PORT CONNECTIONS LINE\n");
        return 2;
    }
    flood.polled[0] = (struct pollfd){ .fd = open(argv[3], O_RDONLY | O_CLOEXEC), .events = POLLIN };
    if (flood.polled[0].fd < 0)
        fail(argv[3]);
    say("ready");
    for (;;) {
        if (poll(flood.polled, flood.on ? 1 + flood.count : 1, -1) < 0 && errno != EINTR)
            fail("poll");
        for (unsigned long i = 1; flood.on && i <= flood.count; i++)
            press_on(i);
        hear();
    }
}
