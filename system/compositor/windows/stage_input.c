/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pointer is in one of three states: free, where what is below it is hovered; held by a window's content, where the
 * app gets all of it until the last button is up; or dragging a window or pressing a button of its title bar.
 */
#include "stage_state.h"

#include "scale.h"

#include "log.h"

#include <stdio.h>
#include <stdlib.h>

#define DOUBLE_CLICK_MS 450

/* --- the pointer --- */

static enum bk_pointer_shape shape_of(unsigned part)
{
    switch (part & BK_WINDOW_EDGES) {
    case BK_WINDOW_EDGE_LEFT:
    case BK_WINDOW_EDGE_RIGHT:
        return BK_POINTER_HORIZONTAL;
    case BK_WINDOW_EDGE_TOP:
    case BK_WINDOW_EDGE_BOTTOM:
        return BK_POINTER_VERTICAL;
    case BK_WINDOW_EDGE_LEFT | BK_WINDOW_EDGE_TOP:
    case BK_WINDOW_EDGE_RIGHT | BK_WINDOW_EDGE_BOTTOM:
        return BK_POINTER_FALLING;
    case BK_WINDOW_EDGE_LEFT | BK_WINDOW_EDGE_BOTTOM:
    case BK_WINDOW_EDGE_RIGHT | BK_WINDOW_EDGE_TOP:
        return BK_POINTER_RISING;
    default:
        return BK_POINTER_ARROW;
    }
}

/* True where the app's own picture is, and not what the compositor drew around or over it. */
static bool is_apps(const struct bk_window *window, unsigned part)
{
    return part == BK_WINDOW_CONTENT && window->closing <= BK_WINDOW_ASKED && actor_of(window)->shown != NULL;
}

/* False when nobody can be asked, or there is no broker: it must not look as if the app would close. */
static bool request(struct bk_stage *stage, const struct bk_window *window, enum bk_stage_request what)
{
    const struct bk_app *app = bk_apps_by_cid(stage->apps, window->cid);

    return app != NULL && stage->options.request(app->id, what, stage->options.userdata);
}

/* What lies there, be it the app's or the system's question, the person cannot have read: it was veiled or covered. */
static bool asks_unread(const struct bk_stage *stage, const struct bk_window *window, unsigned part)
{
    return window->closing != BK_WINDOW_OPEN && stage->windows.focus != window &&
           (part == BK_WINDOW_CONTENT || part == BK_WINDOW_WAIT || part == BK_WINDOW_END);
}

/* An app that is OVERDUE chooses when the question comes: a press that was meant for it counts for nothing. */
static bool is_too_early(const struct bk_window *window, uint64_t now_ms)
{
    return now_ms < window->closing_ms + BK_WINDOW_GUARD_MS;
}

static void end(struct bk_stage *stage, struct bk_window *window, uint64_t now_ms)
{
    if (is_too_early(window, now_ms) || !request(stage, window, BK_STAGE_END))
        return;
    window->closing = BK_WINDOW_ENDED;
    bk_stage_changed(stage);
}

/* The person goes on with a window that was to close: they answer what it asks, or wait. */
static void stay(struct bk_stage *stage, struct bk_window *window)
{
    if (window->closing != BK_WINDOW_ASKED && window->closing != BK_WINDOW_OVERDUE)
        return;
    (void)request(stage, window, BK_STAGE_STAY);
    window->closing = BK_WINDOW_OPEN;
    bk_stage_changed(stage);
}

void bk_stage_update_pointer(struct bk_stage *stage)
{
    enum bk_pointer_shape shape = BK_POINTER_ARROW;
    struct wlr_buffer *picture = NULL;
    int hot_x = 0, hot_y = 0;

    if (stage->drag.window != NULL) {
        shape = stage->drag.part == BK_WINDOW_TITLE_BAR ? stage->drag.moved ? BK_POINTER_MOVE : BK_POINTER_ARROW
                                                        : shape_of(stage->drag.part);
    } else if (stage->hover != NULL && (!stage->covered || stage->holder != NULL)) {
        const struct actor *actor = actor_of(stage->hover);
        shape = shape_of(stage->hover_part);
        if (is_apps(stage->hover, stage->hover_part) && actor->app->cursor_known) {
            picture = actor->cursor;
            shape = picture != NULL ? BK_POINTER_APP : BK_POINTER_HIDDEN;
            hot_x = bk_stage_hot_spot(stage, actor->app->hot_x);
            hot_y = bk_stage_hot_spot(stage, actor->app->hot_y);
        }
    }
    stage->options.set_pointer(shape, picture, hot_x, hot_y, stage->options.userdata);
}

