/* SPDX-License-Identifier: Apache-2.0 */
#include "marks.h"

#include <math.h>
#include <stdio.h>

#define COUNT_SHOWN_MAX 99
#define TEXT_ROOM       64 /* pixels, more than any number takes */
#define HEIGHT_MIN      13

static bool is_there(const struct bk_mark *mark)
{
    return mark->kind == BK_MARK_DOT || (mark->kind == BK_MARK_COUNT && mark->count > 0);
}

static PangoLayout *number(struct bk_typesetter *typesetter, const struct bk_mark *mark, double height)
{
    const struct bk_typeset_style style = { .size = (int)lround(height * 0.64),
                                            .weight = PANGO_WEIGHT_SEMIBOLD,
                                            .max_lines = 1,
                                            .align = PANGO_ALIGN_CENTER,
                                            .tabular = true };
    char text[8];

    if (mark->count > COUNT_SHOWN_MAX)
        snprintf(text, sizeof text, "%d+", COUNT_SHOWN_MAX);
    else
        snprintf(text, sizeof text, "%u", mark->count);
    return bk_typeset_layout(typesetter, &style, text, TEXT_ROOM);
}

void bk_paint_mark(cairo_t *cairo, struct bk_typesetter *typesetter, double x, double y, double height, double anchor,
                   const struct bk_mark *mark, struct bk_color gap)
{
    PangoLayout *layout = NULL;
    int text_width, text_height = 0;
    double width = height;

    if (!is_there(mark))
        return;
    if (mark->kind == BK_MARK_COUNT) {
        layout = number(typesetter, mark, height);
        bk_typeset_size(layout, &text_width, &text_height);
        width = fmax(height, text_width + height / 2);
    }
    x = round(x - anchor * width);
    cairo_save(cairo);
    cairo_set_operator(cairo, CAIRO_OPERATOR_SOURCE);
    bk_paint_rounded(cairo, x - 2, y - 1.5, width + 4, height + 3.5, height / 2 + 1.75);
    bk_paint_color(cairo, gap);
    cairo_fill(cairo);
    cairo_restore(cairo);
    bk_paint_rounded(cairo, x, y, width, height, height / 2);
    bk_paint_color(cairo, BK_COLOR_BADGE);
    cairo_fill(cairo);
    if (layout == NULL)
        return;
    bk_typeset_paint(cairo, layout, (int)lround(x + (width - TEXT_ROOM) / 2),
                     (int)lround(y + (height - text_height) / 2), TEXT_ROOM, BK_COLOR_BADGE_TEXT);
    g_object_unref(layout);
}

void bk_paint_marked_badge(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_rect *place,
                           const struct bk_app_face *face, const struct bk_mark *mark, double alpha)
{
    bool dot = mark->kind == BK_MARK_DOT;
    double height = fmax(HEIGHT_MIN, round(place->width * 0.34)) * (dot ? 0.7 : 1);
    const struct bk_color hole = BK_RGBA(0, 0);

    cairo_push_group(cairo); /* so that the gap is a hole, whatever is below */
    cairo_push_group(cairo);
    bk_paint_badge(cairo, typesetter, place, face);
    cairo_pop_group_to_source(cairo);
    cairo_paint_with_alpha(cairo, alpha);
    bk_paint_mark(cairo, typesetter, place->x + place->width + height * 0.4, round(place->y - height * 0.32), height, 1,
                  mark, hole);
    cairo_pop_group_to_source(cairo);
    cairo_paint(cairo);
}
