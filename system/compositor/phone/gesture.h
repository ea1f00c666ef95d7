/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system's gestures: what a finger that came down on an edge of the screen means. Knows nothing of windows and of
 * drawing; time is an argument.
 *
 * Input from: the person
 * Runs in: bk-compositor, main thread
 *
 * States: NONE (no finger is watched); WATCHED (one came down on an edge and has not gone far); then one of the three
 * that a direction decides, until the finger is up. A finger that goes in a direction that means nothing is let go of.
 * One finger at a time: others are nobody's concern here.
 *
 * Where the system has the bottom edge for itself, every direction there counts. An edge that is shared with an app in
 * full screen is left only across it: what goes along it is the app's.
 */
#ifndef BK_COMPOSITOR_GESTURE_H
#define BK_COMPOSITOR_GESTURE_H

#include "pace.h"

#include <stdbool.h>
#include <stdint.h>

#define BK_GESTURE_SLOP        12   /* logical pixels; less is a finger that trembles, or a tap */
#define BK_GESTURE_SHARED_EDGE 16   /* as much of an edge is watched when an app has it too */
#define BK_GESTURE_FLING       0.45 /* pixels a millisecond that count as a throw */
#define BK_GESTURE_HOLD_MS     240  /* a finger that rests for as long holds */
#define BK_GESTURE_HOLD_REST   10   /* pixels that a resting finger may move */
#define BK_GESTURE_HOLD_LIFT   56   /* pixels up before a rest counts */

enum bk_gesture_kind {
    BK_GESTURE_NONE,
    BK_GESTURE_WATCHED,
    BK_GESTURE_SWITCH, /* along the bottom edge */
    BK_GESTURE_LIFT,   /* up from the bottom edge */
    BK_GESTURE_PULL,   /* down from the top edge */
};

enum bk_gesture_verdict {
    BK_VERDICT_NONE,     /* it was no gesture: the finger was somebody else's, or tapped */
    BK_VERDICT_BACK,     /* let go of too early: everything returns */
    BK_VERDICT_PREVIOUS, /* app */
    BK_VERDICT_NEXT,
    BK_VERDICT_HOME,
    BK_VERDICT_OVERVIEW,
    BK_VERDICT_NOTIFICATIONS,
};

/* Zero-initialised: no finger. */
struct bk_gesture {
    int width, height; /* of the screen */
    int top, bottom;   /* as much of the edges is watched */
    bool shared;       /* with an app in full screen */

    enum bk_gesture_kind kind;
    int32_t finger;
    bool from_top;
    double from_x, from_y; /* where it became what it is */
    double x, y;
    bool held; /* LIFT: it rested */
    double rest_x, rest_y;
    uint64_t rest_ms; /* it has been there since then */
    struct bk_pace pace;
};

/* The screen, and how much of its edges is watched. A finger that is watched is let go of. */
void bk_gesture_set_screen(struct bk_gesture *gesture, int width, int height, int top, int bottom, bool shared);

/* True when the finger came down on an edge and is watched from now on. */
bool bk_gesture_down(struct bk_gesture *gesture, int32_t finger, double x, double y, uint64_t now_ms);
/* True when the finger's direction was decided by this: nobody else has the finger any more. */
bool bk_gesture_move(struct bk_gesture *gesture, int32_t finger, double x, double y, uint64_t now_ms);
enum bk_gesture_verdict bk_gesture_up(struct bk_gesture *gesture, int32_t finger, uint64_t now_ms);
/* The finger is no finger any more, by the device's word. */
enum bk_gesture_verdict bk_gesture_cancel(struct bk_gesture *gesture);

/* When to call bk_gesture_wait(), UINT64_MAX for not before the finger moves. */
uint64_t bk_gesture_due(const struct bk_gesture *gesture);
/* True when the finger holds from now on. */
bool bk_gesture_wait(struct bk_gesture *gesture, uint64_t now_ms);

/* The finger is the system's. */
bool bk_gesture_is_decided(const struct bk_gesture *gesture);
/* How far it has gone: right and down are positive. */
double bk_gesture_along(const struct bk_gesture *gesture);
double bk_gesture_down_by(const struct bk_gesture *gesture);

#endif
