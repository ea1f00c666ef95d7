/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an app said about its window, and what the app is to know of it. Knows no JSON, no socket and no clock.
 *
 * Input from: app (a title that bk_text_check() has passed, numbers within their bounds); trusted (the rest)
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_WINDOW_H
#define BK_BROKER_WINDOW_H

#include "pace.h"

#include <stdbool.h>
#include <stdint.h>

/* The limits that api/io.bulkhead.Window.varlink promises. */
#define BK_WINDOW_TITLE_MAX       200U /* bytes */
#define BK_WINDOW_COUNT_MAX       99999U
#define BK_WINDOW_SIDE_MAX        65535U
#define BK_WINDOW_SET_BURST       20U   /* calls at once … */
#define BK_WINDOW_SET_INTERVAL_MS 100UL /* … and then one each so many milliseconds */

/* What an app that is asked to end has for that: the hypervisor ends it then (io.bulkhead.Hypervisor.Stop()), or, of
 * one that the person closes, the desktop asks them whether it is to be ended. */
#define BK_WINDOW_END_MS 10000U

/* As io.bulkhead.Window and io.bulkhead.Desktop have them. */
enum bk_window_badge {
    BK_WINDOW_BADGE_NONE,
    BK_WINDOW_BADGE_DOT,
    BK_WINDOW_BADGE_COUNT,
    BK_WINDOW_BADGES,
};
extern const char *const bk_window_badge_names[BK_WINDOW_BADGES];

enum bk_window_visibility {
    BK_WINDOW_NONE, /* there is no window, or no desktop that told of it */
    BK_WINDOW_SHOWN,
    BK_WINDOW_COVERED,
    BK_WINDOW_MINIMISED,
    BK_WINDOW_VISIBILITIES,
};
extern const char *const bk_window_visibility_names[BK_WINDOW_VISIBILITIES];

/* What an app says; of each only what `has` says is there. */
enum bk_window_part {
    BK_WINDOW_TITLE = 1 << 0,
    BK_WINDOW_BADGE = 1 << 1,
    BK_WINDOW_MINIMUM = 1 << 2,
};
struct bk_window_said {
    unsigned has;
    char title[BK_WINDOW_TITLE_MAX + 1];
    enum bk_window_badge badge;
    unsigned count;
    unsigned least_width, least_height;
};

/* Zero-initialised; one for each VM. */
struct bk_window {
    struct bk_window_said said; /* all of it so far */
    struct bk_pace calls;
    bool focused;
    enum bk_window_visibility visibility;
    uint64_t end_ms; /* when it may be ended; 0: nobody asked it to close */
};

/* Takes what the app said; 0, or how many milliseconds it must wait before it may say anything. */
uint64_t bk_window_say(struct bk_window *window, const struct bk_window_said *said, uint64_t now_ms);

/* False when nothing is different from before. */
bool bk_window_see(struct bk_window *window, bool focused, enum bk_window_visibility visibility);
/* The person asked it to close; false when it knows. */
bool bk_window_close(struct bk_window *window, uint64_t now_ms);
/* They did not mean it, or answer what it asked; false when nobody had asked it. */
bool bk_window_stay(struct bk_window *window);

/* What is around the windows, the same for all. */
#define BK_SURROUNDINGS_NAME_MAX 32U /* bytes of a keyboard layout's name */

struct bk_surroundings {
    double scale;
    bool light;
    bool reduced_motion;
    char keyboard_layout[BK_SURROUNDINGS_NAME_MAX + 1];
    char keyboard_variant[BK_SURROUNDINGS_NAME_MAX + 1];
};

/* Before a desktop told. */
#define BK_SURROUNDINGS_DEFAULT ((struct bk_surroundings){ .scale = 1, .keyboard_layout = "us" })

#endif
