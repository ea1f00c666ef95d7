/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where things are in the launcher: on a sheet in the middle of the screen, or, where it is the home screen, all over
 * it.
 *
 * Input from: trusted
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_LAUNCHER_LAYOUT_H
#define BK_COMPOSITOR_LAUNCHER_LAYOUT_H

#include "form.h"
#include "rect.h"

struct bk_launcher_layout {
    struct bk_rect place; /* on the screen */
    bool home;
    /* From here on from the place's top left. */
    struct bk_rect field;
    int grid_x, grid_y;
    int columns, rows; /* that are seen */
    int cell_width, cell_height;
    int tile, tile_y, name_y; /* within a cell */
};

struct bk_launcher_layout bk_launcher_layout_of(enum bk_form form, int screen_width, int screen_height);
/* The cell at this place of those that are seen. */
struct bk_rect bk_launcher_cell(const struct bk_launcher_layout *layout, int place);

#endif
