/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker with Unix sockets where vsock would be, for tests/unit/test_broker.py:
 *     broker_under_test DESKTOP-SOCKET HYPERVISOR-DEVICE-OR-FD CID=SOCKET...
 * What connects to a SOCKET comes from CID, as if the hypervisor had stamped it. CID 0: from no app's VM.
 */
#define _GNU_SOURCE
#include "broker.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define LISTENERS_MAX 16
#define BUFFER_SIZE   8192 /* small, so that a client that does not read is soon felt */

static struct {
    int fd;
    uint32_t cid;
} listeners[LISTENERS_MAX];
static size_t n_listeners;

static int accept_one(int listener, int *ret_fd, uint32_t *ret_cid)
{
    int size = BUFFER_SIZE;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
        return -errno;
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    for (size_t i = 0; i < n_listeners; i++) {
        if (listeners[i].fd == listener)
            *ret_cid = listeners[i].cid;
    }
    *ret_fd = fd;
    return 0;
}

static int listen_as(struct bk_broker *broker, const char *argument)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    char *path;
    uint32_t cid = (uint32_t)strtoul(argument, &path, 10);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path + 1);
    if (*path != '=' || fd < 0 || n_listeners == LISTENERS_MAX ||
        bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 64) < 0)
        return -EINVAL;
    listeners[n_listeners].fd = fd;
    listeners[n_listeners++].cid = cid;
    return bk_broker_listen(broker, fd, accept_one);
}

int main(int argc, char **argv)
{
    struct bk_broker *broker = NULL;
    sd_event *event = NULL;

    if (argc < 3)
        return EXIT_FAILURE;
    bk_log_open("bk-broker", NULL, LOG_INFO);
    int port = argv[2][0] == '/' ? open(argv[2], O_RDWR | O_NOCTTY | O_CLOEXEC) : atoi(argv[2]);
    int r = port < 0 ? -errno : bk_set_nonblock(port);
    if (r >= 0)
        r = sd_event_default(&event);
    if (r >= 0)
        r = sd_event_add_signal(event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, NULL, NULL);
    if (r >= 0)
        r = bk_broker_create(event, argv[1], port, &broker);
    for (int i = 3; r >= 0 && i < argc; i++)
        r = listen_as(broker, argv[i]);
    if (r >= 0)
        r = sd_event_loop(event);
    if (r < 0)
        bk_error("%s", strerror(-r));
    bk_broker_destroy(broker);
    sd_event_unref(event);
    for (size_t i = 0; i < n_listeners; i++)
        bk_close(listeners[i].fd);
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
