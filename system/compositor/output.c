/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual screen differs from a real one in two ways that matter here. It has no vertical blank: a flip is done
 * at once, and the next frame is asked for at once, so the pace of an animation is kept here, by a timer. And a
 * commit can fail for no lasting reason (EBUSY while a flip is on its way): it is tried again from the same timer,
 * or the last frame would stay stale until something else changes.
 *
 * The first commit turns the screen on; only then can the pointer become a hardware cursor, which keeps the
 * driver's atomic commits from failing at random. So the pointer's picture is set again after it.
 */
#include "output.h"

#include "canvas.h"
#include "input.h"
#include "rotation.h"
#include "scale.h"
#include "theme.h"

#include "log.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <wlr/types/wlr_output.h>

#define RETRY_MS_MIN 8
#define RETRY_MS_MAX 256

#define AFTER_MODE_MS 200

struct bk_output {
    struct bk_desktop *desktop;
    struct wlr_output *wlr;
    struct wlr_scene_output *scene_output;
    struct bk_rotation *rotation;
    sd_event_source *timer;
    struct wlr_output_mode *mode; /* wanted; NULL for the size below */
    int width, height;            /* wanted when there is no list of modes; 0 for the screen's own */
    int width_mm;                 /* 0: not known */
    bool mode_pending;
    bool seen; /* the first frame is on the screen */
    bool rendering;
    uint64_t last_frame_ms;
    uint64_t retry_ms;
    struct bk_ratelimit failures;
    struct wl_listener frame;
    struct wl_listener request_state;
    struct wl_listener destroy;
};

static void arm_timer(struct bk_output *output, uint64_t after_ms)
{
    int r = sd_event_source_set_time_relative(output->timer, after_ms * 1000);

    if (r >= 0)
        r = sd_event_source_set_enabled(output->timer, SD_EVENT_ONESHOT);
    assert(r >= 0); /* the source is ours and its arguments are fine */
}

static void commit_failed(struct bk_output *output, const char *what)
{
    output->retry_ms = output->retry_ms == 0 ? RETRY_MS_MIN : output->retry_ms * 2;
    if (output->retry_ms > RETRY_MS_MAX)
        output->retry_ms = RETRY_MS_MAX;
    if (bk_ratelimit_pass(&output->failures))
        bk_warning("%s: %s failed, trying again in %d ms", output->wlr->name, what, (int)output->retry_ms);
    arm_timer(output, output->retry_ms);
}

/* The pixels that the mode has from side to side. */
static int mode_width(const struct bk_output *output)
{
    return output->mode != NULL ? output->mode->width : output->width > 0 ? output->width : output->wlr->width;
}

/* A machine that was turned clockwise has its picture turned against that, which is how wlroots counts. */
static enum wl_output_transform transform_of(int orientation)
{
    static const enum wl_output_transform transforms[] = { WL_OUTPUT_TRANSFORM_NORMAL, WL_OUTPUT_TRANSFORM_90,
                                                           WL_OUTPUT_TRANSFORM_180, WL_OUTPUT_TRANSFORM_270 };

    return transforms[orientation / 90];
}

/* Lays the desktop out for what the screen is by now. */
static void screen_changed(struct bk_output *output)
{
    const double scale = output->wlr->scale;
    int width, height;

    wlr_output_transformed_resolution(output->wlr, &width, &height);
    bk_canvas_set_scale(scale);
    bk_input_screen_changed(output->desktop->input, output->wlr);
    /* A logical pixel that is on the screen in part is a part of it. */
    bk_desktop_resize(output->desktop, bk_scale_cover(scale, width), bk_scale_cover(scale, height), scale,
                      output->wlr->refresh);
}

