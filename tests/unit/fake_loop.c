/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_loop.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define SOURCES_MAX 256

struct bk_loop {
    int epoll_fd;
    struct bk_source *sources[SOURCES_MAX];
};

struct bk_loop *fake_loop_create(void)
{
    struct bk_loop *loop = calloc(1, sizeof *loop);

    if (loop == NULL)
        abort();
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    assert(loop->epoll_fd >= 0);
    return loop;
}

void fake_loop_destroy(struct bk_loop *loop)
{
    for (unsigned i = 0; i < SOURCES_MAX; i++)
        assert(loop->sources[i] == NULL);
    close(loop->epoll_fd);
    free(loop);
}

static unsigned find(const struct bk_loop *loop, const struct bk_source *source)
{
    unsigned i = 0;

    while (i < SOURCES_MAX && loop->sources[i] != source)
        i++;
    assert(i < SOURCES_MAX);
    return i;
}

static int control(struct bk_loop *loop, int operation, struct bk_source *source)
{
    struct epoll_event event = { .events = source->events, .data.ptr = source };

    return epoll_ctl(loop->epoll_fd, operation, source->fd, &event) < 0 ? -errno : 0;
}

int bk_loop_add(struct bk_loop *loop, struct bk_source *source, int fd, uint32_t events, bk_loop_callback callback,
                void *userdata)
{
    unsigned place = find(loop, NULL);

    assert(!source->added);
    source->fd = fd;
    source->events = events;
    source->callback = callback;
    source->userdata = userdata;
    int r = control(loop, EPOLL_CTL_ADD, source);
    if (r < 0)
        return r;
    source->added = true;
    loop->sources[place] = source;
    return 0;
}

int bk_loop_modify(struct bk_loop *loop, struct bk_source *source, uint32_t events)
{
    assert(source->added);
    source->events = events;
    return control(loop, EPOLL_CTL_MOD, source);
}

void bk_loop_remove(struct bk_loop *loop, struct bk_source *source)
{
    if (!source->added)
        return;
    (void)control(loop, EPOLL_CTL_DEL, source);
    loop->sources[find(loop, source)] = NULL;
    source->added = false;
}

unsigned fake_loop_turn(struct bk_loop *loop, int timeout_ms)
{
    struct epoll_event events[SOURCES_MAX];
    unsigned called = 0;
    int n;

    do {
        n = epoll_wait(loop->epoll_fd, events, SOURCES_MAX, timeout_ms);
    } while (n < 0 && errno == EINTR);
    assert(n >= 0);
    for (int i = 0; i < n; i++) {
        struct bk_source *source = events[i].data.ptr;
        unsigned place = 0;
        while (place < SOURCES_MAX && loop->sources[place] != source)
            place++;
        if (place == SOURCES_MAX)
            continue; /* an earlier callback removed it */
        source->callback(source->userdata, events[i].events);
        called++;
    }
    return called;
}

void fake_loop_settle(struct bk_loop *loop, unsigned turns_max)
{
    for (unsigned i = 0; i < turns_max; i++) {
        if (fake_loop_turn(loop, 0) == 0)
            return;
    }
    assert(false && "the loop settles");
}
