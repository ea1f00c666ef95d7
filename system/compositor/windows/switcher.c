/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A preview is the window's own buffer, shown once more at a smaller size: nothing is copied, and it goes on moving.
 */
#include "switcher.h"

#include "app_color.h"
#include "canvas.h"
#include "tween.h"

#include <errno.h>
#include <stdlib.h>

#define PREVIEW_WIDTH  208
#define PREVIEW_HEIGHT 132
#define PADDING        20
#define GAP            16
#define LABEL          40
#define BADGE          22
#define MARK           4 /* thickness of the frame around the marked one */
#define RADIUS         22

#define FADE_MS 120 /* to come and go: shorter than a tap on Tab */

static const struct bk_typeset_style label_style = { .size = 13, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };

struct item {
    uint32_t cid;
    struct wlr_scene_buffer *preview;
    struct wlr_buffer *shown; /* by the preview; locked */
};

struct bk_switcher {
    struct bk_stage *stage;
    struct bk_typesetter *typesetter;
    void (*wants_frame)(void *userdata);
    void *userdata;
    struct wlr_scene_tree *tree;
    struct wlr_scene_buffer *sheet;
    struct item items[BK_SWITCHER_MAX];
    size_t count, marked;
    struct bk_tween shown; /* 0 away, 1 there */
    bool open, dirty;
    const bool *animated;
};

int bk_switcher_create(struct wlr_scene_tree *parent, struct bk_typesetter *typesetter, struct bk_stage *stage,
                       const bool *animated, void (*wants_frame)(void *userdata), void *userdata,
                       struct bk_switcher **ret_switcher)
{
    struct bk_switcher *switcher = calloc(1, sizeof *switcher);
    if (switcher == NULL)
        return -ENOMEM;

    switcher->stage = stage;
    switcher->typesetter = typesetter;
    switcher->animated = animated;
    switcher->wants_frame = wants_frame;
    switcher->userdata = userdata;
    switcher->tree = wlr_scene_tree_create(parent);
    switcher->sheet = wlr_scene_buffer_create(switcher->tree, NULL);
    for (size_t i = 0; i < BK_SWITCHER_MAX; i++)
        switcher->items[i].preview = wlr_scene_buffer_create(switcher->tree, NULL);
    wlr_scene_node_set_enabled(&switcher->tree->node, false);
    *ret_switcher = switcher;
    return 0;
}

static void show(struct item *item, struct wlr_buffer *buffer)
{
    struct wlr_buffer *before = item->shown;

    item->shown = buffer != NULL ? wlr_buffer_lock(buffer) : NULL;
    wlr_scene_buffer_set_buffer(item->preview, buffer);
    if (before != NULL)
        wlr_buffer_unlock(before);
}

void bk_switcher_destroy(struct bk_switcher *switcher)
{
    if (switcher == NULL)
        return;
    for (size_t i = 0; i < BK_SWITCHER_MAX; i++)
        show(&switcher->items[i], NULL);
    free(switcher);
}

bool bk_switcher_is_open(const struct bk_switcher *switcher)
{
    return switcher->open;
}

static void dirty(struct bk_switcher *switcher)
{
    switcher->dirty = true;
    switcher->wants_frame(switcher->userdata);
}

/* The topmost windows first; minimised ones are as good as others. */
static void collect(struct bk_switcher *switcher)
{
    const struct bk_windows *windows = bk_stage_windows(switcher->stage);

    switcher->count = 0;
    for (size_t i = windows->count; i > 0 && switcher->count < BK_SWITCHER_MAX; i--)
        switcher->items[switcher->count++].cid = windows->order[i - 1]->cid;
}

void bk_switcher_step(struct bk_switcher *switcher, bool back)
{
    if (!switcher->open) {
        collect(switcher);
        if (switcher->count == 0)
            return;
        switcher->open = true;
        switcher->marked = 0;
        /* With no focus the topmost one is the one to return to. */
        if (bk_stage_windows(switcher->stage)->focus == NULL && !back) {
            dirty(switcher);
            return;
        }
    }
    switcher->marked = (switcher->marked + (back ? switcher->count - 1 : 1)) % switcher->count;
    dirty(switcher);
}

