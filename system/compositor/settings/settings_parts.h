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

void bk_settings_paint_card(cairo_t *cairo, const struct bk_rect *card);

/* The button that activates a target of this kind. */
void bk_settings_paint_button(cairo_t *cairo, struct bk_typesetter *typesetter, const struct bk_rect *place,
                              const char *label, enum bk_target_kind kind, bool enabled,
                              const struct bk_attention *attention);

#endif
