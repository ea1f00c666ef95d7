/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings: a window of the system's own, in the middle of the desktop, or, on a phone, all of the room between the
 * bar and the strip. It has pages (settings_page.h), one of which is seen.
 *
 * Input from: the person
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_SETTINGS_H
#define BK_COMPOSITOR_SETTINGS_H

#include "form.h"
#include "settings_page.h"
#include "tween.h"

#include <wlr/types/wlr_scene.h>

#define BK_SETTINGS_PAGES_MAX 8U

struct bk_settings {
    struct wlr_scene_tree *tree;
    struct wlr_scene_rect *backdrop;
    struct wlr_scene_buffer *node;
    struct bk_settings_page pages[BK_SETTINGS_PAGES_MAX];
    size_t page_count, page;    /* the one that is seen */
    bool single;                /* it fills the room, and has its pages in the header, not in a list beside the page */
    struct bk_rect room, place; /* on the screen */
    struct bk_rect view;        /* where the page is seen, from the place's top left, … */
    struct bk_rect tabs[BK_SETTINGS_PAGES_MAX]; /* … and the header's tabs, if `single` */
    int content_height;
    double scroll, scale;
    struct bk_target next;         /* is to be seen once the page is laid out; of kind NONE: there is none */
    struct bk_attention attention; /* as drawn */
    struct bk_tween shown;         /* 0 away, 1 there */
    bool open, dirty;
    const bool *animated; /* things slide and fade */
};

void bk_settings_init(struct bk_settings *settings, struct wlr_scene_tree *parent, enum bk_form form,
                      const bool *animated);
/* Before it is opened; a copy is kept. */
void bk_settings_add(struct bk_settings *settings, const struct bk_settings_page *page);

void bk_settings_set_open(struct bk_settings *settings, bool open, uint64_t now_ms);
/* What a page shows is another. */
void bk_settings_changed(struct bk_settings *settings);
/* True when it moved and needs another sync. */
bool bk_settings_scroll(struct bk_settings *settings, double pixels);
/* Scrolls so far that the target can be seen. */
void bk_settings_reveal(struct bk_settings *settings, const struct bk_target *target);
/* The same, once the page is laid out anew, for what was not there before. */
void bk_settings_reveal_next(struct bk_settings *settings, const struct bk_target *target);
void bk_settings_show_page(struct bk_settings *settings, size_t page);

/* By screen coordinates; BK_TARGET_NONE when it is closed or the place is not its. */
struct bk_target bk_settings_at(const struct bk_settings *settings, double x, double y);
void bk_settings_targets(const struct bk_settings *settings, struct bk_target_list *list);

/* Draws what changed; `room` is the screen without what is the system's. */
void bk_settings_sync(struct bk_settings *settings, struct bk_typesetter *typesetter,
                      const struct bk_attention *attention, const struct bk_rect *room);
/* Moves what moves; true while something does. */
bool bk_settings_animate(struct bk_settings *settings, uint64_t now_ms);

#endif
