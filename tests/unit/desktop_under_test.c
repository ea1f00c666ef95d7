/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compositor without a screen, with a second socket on which a test moves the pointer, types and takes
 * screenshots. Made of the same library as bk-compositor; never part of the product.
 *
 *   desktop_under_test DESKTOP_SOCKET PROBE_SOCKET WIDTH HEIGHT SCALE TOAST_MS ANIMATED FORM TURN_MS [DISPLAY_SOCKET]
 *
 * Sizes and places are the screen's device pixels. Methods of io.bulkhead.DesktopProbe: Move(x, y), Button(down,
 * other), Click(times), Scroll(steps), Key(code, down), Resize(width, height), Screenshot(path), each answered once the
 * screen has settled after it. Touch(finger, x, y) and TouchUp(finger) are answered at once: a gesture has its pace.
 * Record(folder) keeps each frame there from then on, as a file NUMBER-WIDTH-HEIGHT. Glimpse(path) is a screenshot of
 * what the screen shows at this moment; so that a moment of a turn can be met, TURN_MS says how long a turn lasts.
 */
#include "desktop.h"
#include "input.h"
#include "output.h"

#include "log.h"

#include <cairo.h>
#include <drm_fourcc.h>
#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-varlink.h>
#include <wlr/interfaces/wlr_keyboard.h>
#include <wlr/interfaces/wlr_pointer.h>
#include <wlr/interfaces/wlr_touch.h>

#define WAITING_MAX 16

struct probe {
    struct bk_desktop *desktop;
    sd_varlink_server *server;
    struct wlr_pointer pointer;
    struct wlr_keyboard keyboard;
    struct wlr_touch touch;
    uint64_t fingers;         /* that are down, a bit each */
    struct wlr_buffer *shown; /* what the screen shows */
    char *folder;             /* where each frame is kept; NULL: nowhere */
    unsigned frames;          /* kept there */
    struct wl_listener commit;
    sd_event_source *settle_timer;
    struct {
        sd_varlink *link;
        char *path; /* of the screenshot to take first, or NULL */
    } waiting[WAITING_MAX];
    size_t waiting_count;
};

/* As a PNG, or, since that takes longer than a frame may, as rows of xRGB words. */
static int keep(struct probe *probe, const char *path, bool png)
{
    void *data;
    uint32_t format;
    size_t stride;
    int r = 0;

    if (probe->shown == NULL ||
        !wlr_buffer_begin_data_ptr_access(probe->shown, WLR_BUFFER_DATA_PTR_ACCESS_READ, &data, &format, &stride))
        return -ENODATA;
    if (png) {
        cairo_surface_t *surface = cairo_image_surface_create_for_data(data, CAIRO_FORMAT_RGB24, probe->shown->width,
                                                                       probe->shown->height, (int)stride);
        r = cairo_surface_write_to_png(surface, path) == CAIRO_STATUS_SUCCESS ? 0 : -EIO;
        cairo_surface_destroy(surface);
    } else {
        FILE *file = fopen(path, "wb");
        const unsigned char *row = data;
        for (int y = 0; file != NULL && y < probe->shown->height; y++, row += stride) {
            if (fwrite(row, 4, (size_t)probe->shown->width, file) != (size_t)probe->shown->width)
                r = -EIO;
        }
        if (file == NULL || fclose(file) != 0)
            r = -EIO;
    }
    wlr_buffer_end_data_ptr_access(probe->shown);
    return r;
}

static void on_commit(struct wl_listener *listener, void *data)
{
    struct probe *probe = wl_container_of(listener, probe, commit);
    const struct wlr_output_event_commit *event = data;

    if ((event->state->committed & WLR_OUTPUT_STATE_BUFFER) == 0)
        return;
    if (probe->shown != NULL)
        wlr_buffer_unlock(probe->shown);
    probe->shown = wlr_buffer_lock(event->state->buffer);
    if (probe->folder != NULL) {
        char path[512];
        snprintf(path, sizeof path, "%s/%04u-%d-%d", probe->folder, probe->frames++, probe->shown->width,
                 probe->shown->height);
        if (keep(probe, path, false) < 0)
            bk_error("a frame cannot be kept");
    }
}

