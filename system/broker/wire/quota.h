/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much an app may call, over all its connections, so that no other one's calls take much longer by it.
 *
 * Input from: trusted (what the broker measured of an app's messages)
 * Runs in: bk-broker
 *
 *  1. An app passes at most BK_QUOTA_BYTES_PER_SECOND of messages; the rest waits until the second is over.
 *  2. An app that has passed more than BK_QUOTA_BYTES_AT_ONCE of late is served after those that have not, and once
 *     more with each doubling: a call waits for one message of those that call more, and not for one on each of their
 *     connections. Of late is in this second and the one before, so that nobody is first again with each second.
 *  3. While others call, an app takes one BK_QUOTA_PART of the broker's time at most, and BK_QUOTA_BURST_US before that
 *     is felt: it rests then. By 2 alone a call waits for the end of one of the flood's each time, and the System VM
 *     never rests between them; by 3 it mostly comes when nothing is done. It is time and not calls, as what hurts
 *     the others is how long the broker works, which on a slow machine, or of a long message, is more.
 *  4. A connection that the app opens counts as a call, for all of these. It is accepted in any case.
 *
 * 3 is reckoned by the moment at which the burst will be whole again, as in pace.h: what was worked for an app moves it
 * so many times further on. Who has been alone does not pay for that when another one comes.
 */
#ifndef BK_BROKER_QUOTA_H
#define BK_BROKER_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_QUOTA_BYTES_PER_SECOND (1024UL * 1024UL) /* of an app's messages, … */
#define BK_QUOTA_CALL_BYTES       1024UL            /* … each counted so much longer than it is */
#define BK_QUOTA_BYTES_AT_ONCE    (64UL * 1024UL)   /* of them, before all others go first */

#define BK_QUOTA_PART      4U
#define BK_QUOTA_BURST_US  UINT64_C(250000)
#define BK_QUOTA_SLICE_US  UINT64_C(10000)   /* who rests is served for so long after it, and not woken for each call */
#define BK_QUOTA_OTHERS_US UINT64_C(1000000) /* after its last call an app calls no more, for the others */

/* What one message counts as at most: what took longer stood still, by a slow disk or a VM that was held up. */
#define BK_QUOTA_WORK_MAX_US UINT64_C(250000)

struct bk_quota;

/* Who has called last of all apps, and when another one did. Zero-initialised. */
struct bk_quota_callers {
    const struct bk_quota *last; /* is compared, and not looked into */
    uint64_t last_us;            /* 0: nobody has */
    uint64_t other_us;
};

/* What an app has called of late. Zero-initialised but for `callers`. */
struct bk_quota {
    struct bk_quota_callers *callers; /* NULL: there is no other app */
    uint64_t window_us;               /* when the second began */
    uint64_t used_bytes;
    uint64_t before_bytes; /* in the second before, if there was one */
    uint64_t whole_us;     /* when its burst is whole again */
    uint64_t rest_us;      /* until when it rests */
};

/* How long until the app may begin a message; 0 when it may now. All times are CLOCK_MONOTONIC's. */
uint64_t bk_quota_wait(struct bk_quota *quota, uint64_t now_us);

/* So many bytes of a message were passed on, with its end or without it. */
void bk_quota_count(struct bk_quota *quota, size_t bytes, bool whole, uint64_t now_us);

/* The broker has worked so long for the app, until now. */
void bk_quota_work(struct bk_quota *quota, uint64_t work_us, uint64_t now_us);

/* A connection of the app's was accepted, which took so long, until now. */
void bk_quota_accepted(struct bk_quota *quota, uint64_t work_us, uint64_t now_us);

/* How many turns later than an app that calls little it is served. */
unsigned bk_quota_turn(const struct bk_quota *quota);

#endif
