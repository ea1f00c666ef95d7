/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each cable that may have something to receive is in `ready`, and is read in turn, one frame each time: who sends much
 * delays others by a frame. The loop tells of changes only (EPOLLET), so that what the guest does not take is not told
 * for ever; it stays in the cable, and when that is full, its sender drops.
 */
#define _GNU_SOURCE
#include "cable/ethernet.h"

#include "core/loop.h"

#include "cleanup.h"
#include "io.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>

/* system calls [io]: sendmsg recvmsg shutdown fcntl(F_GETFL) fcntl(F_SETFL) close */

struct cable {
    struct bk_ethernet *ethernet;
    struct bk_source source;
    unsigned port;
    uint8_t mac[BK_ETHERNET_MAC_SIZE]; /* of the far end, at an app's port */
    bool ready;
    TAILQ_ENTRY(cable) in_ready;
};

struct bk_ethernet {
    struct bk_loop *loop;
    void (*come)(void *userdata); /* NULL: nobody listens */
    void *userdata;
    struct cable *cables[BK_ETHERNET_PORT_LAST + 1]; /* by port; NULL: none is plugged in */
    TAILQ_HEAD(, cable) ready;
};

static void set_ready(struct cable *cable, bool ready)
{
    if (cable->ready && !ready)
        TAILQ_REMOVE(&cable->ethernet->ready, cable, in_ready);
    if (!cable->ready && ready)
        TAILQ_INSERT_TAIL(&cable->ethernet->ready, cable, in_ready);
    cable->ready = ready;
}

/* Frees it; what was not read is lost. There may be none. */
static void unplug(struct cable *cable)
{
    if (cable == NULL)
        return;
    set_ready(cable, false);
    bk_loop_remove(cable->ethernet->loop, &cable->source);
    bk_close(cable->source.fd);
    cable->ethernet->cables[cable->port] = NULL;
    free(cable);
}

static void on_ready(void *userdata, uint32_t events)
{
    struct cable *cable = userdata;
    struct bk_ethernet *ethernet = cable->ethernet;

    if ((events & (EPOLLHUP | EPOLLERR)) != 0)
        unplug(cable);
    else
        set_ready(cable, true);
    if (ethernet->come != NULL)
        ethernet->come(ethernet->userdata);
}

int bk_ethernet_plug(struct bk_ethernet *ethernet, unsigned port, int fd)
{
    _cleanup_close_ int owned = fd;

    if (port > BK_ETHERNET_PORT_LAST)
        return -EINVAL;
    unplug(ethernet->cables[port]);
    int r = bk_set_nonblock(owned);
    if (r < 0)
        return r;
    struct cable *cable = calloc(1, sizeof *cable);
    if (cable == NULL)
        return -ENOMEM;
    cable->ethernet = ethernet;
    cable->port = port;
    bk_ethernet_mac(port, cable->mac);
    r = bk_loop_add(ethernet->loop, &cable->source, owned, EPOLLIN | EPOLLET, on_ready, cable);
    if (r < 0) {
        free(cable);
        return r;
    }
    (void)TAKE_FD(owned);
    ethernet->cables[port] = cable;
    return 0;
}

void bk_ethernet_listen(struct bk_ethernet *ethernet, void (*come)(void *userdata), void *userdata)
{
    ethernet->come = come;
    ethernet->userdata = userdata;
}

bool bk_ethernet_send(struct bk_ethernet *ethernet, unsigned port, const uint8_t *frame, size_t size)
{
    const struct cable *cable = port <= BK_ETHERNET_PORT_LAST ? ethernet->cables[port] : NULL;
    struct iovec range = { .iov_base = (void *)(uintptr_t)frame, .iov_len = size };
    const struct msghdr message = { .msg_iov = &range, .msg_iovlen = 1 };

    return cable != NULL && sendmsg(cable->source.fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

ssize_t bk_ethernet_receive(struct bk_ethernet *ethernet, uint8_t frame[static BK_ETHERNET_FRAME_MAX],
                            unsigned *ret_port, const char **ret_problem)
{
    struct cable *cable;

    while ((cable = TAILQ_FIRST(&ethernet->ready)) != NULL) {
        struct iovec range = { .iov_base = frame, .iov_len = BK_ETHERNET_FRAME_MAX };
        struct msghdr message = { .msg_iov = &range, .msg_iovlen = 1 }; /* no room for descriptors: none is received */

        ssize_t n = recvmsg(cable->source.fd, &message, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        set_ready(cable, false);
        if (n < 0 && errno == EAGAIN)
            continue;
        if (n <= 0) { /* its end, or a datagram that is none: on_ready() hears of a hang-up */
            (void)shutdown(cable->source.fd, SHUT_RDWR);
            continue;
        }
        set_ready(cable, true); /* behind the others */
        *ret_port = cable->port;
        *ret_problem =
            (message.msg_flags & MSG_TRUNC) != 0
                ? "too short or too long"
                : bk_ethernet_find_problem(frame, (size_t)n, cable->port >= BK_ETHERNET_PORT_FIRST ? cable->mac : NULL);
        return *ret_problem != NULL ? -EBADMSG : n;
    }
    return 0;
}

int bk_ethernet_create(struct bk_loop *loop, struct bk_ethernet **ret_ethernet)
{
    struct bk_ethernet *ethernet = calloc(1, sizeof *ethernet);

    if (ethernet == NULL)
        return -ENOMEM;
    ethernet->loop = loop;
    TAILQ_INIT(&ethernet->ready);
    *ret_ethernet = ethernet;
    return 0;
}

void bk_ethernet_destroy(struct bk_ethernet *ethernet)
{
    if (ethernet == NULL)
        return;
    for (unsigned port = 0; port <= BK_ETHERNET_PORT_LAST; port++)
        unplug(ethernet->cables[port]);
    free(ethernet);
}
