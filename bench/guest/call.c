/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times calls of the System API beside bare echoes, from an App VM: bench_call API_PORT ECHO_PORT ROUNDS CALLS
 *
 * A round is CALLS calls of org.varlink.service.GetInfo over one connection, then CALLS echoes of as many bytes
 * as that call has over another (tests/guest/vsock_stress.c serves them), then a few connections of each sort
 * that are opened for one call. It prints "call API ECHO" and "connection API ECHO": the medians of the round in
 * nanoseconds. The sorts alternate, so that what disturbs the machine for a while disturbs both.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <linux/vm_sockets.h> /* after sys/socket.h */

#define CALLS_MAX             1000U
#define CONNECTIONS_PER_ROUND 5U
#define REPLY_MAX             4096U
#define CONNECT_TRIES         600U /* 100 ms apart: the System VM may still be starting */
#define SECONDS_MAX           30   /* that one answer may take */

/* After a batch of calls: the broker takes about a thousand a second from one app (BK_CLIENT_BYTES_PER_SECOND), and
 * what shall be measured is a call, not that limit. */
#define PAUSE_NS_PER_CALL (1200U * 1000U)

/* With the NUL that ends a message. */
static const char call[] = "{\"method\":\"org.varlink.service.GetInfo\"}";

/* The server of echoes does with a connection what its first byte says. */
static const char echo_kind[] = "e";

struct peer {
    uint32_t port;
    const char *opening; /* is sent first, and not answered */
    void (*receive)(int fd);
};

static _Noreturn void fail(const char *what)
{
    printf("bench_call: %s: %m\n", what);
    fflush(stdout);
    exit(EXIT_FAILURE);
}

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static int try_connect(const struct peer *peer)
{
    const struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST, .svm_port = peer->port };
    const struct timeval limit = { .tv_sec = SECONDS_MAX };
    int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0)
        fail("socket");
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static void await_peer(const struct peer *peer)
{
    const struct timespec pause = { .tv_nsec = 100 * 1000 * 1000 };
    int fd = -1;

    for (unsigned i = 0; fd < 0 && i < CONNECT_TRIES; i++) {
        fd = try_connect(peer);
        if (fd < 0)
            nanosleep(&pause, NULL);
    }
    if (fd < 0)
        fail("nobody serves");
    close(fd);
}

/* A whole answer of the API: the bytes up to a NUL. */
static void receive_reply(int fd)
{
    char reply[REPLY_MAX + 1];
    size_t size = 0;

    do {
        ssize_t n = recv(fd, reply + size, REPLY_MAX - size, 0);
        if (n <= 0)
            fail("no reply");
        size += (size_t)n;
    } while (reply[size - 1] != '\0');
    if (strstr(reply, "\"product\":\"Bulkhead System API\"") == NULL)
        fail("not the reply to this call");
}

static void receive_echo(int fd)
{
    char echo[sizeof call];

    if (recv(fd, echo, sizeof echo, MSG_WAITALL) != sizeof echo || memcmp(echo, call, sizeof call) != 0)
        fail("no echo");
}

static void send_bytes(int fd, const char *bytes, size_t size)
{
    if (send(fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size)
        fail("send");
}

static int open_connection(const struct peer *peer)
{
    int fd = try_connect(peer);

    if (fd < 0)
        fail("connect");
    if (peer->opening[0] != '\0')
        send_bytes(fd, peer->opening, strlen(peer->opening));
    return fd;
}

static int compare(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;

    return (a > b) - (a < b);
}

static uint64_t median(uint64_t *times, unsigned count)
{
    qsort(times, count, sizeof *times, compare);
    return times[count / 2];
}

static uint64_t time_calls(int fd, const struct peer *peer, unsigned count)
{
    static uint64_t times[CALLS_MAX];

    for (unsigned i = 0; i < count; i++) {
        uint64_t began = now_ns();
        send_bytes(fd, call, sizeof call);
        peer->receive(fd);
        times[i] = now_ns() - began;
    }
    return median(times, count);
}

static uint64_t time_connections(const struct peer *peer)
{
    uint64_t times[CONNECTIONS_PER_ROUND];

    for (unsigned i = 0; i < CONNECTIONS_PER_ROUND; i++) {
        uint64_t began = now_ns();
        int fd = open_connection(peer);
        send_bytes(fd, call, sizeof call);
        peer->receive(fd);
        times[i] = now_ns() - began;
        close(fd);
    }
    return median(times, CONNECTIONS_PER_ROUND);
}

static void pause_after(unsigned calls)
{
    uint64_t ns = (uint64_t)calls * PAUSE_NS_PER_CALL;
    const struct timespec pause = { .tv_sec = (time_t)(ns / 1000000000U), .tv_nsec = (long)(ns % 1000000000U) };

    nanosleep(&pause, NULL);
}

int main(int argc, char **argv)
{
    unsigned long numbers[4];

    for (int i = 0; i < 4; i++)
        numbers[i] = i + 1 < argc ? strtoul(argv[i + 1], NULL, 10) : 0;
    if (argc != 5 || numbers[3] == 0 || numbers[3] > CALLS_MAX) {
        fprintf(stderr, "usage: bench_call API_PORT ECHO_PORT ROUNDS CALLS\n");
        return 2;
    }
    const struct peer api = { .port = (uint32_t)numbers[0], .opening = "", .receive = receive_reply };
    const struct peer echo = { .port = (uint32_t)numbers[1], .opening = echo_kind, .receive = receive_echo };
    unsigned calls = (unsigned)numbers[3];

    await_peer(&api);
    await_peer(&echo);
    int api_fd = open_connection(&api), echo_fd = open_connection(&echo);
    for (unsigned long round = 0; round < numbers[2]; round++) {
        uint64_t api_ns = time_calls(api_fd, &api, calls);
        uint64_t echo_ns = time_calls(echo_fd, &echo, calls);
        printf("call %" PRIu64 " %" PRIu64 "\n", api_ns, echo_ns);
        pause_after(calls);
        api_ns = time_connections(&api);
        echo_ns = time_connections(&echo);
        printf("connection %" PRIu64 " %" PRIu64 "\n", api_ns, echo_ns);
        pause_after(CONNECTIONS_PER_ROUND);
    }
    return EXIT_SUCCESS;
}
