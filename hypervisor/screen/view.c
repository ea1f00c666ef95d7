/* SPDX-License-Identifier: Apache-2.0 */
#include "view.h"

#include <string.h>

#define SIDE ((int32_t)BK_DISPLAY_CURSOR_SIDE)

bool bk_rectangle_is_empty(struct bk_rectangle rectangle)
{
    return rectangle.x0 >= rectangle.x1 || rectangle.y0 >= rectangle.y1;
}

static int32_t smaller(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

struct bk_rectangle bk_rectangle_union(struct bk_rectangle a, struct bk_rectangle b)
{
    if (bk_rectangle_is_empty(a))
        return b;
    if (bk_rectangle_is_empty(b))
        return a;
    return (struct bk_rectangle){ smaller(a.x0, b.x0), smaller(a.y0, b.y0), larger(a.x1, b.x1), larger(a.y1, b.y1) };
}

struct bk_rectangle bk_rectangle_intersect(struct bk_rectangle a, struct bk_rectangle b)
{
    return (struct bk_rectangle){ larger(a.x0, b.x0), larger(a.y0, b.y0), smaller(a.x1, b.x1), smaller(a.y1, b.y1) };
}

static struct bk_rectangle whole_canvas(const struct bk_view *view)
{
    return (struct bk_rectangle){ 0, 0, (int32_t)view->canvas.width, (int32_t)view->canvas.height };
}

static void add_damage(struct bk_view *view, struct bk_rectangle rectangle)
{
    view->damage = bk_rectangle_union(view->damage, bk_rectangle_intersect(rectangle, whole_canvas(view)));
}

/* Where the surface shown stands on the canvas. */
static struct bk_rectangle place(const struct bk_view *view)
{
    if (view->shown == NULL)
        return (struct bk_rectangle){ 0 };
    int32_t width = (int32_t)view->shown->width;
    int32_t height = (int32_t)view->shown->height;
    int32_t x = larger(0, ((int32_t)view->canvas.width - width) / 2);
    int32_t y = larger(0, ((int32_t)view->canvas.height - height) / 2);

    return (struct bk_rectangle){ x, y, x + width, y + height };
}

void bk_view_locate_cursor(const struct bk_view *view, int32_t *ret_x, int32_t *ret_y)
{
    struct bk_rectangle at = place(view);

    *ret_x = at.x0 + view->cursor.x;
    *ret_y = at.y0 + view->cursor.y;
}

static struct bk_rectangle cursor_rectangle(const struct bk_view *view)
{
    int32_t x, y;

    if (!view->cursor.visible)
        return (struct bk_rectangle){ 0 };
    bk_view_locate_cursor(view, &x, &y);
    return (struct bk_rectangle){ x, y, x + SIDE, y + SIDE };
}

static void damage_cursor(struct bk_view *view)
{
    if (!view->canvas.draws_cursor)
        add_damage(view, cursor_rectangle(view));
}

void bk_view_set_canvas(struct bk_view *view, const struct bk_canvas *canvas)
{
    view->canvas = *canvas;
    view->damage = whole_canvas(view);
    view->cursor_moved = view->cursor_changed = true;
}

void bk_view_show(struct bk_view *view, struct bk_surface *surface, struct bk_rectangle changed)
{
    struct bk_rectangle before = place(view);
    struct bk_surface *old = view->shown;

    view->shown = surface != NULL ? bk_surface_ref(surface) : NULL;
    struct bk_rectangle after = place(view);
    if (memcmp(&before, &after, sizeof before) != 0) {
        add_damage(view, whole_canvas(view)); /* what was around it is black now, or no longer */
        view->cursor_moved = true;
    } else {
        add_damage(view, (struct bk_rectangle){ after.x0 + changed.x0, after.y0 + changed.y0, after.x0 + changed.x1,
                                                after.y0 + changed.y1 });
    }
    bk_surface_unref(old);
}

void bk_view_set_cursor(struct bk_view *view, const struct bk_surface *image, uint32_t hot_x, uint32_t hot_y, int32_t x,
                        int32_t y)
{
    damage_cursor(view);
    view->cursor.visible = image != NULL;
    for (uint32_t row = 0; image != NULL && row < BK_DISPLAY_CURSOR_SIDE; row++)
        memcpy(view->cursor.image + row * BK_DISPLAY_CURSOR_SIDE, image->pixels + (size_t)row * image->stride,
               BK_DISPLAY_CURSOR_SIDE * sizeof(uint32_t));
    view->cursor.hot_x = (int32_t)hot_x;
    view->cursor.hot_y = (int32_t)hot_y;
    view->cursor.x = x - view->cursor.hot_x;
    view->cursor.y = y - view->cursor.hot_y;
    view->cursor_changed = view->cursor_moved = true;
    damage_cursor(view);
}

void bk_view_move_cursor(struct bk_view *view, int32_t x, int32_t y)
{
    damage_cursor(view);
    view->cursor.x = x - view->cursor.hot_x;
    view->cursor.y = y - view->cursor.hot_y;
    view->cursor_moved = true;
    damage_cursor(view);
}

static uint8_t *canvas_at(const struct bk_view *view, int32_t x, int32_t y)
{
    return view->canvas.pixels + (size_t)y * view->canvas.stride + (size_t)x * sizeof(uint32_t);
}

static void fill_black(struct bk_view *view, struct bk_rectangle rectangle)
{
    for (int32_t y = rectangle.y0; !bk_rectangle_is_empty(rectangle) && y < rectangle.y1; y++)
        memset(canvas_at(view, rectangle.x0, y), 0, (size_t)(rectangle.x1 - rectangle.x0) * sizeof(uint32_t));
}

static void copy_surface(struct bk_view *view, struct bk_rectangle rectangle, struct bk_rectangle at)
{
    if (bk_rectangle_is_empty(rectangle))
        return;
    size_t x = (size_t)(rectangle.x0 - at.x0);
    size_t width = (size_t)(rectangle.x1 - rectangle.x0);

    for (int32_t y = rectangle.y0; y < rectangle.y1; y++)
        memcpy(canvas_at(view, rectangle.x0, y),
               view->shown->pixels + (size_t)(y - at.y0) * view->shown->stride + x * sizeof(uint32_t),
               width * sizeof(uint32_t));
}

/* One channel of premultiplied alpha; a sum too large, which only a wrong image has, is cut. */
static uint32_t blend_channel(uint32_t over, uint32_t under, unsigned shift, uint32_t alpha)
{
    uint32_t sum = (over >> shift & 0xff) + ((under >> shift & 0xff) * (255 - alpha) + 127) / 255;

    return (sum > 255 ? 255 : sum) << shift;
}

/* The canvas may be memory that is slow to read: what is under the cursor comes from the surface. */
static void draw_cursor(struct bk_view *view, struct bk_rectangle rectangle, struct bk_rectangle at)
{
    int32_t left, top;

    bk_view_locate_cursor(view, &left, &top);
    for (int32_t y = rectangle.y0; y < rectangle.y1; y++) {
        for (int32_t x = rectangle.x0; x < rectangle.x1; x++) {
            uint32_t over = view->cursor.image[(y - top) * SIDE + (x - left)];
            uint32_t under = 0;

            if (x >= at.x0 && x < at.x1 && y >= at.y0 && y < at.y1)
                memcpy(&under,
                       view->shown->pixels + (size_t)(y - at.y0) * view->shown->stride +
                           (size_t)(x - at.x0) * sizeof under,
                       sizeof under);
            under = blend_channel(over, under, 0, over >> 24) | blend_channel(over, under, 8, over >> 24) |
                    blend_channel(over, under, 16, over >> 24);
            memcpy(canvas_at(view, x, y), &under, sizeof under);
        }
    }
}

struct bk_rectangle bk_view_paint(struct bk_view *view)
{
    struct bk_rectangle painted = bk_rectangle_intersect(view->damage, whole_canvas(view));
    struct bk_rectangle at = place(view);

    view->damage = (struct bk_rectangle){ 0 };
    if (view->canvas.pixels == NULL || bk_rectangle_is_empty(painted))
        return (struct bk_rectangle){ 0 };

    struct bk_rectangle inside = bk_rectangle_intersect(painted, at);
    if (memcmp(&inside, &painted, sizeof inside) != 0)
        fill_black(view, painted);
    copy_surface(view, inside, at);
    if (view->cursor.visible && !view->canvas.draws_cursor)
        draw_cursor(view, bk_rectangle_intersect(painted, cursor_rectangle(view)), at);
    return painted;
}