/* Where the app's picture is, in device pixels: those are what it counts in. */
static struct bk_rect device_picture(const struct bk_stage *stage, const struct bk_window *window)
{
    const struct bk_rect picture = bk_window_picture(&stage->windows, window);

    return bk_scale_rect(stage->scale, &picture);
}

static void point(struct bk_stage *stage, const struct bk_window *window)
{
    const struct bk_rect picture = device_picture(stage, window);

    bk_app_input_point(&actor_of(window)->app->input, stage->x * stage->scale - picture.x,
                       stage->y * stage->scale - picture.y, picture.width, picture.height);
}

void bk_stage_point_again(struct bk_stage *stage)
{
    const struct bk_window *window = stage->holder != NULL ? stage->holder : stage->hover;

    if (window == NULL || stage->drag.window != NULL || !is_apps(window, stage->hover_part))
        return;
    if (actor_of(window)->app->input.devices.x >= 0) /* it knows of a pointer: a finger is none */
        point(stage, window);
}

static void set_hover(struct bk_stage *stage)
{
    struct bk_window *before = stage->hover;
    unsigned part_before = stage->hover_part;

    stage->hover_part = BK_WINDOW_NOTHING;
    stage->hover = stage->covered ? NULL : bk_windows_at(&stage->windows, stage->x, stage->y, &stage->hover_part);
    if (stage->hover != before || stage->hover_part != part_before)
        bk_stage_dirty(stage);
}

void bk_stage_pointer_move(struct bk_stage *stage, double x, double y, bool covered, uint64_t now_ms)
{
    (void)now_ms;
    stage->x = x;
    stage->y = y;
    stage->covered = covered;
    if (stage->drag.window != NULL) {
        bk_windows_drag_to(&stage->windows, &stage->drag, x, y);
        bk_stage_dirty(stage);
    } else if (stage->holder != NULL) {
        point(stage, stage->holder);
        bk_stage_tell(stage);
    } else {
        set_hover(stage);
        if (stage->hover != NULL && is_apps(stage->hover, stage->hover_part)) {
            point(stage, stage->hover);
            bk_stage_tell(stage);
        }
    }
    bk_stage_update_pointer(stage);
}

bool bk_stage_holds_pointer(const struct bk_stage *stage)
{
    return stage->buttons != 0;
}

static void press_frame(struct bk_stage *stage, struct bk_window *window, unsigned part, uint64_t now_ms)
{
    bool twice = stage->clicked == window && now_ms - stage->clicked_ms < DOUBLE_CLICK_MS;

    stage->clicked = NULL;
    if (part == BK_WINDOW_TITLE_BAR && twice) {
        bk_windows_toggle(&stage->windows, window, BK_WINDOW_MAXIMISED);
        return;
    }
    if (part == BK_WINDOW_TITLE_BAR || (part & BK_WINDOW_EDGES) != 0) {
        bk_windows_drag_begin(&stage->windows, &stage->drag, window, part, stage->x, stage->y);
        if (part == BK_WINDOW_TITLE_BAR) {
            stage->clicked = window;
            stage->clicked_ms = now_ms;
        }
        return;
    }
    if (part == BK_WINDOW_END && is_too_early(window, now_ms))
        return;
    stage->pressed = window;
    stage->pressed_part = part;
}

static void press(struct bk_stage *stage, unsigned button, uint64_t now_ms)
{
    struct bk_window *window = stage->hover;

    if (window == NULL) {
        bk_stage_focus(stage, NULL);
        return;
    }
    const bool unread = asks_unread(stage, window, stage->hover_part);
    if (stage->windows.focus != window || stage->windows.order[stage->windows.count - 1] != window)
        bk_stage_focus(stage, window);
    if (unread)
        return;
    if (is_apps(window, stage->hover_part)) {
        stay(stage, window);
        stage->holder = window;
        stage->clicked = NULL;
        point(stage, window);
        bk_display_input_key(&actor_of(window)->app->input.devices, button, true);
        bk_stage_tell(stage);
    } else if (button == BTN_LEFT && stage->hover_part != BK_WINDOW_CONTENT) {
        press_frame(stage, window, stage->hover_part, now_ms);
    }
    bk_stage_changed(stage);
}

