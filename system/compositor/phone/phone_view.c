/* SPDX-License-Identifier: Apache-2.0 */
#include "phone_view.h"

#include "app_color.h"
#include "canvas.h"

#include <math.h>

#define CARD_RADIUS   14
#define CARD_BADGE    24
#define CARD_CROSS    10
#define HANDLE_WIDTH  120
#define HANDLE_HEIGHT 6
#define SHADE         BK_RGBA(0x060b16, 0.55)

static const struct bk_typeset_style name_style = { .size = 14, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };

static void draw_handle(struct bk_phone_view *view)
{
    struct bk_canvas canvas;

    if (view->scale == bk_canvas_scale())
        return;
    view->scale = bk_canvas_scale();
    if (bk_canvas_begin(HANDLE_WIDTH, HANDLE_HEIGHT, &canvas) < 0)
        return; /* the edge works without it */
    bk_paint_rounded(canvas.cairo, 0, 0, HANDLE_WIDTH, HANDLE_HEIGHT, HANDLE_HEIGHT / 2.0);
    bk_paint_color(canvas.cairo, BK_RGBA(0xffffff, 0.8));
    cairo_fill(canvas.cairo);
    bk_canvas_show(&canvas, view->handle);
}

void bk_phone_view_init(struct bk_phone_view *view, struct wlr_scene_tree *under, struct wlr_scene_tree *over,
                        struct bk_typesetter *typesetter, struct bk_stage *stage, const bool *animated)
{
    static const float none[4] = { 0 };

    *view = (struct bk_phone_view){ .stage = stage,
                                    .typesetter = typesetter,
                                    .animated = animated,
                                    .strip_height = bk_form_layout_of(BK_FORM_PHONE).strip };
    view->shade = wlr_scene_rect_create(under, 1, 1, none);
    view->cards_tree = wlr_scene_tree_create(under);
    view->strip = wlr_scene_rect_create(over, 1, 1, none);
    view->strip_edge = wlr_scene_rect_create(over, 1, 1, none);
    view->handle = wlr_scene_buffer_create(over, NULL);
}

/* --- cards --- */

static void paint_card(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_rect *whole,
                       const struct bk_app_face *face)
{
    const struct bk_app_colors colors = bk_app_colors_of(face->id);
    const struct bk_rect badge = { whole->x + 12, whole->y + (BK_DECK_HEADER - CARD_BADGE) / 2, CARD_BADGE,
                                   CARD_BADGE };
    const int cross = whole->x + whole->width - BK_DECK_HEADER / 2;
    const struct bk_rect name = { badge.x + CARD_BADGE + 10, whole->y,
                                  cross - BK_DECK_HEADER / 2 - badge.x - CARD_BADGE - 10, BK_DECK_HEADER };

    bk_paint_shadow(cairo, whole, CARD_RADIUS);
    bk_paint_surface(cairo, whole, CARD_RADIUS, colors.frame, colors.frame_edge);
    bk_paint_badge(cairo, typesetter, &badge, face);
    bk_paint_line(cairo, typesetter, &name_style, face->name, &name, BK_COLOR_TEXT);
    bk_paint_cross(cairo, cross, whole->y + BK_DECK_HEADER / 2.0, CARD_CROSS, BK_COLOR_TEXT_SOFT);
}

static void draw_card(struct bk_phone_view *view, struct bk_phone_card *card, const struct bk_window *window,
                      uint64_t apps)
{
    const struct bk_area picture = bk_deck_card(bk_stage_windows(view->stage));
    const struct bk_rect whole = { BK_SHADOW_MARGIN, BK_SHADOW_MARGIN, (int)lround(picture.width) + 2 * BK_DECK_BORDER,
                                   (int)lround(picture.height) + BK_DECK_HEADER + BK_DECK_BORDER };
    struct bk_canvas canvas;

    if (card->drawn && card->width == whole.width && card->height == whole.height && card->face == apps &&
        card->scale == bk_canvas_scale())
        return;
    if (bk_canvas_begin(whole.width + 2 * BK_SHADOW_MARGIN, whole.height + 2 * BK_SHADOW_MARGIN, &canvas) < 0)
        return; /* the old picture stays */
    const struct bk_app_face face = bk_stage_face(view->stage, window);
    paint_card(canvas.cairo, view->typesetter, &whole, &face);
    bk_canvas_show(&canvas, card->node);
    card->width = whole.width;
    card->height = whole.height;
    card->face = apps;
    card->scale = bk_canvas_scale();
    card->drawn = true;
}

