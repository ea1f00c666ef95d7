/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the person must see for an answer is laid out first: whose question it is, what it is about, which hosts, the
 * five ways to answer. The rest gives way on a small screen, the reason last. Hosts for which there is no room are
 * scrolled to, and that there are more is seen by the line that is cut.
 */
#include "prompt_view.h"

#include "app_color.h"
#include "canvas.h"
#include "opening_view.h"
#include "picking_view.h"
#include "sensor_marks.h"

#include "checked.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define WIDTH         440 /* at most */
#define MARGIN        12  /* of the screen */
#define PADDING       24
#define RADIUS        20
#define HEADER        68
#define HEADER_SMALL  44
#define DISC          44
#define QUOTE_PADDING 12
#define QUOTE_LABEL   18
#define QUOTE_LINE    20
#define QUOTE_BAR     3
#define BUTTON_GAP    8
#define CLOSE_SIDE    36
#define HOSTS_PADDING 12  /* beside them, … */
#define HOSTS_INSET   8   /* … and above and below */
#define HOSTS_MOST    189 /* ten lines, and half of one, which says that there are more */
#define LEVELS        5   /* of what gives way */
#define DIMMING       BK_RGBA(0x04070e, 0.72)

static const struct bk_typeset_style name_style = { .size = 17, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };
static const struct bk_typeset_style asks_style = { .size = 12, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1 };
static const struct bk_typeset_style title_style = { .size = 19, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };
static const struct bk_typeset_style detail_style = { .size = 13, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1 };
static const struct bk_typeset_style label_style = { .size = 12, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1 };
static const struct bk_typeset_style button_style = {
    .size = 14, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1, .align = PANGO_ALIGN_CENTER
};

static struct bk_typeset_style reason_style(int lines)
{
    return (struct bk_typeset_style){
        .size = 14, .weight = PANGO_WEIGHT_NORMAL, .line_height = QUOTE_LINE, .max_lines = lines
    };
}

void bk_prompt_view_init(struct bk_prompt_view *view, struct wlr_scene_tree *parent, struct bk_prompt *prompt,
                         struct bk_typesetter *typesetter, const struct bk_apps *apps, struct bk_faces *faces,
                         bool phone, const bool *animated)
{
    static const float none[4] = { 0 };

    *view = (struct bk_prompt_view){ .prompt = prompt,
                                     .apps = apps,
                                     .faces = faces,
                                     .typesetter = typesetter,
                                     .tree = wlr_scene_tree_create(parent),
                                     .phone = phone,
                                     .animated = animated };
    view->dimming = wlr_scene_rect_create(view->tree, 1, 1, none);
    view->node = wlr_scene_buffer_create(view->tree, NULL);
    wlr_scene_node_set_enabled(&view->tree->node, false);
}

void bk_prompt_view_resize(struct bk_prompt_view *view, int width, int height)
{
    view->screen_width = width;
    view->screen_height = height;
    bk_prompt_moved(view->prompt);
}

/* --- where --- */

/* The reason as it is drawn, or NULL: quoted. */
static char *quoted(const struct bk_prompt *prompt)
{
    char *text = NULL;

    if (prompt->reason == NULL || prompt->reason[0] == '\0' || asprintf(&text, "“%s”", prompt->reason) < 0)
        return NULL;
    return text;
}

/* What is in the list of hosts, or NULL: there is none. Where there are no words about it, they are in the list. */
static PangoLayout *hosts_of(const struct bk_prompt_view *view, bool words, int width)
{
    const struct bk_reach *reach = &view->prompt->reach;
    char *text = NULL;

    if (reach->words == NULL || (reach->hosts == NULL && words))
        return NULL;
    if (!words && asprintf(&text, "%s%s%s", reach->words, reach->hosts != NULL ? "\n" : "",
                           reach->hosts != NULL ? reach->hosts : "") < 0)
        text = NULL;
    const char *list = text != NULL ? text : reach->hosts != NULL ? reach->hosts : reach->words;
    PangoLayout *pango = bk_typeset_layout(view->typesetter, &bk_typeset_hosts, list, width);
    free(text);
    return pango;
}

