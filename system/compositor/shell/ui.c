/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that can be pressed is a target (target.h). The pointer has a target below it (hover) and one it
 * went down on (pressed): a release on the same one activates it, as a drag away takes a press back. The keyboard
 * has its own (focus): Tab and Shift-Tab walk through the list of targets, Return and Space activate, Escape
 * closes the notification panel or lets the focus go. The pointer's press takes the focus away.
 */
#include "ui_state.h"

#include "canvas.h"
#include "wallpaper.h"

#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

int bk_ui_create(struct wlr_scene *scene, struct bk_notifications *model, const struct bk_apps *apps,
                 struct bk_faces *faces, const struct bk_ui_options *options, struct bk_ui **ret_ui)
{
    struct bk_ui *ui = calloc(1, sizeof *ui);
    if (ui == NULL)
        return -ENOMEM;

    int r = bk_typesetter_create(&ui->typesetter);
    if (r < 0) {
        free(ui);
        return r;
    }
    ui->model = model;
    ui->apps = apps;
    ui->faces = faces;
    ui->options = *options;
    ui->layout = bk_form_layout_of(options->form);
    ui->pointer_x = -1;
    ui->pointer_y = -1;
    ui->panel_shown = (struct bk_tween){ .from = 1, .to = 1 };
    /* From back to front. */
    ui->wallpaper = wlr_scene_buffer_create(&scene->tree, NULL);
    ui->under = wlr_scene_tree_create(&scene->tree);
    ui->windows = wlr_scene_tree_create(&scene->tree);
    ui->over = wlr_scene_tree_create(&scene->tree);
    bk_launcher_init(&ui->launcher, &scene->tree, apps, faces, options->form, options->animated);
    if (ui->layout.home)
        wlr_scene_node_place_below(&ui->launcher.tree->node, &ui->under->node);
    bk_settings_init(&ui->settings, &scene->tree, options->form, options->animated);
    bk_privacy_page_init(&ui->privacy_page, options->privacy, options->defaults, apps, faces);
    bk_power_page_init(&ui->power_page, options->power, apps, faces);
    bk_place_page_init(&ui->place_page, options->place);
    bk_software_page_init(&ui->software_page, options->software, apps, faces);
    const struct bk_settings_page pages[] = { [BK_UI_PAGE_PRIVACY] = bk_privacy_page_of(&ui->privacy_page),
                                              [BK_UI_PAGE_POWER] = bk_power_page_of(&ui->power_page),
                                              [BK_UI_PAGE_PLACE] = bk_place_page_of(&ui->place_page),
                                              [BK_UI_PAGE_SOFTWARE] = bk_software_page_of(&ui->software_page) };
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
        bk_settings_add(&ui->settings, &pages[i]);
    bk_toasts_init(&ui->toasts, &scene->tree, apps, faces, options->animated);
    ui->shade = wlr_scene_rect_create(&scene->tree, 1, 1, (const float[4]){ 0 });
    bk_notification_panel_init(&ui->sheet, &scene->tree, apps, faces, options->animated);
    bk_panel_init(&ui->panel, &scene->tree, options->form);
    bk_layout_menu_init(&ui->layouts, &scene->tree, options->layouts);
    bk_app_menu_init(&ui->app_menu, &scene->tree);
    bk_uses_menu_init(&ui->uses, &scene->tree, options->privacy, apps, faces);
    ui->top = wlr_scene_tree_create(&scene->tree);
    ui->dot = wlr_scene_buffer_create(&scene->tree, NULL);
    *ret_ui = ui;
    return 0;
}

void bk_ui_destroy(struct bk_ui *ui)
{
    if (ui == NULL)
        return;
    bk_notification_panel_finish(&ui->sheet);
    bk_toasts_finish(&ui->toasts);
    bk_privacy_page_finish(&ui->privacy_page);
    bk_typesetter_destroy(ui->typesetter);
    free(ui);
}

struct wlr_scene_tree *bk_ui_under_tree(struct bk_ui *ui)
{
    return ui->under;
}

struct wlr_scene_tree *bk_ui_over_tree(struct bk_ui *ui)
{
    return ui->over;
}

struct wlr_scene_tree *bk_ui_window_tree(struct bk_ui *ui)
{
    return ui->windows;
}

struct wlr_scene_tree *bk_ui_top_tree(struct bk_ui *ui)
{
    return ui->top;
}

struct bk_typesetter *bk_ui_typesetter(struct bk_ui *ui)
{
    return ui->typesetter;
}

void bk_ui_set_stage(struct bk_ui *ui, struct bk_stage *stage)
{
    ui->stage = stage;
    bk_ui_windows_changed(ui, 0);
}

void bk_ui_apps_changed(struct bk_ui *ui)
{
    bk_launcher_changed(&ui->launcher);
    bk_ui_drop_apps(ui);
    bk_ui_software_changed(ui);
}

