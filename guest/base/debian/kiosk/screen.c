/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wlroots learns of a new size from udevd, which does not run here, and asks a connector for its modes only once. So
 * this listens to the kernel itself, asks anew, and takes the mode that the screen prefers: the window's size. The
 * windows are told first, and the mode changes with their first frame of that size in it, so that who drags the
 * window's edge sees the app follow and nothing black in between. An app that takes too long is not waited for.
 *
 * A virtual screen has no vertical blank, a flip is done at once; the pace is kept by a timer. A commit may fail for no
 * lasting reason: it is tried again from the same timer.
 */
#define _GNU_SOURCE
#include "kiosk.h"

#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <linux/netlink.h>
#include <math.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <wlr/backend/drm.h>
#include <wlr/types/wlr_output.h>
#include <xf86drmMode.h>

#define UEVENT_MAX  8192
#define PERIOD_MS   16 /* where the mode does not say */
#define RETRY_MS    8
#define FOLLOW_MS   250 /* for the windows to draw the next size */
#define DPI_NORMAL  96.0
#define SCALE_MAX   3.0F
#define MM_PER_INCH 25.4

uint64_t bk_kiosk_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* What the display says of its pixels' size, in half steps: an app that can draws sharp at it. */
static float scale_of(const struct wlr_output *output, int width)
{
    if (output->phys_width <= 0)
        return 1.0F;
    double dots_per_inch = width * MM_PER_INCH / output->phys_width;
    float scale = (float)(round(dots_per_inch / DPI_NORMAL * 2) / 2);
    return scale < 1.0F ? 1.0F : scale > SCALE_MAX ? SCALE_MAX : scale;
}

bool bk_kiosk_screen_size(const struct kiosk *kiosk, struct wlr_box *ret)
{
    const struct wlr_output_mode *next = kiosk->next_mode;

    if (kiosk->output == NULL)
        return false;
    wlr_output_layout_get_box(kiosk->layout, kiosk->output, ret);
    if (next != NULL) {
        float scale = scale_of(kiosk->output, next->width);
        ret->width = (int)((float)next->width / scale);
        ret->height = (int)((float)next->height / scale);
    }
    return !wlr_box_empty(ret);
}

static void arm(struct kiosk *kiosk, uint64_t after_ms)
{
    kiosk->frame_due = true;
    wl_event_source_timer_update(kiosk->frame_timer, after_ms > 0 ? (int)after_ms : 1);
}

static uint64_t period_ms(const struct kiosk *kiosk)
{
    return kiosk->output->refresh > 0 ? (uint64_t)(1000000 / kiosk->output->refresh) : PERIOD_MS;
}

