/* SPDX-License-Identifier: Apache-2.0 */
#include "software_walk.h"

#include "badge.h"

#include <assert.h>

static const struct bk_typeset_style section_style = { .size = 13, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };

int bk_software_walk_width(const struct bk_software_walk *walk)
{
    return walk->page->width - 2 * BK_SETTINGS_PADDING;
}

bool bk_software_walk_sees(const struct bk_software_walk *walk, int y, int height)
{
    return walk->cairo != NULL && y < walk->bottom && y + height > walk->top;
}

int bk_software_walk_text(const struct bk_software_walk *walk, const struct bk_typeset_style *style, const char *text,
                          int x, int y, int width, struct bk_color color)
{
    PangoLayout *layout = bk_typeset_layout(walk->typesetter, style, text, width);
    int text_width, height;

    bk_typeset_size(layout, &text_width, &height);
    if (bk_software_walk_sees(walk, y, height))
        bk_typeset_paint(walk->cairo, layout, x, y, width, color);
    g_object_unref(layout);
    return height;
}

void bk_software_walk_section(struct bk_software_walk *walk, const char *title)
{
    const struct bk_rect place = { BK_SETTINGS_PADDING + 4, walk->y, bk_software_walk_width(walk) - 8,
                                   BK_SOFTWARE_SECTION - 4 };

    if (bk_software_walk_sees(walk, place.y, place.height))
        bk_paint_line(walk->cairo, walk->typesetter, &section_style, title, &place, BK_COLOR_TEXT_SOFT);
    walk->y += BK_SOFTWARE_SECTION;
}

void bk_software_walk_spot(const struct bk_software_walk *walk, enum bk_target_kind kind, uint32_t number,
                           const struct bk_rect *place)
{
    struct bk_software_page *page = walk->page;

    if (walk->cairo != NULL)
        return;
    assert(page->spot_count < BK_SOFTWARE_SPOTS_MAX);
    page->spots[page->spot_count++] =
        (struct bk_software_spot){ .target = { .kind = kind, .number = number }, .place = *place };
}

void bk_software_walk_button(const struct bk_software_walk *walk, enum bk_target_kind kind, const char *label,
                             const struct bk_rect *place, bool enabled)
{
    if (enabled)
        bk_software_walk_spot(walk, kind, 0, place);
    if (bk_software_walk_sees(walk, place->y, place->height))
        bk_settings_paint_button(walk->cairo, walk->typesetter, place, label, kind, enabled, walk->attention);
}
