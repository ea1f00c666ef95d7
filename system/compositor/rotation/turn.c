/* SPDX-License-Identifier: Apache-2.0 */
#include "turn.h"

#include <math.h>

#define FADE_FROM 0.5  /* part of the time after which the new layout begins to be seen */
#define FADE_TO   0.95 /* and is all that is seen: it settles with the last of the motion */
#define BACK      0.06 /* at a quarter turn */

/* A panel is turned against the machine: what is up stays up. */
static struct bk_turn_sheet at_rest(int orientation, int panel_width, int panel_height)
{
    bool across = orientation % 180 != 0;

    return (struct bk_turn_sheet){ .degrees = -orientation,
                                   .width = across ? panel_height : panel_width,
                                   .height = across ? panel_width : panel_height,
                                   .fresh = 1 };
}

void bk_turn_rest(struct bk_turn *turn, int orientation, int panel_width, int panel_height)
{
    *turn = (struct bk_turn){ .to = at_rest(orientation, panel_width, panel_height) };
}

void bk_turn_to(struct bk_turn *turn, int orientation, int panel_width, int panel_height, uint64_t now_ms,
                uint32_t duration_ms)
{
    struct bk_turn next = { .from = bk_turn_at(turn, now_ms),
                            .to = at_rest(orientation, panel_width, panel_height),
                            .start_ms = now_ms,
                            .duration_ms = duration_ms };

    /* The shorter way; half a turn goes clockwise. */
    while (next.to.degrees - next.from.degrees > 180)
        next.to.degrees -= 360;
    while (next.to.degrees - next.from.degrees <= -180)
        next.to.degrees += 360;
    /* Upside down means on its side half-way: there it is to fit. */
    double shorter = fmin(panel_width, panel_height), longer = fmax(panel_width, panel_height);
    double quarters = fabs(next.to.degrees - next.from.degrees) / 90;
    next.back = quarters <= 1 ? BACK * quarters : BACK + (1 - shorter / longer - BACK) * (quarters - 1);
    *turn = next;
}

bool bk_turn_moves(const struct bk_turn *turn, uint64_t now_ms)
{
    return turn->duration_ms != 0 && now_ms < turn->start_ms + turn->duration_ms;
}

static double smooth(double t)
{
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return t * t * (3 - 2 * t);
}

struct bk_turn_sheet bk_turn_at(const struct bk_turn *turn, uint64_t now_ms)
{
    if (!bk_turn_moves(turn, now_ms))
        return turn->to;
    const struct bk_turn_sheet *from = &turn->from, *to = &turn->to;
    double time = now_ms > turn->start_ms ? (double)(now_ms - turn->start_ms) / turn->duration_ms : 0;
    double way = smooth(time);
    double size = 1 - turn->back * sin(M_PI * way);

    return (struct bk_turn_sheet){ .degrees = from->degrees + (to->degrees - from->degrees) * way,
                                   .width = (from->width + (to->width - from->width) * way) * size,
                                   .height = (from->height + (to->height - from->height) * way) * size,
                                   .fresh = smooth((time - FADE_FROM) / (FADE_TO - FADE_FROM)) };
}
