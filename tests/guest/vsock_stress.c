/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections of all sorts over AF_VSOCK between two guests, one of which serves:
 *
 *     vsock_stress serve PORT
 *     vsock_stress CID PORT TEST [NUMBER]      one of the tests below, or "all"
 *
 * A client says with its first byte what the server does with the connection: echo, swallow (read to the end, then
 * send the bytes' sum), pour (send as many bytes as the next eight say), hold (read nothing until the client is gone).
 * Results are TAP: "ok 1 - bulk", "not ok 2 - many: ...". Exits with 1 when a test failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/vm_sockets.h> /* after sys/socket.h */

#define BLOCK_SIZE      (64U * 1024U)
#define CONNECT_SECONDS 2  /* of one of the tries to find the server */
#define SECONDS_MAX     60 /* that anything may take that is not meant to wait */
#define STACK_SIZE      (128U * 1024U)
#define BACKLOG         1024
#define CONNECT_TRIES   300

static struct sockaddr_vm server = { .svm_family = AF_VSOCK };
static const char *test_name;

static _Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Each test has a process of its own. */
static _Noreturn void fail(const char *format, ...)
{
    va_list arguments;

    printf("# %s: ", test_name);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    fflush(stdout);
    _exit(EXIT_FAILURE);
}

/* Byte `position` of every stream: its period is no power of two, so that nothing swapped looks right. */
static uint8_t pattern(uint64_t position)
{
    return (uint8_t)(position % 251 + position / 251 % 241);
}

static void fill(uint8_t *block, uint64_t position, size_t size)
{
    for (size_t i = 0; i < size; i++)
        block[i] = pattern(position + i);
}

/* FNV-1a. */
static uint64_t sum(uint64_t before, const uint8_t *block, size_t size)
{
    for (size_t i = 0; i < size; i++)
        before = (before ^ block[i]) * 0x100000001b3U;
    return before;
}
#define SUM_START 0xcbf29ce484222325U

/* Sends all of it; false when the peer is gone or time is up. */
static bool send_all(int fd, const void *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = send(fd, (const char *)data + done, size - done, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

static bool receive_all(int fd, void *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = recv(fd, (char *)data + done, size - done, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

/* --- The server --- */

static void echo(int fd, uint8_t *block)
{
    ssize_t n;

    while ((n = recv(fd, block, BLOCK_SIZE, 0)) > 0 && send_all(fd, block, (size_t)n))
        ;
}

static void swallow(int fd, uint8_t *block)
{
    uint64_t total = SUM_START;
    ssize_t n;

    while ((n = recv(fd, block, BLOCK_SIZE, 0)) > 0)
        total = sum(total, block, (size_t)n);
    if (n == 0)
        send_all(fd, &total, sizeof total);
}

static void pour(int fd, uint8_t *block)
{
    uint64_t size;

    if (!receive_all(fd, &size, sizeof size))
        return;
    for (uint64_t position = 0; position < size;) {
        size_t n = size - position < BLOCK_SIZE ? (size_t)(size - position) : BLOCK_SIZE;
        fill(block, position, n);
        if (!send_all(fd, block, n))
            return;
        position += n;
    }
}

static void hold(int fd)
{
    struct pollfd pollfd = { .fd = fd, .events = POLLRDHUP };

    while (poll(&pollfd, 1, -1) < 0 && errno == EINTR)
        ;
}

static void *serve_one(void *argument)
{
    int fd = (int)(intptr_t)argument;
    uint8_t *block = malloc(BLOCK_SIZE);
    char kind;

    if (block != NULL && recv(fd, &kind, 1, 0) == 1) {
        switch (kind) {
        case 'e':
            echo(fd, block);
            break;
        case 's':
            swallow(fd, block);
            break;
        case 'p':
            pour(fd, block);
            break;
        case 'h':
            hold(fd);
            break;
        default:
            break; /* the connection ends */
        }
    }
    free(block);
    close(fd);
    return NULL;
}

static int serve(void)
{
    int listener = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pthread_attr_t attributes;

    server.svm_cid = VMADDR_CID_ANY;
    if (listener < 0 || bind(listener, (struct sockaddr *)&server, sizeof server) < 0 ||
        listen(listener, BACKLOG) < 0) {
        perror("vsock_stress: serve");
        return EXIT_FAILURE;
    }
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    printf("serving\n");
    fflush(stdout);
    for (;;) {
        pthread_t thread;
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0 && pthread_create(&thread, &attributes, serve_one, (void *)(intptr_t)fd) != 0)
            close(fd);
    }
}

/* --- The client --- */

static int connect_once(time_t seconds)
{
    const struct timeval limit = { .tv_sec = SECONDS_MAX }, connect_limit = { .tv_sec = seconds };
    int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        fail("socket: %m");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &connect_limit, sizeof connect_limit);
    if (connect(fd, (const struct sockaddr *)&server, sizeof server) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static int open_connection(char kind)
{
    int fd = connect_once(SECONDS_MAX); /* the two seconds without asking are few where all is emulated */

    if (fd < 0)
        fail("connect: %m");
    if (!send_all(fd, &kind, 1))
        fail("first byte: %m");
    return fd;
}

static void ping(int fd, uint64_t position, size_t size)
{
    static uint8_t out[BLOCK_SIZE], in[BLOCK_SIZE];

    fill(out, position, size);
    if (!send_all(fd, out, size) || !receive_all(fd, in, size))
        fail("echo of %zu bytes: %m", size);
    if (memcmp(in, out, size) != 0)
        fail("echo of %zu bytes: not what was sent", size);
}

/* Until the server is there, as after the System VM's restart. */
static void test_wait(unsigned long number)
{
    const struct timespec pause = { .tv_nsec = 100 * 1000 * 1000 };
    int fd = -1;

    (void)number;
    for (unsigned i = 0; fd < 0 && i < CONNECT_TRIES; i++) {
        fd = connect_once(CONNECT_SECONDS);
        if (fd < 0)
            nanosleep(&pause, NULL);
    }
    if (fd < 0)
        fail("connect: %m");
    close(fd);
}

static void test_echo(unsigned long number)
{
    int fd = open_connection('e');

    for (unsigned long i = 0; i < number; i++)
        ping(fd, i, 1 + i * 7919 % BLOCK_SIZE);
    close(fd);
}

/* MiB to the server with one sum, and as many back, each byte looked at. */
static void test_bulk(unsigned long number)
{
    static uint8_t block[BLOCK_SIZE], expected[BLOCK_SIZE];
    uint64_t size = (uint64_t)number << 20, total = SUM_START, answer;
    int fd = open_connection('s');

    for (uint64_t position = 0; position < size; position += BLOCK_SIZE) {
        fill(block, position, BLOCK_SIZE);
        total = sum(total, block, BLOCK_SIZE);
        if (!send_all(fd, block, BLOCK_SIZE))
            fail("at %llu of %llu: %m", (unsigned long long)position, (unsigned long long)size);
        if (position == 1U << 20) {
            printf("# moving\n"); /* for a test that wants to disturb it */
            fflush(stdout);
        }
    }
    shutdown(fd, SHUT_WR);
    if (!receive_all(fd, &answer, sizeof answer) || answer != total)
        fail("the server received something else");
    close(fd);

    fd = open_connection('p');
    if (!send_all(fd, &size, sizeof size))
        fail("size: %m");
    for (uint64_t position = 0; position < size; position += BLOCK_SIZE) {
        fill(expected, position, BLOCK_SIZE);
        if (!receive_all(fd, block, BLOCK_SIZE) || memcmp(block, expected, BLOCK_SIZE) != 0)
            fail("from the server, at %llu: %m", (unsigned long long)position);
    }
    if (recv(fd, block, 1, 0) != 0)
        fail("no end after the last byte");
    close(fd);
}

static void test_sequence(unsigned long number)
{
    for (unsigned long i = 0; i < number; i++) {
        int fd = open_connection('e');
        ping(fd, i, 1 + i % 5000);
        close(fd);
    }
}

static void test_many(unsigned long number)
{
    int *fds = calloc(number, sizeof *fds);

    if (fds == NULL)
        fail("memory");
    for (unsigned long i = 0; i < number; i++)
        fds[i] = open_connection('e');
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned long i = 0; i < number; i++)
            ping(fds[i], i + round, 1 + i * 17 % 20000);
    }
    for (unsigned long i = 0; i < number; i++)
        close(fds[i]);
    free(fds);
}

/* The server reads nothing: this connection comes to a halt, and others do not. */
static void test_hold(unsigned long number)
{
    static uint8_t block[BLOCK_SIZE];
    int *fds = calloc(number, sizeof *fds);
    uint64_t sent = 0;

    if (fds == NULL)
        fail("memory");
    for (unsigned long i = 0; i < number; i++) {
        ssize_t n;
        fds[i] = open_connection('h');
        while ((n = send(fds[i], block, sizeof block, MSG_DONTWAIT | MSG_NOSIGNAL)) > 0) {
            sent += (uint64_t)n;
            if (sent > (uint64_t)(i + 1) << 24)
                fail("16 MiB went to a peer that does not read");
        }
        if (n == 0 || errno != EAGAIN)
            fail("a peer that does not read: %m");
    }
    test_echo(100);
    for (unsigned long i = 0; i < number; i++)
        close(fds[i]);
    free(fds);
    test_echo(10);
}

/* After the end of our half the other half goes on, to its own end. */
static void test_half_close(unsigned long number)
{
    static uint8_t in[BLOCK_SIZE], out[BLOCK_SIZE];

    for (unsigned long i = 0; i < number; i++) {
        int fd = open_connection('e');
        fill(out, i, sizeof out);
        if (!send_all(fd, out, sizeof out) || shutdown(fd, SHUT_WR) < 0)
            fail("send: %m");
        if (send(fd, out, 1, MSG_NOSIGNAL) >= 0 || errno != EPIPE)
            fail("a half that was closed still sends");
        if (!receive_all(fd, in, sizeof in) || memcmp(in, out, sizeof in) != 0 || recv(fd, in, 1, 0) != 0)
            fail("the half that was not closed: %m");
        close(fd);
    }
}

static void test_refused(unsigned long number)
{
    server.svm_port = (uint32_t)number;
    int fd = connect_once(SECONDS_MAX);
    if (fd >= 0 || errno != ECONNRESET)
        fail("connect to a port where nobody is: %s", fd >= 0 ? "is there" : strerror(errno));
}

/* In the order in which "all" runs them. */
static const struct {
    const char *name;
    void (*run)(unsigned long number);
    unsigned long number; /* unless one is given */
} tests[] = {
    { "wait", test_wait, 0 },
    { "echo", test_echo, 200 },
    { "bulk", test_bulk, 16 },
    { "sequence", test_sequence, 1000 },
    { "many", test_many, 300 },
    { "hold", test_hold, 10 },
    { "half-close", test_half_close, 50 },
    { "refused", test_refused, 0x7fffffff },
};

static bool run_test(unsigned index, unsigned position, unsigned long number)
{
    struct timespec start, end;
    int status = EXIT_FAILURE;

    test_name = tests[index].name;
    fflush(stdout);
    clock_gettime(CLOCK_MONOTONIC, &start);
    pid_t child = fork();
    if (child == 0) {
        tests[index].run(number);
        _exit(EXIT_SUCCESS);
    }
    if (child > 0 && waitpid(child, &status, 0) < 0)
        status = EXIT_FAILURE;
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%s %u - %s %lu # %lld ms\n", status == 0 ? "ok" : "not ok", position, test_name, number,
           (long long)(end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000);
    return status == 0;
}

int main(int argc, char **argv)
{
    unsigned count = sizeof tests / sizeof tests[0], run = 0;
    bool right = true;

    signal(SIGPIPE, SIG_IGN);
    if (argc == 3 && strcmp(argv[1], "serve") == 0) {
        server.svm_port = (uint32_t)strtoul(argv[2], NULL, 0);
        return serve();
    }
    if (argc < 4) {
        fprintf(stderr, "usage: vsock_stress serve PORT | CID PORT TEST [NUMBER]\n");
        return 2;
    }
    server.svm_cid = (uint32_t)strtoul(argv[1], NULL, 0);
    server.svm_port = (uint32_t)strtoul(argv[2], NULL, 0);
    if (server.svm_cid > VMADDR_CID_HOST)
        server.svm_flags = VMADDR_FLAG_TO_HOST;
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(argv[3], "all") != 0 && strcmp(argv[3], tests[i].name) != 0)
            continue;
        right &= run_test(i, ++run, argc > 4 ? strtoul(argv[4], NULL, 0) : tests[i].number);
    }
    if (run == 0) {
        fprintf(stderr, "vsock_stress: no test \"%s\"\n", argv[3]);
        return 2;
    }
    printf("1..%u\n", run);
    return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
