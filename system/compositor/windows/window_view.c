/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A window is many small nodes and no large picture: to resize one draws a title bar anew and stretches the rest. The
 * shadow is one picture that all windows share, cut into corners and edges. The app's buffer is shown as it is; the
 * frame's lower corners are drawn over it, so that it is round there too.
 */
#include "window_view.h"

#include "app_color.h"
#include "canvas.h"
#include "scale.h"

#include <limits.h>
#include <math.h>

#define SHADOW_CORE   96 /* the window that the shared shadow is of */
#define SHADOW_SIDE   (SHADOW_CORE + 2 * BK_SHADOW_MARGIN)
#define SHADOW_CORNER (BK_SHADOW_MARGIN + 32) /* of the picture, from its corner */
#define BADGE         22
#define TEXT_X        42
#define NOTICE_BADGE  72
#define SIDE_PIECE    2 /* of a side, drawn out along it */

enum window_side {
    SIDE_LEFT,
    SIDE_RIGHT,
    SIDE_BOTTOM,
};
#define BACK BK_RGB(0x0b111d)        /* where the app draws nothing */
#define VEIL BK_RGBA(0x080e1b, 0.62) /* over an app that is being closed */

static const struct bk_typeset_style title_style = { .size = 13, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };
static const struct bk_typeset_style name_style = {
    .size = 16, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1, .align = PANGO_ALIGN_CENTER
};
static const struct bk_typeset_style hint_style = {
    .size = 13, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1, .align = PANGO_ALIGN_CENTER
};

int bk_window_pictures_create(struct bk_window_pictures *pictures)
{
    const struct bk_rect core = { BK_SHADOW_MARGIN, BK_SHADOW_MARGIN, SHADOW_CORE, SHADOW_CORE };
    struct bk_canvas canvas;

    int r = bk_canvas_begin(SHADOW_SIDE, SHADOW_SIDE, &canvas);
    if (r < 0)
        return r;
    bk_paint_shadow(canvas.cairo, &core, BK_WINDOW_RADIUS);
    pictures->shadow = bk_canvas_end(&canvas);
    return 0;
}

void bk_window_pictures_finish(struct bk_window_pictures *pictures)
{
    if (pictures->shadow != NULL)
        wlr_buffer_drop(pictures->shadow);
    *pictures = (struct bk_window_pictures){ 0 };
}

void bk_window_view_init(struct bk_window_view *view, struct wlr_scene_tree *parent,
                         const struct bk_window_pictures *pictures)
{
    static const float none[4] = { 0 };

    *view = (struct bk_window_view){ .tree = wlr_scene_tree_create(parent), .fresh = { .to = 1 }, .fresh_part = 1 };
    /* From back to front. */
    for (size_t i = 0; i < BK_WINDOW_SHADOWS; i++) {
        view->shadows[i] = wlr_scene_buffer_create(view->tree, pictures->shadow);
        wlr_scene_buffer_set_filter_mode(view->shadows[i], WLR_SCALE_FILTER_NEAREST);
    }
    view->back = wlr_scene_rect_create(view->tree, 1, 1, none);
    view->before = wlr_scene_buffer_create(view->tree, NULL);
    view->content = wlr_scene_buffer_create(view->tree, NULL);
    view->veil = wlr_scene_rect_create(view->tree, 1, 1, none);
    view->notice = wlr_scene_buffer_create(view->tree, NULL);
    for (size_t i = 0; i < BK_WINDOW_SIDES; i++) {
        view->sides[i] = wlr_scene_buffer_create(view->tree, NULL);
        wlr_scene_buffer_set_filter_mode(view->sides[i], WLR_SCALE_FILTER_NEAREST);
    }
    for (size_t i = 0; i < 2; i++)
        view->corners[i] = wlr_scene_buffer_create(view->tree, NULL);
    view->title = wlr_scene_buffer_create(view->tree, NULL);
}

void bk_window_view_finish(struct bk_window_view *view)
{
    if (view->tree != NULL)
        wlr_scene_node_destroy(&view->tree->node);
    *view = (struct bk_window_view){ 0 };
}

void bk_window_view_set_pictures(struct bk_window_view *view, const struct bk_window_pictures *pictures)
{
    for (size_t i = 0; i < BK_WINDOW_SHADOWS; i++)
        wlr_scene_buffer_set_buffer(view->shadows[i], pictures->shadow);
}

/* --- pictures --- */

