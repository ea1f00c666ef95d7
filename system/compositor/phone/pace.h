/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast a finger goes just now; time is an argument.
 *
 * Input from: the person
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_PACE_H
#define BK_COMPOSITOR_PACE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BK_PACE_MS     80U /* over which it is taken */
#define BK_PACE_TRACES 16U

/* Zero-initialised: nowhere yet. */
struct bk_pace {
    struct {
        double x, y;
        uint64_t ms;
    } traces[BK_PACE_TRACES]; /* the newest last */
    size_t count;
};

static inline void bk_pace_trace(struct bk_pace *pace, double x, double y, uint64_t now_ms)
{
    if (pace->count == BK_PACE_TRACES) {
        memmove(&pace->traces[0], &pace->traces[1], sizeof pace->traces - sizeof pace->traces[0]);
        pace->count--;
    }
    pace->traces[pace->count].x = x;
    pace->traces[pace->count].y = y;
    pace->traces[pace->count++].ms = now_ms;
}

/* Pixels a millisecond, right and down; nothing for a finger that has rested. */
static inline void bk_pace_at(const struct bk_pace *pace, uint64_t now_ms, double *ret_x, double *ret_y)
{
    size_t oldest = pace->count;

    while (oldest > 0 && pace->traces[oldest - 1].ms + BK_PACE_MS >= now_ms)
        oldest--;
    *ret_x = *ret_y = 0;
    if (oldest == pace->count)
        return;
    double ms = now_ms > pace->traces[oldest].ms ? (double)(now_ms - pace->traces[oldest].ms) : 1;
    *ret_x = (pace->traces[pace->count - 1].x - pace->traces[oldest].x) / ms;
    *ret_y = (pace->traces[pace->count - 1].y - pace->traces[oldest].y) / ms;
}

#endif
