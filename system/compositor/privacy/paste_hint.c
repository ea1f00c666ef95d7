/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row where the screen is wide enough, as "Notes → Editor   Pasted text", else the words are a row of their own. An
 * arrow goes from the one app's colour to the other's. Names are cut where there is no room for them.
 */
#include "paste_hint.h"

#include "app_color.h"
#include "canvas.h"
#include "paste_words.h"
#include "text.h"

#include "checked.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MARGIN          12 /* of the screen, and to what is above */
#define PADDING         14
#define ROW             44
#define SECOND_ROW      20 /* what a second one adds */
#define BADGE           24
#define NAME_GAP        9
#define ARROW           30
#define ARROW_GAP       13
#define WORDS_GAP       18
#define SLIDE           12 /* from how far above it comes */
#define SHADOW_REACH    16
#define SHADOW_FALL     4
#define SHADOW_STRENGTH 0.026 /* of each of its layers */
#define NAME_ROOM       220

static const struct bk_typeset_style name_style = { .size = 14, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };
static const struct bk_typeset_style words_style = { .size = 13, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1 };
static const struct bk_typeset_style below_style = {
    .size = 13, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1, .align = PANGO_ALIGN_CENTER
};

/* Widths of what there is, and of the whole. */
struct layout {
    bool one_app; /* it pastes what it copied itself */
    bool two_rows;
    int from_name, to_name, words;
    int width, height;
};

void bk_paste_hint_init(struct bk_paste_hint *hint, struct wlr_scene_tree *parent, struct bk_typesetter *typesetter,
                        const struct bk_apps *apps, struct bk_faces *faces, bool animated)
{
    *hint = (struct bk_paste_hint){ .typesetter = typesetter,
                                    .apps = apps,
                                    .faces = faces,
                                    .node = wlr_scene_buffer_create(parent, NULL),
                                    .animated = animated };
    wlr_scene_node_set_enabled(&hint->node->node, false);
}

static void forget(struct bk_paste_hint *hint)
{
    free(hint->from);
    free(hint->from_name);
    free(hint->to);
    free(hint->to_name);
    hint->from = hint->from_name = hint->to = hint->to_name = NULL;
}

void bk_paste_hint_finish(struct bk_paste_hint *hint)
{
    forget(hint);
}

void bk_paste_hint_resize(struct bk_paste_hint *hint, int width, int top)
{
    hint->screen_width = width;
    hint->top = top;
    hint->dirty = true;
}

static bool is_id(const char *id)
{
    return id[0] != '\0' && strlen(id) <= BK_PASTE_HINT_APP_BYTES;
}

static char *clean(const char *name)
{
    return bk_text_clean(name, strlen(name), BK_PASTE_HINT_NAME_BYTES, BK_TEXT_ONE_LINE);
}

int bk_paste_hint_show(struct bk_paste_hint *hint, const struct bk_paste_content *content)
{
    if (!is_id(content->from) || !is_id(content->to))
        return -EINVAL;
    forget(hint);
    hint->from = strdup(content->from);
    hint->from_name = clean(content->from_name);
    hint->to = strdup(content->to);
    hint->to_name = clean(content->to_name);
    hint->until_ms = 0;
    if (hint->from == NULL || hint->from_name == NULL || hint->to == NULL || hint->to_name == NULL) {
        forget(hint);
        return -ENOMEM;
    }
    hint->done = bk_paste_words_of(content->type)->done;
    hint->until_ms = UINT64_MAX;
    hint->dirty = true;
    return 0;
}

/* ---- the picture ---- */

static int text_width(const struct bk_paste_hint *hint, const struct bk_typeset_style *style, const char *text)
{
    PangoLayout *pango = bk_typeset_layout(hint->typesetter, style, text, NAME_ROOM);
    int width, height;

    bk_typeset_size(pango, &width, &height);
    g_object_unref(pango);
    return width;
}

