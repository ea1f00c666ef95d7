/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long to wait before starting again what ended: short, and twice as long after each short run.
 *
 * Input from: trusted
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_BACKOFF_H
#define BK_SUPERVISOR_BACKOFF_H

#include <stdint.h>

#define BK_BACKOFF_FIRST_MS    200U
#define BK_BACKOFF_LAST_MS     30000U
#define BK_BACKOFF_GOOD_RUN_MS 60000U /* a run that long forgets the failures before it */

/* Zero-initialised. */
struct bk_backoff {
    unsigned wait_ms; /* the last one, 0: none */
};

/* Milliseconds to wait after a run of `ran_ms`. */
static inline unsigned bk_backoff_next(struct bk_backoff *backoff, uint64_t ran_ms)
{
    if (backoff->wait_ms == 0 || ran_ms >= BK_BACKOFF_GOOD_RUN_MS)
        backoff->wait_ms = BK_BACKOFF_FIRST_MS;
    else
        backoff->wait_ms = backoff->wait_ms * 2 > BK_BACKOFF_LAST_MS ? BK_BACKOFF_LAST_MS : backoff->wait_ms * 2;
    return backoff->wait_ms;
}

#endif
