/* SPDX-License-Identifier: Apache-2.0 */
#include "launcher_layout.h"

#define SHEET_COLUMNS 5
#define SHEET_ROWS    3
#define SHEET_CELL    128
#define SHEET_PADDING 24
#define SHEET_FIELD   44
#define SHEET_TILE    60
#define TILE_Y        16

#define HOME_PADDING     12
#define HOME_CELL_LEAST  84 /* width */
#define HOME_CELL_HEIGHT 116
#define HOME_COLUMNS_MAX 8
#define HOME_FIELD       48
#define HOME_FIELD_MAX   520
#define HOME_GAP         12
#define HOME_TILE        64
#define HOME_TILE_Y      8

static struct bk_launcher_layout sheet(const struct bk_rect *room)
{
    const int width = SHEET_COLUMNS * SHEET_CELL + 2 * SHEET_PADDING;
    const int grid_y = SHEET_PADDING + SHEET_FIELD + 16;
    const int height = grid_y + SHEET_ROWS * SHEET_CELL + SHEET_PADDING;
    const int y = (room->y + room->height - height) / 2;

    return (struct bk_launcher_layout){
        .place = { room->x + (room->width - width) / 2, y > room->y ? y : room->y, width, height },
        .field = { SHEET_PADDING, SHEET_PADDING, width - 2 * SHEET_PADDING, SHEET_FIELD },
        .grid_x = SHEET_PADDING,
        .grid_y = grid_y,
        .columns = SHEET_COLUMNS,
        .rows = SHEET_ROWS,
        .cell_width = SHEET_CELL,
        .cell_height = SHEET_CELL,
        .tile = SHEET_TILE,
        .tile_y = TILE_Y,
        .name_y = TILE_Y + SHEET_TILE + 8,
    };
}

static struct bk_launcher_layout home(const struct bk_rect *room)
{
    const int width = room->width - 2 * HOME_PADDING;
    const int field = width - 8 < HOME_FIELD_MAX ? width - 8 : HOME_FIELD_MAX;
    const int grid_y = HOME_GAP + HOME_FIELD + 2 * HOME_GAP;
    int columns = width / HOME_CELL_LEAST;
    int rows = (room->height - grid_y) / HOME_CELL_HEIGHT;

    columns = columns < 1 ? 1 : columns > HOME_COLUMNS_MAX ? HOME_COLUMNS_MAX : columns;
    rows = rows < 1 ? 1 : rows;
    return (struct bk_launcher_layout){
        .place = *room,
        .home = true,
        .field = { (room->width - field) / 2, HOME_GAP, field, HOME_FIELD },
        .grid_x = HOME_PADDING,
        .grid_y = grid_y,
        .columns = columns,
        .rows = rows,
        .cell_width = width / columns,
        .cell_height = HOME_CELL_HEIGHT,
        .tile = HOME_TILE,
        .tile_y = HOME_TILE_Y,
        .name_y = HOME_TILE_Y + HOME_TILE + 4,
    };
}

struct bk_launcher_layout bk_launcher_layout_of(enum bk_form form, int screen_width, int screen_height)
{
    const struct bk_form_layout layout = bk_form_layout_of(form);
    const struct bk_rect room = { 0, layout.bar, screen_width, screen_height - layout.bar - layout.strip };

    return layout.home ? home(&room) : sheet(&room);
}

struct bk_rect bk_launcher_cell(const struct bk_launcher_layout *layout, int place)
{
    return (struct bk_rect){ layout->grid_x + place % layout->columns * layout->cell_width,
                             layout->grid_y + place / layout->columns * layout->cell_height, layout->cell_width,
                             layout->cell_height };
}
