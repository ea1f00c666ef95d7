/* SPDX-License-Identifier: Apache-2.0 */
#include "settings_parts.h"

#include "badge.h"

#include <assert.h>

#define RADIUS 10

static const struct bk_typeset_style button_style = {
    .size = 13, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1, .align = PANGO_ALIGN_CENTER
};

void bk_settings_paint_card(cairo_t *cairo, const struct bk_rect *card)
{
    bk_paint_surface(cairo, card, 14, BK_COLOR_CARD, BK_RGBA(0xffffff, 0.05));
}

void bk_settings_paint_button(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_rect *place,
                              const char *label, struct bk_target target, bool enabled,
                              const struct bk_attention *attention)
{
    const bool hover = enabled && bk_target_equal(&attention->hover, &target);
    const bool pressed = hover && bk_target_equal(&attention->pressed, &target);

    bk_paint_surface(cairo, place, RADIUS,
                     !enabled  ? BK_COLOR_CARD
                     : pressed ? BK_COLOR_BUTTON_PRESS
                     : hover   ? BK_COLOR_BUTTON_HOVER
                               : BK_COLOR_BUTTON,
                     BK_RGBA(0, 0));
    if (enabled && bk_target_equal(&attention->focus, &target))
        bk_paint_focus(cairo, place, RADIUS);
    bk_paint_line(cairo, typesetter, &button_style, label, place, enabled ? BK_COLOR_TEXT : BK_COLOR_TEXT_DISABLED);
}

void bk_settings_add_spot(struct bk_settings_spots *spots, enum bk_target_kind kind, const struct bk_rect *place)
{
    assert(spots->count < BK_SETTINGS_SPOTS);
    spots->kinds[spots->count] = kind;
    spots->places[spots->count++] = *place;
}

struct bk_target bk_settings_spot_at(const struct bk_settings_spots *spots, double x, double y)
{
    for (size_t i = 0; i < spots->count; i++) {
        if (bk_rect_has(&spots->places[i], x, y))
            return (struct bk_target){ .kind = spots->kinds[i] };
    }
    return (struct bk_target){ .kind = BK_TARGET_NONE };
}

void bk_settings_spot_targets(const struct bk_settings_spots *spots, struct bk_target_list *ret_list)
{
    for (size_t i = 0; i < spots->count; i++)
        ret_list->items[ret_list->count++] = (struct bk_target){ .kind = spots->kinds[i] };
}

bool bk_settings_spot_place(const struct bk_settings_spots *spots, const struct bk_target *target,
                            struct bk_rect *ret_place)
{
    for (size_t i = 0; i < spots->count; i++) {
        if (spots->kinds[i] == target->kind) {
            *ret_place = spots->places[i];
            return true;
        }
    }
    return false;
}
