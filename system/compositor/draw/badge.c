/* SPDX-License-Identifier: Apache-2.0 */
#include "badge.h"

#include "app_color.h"

#include <stdio.h>
#include <stdlib.h>

#define TITLE_ROOM_MIN 48 /* pixels; less would show nothing of a title */

static void paint_letter(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_rect *place,
                         const struct bk_app_face *face)
{
    const struct bk_app_colors colors = bk_app_colors_of(face->id);
    const struct bk_typeset_style style = {
        .size = place->width / 2, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1, .align = PANGO_ALIGN_CENTER
    };

    cairo_pattern_t *gradient = cairo_pattern_create_linear(0, place->y, 0, place->y + place->height);
    cairo_pattern_add_color_stop_rgb(gradient, 0, colors.tile_top.r, colors.tile_top.g, colors.tile_top.b);
    cairo_pattern_add_color_stop_rgb(gradient, 1, colors.tile_bottom.r, colors.tile_bottom.g, colors.tile_bottom.b);
    bk_paint_rounded(cairo, place->x, place->y, place->width, place->height, place->width * 0.27);
    cairo_set_source(cairo, gradient);
    cairo_fill(cairo);
    cairo_pattern_destroy(gradient);

    char *initial = g_utf8_substring(face->name[0] != '\0' ? face->name : "?", 0, 1);
    char *capital = g_utf8_strup(initial, -1);
    bk_paint_line(cairo, typesetter, &style, capital, place, BK_RGB(0xffffff));
    g_free(capital);
    g_free(initial);
}

void bk_paint_badge(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_rect *place,
                    const struct bk_app_face *face)
{
    if (face->picture == NULL) {
        paint_letter(cairo, typesetter, place, face);
        return;
    }
    double scale = (double)place->width / cairo_image_surface_get_width(face->picture);
    cairo_save(cairo);
    bk_paint_rounded(cairo, place->x, place->y, place->width, place->height, place->width * 0.27);
    cairo_clip(cairo);
    cairo_translate(cairo, place->x, place->y);
    cairo_scale(cairo, scale, scale);
    cairo_set_source_surface(cairo, face->picture, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cairo), CAIRO_FILTER_BEST);
    cairo_paint(cairo);
    cairo_restore(cairo);
}

int bk_paint_line(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_typeset_style *style,
                  const char *text, const struct bk_rect *place, struct bk_color color)
{
    int width, height;
    PangoLayout *layout = bk_typeset_layout(typesetter, style, text, place->width);

    bk_typeset_size(layout, &width, &height);
    bk_typeset_paint(cairo, layout, place->x, place->y + (place->height - height) / 2, place->width, color);
    g_object_unref(layout);
    return width;
}

void bk_paint_name(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_typeset_style *style,
                   const struct bk_app_face *face, const struct bk_rect *place, struct bk_color color,
                   struct bk_color faint)
{
    struct bk_typeset_style title_style = *style;
    int used = bk_paint_line(cairo, typesetter, style, face->name, place, color);
    const struct bk_rect rest = { place->x + used, place->y, place->width - used, place->height };
    char *behind = NULL;

    if (face->title == NULL || rest.width < TITLE_ROOM_MIN || asprintf(&behind, "  —  %s", face->title) < 0)
        return;
    title_style.weight = PANGO_WEIGHT_NORMAL;
    bk_paint_line(cairo, typesetter, &title_style, behind, &rest, faint);
    free(behind);
}