static void draw(struct kiosk *kiosk)
{
    struct timespec now;

    kiosk->last_frame_ms = bk_kiosk_now_ms();
    if (!wlr_scene_output_commit(kiosk->scene_output, NULL)) {
        arm(kiosk, RETRY_MS);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    wlr_scene_output_send_frame_done(kiosk->scene_output, &now);
}

static void on_frame(struct wl_listener *listener, void *data)
{
    struct kiosk *kiosk = wl_container_of(listener, kiosk, frame);
    uint64_t next_ms = kiosk->last_frame_ms + period_ms(kiosk);
    uint64_t now_ms = bk_kiosk_now_ms();

    (void)data;
    if (kiosk->frame_due)
        return;
    if (now_ms < next_ms)
        arm(kiosk, next_ms - now_ms);
    else
        draw(kiosk);
}

static int on_frame_timer(void *data)
{
    struct kiosk *kiosk = data;

    kiosk->frame_due = false;
    if (kiosk->output != NULL)
        draw(kiosk);
    return 0;
}

static bool set_mode(struct kiosk *kiosk, struct wlr_output_mode *mode)
{
    struct wlr_output_state state;

    wlr_output_state_init(&state);
    wlr_output_state_set_enabled(&state, true);
    if (mode != NULL) {
        wlr_output_state_set_mode(&state, mode);
        wlr_output_state_set_scale(&state, scale_of(kiosk->output, mode->width));
    }
    /* With what there is to see: alone, a mode would come with a black picture. */
    bool done = kiosk->scene_output == NULL || wlr_scene_output_build_state(kiosk->scene_output, &state, NULL);
    done = done && wlr_output_commit_state(kiosk->output, &state);
    wlr_output_state_finish(&state);
    if (!done)
        bk_warning("the screen does not take %dx%d", mode != NULL ? mode->width : 0, mode != NULL ? mode->height : 0);
    return done;
}

static void take_next_mode(struct kiosk *kiosk)
{
    struct wlr_output_mode *next = kiosk->next_mode;

    kiosk->next_mode = NULL;
    wl_event_source_timer_update(kiosk->mode_timer, 0);
    if (!set_mode(kiosk, next))
        bk_kiosk_windows_arrange(kiosk); /* as it was, then */
}

void bk_kiosk_screen_follow(struct kiosk *kiosk)
{
    if (kiosk->next_mode != NULL && bk_kiosk_windows_fit(kiosk))
        take_next_mode(kiosk);
}

static int on_mode_timer(void *data)
{
    struct kiosk *kiosk = data;

    if (kiosk->output != NULL && kiosk->next_mode != NULL)
        take_next_mode(kiosk);
    return 0;
}

/* A time that runs already is not begun anew: whoever drags sees something of it at least that often. */
static void follow_mode(struct kiosk *kiosk, struct wlr_output_mode *mode)
{
    if (kiosk->next_mode == NULL)
        wl_event_source_timer_update(kiosk->mode_timer, FOLLOW_MS);
    kiosk->next_mode = mode;
    bk_kiosk_windows_arrange(kiosk);
    bk_kiosk_screen_follow(kiosk);
}

static void take_preferred_mode(struct kiosk *kiosk)
{
    struct wlr_output *output = kiosk->output;

    if (output == NULL || !wlr_output_is_drm(output))
        return;
    drmModeConnector *connector =
        drmModeGetConnector(wlr_backend_get_drm_fd(kiosk->backend), wlr_drm_connector_get_id(output));
    for (int i = 0; connector != NULL && i < connector->count_modes; i++) {
        drmModeModeInfo mode = connector->modes[i];
        if ((mode.type & DRM_MODE_TYPE_PREFERRED) == 0)
            continue;
        /* The list of a size that comes again has it already. */
        struct wlr_output_mode *known, *found = NULL;
        wl_list_for_each(known, &output->modes, link)
        {
            if (known->width == mode.hdisplay && known->height == mode.vdisplay)
                found = known;
        }
        mode.type = DRM_MODE_TYPE_USERDEF; /* the only kind that may be added */
        if (found == NULL)
            found = wlr_drm_connector_add_mode(output, &mode);
        output->phys_width = (int32_t)connector->mmWidth;
        output->phys_height = (int32_t)connector->mmHeight;
        if (found != NULL &&
            (kiosk->next_mode != NULL || mode.hdisplay != output->width || mode.vdisplay != output->height))
            follow_mode(kiosk, found);
        break;
    }
    drmModeFreeConnector(connector);
}

static int on_uevent(int fd, uint32_t mask, void *data)
{
    char message[UEVENT_MAX];
    struct sockaddr_nl sender = { 0 };
    socklen_t sender_size = sizeof sender;
    bool display = false, hotplug = false;

    (void)mask;
    ssize_t size = recvfrom(fd, message, sizeof message - 1, MSG_DONTWAIT, (struct sockaddr *)&sender, &sender_size);
    if (size < 0 && errno != ENOBUFS) /* then some were lost, ours perhaps */
        return 0;
    if (size >= 0 && sender.nl_pid != 0)
        return 0; /* not the kernel's */
    message[size < 0 ? 0 : size] = '\0';
    for (ssize_t at = 0; at < size; at += (ssize_t)strlen(message + at) + 1) {
        display = display || strcmp(message + at, "SUBSYSTEM=drm") == 0;
        hotplug = hotplug || strcmp(message + at, "HOTPLUG=1") == 0;
    }
    if (size < 0 || (display && hotplug))
        take_preferred_mode(data);
    return 0;
}

static void on_request_state(struct wl_listener *listener, void *data)
{
    struct kiosk *kiosk = wl_container_of(listener, kiosk, request_state);
    const struct wlr_output_event_request_state *event = data;

    /* A window on another desktop, for development, is resized by its frame. */
    if (wlr_output_commit_state(kiosk->output, event->state))
        bk_kiosk_windows_arrange(kiosk);
}

static void on_output_destroyed(struct wl_listener *listener, void *data)
{
    struct kiosk *kiosk = wl_container_of(listener, kiosk, output_destroyed);

    (void)data;
    wl_list_remove(&kiosk->frame.link);
    wl_list_remove(&kiosk->request_state.link);
    wl_list_remove(&kiosk->output_destroyed.link);
    kiosk->output = NULL;
    kiosk->scene_output = NULL;
    kiosk->next_mode = NULL;
}

static void on_new_output(struct wl_listener *listener, void *data)
{
    struct kiosk *kiosk = wl_container_of(listener, kiosk, new_output);
    struct wlr_output *output = data;

    if (kiosk->output != NULL || !wlr_output_init_render(output, kiosk->allocator, kiosk->renderer))
        return;
    kiosk->output = output;
    if (!set_mode(kiosk, wlr_output_preferred_mode(output))) {
        kiosk->output = NULL;
        return;
    }
    kiosk->scene_output = wlr_scene_output_create(kiosk->scene, output);
    kiosk->frame.notify = on_frame;
    wl_signal_add(&output->events.frame, &kiosk->frame);
    kiosk->request_state.notify = on_request_state;
    wl_signal_add(&output->events.request_state, &kiosk->request_state);
    kiosk->output_destroyed.notify = on_output_destroyed;
    wl_signal_add(&output->events.destroy, &kiosk->output_destroyed);
    wlr_output_layout_add(kiosk->layout, output, 0, 0);
    take_preferred_mode(kiosk); /* the size may have changed since wlroots looked */
    bk_kiosk_windows_arrange(kiosk);
    bk_kiosk_seat_refresh(kiosk);
    bk_info("the screen is %dx%d, scale %.1f", output->width, output->height, (double)output->scale);
}

int bk_kiosk_screen_init(struct kiosk *kiosk)
{
    const struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };

    kiosk->frame_timer = wl_event_loop_add_timer(kiosk->loop, on_frame_timer, kiosk);
    kiosk->mode_timer = wl_event_loop_add_timer(kiosk->loop, on_mode_timer, kiosk);
    if (kiosk->frame_timer == NULL || kiosk->mode_timer == NULL)
        return -ENOMEM;
    _cleanup_close_ int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) < 0)
        return -errno;
    kiosk->uevents = wl_event_loop_add_fd(kiosk->loop, fd, WL_EVENT_READABLE, on_uevent, kiosk);
    if (kiosk->uevents == NULL)
        return -ENOMEM;
    kiosk->new_output.notify = on_new_output;
    wl_signal_add(&kiosk->backend->events.new_output, &kiosk->new_output);
    TAKE_FD(fd); /* the event source is on a copy; this one lives as long as the process */
    return 0;
}

void bk_kiosk_screen_finish(struct kiosk *kiosk)
{
    wl_list_remove(&kiosk->new_output.link);
    wl_event_source_remove(kiosk->uevents);
    wl_event_source_remove(kiosk->frame_timer);
    wl_event_source_remove(kiosk->mode_timer);
}
