/* SPDX-License-Identifier: Apache-2.0 */
#include "windows.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define REACHABLE 96 /* this much of a title bar stays within the screen */
#define SNAP      6  /* pixels from the screen's edge */
#define DRAG_MIN  4  /* pixels; less is a hand that trembles */
#define PLACES    8  /* tried for a new window, along each axis */

#define NOTICE_WIDTH         320
#define NOTICE_HEIGHT        176
#define NOTICE_HEIGHT_ASKING 232
#define NOTICE_MARGIN        20
#define NOTICE_GAP           12
#define NOTICE_BUTTON        38

void bk_windows_finish(struct bk_windows *windows)
{
    while (windows->count > 0)
        bk_windows_remove(windows, windows->order[windows->count - 1]);
}

static int clamp(int value, int least, int most)
{
    return value > most ? most : value < least ? least : value;
}

/* Down to a multiple of 2 where that is the grain, below 0 too. */
static int grained(int value, int grain)
{
    return grain == 2 ? value - (value & 1) : value;
}

/* The least size of a frame: what the app wants, but not more than half of the screen, and not less than ours. NULL: a
 * window that is not there yet. */
static void least_frame(const struct bk_windows *windows, const struct bk_window *window, int *ret_width,
                        int *ret_height)
{
    const int least_width = BK_WINDOW_WIDTH_MIN + 2 * BK_WINDOW_BORDER;
    const int least_height = BK_WINDOW_HEIGHT_MIN + BK_WINDOW_TITLE + BK_WINDOW_BORDER;
    const int grain = windows->grain;
    int width = window != NULL ? window->least_width + 2 * BK_WINDOW_BORDER : 0;
    int height = window != NULL ? window->least_height + BK_WINDOW_TITLE + BK_WINDOW_BORDER : 0;

    /* Up to the grain, and the halves down, as they are. */
    width = clamp(grained(width + grain - 1, grain), 0, grained(windows->width / 2, grain));
    height = clamp(grained(height + grain - 1, grain), 0, grained((windows->height - windows->bar) / 2, grain));
    *ret_width = width > least_width ? width : least_width;
    *ret_height = height > least_height ? height : least_height;
}

/* At least the smallest size, at most the screen, the title within reach. */
static struct bk_rect reachable(const struct bk_windows *windows, const struct bk_window *window, struct bk_rect frame)
{
    int least_width, least_height;
    int room = windows->height - windows->bar;

    least_frame(windows, window, &least_width, &least_height);

    frame.width = clamp(frame.width, least_width, windows->width > least_width ? windows->width : least_width);
    frame.height = clamp(frame.height, least_height, room > least_height ? room : least_height);
    frame.x = clamp(frame.x, REACHABLE - frame.width, windows->width - REACHABLE);
    frame.y =
        clamp(frame.y, windows->bar,
              windows->height - BK_WINDOW_TITLE > windows->bar ? windows->height - BK_WINDOW_TITLE : windows->bar);
    return (struct bk_rect){ grained(frame.x, windows->grain), grained(frame.y, windows->grain),
                             grained(frame.width, windows->grain), grained(frame.height, windows->grain) };
}

/* Where a window of `size` begins when its middle keeps its place in a length that is another now. */
static int moved(int at, int size, int length, int other)
{
    return length > 0 ? (int)(((int64_t)at + size / 2) * other / length) - size / 2 : at;
}

/* A window keeps its size, and its middle's place on the screen, as far as all of it can be seen then. */
static void lay_out(const struct bk_windows *windows, struct bk_window *window, int before_width, int before_height)
{
    if (window->chosen_width == 0 || !bk_rect_equal(&window->normal, &window->laid_out)) {
        window->chosen = window->normal;
        window->chosen_width = before_width;
        window->chosen_height = before_height;
    }
    struct bk_rect frame = window->chosen;
    if (window->chosen_width != windows->width || window->chosen_height != windows->height) {
        frame.x = moved(frame.x, frame.width, window->chosen_width, windows->width);
        frame.y = moved(frame.y, frame.height, window->chosen_height, windows->height);
        frame = reachable(windows, window, frame);
        int free_x = windows->width - frame.width, free_y = windows->height - frame.height;
        frame.x = clamp(frame.x, 0, free_x > 0 ? free_x : 0);
        frame.y = clamp(frame.y, windows->bar, free_y > windows->bar ? free_y : windows->bar);
    }
    window->normal = window->laid_out = reachable(windows, window, frame);
}

