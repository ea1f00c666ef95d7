/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory. An app, as the session knows it, has a window from when it joins until it leaves. `struct actor` is what the
 * stage adds to the window: its view, the buffer that is shown, the cursor. A surface is opened when it is shown for
 * the first time, and stays open until it is withdrawn; what is on the screen stays there all the same, since the scene
 * holds the buffer.
 */
#include "stage_state.h"

#include "canvas.h"
#include "scale.h"
#include "surface_buffer.h"

#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define IDLE_US     UINT64_C(1000000) /* pace of apps that cannot be seen */
#define CURSOR_SIDE 64                /* device pixels: more is more than the pointer's plane shows */

/* What a surface's `picture` is. */
struct surface_picture {
    int fd;                    /* -1: none came with it */
    struct wlr_buffer *buffer; /* NULL: not opened yet */
};

static uint64_t now_ms_of_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void bk_stage_dirty(struct bk_stage *stage)
{
    stage->dirty = true;
    stage->options.wants_frame(stage->options.userdata);
}

void bk_stage_changed(struct bk_stage *stage)
{
    stage->order_dirty = true;
    bk_stage_dirty(stage);
    stage->options.changed(stage->options.userdata);
}

void bk_stage_tell(struct bk_stage *stage)
{
    bk_display_session_tell(&stage->session);
    if (stage->source != NULL)
        bk_display_source_flush(stage->source);
}

struct bk_app_face bk_stage_face(struct bk_stage *stage, const struct bk_window *window)
{
    struct bk_app_face face = bk_faces_of(stage->faces, bk_apps_by_cid(stage->apps, window->cid));

    face.title = bk_traits_of(&stage->apps->traits, window->cid)->title;
    return face;
}

/* --- what apps show --- */

static void set_locked(struct wlr_buffer **place, struct wlr_buffer *buffer)
{
    struct wlr_buffer *old = *place;

    *place = buffer != NULL ? wlr_buffer_lock(buffer) : NULL;
    if (old != NULL)
        wlr_buffer_unlock(old);
}

/* The surface's buffer, opened at its first use; NULL when it cannot be. */
static struct wlr_buffer *open_surface(struct bk_stage *stage, const struct bk_display_app *app,
                                       struct bk_display_surface *surface)
{
    struct surface_picture *picture = surface->picture;
    void *data;
    size_t size;

    if (picture == NULL || picture->buffer != NULL || surface->failed)
        return picture != NULL ? picture->buffer : NULL;
    int r = stage->source->kind->map(stage->source, app->cid, surface, picture->fd, &data, &size);
    picture->fd = bk_close(picture->fd);
    if (r >= 0)
        picture->buffer = bk_surface_buffer_create(data, size, surface);
    surface->failed = picture->buffer == NULL;
    if (surface->failed && bk_ratelimit_pass(&stage->failures))
        bk_warning("surface %u of app %u cannot be shown: %s", surface->id, app->cid, strerror(r < 0 ? -r : ENOMEM));
    return picture->buffer;
}

static void take_frame(struct bk_stage *stage, struct bk_window *window, uint64_t now_ms)
{
    struct actor *actor = actor_of(window);
    struct bk_display_app *app = actor->app;
    pixman_region32_t damage;

    int width = app->shown != NULL ? bk_scale_down(stage->scale, (int)app->shown->width) : 0;
    int height = app->shown != NULL ? bk_scale_down(stage->scale, (int)app->shown->height) : 0;
    actor->held = (app->shown != NULL || app->blank) && bk_window_holds(window, width, height, now_ms);
    if (actor->held)
        return; /* it stays `changed`, and is taken when its time comes */
    app->changed = false;
    if (app->shown == NULL) {
        if (!app->blank)
            return;
        set_locked(&actor->shown, NULL);
        actor->shown_id = 0;
        bk_window_view_show(&actor->view, NULL, NULL);
        stage->dirty = true;
        return;
    }
    struct wlr_buffer *buffer = open_surface(stage, app, app->shown);
    if (buffer == NULL)
        return; /* the last good frame stays */
    bool same = actor->shown == buffer;
    bool turned = window->fits && width == window->asked_width && height == window->asked_height;
    if (!same && turned && *stage->options.animated)
        bk_window_view_fade(&actor->view, now_ms);
    pixman_region32_init_rect(&damage, (int)app->damage.x1, (int)app->damage.y1, app->damage.x2 - app->damage.x1,
                              app->damage.y2 - app->damage.y1);
    bk_window_view_show(&actor->view, buffer, same ? &damage : NULL);
    pixman_region32_fini(&damage);
    set_locked(&actor->shown, buffer);
    actor->shown_id = app->shown->id;
    bool answered = window->answered;
    stage->point_due = stage->point_due || width != window->drawn_width || height != window->drawn_height;
    bk_window_drawn(window, width, height, now_ms);
    if (!same || answered != window->answered)
        stage->dirty = true;
}

