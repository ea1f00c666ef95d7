/* SPDX-License-Identifier: Apache-2.0 */
#include "desktop.h"

#include "desktop_service.h"
#include "file_service.h"
#include "hotplug.h"
#include "input.h"
#include "open_service.h"
#include "output.h"
#include "phone.h"
#include "place_service.h"
#include "power_service.h"
#include "preferences_service.h"
#include "privacy_service.h"
#include "seat.h"
#include "software_service.h"
#include "switcher.h"
#include "window_news.h"

#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wlr/backend/headless.h>

uint64_t bk_desktop_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- wlroots' loop within sd-event --- */

static int on_wayland(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_desktop *desktop = userdata;

    (void)source;
    (void)fd;
    (void)events;
    wl_event_loop_dispatch(desktop->loop, 0);
    return 0;
}

/* wlroots puts off work to "idle" callbacks, which nothing but a dispatch would run. */
static int before_sleep(sd_event_source *source, void *userdata)
{
    struct bk_desktop *desktop = userdata;

    (void)source;
    wl_event_loop_dispatch_idle(desktop->loop);
    return 0;
}

static int join_loops(struct bk_desktop *desktop)
{
    int r = sd_event_add_io(desktop->event, &desktop->wayland_source, wl_event_loop_get_fd(desktop->loop), EPOLLIN,
                            on_wayland, desktop);

    if (r >= 0)
        r = sd_event_source_set_prepare(desktop->wayland_source, before_sleep);
    /* Before the other sources prepare: an idle callback may give them work. */
    if (r >= 0)
        r = sd_event_source_set_priority(desktop->wayland_source, SD_EVENT_PRIORITY_IMPORTANT);
    return r;
}

/* --- time --- */

static void on_ui_wants_frame(void *userdata);

static void arm(sd_event_source *timer, uint64_t at_ms)
{
    if (at_ms == UINT64_MAX) {
        (void)sd_event_source_set_enabled(timer, SD_EVENT_OFF);
        return;
    }
    if (sd_event_source_set_time(timer, at_ms * 1000) >= 0)
        (void)sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static int on_toast_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_desktop *desktop = userdata;

    (void)usec;
    arm(source, bk_notifications_advance(desktop->model, bk_desktop_now_ms()));
    return 0;
}

/* At each full minute of the clock on the wall; also when that clock was set. */
static int on_minute(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_desktop *desktop = userdata;
    time_t now = time(NULL);

    (void)usec;
    bk_ui_changed(desktop->ui);
    int r = sd_event_source_set_time(source, ((uint64_t)now / 60 + 1) * 60 * 1000000);
    if (r >= 0)
        r = sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
    return r;
}

/* The question takes an answer from now on, which is to be seen. */
static int on_prompt_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_desktop *desktop = userdata;

    (void)source;
    (void)usec;
    if (bk_prompt_is_ready(&desktop->prompt, bk_desktop_now_ms()))
        bk_info("question %" PRId64 " takes an answer", desktop->prompt.id);
    on_ui_wants_frame(desktop);
    return 0;
}

/* The line about what was pasted goes. */
static int on_paste_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    (void)source;
    (void)usec;
    on_ui_wants_frame(userdata);
    return 0;
}

/* The question whether something is to be installed takes an answer. */
static int on_software_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_desktop *desktop = userdata;

    (void)source;
    (void)usec;
    if (bk_software_advance(&desktop->software, bk_desktop_now_ms()))
        bk_ui_software_changed(desktop->ui);
    return 0;
}

