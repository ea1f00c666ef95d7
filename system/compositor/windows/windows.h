/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The windows of the apps: which there are, how they lie over each other, where each stands, which has the focus.
 * Knows nothing of drawing and of the wire; time is an argument.
 *
 * Input from: the person; an app can choose nothing here but the size of what it draws
 * Runs in: bk-compositor, main thread
 *
 * A window is an app's display, known by the CID of its VM. Its outer rectangle is the frame, which the compositor
 * draws; within is the content, which is the app's. All is in logical pixels of the one screen.
 *
 * Where windows are `single`, as on a phone, one can be seen at a time, the one with the focus: it fills the room
 * between the bar and the strip, without a frame, or in FULL_SCREEN all of it. With no focus none can be seen, and no
 * window is minimised. The other modes are not used there.
 *
 * Invariants: the focus is a window that is not minimised, and the topmost of those, or NULL when there is none or the
 * person took it away; a NORMAL window's title can be reached by the pointer, whatever the screen's size became.
 */
#ifndef BK_COMPOSITOR_WINDOWS_H
#define BK_COMPOSITOR_WINDOWS_H

#include "rect.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_WINDOWS_MAX 64U

#define BK_WINDOW_TITLE      38 /* height of the title bar */
#define BK_WINDOW_BORDER     4  /* of the frame at the other sides */
#define BK_WINDOW_RADIUS     12
#define BK_WINDOW_GRIP       6  /* how far outside of a window its edges can be taken hold of */
#define BK_WINDOW_CORNER     20 /* how far from a corner an edge is the corner */
#define BK_WINDOW_BUTTON     28 /* side of a button of the title bar */
#define BK_WINDOW_BUTTON_GAP 4
#define BK_WINDOW_WIDTH_MIN  240 /* of the content */
#define BK_WINDOW_HEIGHT_MIN 120

#define BK_WINDOW_ANSWER_MS 100   /* an app that has not followed a resize by then is told the next size all the same */
#define BK_WINDOW_FOLLOW_MS 1000  /* an app that draws another size by then has a size of its own */
#define BK_WINDOW_HOLD_MS   2000  /* an app's old frame stays for so long after a turn, unless it draws the new size */
#define BK_WINDOW_GUARD_MS  500   /* in which that question does not take a yes */
#define BK_WINDOW_CLOSE_MS  10000 /* after which the person is asked about an app that was asked to close */

enum bk_window_mode {
    BK_WINDOW_NORMAL,
    BK_WINDOW_MAXIMISED,
    BK_WINDOW_LEFT,
    BK_WINDOW_RIGHT,
    BK_WINDOW_FULL_SCREEN, /* no frame: the system's gesture leads out of it */
};

enum bk_window_closing {
    BK_WINDOW_OPEN,
    BK_WINDOW_ASKED,   /* to close: it is the person's as before, as it may ask something */
    BK_WINDOW_OVERDUE, /* it is still there: the person is asked whether they wait */
    BK_WINDOW_ENDED,   /* its VM is taken down */
};

struct bk_window {
    uint32_t cid;
    enum bk_window_mode mode;
    enum bk_window_mode mode_before; /* FULL_SCREEN */
    bool minimised;
    struct bk_rect normal;         /* the frame when the mode is NORMAL */
    int least_width, least_height; /* of the content, as the app wants it */
    enum bk_window_closing closing;
    uint64_t closing_ms; /* since when it is ASKED, or OVERDUE */
    /* The size of the content that the app was told last, when, and whether it drew one of that size. */
    int asked_width, asked_height;
    uint64_t asked_ms;
    bool answered;
    int drawn_width, drawn_height; /* of the app's last frame; 0: none yet */
    uint64_t held_until_ms;        /* a frame of another size than asked for is not shown before then */
    bool fits;                     /* a picture larger than the content is made smaller, and not cut */
    /* The frame that the person gave it, on a screen of which size; and what a screen of another size made of it. */
    struct bk_rect chosen, laid_out;
    int chosen_width, chosen_height;
    void *userdata;
};