int bk_stage_hot_spot(const struct bk_stage *stage, uint32_t device)
{
    return bk_scale_cover(stage->scale, (int)device);
}

/* How far the copy of a cursor is moved, so that its hot spot is where a logical pixel begins. */
static int hot_spot_shift(const struct bk_stage *stage, uint32_t device)
{
    return bk_scale_at(stage->scale, bk_stage_hot_spot(stage, device)) - (int)device;
}

/* A cursor is copied: the pixels are the app's to change, and the pointer's plane reads them when it likes. The copy
 * has whole logical pixels and no more than the plane shows: at 1.5 that cuts a line off at the far sides. */
static struct wlr_buffer *copy_cursor(struct bk_stage *stage, struct bk_display_app *app)
{
    struct wlr_buffer *buffer = open_surface(stage, app, app->cursor);
    struct bk_canvas canvas;
    void *data;
    uint32_t format;
    size_t stride;

    if (buffer == NULL ||
        !wlr_buffer_begin_data_ptr_access(buffer, WLR_BUFFER_DATA_PTR_ACCESS_READ, &data, &format, &stride))
        return NULL;
    int side = (int)(CURSOR_SIDE / stage->scale);
    side -= side % bk_scale_grain(stage->scale);
    if (bk_canvas_begin(side, side, &canvas) < 0) {
        wlr_buffer_end_data_ptr_access(buffer);
        return NULL;
    }
    cairo_surface_t *source =
        cairo_image_surface_create_for_data(data, CAIRO_FORMAT_ARGB32, buffer->width, buffer->height, (int)stride);
    cairo_identity_matrix(canvas.cairo);
    cairo_set_operator(canvas.cairo, CAIRO_OPERATOR_SOURCE);
    cairo_set_source_surface(canvas.cairo, source, hot_spot_shift(stage, app->hot_x),
                             hot_spot_shift(stage, app->hot_y));
    cairo_paint(canvas.cairo);
    cairo_surface_destroy(source);
    wlr_buffer_end_data_ptr_access(buffer);
    return bk_canvas_end(&canvas);
}

static void take_cursor(struct bk_stage *stage, struct bk_window *window)
{
    struct actor *actor = actor_of(window);
    struct wlr_buffer *copy = NULL;

    actor->app->cursor_changed = false;
    if (actor->app->cursor != NULL) {
        copy = copy_cursor(stage, actor->app);
        if (copy == NULL)
            return; /* the last good one stays */
    }
    set_locked(&actor->cursor, copy);
    if (copy != NULL)
        wlr_buffer_drop(copy);
    if (stage->hover == window)
        bk_stage_update_pointer(stage);
}

struct wlr_buffer *bk_stage_picture(const struct bk_window *window)
{
    return actor_of(window)->shown;
}

/* --- what the port says --- */

/* Each window is at least as large as its app wants. */
static void set_least(struct bk_stage *stage)
{
    for (size_t i = 0; i < stage->windows.count; i++) {
        struct bk_window *window = stage->windows.order[i];
        const struct bk_trait *trait = bk_traits_of(&stage->apps->traits, window->cid);
        bk_windows_set_least(&stage->windows, window, trait->least_width, trait->least_height);
    }
}

static void on_joined(struct bk_display_app *app, void *userdata)
{
    struct bk_stage *stage = userdata;
    struct bk_window *window = NULL;

    struct bk_window *before = stage->windows.focus;
    struct actor *actor = calloc(1, sizeof *actor);
    if (actor == NULL)
        return; /* an app without a window, which can be started again */
    int r = bk_windows_add(&stage->windows, app->cid, &window);
    if (r < 0) {
        bk_warning("no window for app %u: %s", app->cid, strerror(-r));
        free(actor);
        return;
    }
    app->userdata = window;
    actor->app = app;
    window->userdata = actor;
    set_least(stage);
    bk_stage_view_enter(stage, window);
    /* Nobody finds half of what they type in a window that came by itself, or instead of what they look at. */
    bool welcome = stage->expects || (before == NULL && !stage->windows.single);
    if (!welcome)
        bk_windows_focus(&stage->windows, before);
    else
        bk_stage_release_keys(stage);
    stage->expects = false;
    bk_info("window of app %u", app->cid);
    bk_stage_changed(stage);
}

