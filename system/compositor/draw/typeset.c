/* SPDX-License-Identifier: Apache-2.0 */
#include "typeset.h"

#include "cleanup.h"

#include <errno.h>
#include <pango/pangocairo.h>
#include <stdlib.h>

struct bk_typesetter {
    PangoContext *pango;
};

int bk_typesetter_create(struct bk_typesetter **ret_typesetter)
{
    struct bk_typesetter *typesetter = calloc(1, sizeof *typesetter);
    if (typesetter == NULL)
        return -ENOMEM;

    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    typesetter->pango = pango_font_map_create_context(pango_cairo_font_map_get_default());
    pango_cairo_context_set_font_options(typesetter->pango, options);
    pango_context_set_round_glyph_positions(typesetter->pango, FALSE);
    pango_context_set_language(typesetter->pango, pango_language_from_string("en"));
    cairo_font_options_destroy(options);
    *ret_typesetter = typesetter;
    return 0;
}

void bk_typesetter_destroy(struct bk_typesetter *typesetter)
{
    if (typesetter == NULL)
        return;
    g_object_unref(typesetter->pango);
    free(typesetter);
}

const struct bk_typeset_style bk_typeset_hosts = { .size = 13,
                                                   .weight = PANGO_WEIGHT_NORMAL,
                                                   .line_height = 18,
                                                   .max_lines = 64, /* of each */
                                                   .anywhere = true,
                                                   .hanging = 24 };

PangoLayout *bk_typeset_layout(struct bk_typesetter *typesetter, const struct bk_typeset_style *style, const char *text,
                               int width)
{
    PangoLayout *layout = pango_layout_new(typesetter->pango);
    PangoFontDescription *font = pango_font_description_from_string(BK_FONT);

    pango_font_description_set_weight(font, (PangoWeight)style->weight);
    pango_font_description_set_absolute_size(font, style->size * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);

    PangoAttrList *attributes = pango_attr_list_new();
    if (style->line_height > 0)
        pango_attr_list_insert(attributes, pango_attr_line_height_new_absolute(style->line_height * PANGO_SCALE));
    /* A word too long for its line is no word: no hyphens in it. */
    pango_attr_list_insert(attributes, pango_attr_insert_hyphens_new(FALSE));
    if (style->tabular)
        pango_attr_list_insert(attributes, pango_attr_font_features_new("tnum=1"));
    pango_layout_set_attributes(layout, attributes);
    pango_attr_list_unref(attributes);

    pango_layout_set_width(layout, width * PANGO_SCALE);
    pango_layout_set_indent(layout, -style->hanging * PANGO_SCALE);
    pango_layout_set_wrap(layout, style->anywhere ? PANGO_WRAP_CHAR : PANGO_WRAP_WORD_CHAR);
    pango_layout_set_ellipsize(layout, style->cut_start ? PANGO_ELLIPSIZE_START : PANGO_ELLIPSIZE_END);
    pango_layout_set_alignment(layout, style->align);
    if (style->max_lines > 1)
        pango_layout_set_height(layout, -style->max_lines);
    else
        pango_layout_set_single_paragraph_mode(layout, TRUE);
    pango_layout_set_text(layout, text, -1);
    return layout;
}

void bk_typeset_size(PangoLayout *layout, int *ret_width, int *ret_height)
{
    PangoRectangle logical;

    pango_layout_get_pixel_extents(layout, NULL, &logical);
    *ret_width = logical.width;
    *ret_height = logical.height;
}

void bk_typeset_paint(cairo_t *cairo, PangoLayout *layout, int x, int y, int width, struct bk_color color)
{
    int text_width, height;

    bk_typeset_size(layout, &text_width, &height);
    cairo_save(cairo);
    /* Marks may reach above and below their line, but no further than the gap to what is beside the text. */
    cairo_rectangle(cairo, x - 1, y - 2, width + 2, height + 4);
    cairo_clip(cairo);
    cairo_move_to(cairo, x, y);
    cairo_set_source_rgba(cairo, color.r, color.g, color.b, color.a);
    pango_cairo_show_layout(cairo, layout);
    cairo_restore(cairo);
}
