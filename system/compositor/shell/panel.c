/* SPDX-License-Identifier: Apache-2.0 */
#include "panel.h"

#include "app_color.h"
#include "battery_mark.h"
#include "canvas.h"
#include "marks.h"
#include "sensor_marks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PILL_HEIGHT 28
#define PILL_RADIUS 9
#define BELL_WIDTH  36
#define BADGE       16
#define LAUNCH_X    8
#define TASK_GAP    4
#define TASK_MAX    176
#define TASK_MIN    34 /* its badge alone */
#define TASK_BADGE  18
#define APP_BADGE   24
#define APP_X       14
#define TEXT_MAX    200
#define BATTERY     25 /* its mark */
#define USES_HEIGHT 24
#define USES_STEP   20 /* from mark to mark */
#define USES_MARK   14

static const struct bk_typeset_style name_style = { .size = 14, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };
static const struct bk_typeset_style task_style = { .size = 13, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1 };
static const struct bk_typeset_style date_style = {
    .size = 13, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1, .tabular = true
};
static const struct bk_typeset_style layout_style = { .size = 13, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1 };
static const struct bk_typeset_style clock_style = {
    .size = 13, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1, .tabular = true
};
void bk_panel_init(struct bk_panel *panel, struct wlr_scene_tree *parent, enum bk_form form)
{
    *panel = (struct bk_panel){ .layout = bk_form_layout_of(form), .node = wlr_scene_buffer_create(parent, NULL) };
}

static struct bk_rect pill(const struct bk_panel *panel, int x, int width)
{
    return (struct bk_rect){ x, (panel->layout.bar - PILL_HEIGHT) / 2, width, PILL_HEIGHT };
}

/* The mark: a hull's cross section, parted by bulkheads. */
static void paint_mark(cairo_t *cairo, double x, double y)
{
    cairo_save(cairo);
    cairo_translate(cairo, x, y);
    bk_paint_rounded(cairo, 0, 0, 18, 18, 5);
    cairo_clip(cairo);
    cairo_pattern_t *gradient = cairo_pattern_create_linear(0, 0, 18, 18);
    cairo_pattern_add_color_stop_rgb(gradient, 0, 0.56, 0.76, 1.0);
    cairo_pattern_add_color_stop_rgb(gradient, 1, 0.31, 0.52, 0.93);
    cairo_set_source(cairo, gradient);
    cairo_paint(cairo);
    cairo_pattern_destroy(gradient);
    bk_paint_color(cairo, BK_RGBA(0x0b1220, 0.85));
    cairo_set_line_width(cairo, 2);
    cairo_move_to(cairo, 7, 0);
    cairo_line_to(cairo, 7, 18);
    cairo_move_to(cairo, 7, 10);
    cairo_line_to(cairo, 18, 10);
    cairo_stroke(cairo);
    cairo_restore(cairo);
}

static int text_width(struct bk_typesetter *typesetter, const struct bk_typeset_style *style, const char *text)
{
    int width, height;
    PangoLayout *layout = bk_typeset_layout(typesetter, style, text, TEXT_MAX);

    bk_typeset_size(layout, &width, &height);
    g_object_unref(layout);
    return width;
}

/* One line of text in the middle of the panel's height. */
static void paint_text(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_panel *panel,
                       const struct bk_typeset_style *style, const char *text, int x, int width, struct bk_color color)
{
    bk_paint_line(cairo, typesetter, style, text, &(struct bk_rect){ x, 0, width, panel->layout.bar }, color);
}

static void paint_pill(cairo_t *cairo, const struct bk_rect *place, const struct bk_panel_look *look,
                       struct bk_target target, bool lit)
{
    const struct bk_color none = BK_RGBA(0, 0);

    if (bk_target_equal(&look->pressed, &target))
        bk_paint_surface(cairo, place, PILL_RADIUS, BK_COLOR_PRESS, none);
    else if (lit || bk_target_equal(&look->hover, &target))
        bk_paint_surface(cairo, place, PILL_RADIUS, BK_COLOR_HOVER, none);
    if (bk_target_equal(&look->focus, &target))
        bk_paint_focus(cairo, place, PILL_RADIUS);
}

