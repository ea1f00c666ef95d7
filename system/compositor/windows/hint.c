/* SPDX-License-Identifier: Apache-2.0 */
#include "hint.h"

#include "canvas.h"

#define WIDTH  420 /* at most */
#define HEIGHT 52
#define BADGE  28
#define TEXT_X 56
#define Y      24

#define SHADOW_RADIUS 14 /* as round as the shadow of something so low can be */

static const struct bk_typeset_style name_style = { .size = 13, .weight = PANGO_WEIGHT_SEMIBOLD, .max_lines = 1 };
static const struct bk_typeset_style way_style = { .size = 13, .weight = PANGO_WEIGHT_NORMAL, .max_lines = 1 };

void bk_hint_init(struct bk_hint *hint, struct wlr_scene_tree *parent)
{
    *hint = (struct bk_hint){ .node = wlr_scene_buffer_create(parent, NULL) };
    wlr_scene_node_set_enabled(&hint->node->node, false);
}

static void draw(struct bk_hint *hint, struct bk_typesetter *typesetter, const struct bk_app_face *face,
                 const char *way_out)
{
    const int width = hint->width;
    const struct bk_rect whole = { BK_SHADOW_MARGIN, BK_SHADOW_MARGIN, width, HEIGHT };
    const struct bk_rect badge = { whole.x + 14, whole.y + (HEIGHT - BADGE) / 2, BADGE, BADGE };
    const struct bk_rect name = { whole.x + TEXT_X, whole.y, width / 2 - TEXT_X - 8, HEIGHT };
    const struct bk_rect way = { whole.x + width / 2, whole.y, width / 2 - 12, HEIGHT };
    struct bk_canvas canvas;

    if (bk_canvas_begin(width + 2 * BK_SHADOW_MARGIN, HEIGHT + 2 * BK_SHADOW_MARGIN, &canvas) < 0)
        return; /* an app without a hint is better than none */
    bk_paint_shadow(canvas.cairo, &whole, SHADOW_RADIUS);
    bk_paint_sheer_surface(canvas.cairo, &whole, HEIGHT / 2.0, BK_COLOR_OVERLAY);
    bk_paint_badge(canvas.cairo, typesetter, &badge, face);
    bk_paint_line(canvas.cairo, typesetter, &name_style, face->name, &name, BK_COLOR_TEXT);
    bk_paint_line(canvas.cairo, typesetter, &way_style, way_out, &way, BK_COLOR_TEXT_SOFT);
    bk_canvas_show(&canvas, hint->node);
}

uint64_t bk_hint_sync(struct bk_hint *hint, struct bk_typesetter *typesetter, uint32_t cid,
                      const struct bk_app_face *face, const char *way, int screen_width, uint64_t now_ms)
{
    int width = screen_width - 16 < WIDTH ? screen_width - 16 : WIDTH;

    if (cid != 0 && (cid != hint->cid || width != hint->width || bk_canvas_scale() != hint->scale)) {
        hint->width = width;
        draw(hint, typesetter, face, way);
    }
    if (cid != 0 && cid != hint->cid)
        hint->until_ms = now_ms + BK_HINT_MS;
    hint->cid = cid;
    hint->scale = bk_canvas_scale();
    bool there = cid != 0 && now_ms < hint->until_ms;
    wlr_scene_node_set_enabled(&hint->node->node, there);
    wlr_scene_node_set_position(&hint->node->node, (screen_width - width) / 2 - BK_SHADOW_MARGIN, Y - BK_SHADOW_MARGIN);
    if (there)
        wlr_scene_node_raise_to_top(&hint->node->node);
    return there ? hint->until_ms : UINT64_MAX;
}
