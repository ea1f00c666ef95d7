/* SPDX-License-Identifier: Apache-2.0 */
#include "seat.h"

#include "clipboard_service.h"
#include "phone.h"
#include "switcher.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <math.h>
#include <stdlib.h>

#define SCROLL_SLOP 12  /* logical pixels; less is a finger that trembles */
#define HOLD_MS     500 /* a finger that rests for as long wants what the other button of a pointer does */

#define LATIN_MAX 0x24f /* the last of Latin Extended-B */

/* --- the pointer --- */

/* Nothing is below a finger that is up. */
static void lose_place(struct bk_seat *seat)
{
    seat->x = seat->y = -1;
}

static uint32_t bit_of(unsigned button)
{
    return UINT32_C(1) << ((button - BTN_MOUSE) & 31U);
}

/* What presses one of the desktop's own parts, a finger or the left button, is down. */
static bool ui_is_pressed(const struct bk_seat *seat)
{
    return (seat->ui_holds & bit_of(BTN_LEFT)) != 0;
}

static void point_at_question(struct bk_seat *seat)
{
    bk_prompt_point(&seat->desktop->prompt, bk_prompt_view_at(&seat->desktop->prompt_view, seat->x, seat->y));
}

void bk_seat_refresh(struct bk_seat *seat)
{
    struct bk_desktop *desktop = seat->desktop;
    uint64_t now_ms = bk_desktop_now_ms();

    if (seat->asking) {
        point_at_question(seat);
        bk_stage_pointer_move(desktop->stage, seat->x, seat->y, true, now_ms);
        return;
    }
    if (bk_stage_holds_pointer(desktop->stage)) {
        bk_stage_pointer_move(desktop->stage, seat->x, seat->y, false, now_ms);
        return;
    }
    bk_ui_pointer_move(desktop->ui, seat->x, seat->y, now_ms);
    bool covered = bk_ui_has_pointer(desktop->ui) || bk_switcher_is_open(desktop->switcher) ||
                   (desktop->phone != NULL && bk_phone_is_open(desktop->phone));
    bk_stage_pointer_move(desktop->stage, seat->x, seat->y, covered, now_ms);
}

void bk_seat_pointer_move(struct bk_seat *seat, double x, double y)
{
    seat->x = x;
    seat->y = y;
    if (seat->turning)
        return;
    if (!seat->asking && seat->pointer_down &&
        bk_phone_touch(seat->desktop->phone, BK_PHONE_POINTER, x, y, false, bk_desktop_now_ms()))
        return;
    bk_seat_refresh(seat);
}