static void forget_window(struct bk_stage *stage, const struct bk_window *window)
{
    if (stage->hover == window) {
        stage->hover = NULL;
        stage->hover_part = BK_WINDOW_NOTHING;
    }
    if (stage->holder == window)
        stage->holder = NULL;
    if (stage->pressed == window)
        stage->pressed = NULL;
    if (stage->clicked == window)
        stage->clicked = NULL;
    if (stage->drag.window == window)
        stage->drag = (struct bk_window_drag){ 0 };
}

static void on_left(struct bk_display_app *app, void *userdata)
{
    struct bk_stage *stage = userdata;
    struct bk_window *window = app->userdata;

    if (window == NULL)
        return;
    struct actor *actor = actor_of(window);
    forget_window(stage, window);
    bk_stage_view_leave(stage, window, now_ms_of_clock());
    set_locked(&actor->shown, NULL);
    set_locked(&actor->cursor, NULL);
    free(actor);
    app->userdata = NULL;
    bk_windows_remove(&stage->windows, window);
    bk_info("the window of app %u is gone", app->cid);
    bk_stage_changed(stage);
}

static void on_announced(struct bk_display_app *app, struct bk_display_surface *surface, void *userdata)
{
    struct bk_stage *stage = userdata;
    int fd = stage->source->kind->descriptor(stage->source);
    struct surface_picture *picture = calloc(1, sizeof *picture);

    (void)app;
    if (picture == NULL) {
        bk_close(fd);
        return; /* it cannot be shown */
    }
    picture->fd = fd;
    surface->picture = picture;
}

static void on_withdrawn(struct bk_display_app *app, struct bk_display_surface *surface, void *userdata)
{
    struct surface_picture *picture = surface->picture;

    (void)app;
    (void)userdata;
    if (picture == NULL)
        return;
    bk_close(picture->fd);
    if (picture->buffer != NULL)
        wlr_buffer_drop(picture->buffer);
    free(picture);
    surface->picture = NULL;
}

static void on_shown(struct bk_display_app *app, void *userdata)
{
    struct bk_stage *stage = userdata;

    if (app->userdata != NULL)
        stage->options.wants_frame(stage->options.userdata);
}

static void on_refused(struct bk_display_app *app, const char *why, void *userdata)
{
    struct bk_stage *stage = userdata;

    if (bk_ratelimit_pass(&stage->failures))
        bk_warning("app %u is not listened to: %s", app->cid, why);
}

static const struct bk_display_events session_events = { .joined = on_joined,
                                                         .left = on_left,
                                                         .announced = on_announced,
                                                         .withdrawn = on_withdrawn,
                                                         .shown = on_shown,
                                                         .refused = on_refused };

static void on_opened(void *userdata)
{
    struct bk_stage *stage = userdata;

    bk_display_session_init(&stage->session, &session_events, stage);
}

static void on_received(const void *data, size_t size, void *userdata)
{
    struct bk_stage *stage = userdata;

    bk_display_session_take(&stage->session, data, size);
}

static const void *on_output(size_t *ret_size, void *userdata)
{
    struct bk_stage *stage = userdata;

    bk_display_session_tell(&stage->session);
    return bk_display_session_output(&stage->session, ret_size);
}

static void on_written(size_t size, void *userdata)
{
    struct bk_stage *stage = userdata;

    bk_display_session_written(&stage->session, size);
}

static void on_closed(void *userdata)
{
    struct bk_stage *stage = userdata;

    bk_display_session_finish(&stage->session);
}

/* --- time --- */

static int on_idle_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_stage *stage = userdata;
    uint64_t now_ms = now_ms_of_clock();

    (void)usec;
    for (size_t i = 0; i < stage->windows.count; i++) {
        struct bk_window *window = stage->windows.order[i];
        struct bk_display_app *app = actor_of(window)->app;
        if (!bk_stage_can_be_seen(stage, window) && app->serial != app->serial_told)
            app->done_due = true;
        if (window->closing == BK_WINDOW_ASKED && now_ms >= window->closing_ms + BK_WINDOW_CLOSE_MS)
            bk_stage_offer_end(stage, window, now_ms);
    }
    bk_stage_tell(stage);
    int r = sd_event_source_set_time_relative(source, IDLE_US);
    if (r >= 0)
        r = sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
    return r;
}

