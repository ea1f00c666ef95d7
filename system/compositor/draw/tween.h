/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A number on its way from one value to another: fast at first, then slowing down.
 *
 * Input from: trusted
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_TWEEN_H
#define BK_COMPOSITOR_TWEEN_H

#include <stdbool.h>
#include <stdint.h>

struct bk_tween {
    double from, to;
    uint64_t start_ms;
    uint32_t duration_ms; /* 0: there already */
};

static inline double bk_tween_at(const struct bk_tween *tween, uint64_t now_ms)
{
    if (tween->duration_ms == 0 || now_ms >= tween->start_ms + tween->duration_ms)
        return tween->to;
    double left = 1.0 - (now_ms > tween->start_ms ? (double)(now_ms - tween->start_ms) / tween->duration_ms : 0.0);
    return tween->to + (tween->from - tween->to) * left * left * left;
}

static inline bool bk_tween_moves(const struct bk_tween *tween, uint64_t now_ms)
{
    return tween->duration_ms != 0 && now_ms < tween->start_ms + tween->duration_ms;
}

/* Turns towards `to` from wherever it is now; a duration of 0 jumps. */
static inline void bk_tween_to(struct bk_tween *tween, double to, uint64_t now_ms, uint32_t duration_ms)
{
    if (tween->to == to && duration_ms != 0)
        return;
    tween->from = bk_tween_at(tween, now_ms);
    tween->to = to;
    tween->start_ms = now_ms;
    tween->duration_ms = duration_ms;
}

#endif