static void minimise(struct bk_stage *stage, struct bk_window *window)
{
    bk_stage_release_keys(stage);
    bk_windows_minimise(&stage->windows, window);
}

static void release_frame(struct bk_stage *stage, uint64_t now_ms)
{
    struct bk_window *window = stage->pressed;
    unsigned part = stage->pressed_part;

    if (stage->drag.window != NULL) {
        if (stage->drag.moved)
            stage->clicked = NULL;
        bk_windows_drag_end(&stage->windows, &stage->drag);
        bk_stage_changed(stage);
    }
    stage->pressed = NULL;
    if (window == NULL || stage->hover != window || stage->hover_part != part)
        return; /* a drag away takes a press back */
    if (part == BK_WINDOW_CLOSE)
        bk_stage_close(stage, window, now_ms);
    else if (part == BK_WINDOW_END)
        end(stage, window, now_ms);
    else if (part == BK_WINDOW_WAIT)
        stay(stage, window);
    else if (part == BK_WINDOW_MAXIMISE)
        bk_windows_toggle(&stage->windows, window, BK_WINDOW_MAXIMISED);
    else if (part == BK_WINDOW_MINIMISE)
        minimise(stage, window);
    bk_stage_changed(stage);
}

void bk_stage_pointer_button(struct bk_stage *stage, unsigned button, bool down, uint64_t now_ms)
{
    if (down) {
        stage->buttons++;
        if (stage->buttons == 1) {
            set_hover(stage);
            press(stage, button, now_ms);
        } else if (stage->holder != NULL) {
            bk_display_input_key(&actor_of(stage->holder)->app->input.devices, button, true);
            bk_stage_tell(stage);
        }
        bk_stage_update_pointer(stage);
        return;
    }
    if (stage->buttons > 0)
        stage->buttons--;
    if (stage->holder != NULL) {
        bk_display_input_key(&actor_of(stage->holder)->app->input.devices, button, false);
        bk_stage_tell(stage);
    }
    if (stage->buttons > 0)
        return;
    stage->holder = NULL;
    release_frame(stage, now_ms);
    set_hover(stage);
    bk_stage_update_pointer(stage);
}

void bk_stage_scroll(struct bk_stage *stage, bool horizontal, int32_t amount)
{
    const struct bk_window *window = stage->holder != NULL ? stage->holder : stage->hover;

    if (window == NULL || !is_apps(window, stage->hover_part))
        return;
    bk_app_input_scroll(&actor_of(window)->app->input, horizontal, amount);
    bk_stage_tell(stage);
}

/* --- fingers --- */

static struct finger *find_finger(struct bk_stage *stage, int32_t id)
{
    for (size_t i = 0; i < BK_DISPLAY_TOUCHES_MAX; i++) {
        if (stage->fingers[i].down && stage->fingers[i].id == id)
            return &stage->fingers[i];
    }
    return NULL;
}

bool bk_stage_touch(struct bk_stage *stage, int32_t finger_id, double x, double y, bool down, uint64_t now_ms)
{
    struct finger *finger = find_finger(stage, finger_id);
    struct bk_window *window;
    unsigned part;

    (void)now_ms;
    if (down && finger == NULL) {
        window = bk_windows_at(&stage->windows, x, y, &part);
        if (window == NULL || !is_apps(window, part))
            return false;
        if (asks_unread(stage, window, part)) {
            bk_stage_focus(stage, window);
            return true;
        }
        for (size_t i = 0; i < BK_DISPLAY_TOUCHES_MAX && finger == NULL; i++) {
            if (!stage->fingers[i].down)
                finger = &stage->fingers[i];
        }
        if (finger == NULL)
            return false;
        *finger = (struct finger){ .id = finger_id, .cid = window->cid, .down = true };
        bk_stage_focus(stage, window);
        stay(stage, window);
    }
    window = finger != NULL ? bk_windows_find(&stage->windows, finger->cid) : NULL;
    if (window == NULL)
        return finger != NULL;
    const struct bk_rect picture = device_picture(stage, window);
    bk_app_input_touch(&actor_of(window)->app->input, (unsigned)(finger - stage->fingers), x * stage->scale - picture.x,
                       y * stage->scale - picture.y, picture.width, picture.height);
    bk_stage_tell(stage);
    return true;
}

