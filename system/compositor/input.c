/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All keyboards share one keymap: compiling it is the most expensive thing an input device costs.
 * The pointer's picture is drawn here, so that the image needs no cursor theme.
 */
#include "input.h"

#include "canvas.h"
#include "output.h"
#include "theme.h"

#include "log.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_keyboard.h>
#include <wlr/types/wlr_pointer.h>

#define POINTER_SIZE 32
#define POINTER_HOT  4 /* the tip, from the picture's top left */

struct bk_input {
    struct bk_desktop *desktop;
    struct wlr_cursor *cursor;
    struct wlr_buffer *picture;
    struct xkb_context *xkb;
    struct xkb_keymap *keymap;
    bool placed; /* the pointer has been put on the screen */
    struct wl_list keyboards;
    struct wl_listener motion;
    struct wl_listener motion_absolute;
    struct wl_listener button;
    struct wl_listener axis;
};

struct keyboard {
    struct bk_input *input;
    struct wlr_keyboard *wlr;
    struct wl_list link;
    struct wl_listener key;
    struct wl_listener destroy;
};

static void pointer_moved(struct bk_input *input)
{
    bk_ui_pointer_move(input->desktop->ui, input->cursor->x, input->cursor->y, bk_desktop_now_ms());
}

static void on_motion(struct wl_listener *listener, void *data)
{
    struct bk_input *input = wl_container_of(listener, input, motion);
    const struct wlr_pointer_motion_event *event = data;

    wlr_cursor_move(input->cursor, &event->pointer->base, event->delta_x, event->delta_y);
    pointer_moved(input);
}

static void on_motion_absolute(struct wl_listener *listener, void *data)
{
    struct bk_input *input = wl_container_of(listener, input, motion_absolute);
    const struct wlr_pointer_motion_absolute_event *event = data;

    wlr_cursor_warp_absolute(input->cursor, &event->pointer->base, event->x, event->y);
    pointer_moved(input);
}

static void on_button(struct wl_listener *listener, void *data)
{
    struct bk_input *input = wl_container_of(listener, input, button);
    const struct wlr_pointer_button_event *event = data;

    if (event->button != BTN_LEFT)
        return;
    if (event->state == WL_POINTER_BUTTON_STATE_PRESSED)
        bk_ui_pointer_press(input->desktop->ui, bk_desktop_now_ms());
    else
        bk_ui_pointer_release(input->desktop->ui, bk_desktop_now_ms());
}

static void on_axis(struct wl_listener *listener, void *data)
{
    struct bk_input *input = wl_container_of(listener, input, axis);
    const struct wlr_pointer_axis_event *event = data;

    if (event->orientation != WL_POINTER_AXIS_VERTICAL_SCROLL)
        return;
    double pixels = event->delta_discrete != 0
                        ? (double)event->delta_discrete / WLR_POINTER_AXIS_DISCRETE_STEP * BK_SCROLL_STEP
                        : event->delta;
    bk_ui_scroll(input->desktop->ui, pixels);
}

static void on_key(struct wl_listener *listener, void *data)
{
    struct keyboard *keyboard = wl_container_of(listener, keyboard, key);
    const struct wlr_keyboard_key_event *event = data;

    if (event->state != WL_KEYBOARD_KEY_STATE_PRESSED)
        return;
    uint32_t held = wlr_keyboard_get_modifiers(keyboard->wlr);
    unsigned modifiers = ((held & WLR_MODIFIER_SHIFT) != 0 ? BK_UI_SHIFT : 0U) |
                         ((held & WLR_MODIFIER_LOGO) != 0 ? BK_UI_SUPER : 0U) |
                         ((held & (WLR_MODIFIER_CTRL | WLR_MODIFIER_ALT)) != 0 ? BK_UI_OTHER : 0U);
    xkb_keysym_t symbol = xkb_state_key_get_one_sym(keyboard->wlr->xkb_state, event->keycode + 8);
    bk_ui_key(keyboard->input->desktop->ui, symbol, modifiers, bk_desktop_now_ms());
}

static void keyboard_free(struct keyboard *keyboard)
{
    wl_list_remove(&keyboard->key.link);
    wl_list_remove(&keyboard->destroy.link);
    wl_list_remove(&keyboard->link);
    free(keyboard);
}

static void on_keyboard_destroy(struct wl_listener *listener, void *data)
{
    struct keyboard *keyboard = wl_container_of(listener, keyboard, destroy);

    (void)data;
    keyboard_free(keyboard);
}

static void add_keyboard(struct bk_input *input, struct wlr_input_device *device)
{
    if (input->keymap == NULL)
        input->keymap = xkb_keymap_new_from_names(input->xkb, NULL, XKB_KEYMAP_COMPILE_NO_FLAGS);
    if (input->keymap == NULL) {
        bk_warning("no keymap: keyboard %s does nothing", device->name);
        return;
    }
    struct keyboard *keyboard = calloc(1, sizeof *keyboard);
    if (keyboard == NULL) {
        bk_warning("no memory for keyboard %s", device->name);
        return;
    }
    keyboard->input = input;
    keyboard->wlr = wlr_keyboard_from_input_device(device);
    wlr_keyboard_set_keymap(keyboard->wlr, input->keymap);
    keyboard->key.notify = on_key;
    wl_signal_add(&keyboard->wlr->events.key, &keyboard->key);
    keyboard->destroy.notify = on_keyboard_destroy;
    wl_signal_add(&device->events.destroy, &keyboard->destroy);
    wl_list_insert(&input->keyboards, &keyboard->link);
}