static void paint_task(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_panel *panel,
                       const struct bk_panel_look *look, size_t index, const struct bk_panel_content *content)
{
    const struct bk_rect *place = &panel->tasks[index];
    const int bar = panel->layout.bar;
    const struct bk_panel_task *task = &look->tasks[index];
    const struct bk_app_face face = bk_faces_of(content->faces, bk_apps_by_cid(content->apps, task->cid));
    const struct bk_rect badge = { place->x + (TASK_MIN - TASK_BADGE) / 2, (bar - TASK_BADGE) / 2, TASK_BADGE,
                                   TASK_BADGE };
    const struct bk_rect name = { badge.x + TASK_BADGE + 8, 0, place->x + place->width - badge.x - TASK_BADGE - 16,
                                  bar };
    struct bk_color mark = bk_app_colors_of(face.id).accent;

    paint_pill(cairo, place, look, (struct bk_target){ .kind = BK_TARGET_TASK, .number = task->cid }, task->focused);
    bk_paint_marked_badge(cairo, typesetter, &badge, &face, &bk_traits_of(&content->apps->traits, task->cid)->mark,
                          task->minimised ? 0.55 : 1);
    if (name.width > 24)
        bk_paint_line(cairo, typesetter, &task_style, face.name, &name,
                      task->focused     ? BK_COLOR_TEXT
                      : task->minimised ? BK_COLOR_TEXT_FAINT
                                        : BK_COLOR_TEXT_SOFT);
    int wide = task->focused ? 20 : 8;
    mark.a = task->minimised ? 0.5 : 1;
    bk_paint_rounded(cairo, badge.x + (TASK_BADGE - wide) / 2.0, bar - 4, wide, 3, 1.5);
    bk_paint_color(cairo, mark);
    cairo_fill(cairo);
}

static void paint_tasks(cairo_t *cairo, struct bk_typesetter *typesetter, struct bk_panel *panel,
                        const struct bk_panel_look *look, const struct bk_panel_content *content)
{
    int x = panel->launch.x + panel->launch.width + 8;
    int room = panel->uses.x - 12 - x;
    int count = (int)look->task_count;
    int width = count > 0 ? room / count - TASK_GAP : 0;

    width = width > TASK_MAX ? TASK_MAX : width < TASK_MIN ? TASK_MIN : width;
    for (size_t i = 0; i < look->task_count; i++) {
        bool fits = x + width <= panel->uses.x;
        panel->tasks[i] = pill(panel, x, fits ? width : 0);
        if (fits)
            paint_task(cairo, typesetter, panel, look, i, content);
        x += width + TASK_GAP;
    }
}

/* The launcher's button and the task list. */
static void paint_desktop(cairo_t *cairo, struct bk_typesetter *typesetter, struct bk_panel *panel,
                          const struct bk_panel_look *look, const struct bk_panel_content *content)
{
    const int x = BK_BAR_PADDING + 28;
    int name_width = text_width(typesetter, &name_style, "Bulkhead");

    panel->launch = pill(panel, LAUNCH_X, x + name_width + 10 - LAUNCH_X);
    paint_pill(cairo, &panel->launch, look, (struct bk_target){ .kind = BK_TARGET_LAUNCH }, look->launcher);
    paint_mark(cairo, BK_BAR_PADDING, (panel->layout.bar - 18) / 2.0);
    paint_text(cairo, typesetter, panel, &name_style, "Bulkhead", x, TEXT_MAX, BK_COLOR_TEXT);
    paint_tasks(cairo, typesetter, panel, look, content);
    paint_pill(cairo, &panel->keyboard, look, (struct bk_target){ .kind = BK_TARGET_KEYBOARD }, look->layouts);
    paint_text(cairo, typesetter, panel, &layout_style, look->layout, panel->keyboard.x + 10, panel->keyboard.width,
               BK_COLOR_TEXT_SOFT);
}

/* Whose window this is. */
static void paint_shown(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_panel *panel,
                        const struct bk_panel_look *look, const struct bk_app_face *face)
{
    const int bar = panel->layout.bar;
    const struct bk_rect badge = { APP_X, (bar - APP_BADGE) / 2, APP_BADGE, APP_BADGE };
    const int x = badge.x + APP_BADGE + 10;

    if (look->shown == 0) {
        paint_mark(cairo, BK_BAR_PADDING, (bar - 18) / 2.0);
        paint_text(cairo, typesetter, panel, &date_style, look->date, x, panel->uses.x - x - 12, BK_COLOR_TEXT_SOFT);
        return;
    }
    bk_paint_badge(cairo, typesetter, &badge, face);
    paint_text(cairo, typesetter, panel, &name_style, face->name, x, panel->uses.x - x - 12, BK_COLOR_TEXT);
}

