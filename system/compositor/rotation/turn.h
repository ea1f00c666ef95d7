/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the desktop turns when the machine was turned: at which angle it stands, how large, and how much of the new
 * layout is seen in place of the old one. Time is an argument.
 *
 * Input from: trusted
 * Runs in: bk-compositor, main thread
 *
 * The desktop is one sheet in the middle of the panel. At rest it covers the panel at one of four angles. On its way it
 * goes the shorter way round, grows from the old layout's shape into the new one's, and stands back a little, so that
 * its corners are seen to turn. Whatever is drawn of it, old or new, is drawn on that one sheet.
 */
#ifndef BK_COMPOSITOR_TURN_H
#define BK_COMPOSITOR_TURN_H

#include <stdbool.h>
#include <stdint.h>

/* The sheet at one moment. */
struct bk_turn_sheet {
    double degrees;       /* clockwise on the panel, of the sheet's upper edge */
    double width, height; /* device pixels, along its own edges */
    double fresh;         /* how much of the new layout is seen: 0 none, 1 nothing else */
};

/* Zero-initialised, then bk_turn_rest(). */
struct bk_turn {
    struct bk_turn_sheet from, to;
    double back; /* how far it stands back half-way, in parts of its size */
    uint64_t start_ms;
    uint32_t duration_ms; /* 0: at rest */
};

/* At rest, on a panel of this size, on a machine that was turned by `orientation` degrees clockwise: 0, 90, 180, 270.
 */
void bk_turn_rest(struct bk_turn *turn, int orientation, int panel_width, int panel_height);

/* Begins to turn from wherever it is now. */
void bk_turn_to(struct bk_turn *turn, int orientation, int panel_width, int panel_height, uint64_t now_ms,
                uint32_t duration_ms);

bool bk_turn_moves(const struct bk_turn *turn, uint64_t now_ms);
struct bk_turn_sheet bk_turn_at(const struct bk_turn *turn, uint64_t now_ms);

#endif
