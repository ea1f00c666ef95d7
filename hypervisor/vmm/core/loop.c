/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vCPU thread may remove a source (a device reset does) between the moment when epoll reports it and the moment
 * when the I/O thread has the lock. So epoll does not carry the source's address but its slot and the slot's
 * generation, and what was removed meanwhile is seen not to be there.
 */
#define _GNU_SOURCE
#include "loop.h"

#include "cleanup.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

/* system calls [io]: epoll_wait epoll_ctl */

#define EVENTS_AT_ONCE 32

struct slot {
    struct bk_source *source; /* NULL: free */
    uint32_t generation;
};

struct bk_loop {
    int epoll_fd;
    atomic_bool stopped;
    pthread_mutex_t *lock;
    struct slot slots[BK_LOOP_SOURCES_MAX];
};

int bk_loop_create(pthread_mutex_t *lock, struct bk_loop **ret_loop)
{
    _cleanup_free_ struct bk_loop *loop = calloc(1, sizeof *loop);

    if (loop == NULL)
        return -ENOMEM;
    loop->lock = lock;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd < 0)
        return -errno;
    *ret_loop = TAKE_PTR(loop);
    return 0;
}

void bk_loop_destroy(struct bk_loop *loop)
{
    if (loop == NULL)
        return;
    bk_close(loop->epoll_fd);
    free(loop);
}

static int control(struct bk_loop *loop, const struct bk_source *source, int operation)
{
    struct epoll_event event = {
        .events = source->events,
        .data.u64 = (uint64_t)loop->slots[source->slot].generation << 32 | source->slot,
    };

    return epoll_ctl(loop->epoll_fd, operation, source->fd, &event) < 0 ? -errno : 0;
}

int bk_loop_add(struct bk_loop *loop, struct bk_source *source, int fd, uint32_t events, bk_loop_callback callback,
                void *userdata)
{
    unsigned slot = 0;

    assert(!source->added);
    while (slot < BK_LOOP_SOURCES_MAX && loop->slots[slot].source != NULL)
        slot++;
    if (slot == BK_LOOP_SOURCES_MAX)
        return -ENOSPC;
    *source =
        (struct bk_source){ .fd = fd, .events = events, .callback = callback, .userdata = userdata, .slot = slot };
    int r = control(loop, source, EPOLL_CTL_ADD);
    if (r < 0)
        return r;
    loop->slots[slot].source = source;
    source->added = true;
    return 0;
}

int bk_loop_modify(struct bk_loop *loop, struct bk_source *source, uint32_t events)
{
    assert(source->added);
    if (source->events == events)
        return 0;
    source->events = events;
    return control(loop, source, EPOLL_CTL_MOD);
}

void bk_loop_remove(struct bk_loop *loop, struct bk_source *source)
{
    if (!source->added)
        return;
    (void)control(loop, source, EPOLL_CTL_DEL); /* fails when the descriptor is closed already: gone as well */
    loop->slots[source->slot].source = NULL;
    loop->slots[source->slot].generation++;
    source->added = false;
}

static void dispatch(struct bk_loop *loop, const struct epoll_event *event)
{
    const struct slot *slot = &loop->slots[(uint32_t)event->data.u64];

    pthread_mutex_lock(loop->lock);
    if (slot->source != NULL && slot->generation == event->data.u64 >> 32 && !loop->stopped) {
        /* What is waited for may have changed too since epoll looked. */
        uint32_t ready = event->events & (slot->source->events | EPOLLERR | EPOLLHUP);
        if (ready != 0)
            slot->source->callback(slot->source->userdata, ready);
    }
    pthread_mutex_unlock(loop->lock);
}

int bk_loop_run(struct bk_loop *loop)
{
    struct epoll_event events[EVENTS_AT_ONCE];

    while (!loop->stopped) {
        int n = epoll_wait(loop->epoll_fd, events, EVENTS_AT_ONCE, -1);
        if (n < 0 && errno != EINTR)
            return -errno;
        for (int i = 0; i < n; i++)
            dispatch(loop, &events[i]);
    }
    return 0;
}

void bk_loop_stop(struct bk_loop *loop)
{
    loop->stopped = true;
}