/* With the room that `level` leaves it: 0 all of it, more is less; and so much more for the hosts than at least. */
static struct bk_prompt_layout lay_out(const struct bk_prompt_view *view, int level, int more)
{
    static const struct {
        int header, gap, lines, hosts, button, button_phone, end;
    } levels[LEVELS] = {
        { HEADER, 20, 5, 81, 40, 48, PADDING },  { HEADER, 20, 3, 63, 40, 44, PADDING },
        { HEADER_SMALL, 12, 2, 45, 36, 44, 12 }, { HEADER_SMALL, 8, 1, 27, 32, 36, 8 },
        { HEADER_SMALL, 8, 0, 18, 28, 28, 8 }, /* no mark and no words about it, too */
    };
    const int most = view->screen_width - 2 * MARGIN;
    const int button = view->phone ? levels[level].button_phone : levels[level].button;
    const int gap = levels[level].gap, lines = levels[level].lines;
    const unsigned choices = bk_prompt_choices(view->prompt);
    struct bk_prompt_layout layout = { .width = (most < WIDTH ? most : WIDTH) & ~1, .header = levels[level].header };
    const int inner = layout.width - 2 * PADDING;
    int y = layout.header + gap, height = 0, width = 0;
    char *text = quoted(view->prompt);

    const int text_x = lines > 0 ? PADDING + DISC + 14 : PADDING;
    layout.title = (struct bk_rect){ text_x, y, layout.width - text_x - PADDING, 24 };
    if (lines > 0) {
        layout.disc = (struct bk_rect){ PADDING, y, DISC, DISC };
        layout.detail = (struct bk_rect){ text_x, y + 25, layout.title.width, 18 };
    }
    y += lines > 0 ? DISC : layout.title.height;
    layout.hosts = (struct bk_rect){ PADDING, y + (lines > 0 ? gap - 2 : 2), inner, 0 };
    PangoLayout *hosts = hosts_of(view, lines > 0, inner - 2 * HOSTS_PADDING);
    if (hosts != NULL) {
        const int inset = lines > 0 ? HOSTS_INSET : 0;
        bk_typeset_size(hosts, &width, &height);
        g_object_unref(hosts);
        const int line = bk_typeset_hosts.line_height;
        int room = bk_min(height, levels[level].hosts + more);
        if (room < height && room >= line + line / 2) /* a line that is cut says that there are more */
            room = (room - line / 2) / line * line + line / 2;
        layout.hosts.height = room + 2 * inset;
        layout.hosts_view = room;
        layout.hosts_height = height;
        y = layout.hosts.y + layout.hosts.height;
    }
    if (text != NULL && lines > 0) {
        const struct bk_typeset_style style = reason_style(lines);
        PangoLayout *pango = bk_typeset_layout(view->typesetter, &style, text, inner - 2 * QUOTE_PADDING - QUOTE_BAR);
        bk_typeset_size(pango, &width, &height);
        g_object_unref(pango);
        y += gap - 2;
        layout.reason_lines = lines;
        layout.quote = (struct bk_rect){ PADDING, y, inner, height + QUOTE_LABEL + 2 * QUOTE_PADDING };
        layout.reason = (struct bk_rect){ PADDING + QUOTE_BAR + QUOTE_PADDING, y + QUOTE_PADDING + QUOTE_LABEL,
                                          inner - 2 * QUOTE_PADDING - QUOTE_BAR, height };
        y += layout.quote.height;
    }
    free(text);
    y += gap;
    for (unsigned i = 0; i < choices; i++) {
        const int left = i % 2 == 0 ? 0 : (inner + BUTTON_GAP) / 2,
                  right = i % 2 == 0 ? (inner - BUTTON_GAP) / 2 : inner;
        layout.parts[i] =
            (struct bk_rect){ PADDING + left, y + (int)(i / 2) * (button + BUTTON_GAP), right - left, button };
    }
    layout.parts[BK_PROMPT_CLOSE] = (struct bk_rect){ layout.width - CLOSE_SIDE - (layout.header - CLOSE_SIDE) / 2,
                                                      (layout.header - CLOSE_SIDE) / 2, CLOSE_SIDE, CLOSE_SIDE };
    const int rows = (int)(choices + 1) / 2;
    layout.height = (y + rows * (button + BUTTON_GAP) - BUTTON_GAP + levels[level].end + 1) & ~1;
    return layout;
}

