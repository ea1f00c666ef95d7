/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sheet is one picture; each card is one more, so that a hover redraws a card and a scroll draws only what
 * comes into sight. A card that reaches beyond the list's view is cut by showing a part of its picture.
 */
#include "notification_panel.h"

#include "badge.h"
#include "canvas.h"
#include "scale.h"

#include <math.h>
#include <string.h>

#define SHEET_WIDTH  (BK_CARD_WIDTH + 2 * BK_SHEET_PADDING)
#define SHEET_RISE   12 /* how far above its place the sheet comes from */
#define CLEAR_WIDTH  80
#define CLEAR_HEIGHT 28

static const struct bk_typeset_style title_style = { .size = 17, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };
static const struct bk_typeset_style clear_style = {
    .size = 13, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1, .align = PANGO_ALIGN_CENTER
};
static const struct bk_typeset_style empty_style = {
    .size = 15, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1, .align = PANGO_ALIGN_CENTER
};
static const struct bk_typeset_style hint_style = {
    .size = 13, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 2, .line_height = 20, .align = PANGO_ALIGN_CENTER
};

/* A strip as wide as the cards that lets what is below fade into the sheet. */
static void draw_fade(struct wlr_scene_buffer *node, bool top)
{
    struct bk_color color = BK_COLOR_SHEET;
    struct bk_canvas canvas;

    if (bk_canvas_begin(BK_CARD_WIDTH, BK_SHEET_FADE, &canvas) < 0)
        return; /* the list ends abruptly */
    cairo_pattern_t *gradient = cairo_pattern_create_linear(0, top ? BK_SHEET_FADE : 0, 0, top ? 0 : BK_SHEET_FADE);
    cairo_pattern_add_color_stop_rgba(gradient, 0, color.r, color.g, color.b, 0);
    cairo_pattern_add_color_stop_rgba(gradient, 1, color.r, color.g, color.b, color.a);
    cairo_set_source(canvas.cairo, gradient);
    cairo_paint(canvas.cairo);
    cairo_pattern_destroy(gradient);
    bk_canvas_show(&canvas, node);
}

static int card_width(const struct bk_notification_panel *panel)
{
    return panel->place.width - 2 * BK_SHEET_PADDING;
}

static void place_fades(struct bk_notification_panel *panel)
{
    int x = panel->place.x + BK_SHEET_PADDING;
    int top = panel->place.y + BK_SHEET_HEADER;

    wlr_scene_buffer_set_dest_size(panel->fade_top, card_width(panel), BK_SHEET_FADE);
    wlr_scene_buffer_set_dest_size(panel->fade_bottom, card_width(panel), BK_SHEET_FADE);
    wlr_scene_node_set_enabled(&panel->fade_top->node, panel->scroll > 0);
    wlr_scene_node_set_position(&panel->fade_top->node, x, top);
    wlr_scene_node_set_enabled(&panel->fade_bottom->node, panel->scroll + panel->view_height < panel->content_height);
    wlr_scene_node_set_position(&panel->fade_bottom->node, x, top + panel->view_height - BK_SHEET_FADE);
}

void bk_notification_panel_init(struct bk_notification_panel *panel, struct wlr_scene_tree *parent,
                                const struct bk_apps *apps, struct bk_faces *faces, bool animated)
{
    *panel = (struct bk_notification_panel){
        .apps = apps, .faces = faces, .tree = wlr_scene_tree_create(parent), .animated = animated
    };
    panel->node = wlr_scene_buffer_create(panel->tree, NULL);
    panel->list = wlr_scene_tree_create(panel->tree);
    panel->fade_top = wlr_scene_buffer_create(panel->tree, NULL);
    panel->fade_bottom = wlr_scene_buffer_create(panel->tree, NULL);
    wlr_scene_node_set_enabled(&panel->tree->node, false);
}

void bk_notification_panel_finish(struct bk_notification_panel *panel)
{
    for (size_t i = 0; i < panel->count; i++)
        bk_card_finish(&panel->cards[i]);
    panel->count = 0;
}

void bk_notification_panel_set_open(struct bk_notification_panel *panel, bool open, uint64_t now_ms)
{
    if (open == panel->open)
        return;
    panel->open = open;
    if (open)
        panel->scroll = 0;
    bk_tween_to(&panel->shown, open ? 1 : 0, now_ms, !panel->animated ? 0 : open ? BK_ENTER_MS : BK_LEAVE_MS);
}

