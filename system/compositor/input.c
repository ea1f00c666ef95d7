/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All keyboards share one keymap, which is that of the layout that the person chose.
 * The pointer's picture is drawn here, so that the image needs no cursor theme.
 */
#include "input.h"

#include "canvas.h"
#include "keymaps.h"
#include "output.h"
#include "seat.h"
#include "theme.h"

#include "log.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <math.h>
#include <stdlib.h>
#include <wlr/interfaces/wlr_keyboard.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_keyboard.h>
#include <wlr/types/wlr_pointer.h>
#include <wlr/types/wlr_touch.h>

#define POINTER_SIZE 32
#define POINTER_HOT  4 /* the arrow's tip, from the picture's top left */

#define PIXELS_A_CLICK 15.0 /* of a touchpad */
#define TEXT_MAX       16   /* bytes that a key types */

struct bk_input {
    struct bk_desktop *desktop;
    struct wlr_cursor *cursor;
    struct wlr_buffer *pictures[BK_POINTER_APP]; /* by shape */
    enum bk_pointer_shape shape;
    struct wlr_buffer *app_picture; /* locked; with BK_POINTER_APP */
    int hot_x, hot_y;
    struct bk_keymaps keymaps;
    bool placed;          /* the pointer has been put on the screen */
    bool hidden;          /* fingers are used, and no pointer */
    bool turning;         /* the desktop is, and no pointer is seen */
    int orientation;      /* of the desktop when the pointer was put where it is */
    double width, height; /* and the screen's logical size */
    double x, y;          /* where it was last: wlroots moves it when the screen becomes another */
    double scale;         /* as the pictures are drawn */
    struct wl_list keyboards;
    struct wl_listener motion;
    struct wl_listener motion_absolute;
    struct wl_listener button;
    struct wl_listener axis;
    struct wl_listener touch_down;
    struct wl_listener touch_motion;
    struct wl_listener touch_up;
    struct wl_listener touch_cancel;
};

struct keyboard {
    struct bk_input *input;
    struct wlr_keyboard *wlr;
    struct wl_list link;
    struct wl_listener key;
    struct wl_listener destroy;
};

static void show_pointer(struct bk_input *input)
{
    const int middle = POINTER_SIZE / 2;
    const float scale = (float)input->scale;
    const enum bk_pointer_shape shape = input->hidden || input->turning ? BK_POINTER_HIDDEN : input->shape;

    switch (shape) {
    case BK_POINTER_APP:
        wlr_cursor_set_buffer(input->cursor, input->app_picture, input->hot_x, input->hot_y, scale);
        break;
    case BK_POINTER_ARROW:
        wlr_cursor_set_buffer(input->cursor, input->pictures[BK_POINTER_ARROW], POINTER_HOT, POINTER_HOT, scale);
        break;
    default:
        wlr_cursor_set_buffer(input->cursor, input->pictures[shape], middle, middle, scale);
        break;
    }
}

static void set_hidden(struct bk_input *input, bool hidden)
{
    if (hidden == input->hidden)
        return;
    input->hidden = hidden;
    show_pointer(input);
}

static void pointer_moved(struct bk_input *input, double x, double y)
{
    input->x = x;
    input->y = y;
    bk_seat_pointer_move(input->desktop->seat, x, y);
}

static void on_motion(struct wl_listener *listener, void *data)
{
    struct bk_input *input = wl_container_of(listener, input, motion);
    const struct wlr_pointer_motion_event *event = data;

    set_hidden(input, false);
    wlr_cursor_move(input->cursor, &event->pointer->base, event->delta_x, event->delta_y);
    pointer_moved(input, input->cursor->x, input->cursor->y);
}

/* A place on the screen, in parts of it, in logical pixels. Not wlroots' own way, which has whole logical pixels only.
 */
static void place_at(const struct bk_input *input, double part_x, double part_y, double *ret_x, double *ret_y)
{
    int width = 0, height = 0;

    if (input->desktop->output != NULL)
        wlr_output_transformed_resolution(bk_output_wlr(input->desktop->output), &width, &height);
    *ret_x = part_x * width / bk_canvas_scale();
    *ret_y = part_y * height / bk_canvas_scale();
}

static void on_motion_absolute(struct wl_listener *listener, void *data)
{
    struct bk_input *input = wl_container_of(listener, input, motion_absolute);
    const struct wlr_pointer_motion_absolute_event *event = data;
    double x, y;

    set_hidden(input, false);
    place_at(input, event->x, event->y, &x, &y);
    wlr_cursor_warp_closest(input->cursor, NULL, x, y);
    pointer_moved(input, x, y);
}