static struct bk_color paint_ground(cairo_t *cairo, const struct bk_panel *panel, const struct bk_panel_look *look,
                                    const struct bk_app_face *face)
{
    const struct bk_app_colors colors = bk_app_colors_of(face->id);
    const struct bk_color fill = look->shown != 0 ? colors.frame : panel->layout.home ? BK_RGBA(0, 0) : BK_COLOR_BAR;

    bk_paint_color(cairo, fill);
    cairo_paint(cairo);
    if (look->shown == 0 && panel->layout.home)
        return fill; /* the home screen goes on below it */
    cairo_rectangle(cairo, 0, panel->layout.bar - 1, look->width, 1);
    bk_paint_color(cairo, look->shown != 0 ? colors.frame_edge : BK_COLOR_BAR_EDGE);
    cairo_fill(cairo);
    return fill;
}

/* What is in use: a mark for each kind, in a colour that nothing else on the panel has. */
static void paint_uses(cairo_t *cairo, const struct bk_panel *panel, const struct bk_panel_look *look)
{
    const struct bk_target target = { .kind = BK_TARGET_USES };
    const struct bk_rect place = { panel->uses.x, (panel->layout.bar - USES_HEIGHT) / 2, panel->uses.width,
                                   USES_HEIGHT };
    int x = place.x + 7 + USES_STEP / 2;

    if (look->sensors == 0)
        return;
    bk_paint_surface(cairo, &place, USES_HEIGHT / 2.0, BK_COLOR_SENSOR, BK_RGBA(0, 0));
    if (look->uses || bk_target_equal(&look->hover, &target))
        bk_paint_surface(cairo, &place, USES_HEIGHT / 2.0, BK_RGBA(0xffffff, 0.28), BK_RGBA(0, 0));
    if (bk_target_equal(&look->focus, &target))
        bk_paint_focus(cairo, &place, USES_HEIGHT / 2.0);
    for (int sensor = 0; sensor < BK_SENSORS; sensor++) {
        if ((look->sensors >> sensor & 1) == 0)
            continue;
        bk_paint_sensor(cairo, (enum bk_sensor)sensor, x, place.y + place.height / 2.0, USES_MARK,
                        BK_COLOR_SENSOR_MARK);
        x += USES_STEP;
    }
}

static int uses_width(unsigned sensors)
{
    return sensors == 0 ? 0 : __builtin_popcount(sensors) * USES_STEP + 14;
}

#define PERCENT_MAX 16

/* False when there is no battery. */
static bool battery_text(const struct bk_power *power, char text[static PERCENT_MAX])
{
    snprintf(text, PERCENT_MAX, "%d %%", power->state.percent);
    return power->state.percent >= 0;
}

static void paint_battery(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_panel *panel,
                          const struct bk_panel_look *look, const struct bk_power *power, const char *percent)
{
    const struct bk_rect mark = { panel->battery.x + 8, (panel->layout.bar - 12) / 2, BATTERY, 12 };

    paint_pill(cairo, &panel->battery, look, (struct bk_target){ .kind = BK_TARGET_BATTERY }, false);
    bk_paint_battery(cairo, &mark, power);
    paint_text(cairo, typesetter, panel, &date_style, percent, mark.x + BATTERY + 7,
               panel->battery.width - BATTERY - 15, bk_power_is_scarce(power) ? BK_COLOR_BADGE : BK_COLOR_TEXT_SOFT);
}

/* Through the bell: it is silent. */
static void paint_stroke(cairo_t *cairo, double x, double y, struct bk_color ground)
{
    for (int pass = 0; pass < 2; pass++) {
        cairo_move_to(cairo, x - 8, y - 7);
        cairo_line_to(cairo, x + 8, y + 8);
        cairo_set_line_cap(cairo, CAIRO_LINE_CAP_ROUND);
        cairo_set_line_width(cairo, pass == 0 ? 4.5 : 1.6);
        cairo_save(cairo);
        cairo_set_operator(cairo, pass == 0 ? CAIRO_OPERATOR_SOURCE : CAIRO_OPERATOR_OVER);
        bk_paint_color(cairo, pass == 0 ? ground : BK_COLOR_TEXT);
        cairo_stroke(cairo);
        cairo_restore(cairo);
    }
}