void bk_switcher_end(struct bk_switcher *switcher, bool choose)
{
    struct bk_window *window =
        bk_windows_find(bk_stage_windows(switcher->stage), switcher->items[switcher->marked].cid);

    switcher->open = false;
    dirty(switcher);
    if (choose && window != NULL)
        bk_stage_focus(switcher->stage, window);
}

void bk_switcher_changed(struct bk_switcher *switcher)
{
    if (!switcher->open)
        return;
    collect(switcher);
    if (switcher->count == 0)
        switcher->open = false;
    else if (switcher->marked >= switcher->count)
        switcher->marked = switcher->count - 1;
    dirty(switcher);
}

/* How many stand in a row, and how wide all is. */
static int columns_of(const struct bk_switcher *switcher, int screen_width)
{
    int most = (screen_width - 2 * PADDING - 64 + GAP) / (PREVIEW_WIDTH + GAP);

    most = most < 1 ? 1 : most;
    return (int)switcher->count < most ? (int)switcher->count : most;
}

static struct bk_rect place_of(size_t index, int columns)
{
    int column = (int)index % columns, row = (int)index / columns;

    return (struct bk_rect){ PADDING + column * (PREVIEW_WIDTH + GAP), PADDING + row * (PREVIEW_HEIGHT + LABEL + GAP),
                             PREVIEW_WIDTH, PREVIEW_HEIGHT };
}

static void paint_item(cairo_t *cairo, struct bk_switcher *switcher, size_t index, const struct bk_rect *place)
{
    const struct bk_window *window = bk_windows_find(bk_stage_windows(switcher->stage), switcher->items[index].cid);
    if (window == NULL)
        return;
    const struct bk_app_face face = bk_stage_face(switcher->stage, window);
    const struct bk_app_colors colors = bk_app_colors_of(face.id);
    bool marked = index == switcher->marked;
    const struct bk_rect badge = { place->x + 4, place->y + place->height + (LABEL - BADGE) / 2 + 2, BADGE, BADGE };
    const struct bk_rect name = { badge.x + BADGE + 10, place->y + place->height + 2, place->width - BADGE - 18,
                                  LABEL };

    if (marked) {
        const struct bk_rect around = { place->x - 8, place->y - 8, place->width + 16, place->height + LABEL + 12 };
        bk_paint_surface(cairo, &around, 14, BK_COLOR_BUTTON, BK_COLOR_EDGE);
    }
    struct bk_color frame = marked ? colors.tile_top : colors.frame_edge;
    bk_paint_rounded(cairo, place->x - MARK, place->y - MARK, place->width + 2 * MARK, place->height + 2 * MARK, 8);
    bk_paint_color(cairo, frame);
    cairo_fill(cairo);
    cairo_rectangle(cairo, place->x, place->y, place->width, place->height);
    bk_paint_color(cairo, BK_RGB(0x0b111d));
    cairo_fill(cairo);
    if (bk_stage_picture(window) == NULL) {
        const struct bk_rect large = { place->x + (place->width - 48) / 2, place->y + (place->height - 48) / 2, 48,
                                       48 };
        bk_paint_badge(cairo, switcher->typesetter, &large, &face);
    }
    bk_paint_badge(cairo, switcher->typesetter, &badge, &face);
    bk_paint_name(cairo, switcher->typesetter, &label_style, &face, &name, marked ? BK_COLOR_TEXT : BK_COLOR_TEXT_SOFT,
                  BK_COLOR_TEXT_FAINT);
}