/* Brings the cards into the model's order; a card that stays keeps its picture. */
static void match_cards(struct bk_notification_panel *panel, struct bk_notifications *model)
{
    size_t wanted = bk_notifications_count(model);

    for (size_t i = 0; i < wanted; i++) {
        int64_t id = bk_notifications_at(model, i)->id;
        size_t found = i;
        while (found < panel->count && panel->cards[found].id != id)
            found++;
        if (found == panel->count) {
            if (panel->count == BK_NOTIFICATIONS_MAX)
                bk_card_finish(&panel->cards[--panel->count]); /* not in the model: that holds no more than this */
            memmove(&panel->cards[i + 1], &panel->cards[i], (panel->count - i) * sizeof panel->cards[0]);
            bk_card_init(&panel->cards[i], id, false, panel->list);
            panel->count++;
        } else if (found != i) {
            struct bk_card moved = panel->cards[found];
            memmove(&panel->cards[i + 1], &panel->cards[i], (found - i) * sizeof panel->cards[0]);
            panel->cards[i] = moved;
        }
    }
    while (panel->count > wanted)
        bk_card_finish(&panel->cards[--panel->count]);
}

static void clamp_scroll(struct bk_notification_panel *panel)
{
    double most = panel->content_height - panel->view_height;

    if (panel->scroll > most)
        panel->scroll = most;
    if (panel->scroll < 0)
        panel->scroll = 0;
}

/* The part of a card that is within the view, on the screen, `*ret_y` where the card begins; false when there is none.
 */
static bool seen_of(const struct bk_notification_panel *panel, const struct bk_card *card, int content_y, int *ret_y,
                    struct bk_rect *ret_seen)
{
    int view_top = panel->place.y + BK_SHEET_HEADER;
    int y = view_top + content_y - (int)lround(panel->scroll);
    int top = y < view_top ? view_top : y;
    int bottom = y + card->height > view_top + panel->view_height ? view_top + panel->view_height : y + card->height;

    *ret_y = y;
    *ret_seen = (struct bk_rect){ panel->place.x + BK_SHEET_PADDING, top, card->width, bottom - top };
    return bottom > top;
}

/* Shows that part of the card's picture, device pixel by device pixel. */
static void place_card(struct bk_card *card, int y, const struct bk_rect *seen)
{
    const struct bk_rect device = bk_scale_rect(bk_canvas_scale(), seen);
    const struct wlr_fbox part = { 0, device.y - bk_scale_at(bk_canvas_scale(), y), device.width, device.height };

    wlr_scene_buffer_set_source_box(card->node, &part);
    wlr_scene_buffer_set_dest_size(card->node, seen->width, seen->height);
    wlr_scene_node_set_position(&card->node->node, seen->x, seen->y);
}

static void paint_empty(cairo_t *cairo, struct bk_typesetter *typesetter, int width)
{
    const int middle = width / 2;

    cairo_arc(cairo, middle, BK_SHEET_HEADER + 60, 36, 0, 2 * M_PI);
    bk_paint_color(cairo, BK_COLOR_CARD);
    cairo_fill(cairo);
    bk_paint_bell(cairo, middle, BK_SHEET_HEADER + 60, 30, BK_COLOR_TEXT_FAINT);
    bk_paint_line(cairo, typesetter, &empty_style, "You’re all caught up",
                  &(struct bk_rect){ 24, BK_SHEET_HEADER + 112, width - 48, 24 }, BK_COLOR_TEXT);
    bk_paint_line(cairo, typesetter, &hint_style, "What your apps tell you will wait here.",
                  &(struct bk_rect){ 24, BK_SHEET_HEADER + 138, width - 48, 24 }, BK_COLOR_TEXT_FAINT);
}

static void paint_sheet(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_sheet_look *look)
{
    const struct bk_rect whole = { 0, 0, look->width, look->height };
    const struct bk_rect clear = { look->width - BK_SHEET_PADDING - CLEAR_WIDTH, (BK_SHEET_HEADER - CLEAR_HEIGHT) / 2,
                                   CLEAR_WIDTH, CLEAR_HEIGHT };

    cairo_translate(cairo, BK_SHADOW_MARGIN, BK_SHADOW_MARGIN);
    bk_paint_shadow(cairo, &whole, BK_SHEET_RADIUS);
    bk_paint_sheer_surface(cairo, &whole, BK_SHEET_RADIUS, BK_COLOR_SHEET);
    bk_paint_line(cairo, typesetter, &title_style, "Notifications",
                  &(struct bk_rect){ BK_SHEET_PADDING + 4, 0, 220, BK_SHEET_HEADER }, BK_COLOR_TEXT);
    if (look->empty) {
        paint_empty(cairo, typesetter, look->width);
        return;
    }
    if (look->clear_hover || look->clear_pressed)
        bk_paint_surface(cairo, &clear, 9, look->clear_pressed ? BK_COLOR_PRESS : BK_COLOR_HOVER, BK_RGBA(0, 0));
    if (look->clear_focus)
        bk_paint_focus(cairo, &clear, 9);
    bk_paint_line(cairo, typesetter, &clear_style, "Clear all", &clear,
                  look->clear_hover ? BK_COLOR_TEXT : BK_COLOR_TEXT_SOFT);
}

