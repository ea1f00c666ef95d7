/* SPDX-License-Identifier: Apache-2.0 */
#include "seat.h"

#include "switcher.h"

#include <linux/input-event-codes.h>

#define LATIN_MAX 0x24f /* the last of Latin Extended-B */

/* --- the pointer --- */

void bk_seat_refresh(struct bk_seat *seat)
{
    struct bk_desktop *desktop = seat->desktop;
    uint64_t now_ms = bk_desktop_now_ms();

    if (bk_stage_holds_pointer(desktop->stage)) {
        bk_stage_pointer_move(desktop->stage, seat->x, seat->y, false, now_ms);
        return;
    }
    bk_ui_pointer_move(desktop->ui, seat->x, seat->y, now_ms);
    bool covered = bk_ui_has_pointer(desktop->ui) || bk_switcher_is_open(desktop->switcher);
    bk_stage_pointer_move(desktop->stage, seat->x, seat->y, covered, now_ms);
}

void bk_seat_pointer_move(struct bk_seat *seat, double x, double y)
{
    seat->x = x;
    seat->y = y;
    bk_seat_refresh(seat);
}

void bk_seat_pointer_button(struct bk_seat *seat, unsigned button, bool down)
{
    struct bk_desktop *desktop = seat->desktop;
    uint64_t now_ms = bk_desktop_now_ms();
    bool left = button == BTN_LEFT;

    seat->super_alone = false;
    if (down && !bk_stage_holds_pointer(desktop->stage)) {
        bool ui = bk_ui_has_pointer(desktop->ui);
        if (left)
            bk_ui_pointer_press(desktop->ui, now_ms);
        seat->ui_holds = ui;
        if (ui)
            return;
    } else if (!down && seat->ui_holds) {
        if (left) {
            bk_ui_pointer_release(desktop->ui, now_ms);
            seat->ui_holds = false;
            bk_seat_refresh(seat);
        }
        return;
    }
    if (seat->ui_holds)
        return;
    bk_stage_pointer_button(desktop->stage, button, down, now_ms);
    if (!down && left)
        bk_ui_pointer_release(desktop->ui, now_ms);
}

void bk_seat_scroll(struct bk_seat *seat, bool horizontal, int32_t amount, double pixels)
{
    struct bk_desktop *desktop = seat->desktop;

    if (bk_ui_has_pointer(desktop->ui)) {
        if (!horizontal)
            bk_ui_scroll(desktop->ui, pixels);
        return;
    }
    bk_stage_scroll(desktop->stage, horizontal, amount);
}

/* A finger that is on no app's content is a pointer with one button. */
void bk_seat_touch(struct bk_seat *seat, int32_t finger, double x, double y, bool down)
{
    struct bk_desktop *desktop = seat->desktop;

    seat->x = x;
    seat->y = y;
    if (!seat->ui_holds && !bk_stage_holds_pointer(desktop->stage)) {
        bk_ui_pointer_move(desktop->ui, x, y, bk_desktop_now_ms());
        if (!bk_ui_has_pointer(desktop->ui) && bk_stage_touch(desktop->stage, finger, x, y, down, bk_desktop_now_ms()))
            return;
    }
    bk_seat_refresh(seat);
    if (down)
        bk_seat_pointer_button(seat, BTN_LEFT, true);
}

void bk_seat_touch_up(struct bk_seat *seat, int32_t finger)
{
    bk_stage_touch_up(seat->desktop->stage, finger);
    if (seat->ui_holds || bk_stage_holds_pointer(seat->desktop->stage))
        bk_seat_pointer_button(seat, BTN_LEFT, false);
}

/* --- shortcuts --- */

static void tile_left(struct bk_desktop *desktop)
{
    bk_stage_toggle(desktop->stage, BK_WINDOW_LEFT);
}

static void tile_right(struct bk_desktop *desktop)
{
    bk_stage_toggle(desktop->stage, BK_WINDOW_RIGHT);
}

static void raise_window(struct bk_desktop *desktop)
{
    bk_stage_raise(desktop->stage);
}

static void lower_window(struct bk_desktop *desktop)
{
    bk_stage_lower(desktop->stage);
}

static void full_screen(struct bk_desktop *desktop)
{
    bk_stage_toggle(desktop->stage, BK_WINDOW_FULL_SCREEN);
}

static void leave_full_screen(struct bk_desktop *desktop)
{
    bk_stage_leave_full_screen(desktop->stage);
}