/* Shares the room for names: the shorter one has what it needs, if that is less than half. */
static void share(struct layout *layout, int room)
{
    if (layout->from_name + layout->to_name <= room)
        return;
    if (layout->from_name < room / 2)
        layout->to_name = room - layout->from_name;
    else if (layout->to_name < room / 2)
        layout->from_name = room - layout->to_name;
    else
        layout->from_name = layout->to_name = room / 2;
}

static struct layout lay_out(const struct bk_paste_hint *hint)
{
    assert(hint->from != NULL && hint->to != NULL);
    struct layout layout = { .one_app = strcmp(hint->from, hint->to) == 0,
                             .to_name = text_width(hint, &name_style, hint->to_name),
                             .words = text_width(hint, &words_style, hint->done) };
    const int most = hint->screen_width - 2 * MARGIN;
    int fixed = 2 * PADDING + BADGE + NAME_GAP;

    if (!layout.one_app) {
        layout.from_name = text_width(hint, &name_style, hint->from_name);
        fixed += BADGE + NAME_GAP + 2 * ARROW_GAP + ARROW;
    }
    const int words = WORDS_GAP + layout.words;
    layout.two_rows = fixed + layout.from_name + layout.to_name + words > most;
    if (!layout.two_rows)
        fixed += words;
    share(&layout, most - fixed);
    layout.width = (bk_max(fixed + layout.from_name + layout.to_name, 2 * PADDING + layout.words) + 1) & ~1;
    layout.height = ROW + (layout.two_rows ? SECOND_ROW : 0);
    return layout;
}

/* The line is too thin for the shadow of larger surfaces. */
static void paint_shadow(cairo_t *cairo, const struct bk_rect *place, double radius)
{
    bk_paint_color(cairo, BK_RGBA(0x000000, SHADOW_STRENGTH));
    for (int reach = SHADOW_REACH; reach > 0; reach -= 2) {
        bk_paint_rounded(cairo, place->x - reach, place->y - reach + SHADOW_FALL, place->width + 2 * reach,
                         place->height + 2 * reach, radius + reach);
        cairo_fill(cairo);
    }
}