/* The pointer is where it was left, though a finger was somewhere else since. */
static void come_back(struct bk_input *input)
{
    if (!input->hidden)
        return;
    set_hidden(input, false);
    pointer_moved(input, input->x, input->y);
}

static void on_button(struct wl_listener *listener, void *data)
{
    struct bk_input *input = wl_container_of(listener, input, button);
    const struct wlr_pointer_button_event *event = data;

    come_back(input);
    bk_seat_pointer_button(input->desktop->seat, event->button, event->state == WL_POINTER_BUTTON_STATE_PRESSED);
}

static void on_axis(struct wl_listener *listener, void *data)
{
    struct bk_input *input = wl_container_of(listener, input, axis);
    const struct wlr_pointer_axis_event *event = data;

    come_back(input);
    /* A touchpad's way in pixels is as far as a wheel's click of as many. */
    double clicks = event->delta_discrete != 0 ? (double)event->delta_discrete / WLR_POINTER_AXIS_DISCRETE_STEP
                                               : event->delta / PIXELS_A_CLICK;
    double pixels = event->delta_discrete != 0 ? clicks * BK_SCROLL_STEP : event->delta;
    bk_seat_scroll(input->desktop->seat, event->orientation == WL_POINTER_AXIS_HORIZONTAL_SCROLL,
                   (int32_t)lround(clicks * WLR_POINTER_AXIS_DISCRETE_STEP), pixels);
}

static void on_touch_down(struct wl_listener *listener, void *data)
{
    struct bk_input *input = wl_container_of(listener, input, touch_down);
    const struct wlr_touch_down_event *event = data;
    double x, y;

    set_hidden(input, true);
    place_at(input, event->x, event->y, &x, &y);
    bk_seat_touch(input->desktop->seat, event->touch_id, x, y, true);
}

static void on_touch_motion(struct wl_listener *listener, void *data)
{
    struct bk_input *input = wl_container_of(listener, input, touch_motion);
    const struct wlr_touch_motion_event *event = data;
    double x, y;

    place_at(input, event->x, event->y, &x, &y);
    bk_seat_touch(input->desktop->seat, event->touch_id, x, y, false);
}

static void on_touch_up(struct wl_listener *listener, void *data)
{
    struct bk_input *input = wl_container_of(listener, input, touch_up);
    const struct wlr_touch_up_event *event = data;

    bk_seat_touch_up(input->desktop->seat, event->touch_id);
}

static void on_touch_cancel(struct wl_listener *listener, void *data)
{
    struct bk_input *input = wl_container_of(listener, input, touch_cancel);
    const struct wlr_touch_cancel_event *event = data;

    bk_seat_touch_cancel(input->desktop->seat, event->touch_id);
}

