/* SPDX-License-Identifier: Apache-2.0 */
#include "panel.h"

#include "app_color.h"
#include "canvas.h"
#include "marks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PILL_HEIGHT 28
#define PILL_Y      ((BK_BAR_HEIGHT - PILL_HEIGHT) / 2)
#define PILL_RADIUS 9
#define BELL_WIDTH  36
#define BADGE       16
#define LAUNCH_X    8
#define TASK_GAP    4
#define TASK_MAX    176
#define TASK_MIN    34 /* its badge alone */
#define TASK_BADGE  18

static const struct bk_typeset_style name_style = { .size = 14, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };
static const struct bk_typeset_style task_style = { .size = 13, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1 };
static const struct bk_typeset_style date_style = {
    .size = 13, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1, .tabular = true
};
static const struct bk_typeset_style layout_style = { .size = 13, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1 };
static const struct bk_typeset_style clock_style = {
    .size = 13, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1, .tabular = true
};
void bk_panel_init(struct bk_panel *panel, struct wlr_scene_tree *parent)
{
    *panel = (struct bk_panel){ .node = wlr_scene_buffer_create(parent, NULL) };
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

/* Draws one line of text in the middle of the panel's height; yields its width. */
static int paint_line(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_typeset_style *style,
                      const char *text, int x, int room, struct bk_color color, bool paint)
{
    int width, height;
    PangoLayout *layout = bk_typeset_layout(typesetter, style, text, room);

    bk_typeset_size(layout, &width, &height);
    if (paint)
        bk_typeset_paint(cairo, layout, x, (BK_BAR_HEIGHT - height) / 2, room, color);
    g_object_unref(layout);
    return width;
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

static void paint_task(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_panel_look *look, size_t index,
                       const struct bk_rect *place, const struct bk_panel_content *content)
{
    const struct bk_panel_task *task = &look->tasks[index];
    const struct bk_app_face face = bk_faces_of(content->faces, bk_apps_by_cid(content->apps, task->cid));
    const struct bk_rect badge = { place->x + (TASK_MIN - TASK_BADGE) / 2, (BK_BAR_HEIGHT - TASK_BADGE) / 2, TASK_BADGE,
                                   TASK_BADGE };
    const struct bk_rect name = { badge.x + TASK_BADGE + 8, 0, place->x + place->width - badge.x - TASK_BADGE - 16,
                                  BK_BAR_HEIGHT };
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
    bk_paint_rounded(cairo, badge.x + (TASK_BADGE - wide) / 2.0, BK_BAR_HEIGHT - 4, wide, 3, 1.5);
    bk_paint_color(cairo, mark);
    cairo_fill(cairo);
}

static void paint_tasks(cairo_t *cairo, struct bk_typesetter *typesetter, struct bk_panel *panel,
                        const struct bk_panel_look *look, const struct bk_panel_content *content)
{
    int x = panel->launch.x + panel->launch.width + 8;
    int room = panel->keyboard.x - 12 - x;
    int count = (int)look->task_count;
    int width = count > 0 ? room / count - TASK_GAP : 0;

    width = width > TASK_MAX ? TASK_MAX : width < TASK_MIN ? TASK_MIN : width;
    for (size_t i = 0; i < look->task_count; i++) {
        bool fits = x + width <= panel->keyboard.x;
        panel->tasks[i] = (struct bk_rect){ x, PILL_Y, fits ? width : 0, PILL_HEIGHT };
        if (fits)
            paint_task(cairo, typesetter, look, i, &panel->tasks[i], content);
        x += width + TASK_GAP;
    }
}

static void paint(cairo_t *cairo, struct bk_typesetter *typesetter, struct bk_panel *panel,
                  const struct bk_panel_look *look, const struct bk_panel_content *content)
{
    bk_paint_color(cairo, BK_COLOR_BAR);
    cairo_paint(cairo);
    cairo_rectangle(cairo, 0, BK_BAR_HEIGHT - bk_paint_hairline(), look->width, bk_paint_hairline());
    bk_paint_color(cairo, BK_COLOR_BAR_EDGE);
    cairo_fill(cairo);

    int name_width = paint_line(cairo, typesetter, &name_style, "Bulkhead", 0, 160, BK_COLOR_TEXT, false);
    panel->launch = (struct bk_rect){ LAUNCH_X, PILL_Y, BK_BAR_PADDING + 28 + name_width + 10 - LAUNCH_X, PILL_HEIGHT };
    paint_pill(cairo, &panel->launch, look, (struct bk_target){ .kind = BK_TARGET_LAUNCH }, look->launcher);
    paint_mark(cairo, BK_BAR_PADDING, (BK_BAR_HEIGHT - 18) / 2.0);
    paint_line(cairo, typesetter, &name_style, "Bulkhead", BK_BAR_PADDING + 28, 160, BK_COLOR_TEXT, true);

    int clock_width = paint_line(cairo, typesetter, &clock_style, look->clock, 0, 120, BK_COLOR_TEXT, false);
    int date_width = paint_line(cairo, typesetter, &date_style, look->date, 0, 200, BK_COLOR_TEXT, false);
    panel->bell = (struct bk_rect){ look->width - 8 - BELL_WIDTH, PILL_Y, BELL_WIDTH, PILL_HEIGHT };
    int pill_width = date_width + 10 + clock_width + 24;
    panel->clock = (struct bk_rect){ panel->bell.x - 4 - pill_width, PILL_Y, pill_width, PILL_HEIGHT };

    int layout_width = paint_line(cairo, typesetter, &layout_style, look->layout, 0, 80, BK_COLOR_TEXT, false);
    panel->keyboard =
        (struct bk_rect){ panel->clock.x - 4 - layout_width - 20, PILL_Y, layout_width + 20, PILL_HEIGHT };

    paint_tasks(cairo, typesetter, panel, look, content);
    paint_pill(cairo, &panel->keyboard, look, (struct bk_target){ .kind = BK_TARGET_KEYBOARD }, look->layouts);
    paint_line(cairo, typesetter, &layout_style, look->layout, panel->keyboard.x + 10, layout_width + 2,
               BK_COLOR_TEXT_SOFT, true);
    paint_pill(cairo, &panel->clock, look, (struct bk_target){ .kind = BK_TARGET_CLOCK }, false);
    paint_line(cairo, typesetter, &date_style, look->date, panel->clock.x + 12, date_width + 2, BK_COLOR_TEXT_SOFT,
               true);
    paint_line(cairo, typesetter, &clock_style, look->clock, panel->clock.x + 12 + date_width + 10, clock_width + 2,
               BK_COLOR_TEXT, true);
    paint_pill(cairo, &panel->bell, look, (struct bk_target){ .kind = BK_TARGET_BELL }, look->open);
    bk_paint_bell(cairo, panel->bell.x + panel->bell.width / 2.0 - 1, BK_BAR_HEIGHT / 2.0, 18,
                  look->count > 0 || look->open ? BK_COLOR_TEXT : BK_COLOR_TEXT_SOFT);
    const struct bk_mark mark = { .kind = BK_MARK_COUNT, .count = (unsigned)look->count };
    bk_paint_mark(cairo, typesetter, panel->bell.x + panel->bell.width / 2 + 1, panel->bell.y, BADGE, 0, &mark,
                  BK_COLOR_BAR);
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
           a->width == b->width && a->scale == b->scale && a->count == b->count && a->open == b->open &&
           a->layout == b->layout && a->layouts == b->layouts && bk_target_equal(&a->hover, &b->hover) &&
           bk_target_equal(&a->pressed, &b->pressed) && bk_target_equal(&a->focus, &b->focus) &&
           strcmp(a->clock, b->clock) == 0 && strcmp(a->date, b->date) == 0;
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
    list_tasks(&look, content->windows);
    look.apps = content->apps->revision;
    look.marks = content->apps->traits.marks;
    look.launcher = content->launcher;
    look.count = content->count;
    look.open = content->open;
    look.layout = content->layout;
    look.layouts = content->layouts;
    look.hover = own(&attention->hover);
    look.focus = own(&attention->focus);
    if (bk_target_equal(&attention->pressed, &attention->hover))
        look.pressed = own(&attention->pressed);
    localtime_r(&now, &local);
    strftime(look.clock, sizeof look.clock, "%H:%M", &local);
    strftime(look.date, sizeof look.date, "%a %-d %b", &local);
    if (looks_equal(&look, &panel->look))
        return;

    if (bk_canvas_begin(width, BK_BAR_HEIGHT, &canvas) < 0)
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
    const struct bk_rect clock = { panel->clock.x, 0, panel->clock.width, BK_BAR_HEIGHT };
    const struct bk_rect bell = { panel->bell.x, 0, panel->look.width - panel->bell.x, BK_BAR_HEIGHT };

    const struct bk_rect launch = { 0, 0, panel->launch.x + panel->launch.width, BK_BAR_HEIGHT };

    if (bk_rect_has(&launch, x, y))
        return (struct bk_target){ .kind = BK_TARGET_LAUNCH };
    for (size_t i = 0; i < panel->look.task_count; i++) {
        const struct bk_rect task = { panel->tasks[i].x, 0, panel->tasks[i].width, BK_BAR_HEIGHT };
        if (bk_rect_has(&task, x, y))
            return (struct bk_target){ .kind = BK_TARGET_TASK, .number = panel->look.tasks[i].cid };
    }
    const struct bk_rect keyboard = { panel->keyboard.x, 0, panel->keyboard.width, BK_BAR_HEIGHT };
    if (bk_rect_has(&keyboard, x, y))
        return (struct bk_target){ .kind = BK_TARGET_KEYBOARD };
    if (bk_rect_has(&clock, x, y))
        return (struct bk_target){ .kind = BK_TARGET_CLOCK };
    if (bk_rect_has(&bell, x, y))
        return (struct bk_target){ .kind = BK_TARGET_BELL };
    return (struct bk_target){ .kind = BK_TARGET_NONE };
}
