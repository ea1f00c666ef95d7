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

#define SHEET_WIDTH   (BK_CARD_WIDTH + 2 * BK_SHEET_PADDING)
#define SHEET_RISE    12 /* how far above its place the sheet comes from */
#define CLEAR_WIDTH   80
#define CLEAR_HEIGHT  28
#define QUIET_WIDTH   36
#define EARLIER       40 /* the title of those that were answered */
#define EARLIER_CLEAR 56
#define GROUP_GAP     6 /* between those of one app */

static const struct bk_typeset_style title_style = { .size = 17, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };
static const struct bk_typeset_style clear_style = {
    .size = 13, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1, .align = PANGO_ALIGN_CENTER
};
static const struct bk_typeset_style earlier_style = { .size = 13, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };
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
                                const struct bk_apps *apps, struct bk_faces *faces, const bool *animated)
{
    *panel = (struct bk_notification_panel){
        .apps = apps, .faces = faces, .tree = wlr_scene_tree_create(parent), .animated = animated
    };
    panel->node = wlr_scene_buffer_create(panel->tree, NULL);
    panel->list = wlr_scene_tree_create(panel->tree);
    panel->earlier = wlr_scene_buffer_create(panel->list, NULL);
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
    bk_tween_to(&panel->shown, open ? 1 : 0, now_ms, !*panel->animated ? 0 : open ? BK_ENTER_MS : BK_LEAVE_MS);
}

static size_t count_of(const struct bk_notifications *model)
{
    return bk_notifications_count(model) + bk_notifications_history_count(model);
}

/* Those that wait, then those that were answered. */
static struct bk_notification *notification_at(struct bk_notifications *model, size_t index)
{
    const size_t waiting = bk_notifications_count(model);

    return index < waiting ? bk_notifications_at(model, index) : bk_notifications_history_at(model, index - waiting);
}

/* A number that no other card has: the ids of one broker begin where those of the one before did. */
static int64_t key_of(const struct bk_notification *notification)
{
    return notification->past ? -(int64_t)notification->order : notification->id;
}