static void close_window(struct bk_desktop *desktop)
{
    struct bk_window *window = bk_stage_windows(desktop->stage)->focus;

    if (window != NULL)
        bk_stage_close(desktop->stage, window, bk_desktop_now_ms());
}

static void show_notifications(struct bk_desktop *desktop)
{
    bk_ui_toggle_notifications(desktop->ui, bk_desktop_now_ms());
}

static void next_layout(struct bk_desktop *desktop)
{
    bk_desktop_next_layout(desktop);
}

/* All with Super. Letters go by what the layout says, but where it has none of Latin by where they are. */
static const struct {
    xkb_keysym_t key;
    void (*act)(struct bk_desktop *desktop);
    unsigned code;
} shortcuts[] = {
    { XKB_KEY_Left, tile_left, KEY_LEFT },     { XKB_KEY_Right, tile_right, KEY_RIGHT },
    { XKB_KEY_Up, raise_window, KEY_UP },      { XKB_KEY_Down, lower_window, KEY_DOWN },
    { XKB_KEY_space, next_layout, KEY_SPACE }, { XKB_KEY_Escape, leave_full_screen, KEY_ESC },
    { XKB_KEY_f, full_screen, KEY_F },         { XKB_KEY_q, close_window, KEY_Q },
    { XKB_KEY_n, show_notifications, KEY_N },
};

static bool is_super(unsigned code)
{
    return code == KEY_LEFTMETA || code == KEY_RIGHTMETA;
}

static bool is_alt(unsigned code)
{
    return code == KEY_LEFTALT || code == KEY_RIGHTALT;
}

static void press_super(struct bk_seat *seat, unsigned code, xkb_keysym_t symbol)
{
    bool foreign = xkb_keysym_to_utf32(symbol) > LATIN_MAX;

    for (size_t i = 0; i < sizeof shortcuts / sizeof shortcuts[0]; i++) {
        if (foreign ? shortcuts[i].code == code : shortcuts[i].key == xkb_keysym_to_lower(symbol))
            shortcuts[i].act(seat->desktop);
    }
    bk_seat_refresh(seat);
}

/* Alt is held: each Tab goes on to the next window, and to let Alt go is to choose. */
static bool press_switcher(struct bk_seat *seat, xkb_keysym_t symbol, unsigned modifiers)
{
    struct bk_desktop *desktop = seat->desktop;
    bool open = bk_switcher_is_open(desktop->switcher);

    if (symbol == XKB_KEY_Tab || symbol == XKB_KEY_ISO_Left_Tab) {
        bool back = symbol == XKB_KEY_ISO_Left_Tab || (modifiers & BK_SEAT_SHIFT) != 0;
        bk_stage_release_keys(desktop->stage);
        bk_switcher_step(desktop->switcher, back);
        return true;
    }
    if (open && symbol == XKB_KEY_Escape)
        bk_switcher_end(desktop->switcher, false);
    return open;
}

void bk_seat_key(struct bk_seat *seat, unsigned code, bool down, xkb_keysym_t symbol, const char *text,
                 unsigned modifiers)
{
    struct bk_desktop *desktop = seat->desktop;
    uint64_t now_ms = bk_desktop_now_ms();

    if (is_super(code)) {
        if (!down && seat->super_alone)
            bk_ui_toggle_launcher(desktop->ui, now_ms);
        seat->super_alone = down && !bk_switcher_is_open(desktop->switcher);
        if (!down)
            bk_seat_refresh(seat);
        return;
    }
    seat->super_alone = false;
    if (!down) {
        if (is_alt(code) && bk_switcher_is_open(desktop->switcher))
            bk_switcher_end(desktop->switcher, true);
        (void)bk_stage_key(desktop->stage, code, false);
        return;
    }
    if ((modifiers & BK_SEAT_SUPER) != 0) {
        press_super(seat, code, symbol);
        return;
    }
    if (((modifiers & BK_SEAT_ALT) != 0 || bk_switcher_is_open(desktop->switcher)) &&
        press_switcher(seat, symbol, modifiers))
        return;
    if (!bk_ui_has_keyboard(desktop->ui) && bk_stage_key(desktop->stage, code, true))
        return;
    if ((modifiers & (BK_SEAT_ALT | BK_SEAT_CONTROL)) == 0)
        bk_ui_key(desktop->ui, symbol, text, (modifiers & BK_SEAT_SHIFT) != 0, now_ms);
}