void bk_ui_changed(struct bk_ui *ui)
{
    ui->dirty = true;
    ui->options.wants_frame(ui->options.userdata);
}

void bk_ui_resize(struct bk_ui *ui, int width, int height)
{
    if (width == ui->width && height == ui->height && bk_canvas_scale() == ui->scale)
        return;
    ui->width = width;
    ui->height = height;
    ui->scale = bk_canvas_scale();
    if (bk_wallpaper_draw(ui->wallpaper, width, height) < 0)
        bk_warning("no memory for the wallpaper of %dx%d", width, height);
    bk_ui_changed(ui);
}

/* A window in full screen covers the panel, but not what the person opened over it. */
static bool panel_is_covered(const struct bk_ui *ui)
{
    return bk_stage_is_full_screen(ui->stage) && !ui->away && !ui->sheet.open && !ui->launcher.open &&
           !ui->layouts.menu.open && !ui->uses.open && !ui->settings.open;
}

#define DOT        10
#define DOT_MARGIN 9  /* from the screen's corner */
#define DOT_PLACE  30 /* that can be pressed */

static bool dot_is_shown(const struct bk_ui *ui)
{
    return panel_is_covered(ui) && ui->options.privacy->uses.count > 0;
}

static void show_dot(struct bk_ui *ui)
{
    const int side = DOT + 4;
    struct bk_canvas canvas;

    wlr_scene_node_set_enabled(&ui->dot->node, dot_is_shown(ui));
    wlr_scene_node_set_position(&ui->dot->node, (ui->width - DOT_MARGIN - side) & ~1, DOT_MARGIN & ~1);
    if (ui->dot_scale == bk_canvas_scale() || bk_canvas_begin(side, side, &canvas) < 0)
        return;
    const struct bk_rect edge = { 0, 0, side, side }, dot = { 2, 2, DOT, DOT };
    bk_paint_surface(canvas.cairo, &edge, side / 2.0, BK_RGBA(0x04070e, 0.75), BK_RGBA(0, 0));
    bk_paint_surface(canvas.cairo, &dot, DOT / 2.0, BK_COLOR_SENSOR, BK_RGBA(0, 0));
    bk_canvas_show(&canvas, ui->dot);
    ui->dot_scale = bk_canvas_scale();
}

static struct bk_target target_at(const struct bk_ui *ui, double x, double y)
{
    struct bk_target target = { .kind = BK_TARGET_NONE };

    if (!panel_is_covered(ui))
        target = bk_panel_at(&ui->panel, x, y);
    else if (dot_is_shown(ui) && x >= ui->width - DOT_PLACE && y < DOT_PLACE && y >= 0)
        target.kind = BK_TARGET_USES;

    if (target.kind == BK_TARGET_NONE)
        target = bk_uses_menu_at(&ui->uses, x, y);
    if (target.kind == BK_TARGET_NONE)
        target = bk_layout_menu_at(&ui->layouts, x, y);
    if (target.kind == BK_TARGET_NONE)
        target = bk_app_menu_at(&ui->app_menu, x, y);
    if (target.kind == BK_TARGET_NONE)
        target = bk_notification_panel_at(&ui->sheet, x, y);
    if (target.kind == BK_TARGET_NONE && !ui->sheet.open)
        target = bk_toasts_at(&ui->toasts, x, y);
    if (target.kind == BK_TARGET_NONE && !ui->sheet.open)
        target = bk_settings_at(&ui->settings, x, y);
    if (target.kind == BK_TARGET_NONE && !ui->sheet.open)
        target = bk_launcher_at(&ui->launcher, x, y);
    return target;
}

/* Toasts stand still while the person points at one or has the focus on one. */
static void hold_toasts(struct bk_ui *ui, uint64_t now_ms)
{
    bool held =
        !ui->sheet.open && (ui->attention.hover.kind >= BK_TARGET_MORE || ui->attention.focus.kind >= BK_TARGET_MORE);

    bk_notifications_set_held(ui->model, held, now_ms);
}

static void set_hover(struct bk_ui *ui, uint64_t now_ms)
{
    struct bk_target target = target_at(ui, ui->pointer_x, ui->pointer_y);

    if (!bk_target_equal(&target, &ui->attention.hover)) {
        ui->attention.hover = target;
        bk_ui_changed(ui);
    }
    hold_toasts(ui, now_ms);
}

static void hide_app_menu(struct bk_ui *ui)
{
    if (!ui->app_menu.menu.open)
        return;
    bk_menu_hide(&ui->app_menu.menu);
    bk_ui_changed(ui);
}

