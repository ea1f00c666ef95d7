/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The notification panel: a sheet below the bell with every notification that waits for an answer, then those that were
 * answered, greyed; and the switch that keeps toasts away.
 *
 * Input from: app (text, already cleaned by the model; the installed description's picture)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_NOTIFICATION_PANEL_H
#define BK_COMPOSITOR_NOTIFICATION_PANEL_H

#include "card.h"
#include "faces.h"
#include "tween.h"

/* What the sheet's own picture depends on. */
struct bk_sheet_look {
    int width, height;
    double scale;
    bool empty, undisturbed;
    bool quiet_hover, quiet_pressed, quiet_focus;
    bool clear_hover, clear_pressed, clear_focus;
};

struct bk_notification_panel {
    const struct bk_apps *apps;
    struct bk_faces *faces;
    struct wlr_scene_tree *tree;
    struct wlr_scene_tree *list; /* the cards */
    struct wlr_scene_buffer *node;
    struct wlr_scene_buffer *fade_top, *fade_bottom; /* over the list's ends, where it goes on */
    struct bk_rect place;                            /* on the screen */
    struct bk_rect clear, quiet;                     /* on the screen */
    struct wlr_scene_buffer *earlier;                /* the title of those that were answered */
    struct bk_earlier_look {
        double scale;
        int width;
        bool hover, pressed, focus;
    } earlier_look;
    struct bk_rect clear_past; /* from the list's top left; of no width: there is none */
    struct bk_sheet_look look;
    struct bk_card cards[BK_NOTIFICATIONS_MAX + BK_NOTIFICATION_HISTORY_MAX]; /* in the model's order */
    size_t count;
    int content_height, view_height;
    double scroll;         /* pixels of the list above the view */
    struct bk_tween shown; /* 0 away, 1 there */
    bool open;
    const bool *animated;
};

/* `apps` and `faces` outlive it. */
void bk_notification_panel_init(struct bk_notification_panel *panel, struct wlr_scene_tree *parent,
                                const struct bk_apps *apps, struct bk_faces *faces, const bool *animated);
void bk_notification_panel_finish(struct bk_notification_panel *panel);

void bk_notification_panel_set_open(struct bk_notification_panel *panel, bool open, uint64_t now_ms);

/* Makes the panel follow the model and draws what changed and can be seen; `room` is the screen without what is the
 * system's. */
void bk_notification_panel_sync(struct bk_notification_panel *panel, struct bk_typesetter *typesetter,
                                struct bk_notifications *model, const struct bk_attention *attention,
                                const struct bk_rect *room, uint64_t now_ms, int64_t now_epoch);

/* Moves what moves; true while something does. */
bool bk_notification_panel_animate(struct bk_notification_panel *panel, uint64_t now_ms);

/* True when the list moved and needs another sync. */
bool bk_notification_panel_scroll(struct bk_notification_panel *panel, double pixels);
/* Scrolls so far that the card that has the focus can be seen. */
void bk_notification_panel_reveal(struct bk_notification_panel *panel, const struct bk_target *target);

/* By screen coordinates; BK_TARGET_NONE when it is closed or elsewhere. */
struct bk_target bk_notification_panel_at(const struct bk_notification_panel *panel, double x, double y);
void bk_notification_panel_targets(const struct bk_notification_panel *panel, struct bk_notifications *model,
                                   struct bk_target_list *list);

#endif