static void paint_arrow(cairo_t *cairo, int x, int y, struct bk_color from, struct bk_color to)
{
    const double end = x + ARROW, head = 5;
    cairo_pattern_t *gradient = cairo_pattern_create_linear(x, 0, end, 0);

    cairo_pattern_add_color_stop_rgb(gradient, 0, from.r, from.g, from.b);
    cairo_pattern_add_color_stop_rgb(gradient, 1, to.r, to.g, to.b);
    cairo_save(cairo);
    cairo_set_source(cairo, gradient);
    cairo_set_line_width(cairo, 2);
    cairo_set_line_cap(cairo, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_move_to(cairo, x, y);
    cairo_line_to(cairo, end, y);
    cairo_move_to(cairo, end - head, y - head);
    cairo_line_to(cairo, end, y);
    cairo_line_to(cairo, end - head, y + head);
    cairo_stroke(cairo);
    cairo_restore(cairo);
    cairo_pattern_destroy(gradient);
}

/* A picture and a name; yields where they end. */
static int paint_app(cairo_t *cairo, const struct bk_paste_hint *hint, const struct bk_app_face *face, int x,
                     int name_width)
{
    const struct bk_rect badge = { x, (ROW - BADGE) / 2, BADGE, BADGE };
    const struct bk_rect name = { x + BADGE + NAME_GAP, 0, name_width, ROW };

    bk_paint_badge(cairo, hint->typesetter, &badge, face);
    bk_paint_line(cairo, hint->typesetter, &name_style, face->name, &name, BK_COLOR_TEXT);
    return name.x + name_width;
}

static void paint(cairo_t *cairo, const struct bk_paste_hint *hint, const struct layout *layout)
{
    const struct bk_rect whole = { 0, 0, layout->width, layout->height };
    const struct bk_app_face from = bk_faces_named(hint->faces, hint->apps, hint->from, hint->from_name);
    const struct bk_app_face to = bk_faces_named(hint->faces, hint->apps, hint->to, hint->to_name);
    const double radius = ROW / 2.0;
    int apps = BADGE + NAME_GAP + layout->to_name;

    if (!layout->one_app)
        apps += BADGE + NAME_GAP + layout->from_name + 2 * ARROW_GAP + ARROW;
    cairo_translate(cairo, BK_SHADOW_MARGIN, BK_SHADOW_MARGIN);
    paint_shadow(cairo, &whole, radius);
    bk_paint_sheer_surface(cairo, &whole, radius, BK_COLOR_TOAST);
    int x = layout->two_rows ? (layout->width - apps) / 2 : PADDING;
    if (!layout->one_app) {
        x = paint_app(cairo, hint, &from, x, layout->from_name) + ARROW_GAP;
        paint_arrow(cairo, x, ROW / 2, bk_app_colors_of(hint->from).accent, bk_app_colors_of(hint->to).accent);
        x += ARROW + ARROW_GAP;
    }
    x = paint_app(cairo, hint, &to, x, layout->to_name);
    if (layout->two_rows)
        bk_paint_line(cairo, hint->typesetter, &below_style, hint->done,
                      &(struct bk_rect){ PADDING, ROW - 8, layout->width - 2 * PADDING, SECOND_ROW },
                      BK_COLOR_TEXT_SOFT);
    else
        bk_paint_line(cairo, hint->typesetter, &words_style, hint->done,
                      &(struct bk_rect){ x + WORDS_GAP, 0, layout->words, ROW }, BK_COLOR_TEXT_SOFT);
}

/* False when there is no memory for the picture. */
static bool draw(struct bk_paste_hint *hint)
{
    struct bk_canvas canvas;

    if (!hint->dirty && hint->scale == bk_canvas_scale())
        return true;
    const struct layout layout = lay_out(hint);
    if (bk_canvas_begin(layout.width + 2 * BK_SHADOW_MARGIN, layout.height + 2 * BK_SHADOW_MARGIN, &canvas) < 0)
        return false;
    paint(canvas.cairo, hint, &layout);
    bk_canvas_show(&canvas, hint->node);
    wlr_scene_node_set_position(&hint->node->node, ((hint->screen_width - layout.width) / 2 & ~1) - BK_SHADOW_MARGIN,
                                0);
    hint->dirty = false;
    hint->scale = bk_canvas_scale();
    return true;
}

bool bk_paste_hint_frame(struct bk_paste_hint *hint, uint64_t now_ms)
{
    const bool there = hint->from != NULL && now_ms < hint->until_ms;

    bk_tween_to(&hint->shown, there ? 1 : 0, now_ms, !hint->animated ? 0 : there ? BK_ENTER_MS : BK_LEAVE_MS);
    const bool moves = bk_tween_moves(&hint->shown, now_ms);
    wlr_scene_node_set_enabled(&hint->node->node, there || moves);
    if (!there && !moves) {
        wlr_scene_buffer_set_buffer(hint->node, NULL);
        hint->dirty = true;
        return false;
    }
    const bool drawn =
        hint->from == NULL || draw(hint); /* what goes stays as it is, when there was no memory for more */
    const double shown = bk_tween_at(&hint->shown, now_ms);
    wlr_scene_node_set_position(&hint->node->node, hint->node->node.x,
                                hint->top + MARGIN - BK_SHADOW_MARGIN - (int)lround((1 - shown) * SLIDE));
    wlr_scene_buffer_set_opacity(hint->node, (float)shown);
    return moves || !drawn;
}

uint64_t bk_paste_hint_presented(struct bk_paste_hint *hint, uint64_t now_ms)
{
    if (hint->from == NULL || now_ms >= hint->until_ms)
        return UINT64_MAX;
    if (hint->until_ms == UINT64_MAX && !hint->dirty && !bk_tween_moves(&hint->shown, now_ms))
        hint->until_ms = now_ms + BK_PASTE_HINT_MS;
    return hint->until_ms;
}