static void set_launcher(struct bk_ui *ui, bool open, uint64_t now_ms)
{
    hide_app_menu(ui);
    if (open == ui->launcher.open)
        return;
    if (ui->layout.home) { /* it is there when no app is: nothing closes it but an app */
        if (open)
            bk_stage_focus(ui->stage, NULL);
        return;
    }
    bk_launcher_set_open(&ui->launcher, open, now_ms);
    if (open)
        bk_stage_release_keys(ui->stage);
    bk_ui_changed(ui);
}

static void set_layouts(struct bk_ui *ui, bool open)
{
    if (open == ui->layouts.menu.open)
        return;
    bk_layout_menu_set_open(&ui->layouts, open);
    if (open)
        bk_stage_release_keys(ui->stage);
    bk_ui_changed(ui);
}

static void set_uses(struct bk_ui *ui, bool open)
{
    if (open == ui->uses.open)
        return;
    ui->uses.open = open;
    ui->attention.focus = (struct bk_target){ .kind = BK_TARGET_NONE };
    if (open)
        bk_stage_release_keys(ui->stage);
    bk_ui_changed(ui);
}

static void set_settings(struct bk_ui *ui, bool open, uint64_t now_ms)
{
    if (open == ui->settings.open)
        return;
    if (open) {
        set_uses(ui, false);
        set_layouts(ui, false);
        set_launcher(ui, false, now_ms);
        bk_stage_release_keys(ui->stage);
        if (ui->layout.single)
            bk_stage_focus(ui->stage, NULL); /* they take an app's place */
    }
    bk_settings_set_open(&ui->settings, open, now_ms);
    bk_place_choice_drop(ui->options.place);  /* what was written and not set is for another time */
    (void)bk_power_answer(ui->options.power); /* … and so is what was asked and not answered */
    (void)bk_power_answer_off(ui->options.power, false);
    if (open)
        bk_ui_page_shown(ui);
    ui->attention.focus = (struct bk_target){ .kind = BK_TARGET_NONE };
    bk_ui_changed(ui);
}

bool bk_ui_shows_settings(const struct bk_ui *ui)
{
    return ui->settings.open;
}

void bk_ui_close_settings(struct bk_ui *ui, uint64_t now_ms)
{
    set_settings(ui, false, now_ms);
}

static void set_open(struct bk_ui *ui, bool open, uint64_t now_ms)
{
    if (open) {
        set_launcher(ui, false, now_ms);
        set_layouts(ui, false);
        set_uses(ui, false);
        bk_stage_release_keys(ui->stage);
    }
    bk_notification_panel_set_open(&ui->sheet, open, now_ms);
    bk_notifications_set_quiet(ui->model, open);
    ui->attention.focus = (struct bk_target){ .kind = BK_TARGET_NONE };
    bk_ui_changed(ui);
}

void bk_ui_windows_changed(struct bk_ui *ui, uint64_t now_ms)
{
    const struct bk_window *focus = bk_stage_windows(ui->stage)->focus;
    const uint32_t cid = focus != NULL ? focus->cid : 0;

    if (cid != 0 && cid != ui->focused) /* the person went on to an app */
        set_settings(ui, false, now_ms);
    ui->focused = cid;
    if (ui->layout.home) {
        bk_launcher_set_open(&ui->launcher, bk_stage_windows(ui->stage)->focus == NULL && !ui->away, now_ms);
        if (!ui->launcher.open)
            hide_app_menu(ui);
    }
    bk_ui_changed(ui);
}

void bk_ui_set_away(struct bk_ui *ui, bool away, uint64_t now_ms)
{
    if (away == ui->away)
        return;
    ui->away = away;
    bk_ui_windows_changed(ui, now_ms);
}

/* A target of a notification that is gone is no target any more. */
static void forget_gone(struct bk_ui *ui)
{
    struct bk_target *targets[] = { &ui->attention.pressed, &ui->attention.focus };

    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        if (targets[i]->kind >= BK_TARGET_CARD && bk_notifications_find(ui->model, targets[i]->notification) == NULL)
            *targets[i] = (struct bk_target){ .kind = BK_TARGET_NONE };
    }
}

/* True while it moves. */
static bool show_panel(struct bk_ui *ui, uint64_t now_ms)
{
    double shown = bk_tween_at(&ui->panel_shown, now_ms);

    wlr_scene_node_set_enabled(&ui->panel.node->node, shown > 0);
    wlr_scene_buffer_set_opacity(ui->panel.node, (float)shown);
    return bk_tween_moves(&ui->panel_shown, now_ms);
}

static void show_shade(struct bk_ui *ui, uint64_t now_ms)
{
    const struct bk_color color = BK_COLOR_BACKDROP;
    double shown = ui->layout.home ? bk_tween_at(&ui->sheet.shown, now_ms) : 0;
    const float alpha = (float)(color.a * shown); /* the scene's colours are premultiplied */
    const float value[4] = { (float)color.r * alpha, (float)color.g * alpha, (float)color.b * alpha, alpha };

    wlr_scene_node_set_enabled(&ui->shade->node, shown > 0);
    wlr_scene_rect_set_size(ui->shade, ui->width, ui->height);
    wlr_scene_rect_set_color(ui->shade, value);
}