static void draw(struct bk_switcher *switcher, int columns, const struct bk_rect *place)
{
    const struct bk_rect whole = { BK_SHADOW_MARGIN, BK_SHADOW_MARGIN, place->width, place->height };
    struct bk_canvas canvas;

    if (bk_canvas_begin(place->width + 2 * BK_SHADOW_MARGIN, place->height + 2 * BK_SHADOW_MARGIN, &canvas) < 0)
        return; /* the old picture stays, the next change tries again */
    bk_paint_shadow(canvas.cairo, &whole, RADIUS);
    bk_paint_sheer_surface(canvas.cairo, &whole, RADIUS, BK_COLOR_OVERLAY);
    cairo_translate(canvas.cairo, BK_SHADOW_MARGIN, BK_SHADOW_MARGIN);
    for (size_t i = 0; i < switcher->count; i++) {
        const struct bk_rect item = place_of(i, columns);
        paint_item(canvas.cairo, switcher, i, &item);
    }
    bk_canvas_show(&canvas, switcher->sheet);
    wlr_scene_node_set_position(&switcher->sheet->node, place->x - BK_SHADOW_MARGIN, place->y - BK_SHADOW_MARGIN);
}

/* As large as fits, with the picture's own shape. */
static void place_preview(struct item *item, int x, int y)
{
    int width = item->shown->width, height = item->shown->height;
    int64_t by_width = (int64_t)width * PREVIEW_HEIGHT, by_height = (int64_t)height * PREVIEW_WIDTH;
    int shown_width = by_width >= by_height ? PREVIEW_WIDTH : (int)(by_width / height);
    int shown_height = by_width >= by_height ? (int)(by_height / width) : PREVIEW_HEIGHT;

    shown_width = shown_width < 1 ? 1 : shown_width;
    shown_height = shown_height < 1 ? 1 : shown_height;
    wlr_scene_buffer_set_dest_size(item->preview, shown_width, shown_height);
    wlr_scene_node_set_position(&item->preview->node, x + (PREVIEW_WIDTH - shown_width) / 2,
                                y + (PREVIEW_HEIGHT - shown_height) / 2);
}

bool bk_switcher_frame(struct bk_switcher *switcher, uint64_t now_ms)
{
    const struct bk_windows *windows = bk_stage_windows(switcher->stage);
    int columns = columns_of(switcher, windows->width);
    int rows = columns > 0 ? ((int)switcher->count + columns - 1) / columns : 0;
    const struct bk_rect size = { 0, 0, 2 * PADDING + columns * (PREVIEW_WIDTH + GAP) - GAP,
                                  2 * PADDING + rows * (PREVIEW_HEIGHT + LABEL + GAP) - GAP };
    const struct bk_rect place = { (windows->width - size.width) / 2, (windows->height - size.height) / 2, size.width,
                                   size.height };

    if (switcher->dirty)
        bk_tween_to(&switcher->shown, switcher->open ? 1 : 0, now_ms, *switcher->animated ? FADE_MS : 0);
    bool moves = bk_tween_moves(&switcher->shown, now_ms);
    bool there = switcher->open || moves;
    const float opacity = (float)bk_tween_at(&switcher->shown, now_ms);
    if (!there && !switcher->dirty && !switcher->tree->node.enabled)
        return false;
    wlr_scene_node_set_enabled(&switcher->tree->node, there);
    for (size_t i = 0; i < BK_SWITCHER_MAX; i++) {
        struct item *item = &switcher->items[i];
        const struct bk_window *window = there && i < switcher->count ? bk_windows_find(windows, item->cid) : NULL;
        struct wlr_buffer *picture = window != NULL ? bk_stage_picture(window) : NULL;
        if (picture == NULL) {
            if (item->shown != NULL)
                show(item, NULL);
            continue;
        }
        const struct bk_rect at = place_of(i, columns);
        show(item, picture);
        place_preview(item, place.x + at.x, place.y + at.y);
        wlr_scene_buffer_set_opacity(item->preview, opacity);
    }
    if (switcher->open && switcher->dirty)
        draw(switcher, columns, &place);
    wlr_scene_buffer_set_opacity(switcher->sheet, opacity);
    switcher->dirty = false;
    return moves;
}