static struct bk_phone_card *card_of(struct bk_phone_view *view, uint32_t cid)
{
    struct bk_phone_card *free_one = NULL;

    for (size_t i = 0; i < BK_WINDOWS_MAX; i++) {
        if (view->cards[i].cid == cid && !view->cards[i].gone)
            return &view->cards[i];
        if (view->cards[i].cid == 0)
            free_one = &view->cards[i];
    }
    if (free_one != NULL) {
        *free_one = (struct bk_phone_card){ .cid = cid, .node = wlr_scene_buffer_create(view->cards_tree, NULL) };
        wlr_scene_node_set_enabled(&free_one->node->node, false);
    }
    return free_one;
}

static void drop_card(struct bk_phone_card *card)
{
    wlr_scene_node_destroy(&card->node->node);
    *card = (struct bk_phone_card){ 0 };
}

/* Around the picture, as large as that is. */
static void place_card(struct bk_phone_view *view, struct bk_phone_card *card, const struct bk_pose *pose, double part)
{
    const struct bk_area picture = bk_deck_card(bk_stage_windows(view->stage));
    double scale = pose->seen.width / picture.width, by_y = pose->seen.height / picture.height;
    const struct bk_area area = { pose->seen.x - (BK_DECK_BORDER + BK_SHADOW_MARGIN) * scale,
                                  pose->seen.y - (BK_DECK_HEADER + BK_SHADOW_MARGIN) * by_y,
                                  (card->width + 2 * BK_SHADOW_MARGIN) * scale,
                                  (card->height + 2 * BK_SHADOW_MARGIN) * by_y };
    const struct bk_rect at = bk_area_pixels(&area);

    /* There at once: what is half there is no frame. */
    double solid = (part - 0.05) * 5;
    card->opacity = (float)((solid < 0 ? 0 : solid > 1 ? 1 : solid) * pose->opacity);
    wlr_scene_node_set_enabled(&card->node->node, card->opacity > 0);
    wlr_scene_node_set_position(&card->node->node, at.x, at.y);
    wlr_scene_buffer_set_dest_size(card->node, at.width, at.height);
    wlr_scene_buffer_set_opacity(card->node, card->opacity);
}

static void sync_card(struct bk_phone_view *view, const struct bk_window *window, uint64_t apps, uint64_t now_ms)
{
    const struct bk_pose pose = bk_stage_pose(window, now_ms);
    double part = bk_deck_part(bk_stage_windows(view->stage), &pose);
    struct bk_phone_card *card = card_of(view, window->cid);

    if (card == NULL)
        return; /* as many cards as windows, and those of some that are gone still fade */
    if (part > 0 && pose.opacity > 0)
        draw_card(view, card, window, apps);
    place_card(view, card, &pose, card->drawn ? part : 0);
}