static int start_timers(struct bk_desktop *desktop)
{
    int r = sd_event_add_time(desktop->event, &desktop->toast_timer, CLOCK_MONOTONIC, UINT64_MAX, 1000, on_toast_time,
                              desktop);

    if (r >= 0)
        r = sd_event_add_time(desktop->event, &desktop->minute_timer, CLOCK_REALTIME, 0, 1000, on_minute, desktop);
    if (r >= 0)
        r = sd_event_add_time(desktop->event, &desktop->prompt_timer, CLOCK_MONOTONIC, UINT64_MAX, 1000, on_prompt_time,
                              desktop);
    if (r >= 0)
        r = sd_event_add_time(desktop->event, &desktop->software_timer, CLOCK_MONOTONIC, UINT64_MAX, 1000,
                              on_software_time, desktop);
    if (r >= 0)
        r = sd_event_add_time(desktop->event, &desktop->paste_timer, CLOCK_MONOTONIC, UINT64_MAX, 1000, on_paste_time,
                              desktop);
    return r;
}

/* --- what the parts tell each other --- */

static void on_ui_wants_frame(void *userdata)
{
    struct bk_desktop *desktop = userdata;

    desktop->settled = false;
    if (desktop->output != NULL)
        bk_output_schedule(desktop->output);
}

static void on_stage_changed(void *userdata)
{
    struct bk_desktop *desktop = userdata;

    if (desktop->switcher != NULL)
        bk_switcher_changed(desktop->switcher);
    if (desktop->phone != NULL)
        bk_phone_changed(desktop->phone);
    bk_window_news_changed(desktop->news);
    bk_ui_windows_changed(desktop->ui, bk_desktop_now_ms());
}

static void on_set_pointer(enum bk_pointer_shape shape, struct wlr_buffer *picture, int hot_x, int hot_y,
                           void *userdata)
{
    struct bk_desktop *desktop = userdata;

    bk_input_set_pointer(desktop->input, shape, picture, hot_x, hot_y);
}

static struct bk_rect on_task_place(uint32_t cid, void *userdata)
{
    struct bk_desktop *desktop = userdata;

    return bk_ui_task_place(desktop->ui, cid);
}

static bool on_pose(const struct bk_window *window, const struct bk_pose *before, struct bk_pose *ret_pose,
                    void *userdata)
{
    struct bk_desktop *desktop = userdata;
    const struct bk_rect icon = bk_ui_task_place(desktop->ui, window->cid);

    return bk_phone_pose(desktop->phone, window, before, &icon, ret_pose);
}

static void on_took(void *userdata)
{
    struct bk_desktop *desktop = userdata;

    bk_seat_let_go(desktop->seat);
}

static bool on_shows_notifications(void *userdata)
{
    struct bk_desktop *desktop = userdata;

    return bk_ui_shows_notifications(desktop->ui) || bk_ui_shows_settings(desktop->ui);
}

static void on_toggle_notifications(void *userdata)
{
    struct bk_desktop *desktop = userdata;

    if (!bk_ui_shows_notifications(desktop->ui) && bk_ui_shows_settings(desktop->ui))
        bk_ui_close_settings(desktop->ui, bk_desktop_now_ms());
    else
        bk_ui_toggle_notifications(desktop->ui, bk_desktop_now_ms());
}

static void on_away(bool away, void *userdata)
{
    struct bk_desktop *desktop = userdata;

    bk_ui_set_away(desktop->ui, away, bk_desktop_now_ms());
}

static bool on_request(const char *app, enum bk_stage_request request, void *userdata)
{
    struct bk_desktop *desktop = userdata;

    return bk_desktop_service_request(desktop->service, app, request);
}

void bk_desktop_choose_layout(struct bk_desktop *desktop, size_t layout)
{
    if (!bk_input_set_layout(desktop->input, layout))
        return; /* the image lacks it: the keys stay what they are, and so does what is said of them */
    bk_layouts_choose(&desktop->layouts, layout);
    bk_info("keyboard layout %s:%s", bk_layout_table[layout].layout, bk_layout_table[layout].variant);
    bk_window_news_changed(desktop->news);
    bk_ui_changed(desktop->ui);
}

static void on_choose_layout(size_t layout, void *userdata)
{
    bk_desktop_choose_layout(userdata, layout);
    bk_preferences_service_changed(userdata);
}

