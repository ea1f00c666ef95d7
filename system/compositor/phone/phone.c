/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A finger is one of three things here: the one that a gesture watches (gesture.h); while the overview is open, the one
 * that moves its cards; or nobody's, which is another one while a gesture goes on. Any other finger is not this file's.
 */
#include "phone.h"

#include "gesture.h"
#include "phone_view.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* The finger on the overview. */
struct touch {
    bool down, moves; /* `moves`: it is no tap any more */
    int32_t finger;
    double from_x, from_y, x, y;
    uint32_t cid; /* of the card it came down on; 0: none */
    bool cross;   /* and that where it is closed */
    struct bk_pace pace;
};

struct bk_phone {
    struct bk_phone_options options;
    struct bk_stage *stage;
    const struct bk_apps *apps;
    struct bk_gesture gesture;
    bool owned;   /* the watched finger came down where nobody else is */
    bool ignored; /* the gesture did what it was for when it began */
    struct bk_deck deck;
    struct touch touch;
    const struct bk_window *focus; /* the last one known; never looked into */
    struct bk_phone_view view;
    sd_event_source *hold_timer;
};

static struct bk_windows *windows_of(const struct bk_phone *phone)
{
    return bk_stage_windows(phone->stage);
}

/* The windows are somewhere else than the one with the focus would be by itself. */
static bool is_away(const struct bk_phone *phone)
{
    return phone->deck.state == BK_DECK_OVERVIEW ||
           (phone->deck.state == BK_DECK_LIFTED && windows_of(phone)->focus != NULL);
}

static void show(struct bk_phone *phone)
{
    phone->options.away(is_away(phone), phone->options.userdata);
    bk_stage_pose_again(phone->stage);
}

static void rest(struct bk_phone *phone)
{
    phone->deck = (struct bk_deck){ 0 };
    phone->touch.down = false;
    show(phone);
}

static void open_overview(struct bk_phone *phone)
{
    bk_deck_open(&phone->deck, windows_of(phone), windows_of(phone)->focus);
    bk_stage_release_keys(phone->stage);
    show(phone);
}

static void focus(struct bk_phone *phone, struct bk_window *window)
{
    bk_stage_focus(phone->stage, window);
    rest(phone);
}

/* --- gestures --- */

static void follow_finger(struct bk_phone *phone)
{
    const struct bk_gesture *gesture = &phone->gesture;

    if (phone->ignored || phone->deck.state == BK_DECK_OVERVIEW)
        return;
    phone->deck.state = gesture->kind == BK_GESTURE_SWITCH ? BK_DECK_SWITCHED : BK_DECK_LIFTED;
    phone->deck.held = true;
    phone->deck.along = bk_gesture_along(gesture);
    phone->deck.up = -bk_gesture_down_by(gesture);
    show(phone);
}

static void arm_hold(struct bk_phone *phone)
{
    uint64_t due_ms = phone->ignored ? UINT64_MAX : bk_gesture_due(&phone->gesture);

    if (due_ms == UINT64_MAX)
        (void)sd_event_source_set_enabled(phone->hold_timer, SD_EVENT_OFF);
    else if (sd_event_source_set_time(phone->hold_timer, due_ms * 1000) >= 0)
        (void)sd_event_source_set_enabled(phone->hold_timer, SD_EVENT_ONESHOT);
}

static int on_hold_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_phone *phone = userdata;

    (void)source;
    if (bk_gesture_wait(&phone->gesture, usec / 1000) && phone->deck.state != BK_DECK_OVERVIEW)
        open_overview(phone);
    return 0;
}

/* What the finger means is known: all others let go of it. */
static void begin(struct bk_phone *phone)
{
    bool sheet = phone->options.shows_notifications(phone->options.userdata);

    phone->options.took(phone->options.userdata);
    bk_stage_release_touches(phone->stage);
    /* The notifications come, or go, at once; whatever else the finger does then is for nothing. */
    phone->ignored = sheet || phone->gesture.kind == BK_GESTURE_PULL;
    if (sheet != (phone->gesture.kind == BK_GESTURE_PULL))
        phone->options.toggle_notifications(phone->options.userdata);
}

static void end(struct bk_phone *phone, enum bk_gesture_verdict verdict)
{
    struct bk_windows *windows = windows_of(phone);
    struct bk_window *beside = NULL;

    (void)sd_event_source_set_enabled(phone->hold_timer, SD_EVENT_OFF);
    if (phone->ignored)
        return;
    switch (verdict) {
    case BK_VERDICT_PREVIOUS:
    case BK_VERDICT_NEXT:
        if (windows->focus != NULL && phone->deck.state != BK_DECK_OVERVIEW)
            beside = bk_windows_neighbour(windows, windows->focus, verdict == BK_VERDICT_PREVIOUS);
        if (beside != NULL)
            bk_stage_focus(phone->stage, beside);
        break;
    case BK_VERDICT_HOME:
        focus(phone, NULL);
        break;
    case BK_VERDICT_NONE:
    case BK_VERDICT_BACK:
    case BK_VERDICT_OVERVIEW:
    case BK_VERDICT_NOTIFICATIONS:
        break;
    }
    if (phone->deck.state != BK_DECK_OVERVIEW)
        rest(phone);
}