/* An app is told its size in device pixels, and millimetres that say how many of them there are to an inch. */
static struct bk_display_message configure_message(const struct bk_stage *stage, const struct bk_window *window)
{
    const struct bk_rect content = bk_window_content(&stage->windows, window);
    const struct bk_rect device = bk_scale_rect(stage->scale, &content);
    const double dots_per_mm = BK_SCALE_DPI * stage->scale / BK_MM_PER_INCH;

    return (struct bk_display_message){
        .type = BK_DISPLAY_CONFIGURE,
        .configure = { .width = (uint32_t)device.width,
                       .height = (uint32_t)device.height,
                       .width_mm = (uint32_t)lround(device.width / dots_per_mm),
                       .height_mm = (uint32_t)lround(device.height / dots_per_mm),
                       .refresh_mhz = (uint32_t)stage->refresh_mhz },
    };
}

static void configure(struct bk_stage *stage, uint64_t now_ms)
{
    uint64_t next_ms = UINT64_MAX, again_ms;
    int width, height;

    for (size_t i = 0; i < stage->windows.count; i++) {
        struct bk_window *window = stage->windows.order[i];
        if (bk_window_configure_due(&stage->windows, window, now_ms, &width, &height, &again_ms))
            actor_of(window)->app->configure = configure_message(stage, window);
        if (window->held_until_ms > now_ms && window->held_until_ms < again_ms)
            again_ms = window->held_until_ms;
        next_ms = again_ms < next_ms ? again_ms : next_ms;
    }
    if (next_ms != UINT64_MAX && sd_event_source_set_time(stage->resize_timer, next_ms * 1000) >= 0)
        (void)sd_event_source_set_enabled(stage->resize_timer, SD_EVENT_ONESHOT);
}

static int on_resize_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_stage *stage = userdata;

    (void)source;
    (void)usec;
    configure(stage, now_ms_of_clock());
    bk_stage_tell(stage);
    stage->options.wants_frame(stage->options.userdata); /* of what was held until now */
    return 0;
}

/* --- frames --- */

static int on_hint_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    (void)source;
    (void)usec;
    bk_stage_dirty(userdata);
    return 0;
}

static void sync_hint(struct bk_stage *stage, uint64_t now_ms)
{
    const struct bk_window *window = bk_stage_is_full_screen(stage) ? stage->windows.focus : NULL;
    struct bk_app_face face = { .id = "", .name = "" };

    if (window != NULL)
        face = bk_stage_face(stage, window);
    uint64_t until_ms = bk_hint_sync(&stage->hint, stage->typesetter, window != NULL ? window->cid : 0, &face,
                                     stage->windows.single ? "Swipe up to leave" : "Super + Esc leaves full screen",
                                     stage->windows.width, now_ms);
    if (until_ms != UINT64_MAX && sd_event_source_set_time(stage->hint_timer, until_ms * 1000) >= 0)
        (void)sd_event_source_set_enabled(stage->hint_timer, SD_EVENT_ONESHOT);
}

bool bk_stage_frame(struct bk_stage *stage, uint64_t now_ms)
{
    bool fades = false;

    for (size_t i = 0; i < stage->windows.count; i++) {
        struct bk_window *window = stage->windows.order[i];
        const struct bk_display_app *app = actor_of(window)->app;
        if (app->changed && bk_stage_can_be_seen(stage, window))
            take_frame(stage, window, now_ms);
        if (app->cursor_changed)
            take_cursor(stage, window);
        fades = bk_window_view_animate(&actor_of(window)->view, now_ms) || fades;
    }
    if (!stage->dirty && !stage->moving)
        return fades;
    if (stage->dirty) {
        stage->dirty = false;
        bk_stage_view_sync(stage, now_ms);
        sync_hint(stage, now_ms);
        if (stage->point_due)
            bk_stage_point_again(stage);
        stage->point_due = false;
        configure(stage, now_ms);
    }
    stage->moving = bk_stage_view_animate(stage, now_ms);
    return stage->moving || fades;
}

void bk_stage_presented(struct bk_stage *stage, uint64_t now_ms)
{
    (void)now_ms;
    for (size_t i = 0; i < stage->windows.count; i++) {
        const struct bk_window *window = stage->windows.order[i];
        struct bk_display_app *app = actor_of(window)->app;
        bool taken = !app->changed || actor_of(window)->held;
        if (bk_stage_can_be_seen(stage, window) && taken && app->serial != app->serial_told)
            app->done_due = true;
    }
    bk_stage_tell(stage);
}

