/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The I/O thread's event loop: descriptors that become ready, over epoll.
 *
 * Input from: trusted
 * Runs in: bk-vmm, I/O thread; sources are added, changed and removed under the VM's lock, or before it starts
 *
 * A callback runs with the VM's lock held, as every device operation does. A callback may remove any source,
 * its own too.
 */
#ifndef BK_CORE_LOOP_H
#define BK_CORE_LOOP_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

struct bk_loop;

/* `events` are the EPOLL* bits that are ready. */
typedef void (*bk_loop_callback)(void *userdata, uint32_t events);

/* One watched descriptor; embedded in its owner, zero-initialised. The loop does not own the descriptor. */
struct bk_source {
    int fd;
    uint32_t events;
    bk_loop_callback callback;
    void *userdata;
    unsigned slot; /* the loop's own */
    bool added;    /* the loop's own */
};

/* `lock` is held during each callback; it outlives the loop. */
int bk_loop_create(pthread_mutex_t *lock, struct bk_loop **ret_loop);
void bk_loop_destroy(struct bk_loop *loop);

/* Serves until bk_loop_stop(), which any callback may call. A negative errno only when waiting itself fails. */
int bk_loop_run(struct bk_loop *loop);
void bk_loop_stop(struct bk_loop *loop);

#define BK_LOOP_SOURCES_MAX 1024

/* -ENOSPC when the loop has BK_LOOP_SOURCES_MAX. */
int bk_loop_add(struct bk_loop *loop, struct bk_source *source, int fd, uint32_t events, bk_loop_callback callback,
                void *userdata);
/* Changes what is waited for; 0 keeps the source but waits for nothing but errors and hang-up. */
int bk_loop_modify(struct bk_loop *loop, struct bk_source *source, uint32_t events);
/* Nothing is done when the source is not added. */
void bk_loop_remove(struct bk_loop *loop, struct bk_source *source);

#endif