void bk_desktop_next_layout(struct bk_desktop *desktop)
{
    size_t next = bk_layouts_next(&desktop->layouts);

    if (next == desktop->layouts.chosen)
        bk_ui_toggle_layouts(desktop->ui, bk_desktop_now_ms());
    else
        on_choose_layout(next, desktop);
}

static void on_start(const char *app, bool fresh_copy, void *userdata)
{
    if (!on_request(app, fresh_copy ? BK_STAGE_COPY : BK_STAGE_START, userdata))
        bk_warning("no broker to start an app by");
}

void bk_desktop_resize(struct bk_desktop *desktop, int width, int height, double scale, int refresh_mhz)
{
    bk_ui_resize(desktop->ui, width, height);
    bk_stage_resize(desktop->stage, width, height, scale, refresh_mhz);
    bk_prompt_view_resize(&desktop->prompt_view, width, height);
    bk_paste_hint_resize(&desktop->paste_hint, width, bk_form_layout_of(desktop->options.form).bar);
}

void bk_desktop_turn(struct bk_desktop *desktop, int orientation)
{
    desktop->wanted_orientation = orientation;
    on_ui_wants_frame(desktop);
}

void bk_desktop_set_turning(struct bk_desktop *desktop, bool turning)
{
    bk_seat_set_turning(desktop->seat, turning);
    bk_input_set_turning(desktop->input, turning);
}

void bk_desktop_apps_changed(struct bk_desktop *desktop)
{
    bk_faces_changed(desktop->faces, desktop->apps);
    bk_stage_apps_changed(desktop->stage);
    bk_ui_apps_changed(desktop->ui);
}

void bk_desktop_traits_changed(struct bk_desktop *desktop)
{
    bk_stage_apps_changed(desktop->stage);
    bk_ui_apps_changed(desktop->ui);
}

void bk_desktop_privacy_changed(struct bk_desktop *desktop)
{
    bk_ui_privacy_changed(desktop->ui);
}

int bk_desktop_show_paste(struct bk_desktop *desktop, const struct bk_paste_content *content)
{
    char type[64];
    int r = bk_paste_hint_show(&desktop->paste_hint, content);

    if (r < 0)
        return r;
    bk_info("pasted: %s -> %s: %s", desktop->paste_hint.from_name, desktop->paste_hint.to_name,
            bk_log_escape(content->type, strlen(content->type), type, sizeof type));
    on_ui_wants_frame(desktop);
    return 0;
}

static void on_change_grant(const char *app, const char *permission, enum bk_choice choice, void *userdata)
{
    struct bk_desktop *desktop = userdata;

    bk_privacy_service_change(desktop->service, app, permission, choice);
}

void bk_desktop_power_changed(struct bk_desktop *desktop)
{
    desktop->animated = !desktop->options.reduced_motion && !desktop->power.state.low;
    bk_ui_power_changed(desktop->ui);
}

static void on_switch_low_power(bool low, void *userdata)
{
    struct bk_desktop *desktop = userdata;

    bk_power_service_wish(desktop->service, "lowPower", low);
}

static void on_sleep(bool anyway, void *userdata)
{
    struct bk_desktop *desktop = userdata;

    bk_info("the person wants the machine to sleep%s", anyway ? " anyway" : "");
    bk_power_service_wish(desktop->service, "sleep", anyway);
}

static void on_power_off(void *userdata)
{
    struct bk_desktop *desktop = userdata;

    bk_info("the person wants the machine switched off");
    bk_power_service_wish(desktop->service, "off", true);
}

void bk_desktop_place_changed(struct bk_desktop *desktop)
{
    bk_ui_place_changed(desktop->ui);
}

static void on_change_place(const struct bk_place *place, void *userdata)
{
    const struct bk_desktop *desktop = userdata;

    bk_place_service_change(desktop->service, place);
}

void bk_desktop_software_changed(struct bk_desktop *desktop)
{
    bk_ui_software_changed(desktop->ui);
}

void bk_desktop_show_software(struct bk_desktop *desktop)
{
    bk_ui_show_software(desktop->ui, bk_desktop_now_ms());
}