/* What of a window is at a point. The edges are bits: a corner is two of them. */
enum bk_window_part {
    BK_WINDOW_NOTHING = 0,
    BK_WINDOW_EDGE_LEFT = 1 << 0,
    BK_WINDOW_EDGE_RIGHT = 1 << 1,
    BK_WINDOW_EDGE_TOP = 1 << 2,
    BK_WINDOW_EDGE_BOTTOM = 1 << 3,
    BK_WINDOW_CONTENT = 1 << 4,
    BK_WINDOW_TITLE_BAR = 1 << 5,
    BK_WINDOW_MINIMISE = 1 << 6,
    BK_WINDOW_MAXIMISE = 1 << 7,
    BK_WINDOW_CLOSE = 1 << 8,
    BK_WINDOW_WAIT = 1 << 9, /* of the notice over one that is OVERDUE, and the next */
    BK_WINDOW_END = 1 << 10,
};
#define BK_WINDOW_EDGES \
    ((unsigned)(BK_WINDOW_EDGE_LEFT | BK_WINDOW_EDGE_RIGHT | BK_WINDOW_EDGE_TOP | BK_WINDOW_EDGE_BOTTOM))

/* Zero-initialised: none. */
struct bk_windows {
    struct bk_window *order[BK_WINDOWS_MAX]; /* from the lowest to the topmost */
    size_t count;
    struct bk_window *focus;
    int width, height; /* of the screen */
    int bar;           /* height at its top that no window covers, but in full screen */
    int grain;         /* 2: normal frames and halves are a multiple of it, so that they have whole device pixels */
    int strip;         /* the same at its bottom */
    bool single;       /* set before the first window comes */
};

void bk_windows_finish(struct bk_windows *windows);

/* The screen has this size: every window stays reachable, and is as it was when the screen is again. `grain` is 1 or 2,
 * by draw/scale.h; `strip` is set before. */
void bk_windows_resize(struct bk_windows *windows, int width, int height, int bar, int grain);

/* A window for the app, placed, topmost, with the focus. -EEXIST, -ENOSPC, -ENOMEM. */
int bk_windows_add(struct bk_windows *windows, uint32_t cid, struct bk_window **ret_window);
void bk_windows_remove(struct bk_windows *windows, struct bk_window *window);
struct bk_window *bk_windows_find(const struct bk_windows *windows, uint32_t cid);

/* What the app wants its content to be at least; of that, up to half of the screen is heeded: at once, and by drags. */
void bk_windows_set_least(struct bk_windows *windows, struct bk_window *window, int width, int height);

/* Raises the window, restores it when it is minimised, and gives it the focus; NULL takes the focus away. */
void bk_windows_focus(struct bk_windows *windows, struct bk_window *window);
/* The window that stands before or after this one, in the order in which they came; NULL at the end. */
struct bk_window *bk_windows_neighbour(const struct bk_windows *windows, const struct bk_window *window, bool before);
/* The focus goes to the next one below; to none where windows are single. */
void bk_windows_minimise(struct bk_windows *windows, struct bk_window *window);

/* The mode that is there already: back to NORMAL, or from FULL_SCREEN to what was before. */
void bk_windows_toggle(struct bk_windows *windows, struct bk_window *window, enum bk_window_mode mode);
void bk_windows_set_mode(struct bk_windows *windows, struct bk_window *window, enum bk_window_mode mode);

/* Where the window stands. In FULL_SCREEN both are the screen. */
struct bk_rect bk_window_frame(const struct bk_windows *windows, const struct bk_window *window);
struct bk_rect bk_window_content(const struct bk_windows *windows, const struct bk_window *window);
/* Where the app's last frame is drawn: the content's top left while it is to follow a resize, else its middle. The
 * rectangle may reach beyond the content, where it is cut. After a turn it is all within the content, made smaller for
 * it, until the app draws the size that it was told. */