void bk_windows_resize(struct bk_windows *windows, int width, int height, int bar, int grain)
{
    const int before_width = windows->width, before_height = windows->height;

    windows->grain = grain;
    windows->width = width;
    windows->height = height;
    windows->bar = bar;
    for (size_t i = 0; i < windows->count; i++)
        lay_out(windows, windows->order[i], before_width, before_height);
}

void bk_windows_set_least(struct bk_windows *windows, struct bk_window *window, int width, int height)
{
    if (width == window->least_width && height == window->least_height)
        return;
    window->least_width = width;
    window->least_height = height;
    window->normal = reachable(windows, window, window->normal);
}

static int overlap(int from, int length, int other_from, int other_length)
{
    int start = from > other_from ? from : other_from;
    int end = from + length < other_from + other_length ? from + length : other_from + other_length;

    return end > start ? end - start : 0;
}

/* What a window placed here would cover of those that can be seen. One at the same corner is as bad as one that is
 * covered: its title would hide the other's. */
static int64_t covered(const struct bk_windows *windows, const struct bk_rect *frame)
{
    int64_t sum = 0;

    for (size_t i = 0; i < windows->count; i++) {
        const struct bk_window *other = windows->order[i];
        if (other->minimised)
            continue;
        struct bk_rect there = bk_window_frame(windows, other);
        sum += (int64_t)overlap(frame->x, frame->width, there.x, there.width) *
               overlap(frame->y, frame->height, there.y, there.height);
        if (abs(frame->x - there.x) < 24 && abs(frame->y - there.y) < 24)
            sum += (int64_t)there.width * there.height;
    }
    return sum;
}

/* The middle for the first one; then where it covers least of the others. */
static struct bk_rect placed(const struct bk_windows *windows)
{
    int room_x = windows->width, room_y = windows->height - windows->bar;
    struct bk_rect best = { .width = room_x * 5 / 8, .height = room_y * 11 / 16 };

    best = reachable(windows, NULL, best);
    int free_x = room_x > best.width ? room_x - best.width : 0;
    int free_y = room_y > best.height ? room_y - best.height : 0;
    best.x = free_x / 2;
    best.y = windows->bar + free_y * 2 / 5;
    int64_t least = covered(windows, &best);
    for (int i = 0; i < PLACES * PLACES && least > 0; i++) {
        struct bk_rect frame = best;
        frame.x = free_x * (2 * (i % PLACES) + 1) / (2 * PLACES);
        frame.y = windows->bar + free_y * (2 * (i / PLACES) + 1) / (2 * PLACES);
        int64_t sum = covered(windows, &frame);
        if (sum < least) {
            least = sum;
            best = frame;
        }
    }
    return reachable(windows, NULL, best);
}

int bk_windows_add(struct bk_windows *windows, uint32_t cid, struct bk_window **ret_window)
{
    if (bk_windows_find(windows, cid) != NULL)
        return -EEXIST;
    if (windows->count == BK_WINDOWS_MAX)
        return -ENOSPC;
    struct bk_window *window = calloc(1, sizeof *window);
    if (window == NULL)
        return -ENOMEM;
    window->cid = cid;
    window->normal = placed(windows);
    windows->order[windows->count++] = window;
    bk_windows_focus(windows, window);
    *ret_window = window;
    return 0;
}

static size_t index_of(const struct bk_windows *windows, const struct bk_window *window)
{
    size_t at = 0;

    while (windows->order[at] != window)
        at++;
    return at;
}

static void focus_topmost(struct bk_windows *windows)
{
    windows->focus = NULL;
    for (size_t i = windows->single ? 0 : windows->count; i > 0 && windows->focus == NULL; i--) {
        if (!windows->order[i - 1]->minimised)
            windows->focus = windows->order[i - 1];
    }
}

void bk_windows_remove(struct bk_windows *windows, struct bk_window *window)
{
    size_t at = index_of(windows, window);

    memmove(&windows->order[at], &windows->order[at + 1], (windows->count - at - 1) * sizeof windows->order[0]);
    windows->count--;
    if (windows->focus == window)
        focus_topmost(windows);
    free(window);
}