bool bk_ui_frame(struct bk_ui *ui, uint64_t now_ms)
{
    time_t now = time(NULL);

    if (ui->dirty) {
        ui->dirty = false;
        forget_gone(ui);
        const struct bk_windows *windows = bk_stage_windows(ui->stage);
        const struct bk_rect room = { 0, ui->layout.bar, ui->width, ui->height - ui->layout.bar - ui->layout.strip };
        bool shown = ui->layout.single && windows->focus != NULL && !ui->away;
        const struct bk_panel_content content = { .windows = windows,
                                                  .apps = ui->apps,
                                                  .faces = ui->faces,
                                                  .shown = shown ? windows->focus->cid : 0,
                                                  .count = bk_notifications_count(ui->model),
                                                  .undisturbed = bk_notifications_is_undisturbed(ui->model),
                                                  .open = ui->sheet.open,
                                                  .launcher = ui->launcher.open,
                                                  .layout = bk_layout_table[ui->options.layouts->chosen].label,
                                                  .layouts = ui->layouts.menu.open,
                                                  .sensors = bk_privacy_sensors(ui->options.privacy),
                                                  .uses = ui->uses.open,
                                                  .power = ui->options.power };
        bk_panel_draw(&ui->panel, ui->typesetter, ui->width, now, &content, &ui->attention);
        bk_tween_to(&ui->panel_shown, panel_is_covered(ui) ? 0 : 1, now_ms, *ui->options.animated ? BK_MOVE_MS : 0);
        bk_layout_menu_sync(&ui->layouts, ui->typesetter, &ui->attention, &ui->panel.keyboard, ui->layout.bar,
                            ui->width);
        bk_app_menu_sync(&ui->app_menu, ui->typesetter, &ui->attention, ui->width, ui->height);
        const struct bk_rect below = { 0, ui->layout.bar, ui->width, ui->height - ui->layout.bar };
        bk_uses_menu_sync(&ui->uses, ui->typesetter, &ui->attention, &ui->panel.uses, &below, now);
        bk_settings_sync(&ui->settings, ui->typesetter, &ui->attention, &room);
        bk_ui_software_laid_out(ui);
        show_dot(ui);
        bk_launcher_sync(&ui->launcher, ui->typesetter, &ui->attention, ui->width, ui->height);
        bk_toasts_sync(&ui->toasts, ui->typesetter, ui->model, &ui->attention, &room, now_ms, now);
        bk_notification_panel_sync(&ui->sheet, ui->typesetter, ui->model, &ui->attention, &room, now_ms, now);
        /* What is below the pointer may have moved; when that changes a look, one more frame shows it. */
        set_hover(ui, now_ms);
    }
    bool toasts_move = bk_toasts_animate(&ui->toasts, now_ms);
    bool sheet_moves = bk_notification_panel_animate(&ui->sheet, now_ms);
    show_shade(ui, now_ms);
    bool launcher_moves = bk_launcher_animate(&ui->launcher, now_ms);
    bool settings_move = bk_settings_animate(&ui->settings, now_ms);
    return show_panel(ui, now_ms) || settings_move || toasts_move || sheet_moves || launcher_moves || ui->dirty;
}

/* An app that has a window is shown, one that has no VM is started; another has nothing to show. */
static void choose(struct bk_ui *ui, const struct bk_app *app, uint64_t now_ms)
{
    struct bk_window *window = app->cid != 0 ? bk_windows_find(bk_stage_windows(ui->stage), app->cid) : NULL;

    if (window != NULL)
        bk_stage_focus(ui->stage, window);
    if (window == NULL && app->state == BK_APP_STOPPED) {
        ui->options.start(app->id, false, ui->options.userdata);
        bk_stage_expect(ui->stage);
    }
    set_launcher(ui, false, now_ms);
}

/* Of the app whose menu is there. */
static void choose_from_menu(struct bk_ui *ui, bool fresh_copy, uint64_t now_ms)
{
    const struct bk_app *app = bk_apps_by_id(ui->apps, ui->app_menu.app);

    hide_app_menu(ui);
    if (app == NULL)
        return; /* it was removed meanwhile */
    if (!fresh_copy) {
        choose(ui, app, now_ms);
        return;
    }
    ui->options.start(app->id, true, ui->options.userdata);
    bk_stage_expect(ui->stage);
    set_launcher(ui, false, now_ms);
}

static void choose_layout(struct bk_ui *ui, size_t layout)
{
    set_layouts(ui, false);
    ui->options.choose_layout(layout, ui->options.userdata);
}

