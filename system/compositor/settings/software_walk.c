/* SPDX-License-Identifier: Apache-2.0 */
#include "software_walk.h"

#include "badge.h"

#include <assert.h>
#include <stdio.h>

const struct bk_typeset_style bk_software_title_style = { .size = 14, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1 };
const struct bk_typeset_style bk_software_text_style = {
    .size = 13, .weight = PANGO_WEIGHT_NORMAL, .line_height = 18, .max_lines = 4
};
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

void bk_software_write_reason(const char *reason, char *text, size_t size)
{
    snprintf(text, size, "%s%s", reason != NULL ? reason : "", reason != NULL && reason[0] != '\0' ? "." : "");
    if (text[0] >= 'a' && text[0] <= 'z')
        text[0] = (char)(text[0] - 'a' + 'A');
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

    if (walk->cairo != NULL || walk->measures)
        return;
    assert(page->spot_count < BK_SOFTWARE_SPOTS_MAX);
    page->spots[page->spot_count++] =
        (struct bk_software_spot){ .target = { .kind = kind, .number = number }, .place = *place };
}

void bk_software_walk_button(const struct bk_software_walk *walk, enum bk_target_kind kind, uint32_t number,
                             const char *label, const struct bk_rect *place, bool enabled)
{
    const struct bk_target target = { .kind = kind, .number = number };

    if (enabled)
        bk_software_walk_spot(walk, kind, number, place);
    if (bk_software_walk_sees(walk, place->y, place->height))
        bk_settings_paint_button(walk->cairo, walk->typesetter, place, label, target, enabled, walk->attention);
}

void bk_software_walk_bar(const struct bk_software_walk *walk, int x, int y, int width, double part)
{
    const struct bk_rect track = { x, y, width, BK_SOFTWARE_BAR };
    const int filled = (int)((part < 1 ? part : 1) * width);

    if (!bk_software_walk_sees(walk, y, BK_SOFTWARE_BAR))
        return;
    bk_paint_surface(walk->cairo, &track, BK_SOFTWARE_BAR / 2.0, BK_RGBA(0xffffff, 0.12), BK_RGBA(0, 0));
    if (filled >= BK_SOFTWARE_BAR)
        bk_paint_surface(walk->cairo, &(struct bk_rect){ x, y, filled, BK_SOFTWARE_BAR }, BK_SOFTWARE_BAR / 2.0,
                         BK_RGB(0x4c8dff), BK_RGBA(0, 0));
}

void bk_software_walk_card(struct bk_software_walk *walk,
                           void (*content)(struct bk_software_walk *walk, const struct bk_software_app *app),
                           const struct bk_software_app *app)
{
    struct bk_software_walk measure = *walk;

    measure.cairo = NULL;
    measure.measures = true;
    content(&measure, app);
    const struct bk_rect card = { BK_SETTINGS_PADDING, walk->y, bk_software_walk_width(walk), measure.y - walk->y };
    if (bk_software_walk_sees(walk, card.y, card.height))
        bk_settings_paint_card(walk->cairo, &card);
    content(walk, app);
    walk->y += BK_SETTINGS_CARD_GAP;
}

void bk_software_walk_fact(struct bk_software_walk *walk, const char *label, const struct bk_typeset_style *style,
                           const char *text)
{
    const int x = BK_SETTINGS_PADDING + BK_SETTINGS_INSET;
    const int width = walk->page->width - BK_SETTINGS_PADDING - BK_SETTINGS_INSET - x - BK_SOFTWARE_LABEL;

    (void)bk_software_walk_text(walk, &bk_software_text_style, label, x, walk->y, BK_SOFTWARE_LABEL - 8,
                                BK_COLOR_TEXT_FAINT);
    walk->y += bk_software_walk_text(walk, style, text, x + BK_SOFTWARE_LABEL, walk->y, width, BK_COLOR_TEXT) +
               BK_SOFTWARE_FACT_GAP;
}
