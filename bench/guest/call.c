/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times calls of the System API, from an App VM: bench_call ROUNDS CALLS SORT=PORT...
 *
 * SORT is json or cbor: calls of org.varlink.service.GetInfo, written so; or echo: as many bytes as that call has in
 * JSON, which come back (tests/guest/vsock_stress.c serves them). A round is, of each sort, CALLS calls one after the
 * other over one connection; as many over three, with one under way on each; and then a few connections that are opened
 * for one call. It prints "call SORT MEDIAN MEAN" and "connection SORT MEDIAN MEAN", "together SORT CALLS ALL" where
 * ALL is from the first call until the last answer, all in nanoseconds, and "round" at a round's end. The sorts
 * alternate, so that what disturbs the machine for a while disturbs all of them.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
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
/* Of a sort, and open all the time: those of JSON and CBOR and one that is opened for a call are no more than the eight
 * that an app may have, even while the one before it is still being closed. */
#define CONNECTIONS_TOGETHER 3U
#define CONNECT_TRIES        600U /* 100 ms apart: the System VM may still be starting */
#define SECONDS_MAX          30   /* that one answer may take */

/* After a batch of calls: the broker takes about a thousand a second from one app (BK_QUOTA_BYTES_PER_SECOND), and
 * what shall be measured is a call, not that limit. */
#define PAUSE_NS_PER_CALL (1200U * 1000U)

#define SORTS_MAX 3U

/* With the NUL that ends a message. */
static const char json_call[] = "{\"method\":\"org.varlink.service.GetInfo\"}";

/* A length of 37, a map of one, a text of 6, a text of 27. */
static const char cbor_call[] = "\0\0\0\x25\xa1\x66"
                                "method"
                                "\x78\x1b"
                                "org.varlink.service.GetInfo";

struct sort {
    const char *name;
    const char *opening; /* is sent first, and not answered */
    const char *call;
    size_t size;
    void (*receive)(int fd);
};

struct peer {
    const struct sort *sort;
    uint32_t port;
    int fds[CONNECTIONS_TOGETHER]; /* the connections that calls are made over: one after the other over the first */
};

struct times {
    uint64_t median;
    uint64_t mean;
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

static void check_reply(const char *reply, size_t size)
{
    if (memmem(reply, size, "Bulkhead System API", 19) == NULL)
        fail("not the reply to this call");
}

/* The bytes up to a NUL. */
static void receive_json(int fd)
{
    char reply[REPLY_MAX];
    size_t size = 0;

    do {
        ssize_t n = recv(fd, reply + size, sizeof reply - size, 0);
        if (n <= 0)
            fail("no reply");
        size += (size_t)n;
    } while (reply[size - 1] != '\0');
    check_reply(reply, size);
}

/* A length, and so many bytes. */
static void receive_cbor(int fd)
{
    unsigned char reply[REPLY_MAX];
    size_t size = 0;
    size_t wanted = 4;

    while (size < wanted) {
        ssize_t n = recv(fd, reply + size, sizeof reply - size, 0);
        if (n <= 0)
            fail("no reply");
        size += (size_t)n;
        if (size >= 4)
            wanted = 4 + ((size_t)reply[0] << 24 | (size_t)reply[1] << 16 | (size_t)reply[2] << 8 | reply[3]);
    }
    check_reply((const char *)reply, size);
}

static void receive_echo(int fd)
{
    char echo[sizeof json_call];

    if (recv(fd, echo, sizeof echo, MSG_WAITALL) != sizeof echo || memcmp(echo, json_call, sizeof json_call) != 0)
        fail("no echo");
}

static const struct sort sorts[SORTS_MAX] = {
    { "json", "", json_call, sizeof json_call, receive_json },
    { "cbor", "", cbor_call, sizeof cbor_call - 1, receive_cbor },
    { "echo", "e", json_call, sizeof json_call,
      receive_echo }, /* its server does what a connection's first byte says */
};

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
    if (peer->sort->opening[0] != '\0')
        send_bytes(fd, peer->sort->opening, strlen(peer->sort->opening));
    return fd;
}

static int compare(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;

    return (a > b) - (a < b);
}

static struct times sum_up(uint64_t *times, unsigned count)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < count; i++)
        sum += times[i];
    qsort(times, count, sizeof *times, compare);
    return (struct times){ .median = times[count / 2], .mean = sum / count };
}

static struct times time_calls(const struct peer *peer, unsigned count)
{
    static uint64_t times[CALLS_MAX];