/* True when it was another one, or none. */
static bool show_page(struct bk_ui *ui, size_t page, uint64_t now_ms)
{
    const bool open = ui->settings.open, seen = open && ui->settings.page == page;

    bk_settings_show_page(&ui->settings, page);
    set_settings(ui, true, now_ms);
    if (open)
        bk_ui_page_shown(ui);
    bk_ui_changed(ui);
    return !seen;
}

void bk_ui_show_software(struct bk_ui *ui, uint64_t now_ms)
{
    if (ui->sheet.open)
        set_open(ui, false, now_ms);
    (void)bk_software_show(ui->options.software, NULL); /* which cannot fail */
    (void)show_page(ui, BK_UI_PAGE_SOFTWARE, now_ms);
    bk_ui_software_changed(ui);
}

static void activate(struct bk_ui *ui, struct bk_target target, uint64_t now_ms)
{
    const struct bk_app *app = bk_launcher_app(&ui->launcher, &target);

    switch (target.kind) {
    case BK_TARGET_CLOCK:
    case BK_TARGET_BELL:
        set_open(ui, !ui->sheet.open, now_ms);
        break;
    case BK_TARGET_MORE:
        set_open(ui, true, now_ms);
        break;
    case BK_TARGET_CLEAR:
        bk_notifications_dismiss_all(ui->model);
        break;
    case BK_TARGET_CLEAR_PAST:
        bk_notifications_clear_history(ui->model);
        break;
    case BK_TARGET_QUIET:
        bk_notifications_set_undisturbed(ui->model, !bk_notifications_is_undisturbed(ui->model));
        break;
    case BK_TARGET_REPLY:
        bk_stage_release_keys(ui->stage);
        ui->attention.focus = target;
        hold_toasts(ui, now_ms);
        bk_ui_changed(ui);
        break;
    case BK_TARGET_SEND:
        (void)bk_notifications_reply(ui->model, target.notification); /* refused: it looks disabled */
        break;
    case BK_TARGET_CLOSE:
        (void)bk_notifications_dismiss(ui->model, target.notification); /* gone already: what was wanted */
        break;
    case BK_TARGET_BUTTON:
        (void)bk_notifications_press(ui->model, target.notification, target.button); /* refused: it looks disabled */
        break;
    case BK_TARGET_LAUNCH:
        bk_ui_toggle_launcher(ui, now_ms);
        break;
    case BK_TARGET_KEYBOARD:
        bk_ui_toggle_layouts(ui, now_ms);
        break;
    case BK_TARGET_LAYOUT:
        choose_layout(ui, target.number);
        break;
    case BK_TARGET_USES:
        set_launcher(ui, false, now_ms);
        set_layouts(ui, false);
        if (ui->sheet.open)
            set_open(ui, false, now_ms);
        set_uses(ui, !ui->uses.open);
        break;
    case BK_TARGET_PRIVACY:
        (void)show_page(ui, BK_UI_PAGE_PRIVACY, now_ms);
        set_uses(ui, false);
        break;
    case BK_TARGET_BATTERY:
        if (ui->sheet.open)
            set_open(ui, false, now_ms);
        if (!show_page(ui, BK_UI_PAGE_POWER, now_ms))
            set_settings(ui, false, now_ms);
        break;
    case BK_TARGET_SETTINGS_PAGE:
        (void)show_page(ui, target.number, now_ms);
        break;
    case BK_TARGET_SETTINGS_CLOSE:
    case BK_TARGET_SETTINGS_AROUND:
        set_settings(ui, false, now_ms);
        break;
    case BK_TARGET_TASK:
        set_launcher(ui, false, now_ms);
        set_settings(ui, false, now_ms);
        bk_stage_toggle_shown(ui->stage, target.number);
        break;
    case BK_TARGET_APP:
        if (app != NULL)
            choose(ui, app, now_ms);
        else if (bk_launcher_is_settings(&ui->launcher, &target))
            set_settings(ui, true, now_ms);
        break;
    case BK_TARGET_APP_OPEN:
    case BK_TARGET_APP_COPY:
        choose_from_menu(ui, target.kind == BK_TARGET_APP_COPY, now_ms);
        break;
    case BK_TARGET_BACKDROP:
        set_launcher(ui, false, now_ms);
        break;
    case BK_TARGET_NONE:
    case BK_TARGET_SHEET:
    case BK_TARGET_LAUNCHER:
    case BK_TARGET_MENU:
    case BK_TARGET_APP_MENU:
    case BK_TARGET_USES_MENU:
    case BK_TARGET_SETTINGS:
    case BK_TARGET_CARD:
        break;
    default: /* something on a page of the settings */
        bk_ui_activate_setting(ui, target);
        break;
    }
}

void bk_ui_toggle_notifications(struct bk_ui *ui, uint64_t now_ms)
{
    set_open(ui, !ui->sheet.open, now_ms);
}