/* Turns the screen on in the mode that is wanted. */
static bool apply_mode(struct bk_output *output)
{
    struct wlr_output_state state;

    wlr_output_state_init(&state);
    wlr_output_state_set_enabled(&state, true);
    if (output->mode != NULL)
        wlr_output_state_set_mode(&state, output->mode);
    else if (output->width > 0)
        wlr_output_state_set_custom_mode(&state, output->width, output->height, 0);
    double scale = output->desktop->options.scale;
    wlr_output_state_set_scale(&state,
                               (float)(scale > 0 ? scale : bk_scale_of_screen(mode_width(output), output->width_mm)));
    int orientation = output->desktop->wanted_orientation;
    wlr_output_state_set_transform(&state, transform_of(orientation));
    bool done = wlr_output_commit_state(output->wlr, &state);
    wlr_output_state_finish(&state);
    if (!done) {
        commit_failed(output, "setting the mode");
        return false;
    }
    output->mode_pending = false;
    output->desktop->orientation = orientation;
    bk_rotation_rest(output->rotation, orientation);
    bk_desktop_set_turning(output->desktop, false);
    bk_info("screen %s: %dx%d, scale %g", output->wlr->name, output->wlr->width, output->wlr->height,
            (double)output->wlr->scale);
    screen_changed(output);
    return true;
}

/* Lays the desktop out for how the machine is held by now, which tells the apps, and begins to turn what is seen. */
static bool turn(struct bk_output *output, uint64_t now_ms)
{
    struct bk_desktop *desktop = output->desktop;
    int orientation = desktop->wanted_orientation;
    struct wlr_output_state state;

    bk_desktop_set_turning(desktop, true); /* before the picture is kept, which the pointer is no part of */
    bool held = desktop->animated && output->seen && bk_rotation_hold(output->rotation, now_ms);
    wlr_output_state_init(&state);
    wlr_output_state_set_transform(&state, transform_of(orientation));
    bool done = wlr_output_commit_state(output->wlr, &state);
    wlr_output_state_finish(&state);
    if (!done) {
        commit_failed(output, "turning");
        return false;
    }
    desktop->orientation = orientation;
    bk_info("screen %s: turned to %d degrees", output->wlr->name, orientation);
    bk_stage_hold(desktop->stage);
    screen_changed(output);
    if (held) {
        bk_rotation_turn(output->rotation, orientation, now_ms, desktop->options.turn_ms);
    } else {
        bk_rotation_rest(output->rotation, orientation);
        bk_desktop_set_turning(desktop, false);
    }
    return true;
}

/* Puts a frame on the screen, which is of the turn while there is one. */
static bool commit_frame(struct bk_output *output, uint64_t now_ms)
{
    if (!bk_rotation_is_on(output->rotation))
        return wlr_scene_output_commit(output->scene_output, NULL);
    if (bk_rotation_is_over(output->rotation, now_ms))
        bk_desktop_set_turning(output->desktop, false);
    return bk_rotation_commit(output->rotation, now_ms);
}

static void render(struct bk_output *output)
{
    uint64_t now_ms = bk_desktop_now_ms();

    if (output->rendering || output->wlr->frame_pending)
        return; /* the end of the flip that is on its way asks for a frame again */
    if (output->retry_ms == 0 && now_ms - output->last_frame_ms < BK_FRAME_MS) {
        arm_timer(output, BK_FRAME_MS - (now_ms - output->last_frame_ms));
        return;
    }
    output->rendering = true;
    if (output->mode_pending) {
        /* The mode's own flip ends with a request for a frame: one before would be refused. The timer is for a
         * screen that asks for none. */
        if (apply_mode(output))
            arm_timer(output, AFTER_MODE_MS);
        output->rendering = false;
        return;
    }
    if (output->desktop->orientation != output->desktop->wanted_orientation && !turn(output, now_ms)) {
        output->rendering = false;
        return;
    }
    bool more = bk_desktop_before_frame(output->desktop, now_ms);
    bool done = commit_frame(output, now_ms);
    more = more || bk_rotation_is_on(output->rotation);
    output->rendering = false;
    if (!done) {
        commit_failed(output, "a frame");
        return;
    }
    output->retry_ms = 0;
    output->last_frame_ms = now_ms;
    if (!output->seen) {
        output->seen = true;
        bk_debug("the pointer is %s",
                 output->wlr->hardware_cursor != NULL ? "a hardware cursor" : "drawn into the frames");
        bk_info("first frame");
    }
    bk_desktop_after_frame(output->desktop, more, now_ms);
    if (more)
        arm_timer(output, BK_FRAME_MS);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    (void)source;
    (void)usec;
    render(userdata);
    return 0;
}

