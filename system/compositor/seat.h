/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who gets what the person does: the desktop's own parts, its shortcuts, or the app whose window has the focus.
 *
 * Input from: the person
 * Runs in: bk-compositor, main thread
 *
 * What went down somewhere comes up there. The Super key is the system's alone: no app is ever told of it.
 */
#ifndef BK_COMPOSITOR_SEAT_H
#define BK_COMPOSITOR_SEAT_H

#include "desktop.h"

#include <xkbcommon/xkbcommon.h>

struct bk_seat {
    struct bk_desktop *desktop;
    double x, y;
    uint32_t
        ui_holds; /* the buttons that went down on one of the desktop's own parts: a bit each; a finger is the left */
    bool super_alone;  /* Super went down, and nothing else since */
    bool pointer_down; /* on a phone: the finger that the pointer is */
    /* The finger on one of the desktop's own parts: it presses, until it has gone so far that it scrolls, or has rested
     * so long that it opened a menu. */
    double press_x, press_y, scroll_y;
    bool scrolls, held;
    sd_event_source *hold_timer;
    bool turning; /* the desktop is on its way: nothing is where it looks to be */
    /* A question to the person has all that they do. */
    bool asking;
    bool asked_finger_down; /* one finger presses it, the others do nothing */
    int32_t asked_finger;
};

/* `desktop` outlives it, and has its parts before anything else is called. */
int bk_seat_create(struct bk_desktop *desktop, struct bk_seat **ret_seat);
void bk_seat_destroy(struct bk_seat *seat);

void bk_seat_pointer_move(struct bk_seat *seat, double x, double y);
void bk_seat_pointer_button(struct bk_seat *seat, unsigned button, bool down);
/* In 1/120 of a click; `pixels` for the desktop's own lists. */
void bk_seat_scroll(struct bk_seat *seat, bool horizontal, int32_t amount, double pixels);
void bk_seat_touch(struct bk_seat *seat, int32_t finger, double x, double y, bool down);
void bk_seat_touch_up(struct bk_seat *seat, int32_t finger);
void bk_seat_touch_cancel(struct bk_seat *seat, int32_t finger);
/* Everything that is pressed is let go of and activates nothing: what presses it means something else by now. */
void bk_seat_let_go(struct bk_seat *seat);

enum bk_seat_modifiers {
    BK_SEAT_SHIFT = 1 << 0,
    BK_SEAT_SUPER = 1 << 1,
    BK_SEAT_ALT = 1 << 2,
    BK_SEAT_CONTROL = 1 << 3,
};
/* `code` as in linux/input-event-codes.h; `symbol` and `text` (UTF-8, may be empty) by the keymap. */
void bk_seat_key(struct bk_seat *seat, unsigned code, bool down, xkb_keysym_t symbol, const char *text,
                 unsigned modifiers);
/* The desktop begins to turn: what is held is let go of, and what goes down until it is at rest again counts for
 * nothing. Keys go on to the window that has the focus. */
void bk_seat_set_turning(struct bk_seat *seat, bool turning);
/* A question to the person comes, and what is held is let go of, in the apps too; or it goes. */
void bk_seat_set_asking(struct bk_seat *seat, bool asking);
/* What is below the pointer may be something else by now. */
void bk_seat_refresh(struct bk_seat *seat);

#endif