void bk_stage_touch_up(struct bk_stage *stage, int32_t finger_id)
{
    struct finger *finger = find_finger(stage, finger_id);

    if (finger == NULL)
        return;
    finger->down = false;
    const struct bk_window *window = bk_windows_find(&stage->windows, finger->cid);
    if (window == NULL)
        return;
    bk_display_input_lift(&actor_of(window)->app->input.devices, (unsigned)(finger - stage->fingers));
    bk_stage_tell(stage);
}

void bk_stage_release_touches(struct bk_stage *stage)
{
    for (size_t i = 0; i < BK_DISPLAY_TOUCHES_MAX; i++) {
        if (stage->fingers[i].down)
            bk_stage_touch_up(stage, stage->fingers[i].id);
    }
}

void bk_stage_let_go(struct bk_stage *stage)
{
    for (size_t i = 0; i < stage->windows.count; i++)
        bk_app_input_release_pointers(&actor_of(stage->windows.order[i])->app->input);
    for (size_t i = 0; i < BK_DISPLAY_TOUCHES_MAX; i++)
        stage->fingers[i].down = false;
    stage->drag = (struct bk_window_drag){ 0 };
    stage->holder = stage->pressed = stage->clicked = stage->hover = NULL;
    stage->hover_part = BK_WINDOW_NOTHING;
    stage->buttons = 0;
    bk_stage_tell(stage);
}

/* --- the keyboard, and what is done to windows --- */

/* Alone it says nothing to an app. */
static bool is_modifier(unsigned code)
{
    return code == KEY_LEFTCTRL || code == KEY_RIGHTCTRL || code == KEY_LEFTSHIFT || code == KEY_RIGHTSHIFT ||
           code == KEY_LEFTALT || code == KEY_RIGHTALT || code == KEY_CAPSLOCK;
}

bool bk_stage_key(struct bk_stage *stage, unsigned code, bool down)
{
    struct bk_window *window = stage->windows.focus;

    if (window == NULL)
        return false;
    if (down && window->closing == BK_WINDOW_ASKED && !is_modifier(code))
        stay(stage, window);
    if (down && window->closing > BK_WINDOW_ASKED) { /* what it might ask is not seen */
        if (window->closing == BK_WINDOW_OVERDUE && code == KEY_ESC)
            stay(stage, window);
        return true;
    }
    struct bk_display_input *input = &actor_of(window)->app->input.devices;
    if (!down && !bk_display_input_is_down(input, code))
        return true; /* it went down elsewhere */
    stage->expects = false;
    bk_display_input_key(input, code, down);
    bk_stage_tell(stage);
    return true;
}

void bk_stage_expect(struct bk_stage *stage)
{
    stage->expects = true;
    stage->presented[0] = '\0';
}

static struct bk_window *window_of(const struct bk_stage *stage, const char *id)
{
    const struct bk_app *app = bk_apps_by_id(stage->apps, id);

    return app != NULL && app->cid != 0 ? bk_windows_find(&stage->windows, app->cid) : NULL;
}

void bk_stage_present(struct bk_stage *stage, const char *app)
{
    struct bk_window *window = window_of(stage, app);

    if (window != NULL) {
        bk_stage_focus(stage, window);
        return;
    }
    bk_stage_expect(stage);
    (void)snprintf(stage->presented, sizeof stage->presented, "%s", app);
}

void bk_stage_show_presented(struct bk_stage *stage)
{
    struct bk_window *window =
        stage->expects && stage->presented[0] != '\0' ? window_of(stage, stage->presented) : NULL;

    if (window == NULL)
        return;
    stage->expects = false;
    bk_stage_focus(stage, window);
}