void bk_stage_hold(struct bk_stage *stage)
{
    bk_windows_hold(&stage->windows, now_ms_of_clock());
}

/* What was drawn for another scale is drawn anew, and apps that draw for another one are told. */
static void set_scale(struct bk_stage *stage, double scale)
{
    struct bk_window_pictures before = stage->pictures;

    stage->scale = scale;
    if (bk_window_pictures_create(&stage->pictures) < 0)
        return; /* soft shadows are better than none */
    for (size_t i = 0; i < stage->windows.count; i++) {
        struct bk_window *window = stage->windows.order[i];
        struct actor *actor = actor_of(window);
        bk_window_view_set_pictures(&actor->view, &stage->pictures);
        bk_window_forget_asked(window);
        actor->app->cursor_changed = actor->app->cursor_known;
    }
    bk_window_pictures_finish(&before);
}

void bk_stage_pose_again(struct bk_stage *stage)
{
    bk_stage_dirty(stage);
}

void bk_stage_resize(struct bk_stage *stage, int width, int height, double scale, int refresh_mhz)
{
    const struct bk_form_layout layout = bk_form_layout_of(stage->options.form);

    stage->refresh_mhz = refresh_mhz;
    if (scale != stage->scale)
        set_scale(stage, scale);
    stage->resized = true;
    bk_windows_resize(&stage->windows, width, height, layout.bar, bk_scale_grain(scale));
    bk_stage_changed(stage);
    configure(stage, now_ms_of_clock());
    bk_stage_tell(stage);
}

void bk_stage_apps_changed(struct bk_stage *stage)
{
    set_least(stage);
    bk_stage_show_presented(stage);
    bk_stage_changed(stage);
}

/* --- beginning and end --- */

int bk_stage_create(sd_event *event, struct wlr_scene_tree *parent, struct bk_typesetter *typesetter,
                    const struct bk_apps *apps, struct bk_faces *faces, const struct bk_stage_options *options,
                    struct bk_stage **ret_stage)
{
    static const float none[4] = { 0 };
    struct bk_stage *stage = calloc(1, sizeof *stage);
    if (stage == NULL)
        return -ENOMEM;

    const struct bk_form_layout layout = bk_form_layout_of(options->form);
    stage->options = *options;
    stage->windows.single = layout.single;
    stage->windows.strip = layout.strip;
    stage->apps = apps;
    stage->faces = faces;
    stage->typesetter = typesetter;
    stage->scale = bk_canvas_scale();
    stage->tree = wlr_scene_tree_create(parent);
    stage->snap = wlr_scene_rect_create(stage->tree, 1, 1, none);
    wlr_scene_node_set_enabled(&stage->snap->node, false);
    bk_hint_init(&stage->hint, parent);
    const struct bk_display_source_events events = { .opened = on_opened,
                                                     .received = on_received,
                                                     .output = on_output,
                                                     .written = on_written,
                                                     .closed = on_closed,
                                                     .userdata = stage };
    int r = bk_window_pictures_create(&stage->pictures);
    if (r >= 0)
        r = sd_event_add_time_relative(event, &stage->idle_timer, CLOCK_MONOTONIC, IDLE_US, 0, on_idle_time, stage);
    if (r >= 0)
        r = sd_event_add_time(event, &stage->resize_timer, CLOCK_MONOTONIC, UINT64_MAX, 1000, on_resize_time, stage);
    if (r >= 0)
        r = sd_event_add_time(event, &stage->hint_timer, CLOCK_MONOTONIC, UINT64_MAX, 1000, on_hint_time, stage);
    if (r >= 0)
        r = sd_event_source_set_enabled(stage->resize_timer, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_source_set_enabled(stage->hint_timer, SD_EVENT_OFF);
    if (r >= 0 && !options->no_source)
        r = bk_display_source_create(event, options->socket, &events, &stage->source);
    if (r < 0) {
        bk_stage_destroy(stage);
        return r;
    }
    *ret_stage = stage;
    return 0;
}

void bk_stage_destroy(struct bk_stage *stage)
{
    if (stage == NULL)
        return;
    bk_display_session_finish(&stage->session);
    bk_stage_drop_ghosts(stage);
    bk_display_source_destroy(stage->source);
    sd_event_source_disable_unref(stage->idle_timer);
    sd_event_source_disable_unref(stage->resize_timer);
    sd_event_source_disable_unref(stage->hint_timer);
    bk_windows_finish(&stage->windows);
    bk_window_pictures_finish(&stage->pictures);
    free(stage);
}