struct bk_rect bk_window_picture(const struct bk_windows *windows, const struct bk_window *window);
/* The frame as it is drawn: that of FULL_SCREEN is around the screen, out of sight. */
struct bk_rect bk_window_outline(const struct bk_windows *windows, const struct bk_window *window);
/* Content and picture for an outline that the window has on its way to its own. */
struct bk_rect bk_window_content_within(const struct bk_windows *windows, const struct bk_window *window,
                                        const struct bk_rect *outline);
struct bk_rect bk_window_picture_within(const struct bk_windows *windows, const struct bk_window *window,
                                        const struct bk_rect *outline);
/* Of the title bar: BK_WINDOW_MINIMISE, _MAXIMISE or _CLOSE; from the frame's top left. */
struct bk_rect bk_window_button(int frame_width, enum bk_window_part part);
/* What the system says over a window, from the content's top left; all zeros where it does not fit. */
struct bk_rect bk_window_notice(int content_width, int content_height, enum bk_window_closing closing);
/* Its answers: BK_WINDOW_WAIT or _END; from the notice's top left. */
struct bk_rect bk_window_answer(enum bk_window_part part);
/* How the frame is drawn: NORMAL has corners, borders and a shadow; a single window has nothing of a frame. */
bool bk_window_is_round(const struct bk_windows *windows, const struct bk_window *window);
int bk_window_border(const struct bk_windows *windows, const struct bk_window *window);
int bk_windows_title(const struct bk_windows *windows);

/* What is at (x, y); NULL and BK_WINDOW_NOTHING for no window. */
struct bk_window *bk_windows_at(const struct bk_windows *windows, double x, double y, unsigned *ret_part);

/*
 * Moves or resizes a window by dragging a part of it: BK_WINDOW_TITLE_BAR or edges. A window that is moved to the
 * screen's upper edge will be maximised, to the left or right one be a half: `snap` says so while it is held.
 */
struct bk_window_drag {
    struct bk_window *window; /* NULL: nothing is dragged */
    unsigned part;
    double x, y; /* where it was taken hold of */
    struct bk_rect from;
    struct bk_rect before; /* its normal place then, which it has again once it was snapped */
    bool moved;
    enum bk_window_mode snap; /* NORMAL: none */
};

void bk_windows_drag_begin(const struct bk_windows *windows, struct bk_window_drag *drag, struct bk_window *window,
                           unsigned part, double x, double y);
void bk_windows_drag_to(struct bk_windows *windows, struct bk_window_drag *drag, double x, double y);
void bk_windows_drag_end(struct bk_windows *windows, struct bk_window_drag *drag);
/* Where the window would stand if it was let go of now, while `snap` is not NORMAL. */
struct bk_rect bk_windows_snap_place(const struct bk_windows *windows, enum bk_window_mode snap);

/*
 * True when the app is to be told the content's size, which has been noted then: it is another than the last one told,
 * and the app has followed that one, or has had BK_WINDOW_ANSWER_MS for it. Else `*ret_again_ms` is when to ask again,
 * UINT64_MAX for not before something changes.
 */
bool bk_window_configure_due(const struct bk_windows *windows, struct bk_window *window, uint64_t now_ms,
                             int *ret_width, int *ret_height, uint64_t *ret_again_ms);
/* The screen is turned: what the apps show is held until they draw the size that they are told then. */
void bk_windows_hold(struct bk_windows *windows, uint64_t now_ms);
/* True when the app's new frame, of this size (0: it shows nothing), is not to be shown yet. */
bool bk_window_holds(const struct bk_window *window, int width, int height, uint64_t now_ms);
/* The app is to be told its size again. */
void bk_window_forget_asked(struct bk_window *window);
/* The app drew a frame of this size: the one it was told, or the one it has by choice when it draws another one long
 * after. */
void bk_window_drawn(struct bk_window *window, int width, int height, uint64_t now_ms);

#endif
