/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host stands alone and large, so that nobody is fooled by what else is in a link: a long one loses its beginning,
 * never its end, which says whose it is. The whole link stands below, smaller, and is cut at its end.
 */
#include "opening_view.h"

#include "size_words.h"

#include <stdio.h>
#include <string.h>

#define PADDING    24
#define CARD_INSET 12
#define LINK_LINE  18
#define ROW_GAP    6
#define BADGE_GAP  12
#define MORE       36
#define NONE       40 /* the words in place of the apps */
#define BOX        20 /* the mark's square */
#define BOX_GAP    10
#define CANCEL     104
#define UNBOUND    100000 /* as wide as a text is */

static const struct bk_typeset_style title_style = { .size = 19, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };
static const struct bk_typeset_style host_style = {
    .size = 19, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1, .cut_start = true
};
static const struct bk_typeset_style row_style = { .size = 15, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1 };
static const struct bk_typeset_style mark_style = { .size = 13, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1 };
static const struct bk_typeset_style none_style = {
    .size = 14, .weight = PANGO_WEIGHT_NORMAL, .line_height = 20, .max_lines = 2
};
static const struct bk_typeset_style button_style = {
    .size = 14, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1, .align = PANGO_ALIGN_CENTER
};

static struct bk_typeset_style link_style(int lines)
{
    return (struct bk_typeset_style){
        .size = 13, .weight = PANGO_WEIGHT_NORMAL, .line_height = LINK_LINE, .max_lines = lines, .anywhere = true
    };
}

/* --- words --- */

/* The whole link, or of what kind and how large the data is; the caller frees it. NULL when memory ends. */
static char *detail_of(const struct bk_prompt *prompt)
{
    char *text = NULL;
    char size[32];

    if (prompt->opening.link != NULL)
        return strdup(prompt->opening.link);
    if (asprintf(&text, "%s, %s", prompt->opening.type, bk_size_words(prompt->opening.size, size, sizeof size)) < 0)
        return NULL;
    return text;
}

static int text_width(struct bk_typesetter *typesetter, const struct bk_typeset_style *style, const char *text)
{
    int width, height;
    PangoLayout *pango = bk_typeset_layout(typesetter, style, text, UNBOUND);

    bk_typeset_size(pango, &width, &height);
    g_object_unref(pango);
    return width;
}

/* --- where --- */

struct bk_prompt_layout bk_opening_view_lay_out(const struct bk_prompt_view *view, int width, int level)
{
    static const struct {
        int header, gap, lines, row, row_phone, columns, mark, button, end;
    } levels[BK_OPENING_LEVELS] = {
        { 68, 18, 2, 48, 52, 1, 36, 40, PADDING },
        { 44, 12, 2, 44, 48, 1, 36, 40, 14 },
        { 44, 10, 1, 44, 44, 2, 32, 40, 12 },
        { 44, 8, 0, 36, 36, 2, 28, 36, 8 },
    };
    const struct bk_prompt *prompt = view->prompt;
    const int gap = levels[level].gap, lines = levels[level].lines, columns = levels[level].columns;
    const int row = view->phone ? levels[level].row_phone : levels[level].row;
    const bool more = bk_opening_has_more(&prompt->opening);
    /* The last page may have fewer, and is as high as the others. */
    const int places = (int)(more ? BK_OPENING_OPENERS_SHOWN : prompt->opening.count);
    const int rows = (places + columns - 1) / columns;
    struct bk_prompt_layout layout = { .width = width, .header = levels[level].header, .reason_lines = lines };
    const int inner = width - 2 * PADDING, wide = (inner - (columns - 1) * ROW_GAP) / columns;
    int y = layout.header + gap, text, height = 0;
    char *detail = lines > 0 ? detail_of(prompt) : NULL;

