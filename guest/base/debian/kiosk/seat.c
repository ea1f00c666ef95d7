/* SPDX-License-Identifier: Apache-2.0 */
#include "kiosk.h"

#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <wlr/interfaces/wlr_keyboard.h>
#include <wlr/types/wlr_cursor_shape_v1.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_keyboard.h>
#include <wlr/types/wlr_pointer.h>
#include <wlr/types/wlr_primary_selection.h>
#include <wlr/types/wlr_touch.h>
#include <xkbcommon/xkbcommon.h>

#define CURSOR_SHAPE_VERSION 1
#define REPEAT_RATE          25 /* keys a second … */
#define REPEAT_DELAY_MS      600

struct keyboard {
    struct wl_list link;
    struct kiosk *kiosk;
    struct wlr_keyboard *wlr;
    struct wl_listener key, modifiers, destroy;
};

static void on_key(struct wl_listener *listener, void *data)
{
    struct keyboard *keyboard = wl_container_of(listener, keyboard, key);
    const struct wlr_keyboard_key_event *event = data;

    wlr_seat_set_keyboard(keyboard->kiosk->seat, keyboard->wlr);
    wlr_seat_keyboard_notify_key(keyboard->kiosk->seat, event->time_msec, event->keycode, event->state);
}

static void on_modifiers(struct wl_listener *listener, void *data)
{
    struct keyboard *keyboard = wl_container_of(listener, keyboard, modifiers);

    (void)data;
    wlr_seat_set_keyboard(keyboard->kiosk->seat, keyboard->wlr);
    wlr_seat_keyboard_notify_modifiers(keyboard->kiosk->seat, &keyboard->wlr->modifiers);
}

static void on_keyboard_destroyed(struct wl_listener *listener, void *data)
{
    struct keyboard *keyboard = wl_container_of(listener, keyboard, destroy);

    (void)data;
    wl_list_remove(&keyboard->link);
    wl_list_remove(&keyboard->key.link);
    wl_list_remove(&keyboard->modifiers.link);
    wl_list_remove(&keyboard->destroy.link);
    free(keyboard);
}

/* Until the system says what the person's layout is, it is XKB_DEFAULT_LAYOUT's. */
static struct xkb_keymap *keymap_of(struct kiosk *kiosk, const struct xkb_rule_names *names)
{
    if (kiosk->xkb == NULL)
        kiosk->xkb = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
    return kiosk->xkb != NULL ? xkb_keymap_new_from_names(kiosk->xkb, names, XKB_KEYMAP_COMPILE_NO_FLAGS) : NULL;
}

static void change_keymap(struct kiosk *kiosk, struct wlr_keyboard *wlr)
{
    /* wlroots presses what is held once more; what Caps Lock and Num Lock had locked it would forget. */
    xkb_mod_mask_t locked = wlr->modifiers.locked & (WLR_MODIFIER_CAPS | WLR_MODIFIER_MOD2);

    wlr_keyboard_set_keymap(wlr, kiosk->keymap);
    wlr_keyboard_notify_modifiers(wlr, wlr->modifiers.depressed, wlr->modifiers.latched, locked, 0);
    /* Programs begin anew with a new keymap, and know of no modifier. */
    if (wlr_seat_get_keyboard(kiosk->seat) == wlr)
        wlr_seat_keyboard_notify_modifiers(kiosk->seat, &wlr->modifiers);
}

void bk_kiosk_seat_set_layout(struct kiosk *kiosk, const char *layout, const char *variant)
{
    const struct xkb_rule_names names = { .rules = "evdev", .model = "pc105", .layout = layout, .variant = variant };
    struct xkb_keymap *keymap = keymap_of(kiosk, &names);
    struct keyboard *keyboard = NULL;

    if (keymap == NULL) {
        bk_warning("there is no keyboard layout %s:%s here", layout, variant);
        return;
    }
    xkb_keymap_unref(kiosk->keymap);
    kiosk->keymap = keymap;
    wl_list_for_each(keyboard, &kiosk->keyboards, link) change_keymap(kiosk, keyboard->wlr);
}