static void place(struct bk_prompt_view *view)
{
    const int most = view->screen_width - 2 * MARGIN, high = (view->screen_height - 2 * MARGIN) & ~1;
    struct bk_prompt *prompt = view->prompt;
    const bool opening = prompt->kind == BK_PROMPT_OPENING;
    const int levels = opening ? BK_OPENING_LEVELS : LEVELS;
    int level = 0;

    for (; level < levels; level++) {
        view->layout =
            opening ? bk_opening_view_lay_out(view, bk_min(most, WIDTH) & ~1, level) : lay_out(view, level, 0);
        if (view->layout.height <= high)
            break;
    }
    if (prompt->kind == BK_PROMPT_FILE)
        view->layout = bk_picking_view_lay_out(view, most & ~1, high);
    else if (level < levels && view->layout.hosts_height > view->layout.hosts_view)
        view->layout = lay_out(view, level, bk_min(high - view->layout.height, HOSTS_MOST - view->layout.hosts_view));
    if (prompt->kind == BK_PROMPT_PERMISSION)
        bk_prompt_set_hosts_view(prompt, view->layout.hosts_view, bk_typeset_hosts.line_height,
                                 view->layout.hosts_height);
    view->place = (struct bk_rect){ (view->screen_width - view->layout.width) / 2 & ~1,
                                    (view->screen_height - view->layout.height) / 2 & ~1, view->layout.width,
                                    view->layout.height };
}

unsigned bk_prompt_view_at(const struct bk_prompt_view *view, double x, double y)
{
    if (!view->prompt->open)
        return BK_PROMPT_NOTHING;
    for (unsigned part = 0; part < BK_PROMPT_PARTS; part++) {
        if (bk_rect_has(&view->layout.parts[part], x - view->place.x, y - view->place.y))
            return part;
    }
    return BK_PROMPT_NOTHING;
}

/* --- the picture --- */

/* What the app wants, for the dialog's head. */
static const char *wish_of(const struct bk_prompt *prompt)
{
    switch (prompt->kind) {
    case BK_PROMPT_PASTE:
        return "wants to paste";
    case BK_PROMPT_OPENING:
        return bk_opening_wish(&prompt->opening);
    case BK_PROMPT_FILE:
        return prompt->picking.saving ? "wants to save a file" : "wants to open a file";
    case BK_PROMPT_PERMISSION:
    case BK_PROMPT_KINDS:
        break;
    }
    return "asks for your permission";
}

static void paint_header(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_prompt_layout *layout,
                         const struct bk_app_face *face, const char *wish)
{
    const struct bk_app_colors colors = bk_app_colors_of(face->id);
    const bool small = layout->header == HEADER_SMALL;
    const int side = small ? 24 : 40;
    const struct bk_rect badge = { PADDING, (layout->header - side) / 2, side, side };
    const struct bk_rect *close = &layout->parts[BK_PROMPT_CLOSE];
    const int x = badge.x + side + 14, width = (close->y < layout->header ? close->x - 8 : layout->width - PADDING) - x;

    cairo_save(cairo);
    bk_paint_rounded(cairo, 0, 0, layout->width, layout->height, RADIUS);
    cairo_clip(cairo);
    cairo_rectangle(cairo, 0, 0, layout->width, layout->header);
    bk_paint_color(cairo, colors.frame);
    cairo_fill(cairo);
    cairo_rectangle(cairo, 0, layout->header - bk_paint_hairline(), layout->width, bk_paint_hairline());
    bk_paint_color(cairo, colors.frame_edge);
    cairo_fill(cairo);
    cairo_restore(cairo);
    bk_paint_badge(cairo, typesetter, &badge, face);
    if (small) {
        bk_paint_line(cairo, typesetter, &name_style, face->name, &(struct bk_rect){ x, 0, width, layout->header },
                      BK_COLOR_TEXT);
        return;
    }
    bk_paint_line(cairo, typesetter, &name_style, face->name, &(struct bk_rect){ x, 13, width, 24 }, BK_COLOR_TEXT);
    bk_paint_line(cairo, typesetter, &asks_style, wish, &(struct bk_rect){ x, 36, width, 18 }, BK_RGBA(0xffffff, 0.78));
}