/* Brings the cards into the model's order; a card that stays keeps its picture. */
static void match_cards(struct bk_notification_panel *panel, struct bk_notifications *model)
{
    size_t wanted = count_of(model);

    for (size_t i = 0; i < wanted; i++) {
        int64_t id = key_of(notification_at(model, i));
        size_t found = i;
        while (found < panel->count && panel->cards[found].id != id)
            found++;
        if (found == panel->count) {
            if (panel->count == sizeof panel->cards / sizeof panel->cards[0])
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

/* The part of what stands in the list, so wide and high, that is within the view, on the screen, `*ret_y` where it
 * begins; false when there is none. */
static bool seen_of(const struct bk_notification_panel *panel, int width, int height, int content_y, int *ret_y,
                    struct bk_rect *ret_seen)
{
    int view_top = panel->place.y + BK_SHEET_HEADER;
    int y = view_top + content_y - (int)lround(panel->scroll);
    int top = y < view_top ? view_top : y;
    int bottom = y + height > view_top + panel->view_height ? view_top + panel->view_height : y + height;

    *ret_y = y;
    *ret_seen = (struct bk_rect){ panel->place.x + BK_SHEET_PADDING, top, width, bottom - top };
    return bottom > top;
}

/* Shows that part of the picture, device pixel by device pixel. */
static void place_part(struct wlr_scene_buffer *node, int y, const struct bk_rect *seen)
{
    const struct bk_rect device = bk_scale_rect(bk_canvas_scale(), seen);
    const struct wlr_fbox part = { 0, device.y - bk_scale_at(bk_canvas_scale(), y), device.width, device.height };

    wlr_scene_buffer_set_source_box(node, &part);
    wlr_scene_buffer_set_dest_size(node, seen->width, seen->height);
    wlr_scene_node_set_position(&node->node, seen->x, seen->y);
}

static void paint_button(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_rect *place,
                         const char *label, bool hover, bool pressed, bool focus)
{
    if (hover || pressed)
        bk_paint_surface(cairo, place, 9, pressed ? BK_COLOR_PRESS : BK_COLOR_HOVER, BK_RGBA(0, 0));
    if (focus)
        bk_paint_focus(cairo, place, 9);
    bk_paint_line(cairo, typesetter, &clear_style, label, place, hover ? BK_COLOR_TEXT : BK_COLOR_TEXT_SOFT);
}

static void paint_moon(cairo_t *cairo, double x, double y, struct bk_color color)
{
    cairo_push_group(cairo);
    cairo_new_path(cairo);
    cairo_arc(cairo, x, y, 7.2, 0, 2 * M_PI);
    bk_paint_color(cairo, color);
    cairo_fill(cairo);
    cairo_set_operator(cairo, CAIRO_OPERATOR_DEST_OUT);
    cairo_arc(cairo, x - 4.6, y - 3.6, 6, 0, 2 * M_PI);
    cairo_fill(cairo);
    cairo_pop_group_to_source(cairo);
    cairo_paint(cairo);
}

static void paint_quiet(cairo_t *cairo, const struct bk_sheet_look *look, const struct bk_rect *place)
{
    const struct bk_color fill = look->undisturbed     ? BK_RGBA(0x8ab8ff, 0.26)
                                 : look->quiet_pressed ? BK_COLOR_PRESS
                                 : look->quiet_hover   ? BK_COLOR_HOVER
                                                       : BK_RGBA(0, 0);

    bk_paint_surface(cairo, place, 9, fill, BK_RGBA(0, 0));
    if (look->quiet_focus)
        bk_paint_focus(cairo, place, 9);
    paint_moon(cairo, place->x + place->width / 2.0 + 1, place->y + place->height / 2.0 + 1,
               look->undisturbed   ? BK_COLOR_FOCUS
               : look->quiet_hover ? BK_COLOR_TEXT
                                   : BK_COLOR_TEXT_SOFT);
}

static void paint_empty(cairo_t *cairo, struct bk_typesetter *typesetter, int width, bool undisturbed)
{
    const int middle = width / 2;

    cairo_arc(cairo, middle, BK_SHEET_HEADER + 60, 36, 0, 2 * M_PI);
    bk_paint_color(cairo, BK_COLOR_CARD);
    cairo_fill(cairo);
    bk_paint_bell(cairo, middle, BK_SHEET_HEADER + 60, 30, BK_COLOR_TEXT_FAINT);
    bk_paint_line(cairo, typesetter, &empty_style, "You’re all caught up",
                  &(struct bk_rect){ 24, BK_SHEET_HEADER + 112, width - 48, 24 }, BK_COLOR_TEXT);
    bk_paint_line(cairo, typesetter, &hint_style,
                  undisturbed ? "Nothing disturbs you: what comes waits here."
                              : "What your apps tell you will wait here.",
                  &(struct bk_rect){ 24, BK_SHEET_HEADER + 138, width - 48, 24 }, BK_COLOR_TEXT_FAINT);
}

/* From the sheet's top left; where there is nothing to clear the switch has that place. */
static struct bk_rect clear_of(int width)
{
    return (struct bk_rect){ width - BK_SHEET_PADDING - CLEAR_WIDTH, (BK_SHEET_HEADER - CLEAR_HEIGHT) / 2, CLEAR_WIDTH,
                             CLEAR_HEIGHT };
}

static struct bk_rect quiet_of(int width, bool empty)
{
    const struct bk_rect clear = clear_of(width);

    return (struct bk_rect){ (empty ? width - BK_SHEET_PADDING : clear.x - 4) - QUIET_WIDTH, clear.y, QUIET_WIDTH,
                             CLEAR_HEIGHT };
}

static struct bk_rect on_screen(const struct bk_notification_panel *panel, struct bk_rect rect)
{
    rect.x += panel->place.x;
    rect.y += panel->place.y;
    return rect;
}

static void paint_sheet(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_sheet_look *look)
{
    const struct bk_rect whole = { 0, 0, look->width, look->height };
    const struct bk_rect clear = clear_of(look->width), quiet = quiet_of(look->width, look->empty);

    cairo_translate(cairo, BK_SHADOW_MARGIN, BK_SHADOW_MARGIN);
    bk_paint_shadow(cairo, &whole, BK_SHEET_RADIUS);
    bk_paint_sheer_surface(cairo, &whole, BK_SHEET_RADIUS, BK_COLOR_SHEET);
    bk_paint_line(cairo, typesetter, &title_style, "Notifications",
                  &(struct bk_rect){ BK_SHEET_PADDING + 4, 0, quiet.x - BK_SHEET_PADDING - 8, BK_SHEET_HEADER },
                  BK_COLOR_TEXT);
    paint_quiet(cairo, look, &quiet);
    if (look->empty) {
        paint_empty(cairo, typesetter, look->width, look->undisturbed);
        return;
    }
    paint_button(cairo, typesetter, &clear, "Clear all", look->clear_hover, look->clear_pressed, look->clear_focus);
}

static bool looks_equal(const struct bk_sheet_look *a, const struct bk_sheet_look *b)
{
    return a->width == b->width && a->height == b->height && a->scale == b->scale && a->empty == b->empty &&
           a->undisturbed == b->undisturbed && a->quiet_hover == b->quiet_hover &&
           a->quiet_pressed == b->quiet_pressed && a->quiet_focus == b->quiet_focus &&
           a->clear_hover == b->clear_hover && a->clear_pressed == b->clear_pressed && a->clear_focus == b->clear_focus;
}

static void draw_sheet(struct bk_notification_panel *panel, struct bk_typesetter *typesetter,
                       const struct bk_attention *attention, bool undisturbed)
{
    struct bk_sheet_look look = { 0 };
    struct bk_canvas canvas;

    look.width = panel->place.width;
    look.height = panel->place.height;
    look.scale = bk_canvas_scale();
    look.empty = panel->count == 0;
    look.undisturbed = undisturbed;
    look.quiet_hover = attention->hover.kind == BK_TARGET_QUIET;
    look.quiet_pressed = look.quiet_hover && attention->pressed.kind == BK_TARGET_QUIET;
    look.quiet_focus = attention->focus.kind == BK_TARGET_QUIET;
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

/* The title of those that were answered, with the way to forget them. */
static void draw_earlier(struct bk_notification_panel *panel, struct bk_typesetter *typesetter,
                         const struct bk_attention *attention)
{
    const int width = card_width(panel);
    const bool hover = attention->hover.kind == BK_TARGET_CLEAR_PAST;
    const struct bk_earlier_look look = { .scale = bk_canvas_scale(),
                                          .width = width,
                                          .hover = hover,
                                          .pressed = hover && attention->pressed.kind == BK_TARGET_CLEAR_PAST,
                                          .focus = attention->focus.kind == BK_TARGET_CLEAR_PAST };
    const struct bk_earlier_look *before = &panel->earlier_look;
    const struct bk_rect clear = { width - EARLIER_CLEAR - 4, (EARLIER - CLEAR_HEIGHT) / 2, EARLIER_CLEAR,
                                   CLEAR_HEIGHT };
    struct bk_canvas canvas;

    if (panel->earlier->buffer != NULL && before->scale == look.scale && before->width == look.width &&
        before->hover == look.hover && before->pressed == look.pressed && before->focus == look.focus)
        return;
    if (bk_canvas_begin(width, EARLIER, &canvas) < 0)
        return; /* the old picture stays, the next change tries again */
    bk_paint_line(canvas.cairo, typesetter, &earlier_style, "Earlier", &(struct bk_rect){ 4, 0, clear.x - 8, EARLIER },
                  BK_COLOR_TEXT_SOFT);
    paint_button(canvas.cairo, typesetter, &clear, "Clear", look.hover, look.pressed, look.focus);
    bk_canvas_show(&canvas, panel->earlier);
    panel->earlier_look = look;
}

/* Draws and places the title, which ends at `y` of the list, where the first card of those begins. */
static void place_earlier(struct bk_notification_panel *panel, struct bk_typesetter *typesetter,
                          const struct bk_attention *attention, int y)
{
    struct bk_rect seen;
    int top;

    panel->clear_past = (struct bk_rect){ card_width(panel) - EARLIER_CLEAR - 4,
                                          y - EARLIER + (EARLIER - CLEAR_HEIGHT) / 2, EARLIER_CLEAR, CLEAR_HEIGHT };
    bool there = seen_of(panel, card_width(panel), EARLIER, y - EARLIER, &top, &seen);
    wlr_scene_node_set_enabled(&panel->earlier->node, there);
    if (!there)
        return;
    draw_earlier(panel, typesetter, attention);
    place_part(panel->earlier, top, &seen);
}

/* How far a card stands below the one before: those of one app stand close together. */
static int gap_of(struct bk_notifications *model, size_t index)
{
    const struct bk_notification *one = notification_at(model, index);
    const struct bk_notification *before = index > 0 ? notification_at(model, index - 1) : NULL;

    if (one->past && (before == NULL || !before->past))
        return EARLIER + (before != NULL ? BK_STACK_GAP : 0);
    if (before == NULL)
        return 0;
    return strcmp(one->app, before->app) == 0 ? GROUP_GAP : BK_STACK_GAP;
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
        bk_card_measure(&panel->cards[i], typesetter, notification_at(model, i), card_width(panel));
        panel->cards[i].gap = gap_of(model, i);
        panel->content_height += panel->cards[i].gap + panel->cards[i].height;
    }

    int most = room->height - BK_SHEET_GAP - BK_SCREEN_GAP;
    int height = panel->count == 0 ? BK_SHEET_EMPTY_HEIGHT : BK_SHEET_HEADER + panel->content_height + BK_SHEET_PADDING;
    if (height > most)
        height = most;
    if (height < BK_SHEET_HEADER + BK_SHEET_PADDING + 1)
        height = BK_SHEET_HEADER + BK_SHEET_PADDING + 1; /* a screen too low for anything */
    panel->place = (struct bk_rect){ room->x + room->width - BK_SHEET_GAP - panel->place.width, room->y + BK_SHEET_GAP,
                                     panel->place.width, height };
    panel->clear = on_screen(panel, clear_of(panel->place.width));
    panel->quiet = on_screen(panel, quiet_of(panel->place.width, panel->count == 0));
    panel->clear_past = (struct bk_rect){ 0 };
    wlr_scene_node_set_enabled(&panel->earlier->node, false);
    /* A list that does not fit runs out of the sheet; one that does ends with the sheet's padding. */
    panel->view_height = height - BK_SHEET_HEADER - (height == most ? 1 : BK_SHEET_PADDING);
    clamp_scroll(panel);

    draw_sheet(panel, typesetter, attention, bk_notifications_is_undisturbed(model));
    wlr_scene_node_set_position(&panel->node->node, panel->place.x - BK_SHADOW_MARGIN,
                                panel->place.y - BK_SHADOW_MARGIN);
    int y = 0;
    for (size_t i = 0; i < panel->count; i++) {
        struct bk_card *card = &panel->cards[i];
        struct bk_notification *notification = notification_at(model, i);
        struct bk_rect seen;
        int card_y;
        y += card->gap;
        if (i == bk_notifications_count(model))
            place_earlier(panel, typesetter, attention, y);
        bool there = seen_of(panel, card->width, card->height, y, &card_y, &seen);
        wlr_scene_node_set_enabled(&card->node->node, there);
        if (there) {
            const struct bk_app_face face =
                bk_faces_named(panel->faces, panel->apps, notification->app, notification->app_name);
            bk_card_draw(card, typesetter, notification, &face, attention,
                         bk_notifications_answerable(model, notification), now_epoch);
            place_part(card->node, card_y, &seen);
        } else if (card->drawn) {
            bk_card_hide(card);
        }
        y += card->height;
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
    wlr_scene_buffer_set_opacity(panel->earlier, (float)shown);
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
        y += card->gap;
        if (bk_target_is_on(target, card->id)) {
            if (y + card->height > panel->scroll + panel->view_height)
                panel->scroll = y + card->height - panel->view_height;
            if (y < panel->scroll)
                panel->scroll = y;
            clamp_scroll(panel);
            return;
        }
        y += card->height;
    }
}

struct bk_target bk_notification_panel_at(const struct bk_notification_panel *panel, double x, double y)
{
    if (!panel->open || !bk_rect_has(&panel->place, x, y))
        return (struct bk_target){ .kind = BK_TARGET_NONE };
    if (panel->count > 0 && bk_rect_has(&panel->clear, x, y))
        return (struct bk_target){ .kind = BK_TARGET_CLEAR };
    if (bk_rect_has(&panel->quiet, x, y))
        return (struct bk_target){ .kind = BK_TARGET_QUIET };

    double view_y = y - panel->place.y - BK_SHEET_HEADER;
    double content_y = view_y + round(panel->scroll);
    if (view_y >= 0 && view_y < panel->view_height &&
        bk_rect_has(&panel->clear_past, x - panel->place.x - BK_SHEET_PADDING, content_y))
        return (struct bk_target){ .kind = BK_TARGET_CLEAR_PAST };
    for (size_t i = 0; view_y >= 0 && view_y < panel->view_height && i < panel->count; i++) {
        content_y -= panel->cards[i].gap;
        struct bk_target target = bk_card_at(&panel->cards[i], x - panel->place.x - BK_SHEET_PADDING, content_y);
        if (target.kind != BK_TARGET_NONE)
            return target;
        content_y -= panel->cards[i].height;
    }
    return (struct bk_target){ .kind = BK_TARGET_SHEET };
}

void bk_notification_panel_targets(const struct bk_notification_panel *panel, struct bk_notifications *model,
                                   struct bk_target_list *list)
{
    if (!panel->open)
        return;
    for (size_t i = 0; i < panel->count; i++) {
        const struct bk_notification *notification = bk_notifications_find(model, panel->cards[i].id);
        if (notification != NULL)
            bk_card_targets(&panel->cards[i], bk_notifications_answerable(model, notification), list);
    }
    if (panel->clear_past.width > 0)
        list->items[list->count++] = (struct bk_target){ .kind = BK_TARGET_CLEAR_PAST };
    list->items[list->count++] = (struct bk_target){ .kind = BK_TARGET_QUIET };
    if (panel->count > 0)
        list->items[list->count++] = (struct bk_target){ .kind = BK_TARGET_CLEAR };
}