void bk_ui_toggle_layouts(struct bk_ui *ui, uint64_t now_ms)
{
    if (ui->sheet.open)
        set_open(ui, false, now_ms);
    set_launcher(ui, false, now_ms);
    set_uses(ui, false);
    set_layouts(ui, !ui->layouts.menu.open);
}

void bk_ui_toggle_launcher(struct bk_ui *ui, uint64_t now_ms)
{
    set_layouts(ui, false);
    set_uses(ui, false);
    if (ui->sheet.open)
        set_open(ui, false, now_ms);
    if (ui->settings.open) {
        set_settings(ui, false, now_ms);
        if (ui->layout.home)
            return; /* that is home */
    }
    if (ui->layout.home && ui->launcher.open)
        bk_stage_raise(ui->stage); /* back to the app that was left for it */
    else
        set_launcher(ui, !ui->launcher.open, now_ms);
}

bool bk_ui_shows_notifications(const struct bk_ui *ui)
{
    return ui->sheet.open;
}

struct bk_rect bk_ui_task_place(const struct bk_ui *ui, uint32_t cid)
{
    if (ui->layout.home)
        return bk_launcher_tile(&ui->launcher, bk_apps_by_cid(ui->apps, cid));
    return bk_panel_task_place(&ui->panel, cid);
}

bool bk_ui_has_pointer(const struct bk_ui *ui)
{
    return ui->attention.hover.kind != BK_TARGET_NONE;
}

bool bk_ui_has_keyboard(const struct bk_ui *ui)
{
    return ui->sheet.open || ui->launcher.open || ui->layouts.menu.open || ui->uses.open || ui->settings.open ||
           ui->attention.focus.kind != BK_TARGET_NONE;
}

void bk_ui_pointer_move(struct bk_ui *ui, double x, double y, uint64_t now_ms)
{
    ui->pointer_x = x;
    ui->pointer_y = y;
    set_hover(ui, now_ms);
}

void bk_ui_pointer_press(struct bk_ui *ui, uint64_t now_ms)
{
    set_hover(ui, now_ms);
    ui->attention.pressed = ui->attention.hover;
    ui->attention.focus = (struct bk_target){ .kind = BK_TARGET_NONE };
    if (ui->attention.hover.kind == BK_TARGET_NONE && ui->sheet.open)
        set_open(ui, false, now_ms);
    if (ui->attention.hover.kind != BK_TARGET_LAYOUT && ui->attention.hover.kind != BK_TARGET_MENU &&
        ui->attention.hover.kind != BK_TARGET_KEYBOARD)
        set_layouts(ui, false);
    if (ui->attention.hover.kind < BK_TARGET_APP_OPEN || ui->attention.hover.kind > BK_TARGET_APP_MENU) {
        if (ui->app_menu.menu.open && ui->attention.hover.kind == BK_TARGET_APP)
            bk_ui_pointer_cancel(ui); /* beside the menu: it closes it, and does no more */
        hide_app_menu(ui);
    }
    if (ui->attention.hover.kind < BK_TARGET_STOP || ui->attention.hover.kind > BK_TARGET_USES_MENU) {
        if (ui->attention.hover.kind != BK_TARGET_USES)
            set_uses(ui, false);
    }
    hold_toasts(ui, now_ms);
    bk_ui_changed(ui);
}

/* True when an app is there, whose menu is shown. */
static bool show_menu_there(struct bk_ui *ui)
{
    const struct bk_app *app = bk_launcher_app(&ui->launcher, &ui->attention.hover);

    if (app == NULL)
        return false;
    bk_app_menu_show(&ui->app_menu, app->id, (int)ui->pointer_x, (int)ui->pointer_y);
    bk_ui_changed(ui);
    return true;
}

void bk_ui_pointer_press_other(struct bk_ui *ui, uint64_t now_ms)
{
    set_hover(ui, now_ms);
    hide_app_menu(ui);
    (void)show_menu_there(ui); /* what is no app has no menu */
}

bool bk_ui_pointer_hold(struct bk_ui *ui, uint64_t now_ms)
{
    set_hover(ui, now_ms);
    if (!bk_target_equal(&ui->attention.pressed, &ui->attention.hover) || !show_menu_there(ui))
        return false;
    bk_ui_pointer_cancel(ui);
    return true;
}

void bk_ui_pointer_release(struct bk_ui *ui, uint64_t now_ms)
{
    struct bk_target pressed = ui->attention.pressed;

    set_hover(ui, now_ms);
    ui->attention.pressed = (struct bk_target){ .kind = BK_TARGET_NONE };
    bk_ui_changed(ui);
    if (bk_target_equal(&pressed, &ui->attention.hover))
        activate(ui, pressed, now_ms);
}

void bk_ui_pointer_cancel(struct bk_ui *ui)
{
    ui->attention.pressed = (struct bk_target){ .kind = BK_TARGET_NONE };
    bk_ui_changed(ui);
}