/* What it asks for, in the system's words; a name that the system does not know, as it is. */
static void paint_wish(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_prompt_layout *layout,
                       const struct bk_prompt *prompt)
{
    const bool paste = prompt->kind == BK_PROMPT_PASTE;
    const struct bk_permission_words *words = bk_permission_words_of(paste ? "" : prompt->permission);
    const char *detail = paste                         ? prompt->paste_words->wish
                         : prompt->reach.words != NULL ? prompt->reach.words
                                                       : words->detail;
    char title[BK_PROMPT_NAME_BYTES + 16];

    if (paste)
        snprintf(title, sizeof title, "Paste from %s?", prompt->paste_from);
    else if (words->wish != NULL)
        snprintf(title, sizeof title, "%s", words->wish);
    else
        snprintf(title, sizeof title, "“%s”", prompt->permission);
    if (layout->disc.height > 0)
        bk_paint_sensor_disc(cairo, paste ? BK_SENSOR_CLIPBOARD : words->sensor, &layout->disc, BK_RGBA(0x8ab8ff, 0.16),
                             BK_COLOR_FOCUS);
    bk_paint_line(cairo, typesetter, &title_style, title, &layout->title, BK_COLOR_TEXT);
    if (layout->detail.height > 0)
        bk_paint_line(cairo, typesetter, &detail_style, detail, &layout->detail, BK_COLOR_TEXT_SOFT);
}

static void paint_hosts(cairo_t *cairo, const struct bk_prompt_view *view, const struct bk_prompt_look *look)
{
    const struct bk_prompt *prompt = view->prompt;
    const struct bk_rect *card = &view->layout.hosts;
    const bool words = view->layout.detail.height > 0;
    const int inset = words ? HOSTS_INSET : 0, width = card->width - 2 * HOSTS_PADDING;
    PangoLayout *pango = hosts_of(view, words, width);

    if (pango == NULL)
        return;
    if (words)
        bk_paint_surface(cairo, card, 10, BK_COLOR_CARD, BK_RGBA(0, 0));
    if (look->focus == BK_PROMPT_LIST)
        bk_paint_focus(cairo, card, 10);
    cairo_save(cairo);
    cairo_rectangle(cairo, card->x, card->y + inset, card->width, card->height - 2 * inset);
    cairo_clip(cairo);
    bk_typeset_paint(cairo, pango, card->x + HOSTS_PADDING, card->y + inset - prompt->hosts_scroll, width,
                     BK_COLOR_TEXT);
    cairo_restore(cairo);
    bk_paint_thumb(cairo, card, prompt->hosts_view, prompt->hosts_height, prompt->hosts_scroll);
    g_object_unref(pango);
}