struct bk_window *bk_windows_find(const struct bk_windows *windows, uint32_t cid)
{
    for (size_t i = 0; i < windows->count; i++) {
        if (windows->order[i]->cid == cid)
            return windows->order[i];
    }
    return NULL;
}

void bk_windows_focus(struct bk_windows *windows, struct bk_window *window)
{
    windows->focus = window;
    if (window == NULL)
        return;
    size_t at = index_of(windows, window);
    memmove(&windows->order[at], &windows->order[at + 1], (windows->count - at - 1) * sizeof windows->order[0]);
    windows->order[windows->count - 1] = window;
    window->minimised = false;
}

struct bk_window *bk_windows_neighbour(const struct bk_windows *windows, const struct bk_window *window, bool before)
{
    struct bk_window *nearest = NULL;

    for (size_t i = 0; i < windows->count; i++) {
        struct bk_window *other = windows->order[i];
        bool beyond = before ? other->cid < window->cid : other->cid > window->cid;
        if (beyond && (nearest == NULL || (before ? other->cid > nearest->cid : other->cid < nearest->cid)))
            nearest = other;
    }
    return nearest;
}

void bk_windows_minimise(struct bk_windows *windows, struct bk_window *window)
{
    window->minimised = !windows->single;
    if (windows->focus == window)
        focus_topmost(windows);
}

void bk_windows_set_mode(struct bk_windows *windows, struct bk_window *window, enum bk_window_mode mode)
{
    if (mode == window->mode || (windows->single && mode != BK_WINDOW_FULL_SCREEN && mode != BK_WINDOW_NORMAL))
        return;
    if (mode == BK_WINDOW_FULL_SCREEN)
        window->mode_before = window->mode;
    window->mode = mode;
}

void bk_windows_toggle(struct bk_windows *windows, struct bk_window *window, enum bk_window_mode mode)
{
    if (window->mode == mode)
        mode = mode == BK_WINDOW_FULL_SCREEN ? window->mode_before : BK_WINDOW_NORMAL;
    bk_windows_set_mode(windows, window, mode);
}

/* --- where things are --- */

static struct bk_rect mode_frame(const struct bk_windows *windows, enum bk_window_mode mode)
{
    struct bk_rect frame = { 0, windows->bar, windows->width, windows->height - windows->bar - windows->strip };

    switch (mode) {
    case BK_WINDOW_FULL_SCREEN:
        return (struct bk_rect){ 0, 0, windows->width, windows->height };
    case BK_WINDOW_RIGHT:
        frame.x = grained(frame.width / 2, windows->grain);
        frame.width -= frame.x;
        break;
    case BK_WINDOW_LEFT:
        frame.width = grained(frame.width / 2, windows->grain);
        break;
    case BK_WINDOW_NORMAL:
    case BK_WINDOW_MAXIMISED:
        break;
    }
    return frame;
}

struct bk_rect bk_window_frame(const struct bk_windows *windows, const struct bk_window *window)
{
    return window->mode == BK_WINDOW_NORMAL && !windows->single ? window->normal : mode_frame(windows, window->mode);
}

bool bk_window_is_round(const struct bk_windows *windows, const struct bk_window *window)
{
    return window->mode == BK_WINDOW_NORMAL && !windows->single;
}

int bk_windows_title(const struct bk_windows *windows)
{
    return windows->single ? 0 : BK_WINDOW_TITLE;
}

int bk_window_border(const struct bk_windows *windows, const struct bk_window *window)
{
    if (windows->single)
        return 0;
    return window->mode == BK_WINDOW_MAXIMISED || window->mode == BK_WINDOW_FULL_SCREEN ? 0 : BK_WINDOW_BORDER;
}

struct bk_rect bk_window_outline(const struct bk_windows *windows, const struct bk_window *window)
{
    struct bk_rect outline = bk_window_frame(windows, window);

    if (window->mode == BK_WINDOW_FULL_SCREEN) {
        outline.y -= bk_windows_title(windows);
        outline.height += bk_windows_title(windows);
    }
    return outline;
}

struct bk_rect bk_window_content_within(const struct bk_windows *windows, const struct bk_window *window,
                                        const struct bk_rect *outline)
{
    struct bk_rect content = *outline;
    int border = bk_window_border(windows, window), title = bk_windows_title(windows);

    content.x += border;
    content.y += title;
    content.width = content.width > 2 * border ? content.width - 2 * border : 1;
    content.height = content.height > title + border ? content.height - title - border : 1;
    return content;
}

