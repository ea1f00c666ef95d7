/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the page "Software" is laid out and drawn: one walk from its top to its end, which does the one or the other, so
 * that the two cannot differ.
 *
 * Input from: app (text, cleaned by the model)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_SOFTWARE_WALK_H
#define BK_COMPOSITOR_SOFTWARE_WALK_H

#include "settings_parts.h"
#include "software_page.h"

#define BK_SOFTWARE_SECTION  36  /* a title */
#define BK_SOFTWARE_LABEL    110 /* of a fact */
#define BK_SOFTWARE_FACT_GAP 10
#define BK_SOFTWARE_BAR      6

extern const struct bk_typeset_style bk_software_title_style, bk_software_text_style;

struct bk_software_walk {
    struct bk_software_page *page;
    struct bk_typesetter *typesetter;
    cairo_t *cairo; /* NULL: it is laid out, … */
    bool measures;  /* … or only measured: what can be pressed counts later */
    const struct bk_attention *attention;
    int top, bottom; /* what is seen */
    int y;           /* where it is */
};

/* Of the page, between its edges. */
int bk_software_walk_width(const struct bk_software_walk *walk);
/* Something of this height is seen where the walk is, and drawn. */
bool bk_software_walk_sees(const struct bk_software_walk *walk, int y, int height);
/* Text in at most the style's lines; yields its height. */
int bk_software_walk_text(const struct bk_software_walk *walk, const struct bk_typeset_style *style, const char *text,
                          int x, int y, int width, struct bk_color color);
/* A reason as a sentence; it is told as part of one. */
void bk_software_write_reason(const char *reason, char *text, size_t size);
/* A section's title; goes on below it. */
void bk_software_walk_section(struct bk_software_walk *walk, const char *title);
/* What can be pressed. */
void bk_software_walk_spot(const struct bk_software_walk *walk, enum bk_target_kind kind, uint32_t number,
                           const struct bk_rect *place);
void bk_software_walk_button(const struct bk_software_walk *walk, enum bk_target_kind kind, uint32_t number,
                             const char *label, const struct bk_rect *place, bool enabled);
/* How much of something there is, 0 to 1. */
void bk_software_walk_bar(const struct bk_software_walk *walk, int x, int y, int width, double part);
/* A card behind what a walk finds; the walk is where it begins. */
void bk_software_walk_card(struct bk_software_walk *walk,
                           void (*content)(struct bk_software_walk *walk, const struct bk_software_app *app),
                           const struct bk_software_app *app);
/* A line of such a card. */
void bk_software_walk_fact(struct bk_software_walk *walk, const char *label, const struct bk_typeset_style *style,
                           const char *text);

/* What an app keeps, and its restore points: software_points.c. */
void bk_software_walk_storage(struct bk_software_walk *walk, const struct bk_software_app *app);
/* One app; and the question: software_detail.c. */
void bk_software_walk_app(struct bk_software_walk *walk, const struct bk_software_app *app);
void bk_software_walk_question(struct bk_software_walk *walk);

#endif
