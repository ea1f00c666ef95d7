/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The screen's end of a display cable that checks every message: the protocol's rules, written down a second time.
 *
 * Input from: the display cable under test
 * Runs in: fuzz targets
 */
#ifndef BK_TESTS_SCREEN_MODEL_H
#define BK_TESTS_SCREEN_MODEL_H

#include "display_cable.h"

#include <stdbool.h>
#include <stdint.h>

struct screen_model {
    int fd;
    uint32_t last_serial;
    struct {
        uint32_t id, width, height;
    } surfaces[BK_DISPLAY_SURFACES_MAX];
};

/* Plugs a new screen into `display` (struct bk_display). */
struct bk_display;
void screen_model_plug(struct screen_model *screen, struct bk_display *display);
void screen_model_unplug(struct screen_model *screen);
/* False when `display` has closed its end. */
bool screen_model_is_plugged(const struct screen_model *screen);
/* Takes what there is on the cable; aborts when it breaks a rule. */
void screen_model_listen(struct screen_model *screen);

#endif
