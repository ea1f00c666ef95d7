/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page "Software" of the settings: all apps, one of them, or the question whether one is to be installed.
 *
 * Input from: app (names, versions, reasons, cleaned by the model; pictures of installed descriptions)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_SOFTWARE_PAGE_H
#define BK_COMPOSITOR_SOFTWARE_PAGE_H

#include "faces.h"
#include "settings_page.h"
#include "software.h"

#define BK_SOFTWARE_SPOTS_MAX (BK_APPS_MAX + 8U)

struct bk_software_spot {
    struct bk_target target;
    struct bk_rect place;
};

struct bk_software_page {
    const struct bk_software *software;
    const struct bk_apps *apps;
    struct bk_faces *faces;
    int width;
    bool asks; /* the question is what is laid out */
    struct bk_software_spot spots[BK_SOFTWARE_SPOTS_MAX];
    size_t spot_count;
};

/* What is given outlives it. */
void bk_software_page_init(struct bk_software_page *page, const struct bk_software *software,
                           const struct bk_apps *apps, struct bk_faces *faces);
struct bk_settings_page bk_software_page_of(struct bk_software_page *page);

#endif