/* A power button counts as a keyboard, too; one keymap serves all. */
static void add_keyboard(struct kiosk *kiosk, struct wlr_keyboard *wlr)
{
    struct keyboard *keyboard = calloc(1, sizeof *keyboard);

    if (kiosk->keymap == NULL)
        kiosk->keymap = keymap_of(kiosk, NULL);
    if (keyboard == NULL || kiosk->keymap == NULL) {
        bk_error("a keyboard cannot be used");
        free(keyboard);
        return;
    }
    keyboard->kiosk = kiosk;
    keyboard->wlr = wlr;
    wl_list_insert(&kiosk->keyboards, &keyboard->link);
    wlr_keyboard_set_keymap(wlr, kiosk->keymap);
    wlr_keyboard_set_repeat_info(wlr, REPEAT_RATE, REPEAT_DELAY_MS);
    keyboard->key.notify = on_key;
    wl_signal_add(&wlr->events.key, &keyboard->key);
    keyboard->modifiers.notify = on_modifiers;
    wl_signal_add(&wlr->events.modifiers, &keyboard->modifiers);
    keyboard->destroy.notify = on_keyboard_destroyed;
    wl_signal_add(&wlr->base.events.destroy, &keyboard->destroy);
    wlr_seat_set_keyboard(kiosk->seat, wlr);
}

static void on_new_input(struct wl_listener *listener, void *data)
{
    struct kiosk *kiosk = wl_container_of(listener, kiosk, new_input);
    struct wlr_input_device *device = data;
    uint32_t has = kiosk->seat->capabilities;

    switch (device->type) {
    case WLR_INPUT_DEVICE_KEYBOARD:
        add_keyboard(kiosk, wlr_keyboard_from_input_device(device));
        has |= WL_SEAT_CAPABILITY_KEYBOARD;
        break;
    case WLR_INPUT_DEVICE_POINTER:
        wlr_cursor_attach_input_device(kiosk->cursor, device);
        has |= WL_SEAT_CAPABILITY_POINTER;
        break;
    case WLR_INPUT_DEVICE_TOUCH:
        wlr_cursor_attach_input_device(kiosk->cursor, device);
        has |= WL_SEAT_CAPABILITY_TOUCH;
        break;
    default:
        break;
    }
    wlr_seat_set_capabilities(kiosk->seat, has);
    if ((has & WL_SEAT_CAPABILITY_POINTER) != 0)
        wlr_cursor_set_xcursor(kiosk->cursor, kiosk->cursor_theme, "default");
}

/* ---- the pointer ---- */

static void point(struct kiosk *kiosk, uint32_t time_ms)
{
    double x = 0, y = 0;
    struct wlr_surface *surface = bk_kiosk_windows_at(kiosk, kiosk->cursor->x, kiosk->cursor->y, false, &x, &y);

    if (surface == NULL) {
        wlr_cursor_set_xcursor(kiosk->cursor, kiosk->cursor_theme, "default");
        wlr_seat_pointer_clear_focus(kiosk->seat);
        return;
    }
    wlr_seat_pointer_notify_enter(kiosk->seat, surface, x, y);
    wlr_seat_pointer_notify_motion(kiosk->seat, time_ms, x, y);
}

void bk_kiosk_seat_refresh(struct kiosk *kiosk)
{
    if ((kiosk->seat->capabilities & WL_SEAT_CAPABILITY_POINTER) != 0)
        point(kiosk, (uint32_t)bk_kiosk_now_ms());
}

static void on_motion(struct wl_listener *listener, void *data)
{
    struct kiosk *kiosk = wl_container_of(listener, kiosk, motion);
    const struct wlr_pointer_motion_event *event = data;

    wlr_cursor_move(kiosk->cursor, &event->pointer->base, event->delta_x, event->delta_y);
    point(kiosk, event->time_msec);
}

static void on_motion_absolute(struct wl_listener *listener, void *data)
{
    struct kiosk *kiosk = wl_container_of(listener, kiosk, motion_absolute);
    const struct wlr_pointer_motion_absolute_event *event = data;

    wlr_cursor_warp_absolute(kiosk->cursor, &event->pointer->base, event->x, event->y);
    point(kiosk, event->time_msec);
}

static void on_button(struct wl_listener *listener, void *data)
{
    struct kiosk *kiosk = wl_container_of(listener, kiosk, button);
    const struct wlr_pointer_button_event *event = data;
    double x, y;

    if (event->state == WL_POINTER_BUTTON_STATE_PRESSED)
        (void)bk_kiosk_windows_at(kiosk, kiosk->cursor->x, kiosk->cursor->y, true, &x, &y);
    wlr_seat_pointer_notify_button(kiosk->seat, event->time_msec, event->button, event->state);
}