/* Nothing moves, and the screen shows all that changed, the pointer too. */
static bool settled(const struct probe *probe)
{
    struct wlr_output *output = bk_output_wlr(probe->desktop->output);
    struct wlr_scene_output *scene_output = wlr_scene_get_scene_output(probe->desktop->scene, output);

    return probe->desktop->settled && probe->shown != NULL && !output->needs_frame &&
           !pixman_region32_not_empty(&scene_output->pending_commit_damage);
}

static int on_settle(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct probe *probe = userdata;

    (void)usec;
    if (!settled(probe)) {
        (void)sd_event_source_set_time_relative(source, 2000);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
    }
    for (size_t i = 0; i < probe->waiting_count; i++) {
        int r = probe->waiting[i].path != NULL ? keep(probe, probe->waiting[i].path, true) : 0;
        r = r < 0 ? sd_varlink_error_errno(probe->waiting[i].link, r) : sd_varlink_reply(probe->waiting[i].link, NULL);
        if (r < 0)
            bk_warning("a probe was not answered");
        sd_varlink_unref(probe->waiting[i].link);
        free(probe->waiting[i].path);
    }
    probe->waiting_count = 0;
    return 0;
}

static int answer_settled(struct probe *probe, sd_varlink *link, const char *path)
{
    if (probe->waiting_count == WAITING_MAX)
        return sd_varlink_error_errno(link, -EBUSY);
    probe->waiting[probe->waiting_count].link = sd_varlink_ref(link);
    probe->waiting[probe->waiting_count].path = path != NULL ? strdup(path) : NULL;
    probe->waiting_count++;
    (void)sd_event_source_set_time_relative(probe->settle_timer, 2000);
    return sd_event_source_set_enabled(probe->settle_timer, SD_EVENT_ONESHOT);
}

static int64_t integer(sd_json_variant *json, const char *name)
{
    sd_json_variant *value = sd_json_variant_by_key(json, name);

    return value != NULL ? sd_json_variant_integer(value) : 0;
}

static bool boolean(sd_json_variant *json, const char *name)
{
    sd_json_variant *value = sd_json_variant_by_key(json, name);

    return value != NULL && sd_json_variant_boolean(value);
}

static int on_move(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    struct probe *probe = userdata;
    const struct wlr_output *output = bk_output_wlr(probe->desktop->output);
    struct wlr_pointer_motion_absolute_event event = {
        .pointer = &probe->pointer,
        .x = ((double)integer(json, "x") + 0.5) / output->width,
        .y = ((double)integer(json, "y") + 0.5) / output->height,
    };

    (void)flags;
    wl_signal_emit_mutable(&probe->pointer.events.motion_absolute, &event);
    return answer_settled(probe, link, NULL);
}

static void press(struct probe *probe, unsigned button, bool down)
{
    struct wlr_pointer_button_event event = {
        .pointer = &probe->pointer,
        .button = button,
        .state = down ? WL_POINTER_BUTTON_STATE_PRESSED : WL_POINTER_BUTTON_STATE_RELEASED,
    };

    wl_signal_emit_mutable(&probe->pointer.events.button, &event);
}

/* At once, however slow the screen is. */
static int on_click(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    (void)flags;
    for (int64_t i = 0; i < integer(json, "times"); i++) {
        press(userdata, BTN_LEFT, true);
        press(userdata, BTN_LEFT, false);
    }
    return answer_settled(userdata, link, NULL);
}

static int on_button(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    (void)flags;
    press(userdata, boolean(json, "other") ? BTN_RIGHT : BTN_LEFT, boolean(json, "down"));
    return answer_settled(userdata, link, NULL);
}

static int on_scroll(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    struct probe *probe = userdata;
    struct wlr_pointer_axis_event event = {
        .pointer = &probe->pointer,
        .orientation = WL_POINTER_AXIS_VERTICAL_SCROLL,
        .delta = 15.0 * (double)integer(json, "steps"),
        .delta_discrete = WLR_POINTER_AXIS_DISCRETE_STEP * (int32_t)integer(json, "steps"),
    };

    (void)flags;
    wl_signal_emit_mutable(&probe->pointer.events.axis, &event);
    return answer_settled(probe, link, NULL);
}