void bk_stage_release_keys(struct bk_stage *stage)
{
    for (size_t i = 0; i < stage->windows.count; i++) {
        const struct actor *actor = actor_of(stage->windows.order[i]);
        if (actor != NULL)
            bk_display_input_release(&actor->app->input.devices);
    }
    stage->holder = NULL;
    bk_stage_tell(stage);
}

void bk_stage_focus(struct bk_stage *stage, struct bk_window *window)
{
    if (stage->windows.focus == window && (window == NULL || stage->windows.order[stage->windows.count - 1] == window))
        return;
    if (stage->windows.focus != window)
        bk_stage_release_keys(stage);
    bk_windows_focus(&stage->windows, window);
    bk_stage_changed(stage);
}

void bk_stage_toggle(struct bk_stage *stage, enum bk_window_mode mode)
{
    if (stage->windows.focus == NULL)
        return;
    bk_windows_toggle(&stage->windows, stage->windows.focus, mode);
    bk_stage_changed(stage);
}

void bk_stage_tile(struct bk_stage *stage, bool left)
{
    const struct bk_windows *windows = &stage->windows;

    if (!windows->single) {
        bk_stage_toggle(stage, left ? BK_WINDOW_LEFT : BK_WINDOW_RIGHT);
        return;
    }
    struct bk_window *beside = windows->focus != NULL ? bk_windows_neighbour(windows, windows->focus, left) : NULL;
    if (beside != NULL)
        bk_stage_focus(stage, beside);
}

void bk_stage_leave_full_screen(struct bk_stage *stage)
{
    if (bk_stage_is_full_screen(stage))
        bk_stage_toggle(stage, BK_WINDOW_FULL_SCREEN);
}

void bk_stage_lower(struct bk_stage *stage)
{
    struct bk_window *window = stage->windows.focus;

    if (window == NULL)
        return;
    if (window->mode != BK_WINDOW_NORMAL) {
        bk_windows_toggle(&stage->windows, window, window->mode);
    } else {
        minimise(stage, window);
    }
    bk_stage_changed(stage);
}

void bk_stage_raise(struct bk_stage *stage)
{
    struct bk_windows *windows = &stage->windows;

    if (windows->focus != NULL) {
        bk_windows_set_mode(windows, windows->focus, BK_WINDOW_MAXIMISED);
    } else if (windows->count > 0) {
        bk_windows_focus(windows, windows->order[windows->count - 1]);
    }
    bk_stage_changed(stage);
}

void bk_stage_close(struct bk_stage *stage, struct bk_window *window, uint64_t now_ms)
{
    if (window->closing == BK_WINDOW_OVERDUE) {
        end(stage, window, now_ms);
    } else if (window->closing == BK_WINDOW_ASKED) {
        bk_stage_offer_end(stage, window, now_ms);
    } else if (window->closing == BK_WINDOW_OPEN && request(stage, window, BK_STAGE_CLOSE)) {
        window->closing = BK_WINDOW_ASKED;
        window->closing_ms = now_ms;
        if (stage->windows.focus == window)
            bk_stage_release_keys(stage);
        bk_stage_changed(stage);
    }
}

void bk_stage_offer_end(struct bk_stage *stage, struct bk_window *window, uint64_t now_ms)
{
    window->closing = BK_WINDOW_OVERDUE;
    window->closing_ms = now_ms;
    bk_info("the window of app %u has not closed: whether to end it is the person's to say", window->cid);
    if (stage->windows.focus == window)
        bk_stage_release_keys(stage);
    bk_stage_changed(stage);
}

void bk_stage_toggle_shown(struct bk_stage *stage, uint32_t cid)
{
    struct bk_window *window = bk_windows_find(&stage->windows, cid);

    if (window == NULL)
        return;
    if (stage->windows.focus != window) {
        bk_stage_focus(stage, window);
        return;
    }
    minimise(stage, window);
    bk_stage_changed(stage);
}

struct bk_windows *bk_stage_windows(struct bk_stage *stage)
{
    return &stage->windows;
}

bool bk_stage_is_full_screen(const struct bk_stage *stage)
{
    return stage->windows.focus != NULL && stage->windows.focus->mode == BK_WINDOW_FULL_SCREEN;
}