struct bk_rect bk_window_content(const struct bk_windows *windows, const struct bk_window *window)
{
    const struct bk_rect outline = bk_window_outline(windows, window);

    return bk_window_content_within(windows, window, &outline);
}

struct bk_rect bk_window_picture_within(const struct bk_windows *windows, const struct bk_window *window,
                                        const struct bk_rect *outline)
{
    struct bk_rect content = bk_window_content_within(windows, window, outline);
    bool follows = !window->answered && !window->fits;
    struct bk_rect picture = { content.x, content.y, window->drawn_width, window->drawn_height };

    if (window->fits && (picture.width > content.width || picture.height > content.height)) {
        int64_t by_width = (int64_t)content.width * picture.height, by_height = (int64_t)content.height * picture.width;
        if (by_width < by_height) {
            picture.height = (int)(by_width / picture.width);
            picture.width = content.width;
        } else {
            picture.width = (int)(by_height / picture.height);
            picture.height = content.height;
        }
    }
    if (!follows && picture.width < content.width)
        picture.x += (content.width - picture.width) / 2;
    if (!follows && picture.height < content.height)
        picture.y += (content.height - picture.height) / 2;
    return picture;
}

struct bk_rect bk_window_picture(const struct bk_windows *windows, const struct bk_window *window)
{
    const struct bk_rect outline = bk_window_outline(windows, window);

    return bk_window_picture_within(windows, window, &outline);
}

struct bk_rect bk_window_button(int frame_width, enum bk_window_part part)
{
    int place = part == BK_WINDOW_CLOSE ? 1 : part == BK_WINDOW_MAXIMISE ? 2 : 3;
    int margin = (BK_WINDOW_TITLE - BK_WINDOW_BUTTON) / 2;

    return (struct bk_rect){ frame_width - margin - place * BK_WINDOW_BUTTON - (place - 1) * BK_WINDOW_BUTTON_GAP,
                             margin, BK_WINDOW_BUTTON, BK_WINDOW_BUTTON };
}

struct bk_rect bk_window_notice(int content_width, int content_height, enum bk_window_closing closing)
{
    const int height = closing == BK_WINDOW_OVERDUE ? NOTICE_HEIGHT_ASKING : NOTICE_HEIGHT;

    if (content_width < NOTICE_WIDTH || content_height < height)
        return (struct bk_rect){ 0 };
    return (struct bk_rect){ (content_width - NOTICE_WIDTH) / 2, (content_height - height) / 2, NOTICE_WIDTH, height };
}

struct bk_rect bk_window_answer(enum bk_window_part part)
{
    const int width = (NOTICE_WIDTH - 2 * NOTICE_MARGIN - NOTICE_GAP) / 2;

    return (struct bk_rect){ part == BK_WINDOW_WAIT ? NOTICE_MARGIN : NOTICE_MARGIN + width + NOTICE_GAP,
                             NOTICE_HEIGHT_ASKING - NOTICE_MARGIN - NOTICE_BUTTON, width, NOTICE_BUTTON };
}

/* Over the content of a window that is OVERDUE. Where there is no room for the answers, all of it waits. */
static unsigned answer_at(const struct bk_window *window, const struct bk_rect *content, double x, double y)
{
    static const enum bk_window_part answers[] = { BK_WINDOW_WAIT, BK_WINDOW_END };
    const struct bk_rect notice = bk_window_notice(content->width, content->height, window->closing);

    if (window->closing != BK_WINDOW_OVERDUE)
        return BK_WINDOW_CONTENT;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        const struct bk_rect answer = bk_window_answer(answers[i]);
        if (bk_rect_has(&answer, x - content->x - notice.x, y - content->y - notice.y))
            return answers[i];
    }
    return notice.width > 0 ? BK_WINDOW_CONTENT : BK_WINDOW_WAIT;
}

