/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keyboard layouts that the person can choose from, and which they chose. Knows nothing of XKB but its names.
 *
 * Input from: the person; trusted (the command line)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_LAYOUTS_H
#define BK_COMPOSITOR_LAYOUTS_H

#include <stdbool.h>
#include <stddef.h>

#define BK_LAYOUTS 26U

struct bk_layout {
    const char *layout, *variant; /* XKB's names, with rules "evdev" and model "pc105" */
    const char *label;            /* on the panel */
    const char *name;             /* in its own language, and in letters that the desktop's fonts have */
};

/* The first is what there is without a choice. */
extern const struct bk_layout bk_layout_table[BK_LAYOUTS];

/* The index of "LAYOUT" or "LAYOUT:VARIANT", such as "de" or "ch:fr"; BK_LAYOUTS when it is none of them. */
size_t bk_layout_find(const char *name);

/* All numbers are indices of the table. */
struct bk_layouts {
    size_t chosen;
    size_t used[BK_LAYOUTS]; /* in the order of their first use */
    size_t used_count;
};

void bk_layouts_init(struct bk_layouts *layouts, size_t first);
/* Uses a layout from now on. */
void bk_layouts_choose(struct bk_layouts *layouts, size_t layout);
bool bk_layouts_has_used(const struct bk_layouts *layouts, size_t layout);
/* The one after the chosen among those that were used; the chosen one when it is alone. */
size_t bk_layouts_next(const struct bk_layouts *layouts);

#endif