    layout.title = (struct bk_rect){ PADDING, y, inner, 26 };
    y += 26;
    if (detail != NULL) {
        const struct bk_typeset_style style = link_style(lines);
        PangoLayout *pango = bk_typeset_layout(view->typesetter, &style, detail, inner - 2 * CARD_INSET);
        bk_typeset_size(pango, &text, &height);
        g_object_unref(pango);
        layout.quote = (struct bk_rect){ PADDING, y + 8, inner, height + 16 };
        layout.reason = (struct bk_rect){ PADDING + CARD_INSET, y + 16, inner - 2 * CARD_INSET, height };
        y += height + 24;
    }
    free(detail);
    y += gap;
    if (places == 0) {
        layout.detail = (struct bk_rect){ PADDING, y, inner, NONE };
        y += NONE + ROW_GAP;
    }
    for (unsigned i = 0; i < bk_opening_shown(&prompt->opening); i++)
        layout.parts[BK_PROMPT_OPENER + i] = (struct bk_rect){ PADDING + (int)i % columns * (wide + ROW_GAP),
                                                               y + (int)i / columns * (row + ROW_GAP), wide, row };
    y += rows * (row + ROW_GAP);
    if (more) {
        layout.parts[BK_PROMPT_MORE] = (struct bk_rect){ PADDING, y, inner, MORE };
        y += MORE + ROW_GAP;
    }
    y += gap - ROW_GAP;
    if (bk_opening_can_copy(&prompt->opening)) {
        layout.parts[BK_PROMPT_FRESH] = (struct bk_rect){ PADDING - 4, y, inner + 4, levels[level].mark };
        y += levels[level].mark + ROW_GAP;
    }
    layout.parts[BK_PROMPT_CLOSE] = (struct bk_rect){ width - PADDING - CANCEL, y, CANCEL, levels[level].button };
    if (bk_opening_can_keep(&prompt->opening))
        layout.parts[BK_PROMPT_ALWAYS] = (struct bk_rect){ PADDING - 4, y, inner - CANCEL - 8, levels[level].button };
    layout.height = (y + levels[level].button + levels[level].end + 1) & ~1;
    return layout;
}

/* --- the picture --- */

static struct bk_app_face face_of(const struct bk_prompt_view *view, unsigned i)
{
    const struct bk_prompt *prompt = view->prompt;
    const size_t at = prompt->opening.first + i;

    return bk_faces_named(view->faces, view->apps, prompt->opening.openers[at].app, prompt->opening.openers[at].name);
}

uint64_t bk_opening_view_faces(const struct bk_prompt_view *view)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < bk_opening_shown(&view->prompt->opening); i++)
        sum += face_of(view, i).revision; /* each grows, so that the sum does */
    return sum;
}

/* "Open example.org with…", or, where that is too long, what is to be opened alone. */
static void paint_title(cairo_t *cairo, const struct bk_prompt_view *view)
{
    const struct bk_prompt *prompt = view->prompt;
    const struct bk_rect *place = &view->layout.title;
    const char *end = prompt->opening.count > 0 ? " with…" : "";
    const char *host = prompt->opening.host;
    char text[BK_OPENING_TEXT_BYTES + 64];

    if (host != NULL)
        snprintf(text, sizeof text, "Open %s%s", host, end);
    else if (prompt->opening.link != NULL)
        snprintf(text, sizeof text, "Open a %s link%s", prompt->opening.scheme, end);
    else
        snprintf(text, sizeof text, "Open “%s”%s", prompt->opening.name, end);
    if (text_width(view->typesetter, &title_style, text) <= place->width)
        bk_paint_line(cairo, view->typesetter, &title_style, text, place, BK_COLOR_TEXT);
    else if (host != NULL)
        bk_paint_line(cairo, view->typesetter, &host_style, host, place, BK_COLOR_TEXT);
    else
        bk_paint_line(cairo, view->typesetter, &title_style,
                      prompt->opening.link != NULL ? prompt->opening.scheme : prompt->opening.name, place,
                      BK_COLOR_TEXT);
}

static void paint_detail(cairo_t *cairo, const struct bk_prompt_view *view)
{
    const struct bk_prompt_layout *layout = &view->layout;
    const struct bk_typeset_style style = link_style(layout->reason_lines);
    char *text = layout->quote.height > 0 ? detail_of(view->prompt) : NULL;

    if (text == NULL)
        return;
    bk_paint_surface(cairo, &layout->quote, 10, BK_COLOR_CARD, BK_RGBA(0, 0));
    PangoLayout *pango = bk_typeset_layout(view->typesetter, &style, text, layout->reason.width);
    bk_typeset_paint(cairo, pango, layout->reason.x, layout->reason.y, layout->reason.width, BK_COLOR_TEXT_SOFT);
    g_object_unref(pango);
    free(text);
}

static void paint_ground(cairo_t *cairo, const struct bk_rect *place, const struct bk_prompt_look *look, unsigned part)
{
    const bool hover = look->hover == part, pressed = hover && look->pressed == part;

    bk_paint_surface(cairo, place, 11,
                     !look->ready ? BK_COLOR_CARD
                     : pressed    ? BK_COLOR_BUTTON_PRESS
                     : hover      ? BK_COLOR_BUTTON_HOVER
                                  : BK_COLOR_BUTTON,
                     BK_RGBA(0, 0));
    if (look->focus == part)
        bk_paint_focus(cairo, place, 11);
}