static void on_want_software(enum bk_software_wish wish, const char *what, uint32_t point, void *userdata)
{
    const struct bk_desktop *desktop = userdata;

    bk_software_service_wish(desktop->service, wish, what, point);
}

static void on_change_default(const char *kind, enum bk_default_wish wish, void *userdata)
{
    const struct bk_desktop *desktop = userdata;

    bk_open_service_change_default(desktop->service, kind, wish);
}

static void on_model_changed(void *userdata)
{
    struct bk_desktop *desktop = userdata;

    bk_preferences_service_changed(desktop);
    bk_ui_changed(desktop->ui);
}

static void on_model_answered(int64_t id, const char *button, void *userdata)
{
    struct bk_desktop *desktop = userdata;

    bk_desktop_service_answer(desktop->service, id, button);
}

static void on_model_replied(int64_t id, const char *text, void *userdata)
{
    struct bk_desktop *desktop = userdata;

    bk_desktop_service_reply(desktop->service, id, text);
}

static void on_asking(bool asking, void *userdata)
{
    struct bk_desktop *desktop = userdata;

    bk_seat_set_asking(desktop->seat, asking);
}

static void on_prompt_answered(int64_t id, enum bk_choice choice, void *userdata)
{
    struct bk_desktop *desktop = userdata;

    bk_info("question %" PRId64 " answered: %s", id, choice < BK_CHOICES ? bk_choice_names[choice] : "closed");
    bk_privacy_service_answer(desktop->service, id, choice);
}

static void on_prompt_opened(int64_t id, const char *app, bool always, bool fresh, void *userdata)
{
    struct bk_desktop *desktop = userdata;
    char escaped[BK_PROMPT_APP_BYTES];

    bk_info("question %" PRId64 " answered: %s%s", id,
            app != NULL ? bk_log_escape(app, strlen(app), escaped, sizeof escaped) : "closed",
            always  ? ", always"
            : fresh ? ", in a fresh copy"
                    : "");
    bk_open_service_opened(desktop->service, id, app, always, fresh);
}

static void on_prompt_did(int64_t id, const struct bk_prompt_deed *deed, void *userdata)
{
    struct bk_desktop *desktop = userdata;

    bk_info("question %" PRId64 ": %s", id, bk_prompt_act_names[deed->act]);
    bk_file_service_did(desktop->service, id, deed);
}

/* After a frame came to the screen. */
static void prompt_presented(struct bk_desktop *desktop, uint64_t now_ms)
{
    struct bk_prompt *prompt = &desktop->prompt;
    char app[BK_PROMPT_APP_BYTES];

    if (prompt->seen || desktop->seat->turning || !bk_prompt_view_is_whole(&desktop->prompt_view, now_ms))
        return;
    bk_prompt_presented(prompt, now_ms);
    arm(desktop->prompt_timer, bk_prompt_ready_ms(prompt));
    bk_info("question %" PRId64 " shown (%s, %s)", prompt->id,
            bk_log_escape(prompt->app, strlen(prompt->app), app, sizeof app),
            prompt->kind == BK_PROMPT_PERMISSION ? prompt->permission : bk_prompt_kind_names[prompt->kind]);
}

bool bk_desktop_before_frame(struct bk_desktop *desktop, uint64_t now_ms)
{
    bool stage = bk_stage_frame(desktop->stage, now_ms);
    bool phone = desktop->phone != NULL && bk_phone_frame(desktop->phone, now_ms);
    bool switcher = bk_switcher_frame(desktop->switcher, now_ms);
    bk_window_news_tell(desktop->news, desktop);
    bool ui = bk_ui_frame(desktop->ui, now_ms);
    bool hint = bk_paste_hint_frame(&desktop->paste_hint, now_ms);
    bool prompt = bk_prompt_view_frame(&desktop->prompt_view, now_ms);

    return stage || phone || switcher || ui || hint || prompt;
}