static void on_frame(struct wl_listener *listener, void *data)
{
    struct bk_output *output = wl_container_of(listener, output, frame);

    (void)data;
    render(output);
}

static void on_request_state(struct wl_listener *listener, void *data)
{
    struct bk_output *output = wl_container_of(listener, output, request_state);
    const struct wlr_output_event_request_state *event = data;

    if ((event->state->committed & WLR_OUTPUT_STATE_MODE) == 0)
        return;
    if (event->state->mode_type == WLR_OUTPUT_STATE_MODE_FIXED)
        bk_output_set_mode(output, event->state->mode, 0, 0);
    else
        bk_output_set_mode(output, NULL, event->state->custom_mode.width, event->state->custom_mode.height);
}

static void on_destroy(struct wl_listener *listener, void *data)
{
    struct bk_output *output = wl_container_of(listener, output, destroy);

    (void)data;
    bk_warning("screen %s is gone", output->wlr->name);
    output->desktop->output = NULL;
    bk_output_destroy(output);
}

int bk_output_create(struct bk_desktop *desktop, struct wlr_output *wlr_output, struct bk_output **ret_output)
{
    struct bk_output *output = calloc(1, sizeof *output);
    if (output == NULL)
        return -ENOMEM;

    int r = sd_event_add_time_relative(desktop->event, &output->timer, CLOCK_MONOTONIC, 0, 1, on_timer, output);
    if (r < 0) {
        free(output);
        return r;
    }
    output->desktop = desktop;
    output->wlr = wlr_output;
    output->mode = wlr_output_preferred_mode(wlr_output);
    output->width_mm = wlr_output->phys_width;
    output->mode_pending = true;
    if (!wlr_output_init_render(wlr_output, desktop->allocator, desktop->renderer)) {
        sd_event_source_unref(output->timer);
        free(output);
        return -EIO;
    }
    struct wlr_output_layout_output *place = wlr_output_layout_add(desktop->layout, wlr_output, 0, 0);
    output->scene_output = place != NULL ? wlr_scene_output_create(desktop->scene, wlr_output) : NULL;
    if (output->scene_output == NULL || bk_rotation_create(output->scene_output, &output->rotation) < 0) {
        sd_event_source_unref(output->timer);
        free(output);
        return -ENOMEM;
    }
    output->frame.notify = on_frame;
    wl_signal_add(&wlr_output->events.frame, &output->frame);
    output->request_state.notify = on_request_state;
    wl_signal_add(&wlr_output->events.request_state, &output->request_state);
    output->destroy.notify = on_destroy;
    wl_signal_add(&wlr_output->events.destroy, &output->destroy);
    *ret_output = output;
    return 0;
}

void bk_output_destroy(struct bk_output *output)
{
    if (output == NULL)
        return;
    sd_event_source_disable_unref(output->timer);
    bk_rotation_destroy(output->rotation);
    wl_list_remove(&output->frame.link);
    wl_list_remove(&output->request_state.link);
    wl_list_remove(&output->destroy.link);
    free(output);
}

void bk_output_schedule(struct bk_output *output)
{
    if (output->rendering || output->mode_pending)
        return; /* the frame that is being made, or that the timer will make, is the one */
    wlr_output_schedule_frame(output->wlr);
}

struct wlr_output *bk_output_wlr(struct bk_output *output)
{
    return output->wlr;
}

void bk_output_set_mm(struct bk_output *output, int width_mm)
{
    output->width_mm = width_mm;
}

void bk_output_set_mode(struct bk_output *output, struct wlr_output_mode *mode, int width, int height)
{
    output->mode = mode;
    output->width = width;
    output->height = height;
    output->mode_pending = true;
    arm_timer(output, 0);
}