    for (unsigned i = 0; i < count; i++) {
        uint64_t began = now_ns();
        send_bytes(peer->fds[0], peer->sort->call, peer->sort->size);
        peer->sort->receive(peer->fds[0]);
        times[i] = now_ns() - began;
    }
    return sum_up(times, count);
}

/* How long so many calls take, with one under way on each connection. */
static uint64_t time_together(const struct peer *peer, unsigned count)
{
    struct pollfd polls[CONNECTIONS_TOGETHER];
    uint64_t began = now_ns();
    unsigned sent = 0, received = 0;

    for (unsigned i = 0; i < CONNECTIONS_TOGETHER; i++) {
        polls[i] = (struct pollfd){ .fd = peer->fds[i], .events = POLLIN };
        if (sent < count) {
            send_bytes(peer->fds[i], peer->sort->call, peer->sort->size);
            sent++;
        }
    }
    while (received < count) {
        if (poll(polls, CONNECTIONS_TOGETHER, SECONDS_MAX * 1000) <= 0)
            fail("no reply");
        for (unsigned i = 0; i < CONNECTIONS_TOGETHER; i++) {
            if (polls[i].revents == 0)
                continue;
            peer->sort->receive(polls[i].fd);
            received++;
            if (sent < count) {
                send_bytes(polls[i].fd, peer->sort->call, peer->sort->size);
                sent++;
            }
        }
    }
    return now_ns() - began;
}

static struct times time_connections(const struct peer *peer)
{
    uint64_t times[CONNECTIONS_PER_ROUND];

    for (unsigned i = 0; i < CONNECTIONS_PER_ROUND; i++) {
        uint64_t began = now_ns();
        int fd = open_connection(peer);
        send_bytes(fd, peer->sort->call, peer->sort->size);
        peer->sort->receive(fd);
        times[i] = now_ns() - began;
        close(fd);
    }
    return sum_up(times, CONNECTIONS_PER_ROUND);
}

static void pause_after(unsigned calls)
{
    uint64_t ns = (uint64_t)calls * PAUSE_NS_PER_CALL;
    const struct timespec pause = { .tv_sec = (time_t)(ns / 1000000000U), .tv_nsec = (long)(ns % 1000000000U) };

    nanosleep(&pause, NULL);
}

static void print(const char *what, const struct peer *peer, struct times times)
{
    printf("%s %s %" PRIu64 " %" PRIu64 "\n", what, peer->sort->name, times.median, times.mean);
}

static void run_round(const struct peer *peers, unsigned n_peers, unsigned calls)
{
    for (unsigned i = 0; i < n_peers; i++) {
        print("call", &peers[i], time_calls(&peers[i], calls));
        pause_after(calls);
    }
    for (unsigned i = 0; i < n_peers; i++) {
        printf("together %s %u %" PRIu64 "\n", peers[i].sort->name, calls, time_together(&peers[i], calls));
        pause_after(calls);
    }
    for (unsigned i = 0; i < n_peers; i++)
        print("connection", &peers[i], time_connections(&peers[i]));
    puts("round");
    fflush(stdout);
    pause_after(calls);
}

/* Whether the argument is SORT=PORT. */
static bool parse_peer(const char *argument, struct peer *ret)
{
    const char *port = strchr(argument, '=');

    for (unsigned i = 0; port != NULL && i < SORTS_MAX; i++) {
        if (strncmp(sorts[i].name, argument, (size_t)(port - argument)) != 0)
            continue;
        *ret = (struct peer){ .sort = &sorts[i], .port = (uint32_t)strtoul(port + 1, NULL, 10) };
        return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    unsigned long rounds = argc > 3 ? strtoul(argv[1], NULL, 10) : 0;
    unsigned long calls = argc > 3 ? strtoul(argv[2], NULL, 10) : 0;
    struct peer peers[SORTS_MAX];
    unsigned n_peers = 0;

    while (n_peers < SORTS_MAX && (int)n_peers + 3 < argc && parse_peer(argv[n_peers + 3], &peers[n_peers]))
        n_peers++;
    if (rounds == 0 || calls == 0 || calls > CALLS_MAX || (int)n_peers + 3 != argc) {
        fprintf(stderr, "usage: bench_call ROUNDS CALLS json=PORT|cbor=PORT|echo=PORT...\n");
        return 2;
    }
    for (unsigned i = 0; i < n_peers; i++) {
        await_peer(&peers[i]);
        for (unsigned j = 0; j < CONNECTIONS_TOGETHER; j++)
            peers[i].fds[j] = open_connection(&peers[i]);
    }
    for (unsigned long round = 0; round < rounds; round++)
        run_round(peers, n_peers, (unsigned)calls);
    return EXIT_SUCCESS;
}