static bool looks_equal(const struct bk_sheet_look *a, const struct bk_sheet_look *b)
{
    return a->width == b->width && a->height == b->height && a->scale == b->scale && a->empty == b->empty &&
           a->clear_hover == b->clear_hover && a->clear_pressed == b->clear_pressed && a->clear_focus == b->clear_focus;
}

static void draw_sheet(struct bk_notification_panel *panel, struct bk_typesetter *typesetter,
                       const struct bk_attention *attention)
{
    struct bk_sheet_look look = { 0 };
    struct bk_canvas canvas;

    look.width = panel->place.width;
    look.height = panel->place.height;
    look.scale = bk_canvas_scale();
    look.empty = panel->count == 0;
    look.clear_hover = attention->hover.kind == BK_TARGET_CLEAR;
    look.clear_pressed = look.clear_hover && attention->pressed.kind == BK_TARGET_CLEAR;
    look.clear_focus = attention->focus.kind == BK_TARGET_CLEAR;
    if (panel->node->buffer != NULL && looks_equal(&look, &panel->look))
        return;
    if (bk_canvas_begin(look.width + 2 * BK_SHADOW_MARGIN, look.height + 2 * BK_SHADOW_MARGIN, &canvas) < 0)
        return; /* the old picture stays, the next change tries again */
    paint_sheet(canvas.cairo, typesetter, &look);
    bk_canvas_show(&canvas, panel->node);
    if (look.scale != panel->look.scale) {
        draw_fade(panel->fade_top, true);
        draw_fade(panel->fade_bottom, false);
    }
    panel->look = look;
}

void bk_notification_panel_sync(struct bk_notification_panel *panel, struct bk_typesetter *typesetter,
                                struct bk_notifications *model, const struct bk_attention *attention,
                                const struct bk_rect *room, uint64_t now_ms, int64_t now_epoch)
{
    if (!panel->open) {
        bk_notification_panel_animate(panel, now_ms);
        return;
    }
    match_cards(panel, model);
    panel->place.width = room->width - 2 * BK_SHEET_GAP < SHEET_WIDTH ? room->width - 2 * BK_SHEET_GAP : SHEET_WIDTH;
    panel->content_height = 0;
    for (size_t i = 0; i < panel->count; i++) {
        bk_card_measure(&panel->cards[i], typesetter, bk_notifications_at(model, i), card_width(panel));
        panel->content_height += panel->cards[i].height + (i > 0 ? BK_STACK_GAP : 0);
    }

    int most = room->height - BK_SHEET_GAP - BK_SCREEN_GAP;
    int height = panel->count == 0 ? BK_SHEET_EMPTY_HEIGHT : BK_SHEET_HEADER + panel->content_height + BK_SHEET_PADDING;
    if (height > most)
        height = most;
    if (height < BK_SHEET_HEADER + BK_SHEET_PADDING + 1)
        height = BK_SHEET_HEADER + BK_SHEET_PADDING + 1; /* a screen too low for anything */
    panel->place = (struct bk_rect){ room->x + room->width - BK_SHEET_GAP - panel->place.width, room->y + BK_SHEET_GAP,
                                     panel->place.width, height };
    panel->clear = (struct bk_rect){ panel->place.x + panel->place.width - BK_SHEET_PADDING - CLEAR_WIDTH,
                                     panel->place.y + (BK_SHEET_HEADER - CLEAR_HEIGHT) / 2, CLEAR_WIDTH, CLEAR_HEIGHT };
    /* A list that does not fit runs out of the sheet; one that does ends with the sheet's padding. */
    panel->view_height = height - BK_SHEET_HEADER - (height == most ? 1 : BK_SHEET_PADDING);
    clamp_scroll(panel);

    draw_sheet(panel, typesetter, attention);
    wlr_scene_node_set_position(&panel->node->node, panel->place.x - BK_SHADOW_MARGIN,
                                panel->place.y - BK_SHADOW_MARGIN);
    int y = 0;
    for (size_t i = 0; i < panel->count; i++) {
        struct bk_card *card = &panel->cards[i];
        struct bk_notification *notification = bk_notifications_at(model, i);
        struct bk_rect seen;
        int card_y;
        bool there = seen_of(panel, card, y, &card_y, &seen);
        wlr_scene_node_set_enabled(&card->node->node, there);
        if (there) {
            const struct bk_app_face face =
                bk_faces_named(panel->faces, panel->apps, notification->app, notification->app_name);
            bk_card_draw(card, typesetter, notification, &face, attention,
                         bk_notifications_answerable(model, notification), now_epoch);
            place_card(card, card_y, &seen);
        } else if (card->drawn) {
            bk_card_hide(card);
        }
        y += card->height + BK_STACK_GAP;
    }
    place_fades(panel);
    bk_notification_panel_animate(panel, now_ms);
}