/* Nobody has seen what a dialog covers, or what turns; a press that was made before counts for nothing then. */
static void software_presented(struct bk_desktop *desktop, uint64_t now_ms)
{
    const bool ready = desktop->software.ready;
    const bool seen = !desktop->prompt.open && !desktop->seat->turning && bk_ui_asks_about_software(desktop->ui);

    arm(desktop->software_timer, bk_software_presented(&desktop->software, seen, now_ms));
    if (ready && !desktop->software.ready)
        bk_ui_software_changed(desktop->ui);
}

void bk_desktop_after_frame(struct bk_desktop *desktop, bool more, uint64_t now_ms)
{
    arm(desktop->toast_timer, bk_notifications_advance(desktop->model, now_ms));
    arm(desktop->paste_timer, bk_paste_hint_presented(&desktop->paste_hint, now_ms));
    bk_stage_presented(desktop->stage, now_ms);
    prompt_presented(desktop, now_ms);
    software_presented(desktop, now_ms);
    if (more)
        return;
    desktop->settled = true;
    for (size_t i = bk_notifications_count(desktop->model); i > 0; i--) {
        struct bk_notification *notification = bk_notifications_at(desktop->model, i - 1);
        char app[BK_NOTIFICATION_NAME_BYTES];
        if (notification->announced)
            continue;
        notification->announced = true;
        bk_info("notification %" PRId64 " shown (%s)", notification->id,
                bk_log_escape(notification->app, strlen(notification->app), app, sizeof app));
    }
}

static void on_new_output(struct wl_listener *listener, void *data)
{
    struct bk_desktop *desktop = wl_container_of(listener, desktop, new_output);
    struct wlr_output *output = data;

    if (desktop->output != NULL) {
        bk_info("screen %s is left dark: there is one already", output->name);
        return;
    }
    int r = bk_output_create(desktop, output, &desktop->output);
    if (r < 0) {
        errno = -r;
        bk_error("screen %s: %m", output->name);
    }
}

static void on_new_input(struct wl_listener *listener, void *data)
{
    struct bk_desktop *desktop = wl_container_of(listener, desktop, new_input);

    bk_input_add(desktop->input, data);
}

/* --- beginning and end --- */

static int create_backend(struct bk_desktop *desktop)
{
    const struct bk_desktop_options *options = &desktop->options;

    desktop->backend = options->headless_width > 0 ? wlr_headless_backend_create(desktop->loop)
                                                   : wlr_backend_autocreate(desktop->loop, &desktop->session);
    if (desktop->backend == NULL) {
        bk_error("no display device can be used");
        return -ENODEV;
    }
    desktop->renderer = wlr_renderer_autocreate(desktop->backend);
    if (desktop->renderer != NULL)
        desktop->allocator = wlr_allocator_autocreate(desktop->backend, desktop->renderer);
    if (desktop->allocator == NULL) {
        bk_error("no way to draw on the display device");
        return -ENODEV;
    }
    return 0;
}

