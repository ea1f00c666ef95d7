/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a window is shown while it is on its way to where it stands. Knows nothing of drawing; time is an argument.
 *
 * Input from: trusted
 * Runs in: bk-compositor, main thread
 *
 * The model is the truth, and changes at once: clicks and focus follow it. A motion is only what is left of the way,
 * and that dwindles. So it can be turned at any moment, from wherever things are, and what the pointer or a finger
 * drags never lags behind it.
 */
#ifndef BK_COMPOSITOR_MOTION_H
#define BK_COMPOSITOR_MOTION_H

#include "rect.h"
#include "tween.h"

struct bk_area {
    double x, y, width, height;
};

struct bk_pose {
    struct bk_area frame; /* that the window is laid out for */
    struct bk_area seen;  /* what the frame is stretched to */
    double opacity;       /* 0: it cannot be seen */
};

struct bk_motion {
    struct bk_pose aim;
    struct bk_pose offset;       /* from the aim, when it set off */
    struct bk_tween offset_part; /* what is left of that: from 1 to 0 */
};

static inline struct bk_area bk_area_of(const struct bk_rect *rect)
{
    return (struct bk_area){ rect->x, rect->y, rect->width, rect->height };
}

/* The whole pixels that the area covers; neighbours that meet go on meeting. */
struct bk_rect bk_area_pixels(const struct bk_area *area);
/* The same area about the same middle, `scale` times as large. */
struct bk_area bk_area_scaled(const struct bk_area *area, double scale);

/* It is shown so, and on no way. */
void bk_motion_place(struct bk_motion *motion, const struct bk_pose *pose);
/* Sets off for `aim`, from how it is shown now. With a duration of 0 it is there. */
void bk_motion_turn(struct bk_motion *motion, const struct bk_pose *aim, uint64_t now_ms, uint32_t duration_ms);
/* The aim itself is moved, by a pointer or a finger: what is left of the way stays as long as it is. */
void bk_motion_carry(struct bk_motion *motion, const struct bk_pose *aim);

struct bk_pose bk_motion_at(const struct bk_motion *motion, uint64_t now_ms);
bool bk_motion_moves(const struct bk_motion *motion, uint64_t now_ms);

#endif