void bk_ui_pointer_leave(struct bk_ui *ui, uint64_t now_ms)
{
    bk_ui_pointer_move(ui, -1, -1, now_ms);
}

void bk_ui_scroll(struct bk_ui *ui, double pixels)
{
    if (ui->app_menu.menu.open || ui->layouts.menu.open)
        return; /* what they belong to stays below them */
    if (ui->settings.open && !ui->sheet.open) {
        if (bk_settings_scroll(&ui->settings, pixels))
            bk_ui_changed(ui);
        return;
    }
    if (ui->launcher.open && !ui->sheet.open) {
        bk_launcher_scroll(&ui->launcher, pixels);
        bk_ui_changed(ui);
        return;
    }
    if (bk_notification_panel_at(&ui->sheet, ui->pointer_x, ui->pointer_y).kind != BK_TARGET_NONE &&
        bk_notification_panel_scroll(&ui->sheet, pixels))
        bk_ui_changed(ui);
}

static void move_focus(struct bk_ui *ui, bool back, uint64_t now_ms)
{
    struct bk_target_list *list = &ui->targets;
    struct bk_target *focus = &ui->attention.focus;

    list->count = 0;
    if (ui->uses.open)
        bk_uses_menu_targets(&ui->uses, list);
    else if (ui->settings.open && !ui->sheet.open)
        bk_settings_targets(&ui->settings, list);
    else if (ui->sheet.open)
        bk_notification_panel_targets(&ui->sheet, ui->model, list);
    else
        bk_toasts_targets(&ui->toasts, ui->model, list);
    list->items[list->count++] = (struct bk_target){ .kind = BK_TARGET_CLOCK };
    list->items[list->count++] = (struct bk_target){ .kind = BK_TARGET_BELL };
    if (ui->options.power->state.percent >= 0)
        list->items[list->count++] = (struct bk_target){ .kind = BK_TARGET_BATTERY };
    if (ui->options.privacy->uses.count > 0)
        list->items[list->count++] = (struct bk_target){ .kind = BK_TARGET_USES };

    size_t at = 0;
    while (at < list->count && !bk_target_equal(&list->items[at], focus))
        at++;
    if (at == list->count)
        at = back ? list->count - 1 : 0;
    else
        at = (at + (back ? list->count - 1 : 1)) % list->count;
    *focus = list->items[at];
    bk_notification_panel_reveal(&ui->sheet, focus);
    bk_settings_reveal(&ui->settings, focus);
    hold_toasts(ui, now_ms);
    bk_ui_changed(ui);
}

/* After a notification is answered by keyboard, the next one has the focus: clearing many is one key each. */
static void activate_focused(struct bk_ui *ui, uint64_t now_ms)
{
    struct bk_target target = ui->attention.focus;
    size_t index = 0;

    while (index < bk_notifications_count(ui->model) &&
           bk_notifications_at(ui->model, index)->id != target.notification)
        index++;
    activate(ui, target, now_ms);
    if (target.kind < BK_TARGET_CARD || bk_notifications_find(ui->model, target.notification) != NULL)
        return;
    ui->attention.focus = (struct bk_target){ .kind = BK_TARGET_NONE };
    if (ui->sheet.open && bk_notifications_count(ui->model) > 0) {
        if (index == bk_notifications_count(ui->model))
            index--;
        ui->attention.focus =
            (struct bk_target){ .kind = BK_TARGET_CLOSE, .notification = bk_notifications_at(ui->model, index)->id };
        bk_notification_panel_reveal(&ui->sheet, &ui->attention.focus);
    }
    hold_toasts(ui, now_ms);
    bk_ui_changed(ui);
}

/* True when an app's menu is open: all keys are its. */
static bool key_for_app_menu(struct bk_ui *ui, xkb_keysym_t key, uint64_t now_ms)
{
    struct bk_target chosen = { .kind = BK_TARGET_NONE };

    if (!ui->app_menu.menu.open)
        return false;
    if (key == XKB_KEY_Escape)
        hide_app_menu(ui);
    else if (bk_app_menu_key(&ui->app_menu, key, &chosen))
        bk_ui_changed(ui);
    activate(ui, chosen, now_ms);
    return true;
}

/* The menu of the app that the keyboard has marked. */
static void show_app_menu(struct bk_ui *ui)
{
    const struct bk_target marked = { .kind = BK_TARGET_APP, .number = (uint32_t)ui->launcher.marked };
    const struct bk_app *app = bk_launcher_app(&ui->launcher, &marked);

    if (app == NULL)
        return;
    const struct bk_rect tile = bk_launcher_tile(&ui->launcher, app);
    bk_app_menu_show(&ui->app_menu, app->id, tile.x + tile.width / 2, tile.y + tile.height / 2);
    bk_ui_changed(ui);
}