static int on_key(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    struct probe *probe = userdata;
    struct wlr_keyboard_key_event event = {
        .keycode = (uint32_t)integer(json, "code"),
        .update_state = true,
        .state = boolean(json, "down") ? WL_KEYBOARD_KEY_STATE_PRESSED : WL_KEYBOARD_KEY_STATE_RELEASED,
    };

    (void)flags;
    wlr_keyboard_notify_key(&probe->keyboard, &event);
    return answer_settled(probe, link, NULL);
}

static int on_resize(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    struct probe *probe = userdata;

    (void)flags;
    probe->desktop->settled = false;
    bk_output_set_mode(probe->desktop->output, NULL, (int)integer(json, "width"), (int)integer(json, "height"));
    return answer_settled(probe, link, NULL);
}

static int on_screenshot(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    sd_json_variant *path = sd_json_variant_by_key(json, "path");

    (void)flags;
    if (path == NULL || !sd_json_variant_is_string(path))
        return sd_varlink_error_invalid_parameter_name(link, "path");
    return answer_settled(userdata, link, sd_json_variant_string(path));
}

static int on_record(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    struct probe *probe = userdata;
    sd_json_variant *folder = sd_json_variant_by_key(json, "folder");

    (void)flags;
    if (folder == NULL || !sd_json_variant_is_string(folder))
        return sd_varlink_error_invalid_parameter_name(link, "folder");
    free(probe->folder);
    probe->folder = strdup(sd_json_variant_string(folder));
    probe->frames = 0;
    return answer_settled(probe, link, NULL);
}

static int on_touch(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    struct probe *probe = userdata;
    const struct wlr_output *output = bk_output_wlr(probe->desktop->output);
    int32_t finger = (int32_t)(integer(json, "finger") & 63);
    double x = ((double)integer(json, "x") + 0.5) / output->width;
    double y = ((double)integer(json, "y") + 0.5) / output->height;

    (void)flags;
    if ((probe->fingers >> finger & 1) == 0) {
        struct wlr_touch_down_event event = { .touch = &probe->touch, .touch_id = finger, .x = x, .y = y };
        probe->fingers |= UINT64_C(1) << finger;
        wl_signal_emit_mutable(&probe->touch.events.down, &event);
    } else {
        struct wlr_touch_motion_event event = { .touch = &probe->touch, .touch_id = finger, .x = x, .y = y };
        wl_signal_emit_mutable(&probe->touch.events.motion, &event);
    }
    return sd_varlink_reply(link, NULL);
}

static int on_touch_up(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    struct probe *probe = userdata;
    struct wlr_touch_up_event event = { .touch = &probe->touch, .touch_id = (int32_t)(integer(json, "finger") & 63) };

    (void)flags;
    probe->fingers &= ~(UINT64_C(1) << event.touch_id);
    wl_signal_emit_mutable(&probe->touch.events.up, &event);
    return sd_varlink_reply(link, NULL);
}

static int on_glimpse(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    sd_json_variant *path = sd_json_variant_by_key(json, "path");

    (void)flags;
    if (path == NULL || !sd_json_variant_is_string(path))
        return sd_varlink_error_invalid_parameter_name(link, "path");
    int r = keep(userdata, sd_json_variant_string(path), true);
    return r < 0 ? sd_varlink_error_errno(link, r) : sd_varlink_reply(link, NULL);
}

