/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-connect: for programs in languages that know no vsock. It connects to the system and becomes the program, with the
 * connection as its standard input and output, as inetd did. What the program has to tell goes to its standard error.
 *
 * A developer may use it and need not: a language with sockets of the family AF_VSOCK connects by itself.
 */
#include <errno.h>
#include <getopt.h>
#include <linux/vm_sockets.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SYSTEM_CID  2U /* of the System VM, as every App VM sees it */
#define SYSTEM_PORT 1U /* of the System API in JSON */
#define STREAM_PORT 3U /* of streams: docs/protocols/streams.md */

/* What a shell answers with when it cannot become a command. */
#define STATUS_NOT_FOUND  127
#define STATUS_NOT_RUN    126
#define STATUS_NO_CONNECT 1
#define STATUS_USAGE      2

static const char help[] =
    "bk-connect [--port N | --stream TOKEN] PROGRAM [ARGUMENT...]\n"
    "\n"
    "Connects to the system (vsock CID 2) and runs the program with the connection as its standard\n"
    "input and output. What the program has to tell goes to standard error.\n"
    "\n"
    "  --port N        1: the System API in JSON (the default); 2: in CBOR; 3: a stream\n"
    "  --stream TOKEN  the stream that a method answered with: port 3, where it says the token first\n"
    "  --help          this text\n"
    "\n"
    "The status is the program's; 1 when the system is not there, 127 or 126 when the program\n"
    "cannot be run, 2 for a mistake in the arguments.\n";

/* 0; or the status to exit with, plus one. What is left of `argv` from `optind` on is the program. */
static int parse_options(int argc, char **argv, uint32_t *ret_port, const char **ret_token)
{
    static const struct option known[] = {
        { "port", required_argument, NULL, 'p' },
        { "stream", required_argument, NULL, 's' },
        { "help", no_argument, NULL, 'h' },
        {},
    };
    unsigned long port = SYSTEM_PORT;
    const char *token = NULL;
    char *end = NULL;
    int option;

    /* "+": the program's own options are its own. */
    while ((option = getopt_long(argc, argv, "+", known, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return EXIT_SUCCESS + 1;
        }
        if (option == 's') {
            token = optarg;
            port = STREAM_PORT;
            continue;
        }
        if (option != 'p')
            return STATUS_USAGE + 1;
        errno = 0;
        port = strtoul(optarg, &end, 10);
        if (errno != 0 || end == optarg || *end != '\0' || *optarg == '-' || port == 0 || port >= UINT32_MAX) {
            fprintf(stderr, "bk-connect: %s is no port\n", optarg);
            return STATUS_USAGE + 1;
        }
    }
    if (optind == argc) {
        fputs(help, stderr);
        return STATUS_USAGE + 1;
    }
    *ret_port = (uint32_t)port;
    *ret_token = token;
    return 0;
}

/* The connection is left in place of standard input and output. */
static int connect_system(uint32_t port)
{
    const struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = SYSTEM_CID, .svm_port = port };
    int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) < 0 || dup2(fd, STDIN_FILENO) < 0 ||
        dup2(fd, STDOUT_FILENO) < 0)
        return -errno;
    if (fd > STDOUT_FILENO)
        (void)close(fd);
    return 0;
}

/* Says which stream it is, to standard output. */
static int say_token(const char *token)
{
    char line[64];
    int length = snprintf(line, sizeof line, "%s\n", token);

    if (length >= (int)sizeof line)
        return -EINVAL;
    for (int sent = 0; sent < length;) {
        ssize_t n = write(STDOUT_FILENO, line + sent, (size_t)(length - sent));
        if (n < 0 && errno != EINTR)
            return -errno;
        sent += n > 0 ? (int)n : 0;
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *token = NULL;
    uint32_t port;
    int status = parse_options(argc, argv, &port, &token);

    if (status > 0)
        return status - 1;
    int r = connect_system(port);
    if (r >= 0 && token != NULL)
        r = say_token(token);
    if (r < 0) {
        fprintf(stderr, "bk-connect: the system is not there: %s\n", strerror(-r));
        return STATUS_NO_CONNECT;
    }
    /* Kept by what it becomes: a program that writes to a system that has gone hears of it, and can say so. */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)execvp(argv[optind], argv + optind);
    int error = errno;
    fprintf(stderr, "bk-connect: cannot run %s: %s\n", argv[optind], strerror(error));
    return error == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_RUN;
}