bool bk_notification_panel_animate(struct bk_notification_panel *panel, uint64_t now_ms)
{
    double shown = bk_tween_at(&panel->shown, now_ms);
    bool moves = bk_tween_moves(&panel->shown, now_ms);
    bool there = panel->open || moves;

    if (!there && panel->tree->node.enabled) {
        for (size_t i = 0; i < panel->count; i++)
            bk_card_finish(&panel->cards[i]);
        panel->count = 0;
        wlr_scene_buffer_set_buffer(panel->node, NULL);
    }
    wlr_scene_node_set_enabled(&panel->tree->node, there);
    if (!there)
        return false;
    wlr_scene_node_set_position(&panel->tree->node, 0, -(int)lround((1 - shown) * SHEET_RISE));
    wlr_scene_buffer_set_opacity(panel->node, (float)shown);
    wlr_scene_buffer_set_opacity(panel->fade_top, (float)shown);
    wlr_scene_buffer_set_opacity(panel->fade_bottom, (float)shown);
    for (size_t i = 0; i < panel->count; i++)
        wlr_scene_buffer_set_opacity(panel->cards[i].node, (float)shown);
    return moves;
}

bool bk_notification_panel_scroll(struct bk_notification_panel *panel, double pixels)
{
    double before = panel->scroll;

    panel->scroll += pixels;
    clamp_scroll(panel);
    return panel->scroll != before;
}

void bk_notification_panel_reveal(struct bk_notification_panel *panel, const struct bk_target *target)
{
    int y = 0;

    for (size_t i = 0; i < panel->count; i++) {
        const struct bk_card *card = &panel->cards[i];
        if (bk_target_is_on(target, card->id)) {
            if (y + card->height > panel->scroll + panel->view_height)
                panel->scroll = y + card->height - panel->view_height;
            if (y < panel->scroll)
                panel->scroll = y;
            clamp_scroll(panel);
            return;
        }
        y += card->height + BK_STACK_GAP;
    }
}

struct bk_target bk_notification_panel_at(const struct bk_notification_panel *panel, double x, double y)
{
    if (!panel->open || !bk_rect_has(&panel->place, x, y))
        return (struct bk_target){ .kind = BK_TARGET_NONE };
    if (panel->count > 0 && bk_rect_has(&panel->clear, x, y))
        return (struct bk_target){ .kind = BK_TARGET_CLEAR };

    double view_y = y - panel->place.y - BK_SHEET_HEADER;
    double content_y = view_y + round(panel->scroll);
    for (size_t i = 0; view_y >= 0 && view_y < panel->view_height && i < panel->count; i++) {
        struct bk_target target = bk_card_at(&panel->cards[i], x - panel->place.x - BK_SHEET_PADDING, content_y);
        if (target.kind != BK_TARGET_NONE)
            return target;
        content_y -= panel->cards[i].height + BK_STACK_GAP;
    }
    return (struct bk_target){ .kind = BK_TARGET_SHEET };
}

void bk_notification_panel_targets(const struct bk_notification_panel *panel, struct bk_notifications *model,
                                   struct bk_target_list *list)
{
    if (!panel->open || panel->count == 0)
        return;
    for (size_t i = 0; i < panel->count; i++) {
        const struct bk_notification *notification = bk_notifications_find(model, panel->cards[i].id);
        if (notification != NULL)
            bk_card_targets(&panel->cards[i], bk_notifications_answerable(model, notification), list);
    }
    list->items[list->count++] = (struct bk_target){ .kind = BK_TARGET_CLEAR };
}