static void paint_openers(cairo_t *cairo, const struct bk_prompt_view *view, const struct bk_prompt_look *look)
{
    const struct bk_color color = look->ready ? BK_COLOR_TEXT : BK_COLOR_TEXT_DISABLED;
    const struct bk_rect *more = &view->layout.parts[BK_PROMPT_MORE];

    for (unsigned i = 0; i < bk_opening_shown(&view->prompt->opening); i++) {
        const struct bk_rect *place = &view->layout.parts[BK_PROMPT_OPENER + i];
        const struct bk_app_face face = face_of(view, i);
        const int side = place->height - 16;
        const struct bk_rect badge = { place->x + 10, place->y + 8, side, side };
        const int x = badge.x + side + BADGE_GAP;

        paint_ground(cairo, place, look, BK_PROMPT_OPENER + i);
        bk_paint_badge(cairo, view->typesetter, &badge, &face);
        bk_paint_line(cairo, view->typesetter, &row_style, face.name,
                      &(struct bk_rect){ x, place->y, place->x + place->width - 10 - x, place->height }, color);
    }
    if (more->height > 0) {
        paint_ground(cairo, more, look, BK_PROMPT_MORE);
        bk_paint_line(cairo, view->typesetter, &button_style, "More apps", more, color);
    }
}

static void paint_none(cairo_t *cairo, const struct bk_prompt_view *view)
{
    const struct bk_rect *place = &view->layout.detail;
    char text[BK_OPENING_NAME_BYTES + 64];

    snprintf(text, sizeof text, "No app on this machine opens %s%s.",
             view->prompt->opening.link != NULL ? view->prompt->opening.scheme : view->prompt->opening.type,
             view->prompt->opening.link != NULL ? " links from other apps" : " from other apps");
    PangoLayout *pango = bk_typeset_layout(view->typesetter, &none_style, text, place->width);
    bk_typeset_paint(cairo, pango, place->x, place->y, place->width, BK_COLOR_TEXT_SOFT);
    g_object_unref(pango);
}

/* A square that is marked or not, and what that means; where there is a place for it. */
static void paint_mark(cairo_t *cairo, const struct bk_prompt_view *view, const struct bk_prompt_look *look,
                       unsigned part, bool marked, const char *text)
{
    const struct bk_rect *place = &view->layout.parts[part];
    const struct bk_rect box = { place->x + 4, place->y + (place->height - BOX) / 2, BOX, BOX };
    const int x = box.x + BOX + BOX_GAP;
    const bool hover = look->hover == part;

    if (place->height == 0)
        return;
    bk_paint_surface(cairo, &box, 6,
                     marked  ? BK_COLOR_FOCUS
                     : hover ? BK_COLOR_BUTTON_HOVER
                             : BK_COLOR_FIELD,
                     marked ? BK_COLOR_FOCUS : BK_COLOR_TEXT_FAINT);
    if (marked) {
        cairo_move_to(cairo, box.x + 5, box.y + 10.5);
        cairo_line_to(cairo, box.x + 8.5, box.y + 14);
        cairo_line_to(cairo, box.x + 15, box.y + 6.5);
        cairo_set_line_width(cairo, 2.2);
        bk_paint_color(cairo, BK_RGB(0x0f1726));
        cairo_stroke(cairo);
    }
    if (look->focus == part)
        bk_paint_focus(cairo, &box, 6);
    bk_paint_line(cairo, view->typesetter, &mark_style, text,
                  &(struct bk_rect){ x, place->y, place->x + place->width - x, place->height },
                  look->ready ? BK_COLOR_TEXT : BK_COLOR_TEXT_DISABLED);
}

static void paint_marks(cairo_t *cairo, const struct bk_prompt_view *view, const struct bk_prompt_look *look)
{
    const bool data = view->prompt->opening.link == NULL;
    char text[BK_OPENING_NAME_BYTES + 32];

    paint_mark(cairo, view, look, BK_PROMPT_FRESH, look->fresh, "In a fresh copy, gone when closed");
    snprintf(text, sizeof text, data ? "Always for %s" : "Always for %s links",
             data ? view->prompt->opening.type : view->prompt->opening.scheme);
    paint_mark(cairo, view, look, BK_PROMPT_ALWAYS, look->always, text);
}

void bk_opening_view_paint(cairo_t *cairo, const struct bk_prompt_view *view, const struct bk_prompt_look *look)
{
    const struct bk_rect *close = &view->layout.parts[BK_PROMPT_CLOSE];

    paint_title(cairo, view);
    paint_detail(cairo, view);
    if (view->prompt->opening.count > 0)
        paint_openers(cairo, view, look);
    else
        paint_none(cairo, view);
    paint_marks(cairo, view, look);
    paint_ground(cairo, close, look, BK_PROMPT_CLOSE);
    bk_paint_line(cairo, view->typesetter, &button_style, view->prompt->opening.count > 0 ? "Cancel" : "Close", close,
                  look->ready ? BK_COLOR_TEXT : BK_COLOR_TEXT_DISABLED);
}