static void on_axis(struct wl_listener *listener, void *data)
{
    struct kiosk *kiosk = wl_container_of(listener, kiosk, axis);
    const struct wlr_pointer_axis_event *event = data;

    wlr_seat_pointer_notify_axis(kiosk->seat, event->time_msec, event->orientation, event->delta, event->delta_discrete,
                                 event->source, event->relative_direction);
}

static void on_pointer_frame(struct wl_listener *listener, void *data)
{
    struct kiosk *kiosk = wl_container_of(listener, kiosk, pointer_frame);

    (void)data;
    wlr_seat_pointer_notify_frame(kiosk->seat);
}

/* ---- touch ---- */

static struct wlr_surface *touched(struct kiosk *kiosk, struct wlr_touch *touch, double x, double y, bool raise,
                                   double *ret_x, double *ret_y)
{
    double on_x, on_y;

    wlr_cursor_absolute_to_layout_coords(kiosk->cursor, &touch->base, x, y, &on_x, &on_y);
    return bk_kiosk_windows_at(kiosk, on_x, on_y, raise, ret_x, ret_y);
}

static void on_touch_down(struct wl_listener *listener, void *data)
{
    struct kiosk *kiosk = wl_container_of(listener, kiosk, touch_down);
    const struct wlr_touch_down_event *event = data;
    double x = 0, y = 0;
    struct wlr_surface *surface = touched(kiosk, event->touch, event->x, event->y, true, &x, &y);

    if (surface != NULL)
        wlr_seat_touch_notify_down(kiosk->seat, surface, event->time_msec, event->touch_id, x, y);
}

static void on_touch_up(struct wl_listener *listener, void *data)
{
    struct kiosk *kiosk = wl_container_of(listener, kiosk, touch_up);
    const struct wlr_touch_up_event *event = data;

    if (wlr_seat_touch_get_point(kiosk->seat, event->touch_id) != NULL)
        wlr_seat_touch_notify_up(kiosk->seat, event->time_msec, event->touch_id);
}

static void on_touch_motion(struct wl_listener *listener, void *data)
{
    struct kiosk *kiosk = wl_container_of(listener, kiosk, touch_motion);
    const struct wlr_touch_motion_event *event = data;
    double x = 0, y = 0;

    if (wlr_seat_touch_get_point(kiosk->seat, event->touch_id) != NULL &&
        touched(kiosk, event->touch, event->x, event->y, false, &x, &y) != NULL)
        wlr_seat_touch_notify_motion(kiosk->seat, event->time_msec, event->touch_id, x, y);
}

static void on_touch_cancel(struct wl_listener *listener, void *data)
{
    struct kiosk *kiosk = wl_container_of(listener, kiosk, touch_cancel);
    const struct wlr_touch_cancel_event *event = data;
    struct wlr_touch_point *point = wlr_seat_touch_get_point(kiosk->seat, event->touch_id);

    if (point != NULL && point->client != NULL)
        wlr_seat_touch_notify_cancel(kiosk->seat, point->client);
}

static void on_touch_frame(struct wl_listener *listener, void *data)
{
    struct kiosk *kiosk = wl_container_of(listener, kiosk, touch_frame);

    (void)data;
    wlr_seat_touch_notify_frame(kiosk->seat);
}

/* ---- what the app asks of the seat ---- */

void bk_kiosk_seat_focus(struct kiosk *kiosk, struct wlr_surface *surface)
{
    struct wlr_keyboard *keyboard = wlr_seat_get_keyboard(kiosk->seat);

    if (keyboard != NULL)
        wlr_seat_keyboard_notify_enter(kiosk->seat, surface, keyboard->keycodes, keyboard->num_keycodes,
                                       &keyboard->modifiers);
    else
        wlr_seat_keyboard_notify_enter(kiosk->seat, surface, NULL, 0, NULL);
}

static void on_request_cursor(struct wl_listener *listener, void *data)
{
    struct kiosk *kiosk = wl_container_of(listener, kiosk, request_cursor);
    const struct wlr_seat_pointer_request_set_cursor_event *event = data;

    if (kiosk->seat->pointer_state.focused_client == event->seat_client)
        wlr_cursor_set_surface(kiosk->cursor, event->surface, event->hotspot_x, event->hotspot_y);
}

static void on_request_shape(struct wl_listener *listener, void *data)
{
    struct kiosk *kiosk = wl_container_of(listener, kiosk, request_shape);
    const struct wlr_cursor_shape_manager_v1_request_set_shape_event *event = data;

    if (event->device_type == WLR_CURSOR_SHAPE_MANAGER_V1_DEVICE_TYPE_POINTER &&
        kiosk->seat->pointer_state.focused_client == event->seat_client)
        wlr_cursor_set_xcursor(kiosk->cursor, kiosk->cursor_theme, wlr_cursor_shape_v1_name(event->shape));
}