static void paint(cairo_t *cairo, struct bk_typesetter *typesetter, struct bk_panel *panel,
                  const struct bk_panel_look *look, const struct bk_panel_content *content)
{
    const struct bk_app_face face = bk_faces_of(content->faces, bk_apps_by_cid(content->apps, look->shown));
    const struct bk_color ground = paint_ground(cairo, panel, look, &face);
    const bool dated = !panel->layout.single; /* else there is room for the date at the other side */
    char percent[PERCENT_MAX];

    int clock_width = text_width(typesetter, &clock_style, look->clock);
    int date_width = dated ? text_width(typesetter, &date_style, look->date) + 10 : 0;
    panel->bell = pill(panel, look->width - 8 - BELL_WIDTH, BELL_WIDTH);
    int pill_width = date_width + clock_width + 24;
    panel->clock = pill(panel, panel->bell.x - 4 - pill_width, pill_width);
    /* A phone says nothing of a keyboard that it hardly ever has; the list of layouts comes from there all the same. */
    int layout_width = panel->layout.single ? 0 : text_width(typesetter, &layout_style, look->layout) + 20;
    panel->keyboard = pill(panel, panel->clock.x - 4 - layout_width, layout_width);
    int in_use_width = uses_width(look->sensors);
    int battery_width =
        battery_text(content->power, percent) ? BATTERY + 22 + text_width(typesetter, &date_style, percent) : 0;
    panel->battery = pill(panel, panel->keyboard.x - (battery_width > 0 ? 2 : 0) - battery_width, battery_width);
    panel->uses = pill(panel, panel->battery.x - (in_use_width > 0 ? 6 : 0) - in_use_width, in_use_width);
    if (panel->layout.single)
        paint_shown(cairo, typesetter, panel, look, &face);
    else
        paint_desktop(cairo, typesetter, panel, look, content);
    paint_uses(cairo, panel, look);
    if (battery_width > 0)
        paint_battery(cairo, typesetter, panel, look, content->power, percent);
    paint_pill(cairo, &panel->clock, look, (struct bk_target){ .kind = BK_TARGET_CLOCK }, false);
    if (dated)
        paint_text(cairo, typesetter, panel, &date_style, look->date, panel->clock.x + 12, date_width,
                   BK_COLOR_TEXT_SOFT);
    paint_text(cairo, typesetter, panel, &clock_style, look->clock, panel->clock.x + 12 + date_width, clock_width + 2,
               BK_COLOR_TEXT);
    paint_pill(cairo, &panel->bell, look, (struct bk_target){ .kind = BK_TARGET_BELL }, look->open);
    bk_paint_bell(cairo, panel->bell.x + panel->bell.width / 2.0 - 1, panel->layout.bar / 2.0, 18,
                  look->count > 0 || look->open ? BK_COLOR_TEXT : BK_COLOR_TEXT_SOFT);
    if (look->undisturbed)
        paint_stroke(cairo, panel->bell.x + panel->bell.width / 2.0 - 1, panel->layout.bar / 2.0, ground);
    const struct bk_mark mark = { .kind = BK_MARK_COUNT, .count = (unsigned)look->count };
    bk_paint_mark(cairo, typesetter, panel->bell.x + panel->bell.width / 2.0 + 1, panel->bell.y, BADGE, 0, &mark,
                  ground);
}

static struct bk_target own(const struct bk_target *target)
{
    if (target->kind >= BK_TARGET_CLOCK && target->kind <= BK_TARGET_TASK)
        return *target;
    return (struct bk_target){ .kind = BK_TARGET_NONE };
}

static bool looks_equal(const struct bk_panel_look *a, const struct bk_panel_look *b)
{
    for (size_t i = 0; i < a->task_count && a->task_count == b->task_count; i++) {
        if (a->tasks[i].cid != b->tasks[i].cid || a->tasks[i].focused != b->tasks[i].focused ||
            a->tasks[i].minimised != b->tasks[i].minimised)
            return false;
    }
    return a->task_count == b->task_count && a->apps == b->apps && a->marks == b->marks && a->launcher == b->launcher &&
           a->width == b->width && a->scale == b->scale && a->shown == b->shown && a->count == b->count &&
           a->open == b->open && a->layout == b->layout && a->layouts == b->layouts && a->sensors == b->sensors &&
           a->power == b->power && a->undisturbed == b->undisturbed && a->uses == b->uses &&
           bk_target_equal(&a->hover, &b->hover) && bk_target_equal(&a->pressed, &b->pressed) &&
           bk_target_equal(&a->focus, &b->focus) && strcmp(a->clock, b->clock) == 0 && strcmp(a->date, b->date) == 0;
}

static int by_cid(const void *a, const void *b)
{
    const struct bk_panel_task *first = a, *second = b;

    return first->cid < second->cid ? -1 : first->cid > second->cid;
}

