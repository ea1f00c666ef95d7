/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often an app may do something: so many times at once, and then once each so many milliseconds.
 *
 * Input from: trusted
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_PACE_H
#define BK_BROKER_PACE_H

#include <stdint.h>

/* Zero-initialised. */
struct bk_pace {
    uint64_t whole_ms; /* when the burst would be whole again */
};

/* How long until the next may pass; 0 when it may now. Each that passed moves the moment at which the burst is whole
 * again one interval on, and none may move it further than a whole burst ahead of now. */
static inline uint64_t bk_pace_wait(const struct bk_pace *pace, uint64_t burst, uint64_t interval_ms, uint64_t now_ms)
{
    uint64_t from = pace->whole_ms > now_ms ? pace->whole_ms : now_ms;
    uint64_t after = from + interval_ms, most = now_ms + burst * interval_ms;

    return after > most ? after - most : 0;
}

/* Counts one that passed. */
static inline void bk_pace_count(struct bk_pace *pace, uint64_t interval_ms, uint64_t now_ms)
{
    if (pace->whole_ms < now_ms)
        pace->whole_ms = now_ms;
    pace->whole_ms += interval_ms;
}

#endif