static int serve(struct probe *probe, sd_event *event, const char *socket)
{
    static const struct {
        const char *name;
        sd_varlink_method_t callback;
    } methods[] = {
        { "io.bulkhead.DesktopProbe.Click", on_click },
        { "io.bulkhead.DesktopProbe.Move", on_move },
        { "io.bulkhead.DesktopProbe.Button", on_button },
        { "io.bulkhead.DesktopProbe.Scroll", on_scroll },
        { "io.bulkhead.DesktopProbe.Key", on_key },
        { "io.bulkhead.DesktopProbe.Resize", on_resize },
        { "io.bulkhead.DesktopProbe.Screenshot", on_screenshot },
        { "io.bulkhead.DesktopProbe.Record", on_record },
        { "io.bulkhead.DesktopProbe.Touch", on_touch },
        { "io.bulkhead.DesktopProbe.TouchUp", on_touch_up },
        { "io.bulkhead.DesktopProbe.Glimpse", on_glimpse },
    };
    int r = sd_varlink_server_new(&probe->server, SD_VARLINK_SERVER_INHERIT_USERDATA);

    if (r < 0)
        return r;
    sd_varlink_server_set_userdata(probe->server, probe);
    for (size_t i = 0; r >= 0 && i < sizeof methods / sizeof methods[0]; i++)
        r = sd_varlink_server_bind_method(probe->server, methods[i].name, methods[i].callback);
    if (r >= 0)
        r = sd_varlink_server_listen_address(probe->server, socket, 0600);
    if (r >= 0)
        r = sd_varlink_server_attach_event(probe->server, event, 0);
    if (r >= 0)
        r = sd_event_add_time(event, &probe->settle_timer, CLOCK_MONOTONIC, 0, 1, on_settle, probe);
    return r;
}

int main(int argc, char **argv)
{
    static const struct wlr_pointer_impl pointer_impl = { .name = "probe-pointer" };
    static const struct wlr_keyboard_impl keyboard_impl = { .name = "probe-keyboard" };
    static const struct wlr_touch_impl touch_impl = { .name = "probe-touch" };
    struct probe probe = { 0 };
    sd_event *event = NULL;

    if (argc != 10 && argc != 11)
        return EXIT_FAILURE;
    bk_log_open("bk-compositor", NULL, LOG_INFO);
    (void)setenv("WLR_RENDERER", "pixman", 1);
    struct bk_desktop_options options = {
        .socket = argv[1],
        .headless_width = atoi(argv[3]),
        .headless_height = atoi(argv[4]),
        .scale = strtod(argv[5], NULL),
        .toast_ms = (uint64_t)atoll(argv[6]),
        .reduced_motion = strcmp(argv[7], "0") == 0,
        .turn_ms = (uint32_t)atoll(argv[9]),
        .display_socket = argv[10],
    };
    if (!bk_form_parse(argv[8], &options.form))
        return EXIT_FAILURE;

    int r = sd_event_new(&event);
    if (r >= 0)
        r = sd_event_add_signal(event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, NULL, NULL);
    if (r >= 0)
        r = bk_desktop_create(event, &options, &probe.desktop);
    if (r < 0)
        return EXIT_FAILURE;

    wlr_pointer_init(&probe.pointer, &pointer_impl, "probe");
    wlr_keyboard_init(&probe.keyboard, &keyboard_impl, "probe");
    wlr_touch_init(&probe.touch, &touch_impl, "probe");
    bk_input_add(probe.desktop->input, &probe.touch.base);
    bk_input_add(probe.desktop->input, &probe.pointer.base);
    bk_input_add(probe.desktop->input, &probe.keyboard.base);
    probe.commit.notify = on_commit;
    wl_signal_add(&bk_output_wlr(probe.desktop->output)->events.commit, &probe.commit);

    r = serve(&probe, event, argv[2]);
    if (r >= 0)
        r = sd_event_loop(event);

    for (size_t i = 0; i < probe.waiting_count; i++) {
        sd_varlink_unref(probe.waiting[i].link);
        free(probe.waiting[i].path);
    }
    sd_varlink_server_unref(probe.server);
    sd_event_source_disable_unref(probe.settle_timer);
    wl_list_remove(&probe.commit.link);
    if (probe.shown != NULL)
        wlr_buffer_unlock(probe.shown);
    wlr_keyboard_finish(&probe.keyboard);
    wlr_pointer_finish(&probe.pointer);
    wlr_touch_finish(&probe.touch);
    free(probe.folder);
    bk_desktop_destroy(probe.desktop);
    sd_event_unref(event);
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
