/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the pages of the settings are made of: cards, and buttons on them.
 *
 * Input from: trusted
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_SETTINGS_PARTS_H
#define BK_COMPOSITOR_SETTINGS_PARTS_H

#include "paint.h"
#include "target.h"
#include "typeset.h"

#include <stdbool.h>

#define BK_SETTINGS_PADDING  20 /* of a page */
#define BK_SETTINGS_INSET    16 /* of a card */
#define BK_SETTINGS_CARD_GAP 12
#define BK_SETTINGS_BUTTON   36
#define BK_SETTINGS_SPOTS    5 /* of a page whose targets are each of another kind */

/* What can be pressed on such a page, in its order. */
struct bk_settings_spots {
    size_t count;
    enum bk_target_kind kinds[BK_SETTINGS_SPOTS];
    struct bk_rect places[BK_SETTINGS_SPOTS];
};

void bk_settings_add_spot(struct bk_settings_spots *spots, enum bk_target_kind kind, const struct bk_rect *place);

/* The three that a struct bk_settings_page has, of such a list. */
struct bk_target bk_settings_spot_at(const struct bk_settings_spots *spots, double x, double y);
void bk_settings_spot_targets(const struct bk_settings_spots *spots, struct bk_target_list *ret_list);
bool bk_settings_spot_place(const struct bk_settings_spots *spots, const struct bk_target *target,
                            struct bk_rect *ret_place);

void bk_settings_paint_card(cairo_t *cairo, const struct bk_rect *card);

/* The button that activates a target. */
void bk_settings_paint_button(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_rect *place,
                              const char *label, struct bk_target target, bool enabled,
                              const struct bk_attention *attention);

#endif
