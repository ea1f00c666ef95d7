/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work put off to the loop's next turn: a device that has served its share of chains lets the VM's other work go
 * first, and a reset that a vCPU thread asked for is carried out where its system calls are allowed.
 *
 * Input from: trusted
 * Runs in: bk-vmm; bk_deferred_schedule() in any thread, all else in the I/O thread or before it starts
 */
#ifndef BK_DEVICES_DEFERRED_H
#define BK_DEVICES_DEFERRED_H

#include "core/loop.h"

/* Chains that a device answers before it lets others go first. */
#define BK_DEVICE_BURST 64

/* Embedded in its owner. */
struct bk_deferred {
    int eventfd;
    struct bk_loop *loop;
    struct bk_source source;
    void (*callback)(void *userdata);
    void *userdata;
};

int bk_deferred_init(struct bk_deferred *deferred, struct bk_loop *loop, void (*callback)(void *userdata),
                     void *userdata);
void bk_deferred_finish(struct bk_deferred *deferred);

/* The callback runs once in a later turn, however often this was called before it. */
void bk_deferred_schedule(struct bk_deferred *deferred);

#endif