static int create_windows(struct bk_desktop *desktop)
{
    const struct bk_desktop_options *options = &desktop->options;
    const struct bk_stage_options stage_options = { .socket = options->display_socket,
                                                    .no_source =
                                                        options->headless_width > 0 && options->display_socket == NULL,
                                                    .animated = &desktop->animated,
                                                    .wants_frame = on_ui_wants_frame,
                                                    .changed = on_stage_changed,
                                                    .set_pointer = on_set_pointer,
                                                    .request = on_request,
                                                    .task_place = on_task_place,
                                                    .form = options->form,
                                                    .pose = options->form == BK_FORM_PHONE ? on_pose : NULL,
                                                    .userdata = desktop };

    int r = bk_stage_create(desktop->event, bk_ui_window_tree(desktop->ui), bk_ui_typesetter(desktop->ui),
                            desktop->apps, desktop->faces, &stage_options, &desktop->stage);
    if (r < 0)
        return r;
    bk_ui_set_stage(desktop->ui, desktop->stage);
    r = bk_switcher_create(bk_ui_top_tree(desktop->ui), bk_ui_typesetter(desktop->ui), desktop->stage,
                           &desktop->animated, on_ui_wants_frame, desktop, &desktop->switcher);
    if (r < 0)
        return r;
    bk_paste_hint_init(&desktop->paste_hint, &desktop->scene->tree, bk_ui_typesetter(desktop->ui), desktop->apps,
                       desktop->faces, !options->reduced_motion);
    bk_prompt_view_init(&desktop->prompt_view, &desktop->scene->tree, &desktop->prompt, bk_ui_typesetter(desktop->ui),
                        desktop->apps, desktop->faces, options->form == BK_FORM_PHONE, &desktop->animated);
    if (options->form != BK_FORM_PHONE)
        return 0;
    const struct bk_phone_options phone_options = { .animated = &desktop->animated,
                                                    .wants_frame = on_ui_wants_frame,
                                                    .took = on_took,
                                                    .shows_notifications = on_shows_notifications,
                                                    .toggle_notifications = on_toggle_notifications,
                                                    .away = on_away,
                                                    .userdata = desktop };
    return bk_phone_create(desktop->event, bk_ui_under_tree(desktop->ui), bk_ui_over_tree(desktop->ui),
                           bk_ui_typesetter(desktop->ui), desktop->apps, desktop->stage, &phone_options,
                           &desktop->phone);
}

static int create_parts(struct bk_desktop *desktop)
{
    const struct bk_ui_options ui_options = { .form = desktop->options.form,
                                              .animated = &desktop->animated,
                                              .wants_frame = on_ui_wants_frame,
                                              .start = on_start,
                                              .layouts = &desktop->layouts,
                                              .choose_layout = on_choose_layout,
                                              .privacy = &desktop->privacy,
                                              .defaults = &desktop->defaults,
                                              .change_default = on_change_default,
                                              .change_grant = on_change_grant,
                                              .power = &desktop->power,
                                              .switch_low_power = on_switch_low_power,
                                              .sleep = on_sleep,
                                              .power_off = on_power_off,
                                              .place = &desktop->place,
                                              .change_place = on_change_place,
                                              .software = &desktop->software,
                                              .want_software = on_want_software,
                                              .userdata = desktop };
    const struct bk_notifications_listener listener = {
        .changed = on_model_changed, .answered = on_model_answered, .replied = on_model_replied, .userdata = desktop
    };

    desktop->display = wl_display_create();
    if (desktop->display == NULL)
        return -ENOMEM;
    desktop->loop = wl_display_get_event_loop(desktop->display);
    int r = join_loops(desktop);
    if (r < 0)
        return r;
    r = create_backend(desktop);
    if (r < 0)
        return r;
    desktop->scene = wlr_scene_create();
    desktop->layout = wlr_output_layout_create(desktop->display);
    if (desktop->scene == NULL || desktop->layout == NULL)
        return -ENOMEM;
    r = bk_notifications_create(desktop->options.toast_ms, &desktop->model);
    if (r < 0)
        return r;
    desktop->apps = calloc(1, sizeof *desktop->apps);
    desktop->faces = calloc(1, sizeof *desktop->faces);
    desktop->news = calloc(1, sizeof *desktop->news);
    if (desktop->apps == NULL || desktop->faces == NULL || desktop->news == NULL)
        return -ENOMEM;
    r = bk_seat_create(desktop, &desktop->seat);
    if (r < 0)
        return r;
    r = bk_ui_create(desktop->scene, desktop->model, desktop->apps, desktop->faces, &ui_options, &desktop->ui);
    if (r < 0)
        return r;
    r = create_windows(desktop);
    if (r < 0)
        return r;
    bk_notifications_listen(desktop->model, &listener);
    desktop->prompt.listener = (struct bk_prompt_listener){ .asking = on_asking,
                                                            .changed = on_ui_wants_frame,
                                                            .answered = on_prompt_answered,
                                                            .opened = on_prompt_opened,
                                                            .did = on_prompt_did,
                                                            .userdata = desktop };
    r = bk_input_create(desktop, &desktop->input);
    if (r < 0)
        return r;
    r = start_timers(desktop);
    if (r < 0)
        return r;
    return bk_desktop_service_create(desktop, &desktop->service);
}

