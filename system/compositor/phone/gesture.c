/* SPDX-License-Identifier: Apache-2.0 */
#include "gesture.h"

#include <math.h>

#define HOME_PART   0.22 /* of the screen's height: lifted as far means it without a throw */
#define SWITCH_PART 0.40 /* of its width */

static void let_go(struct bk_gesture *gesture)
{
    gesture->kind = BK_GESTURE_NONE;
    gesture->held = false;
    gesture->pace.count = 0;
}

void bk_gesture_set_screen(struct bk_gesture *gesture, int width, int height, int top, int bottom, bool shared)
{
    if (gesture->width == width && gesture->height == height && gesture->top == top && gesture->bottom == bottom &&
        gesture->shared == shared)
        return;
    gesture->width = width;
    gesture->height = height;
    gesture->top = top;
    gesture->bottom = bottom;
    gesture->shared = shared;
    if (gesture->kind == BK_GESTURE_WATCHED)
        let_go(gesture);
}

bool bk_gesture_down(struct bk_gesture *gesture, int32_t finger, double x, double y, uint64_t now_ms)
{
    bool from_top = y < gesture->top, from_bottom = y >= gesture->height - gesture->bottom;

    if (gesture->kind != BK_GESTURE_NONE && gesture->finger == finger)
        let_go(gesture); /* nobody said that it was up */
    if (gesture->kind != BK_GESTURE_NONE || (!from_top && !from_bottom))
        return false;
    gesture->kind = BK_GESTURE_WATCHED;
    gesture->finger = finger;
    gesture->from_top = from_top;
    gesture->from_x = gesture->x = x;
    gesture->from_y = gesture->y = y;
    bk_pace_trace(&gesture->pace, x, y, now_ms);
    return true;
}

/* What the way from where the finger came down means; NONE when it means nothing, WATCHED when it is too short. */
static enum bk_gesture_kind direction(const struct bk_gesture *gesture)
{
    double dx = gesture->x - gesture->from_x, dy = gesture->y - gesture->from_y;

    if (fabs(dx) < BK_GESTURE_SLOP && fabs(dy) < BK_GESTURE_SLOP)
        return BK_GESTURE_WATCHED;
    if (gesture->from_top)
        return dy >= fabs(dx) ? BK_GESTURE_PULL : BK_GESTURE_NONE;
    if (-dy >= fabs(dx))
        return BK_GESTURE_LIFT;
    if (gesture->shared)
        return BK_GESTURE_NONE;
    return fabs(dx) > fabs(dy) ? BK_GESTURE_SWITCH : BK_GESTURE_WATCHED;
}

static void rest(struct bk_gesture *gesture, uint64_t now_ms)
{
    gesture->rest_x = gesture->x;
    gesture->rest_y = gesture->y;
    gesture->rest_ms = now_ms;
}

bool bk_gesture_move(struct bk_gesture *gesture, int32_t finger, double x, double y, uint64_t now_ms)
{
    if (gesture->kind == BK_GESTURE_NONE || finger != gesture->finger)
        return false;
    gesture->x = x;
    gesture->y = y;
    bk_pace_trace(&gesture->pace, x, y, now_ms);
    if (gesture->kind != BK_GESTURE_WATCHED) {
        if (hypot(x - gesture->rest_x, y - gesture->rest_y) > BK_GESTURE_HOLD_REST)
            rest(gesture, now_ms);
        return false;
    }
    enum bk_gesture_kind kind = direction(gesture);
    if (kind == BK_GESTURE_NONE)
        let_go(gesture);
    if (kind == BK_GESTURE_NONE || kind == BK_GESTURE_WATCHED)
        return false;
    /* What it drags sets off without a jump. */
    gesture->kind = kind;
    gesture->from_x = x;
    gesture->from_y = y;
    rest(gesture, now_ms);
    return true;
}

static enum bk_gesture_verdict verdict(const struct bk_gesture *gesture, uint64_t now_ms)
{
    double along = bk_gesture_along(gesture), up = -bk_gesture_down_by(gesture);
    double pace_x, pace_y;

    bk_pace_at(&gesture->pace, now_ms, &pace_x, &pace_y);
    switch (gesture->kind) {
    case BK_GESTURE_PULL:
        return BK_VERDICT_NOTIFICATIONS;
    case BK_GESTURE_LIFT:
        if (pace_y <= -BK_GESTURE_FLING)
            return BK_VERDICT_HOME;
        if (gesture->held)
            return BK_VERDICT_OVERVIEW;
        return up >= HOME_PART * gesture->height && pace_y < BK_GESTURE_FLING ? BK_VERDICT_HOME : BK_VERDICT_BACK;
    case BK_GESTURE_SWITCH:
        /* A throw back takes it back, however far it is. */
        if (along > 0 && pace_x > -BK_GESTURE_FLING &&
            (pace_x >= BK_GESTURE_FLING || along >= SWITCH_PART * gesture->width))
            return BK_VERDICT_PREVIOUS;
        if (along < 0 && pace_x < BK_GESTURE_FLING &&
            (pace_x <= -BK_GESTURE_FLING || -along >= SWITCH_PART * gesture->width))
            return BK_VERDICT_NEXT;
        return BK_VERDICT_BACK;
    case BK_GESTURE_NONE:
    case BK_GESTURE_WATCHED:
        break;
    }
    return BK_VERDICT_NONE;
}

enum bk_gesture_verdict bk_gesture_up(struct bk_gesture *gesture, int32_t finger, uint64_t now_ms)
{
    if (gesture->kind == BK_GESTURE_NONE || finger != gesture->finger)
        return BK_VERDICT_NONE;
    enum bk_gesture_verdict said = verdict(gesture, now_ms);
    let_go(gesture);
    return said;
}

enum bk_gesture_verdict bk_gesture_cancel(struct bk_gesture *gesture)
{
    bool decided = bk_gesture_is_decided(gesture);

    let_go(gesture);
    return decided ? BK_VERDICT_BACK : BK_VERDICT_NONE;
}

static bool may_hold(const struct bk_gesture *gesture)
{
    return gesture->kind == BK_GESTURE_LIFT && !gesture->held && -bk_gesture_down_by(gesture) >= BK_GESTURE_HOLD_LIFT;
}

uint64_t bk_gesture_due(const struct bk_gesture *gesture)
{
    return may_hold(gesture) ? gesture->rest_ms + BK_GESTURE_HOLD_MS : UINT64_MAX;
}

bool bk_gesture_wait(struct bk_gesture *gesture, uint64_t now_ms)
{
    if (!may_hold(gesture) || now_ms < gesture->rest_ms + BK_GESTURE_HOLD_MS)
        return false;
    gesture->held = true;
    return true;
}

bool bk_gesture_is_decided(const struct bk_gesture *gesture)
{
    return gesture->kind > BK_GESTURE_WATCHED;
}

double bk_gesture_along(const struct bk_gesture *gesture)
{
    return gesture->x - gesture->from_x;
}

double bk_gesture_down_by(const struct bk_gesture *gesture)
{
    return gesture->y - gesture->from_y;
}