/* What the app says, set apart from what the system says, and named as the app's. */
static void paint_quote(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_prompt_layout *layout,
                        const struct bk_prompt *prompt)
{
    const struct bk_typeset_style style = reason_style(layout->reason_lines);
    const struct bk_rect *quote = &layout->quote;
    char *text = quoted(prompt);

    if (text == NULL || quote->height == 0) {
        free(text);
        return;
    }
    bk_paint_surface(cairo, quote, 10, BK_COLOR_CARD, BK_RGBA(0, 0));
    bk_paint_rounded(cairo, quote->x, quote->y + 10, QUOTE_BAR, quote->height - 20, QUOTE_BAR / 2.0);
    bk_paint_color(cairo, bk_app_colors_of(prompt->app).accent);
    cairo_fill(cairo);
    bk_paint_line(
        cairo, typesetter, &label_style, "In the app’s own words",
        &(struct bk_rect){ layout->reason.x, quote->y + QUOTE_PADDING - 2, layout->reason.width, QUOTE_LABEL },
        BK_COLOR_TEXT_FAINT);
    PangoLayout *pango = bk_typeset_layout(typesetter, &style, text, layout->reason.width);
    bk_typeset_paint(cairo, pango, layout->reason.x, layout->reason.y, layout->reason.width, BK_COLOR_TEXT_SOFT);
    g_object_unref(pango);
    free(text);
}

/* All ways to answer look alike: none is proposed. */
static void paint_buttons(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_prompt_layout *layout,
                          const struct bk_prompt_look *look, bool paste)
{
    static const char *const permission_labels[] = { "Only this time", "While in use", "Always", "Never" };
    static const char *const paste_labels[] = { "Paste", "Don’t paste" };
    static_assert(sizeof permission_labels / sizeof permission_labels[0] == BK_CHOICES, "one label for each choice");
    static_assert(sizeof paste_labels / sizeof paste_labels[0] == BK_PROMPT_PASTE_CHOICES, "and here");
    const char *const *labels = paste ? paste_labels : permission_labels;

    for (unsigned part = 0; part <= BK_PROMPT_CLOSE; part++) {
        const struct bk_rect *place = &layout->parts[part];
        const bool close = part == BK_PROMPT_CLOSE, hover = look->hover == part,
                   pressed = hover && look->pressed == part;
        const double radius = close ? CLOSE_SIDE / 2.0 : 11;

        if (place->height == 0)
            continue;
        if (!look->ready)
            bk_paint_surface(cairo, place, radius, close ? BK_RGBA(0, 0) : BK_COLOR_CARD, BK_RGBA(0, 0));
        else if (!close || hover)
            bk_paint_surface(cairo, place, radius,
                             pressed ? BK_COLOR_BUTTON_PRESS
                             : hover ? BK_COLOR_BUTTON_HOVER
                                     : BK_COLOR_BUTTON,
                             BK_RGBA(0, 0));
        if (look->focus == part)
            bk_paint_focus(cairo, place, radius);
        if (close)
            bk_paint_cross(cairo, place->x + place->width / 2.0, place->y + place->height / 2.0, 11, BK_COLOR_TEXT);
        else
            bk_paint_line(cairo, typesetter, &button_style, labels[part],
                          &(struct bk_rect){ place->x + 4, place->y, place->width - 8, place->height },
                          look->ready ? BK_COLOR_TEXT : BK_COLOR_TEXT_DISABLED);
    }
}

static bool looks_equal(const struct bk_prompt_look *a, const struct bk_prompt_look *b)
{
    return a->revision == b->revision && a->face == b->face && a->screen_width == b->screen_width &&
           a->screen_height == b->screen_height && a->scale == b->scale && a->ready == b->ready &&
           a->hover == b->hover && a->pressed == b->pressed && a->focus == b->focus && a->first == b->first &&
           a->scroll == b->scroll && a->always == b->always && a->fresh == b->fresh && a->picking == b->picking &&
           a->waiting == b->waiting;
}