void bk_input_add(struct bk_input *input, struct wlr_input_device *device)
{
    switch (device->type) {
    case WLR_INPUT_DEVICE_KEYBOARD:
        add_keyboard(input, device);
        break;
    case WLR_INPUT_DEVICE_POINTER:
        wlr_cursor_attach_input_device(input->cursor, device);
        break;
    default:
        return;
    }
    bk_debug("input device %s", device->name != NULL ? device->name : "without a name");
}

/* The arrow: white with a dark edge, to be seen on everything. */
static struct wlr_buffer *draw_pointer(void)
{
    static const double shape[][2] = { { 0, 0 },      { 0, 17.2 },   { 3.9, 13.6 }, { 6.6, 19.6 },
                                       { 9.6, 18.3 }, { 6.9, 12.4 }, { 12.2, 12.2 } };
    struct bk_canvas canvas;

    if (bk_canvas_begin(POINTER_SIZE, POINTER_SIZE, &canvas) < 0)
        return NULL;
    cairo_t *cairo = canvas.cairo;
    for (int pass = 0; pass < 2; pass++) {
        cairo_new_path(cairo);
        for (size_t i = 0; i < sizeof shape / sizeof shape[0]; i++)
            cairo_line_to(cairo, POINTER_HOT + shape[i][0], POINTER_HOT + shape[i][1] + (pass == 0 ? 1.5 : 0));
        cairo_close_path(cairo);
        cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
        if (pass == 0) { /* a faint shadow */
            cairo_set_source_rgba(cairo, 0, 0, 0, 0.25);
            cairo_set_line_width(cairo, 4);
            cairo_stroke(cairo);
            continue;
        }
        cairo_set_source_rgb(cairo, 0.06, 0.09, 0.15);
        cairo_set_line_width(cairo, 2.6);
        cairo_stroke_preserve(cairo);
        cairo_set_source_rgb(cairo, 1, 1, 1);
        cairo_fill(cairo);
    }
    return bk_canvas_end(&canvas);
}

int bk_input_create(struct bk_desktop *desktop, struct bk_input **ret_input)
{
    struct bk_input *input = calloc(1, sizeof *input);
    if (input == NULL)
        return -ENOMEM;

    input->desktop = desktop;
    wl_list_init(&input->keyboards);
    input->picture = draw_pointer();
    input->xkb = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
    input->cursor = wlr_cursor_create();
    if (input->picture == NULL || input->xkb == NULL || input->cursor == NULL) {
        if (input->cursor != NULL)
            wlr_cursor_destroy(input->cursor);
        xkb_context_unref(input->xkb);
        if (input->picture != NULL)
            wlr_buffer_drop(input->picture);
        free(input);
        return -ENOMEM;
    }
    wlr_cursor_attach_output_layout(input->cursor, desktop->layout);
    input->motion.notify = on_motion;
    wl_signal_add(&input->cursor->events.motion, &input->motion);
    input->motion_absolute.notify = on_motion_absolute;
    wl_signal_add(&input->cursor->events.motion_absolute, &input->motion_absolute);
    input->button.notify = on_button;
    wl_signal_add(&input->cursor->events.button, &input->button);
    input->axis.notify = on_axis;
    wl_signal_add(&input->cursor->events.axis, &input->axis);
    *ret_input = input;
    return 0;
}

void bk_input_destroy(struct bk_input *input)
{
    struct keyboard *keyboard, *next;

    if (input == NULL)
        return;
    wl_list_for_each_safe(keyboard, next, &input->keyboards, link) keyboard_free(keyboard);
    wl_list_remove(&input->motion.link);
    wl_list_remove(&input->motion_absolute.link);
    wl_list_remove(&input->button.link);
    wl_list_remove(&input->axis.link);
    wlr_cursor_destroy(input->cursor);
    wlr_buffer_drop(input->picture);
    xkb_keymap_unref(input->keymap);
    xkb_context_unref(input->xkb);
    free(input);
}

void bk_input_screen_changed(struct bk_input *input, struct wlr_output *output)
{
    if (!input->placed) {
        /* Beside the middle: there it is found, and covers nothing that is centred. */
        wlr_cursor_warp(input->cursor, NULL, output->width * 0.5, output->height * 0.5);
        input->placed = true;
    } else {
        wlr_cursor_warp_closest(input->cursor, NULL, input->cursor->x, input->cursor->y);
    }
    wlr_cursor_unset_image(input->cursor);
    wlr_cursor_set_buffer(input->cursor, input->picture, POINTER_HOT, POINTER_HOT, 1);
}