/* The outline of a title bar with round upper corners, for a fill, or `inset` for the line along its edge. */
static void title_path(cairo_t *cairo, int width, double inset, double radius)
{
    cairo_new_path(cairo);
    cairo_move_to(cairo, inset, BK_WINDOW_TITLE + 1);
    cairo_arc(cairo, inset + radius, inset + radius, radius, M_PI, 3 * M_PI_2);
    cairo_arc(cairo, width - inset - radius, inset + radius, radius, -M_PI_2, 0);
    cairo_line_to(cairo, width - inset, BK_WINDOW_TITLE + 1);
}

static void paint_button(cairo_t *cairo, const struct bk_window_look *look, enum bk_window_part part,
                         struct bk_color color)
{
    const struct bk_rect place = bk_window_button(look->width, part);
    double x = place.x + place.width / 2.0, y = place.y + place.height / 2.0;

    if (look->hover == part || look->pressed == part) {
        struct bk_color fill = part == BK_WINDOW_CLOSE ? BK_RGB(look->pressed == part ? 0xb83a34 : 0xd9483f)
                                                       : BK_RGBA(0xffffff, look->pressed == part ? 0.10 : 0.20);
        bk_paint_rounded(cairo, place.x, place.y, place.width, place.height, 8);
        bk_paint_color(cairo, fill);
        cairo_fill(cairo);
        color = BK_RGB(0xffffff);
    }
    cairo_set_line_width(cairo, 1.5);
    cairo_set_line_cap(cairo, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
    if (part == BK_WINDOW_CLOSE) {
        bk_paint_cross(cairo, x, y, 9, color);
        return;
    }
    bk_paint_color(cairo, color);
    if (part == BK_WINDOW_MINIMISE) {
        cairo_move_to(cairo, x - 4.5, y);
        cairo_line_to(cairo, x + 4.5, y);
    } else if (look->mode == BK_WINDOW_NORMAL) {
        bk_paint_rounded(cairo, x - 4.5, y - 4.5, 9, 9, 2);
    } else { /* what it returns to is smaller */
        bk_paint_rounded(cairo, x - 5, y - 2.5, 7.5, 7.5, 1.8);
        cairo_move_to(cairo, x - 2, y - 5);
        cairo_line_to(cairo, x + 3.2, y - 5);
        cairo_curve_to(cairo, x + 4.4, y - 5, x + 5, y - 4.4, x + 5, y - 3.2);
        cairo_line_to(cairo, x + 5, y + 2);
    }
    cairo_stroke(cairo);
}

static void paint_title(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_window_look *look,
                        const struct bk_app_face *face)
{
    const struct bk_app_colors colors = bk_app_colors_of(face->id);
    struct bk_color fill = look->focused ? colors.frame : colors.frame_rest;
    struct bk_color edge = look->focused ? colors.frame_edge : colors.frame_rest_edge;
    struct bk_color text = look->focused ? BK_COLOR_TEXT : BK_COLOR_TEXT_FAINT;
    double radius = look->mode == BK_WINDOW_NORMAL ? BK_WINDOW_RADIUS : 0;
    const struct bk_rect badge = { 12, (BK_WINDOW_TITLE - BADGE) / 2, BADGE, BADGE };
    const struct bk_rect minimise = bk_window_button(look->width, BK_WINDOW_MINIMISE);

    title_path(cairo, look->width, 0, radius);
    cairo_pattern_t *gradient = cairo_pattern_create_linear(0, 0, 0, BK_WINDOW_TITLE);
    cairo_pattern_add_color_stop_rgb(gradient, 0, fill.r * 0.94 + 0.06, fill.g * 0.94 + 0.06, fill.b * 0.94 + 0.06);
    cairo_pattern_add_color_stop_rgb(gradient, 1, fill.r, fill.g, fill.b);
    cairo_set_source(cairo, gradient);
    cairo_fill(cairo);
    cairo_pattern_destroy(gradient);
    double thin = bk_paint_hairline();
    title_path(cairo, look->width, thin / 2, radius > 0 ? radius - thin / 2 : 0);
    bk_paint_color(cairo, edge);
    cairo_set_line_width(cairo, thin);
    cairo_stroke(cairo);

    if (minimise.x < TEXT_X + 16)
        return; /* too narrow to say anything; the colour does */
    cairo_push_group(cairo);
    bk_paint_badge(cairo, typesetter, &badge, face);
    cairo_pop_group_to_source(cairo);
    cairo_paint_with_alpha(cairo, look->focused ? 1 : 0.7);
    const struct bk_rect name = { TEXT_X, 0, minimise.x - TEXT_X - 12, BK_WINDOW_TITLE };
    struct bk_app_face said = *face;
    if (look->closing == BK_WINDOW_ASKED)
        said.title = "closing…";
    bk_paint_name(cairo, typesetter, &title_style, &said, &name, text, BK_RGBA(0xffffff, look->focused ? 0.62 : 0.38));
    struct bk_color sign = look->focused ? BK_RGBA(0xffffff, 0.86) : BK_RGBA(0xffffff, 0.5);
    paint_button(cairo, look, BK_WINDOW_MINIMISE, sign);
    paint_button(cairo, look, BK_WINDOW_MAXIMISE, sign);
    paint_button(cairo, look, BK_WINDOW_CLOSE, sign);
}

/* A lower corner of the frame: a quarter of a ring, with nothing outside of it and the app within. */
static void paint_corner(cairo_t *cairo, bool right, struct bk_color fill, struct bk_color edge)
{
    const double center_x = right ? 0 : BK_WINDOW_RADIUS;
    const double from = right ? 0 : M_PI_2, to = right ? M_PI_2 : M_PI;

    cairo_arc(cairo, center_x, 0, BK_WINDOW_RADIUS - BK_WINDOW_BORDER / 2.0, from, to);
    bk_paint_color(cairo, fill);
    cairo_set_line_width(cairo, BK_WINDOW_BORDER);
    cairo_stroke(cairo);
    cairo_arc(cairo, center_x, 0, BK_WINDOW_RADIUS - bk_paint_hairline() / 2, from, to);
    bk_paint_color(cairo, edge);
    cairo_set_line_width(cairo, bk_paint_hairline());
    cairo_stroke(cairo);
}

/* While it closes the person may go on with it, to answer what it asks: only where it has the focus it is not veiled.
 */
static bool is_veiled(const struct bk_window_look *look)
{
    return look->closing > BK_WINDOW_ASKED || (look->closing == BK_WINDOW_ASKED && !look->focused);
}

static bool speaks(const struct bk_window_look *look)
{
    return look->starting || is_veiled(look);
}

static void paint_answer(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_window_look *look,
                         enum bk_window_part part, const char *label)
{
    const struct bk_rect place = bk_window_answer(part);

