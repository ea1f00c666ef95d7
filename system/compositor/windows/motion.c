/* SPDX-License-Identifier: Apache-2.0 */
#include "motion.h"

#include <math.h>

struct bk_rect bk_area_pixels(const struct bk_area *area)
{
    int x = (int)lround(area->x), y = (int)lround(area->y);
    int width = (int)lround(area->x + area->width) - x, height = (int)lround(area->y + area->height) - y;

    return (struct bk_rect){ x, y, width > 0 ? width : 1, height > 0 ? height : 1 };
}

struct bk_area bk_area_scaled(const struct bk_area *area, double scale)
{
    return (struct bk_area){ area->x + area->width * (1 - scale) / 2, area->y + area->height * (1 - scale) / 2,
                             area->width * scale, area->height * scale };
}

static bool areas_equal(const struct bk_area *a, const struct bk_area *b)
{
    return a->x == b->x && a->y == b->y && a->width == b->width && a->height == b->height;
}

static bool poses_equal(const struct bk_pose *a, const struct bk_pose *b)
{
    return areas_equal(&a->frame, &b->frame) && areas_equal(&a->seen, &b->seen) && a->opacity == b->opacity;
}

/* a + part * b */
static struct bk_area area_sum(const struct bk_area *a, const struct bk_area *b, double part)
{
    return (struct bk_area){ a->x + part * b->x, a->y + part * b->y, a->width + part * b->width,
                             a->height + part * b->height };
}

static struct bk_pose pose_sum(const struct bk_pose *a, const struct bk_pose *b, double part)
{
    return (struct bk_pose){ area_sum(&a->frame, &b->frame, part), area_sum(&a->seen, &b->seen, part),
                             a->opacity + part * b->opacity };
}

void bk_motion_place(struct bk_motion *motion, const struct bk_pose *pose)
{
    *motion = (struct bk_motion){ .aim = *pose };
}

void bk_motion_turn(struct bk_motion *motion, const struct bk_pose *aim, uint64_t now_ms, uint32_t duration_ms)
{
    if (duration_ms == 0) {
        bk_motion_place(motion, aim);
        return;
    }
    if (poses_equal(aim, &motion->aim))
        return;
    const struct bk_pose now = bk_motion_at(motion, now_ms);
    motion->offset = pose_sum(&now, aim, -1);
    motion->offset_part = (struct bk_tween){ .from = 1, .to = 0, .start_ms = now_ms, .duration_ms = duration_ms };
    motion->aim = *aim;
}

void bk_motion_carry(struct bk_motion *motion, const struct bk_pose *aim)
{
    motion->aim = *aim;
}

struct bk_pose bk_motion_at(const struct bk_motion *motion, uint64_t now_ms)
{
    struct bk_pose pose = pose_sum(&motion->aim, &motion->offset, bk_tween_at(&motion->offset_part, now_ms));

    pose.opacity = pose.opacity < 0 ? 0 : pose.opacity > 1 ? 1 : pose.opacity;
    return pose;
}

bool bk_motion_moves(const struct bk_motion *motion, uint64_t now_ms)
{
    return bk_tween_moves(&motion->offset_part, now_ms);
}
