/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times TCP streams to a server and back, when the server wants it: bench_stream NAME ADDRESS
 *
 * It tells the server its name, on a connection that stays, and takes orders there, a line each: "send MIB" or
 * "receive MIB". For each it makes a new connection and answers with the MiB a second: from before that is made until
 * the server has said a byte for having read all, or until all is read. It ends with the connection.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ORDERS_PORT   9000
#define STREAM_PORT   9001
#define CONNECT_TRIES 600U /* 200 ms apart: what is in between may still be starting */
#define BUFFER_SIZE   65536U
#define MIB           (1024U * 1024U)

static uint8_t buffer[BUFFER_SIZE];

static _Noreturn void fail(const char *what)
{
    printf("bench_stream: %s: %m\n", what);
    fflush(stdout);
    exit(EXIT_FAILURE);
}

static int open_connection(const char *address, uint16_t port)
{
    const struct timespec pause = { .tv_nsec = 200 * 1000 * 1000 };
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };

    if (inet_pton(AF_INET, address, &in.sin_addr) != 1)
        fail("the address");
    for (unsigned i = 0; i < CONNECT_TRIES; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
            fail("socket");
        if (connect(fd, (const struct sockaddr *)&in, sizeof in) == 0)
            return fd;
        close(fd);
        nanosleep(&pause, NULL);
    }
    fail("connect");
}

static double now(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* Sends so many bytes, and hears that they came; or reads them. */
static void move(int fd, bool sends, uint64_t left)
{
    while (left > 0) {
        const size_t some = left < sizeof buffer ? (size_t)left : sizeof buffer;
        ssize_t n = sends ? send(fd, buffer, some, MSG_NOSIGNAL) : recv(fd, buffer, some, 0);
        if (n <= 0)
            fail(sends ? "send" : "receive");
        left -= (uint64_t)n;
    }
    if (sends && recv(fd, buffer, 1, 0) != 1)
        fail("the server's byte");
}

static double measure(const char *address, bool sends, unsigned mib)
{
    char order[32];
    const double begun = now();
    int fd = open_connection(address, STREAM_PORT);

    const int length = snprintf(order, sizeof order, "%s %u\n", sends ? "send" : "receive", mib);
    if (send(fd, order, (size_t)length, MSG_NOSIGNAL) != length)
        fail("order");
    move(fd, sends, (uint64_t)mib * MIB);
    const double took = now() - begun;
    close(fd);
    return mib / took;
}

int main(int argc, char **argv)
{
    char way[16];
    unsigned mib;

    if (argc != 3) {
        fputs("bench_stream NAME ADDRESS\n", stderr);
        return EXIT_FAILURE;
    }
    const int orders = open_connection(argv[2], ORDERS_PORT);
    FILE *lines = fdopen(orders, "r");
    if (lines == NULL || dprintf(orders, "%s\n", argv[1]) < 0)
        fail("orders");
    while (fscanf(lines, "%15s %u", way, &mib) == 2) {
        if (dprintf(orders, "%.3f\n", measure(argv[2], strcmp(way, "send") == 0, mib)) < 0)
            fail("answer");
    }
    fclose(lines);
    return EXIT_SUCCESS;
}