static void on_key(struct wl_listener *listener, void *data)
{
    struct keyboard *keyboard = wl_container_of(listener, keyboard, key);
    const struct wlr_keyboard_key_event *event = data;

    static const struct {
        uint32_t wlr;
        unsigned ours;
    } pairs[] = { { WLR_MODIFIER_SHIFT, BK_SEAT_SHIFT },
                  { WLR_MODIFIER_LOGO, BK_SEAT_SUPER },
                  { WLR_MODIFIER_ALT, BK_SEAT_ALT },
                  { WLR_MODIFIER_CTRL, BK_SEAT_CONTROL } };
    uint32_t held = wlr_keyboard_get_modifiers(keyboard->wlr);
    unsigned modifiers = 0;
    char text[TEXT_MAX];

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        modifiers |= (held & pairs[i].wlr) != 0 ? pairs[i].ours : 0U;
    xkb_keysym_t symbol = xkb_state_key_get_one_sym(keyboard->wlr->xkb_state, event->keycode + 8);
    xkb_state_key_get_utf8(keyboard->wlr->xkb_state, event->keycode + 8, text, sizeof text);
    bk_seat_key(keyboard->input->desktop->seat, event->keycode, event->state == WL_KEYBOARD_KEY_STATE_PRESSED, symbol,
                text, modifiers);
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
    struct xkb_keymap *keymap = bk_keymaps_of(&input->keymaps, input->desktop->layouts.chosen);

    if (keymap == NULL) {
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
    wlr_keyboard_set_keymap(keyboard->wlr, keymap);
    keyboard->key.notify = on_key;
    wl_signal_add(&keyboard->wlr->events.key, &keyboard->key);
    keyboard->destroy.notify = on_keyboard_destroy;
    wl_signal_add(&device->events.destroy, &keyboard->destroy);
    wl_list_insert(&input->keyboards, &keyboard->link);
}

bool bk_input_set_layout(struct bk_input *input, size_t layout)
{
    struct xkb_keymap *keymap = bk_keymaps_of(&input->keymaps, layout);
    struct keyboard *keyboard;

    if (keymap == NULL)
        return false;
    wl_list_for_each(keyboard, &input->keyboards, link)
    {
        /* wlroots presses the keys that are held once more, in the new keymap; what Caps Lock and Num Lock had locked
         * before it would forget. The masks of these two are the same in every keymap. */
        xkb_mod_mask_t locked = keyboard->wlr->modifiers.locked & (WLR_MODIFIER_CAPS | WLR_MODIFIER_MOD2);
        wlr_keyboard_set_keymap(keyboard->wlr, keymap);
        wlr_keyboard_notify_modifiers(keyboard->wlr, keyboard->wlr->modifiers.depressed,
                                      keyboard->wlr->modifiers.latched, locked, 0);
    }
    return true;
}

void bk_input_add(struct bk_input *input, struct wlr_input_device *device)
{
    switch (device->type) {
    case WLR_INPUT_DEVICE_KEYBOARD:
        add_keyboard(input, device);
        break;
    case WLR_INPUT_DEVICE_POINTER:
    case WLR_INPUT_DEVICE_TOUCH:
        wlr_cursor_attach_input_device(input->cursor, device);
        break;
    default:
        return;
    }
    bk_debug("input device %s", device->name != NULL ? device->name : "without a name");
}

static void arrow_path(cairo_t *cairo)
{
    static const double shape[][2] = { { 0, 0 },      { 0, 17.2 },   { 3.9, 13.6 }, { 6.6, 19.6 },
                                       { 9.6, 18.3 }, { 6.9, 12.4 }, { 12.2, 12.2 } };

    for (size_t i = 0; i < sizeof shape / sizeof shape[0]; i++)
        cairo_line_to(cairo, POINTER_HOT + shape[i][0], POINTER_HOT + shape[i][1]);
    cairo_close_path(cairo);
}

/* An arrow with a head at each end, `angle` from the horizontal, through the picture's middle. */
static void double_path(cairo_t *cairo, double angle)
{
    static const double half[][2] = { { -9, 0 }, { -4.5, -4.5 }, { -4.5, -1.3 }, { 4.5, -1.3 }, { 4.5, -4.5 } };

    cairo_save(cairo);
    cairo_translate(cairo, POINTER_SIZE / 2.0, POINTER_SIZE / 2.0);
    cairo_rotate(cairo, angle);
    for (int side = 1; side >= -1; side -= 2) {
        for (size_t i = 0; i < sizeof half / sizeof half[0]; i++)
            cairo_line_to(cairo, side * half[i][0], side * half[i][1]);
    }
    cairo_close_path(cairo);
    cairo_restore(cairo);
}

static void shape_path(cairo_t *cairo, enum bk_pointer_shape shape)
{
    switch (shape) {
    case BK_POINTER_HORIZONTAL:
        double_path(cairo, 0);
        break;
    case BK_POINTER_VERTICAL:
        double_path(cairo, M_PI_2);
        break;
    case BK_POINTER_FALLING:
        double_path(cairo, M_PI_4);
        break;
    case BK_POINTER_RISING:
        double_path(cairo, -M_PI_4);
        break;
    case BK_POINTER_MOVE:
        double_path(cairo, 0);
        double_path(cairo, M_PI_2);
        break;
    case BK_POINTER_ARROW:
    case BK_POINTER_HIDDEN:
    case BK_POINTER_APP:
        arrow_path(cairo);
        break;
    }
}

/* White with a dark edge, to be seen on everything. */
static struct wlr_buffer *draw_pointer(enum bk_pointer_shape shape)
{
    struct bk_canvas canvas;

    if (bk_canvas_begin(POINTER_SIZE, POINTER_SIZE, &canvas) < 0)
        return NULL;
    cairo_t *cairo = canvas.cairo;
    /* A pointer that is hidden is a picture of nothing: the screen's driver minds when its cursor goes and comes. */
    for (int pass = 0; pass < 2 && shape != BK_POINTER_HIDDEN; pass++) {
        cairo_new_path(cairo);
        cairo_save(cairo);
        cairo_translate(cairo, 0, pass == 0 ? 1.5 : 0);
        shape_path(cairo, shape);
        cairo_restore(cairo);
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

/* Draws the pointers as sharp as the screen is; false, and what was there stays, when there is no memory for it. */
static bool draw_pictures(struct bk_input *input)
{
    bool drawn = true;

    for (int shape = 0; shape < BK_POINTER_APP; shape++) {
        struct wlr_buffer *picture = draw_pointer((enum bk_pointer_shape)shape);
        drawn = drawn && picture != NULL;
        if (picture == NULL)
            continue;
        if (input->pictures[shape] != NULL)
            wlr_buffer_drop(input->pictures[shape]);
        input->pictures[shape] = picture;
    }
    input->scale = bk_canvas_scale();
    return drawn;
}

static void drop_pictures(struct bk_input *input)
{
    for (int shape = 0; shape < BK_POINTER_APP; shape++) {
        if (input->pictures[shape] != NULL)
            wlr_buffer_drop(input->pictures[shape]);
    }
    if (input->app_picture != NULL)
        wlr_buffer_unlock(input->app_picture);
}

int bk_input_create(struct bk_desktop *desktop, struct bk_input **ret_input)
{
    struct bk_input *input = calloc(1, sizeof *input);
    if (input == NULL)
        return -ENOMEM;

    input->desktop = desktop;
    input->hidden = desktop->options.form == BK_FORM_PHONE; /* until there is one */
    wl_list_init(&input->keyboards);
    bool drawn = draw_pictures(input);
    int r = bk_keymaps_init(&input->keymaps);
    input->cursor = wlr_cursor_create();
    if (!drawn || r < 0 || input->cursor == NULL) {
        if (input->cursor != NULL)
            wlr_cursor_destroy(input->cursor);
        bk_keymaps_finish(&input->keymaps);
        drop_pictures(input);
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
    input->touch_down.notify = on_touch_down;
    wl_signal_add(&input->cursor->events.touch_down, &input->touch_down);
    input->touch_motion.notify = on_touch_motion;
    wl_signal_add(&input->cursor->events.touch_motion, &input->touch_motion);
    input->touch_up.notify = on_touch_up;
    wl_signal_add(&input->cursor->events.touch_up, &input->touch_up);
    input->touch_cancel.notify = on_touch_cancel;
    wl_signal_add(&input->cursor->events.touch_cancel, &input->touch_cancel);
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
    wl_list_remove(&input->touch_down.link);
    wl_list_remove(&input->touch_motion.link);
    wl_list_remove(&input->touch_up.link);
    wl_list_remove(&input->touch_cancel.link);
    wlr_cursor_destroy(input->cursor);
    drop_pictures(input);
    bk_keymaps_finish(&input->keymaps);
    free(input);
}

void bk_input_set_pointer(struct bk_input *input, enum bk_pointer_shape shape, struct wlr_buffer *picture, int hot_x,
                          int hot_y)
{
    struct wlr_buffer *before = input->app_picture;

    if (shape == input->shape && picture == input->app_picture && hot_x == input->hot_x && hot_y == input->hot_y)
        return;
    input->shape = shape;
    input->hot_x = hot_x;
    input->hot_y = hot_y;
    input->app_picture = picture != NULL ? wlr_buffer_lock(picture) : NULL;
    show_pointer(input);
    if (before != NULL)
        wlr_buffer_unlock(before);
}

void bk_input_set_turning(struct bk_input *input, bool turning)
{
    if (turning == input->turning)
        return;
    input->turning = turning;
    show_pointer(input);
    if (!turning && !input->hidden)
        pointer_moved(input, input->x, input->y);
}

void bk_input_screen_changed(struct bk_input *input, struct wlr_output *output)
{
    int quarters = (input->desktop->orientation - input->orientation + 360) / 90 % 4;
    double x = input->x, y = input->y;

    if (quarters != 0 && input->placed) {
        x /= input->width;
        y /= input->height;
        for (; quarters > 0; quarters--) {
            double before = x;
            x = 1 - y;
            y = before;
        }
        place_at(input, x, y, &x, &y);
    }
    wlr_cursor_map_to_output(input->cursor, output); /* places on it are turned as it is */
    if (!input->placed) /* beside the middle: there it is found, and covers nothing that is centred */
        place_at(input, 0.5, 0.5, &x, &y);
    wlr_cursor_warp_closest(input->cursor, NULL, x, y);
    input->placed = true;
    input->orientation = input->desktop->orientation;
    place_at(input, 1, 1, &input->width, &input->height);
    wlr_cursor_unset_image(input->cursor);
    if (input->scale != bk_canvas_scale())
        (void)draw_pictures(input); /* the old ones are better than none */
    show_pointer(input);
    input->x = x;
    input->y = y;
    if (!input->hidden)
        pointer_moved(input, x, y);
}
