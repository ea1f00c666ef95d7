/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One notification as it is drawn, as a toast and in the notification panel: where its parts are, and its picture.
 *
 * Input from: app (text, already cleaned by the model; the installed description's picture)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_CARD_H
#define BK_COMPOSITOR_CARD_H

#include "badge.h"
#include "notifications.h"
#include "paint.h"
#include "target.h"
#include "typeset.h"

#include <wlr/types/wlr_scene.h>

/* What a card's picture depends on besides the notification; equal looks need no new picture. */
struct bk_card_look {
    uint64_t revision;
    double scale;
    uint64_t face;                             /* revision of the app's picture */
    bool toast;                                /* with a shadow, on a surface of its own */
    bool answerable;                           /* its buttons can be pressed */
    bool hovered;                              /* anywhere on it */
    enum bk_target_kind hover, pressed, focus; /* the part, NONE for no part */
    size_t hover_button, pressed_button, focus_button;
    int64_t age_minutes;
};

struct bk_card {
    struct wlr_scene_buffer *node;
    int64_t id;
    uint64_t measured; /* the revision that the places below are for */
    int margin;        /* around the card, for the shadow */
    int width, height;
    struct bk_rect close;
    struct bk_rect buttons[BK_NOTIFICATION_BUTTONS_MAX];
    size_t button_count;
    struct bk_rect image, progress, reply, send; /* of no height: there is none */
    bool sendable;                               /* something is written */
    int title_y, body_y;
    int gap; /* above it, in a list */
    struct bk_card_look look;
    bool drawn;
};

void bk_card_init(struct bk_card *card, int64_t id, bool toast, struct wlr_scene_tree *parent);
void bk_card_finish(struct bk_card *card);

/* Finds out how high the card is and where its parts are, when the notification or the width changed. */
void bk_card_measure(struct bk_card *card, struct bk_typesetter *typesetter, const struct bk_notification *notification,
                     int width);

/* Draws the card when it looks different from before. */
void bk_card_draw(struct bk_card *card, struct bk_typesetter *typesetter, const struct bk_notification *notification,
                  const struct bk_app_face *face, const struct bk_attention *attention, bool answerable,
                  int64_t now_epoch);

/* Forgets the picture of a card out of sight. */
void bk_card_hide(struct bk_card *card);

/* What is at (x, y), from the card's top left corner without the margin. */
struct bk_target bk_card_at(const struct bk_card *card, double x, double y);

/* Appends the card's close button and, when they can be pressed, its field for a reply and its buttons. */
void bk_card_targets(const struct bk_card *card, bool answerable, struct bk_target_list *list);

#endif