    bk_paint_surface(cairo, &place, 10,
                     look->pressed == part ? BK_COLOR_BUTTON_PRESS
                     : look->hover == part ? BK_COLOR_BUTTON_HOVER
                                           : BK_COLOR_BUTTON,
                     BK_RGBA(0, 0));
    bk_paint_line(cairo, typesetter, &hint_style, label, &place, BK_COLOR_TEXT);
}

static void paint_notice(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_window_look *look,
                         const struct bk_app_face *face, int width, int height)
{
    static const char *const hints[] = {
        [BK_WINDOW_OPEN] = "Starting…",
        [BK_WINDOW_ASKED] = "Closing…",
        [BK_WINDOW_OVERDUE] = "It has not closed. It may ask you something.",
        [BK_WINDOW_ENDED] = "Ending…",
    };
    const struct bk_rect badge = { (width - NOTICE_BADGE) / 2, 20, NOTICE_BADGE, NOTICE_BADGE };

    if (look->closing != BK_WINDOW_OPEN) /* over what the app shows */
        bk_paint_surface(cairo, &(struct bk_rect){ 0, 0, width, height }, 20, BK_COLOR_OVERLAY, BK_COLOR_EDGE);
    bk_paint_badge(cairo, typesetter, &badge, face);
    bk_paint_line(cairo, typesetter, &name_style, face->name, &(struct bk_rect){ 8, 104, width - 16, 24 },
                  BK_COLOR_TEXT);
    bk_paint_line(cairo, typesetter, &hint_style, hints[look->closing], &(struct bk_rect){ 8, 130, width - 16, 24 },
                  BK_COLOR_TEXT_SOFT);
    if (look->closing != BK_WINDOW_OVERDUE)
        return;
    paint_answer(cairo, typesetter, look, BK_WINDOW_WAIT, "Wait");
    paint_answer(cairo, typesetter, look, BK_WINDOW_END, "End it");
}

static bool looks_equal(const struct bk_window_look *a, const struct bk_window_look *b)
{
    return a->width == b->width && a->framed == b->framed && a->mode == b->mode && a->focused == b->focused &&
           a->hover == b->hover && a->pressed == b->pressed && a->starting == b->starting && a->closing == b->closing &&
           a->face == b->face && a->scale == b->scale;
}

/* A piece of a side, to be drawn out along it: the fill, and the line along its outer edge. */
static void paint_side(cairo_t *cairo, enum window_side side, struct bk_color fill, struct bk_color edge)
{
    double thin = bk_paint_hairline();

    bk_paint_color(cairo, fill);
    cairo_paint(cairo);
    bk_paint_color(cairo, edge);
    if (side == SIDE_BOTTOM)
        cairo_rectangle(cairo, 0, BK_WINDOW_BORDER - thin, SIDE_PIECE, thin);
    else
        cairo_rectangle(cairo, side == SIDE_LEFT ? 0 : BK_WINDOW_BORDER - thin, 0, thin, SIDE_PIECE);
    cairo_fill(cairo);
}

static void draw_frame(struct bk_window_view *view, const struct bk_window_look *look, const struct bk_app_face *face)
{
    const struct bk_app_colors colors = bk_app_colors_of(face->id);

    const struct bk_color fill = look->focused ? colors.frame : colors.frame_rest;
    const struct bk_color edge = look->focused ? colors.frame_edge : colors.frame_rest_edge;
    struct bk_canvas canvas;

    for (int i = 0; i < BK_WINDOW_SIDES; i++) {
        if (bk_canvas_begin(i == SIDE_BOTTOM ? SIDE_PIECE : BK_WINDOW_BORDER,
                            i == SIDE_BOTTOM ? BK_WINDOW_BORDER : SIDE_PIECE, &canvas) < 0)
            continue; /* the old one stays */
        paint_side(canvas.cairo, (enum window_side)i, fill, edge);
        bk_canvas_show(&canvas, view->sides[i]);
    }
    for (size_t i = 0; i < 2; i++) {
        if (bk_canvas_begin(BK_WINDOW_RADIUS, BK_WINDOW_RADIUS, &canvas) < 0)
            continue;
        paint_corner(canvas.cairo, i == 1, fill, edge);
        bk_canvas_show(&canvas, view->corners[i]);
    }
}

/* Draws what is another picture by now. */
static void draw(struct bk_window_view *view, struct bk_typesetter *typesetter, const struct bk_window_look *look,
                 const struct bk_app_face *face)
{
    const struct bk_window_look *old = &view->look;
    struct bk_canvas canvas;

    if (view->drawn && looks_equal(look, old))
        return;
    if (look->framed && bk_canvas_begin(look->width, BK_WINDOW_TITLE, &canvas) >= 0) {
        paint_title(canvas.cairo, typesetter, look, face);
        bk_canvas_show(&canvas, view->title);
    }
    bool anew = !view->drawn || look->face != old->face || look->scale != old->scale;
    if (anew || look->focused != old->focused)
        draw_frame(view, look, face);
    const bool other = look->closing != old->closing || look->hover != old->hover || look->pressed != old->pressed;
    const struct bk_rect notice = bk_window_notice(INT_MAX, INT_MAX, look->closing); /* as large as it is anywhere */
    if (speaks(look) && (!view->drawn || !speaks(old) || other || anew) &&
        bk_canvas_begin(notice.width, notice.height, &canvas) >= 0) {
        paint_notice(canvas.cairo, typesetter, look, face, notice.width, notice.height);
        bk_canvas_show(&canvas, view->notice);
    }
    view->look = *look;
    view->drawn = true;
}

/* --- places --- */

/* Where a part of the frame is on the screen, from the tree's place; parts that meet go on meeting. */
static struct bk_rect stretched(const struct bk_window_view *view, int x, int y, int width, int height)
{
    const struct bk_rect *frame = &view->frame, *seen = &view->seen;
    double by_x = (double)seen->width / frame->width, by_y = (double)seen->height / frame->height;
    const struct bk_area area = { x * by_x, y * by_y, width * by_x, height * by_y };