/* Cards of windows that are gone fade with their pictures; true while one does. */
static bool fade_cards(struct bk_phone_view *view, uint64_t now_ms)
{
    const struct bk_windows *windows = bk_stage_windows(view->stage);
    bool moving = false;

    for (size_t i = 0; i < BK_WINDOWS_MAX; i++) {
        struct bk_phone_card *card = &view->cards[i];
        if (card->cid == 0 || (!card->gone && bk_windows_find(windows, card->cid) != NULL))
            continue;
        if (!card->gone) {
            card->gone = true;
            card->left = (struct bk_tween){ .from = card->opacity, .to = card->opacity };
            bk_tween_to(&card->left, 0, now_ms, *view->animated ? BK_LEAVE_MS : 0);
        }
        if (!bk_tween_moves(&card->left, now_ms)) {
            drop_card(card);
            continue;
        }
        wlr_scene_buffer_set_opacity(card->node, (float)bk_tween_at(&card->left, now_ms));
        moving = true;
    }
    return moving;
}

/* --- the rest --- */

static void set_color(struct wlr_scene_rect *rect, struct bk_color color, double opacity)
{
    const float alpha = (float)(color.a * opacity); /* the scene's colours are premultiplied */
    const float value[4] = { (float)color.r * alpha, (float)color.g * alpha, (float)color.b * alpha, alpha };

    wlr_scene_rect_set_color(rect, value);
}

/* Darker the smaller the app is that was lifted; in the overview, dark. */
static bool sync_shade(struct bk_phone_view *view, const struct bk_deck *deck, uint64_t now_ms)
{
    const struct bk_windows *windows = bk_stage_windows(view->stage);
    double to = deck->state == BK_DECK_OVERVIEW ? 1 : 0;

    if (deck->state == BK_DECK_LIFTED && windows->focus != NULL) {
        const struct bk_pose pose = bk_stage_pose(windows->focus, now_ms);
        to = bk_deck_part(windows, &pose) * 0.5;
        bk_tween_to(&view->shaded, to, now_ms, 0);
    } else {
        bk_tween_to(&view->shaded, to, now_ms, *view->animated ? BK_MOVE_MS : 0);
    }
    double shaded = bk_tween_at(&view->shaded, now_ms);
    wlr_scene_node_set_enabled(&view->shade->node, shaded > 0);
    wlr_scene_rect_set_size(view->shade, windows->width, windows->height);
    set_color(view->shade, SHADE, shaded);
    return bk_tween_moves(&view->shaded, now_ms);
}

static void sync_strip(struct bk_phone_view *view, const struct bk_window *shown)
{
    const struct bk_windows *windows = bk_stage_windows(view->stage);
    const int y = windows->height - view->strip_height;
    bool full = shown != NULL && shown->mode == BK_WINDOW_FULL_SCREEN;

    draw_handle(view);
    wlr_scene_node_set_enabled(&view->strip->node, shown != NULL && !full);
    wlr_scene_node_set_enabled(&view->strip_edge->node, shown != NULL && !full);
    wlr_scene_node_set_enabled(&view->handle->node, !full);
    wlr_scene_node_set_position(&view->handle->node, (windows->width - HANDLE_WIDTH) / 2,
                                y + (view->strip_height - HANDLE_HEIGHT) / 2);
    if (shown == NULL || full)
        return;
    const struct bk_app_colors colors = bk_app_colors_of(bk_stage_face(view->stage, shown).id);
    wlr_scene_rect_set_size(view->strip, windows->width, view->strip_height);
    wlr_scene_node_set_position(&view->strip->node, 0, y);
    set_color(view->strip, colors.frame, 1);
    wlr_scene_rect_set_size(view->strip_edge, windows->width, 1);
    wlr_scene_node_set_position(&view->strip_edge->node, 0, y);
    set_color(view->strip_edge, colors.frame_edge, 1);
}

bool bk_phone_view_frame(struct bk_phone_view *view, const struct bk_deck *deck, const struct bk_window *shown,
                         uint64_t apps, uint64_t now_ms)
{
    const struct bk_windows *windows = bk_stage_windows(view->stage);

    for (size_t i = 0; i < windows->count; i++)
        sync_card(view, windows->order[i], apps, now_ms);
    bool fades = fade_cards(view, now_ms);
    bool shades = sync_shade(view, deck, now_ms);
    sync_strip(view, shown);
    return fades || shades;
}
