/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page "Privacy" of the settings: what each app may use, to be changed; what opens with which app, to be changed;
 * and who used what lately.
 *
 * Input from: app (names, cleaned by the model; pictures of installed descriptions)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_PRIVACY_PAGE_H
#define BK_COMPOSITOR_PRIVACY_PAGE_H

#include "defaults.h"
#include "faces.h"
#include "privacy.h"
#include "settings_page.h"

/* What can be chosen for a grant: the choices but for `once`, then to be asked again. */
enum bk_privacy_segment {
    BK_PRIVACY_WHILE_IN_USE,
    BK_PRIVACY_ALWAYS,
    BK_PRIVACY_NEVER,
    BK_PRIVACY_ASK,
    BK_PRIVACY_SEGMENTS,
};

struct bk_privacy_page {
    const struct bk_privacy *privacy;
    const struct bk_defaults *defaults;
    const struct bk_apps *apps;
    struct bk_faces *faces;
    int width;
    bool narrow;        /* what is chosen stands below its name */
    int *grants;        /* the top of each grant's row; NULL: there was no memory, and none is shown */
    size_t grant_count; /* that are laid out */
    size_t default_count;
    int defaults_y; /* of their first row */
    int past_y, height;
};

/* What is given outlives it. */
void bk_privacy_page_init(struct bk_privacy_page *page, const struct bk_privacy *privacy,
                          const struct bk_defaults *defaults, const struct bk_apps *apps, struct bk_faces *faces);
void bk_privacy_page_finish(struct bk_privacy_page *page);
struct bk_settings_page bk_privacy_page_of(struct bk_privacy_page *page);

/* What a segment chooses; BK_CHOICES: to be asked again. */
enum bk_choice bk_privacy_page_choice(enum bk_privacy_segment segment);

#endif