static void list_tasks(struct bk_panel_look *look, const struct bk_windows *windows)
{
    for (size_t i = 0; i < windows->count; i++) {
        const struct bk_window *window = windows->order[i];
        look->tasks[look->task_count++] = (struct bk_panel_task){ .cid = window->cid,
                                                                  .focused = window == windows->focus,
                                                                  .minimised = window->minimised };
    }
    qsort(look->tasks, look->task_count, sizeof look->tasks[0], by_cid);
}

void bk_panel_draw(struct bk_panel *panel, struct bk_typesetter *typesetter, int width, time_t now,
                   const struct bk_panel_content *content, const struct bk_attention *attention)
{
    struct bk_panel_look look = { 0 };
    struct bk_canvas canvas;
    struct tm local;

    look.width = width;
    look.scale = bk_canvas_scale();
    look.shown = content->shown;
    if (!panel->layout.single)
        list_tasks(&look, content->windows);
    look.apps = content->apps->revision;
    look.marks = content->apps->traits.marks;
    look.launcher = content->launcher;
    look.count = content->count;
    look.open = content->open;
    look.layout = content->layout;
    look.layouts = content->layouts;
    look.sensors = content->sensors;
    look.undisturbed = content->undisturbed;
    look.uses = content->uses;
    look.power = content->power->revision;
    look.hover = own(&attention->hover);
    look.focus = own(&attention->focus);
    if (bk_target_equal(&attention->pressed, &attention->hover))
        look.pressed = own(&attention->pressed);
    localtime_r(&now, &local);
    strftime(look.clock, sizeof look.clock, "%H:%M", &local);
    strftime(look.date, sizeof look.date, "%a %-d %b", &local);
    if (looks_equal(&look, &panel->look))
        return;

    if (bk_canvas_begin(width, panel->layout.bar, &canvas) < 0)
        return; /* the old picture stays, the next change tries again */
    paint(canvas.cairo, typesetter, panel, &look, content);
    bk_canvas_show(&canvas, panel->node);
    panel->look = look;
}

struct bk_rect bk_panel_task_place(const struct bk_panel *panel, uint32_t cid)
{
    for (size_t i = 0; i < panel->look.task_count; i++) {
        if (panel->look.tasks[i].cid == cid && panel->tasks[i].width > 0)
            return panel->tasks[i];
    }
    return panel->launch;
}

struct bk_target bk_panel_at(const struct bk_panel *panel, double x, double y)
{
    /* The whole height is sensitive: the screen's edge is easy to hit. */
    const struct bk_rect clock = { panel->clock.x, 0, panel->clock.width, panel->layout.bar };
    const struct bk_rect bell = { panel->bell.x, 0, panel->look.width - panel->bell.x, panel->layout.bar };

    const struct bk_rect launch = { 0, 0, panel->launch.x + panel->launch.width, panel->layout.bar };

    if (bk_rect_has(&launch, x, y))
        return (struct bk_target){ .kind = BK_TARGET_LAUNCH };
    for (size_t i = 0; i < panel->look.task_count; i++) {
        const struct bk_rect task = { panel->tasks[i].x, 0, panel->tasks[i].width, panel->layout.bar };
        if (bk_rect_has(&task, x, y))
            return (struct bk_target){ .kind = BK_TARGET_TASK, .number = panel->look.tasks[i].cid };
    }
    const struct bk_rect uses = { panel->uses.x, 0, panel->uses.width, panel->layout.bar };
    if (bk_rect_has(&uses, x, y))
        return (struct bk_target){ .kind = BK_TARGET_USES };
    const struct bk_rect battery = { panel->battery.x, 0, panel->battery.width, panel->layout.bar };
    if (bk_rect_has(&battery, x, y))
        return (struct bk_target){ .kind = BK_TARGET_BATTERY };
    const struct bk_rect keyboard = { panel->keyboard.x, 0, panel->keyboard.width, panel->layout.bar };
    if (bk_rect_has(&keyboard, x, y))
        return (struct bk_target){ .kind = BK_TARGET_KEYBOARD };
    if (bk_rect_has(&clock, x, y))
        return (struct bk_target){ .kind = BK_TARGET_CLOCK };
    if (bk_rect_has(&bell, x, y))
        return (struct bk_target){ .kind = BK_TARGET_BELL };
    const struct bk_rect whole = { 0, 0, panel->look.width, panel->layout.bar };
    if (panel->layout.single && bk_rect_has(&whole, x, y))
        return (struct bk_target){ .kind = BK_TARGET_CLOCK }; /* all of it is easy to tap */
    return (struct bk_target){ .kind = BK_TARGET_NONE };
}