/* --- the overview's finger --- */

static void overview_down(struct bk_phone *phone, int32_t finger, double x, double y, uint64_t now_ms)
{
    struct touch *touch = &phone->touch;

    if (touch->down && touch->finger != finger)
        return; /* one finger is enough */
    *touch = (struct touch){ .down = true, .finger = finger, .from_x = x, .from_y = y, .x = x, .y = y };
    const struct bk_window *window = bk_deck_at(&phone->deck, windows_of(phone), x, y, &touch->cross);
    touch->cid = window != NULL ? window->cid : 0;
    bk_pace_trace(&touch->pace, x, y, now_ms);
}

static void overview_move(struct bk_phone *phone, double x, double y, uint64_t now_ms)
{
    struct touch *touch = &phone->touch;
    double dx = x - touch->x, dy = y - touch->from_y;

    bk_pace_trace(&touch->pace, x, y, now_ms);
    if (!touch->moves && hypot(x - touch->from_x, dy) < BK_GESTURE_SLOP)
        return;
    if (!touch->moves) { /* it sets off without a jump */
        bool pushes = touch->cid != 0 && fabs(dy) > fabs(x - touch->from_x);
        touch->moves = true;
        touch->from_y = y;
        dx = dy = 0;
        phone->deck.held = true;
        phone->deck.pushed = pushes ? touch->cid : 0;
    }
    touch->x = x;
    touch->y = y;
    if (phone->deck.pushed != 0)
        phone->deck.pushed_up = -dy;
    else
        bk_deck_scroll(&phone->deck, windows_of(phone), dx);
    show(phone);
}

static void tap(struct bk_phone *phone, const struct touch *touch, uint64_t now_ms)
{
    struct bk_window *window = bk_windows_find(windows_of(phone), touch->cid);

    if (window != NULL && touch->cross)
        bk_stage_close(phone->stage, window, now_ms);
    else if (window != NULL)
        focus(phone, window);
    else if (touch->cid == 0)
        rest(phone); /* beside the cards: back to what was there */
}

static void overview_up(struct bk_phone *phone, uint64_t now_ms)
{
    struct touch touch = phone->touch;
    struct bk_window *pushed = bk_windows_find(windows_of(phone), phone->deck.pushed);
    double pace_x, pace_y;

    phone->touch.down = false;
    if (!touch.moves) {
        tap(phone, &touch, now_ms);
        return;
    }
    bk_pace_at(&touch.pace, now_ms, &pace_x, &pace_y);
    double up = phone->deck.pushed_up;
    phone->deck.held = false;
    phone->deck.pushed = 0;
    phone->deck.pushed_up = 0;
    if (pushed == NULL) {
        bk_deck_settle(&phone->deck, windows_of(phone), pace_x);
    } else if (up > 0 && pace_y < BK_GESTURE_FLING &&
               (pace_y <= -BK_GESTURE_FLING || up >= BK_DECK_THROW_PART * bk_deck_card(windows_of(phone)).height)) {
        bk_stage_close(phone->stage, pushed, now_ms); /* the card stays until the app is gone: it may ask something */
    }
    show(phone);
}

/* --- fingers --- */

bool bk_phone_touch(struct bk_phone *phone, int32_t finger, double x, double y, bool down, uint64_t now_ms)
{
    struct bk_gesture *gesture = &phone->gesture;

    if (down) {
        if (bk_gesture_is_decided(gesture) && gesture->finger == finger)
            bk_phone_touch_cancel(phone, finger, now_ms); /* nobody said that it was up */
        if (bk_gesture_down(gesture, finger, x, y, now_ms)) {
            phone->owned = !gesture->from_top && !gesture->shared;
            phone->ignored = false;
            return phone->owned;
        }
        if (bk_gesture_is_decided(gesture))
            return true; /* nobody's */
        if (!bk_phone_is_open(phone) || phone->options.shows_notifications(phone->options.userdata))
            return false;
        overview_down(phone, finger, x, y, now_ms);
        return true;
    }
    if (phone->touch.down && phone->touch.finger == finger) {
        overview_move(phone, x, y, now_ms);
        return true;
    }
    if (gesture->kind == BK_GESTURE_NONE || gesture->finger != finger)
        return bk_gesture_is_decided(gesture);
    if (bk_gesture_move(gesture, finger, x, y, now_ms))
        begin(phone);
    if (!bk_gesture_is_decided(gesture))
        return phone->owned;
    follow_finger(phone);
    arm_hold(phone);
    return true;
}

bool bk_phone_touch_up(struct bk_phone *phone, int32_t finger, uint64_t now_ms)
{
    struct bk_gesture *gesture = &phone->gesture;

    if (phone->touch.down && phone->touch.finger == finger) {
        overview_up(phone, now_ms);
        return true;
    }
    if (gesture->kind == BK_GESTURE_NONE || gesture->finger != finger)
        return false;
    bool decided = bk_gesture_is_decided(gesture);
    enum bk_gesture_verdict verdict = bk_gesture_up(gesture, finger, now_ms);
    if (decided)
        end(phone, verdict);
    return decided || phone->owned;
}