/* False when there is no memory for the picture. */
static bool draw(struct bk_prompt_view *view, uint64_t now_ms)
{
    const struct bk_prompt *prompt = view->prompt;
    const struct bk_app_face face = bk_faces_named(view->faces, view->apps, prompt->app, prompt->app_name);
    const struct bk_prompt_look look = { .revision = prompt->revision,
                                         .face =
                                             face.revision + bk_opening_view_faces(view) + bk_picking_view_faces(view),
                                         .screen_width = view->screen_width,
                                         .screen_height = view->screen_height,
                                         .scale = bk_canvas_scale(),
                                         .ready = bk_prompt_is_ready(prompt, now_ms),
                                         .hover = prompt->hover,
                                         .pressed = prompt->pressed,
                                         .focus = prompt->focus,
                                         .first = prompt->opening.first,
                                         .scroll = prompt->hosts_scroll,
                                         .always = prompt->opening.always,
                                         .fresh = prompt->opening.fresh,
                                         .picking = prompt->picking.revision,
                                         .waiting = bk_picking_view_waits(view, now_ms) };
    struct bk_canvas canvas;

    if (view->node->buffer != NULL && looks_equal(&look, &view->look))
        return true;
    place(view);
    const struct bk_rect whole = { 0, 0, view->place.width, view->place.height };
    if (bk_canvas_begin(whole.width + 2 * BK_SHADOW_MARGIN, whole.height + 2 * BK_SHADOW_MARGIN, &canvas) < 0)
        return false;
    cairo_translate(canvas.cairo, BK_SHADOW_MARGIN, BK_SHADOW_MARGIN);
    bk_paint_shadow(canvas.cairo, &whole, RADIUS);
    bk_paint_surface(canvas.cairo, &whole, RADIUS, BK_RGB(0x111a2b), BK_RGBA(0, 0));
    paint_header(canvas.cairo, view->typesetter, &view->layout, &face, wish_of(prompt));
    if (prompt->kind == BK_PROMPT_OPENING) {
        bk_opening_view_paint(canvas.cairo, view, &look);
    } else if (prompt->kind == BK_PROMPT_FILE) {
        bk_picking_view_paint(canvas.cairo, view, &look);
    } else {
        paint_wish(canvas.cairo, view->typesetter, &view->layout, prompt);
        paint_hosts(canvas.cairo, view, &look);
        paint_quote(canvas.cairo, view->typesetter, &view->layout, prompt);
        paint_buttons(canvas.cairo, view->typesetter, &view->layout, &look, prompt->kind == BK_PROMPT_PASTE);
    }
    bk_paint_surface(canvas.cairo, &whole, RADIUS, BK_RGBA(0, 0), BK_COLOR_EDGE);
    bk_canvas_show(&canvas, view->node);
    wlr_scene_node_set_position(&view->node->node, view->place.x - BK_SHADOW_MARGIN, view->place.y - BK_SHADOW_MARGIN);
    view->look = look;
    return true;
}

bool bk_prompt_view_frame(struct bk_prompt_view *view, uint64_t now_ms)
{
    const struct bk_color color = DIMMING;
    const bool open = view->prompt->open;

    bk_tween_to(&view->shown, open ? 1 : 0, now_ms, *view->animated ? BK_LEAVE_MS : 0);
    const bool moves = bk_tween_moves(&view->shown, now_ms);
    const float shown = (float)bk_tween_at(&view->shown, now_ms);
    wlr_scene_node_set_enabled(&view->tree->node, open || moves);
    if (!open && !moves) {
        wlr_scene_buffer_set_buffer(view->node, NULL);
        return false;
    }
    const bool drawn = !open || draw(view, now_ms);
    const float alpha = (float)color.a * shown; /* the scene's colours are premultiplied */
    wlr_scene_rect_set_size(view->dimming, view->screen_width, view->screen_height);
    wlr_scene_rect_set_color(view->dimming, (const float[4]){ (float)color.r * alpha, (float)color.g * alpha,
                                                              (float)color.b * alpha, alpha });
    wlr_scene_buffer_set_opacity(view->node, shown);
    /* That the next page is long in coming is said when its time has come. */
    return moves || !drawn || (view->prompt->picking.waiting && !view->look.waiting);
}

bool bk_prompt_view_is_whole(const struct bk_prompt_view *view, uint64_t now_ms)
{
    return view->prompt->open && view->node->buffer != NULL && view->look.revision == view->prompt->revision &&
           view->look.screen_width == view->screen_width && view->look.screen_height == view->screen_height &&
           !bk_tween_moves(&view->shown, now_ms);
}