static int start(struct bk_desktop *desktop)
{
    const struct bk_desktop_options *options = &desktop->options;

    desktop->new_output.notify = on_new_output;
    wl_signal_add(&desktop->backend->events.new_output, &desktop->new_output);
    desktop->new_input.notify = on_new_input;
    wl_signal_add(&desktop->backend->events.new_input, &desktop->new_input);
    if (!wlr_backend_start(desktop->backend)) {
        bk_error("the display device does not start");
        return -ENODEV;
    }
    if (options->headless_width > 0) {
        wlr_headless_add_output(desktop->backend, (unsigned)options->headless_width,
                                (unsigned)options->headless_height);
        return 0;
    }
    return bk_hotplug_create(desktop, &desktop->hotplug);
}

int bk_desktop_create(sd_event *event, const struct bk_desktop_options *options, struct bk_desktop **ret_desktop)
{
    struct bk_desktop *desktop = calloc(1, sizeof *desktop);
    if (desktop == NULL)
        return -ENOMEM;

    desktop->options = *options;
    desktop->animated = !options->reduced_motion;
    desktop->power = BK_POWER_DEFAULT;
    bk_layouts_init(&desktop->layouts, options->layout);
    desktop->preferences.layout = options->layout;
    desktop->event = sd_event_ref(event);
    wl_list_init(&desktop->new_output.link);
    wl_list_init(&desktop->new_input.link);
    int r = create_parts(desktop);
    if (r >= 0)
        r = start(desktop);
    if (r < 0) {
        bk_desktop_destroy(desktop);
        return r;
    }
    *ret_desktop = desktop;
    return 0;
}

void bk_desktop_destroy(struct bk_desktop *desktop)
{
    if (desktop == NULL)
        return;
    wl_list_remove(&desktop->new_output.link);
    wl_list_remove(&desktop->new_input.link);
    bk_hotplug_destroy(desktop->hotplug);
    bk_switcher_destroy(TAKE_PTR(desktop->switcher));
    bk_stage_destroy(desktop->stage); /* its apps leave, which the others hear of */
    bk_phone_destroy(desktop->phone);
    bk_desktop_service_destroy(desktop->service);
    bk_output_destroy(desktop->output);
    bk_input_destroy(desktop->input);
    sd_event_source_disable_unref(desktop->toast_timer);
    sd_event_source_disable_unref(desktop->minute_timer);
    sd_event_source_disable_unref(desktop->prompt_timer);
    sd_event_source_disable_unref(desktop->paste_timer);
    sd_event_source_disable_unref(desktop->software_timer);
    bk_paste_hint_finish(&desktop->paste_hint);
    bk_prompt_finish(&desktop->prompt);
    bk_privacy_finish(&desktop->privacy);
    bk_power_finish(&desktop->power);
    bk_software_clear(&desktop->software);
    bk_defaults_finish(&desktop->defaults);
    bk_ui_destroy(desktop->ui);
    bk_notifications_destroy(desktop->model);
    if (desktop->faces != NULL)
        bk_faces_finish(desktop->faces);
    if (desktop->apps != NULL)
        bk_apps_finish(desktop->apps);
    free(desktop->faces);
    free(desktop->apps);
    bk_seat_destroy(desktop->seat);
    free(desktop->news);
    if (desktop->scene != NULL)
        wlr_scene_node_destroy(&desktop->scene->tree.node);
    if (desktop->backend != NULL)
        wlr_backend_destroy(desktop->backend);
    if (desktop->allocator != NULL)
        wlr_allocator_destroy(desktop->allocator);
    if (desktop->renderer != NULL)
        wlr_renderer_destroy(desktop->renderer);
    sd_event_source_disable_unref(desktop->wayland_source);
    if (desktop->display != NULL)
        wl_display_destroy(desktop->display);
    sd_event_unref(desktop->event);
    free(desktop);
}
