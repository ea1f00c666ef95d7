/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "devices/deferred.h"

#include "io.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cleanup.h"

/* system calls [io]: read */
/* system calls [io vcpu]: write */

static void on_event(void *userdata, uint32_t events)
{
    struct bk_deferred *deferred = userdata;
    uint64_t count;

    (void)events;
    if (read(deferred->eventfd, &count, sizeof count) == (ssize_t)sizeof count)
        deferred->callback(deferred->userdata);
}

int bk_deferred_init(struct bk_deferred *deferred, struct bk_loop *loop, void (*callback)(void *userdata),
                     void *userdata)
{
    _cleanup_close_ int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

    if (fd < 0)
        return -errno;
    *deferred = (struct bk_deferred){ .eventfd = fd, .loop = loop, .callback = callback, .userdata = userdata };
    int r = bk_loop_add(loop, &deferred->source, fd, EPOLLIN, on_event, deferred);
    if (r < 0)
        return r;
    TAKE_FD(fd);
    return 0;
}

void bk_deferred_finish(struct bk_deferred *deferred)
{
    bk_loop_remove(deferred->loop, &deferred->source);
    bk_close(deferred->eventfd);
}

void bk_deferred_schedule(struct bk_deferred *deferred)
{
    const uint64_t one = 1;

    /* Fails only when the counter is full, and then the callback is due anyway. */
    ssize_t n = write(deferred->eventfd, &one, sizeof one);
    (void)n;
}