void bk_phone_touch_cancel(struct bk_phone *phone, int32_t finger, uint64_t now_ms)
{
    struct bk_gesture *gesture = &phone->gesture;

    if (phone->touch.down && phone->touch.finger == finger) {
        phone->touch.moves = true; /* it taps nothing */
        phone->deck.pushed_up = 0; /* and closes nothing */
        overview_up(phone, now_ms);
        return;
    }
    if (gesture->finger == finger && bk_gesture_is_decided(gesture))
        end(phone, bk_gesture_cancel(gesture));
    else if (gesture->finger == finger)
        (void)bk_gesture_cancel(gesture);
}

void bk_phone_let_go(struct bk_phone *phone, uint64_t now_ms)
{
    if (phone->touch.down)
        bk_phone_touch_cancel(phone, phone->touch.finger, now_ms);
    if (phone->gesture.kind != BK_GESTURE_NONE)
        bk_phone_touch_cancel(phone, phone->gesture.finger, now_ms);
}

/* --- what others ask --- */

bool bk_phone_pose(const struct bk_phone *phone, const struct bk_window *window, const struct bk_pose *before,
                   const struct bk_rect *icon, struct bk_pose *ret_pose)
{
    *ret_pose = bk_deck_pose(&phone->deck, windows_of(phone), window, before, icon);
    return phone->deck.held;
}

void bk_phone_changed(struct bk_phone *phone)
{
    const struct bk_windows *windows = windows_of(phone);
    const struct bk_form_layout layout = bk_form_layout_of(BK_FORM_PHONE);
    bool full = bk_stage_is_full_screen(phone->stage);

    bk_gesture_set_screen(&phone->gesture, windows->width, windows->height, full ? BK_GESTURE_SHARED_EDGE : layout.bar,
                          full ? BK_GESTURE_SHARED_EDGE : layout.strip, full);
    bool before = bk_phone_is_open(phone);
    bk_deck_follow(&phone->deck, windows);
    if (windows->focus != phone->focus && windows->focus != NULL && before)
        phone->deck = (struct bk_deck){ 0 }; /* another way led to an app */
    phone->focus = windows->focus;
    if (before && !bk_phone_is_open(phone))
        rest(phone);
    phone->options.wants_frame(phone->options.userdata);
}

bool bk_phone_frame(struct bk_phone *phone, uint64_t now_ms)
{
    const struct bk_windows *windows = windows_of(phone);

    return bk_phone_view_frame(&phone->view, &phone->deck, is_away(phone) ? NULL : windows->focus,
                               phone->apps->revision, now_ms);
}

bool bk_phone_is_open(const struct bk_phone *phone)
{
    return phone->deck.state == BK_DECK_OVERVIEW;
}

void bk_phone_key(struct bk_phone *phone, xkb_keysym_t key, uint64_t now_ms)
{
    struct bk_windows *windows = windows_of(phone);
    struct bk_window *middle = NULL;

    for (size_t i = 0; i < windows->count; i++) {
        if ((double)bk_deck_index(windows, windows->order[i]) == round(phone->deck.middle))
            middle = windows->order[i];
    }
    switch (key) {
    case XKB_KEY_Left:
    case XKB_KEY_Right:
        phone->deck.middle += key == XKB_KEY_Left ? -1 : 1;
        bk_deck_follow(&phone->deck, windows);
        show(phone);
        break;
    case XKB_KEY_Return:
    case XKB_KEY_KP_Enter:
        if (middle != NULL)
            focus(phone, middle);
        break;
    case XKB_KEY_Delete:
        if (middle != NULL)
            bk_stage_close(phone->stage, middle, now_ms);
        break;
    case XKB_KEY_Escape:
        rest(phone);
        break;
    default:
        break;
    }
}

/* --- beginning and end --- */

int bk_phone_create(sd_event *event, struct wlr_scene_tree *under, struct wlr_scene_tree *over,
                    struct bk_typesetter *typesetter, const struct bk_apps *apps, struct bk_stage *stage,
                    const struct bk_phone_options *options, struct bk_phone **ret_phone)
{
    struct bk_phone *phone = calloc(1, sizeof *phone);
    if (phone == NULL)
        return -ENOMEM;

    phone->options = *options;
    phone->stage = stage;
    phone->apps = apps;
    int r = sd_event_add_time(event, &phone->hold_timer, CLOCK_MONOTONIC, UINT64_MAX, 1000, on_hold_time, phone);
    if (r >= 0)
        r = sd_event_source_set_enabled(phone->hold_timer, SD_EVENT_OFF);
    if (r < 0) {
        bk_phone_destroy(phone);
        return r;
    }
    bk_phone_view_init(&phone->view, under, over, typesetter, stage, options->animated);
    *ret_phone = phone;
    return 0;
}

void bk_phone_destroy(struct bk_phone *phone)
{
    if (phone == NULL)
        return;
    sd_event_source_disable_unref(phone->hold_timer);
    free(phone);
}