/* The finger that came down just now may rest there, or does not any more. */
static void await_hold(struct bk_seat *seat, bool rests)
{
    if (rests && sd_event_source_set_time(seat->hold_timer, (bk_desktop_now_ms() + HOLD_MS) * 1000) < 0)
        rests = false;
    (void)sd_event_source_set_enabled(seat->hold_timer, rests ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static int on_hold_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_seat *seat = userdata;

    (void)source;
    seat->held = bk_ui_pointer_hold(seat->desktop->ui, usec / 1000);
    return 0;
}

static void let_go_of_all(struct bk_seat *seat)
{
    struct bk_desktop *desktop = seat->desktop;

    if (desktop->phone != NULL)
        bk_phone_let_go(desktop->phone, bk_desktop_now_ms());
    bk_stage_let_go(desktop->stage);
    bk_ui_pointer_cancel(desktop->ui);
    bk_prompt_cancel(&desktop->prompt);
    await_hold(seat, false);
    seat->ui_holds = 0;
    seat->pointer_down = false;
    seat->scrolls = false;
    seat->asked_finger_down = false;
}

void bk_seat_set_turning(struct bk_seat *seat, bool turning)
{
    if (turning)
        let_go_of_all(seat);
    seat->turning = turning;
}

void bk_seat_set_asking(struct bk_seat *seat, bool asking)
{
    struct bk_desktop *desktop = seat->desktop;

    if (asking) {
        let_go_of_all(seat);
        bk_stage_release_keys(desktop->stage);
        if (bk_switcher_is_open(desktop->switcher))
            bk_switcher_end(desktop->switcher, false);
        bk_ui_pointer_leave(desktop->ui, bk_desktop_now_ms());
        seat->super_alone = false;
    }
    seat->asking = asking;
    seat->asked_finger_down = false;
    bk_seat_refresh(seat);
}

static void press_question(struct bk_seat *seat, bool down)
{
    struct bk_prompt *prompt = &seat->desktop->prompt;

    point_at_question(seat);
    if (down)
        bk_prompt_press(prompt, bk_desktop_now_ms());
    else
        bk_prompt_release(prompt, bk_desktop_now_ms());
}

static void scroll_question(struct bk_seat *seat, double pixels)
{
    bk_prompt_scroll(&seat->desktop->prompt, (int)lround(pixels));
    point_at_question(seat);
}

/* A finger that is pressed on a list and moves on takes the list along. */
static bool drag_question(struct bk_seat *seat, double y)
{
    if (!bk_prompt_has_list(&seat->desktop->prompt) || (!seat->scrolls && fabs(y - seat->press_y) < SCROLL_SLOP))
        return false;
    seat->scrolls = true;
    const double pixels = round(seat->scroll_y - y); /* what is left of it is scrolled with the next */
    scroll_question(seat, pixels);
    seat->scroll_y -= pixels;
    return true;
}

/* One finger at a time is a pointer with one button. */
static void touch_question(struct bk_seat *seat, int32_t finger, double x, double y, bool down)
{
    if (down ? seat->asked_finger_down : !seat->asked_finger_down || seat->asked_finger != finger)
        return;
    seat->x = x;
    seat->y = y;
    if (!down) {
        if (!drag_question(seat, y))
            point_at_question(seat);
        return;
    }
    seat->press_y = seat->scroll_y = y;
    seat->scrolls = false;
    seat->asked_finger_down = true;
    seat->asked_finger = finger;
    press_question(seat, true);
}

static void lift_from_question(struct bk_seat *seat, int32_t finger, bool cancelled)
{
    if (!seat->asked_finger_down)
        lose_place(seat); /* it came down before the question */
    if (!seat->asked_finger_down || seat->asked_finger != finger)
        return;
    seat->asked_finger_down = false;
    lose_place(seat);
    if (cancelled)
        bk_prompt_cancel(&seat->desktop->prompt);
    else
        bk_prompt_release(&seat->desktop->prompt, bk_desktop_now_ms());
    bk_prompt_point(&seat->desktop->prompt, BK_PROMPT_NOTHING);
    if (!seat->asking)
        bk_ui_pointer_leave(seat->desktop->ui, bk_desktop_now_ms());
}

static void press_part(struct bk_seat *seat, unsigned button, bool down)
{
    struct bk_desktop *desktop = seat->desktop;
    uint64_t now_ms = bk_desktop_now_ms();
    const uint32_t bit = bit_of(button);
    bool left = button == BTN_LEFT;

    if (down && !bk_stage_holds_pointer(desktop->stage)) {
        bool ui = bk_ui_has_pointer(desktop->ui);
        if (left)
            bk_ui_pointer_press(desktop->ui, now_ms);
        else if (button == BTN_RIGHT && ui)
            bk_ui_pointer_press_other(desktop->ui, now_ms);
        if (ui) {
            seat->ui_holds |= bit;
            return;
        }
    } else if (!down && (seat->ui_holds & bit) != 0) {
        seat->ui_holds &= ~bit;
        if (left) {
            bk_ui_pointer_release(desktop->ui, now_ms);
            bk_seat_refresh(seat);
        }
        return;
    }
    seat->ui_holds &= ~bit;
    bk_stage_pointer_button(desktop->stage, button, down, now_ms);
    if (!down && left)
        bk_ui_pointer_release(desktop->ui, now_ms);
}

/* On a phone the pointer's left button is a finger to the system, and then to nobody else. */
static bool press_phone(struct bk_seat *seat, bool down)
{
    struct bk_phone *phone = seat->desktop->phone;

    if (phone == NULL)
        return false;
    seat->pointer_down = down;
    return down ? bk_phone_touch(phone, BK_PHONE_POINTER, seat->x, seat->y, true, bk_desktop_now_ms())
                : bk_phone_touch_up(phone, BK_PHONE_POINTER, bk_desktop_now_ms());
}

void bk_seat_pointer_button(struct bk_seat *seat, unsigned button, bool down)
{
    seat->super_alone = false;
    if (seat->turning)
        return;
    if (seat->asking) {
        if (button == BTN_LEFT)
            press_question(seat, down);
        return;
    }
    if (button == BTN_LEFT && press_phone(seat, down))
        return;
    press_part(seat, button, down);
}

void bk_seat_scroll(struct bk_seat *seat, bool horizontal, int32_t amount, double pixels)
{
    struct bk_desktop *desktop = seat->desktop;

    if (seat->turning)
        return;
    if (seat->asking) {
        if (!horizontal)
            scroll_question(seat, pixels);
        return;
    }
    if (bk_ui_has_pointer(desktop->ui)) {
        if (!horizontal)
            bk_ui_scroll(desktop->ui, pixels);
        return;
    }
    bk_stage_scroll(desktop->stage, horizontal, amount);
}

void bk_seat_let_go(struct bk_seat *seat)
{
    struct bk_desktop *desktop = seat->desktop;

    await_hold(seat, false);
    bk_ui_pointer_cancel(desktop->ui);
    if (ui_is_pressed(seat) || bk_stage_holds_pointer(desktop->stage))
        press_part(seat, BTN_LEFT, false);
    bk_ui_pointer_leave(desktop->ui, bk_desktop_now_ms());
}

/* A finger that is pressed on a list and moves on takes the list along. One that has opened a menu does no more. */
static bool scroll(struct bk_seat *seat, double x, double y)
{
    if (seat->held)
        return true;
    if (hypot(x - seat->press_x, y - seat->press_y) >= SCROLL_SLOP)
        await_hold(seat, false);
    if (!seat->scrolls && fabs(y - seat->press_y) < SCROLL_SLOP)
        return false;
    if (!seat->scrolls)
        bk_ui_pointer_cancel(seat->desktop->ui);
    seat->scrolls = true;
    bk_ui_scroll(seat->desktop->ui, seat->scroll_y - y);
    seat->scroll_y = y;
    return true;
}

/* A finger that is on no app's content is a pointer with one button. */
void bk_seat_touch(struct bk_seat *seat, int32_t finger, double x, double y, bool down)
{
    struct bk_desktop *desktop = seat->desktop;
    uint64_t now_ms = bk_desktop_now_ms();

    if (seat->turning)
        return;
    if (seat->asking) {
        touch_question(seat, finger, x, y, down);
        return;
    }
    if (desktop->phone != NULL && bk_phone_touch(desktop->phone, finger, x, y, down, now_ms))
        return;
    if (!down && ui_is_pressed(seat) && scroll(seat, x, y))
        return;
    seat->x = x;
    seat->y = y;
    if (!ui_is_pressed(seat) && !bk_stage_holds_pointer(desktop->stage)) {
        bk_ui_pointer_move(desktop->ui, x, y, now_ms);
        if (down && bk_ui_shows_notifications(desktop->ui) && !bk_ui_has_pointer(desktop->ui)) {
            bk_ui_pointer_press(desktop->ui, now_ms); /* beside them: it closes them, and does no more */
            return;
        }
        if (!bk_ui_has_pointer(desktop->ui) && bk_stage_touch(desktop->stage, finger, x, y, down, now_ms))
            return;
    }
    bk_seat_refresh(seat);
    if (!down)
        return;
    await_hold(seat, !ui_is_pressed(seat)); /* a second finger means something else */
    seat->press_x = x;
    seat->press_y = seat->scroll_y = y;
    seat->scrolls = seat->held = false;
    press_part(seat, BTN_LEFT, true);
}

void bk_seat_touch_up(struct bk_seat *seat, int32_t finger)
{
    struct bk_desktop *desktop = seat->desktop;

    if (seat->asking) {
        lift_from_question(seat, finger, false);
        return;
    }
    if (desktop->phone != NULL && bk_phone_touch_up(desktop->phone, finger, bk_desktop_now_ms())) {
        lose_place(seat);
        return;
    }
    bk_stage_touch_up(desktop->stage, finger);
    await_hold(seat, false);
    if (ui_is_pressed(seat) || bk_stage_holds_pointer(desktop->stage))
        press_part(seat, BTN_LEFT, false);
    lose_place(seat);
    bk_ui_pointer_leave(desktop->ui, bk_desktop_now_ms());
}

void bk_seat_touch_cancel(struct bk_seat *seat, int32_t finger)
{
    struct bk_desktop *desktop = seat->desktop;

    if (seat->asking) {
        lift_from_question(seat, finger, true);
        return;
    }
    if (desktop->phone != NULL)
        bk_phone_touch_cancel(desktop->phone, finger, bk_desktop_now_ms());
    bk_stage_touch_up(desktop->stage, finger);
    bk_seat_let_go(seat);
}

/* --- shortcuts --- */

static void tile_left(struct bk_desktop *desktop)
{
    bk_stage_tile(desktop->stage, true);
}

static void tile_right(struct bk_desktop *desktop)
{
    bk_stage_tile(desktop->stage, false);
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

static void press_question_key(struct bk_seat *seat, xkb_keysym_t symbol, const char *text, unsigned modifiers)
{
    static const struct {
        xkb_keysym_t symbol;
        enum bk_prompt_key key;
    } keys[] = {
        { XKB_KEY_Tab, BK_PROMPT_KEY_NEXT },        { XKB_KEY_ISO_Left_Tab, BK_PROMPT_KEY_BACK },
        { XKB_KEY_Left, BK_PROMPT_KEY_LEFT },       { XKB_KEY_Right, BK_PROMPT_KEY_RIGHT },
        { XKB_KEY_Up, BK_PROMPT_KEY_UP },           { XKB_KEY_Down, BK_PROMPT_KEY_DOWN },
        { XKB_KEY_Return, BK_PROMPT_KEY_PRESS },    { XKB_KEY_KP_Enter, BK_PROMPT_KEY_PRESS },
        { XKB_KEY_space, BK_PROMPT_KEY_PRESS },     { XKB_KEY_Escape, BK_PROMPT_KEY_ESCAPE },
        { XKB_KEY_Home, BK_PROMPT_KEY_HOME },       { XKB_KEY_End, BK_PROMPT_KEY_END },
        { XKB_KEY_Prior, BK_PROMPT_KEY_PAGE_UP },   { XKB_KEY_Next, BK_PROMPT_KEY_PAGE_DOWN },
        { XKB_KEY_BackSpace, BK_PROMPT_KEY_ERASE },
    };

    if ((modifiers & (BK_SEAT_SUPER | BK_SEAT_ALT | BK_SEAT_CONTROL)) != 0 ||
        bk_prompt_type(&seat->desktop->prompt, text, bk_desktop_now_ms()))
        return;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (keys[i].symbol != symbol)
            continue;
        bool back = symbol == XKB_KEY_Tab && (modifiers & BK_SEAT_SHIFT) != 0;
        bk_prompt_key(&seat->desktop->prompt, back ? BK_PROMPT_KEY_BACK : keys[i].key, bk_desktop_now_ms());
        return;
    }
}

/* --- pasting --- */

/* Where the layout has no letters of Latin, V is where it is. */
static bool pastes(unsigned code, xkb_keysym_t symbol, unsigned modifiers)
{
    const bool foreign = xkb_keysym_to_utf32(symbol) > LATIN_MAX;
    const unsigned with = modifiers & (BK_SEAT_SHIFT | BK_SEAT_SUPER | BK_SEAT_ALT | BK_SEAT_CONTROL);

    if (foreign ? code == KEY_V : xkb_keysym_to_lower(symbol) == XKB_KEY_v)
        return (with & ~(unsigned)BK_SEAT_SHIFT) == BK_SEAT_CONTROL;
    return symbol == XKB_KEY_XF86Paste || (symbol == XKB_KEY_Insert && with == BK_SEAT_SHIFT);
}

/* The app gets the key; what pastes, the broker hears of before. */
static bool press_in_app(struct bk_seat *seat, unsigned code, xkb_keysym_t symbol, unsigned modifiers)
{
    const struct bk_desktop *desktop = seat->desktop;
    const struct bk_window *window = bk_stage_windows(desktop->stage)->focus;

    if (bk_ui_has_keyboard(desktop->ui))
        return false;
    if (window != NULL && window->closing <= BK_WINDOW_ASKED && pastes(code, symbol, modifiers))
        bk_clipboard_service_gesture(desktop->service, window->cid);
    return bk_stage_key(desktop->stage, code, true);
}

void bk_seat_key(struct bk_seat *seat, unsigned code, bool down, xkb_keysym_t symbol, const char *text,
                 unsigned modifiers)
{
    struct bk_desktop *desktop = seat->desktop;
    uint64_t now_ms = bk_desktop_now_ms();

    if (seat->asking) { /* what is let go of was let go of in the app when the question came */
        if (down)
            press_question_key(seat, symbol, text, modifiers);
        return;
    }
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
    if (desktop->phone != NULL && bk_phone_is_open(desktop->phone)) {
        bk_phone_key(desktop->phone, symbol, now_ms);
        return;
    }
    if (press_in_app(seat, code, symbol, modifiers))
        return;
    if ((modifiers & (BK_SEAT_ALT | BK_SEAT_CONTROL)) == 0)
        bk_ui_key(desktop->ui, symbol, text, (modifiers & BK_SEAT_SHIFT) != 0, now_ms);
}

/* --- beginning and end --- */

int bk_seat_create(struct bk_desktop *desktop, struct bk_seat **ret_seat)
{
    struct bk_seat *seat = calloc(1, sizeof *seat);
    if (seat == NULL)
        return -ENOMEM;

    seat->desktop = desktop;
    seat->x = seat->y = -1; /* there is no pointer yet */
    int r = sd_event_add_time(desktop->event, &seat->hold_timer, CLOCK_MONOTONIC, UINT64_MAX, 1000, on_hold_time, seat);
    if (r >= 0)
        r = sd_event_source_set_enabled(seat->hold_timer, SD_EVENT_OFF);
    if (r < 0) {
        bk_seat_destroy(seat);
        return r;
    }
    *ret_seat = seat;
    return 0;
}

void bk_seat_destroy(struct bk_seat *seat)
{
    if (seat == NULL)
        return;
    sd_event_source_disable_unref(seat->hold_timer);
    free(seat);
}