/* True when the launcher is open: all keys are its. */
static bool key_for_launcher(struct bk_ui *ui, xkb_keysym_t key, const char *text, bool shift, uint64_t now_ms)
{
    struct bk_target chosen = { .kind = BK_TARGET_NONE };

    if (!ui->launcher.open || ui->settings.open || ui->uses.open)
        return false;
    if (key == XKB_KEY_Escape) {
        bk_launcher_clear(&ui->launcher);
        set_launcher(ui, false, now_ms);
        bk_ui_changed(ui);
    } else if (key == XKB_KEY_Menu || (key == XKB_KEY_F10 && shift)) {
        show_app_menu(ui);
    } else if (bk_launcher_key(&ui->launcher, key, text, &chosen)) {
        bk_ui_changed(ui);
    }
    activate(ui, chosen, now_ms);
    return true;
}

/* True when the list of layouts is open: all keys are its. */
static bool key_for_layouts(struct bk_ui *ui, xkb_keysym_t key)
{
    size_t chosen = BK_LAYOUTS;

    if (!ui->layouts.menu.open)
        return false;
    if (key == XKB_KEY_Escape)
        set_layouts(ui, false);
    else if (bk_menu_key(&ui->layouts.menu, key, &chosen))
        bk_ui_changed(ui);
    if (chosen < BK_LAYOUTS)
        choose_layout(ui, chosen);
    return true;
}

/* True when a reply is written: but for those that leave the field all keys are its. */
static bool key_for_reply(struct bk_ui *ui, xkb_keysym_t key, const char *text, uint64_t now_ms)
{
    const struct bk_target focus = ui->attention.focus;

    if (focus.kind != BK_TARGET_REPLY || key == XKB_KEY_Tab || key == XKB_KEY_ISO_Left_Tab)
        return false;
    if (key == XKB_KEY_Escape || bk_notifications_find(ui->model, focus.notification) == NULL) {
        ui->attention.focus = (struct bk_target){ .kind = BK_TARGET_NONE };
        hold_toasts(ui, now_ms);
        bk_ui_changed(ui);
    } else if (key == XKB_KEY_BackSpace) {
        bk_notifications_erase(ui->model, focus.notification);
    } else if (key == XKB_KEY_Return || key == XKB_KEY_KP_Enter) {
        ui->attention.focus.kind = BK_TARGET_SEND;
        activate_focused(ui, now_ms);
        if (bk_notifications_find(ui->model, focus.notification) != NULL)
            ui->attention.focus = focus; /* nothing was sent */
    } else if ((unsigned char)text[0] >= 0x20 && text[0] != 0x7f) {
        bk_notifications_type(ui->model, focus.notification, text);
    }
    return true;
}

void bk_ui_key(struct bk_ui *ui, xkb_keysym_t key, const char *text, bool shift, uint64_t now_ms)
{
    if (key_for_reply(ui, key, text, now_ms))
        return;
    if (key_for_layouts(ui, key) || key_for_app_menu(ui, key, now_ms) ||
        key_for_launcher(ui, key, text, shift, now_ms) || bk_ui_key_for_setting(ui, key, text))
        return;
    switch (key) {
    case XKB_KEY_Escape:
        if (ui->uses.open) {
            set_uses(ui, false);
        } else if (ui->sheet.open) {
            set_open(ui, false, now_ms);
        } else if (ui->settings.open) {
            set_settings(ui, false, now_ms);
        } else if (ui->attention.focus.kind != BK_TARGET_NONE) {
            ui->attention.focus = (struct bk_target){ .kind = BK_TARGET_NONE };
            bk_ui_changed(ui);
        }
        hold_toasts(ui, now_ms);
        break;
    case XKB_KEY_Tab:
    case XKB_KEY_ISO_Left_Tab:
        move_focus(ui, key == XKB_KEY_ISO_Left_Tab || shift, now_ms);
        break;
    case XKB_KEY_Return:
    case XKB_KEY_KP_Enter:
    case XKB_KEY_space:
        activate_focused(ui, now_ms);
        break;
    case XKB_KEY_Down:
    case XKB_KEY_Up:
        if (ui->uses.open)
            move_focus(ui, key == XKB_KEY_Up, now_ms);
        else if (ui->sheet.open
                     ? bk_notification_panel_scroll(&ui->sheet, key == XKB_KEY_Down ? BK_SCROLL_STEP : -BK_SCROLL_STEP)
                     : ui->settings.open &&
                           bk_settings_scroll(&ui->settings, key == XKB_KEY_Down ? BK_SCROLL_STEP : -BK_SCROLL_STEP))
            bk_ui_changed(ui);
        break;
    case XKB_KEY_Left:
    case XKB_KEY_Right:
        if (ui->settings.open && !ui->sheet.open)
            move_focus(ui, key == XKB_KEY_Left, now_ms);
        break;
    default:
        break;
    }
}
