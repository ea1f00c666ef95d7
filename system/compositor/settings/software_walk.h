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

#define BK_SOFTWARE_SECTION 36 /* a title */

struct bk_software_walk {
    struct bk_software_page *page;
    struct bk_typesetter *typesetter;
    cairo_t *cairo; /* NULL: it is laid out */
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
/* A section's title; goes on below it. */
void bk_software_walk_section(struct bk_software_walk *walk, const char *title);
/* What can be pressed. */
void bk_software_walk_spot(const struct bk_software_walk *walk, enum bk_target_kind kind, uint32_t number,
                           const struct bk_rect *place);
void bk_software_walk_button(const struct bk_software_walk *walk, enum bk_target_kind kind, const char *label,
                             const struct bk_rect *place, bool enabled);

/* One app; and the question: software_detail.c. */
void bk_software_walk_app(struct bk_software_walk *walk, const struct bk_software_app *app);
void bk_software_walk_question(struct bk_software_walk *walk);

#endif
