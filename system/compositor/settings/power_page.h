/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page "Power" of the settings: the battery, low-power mode, sleep, and which apps keep the machine awake.
 *
 * Input from: app (names and reasons, cleaned by the model; pictures of installed descriptions)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_POWER_PAGE_H
#define BK_COMPOSITOR_POWER_PAGE_H

#include "faces.h"
#include "power.h"
#include "settings_page.h"

/* What the machine can do for good or for a while: a card. */
struct bk_power_act {
    struct bk_rect card, button;
    struct bk_rect cancel, yes; /* below it, while the person is being asked */
};

struct bk_power_page {
    const struct bk_power *power;
    const struct bk_apps *apps;
    struct bk_faces *faces;
    int width, height;
    struct bk_rect battery, low; /* cards */
    struct bk_power_act sleep, off;
    int awake_y;                     /* the list of apps, and … */
    int rows[BK_INHIBITORS_MAX + 1]; /* … where each begins */
    size_t count;                    /* that are laid out */
};

/* What is given outlives it. */
void bk_power_page_init(struct bk_power_page *page, const struct bk_power *power, const struct bk_apps *apps,
                        struct bk_faces *faces);
struct bk_settings_page bk_power_page_of(struct bk_power_page *page);

#endif