/* The edges of a frame at a point that is within the frame or the grip around it. */
static unsigned edges_at(const struct bk_rect *frame, double x, double y)
{
    double left = x - frame->x, right = frame->x + frame->width - x;
    double top = y - frame->y, bottom = frame->y + frame->height - y;

    /* The title bar's upper edge is thin, lest a drag of the window becomes a resize. */
    if (left >= BK_WINDOW_BORDER && right > BK_WINDOW_BORDER && top >= 2 && bottom > BK_WINDOW_BORDER)
        return 0;
    return (left < BK_WINDOW_CORNER ? BK_WINDOW_EDGE_LEFT : 0U) |
           (right <= BK_WINDOW_CORNER ? BK_WINDOW_EDGE_RIGHT : 0U) |
           (top < BK_WINDOW_CORNER && (top < 2 || left < BK_WINDOW_BORDER || right <= BK_WINDOW_BORDER)
                ? BK_WINDOW_EDGE_TOP
                : 0U) |
           (bottom <= BK_WINDOW_CORNER ? BK_WINDOW_EDGE_BOTTOM : 0U);
}

static unsigned part_at(const struct bk_windows *windows, const struct bk_window *window, double x, double y)
{
    static const enum bk_window_part buttons[] = { BK_WINDOW_CLOSE, BK_WINDOW_MAXIMISE, BK_WINDOW_MINIMISE };
    struct bk_rect frame = bk_window_frame(windows, window);
    int grip = bk_window_is_round(windows, window) ? BK_WINDOW_GRIP : 0;
    const struct bk_rect reach = { frame.x - grip, frame.y - grip, frame.width + 2 * grip, frame.height + 2 * grip };

    if (!bk_rect_has(&reach, x, y))
        return BK_WINDOW_NOTHING;
    const struct bk_rect content = bk_window_content(windows, window);
    if (windows->single || window->mode == BK_WINDOW_FULL_SCREEN)
        return answer_at(window, &content, x, y);
    if (window->mode == BK_WINDOW_NORMAL) {
        unsigned edges = edges_at(&frame, x, y);
        if (edges != 0)
            return edges;
    }
    if (bk_rect_has(&content, x, y))
        return answer_at(window, &content, x, y);
    for (size_t i = 0; i < sizeof buttons / sizeof buttons[0]; i++) {
        struct bk_rect button = bk_window_button(frame.width, buttons[i]);
        /* The whole height is sensitive, and for the last one the corner: easy to hit at the screen's edge. */
        button.height = BK_WINDOW_TITLE;
        button.y = 0;
        button.width += buttons[i] == BK_WINDOW_CLOSE ? BK_WINDOW_TITLE : BK_WINDOW_BUTTON_GAP;
        if (bk_rect_has(&button, x - frame.x, y - frame.y))
            return buttons[i];
    }
    return BK_WINDOW_TITLE_BAR;
}

struct bk_window *bk_windows_at(const struct bk_windows *windows, double x, double y, unsigned *ret_part)
{
    for (size_t i = windows->count; i > 0; i--) {
        struct bk_window *window = windows->order[i - 1];
        bool away = window->minimised || (windows->single && window != windows->focus);
        unsigned part = away ? BK_WINDOW_NOTHING : part_at(windows, window, x, y);
        if (part != BK_WINDOW_NOTHING) {
            *ret_part = part;
            return window;
        }
    }
    *ret_part = BK_WINDOW_NOTHING;
    return NULL;
}

/* --- dragging --- */

void bk_windows_drag_begin(const struct bk_windows *windows, struct bk_window_drag *drag, struct bk_window *window,
                           unsigned part, double x, double y)
{
    *drag = (struct bk_window_drag){ .window = window,
                                     .part = part,
                                     .x = x,
                                     .y = y,
                                     .from = bk_window_frame(windows, window),
                                     .before = window->normal };
}

static enum bk_window_mode snap_at(const struct bk_windows *windows, double x, double y)
{
    if (x < SNAP)
        return BK_WINDOW_LEFT;
    if (x >= windows->width - SNAP)
        return BK_WINDOW_RIGHT;
    return y < windows->bar + SNAP ? BK_WINDOW_MAXIMISED : BK_WINDOW_NORMAL;
}

/* A maximised window that is pulled off becomes its normal self below the pointer, held at the same part. */
static void pull_off(struct bk_windows *windows, struct bk_window_drag *drag)
{
    struct bk_window *window = drag->window;
    double part = (drag->x - drag->from.x) / drag->from.width;

    bk_windows_set_mode(windows, window, BK_WINDOW_NORMAL);
    window->normal.x = (int)(drag->x - part * window->normal.width);
    window->normal.y = drag->from.y;
    drag->from = window->normal;
}