static void on_request_selection(struct wl_listener *listener, void *data)
{
    struct kiosk *kiosk = wl_container_of(listener, kiosk, request_selection);
    const struct wlr_seat_request_set_selection_event *event = data;

    wlr_seat_set_selection(kiosk->seat, event->source, event->serial);
    bk_kiosk_clipboard_copied(kiosk, event->source);
}

static void on_request_primary(struct wl_listener *listener, void *data)
{
    struct kiosk *kiosk = wl_container_of(listener, kiosk, request_primary);
    const struct wlr_seat_request_set_primary_selection_event *event = data;

    wlr_seat_set_primary_selection(kiosk->seat, event->source, event->serial);
}

static void listen(struct wl_signal *signal, struct wl_listener *listener, wl_notify_func_t notify)
{
    listener->notify = notify;
    wl_signal_add(signal, listener);
}

int bk_kiosk_seat_init(struct kiosk *kiosk)
{
    wl_list_init(&kiosk->keyboards);
    kiosk->seat = wlr_seat_create(kiosk->display, "seat0");
    kiosk->cursor = wlr_cursor_create();
    kiosk->cursor_theme = wlr_xcursor_manager_create(NULL, KIOSK_CURSOR_SIZE);
    struct wlr_cursor_shape_manager_v1 *shapes =
        wlr_cursor_shape_manager_v1_create(kiosk->display, CURSOR_SHAPE_VERSION);
    if (kiosk->seat == NULL || kiosk->cursor == NULL || kiosk->cursor_theme == NULL || shapes == NULL)
        return -ENOMEM;
    wlr_cursor_attach_output_layout(kiosk->cursor, kiosk->layout);
    listen(&kiosk->backend->events.new_input, &kiosk->new_input, on_new_input);
    listen(&kiosk->seat->events.request_set_cursor, &kiosk->request_cursor, on_request_cursor);
    listen(&shapes->events.request_set_shape, &kiosk->request_shape, on_request_shape);
    listen(&kiosk->seat->events.request_set_selection, &kiosk->request_selection, on_request_selection);
    listen(&kiosk->seat->events.request_set_primary_selection, &kiosk->request_primary, on_request_primary);
    listen(&kiosk->cursor->events.motion, &kiosk->motion, on_motion);
    listen(&kiosk->cursor->events.motion_absolute, &kiosk->motion_absolute, on_motion_absolute);
    listen(&kiosk->cursor->events.button, &kiosk->button, on_button);
    listen(&kiosk->cursor->events.axis, &kiosk->axis, on_axis);
    listen(&kiosk->cursor->events.frame, &kiosk->pointer_frame, on_pointer_frame);
    listen(&kiosk->cursor->events.touch_down, &kiosk->touch_down, on_touch_down);
    listen(&kiosk->cursor->events.touch_up, &kiosk->touch_up, on_touch_up);
    listen(&kiosk->cursor->events.touch_motion, &kiosk->touch_motion, on_touch_motion);
    listen(&kiosk->cursor->events.touch_cancel, &kiosk->touch_cancel, on_touch_cancel);
    listen(&kiosk->cursor->events.touch_frame, &kiosk->touch_frame, on_touch_frame);
    return 0;
}

void bk_kiosk_seat_finish(struct kiosk *kiosk)
{
    struct wl_listener *listeners[] = {
        &kiosk->new_input,         &kiosk->request_cursor,  &kiosk->request_shape,
        &kiosk->request_selection, &kiosk->request_primary, &kiosk->motion,
        &kiosk->motion_absolute,   &kiosk->button,          &kiosk->axis,
        &kiosk->pointer_frame,     &kiosk->touch_down,      &kiosk->touch_up,
        &kiosk->touch_motion,      &kiosk->touch_cancel,    &kiosk->touch_frame,
    };

    for (size_t i = 0; i < sizeof listeners / sizeof listeners[0]; i++)
        wl_list_remove(&listeners[i]->link);
    wlr_xcursor_manager_destroy(kiosk->cursor_theme);
    wlr_cursor_destroy(kiosk->cursor);
    xkb_keymap_unref(kiosk->keymap);
    xkb_context_unref(kiosk->xkb);
}