    return bk_area_pixels(&area);
}

/* The opacity is set once: the scene draws all of a node anew that was another one in between. */
static void place_sheer(const struct bk_window_view *view, struct wlr_scene_buffer *buffer, bool there, int x, int y,
                        int width, int height, float opacity)
{
    there = there && width > 0 && height > 0;
    wlr_scene_node_set_enabled(&buffer->node, there);
    if (!there)
        return;
    const struct bk_rect at = stretched(view, x, y, width, height);
    wlr_scene_buffer_set_dest_size(buffer, at.width, at.height);
    wlr_scene_node_set_position(&buffer->node, at.x, at.y);
    wlr_scene_buffer_set_opacity(buffer, opacity);
}

static void place_buffer(const struct bk_window_view *view, struct wlr_scene_buffer *buffer, bool there, int x, int y,
                         int width, int height)
{
    place_sheer(view, buffer, there, x, y, width, height, view->opacity);
}

static void place_rect(const struct bk_window_view *view, struct wlr_scene_rect *rect, bool there, int x, int y,
                       int width, int height, struct bk_color color)
{
    there = there && width > 0 && height > 0;
    wlr_scene_node_set_enabled(&rect->node, there);
    if (!there)
        return;
    const struct bk_rect at = stretched(view, x, y, width, height);
    const float alpha = (float)color.a * view->opacity; /* the scene's colours are premultiplied */
    const float value[4] = { (float)color.r * alpha, (float)color.g * alpha, (float)color.b * alpha, alpha };
    wlr_scene_rect_set_size(rect, at.width, at.height);
    wlr_scene_node_set_position(&rect->node, at.x, at.y);
    wlr_scene_rect_set_color(rect, value);
}

static void place_shadow(struct bk_window_view *view, bool there)
{
    const int inner = SHADOW_CORNER - BK_SHADOW_MARGIN; /* of a corner's picture, within the window */
    const int middle = SHADOW_SIDE - 2 * SHADOW_CORNER;
    const int from[3] = { 0, SHADOW_CORNER, SHADOW_SIDE - SHADOW_CORNER };
    const int size[3] = { SHADOW_CORNER, middle, SHADOW_CORNER };
    const int x[3] = { -BK_SHADOW_MARGIN, inner, view->frame.width - inner };
    const int y[3] = { -BK_SHADOW_MARGIN, inner, view->frame.height - inner };
    const int width[3] = { SHADOW_CORNER, view->frame.width - 2 * inner, SHADOW_CORNER };
    const int height[3] = { SHADOW_CORNER, view->frame.height - 2 * inner, SHADOW_CORNER };
    /* It reaches below the window, and must not show through one that fades. */
    const float opacity = view->opacity * view->opacity * view->opacity * (view->look.focused ? 1.0F : 0.6F);
    double scale = bk_canvas_scale();
    size_t node = 0;

    for (int row = 0; row < 3; row++) {
        for (int column = 0; column < 3; column++) {
            if (row == 1 && column == 1)
                continue; /* the window itself */
            struct wlr_scene_buffer *shadow = view->shadows[node++];
            const struct wlr_fbox part = { from[column] * scale, from[row] * scale, size[column] * scale,
                                           size[row] * scale };
            wlr_scene_buffer_set_source_box(shadow, &part);
            place_sheer(view, shadow, there, x[column], y[row], width[column], height[row], opacity);
        }
    }
}

static void place_sides(struct bk_window_view *view, const struct bk_windows *windows, const struct bk_window *window)
{
    const struct bk_rect *frame = &view->frame;
    const int border = bk_window_border(windows, window), title = bk_windows_title(windows);
    const bool round = bk_window_is_round(windows, window);
    const int corner = round ? BK_WINDOW_RADIUS : 0;
    const int side = frame->height - title - corner;
    const int low = frame->width - 2 * corner;
    const bool there = border > 0;

    place_buffer(view, view->sides[SIDE_LEFT], there, 0, title, border, side);
    place_buffer(view, view->sides[SIDE_RIGHT], there, frame->width - border, title, border, side);
    place_buffer(view, view->sides[SIDE_BOTTOM], there, corner, frame->height - border, low, border);
    for (int i = 0; i < 2; i++)
        place_buffer(view, view->corners[i], round, i == 0 ? 0 : frame->width - BK_WINDOW_RADIUS,
                     frame->height - BK_WINDOW_RADIUS, BK_WINDOW_RADIUS, BK_WINDOW_RADIUS);
    place_buffer(view, view->title, title > 0, 0, 0, frame->width, title);
}

/* The part of the app's picture that is within the content; never a pixel beyond it. */
static void place_content(struct bk_window_view *view, const struct bk_windows *windows, const struct bk_window *window)
{
    const struct bk_rect outline = { 0, 0, view->frame.width, view->frame.height };
    const struct bk_rect at = bk_window_content_within(windows, window, &outline);
    const struct bk_rect picture = bk_window_picture_within(windows, window, &outline);
    int width = picture.x + picture.width < at.x + at.width ? picture.width : at.x + at.width - picture.x;
    int height = picture.y + picture.height < at.y + at.height ? picture.height : at.y + at.height - picture.y;
    bool whole = picture.width >= at.width && picture.height >= at.height;

    bool covers = view->shows && whole && view->before->buffer == NULL;
    place_rect(view, view->back, !covers, at.x, at.y, at.width, at.height, BACK);
    if (view->shows && width > 0 && height > 0) {
        /* In device pixels, as many as are shown: an app that drew what it was asked for is not resampled. */
        const int x = view->frame.x + picture.x, y = view->frame.y + picture.y;
        const struct bk_rect seen = { x, y, width, height }, everything = { x, y, picture.width, picture.height };
        const struct bk_rect device = bk_scale_rect(view->look.scale, &seen);
        const struct bk_rect all = bk_scale_rect(view->look.scale, &everything);
        const struct wlr_fbox part = { 0, 0, (double)device.width * view->content->buffer->width / all.width,
                                       (double)device.height * view->content->buffer->height / all.height };
        wlr_scene_buffer_set_source_box(view->content, &part);
    }
    place_sheer(view, view->content, view->shows, picture.x, picture.y, width, height,
                view->opacity * view->fresh_part);
    wlr_scene_buffer_set_opacity(view->before, view->opacity);
    const struct bk_rect notice = bk_window_notice(at.width, at.height, view->look.closing);
    place_rect(view, view->veil, is_veiled(&view->look), at.x, at.y, at.width, at.height, VEIL);
    place_buffer(view, view->notice, speaks(&view->look) && notice.width > 0, at.x + notice.x, at.y + notice.y,
                 notice.width, notice.height);
}

void bk_window_view_pose(struct bk_window_view *view, const struct bk_windows *windows, const struct bk_window *window,
                         const struct bk_pose *pose)
{
    view->frame = bk_area_pixels(&pose->frame);
    view->seen = bk_area_pixels(&pose->seen);
    view->opacity = (float)pose->opacity;
    wlr_scene_node_set_enabled(&view->tree->node, pose->opacity > 0);
    wlr_scene_node_set_position(&view->tree->node, view->seen.x, view->seen.y);
    place_shadow(view, bk_window_is_round(windows, window));
    place_sides(view, windows, window);
    place_content(view, windows, window);
}

void bk_window_view_sync(struct bk_window_view *view, struct bk_typesetter *typesetter,
                         const struct bk_windows *windows, const struct bk_window *window, const struct bk_pose *pose,
                         const struct bk_window_look *look, const struct bk_app_face *face)
{
    wlr_scene_node_set_enabled(&view->tree->node, pose->opacity > 0);
    if (pose->opacity <= 0)
        return;
    draw(view, typesetter, look, face);
    bk_window_view_pose(view, windows, window, pose);
}

void bk_window_view_fade(struct bk_window_view *view, uint64_t now_ms)
{
    struct wlr_scene_buffer *before = view->before;
    const struct wlr_scene_buffer *content = view->content;

    wlr_scene_buffer_set_buffer(before, content->buffer);
    wlr_scene_buffer_set_source_box(before, &content->src_box);
    wlr_scene_buffer_set_dest_size(before, content->dst_width, content->dst_height);
    wlr_scene_node_set_position(&before->node, content->node.x, content->node.y);
    view->fresh = (struct bk_tween){ .to = 0 };
    bk_tween_to(&view->fresh, 1, now_ms, BK_ENTER_MS);
}

bool bk_window_view_animate(struct bk_window_view *view, uint64_t now_ms)
{
    bool moves = bk_tween_moves(&view->fresh, now_ms);

    if (view->before->buffer == NULL)
        return false;
    view->fresh_part = (float)bk_tween_at(&view->fresh, now_ms);
    wlr_scene_buffer_set_opacity(view->content, view->opacity * view->fresh_part);
    if (!moves)
        wlr_scene_buffer_set_buffer(view->before, NULL);
    return moves;
}

void bk_window_view_show(struct bk_window_view *view, struct wlr_buffer *buffer, const pixman_region32_t *damage)
{
    view->shows = buffer != NULL;
    wlr_scene_buffer_set_buffer_with_damage(view->content, buffer, damage);
}