void bk_windows_drag_to(struct bk_windows *windows, struct bk_window_drag *drag, double x, double y)
{
    struct bk_window *window = drag->window;
    int dx = grained((int)(x - drag->x), windows->grain), dy = grained((int)(y - drag->y), windows->grain);

    if (!drag->moved && abs(dx) < DRAG_MIN && abs(dy) < DRAG_MIN)
        return;
    drag->moved = true;
    if (window->mode != BK_WINDOW_NORMAL)
        pull_off(windows, drag);

    struct bk_rect frame = drag->from;
    if (drag->part == BK_WINDOW_TITLE_BAR) {
        frame.x += dx;
        frame.y += dy;
        drag->snap = snap_at(windows, x, y);
        window->normal = reachable(windows, window, frame);
        return;
    }
    int least_width, least_height;
    least_frame(windows, window, &least_width, &least_height);
    if ((drag->part & BK_WINDOW_EDGE_RIGHT) != 0)
        frame.width = clamp(frame.width + dx, least_width, windows->width);
    if ((drag->part & BK_WINDOW_EDGE_BOTTOM) != 0)
        frame.height = clamp(frame.height + dy, least_height, windows->height - windows->bar);
    if ((drag->part & BK_WINDOW_EDGE_LEFT) != 0) {
        int right = frame.x + frame.width;
        frame.width = clamp(frame.width - dx, least_width, windows->width);
        frame.x = right - frame.width;
    }
    if ((drag->part & BK_WINDOW_EDGE_TOP) != 0) {
        int bottom = frame.y + frame.height;
        int most = bottom - windows->bar > least_height ? bottom - windows->bar : least_height;
        frame.height = clamp(frame.height - dy, least_height, most);
        frame.y = bottom - frame.height;
    }
    window->normal = reachable(windows, window, frame);
}

void bk_windows_drag_end(struct bk_windows *windows, struct bk_window_drag *drag)
{
    if (drag->window != NULL && drag->snap != BK_WINDOW_NORMAL) {
        drag->window->normal = reachable(windows, drag->window, drag->before);
        bk_windows_set_mode(windows, drag->window, drag->snap);
    }
    *drag = (struct bk_window_drag){ 0 };
}

struct bk_rect bk_windows_snap_place(const struct bk_windows *windows, enum bk_window_mode snap)
{
    return mode_frame(windows, snap);
}

/* --- the size that the app is told --- */

bool bk_window_configure_due(const struct bk_windows *windows, struct bk_window *window, uint64_t now_ms,
                             int *ret_width, int *ret_height, uint64_t *ret_again_ms)
{
    struct bk_rect content = bk_window_content(windows, window);

    *ret_again_ms = UINT64_MAX;
    if (content.width == window->asked_width && content.height == window->asked_height)
        return false;
    if (window->asked_width != 0 && !window->answered && now_ms < window->asked_ms + BK_WINDOW_ANSWER_MS) {
        *ret_again_ms = window->asked_ms + BK_WINDOW_ANSWER_MS;
        return false;
    }
    window->asked_width = *ret_width = content.width;
    window->asked_height = *ret_height = content.height;
    window->asked_ms = now_ms;
    window->answered = false;
    return true;
}

void bk_windows_hold(struct bk_windows *windows, uint64_t now_ms)
{
    for (size_t i = 0; i < windows->count; i++) {
        struct bk_window *window = windows->order[i];
        if (window->drawn_width == 0)
            continue;
        window->fits = true;
        /* One that has a size of its own by choice is not expected to draw another. */
        if (window->drawn_width == window->asked_width && window->drawn_height == window->asked_height)
            window->held_until_ms = now_ms + BK_WINDOW_HOLD_MS;
    }
}

bool bk_window_holds(const struct bk_window *window, int width, int height, uint64_t now_ms)
{
    return now_ms < window->held_until_ms && (width != window->asked_width || height != window->asked_height);
}

void bk_window_forget_asked(struct bk_window *window)
{
    window->asked_width = window->asked_height = 0;
}

void bk_window_drawn(struct bk_window *window, int width, int height, uint64_t now_ms)
{
    window->drawn_width = width;
    window->drawn_height = height;
    if (width == window->asked_width && height == window->asked_height) {
        window->held_until_ms = 0;
        window->fits = false;
    }
    if ((width == window->asked_width && height == window->asked_height) ||
        now_ms >= window->asked_ms + BK_WINDOW_FOLLOW_MS)
        window->answered = true;
}
