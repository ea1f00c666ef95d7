/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page "Location" of the settings: the place that the person set, to be forgotten, and a field for another one.
 *
 * Input from: the person
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_PLACE_PAGE_H
#define BK_COMPOSITOR_PLACE_PAGE_H

#include "place_choice.h"
#include "settings_page.h"

#include <xkbcommon/xkbcommon.h>

struct bk_place_page {
    struct bk_place_choice *choice;
    int width;
    struct bk_rect now, entry;         /* cards */
    struct bk_rect words, hint;        /* of text on them */
    struct bk_rect forget, field, set; /* of no height: it is not there */
};

/* What is given outlives it. */
void bk_place_page_init(struct bk_place_page *page, struct bk_place_choice *choice);
struct bk_settings_page bk_place_page_of(struct bk_place_page *page);

/* A key went down in the field; `text` is what it types, perhaps nothing. */
void bk_place_page_key(struct bk_place_page *page, xkb_keysym_t key, const char *text);

#endif
