/* SPDX-License-Identifier: Apache-2.0 */
#include "toast.h"

#include "canvas.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SLIDE       48 /* how far to the right a toast comes from */
#define MORE_HEIGHT 28

static const struct bk_typeset_style more_style = {
    .size = 12, .weight = PANGO_WEIGHT_MEDIUM, .max_lines = 1, .align = PANGO_ALIGN_CENTER
};

void bk_toasts_init(struct bk_toasts *toasts, struct wlr_scene_tree *parent, const struct bk_apps *apps,
                    struct bk_faces *faces, const bool *animated)
{
    *toasts =
        (struct bk_toasts){ .apps = apps, .faces = faces, .tree = wlr_scene_tree_create(parent), .animated = animated };
    toasts->more_node = wlr_scene_buffer_create(toasts->tree, NULL);
}

void bk_toasts_finish(struct bk_toasts *toasts)
{
    for (size_t i = 0; i < toasts->count; i++)
        bk_card_finish(&toasts->views[i].card);
    toasts->count = 0;
}

static uint32_t lasting(const struct bk_toasts *toasts, uint32_t duration_ms)
{
    return *toasts->animated ? duration_ms : 0;
}

static int card_width(const struct bk_toasts *toasts)
{
    int most = toasts->room.width - 2 * BK_SCREEN_GAP;

    return most < BK_CARD_WIDTH ? most : BK_CARD_WIDTH;
}

/* Of a toast that has come. */
static int left(const struct bk_toasts *toasts)
{
    return toasts->room.x + toasts->room.width - BK_SCREEN_GAP - card_width(toasts);
}

static void remove_view(struct bk_toasts *toasts, size_t index)
{
    bk_card_finish(&toasts->views[index].card);
    toasts->count--;
    memmove(&toasts->views[index], &toasts->views[index + 1], (toasts->count - index) * sizeof toasts->views[0]);
}

static struct bk_toast_view *find_view(struct bk_toasts *toasts, int64_t id)
{
    for (size_t i = 0; i < toasts->count; i++) {
        if (toasts->views[i].card.id == id && !toasts->views[i].leaving)
            return &toasts->views[i];
    }
    return NULL;
}

static struct bk_toast_view *add_view(struct bk_toasts *toasts, int64_t id)
{
    if (toasts->count == BK_TOAST_VIEWS_MAX) {
        size_t oldest = 0; /* one that is leaving: those that stay are fewer than there are views */
        while (!toasts->views[oldest].leaving)
            oldest++;
        remove_view(toasts, oldest);
    }
    struct bk_toast_view *view = &toasts->views[toasts->count++];
    *view = (struct bk_toast_view){ 0 };
    bk_card_init(&view->card, id, true, toasts->tree);
    return view;
}

static bool among(struct bk_notification *const *list, size_t count, int64_t id)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i]->id == id)
            return true;
    }
    return false;
}

static void draw_more(struct bk_toasts *toasts, struct bk_typesetter *typesetter, size_t more,
                      const struct bk_attention *attention, int y)
{
    bool lit = attention->hover.kind == BK_TARGET_MORE;
    bool focused = attention->focus.kind == BK_TARGET_MORE;
    struct bk_canvas canvas;
    char text[32];
    int width, height;

    if (more == 0) {
        toasts->more = 0;
        toasts->more_place = (struct bk_rect){ 0 };
        wlr_scene_buffer_set_buffer(toasts->more_node, NULL);
        return;
    }
    if (more != toasts->more || lit != toasts->more_lit || focused != toasts->more_focused ||
        bk_canvas_scale() != toasts->more_scale) {
        snprintf(text, sizeof text, "%d more", (int)more);
        PangoLayout *layout = bk_typeset_layout(typesetter, &more_style, text, 160);
        bk_typeset_size(layout, &width, &height);
        int wide = width + 28;
        if (bk_canvas_begin(wide + 8, MORE_HEIGHT + 8, &canvas) == 0) {
            const struct bk_rect pill = { 4, 4, wide, MORE_HEIGHT };
            bk_paint_surface(canvas.cairo, &pill, MORE_HEIGHT / 2.0, BK_COLOR_TOAST, BK_COLOR_EDGE);
            if (lit)
                bk_paint_surface(canvas.cairo, &pill, MORE_HEIGHT / 2.0, BK_COLOR_HOVER, BK_RGBA(0, 0));
            if (focused)
                bk_paint_focus(canvas.cairo, &pill, MORE_HEIGHT / 2.0);
            bk_typeset_paint(canvas.cairo, layout, 4 + (wide - 160) / 2, 4 + (MORE_HEIGHT - height) / 2, 160,
                             BK_COLOR_TEXT_SOFT);
            bk_canvas_show(&canvas, toasts->more_node);
            toasts->more_place.width = wide;
            toasts->more = more;
            toasts->more_lit = lit;
            toasts->more_focused = focused;
            toasts->more_scale = bk_canvas_scale();
        }
        g_object_unref(layout);
    }
    toasts->more_place.x = left(toasts) + card_width(toasts) - toasts->more_place.width;
    toasts->more_place.y = y;
    toasts->more_place.height = MORE_HEIGHT;
    wlr_scene_node_set_position(&toasts->more_node->node, toasts->more_place.x - 4, y - 4);
}

void bk_toasts_sync(struct bk_toasts *toasts, struct bk_typesetter *typesetter, struct bk_notifications *model,
                    const struct bk_attention *attention, const struct bk_rect *room, uint64_t now_ms,
                    int64_t now_epoch)
{
    struct bk_notification *visible[BK_TOASTS_VISIBLE];
    size_t more;
    size_t count = bk_notifications_toasts(model, visible, &more);
    int y = room->y + BK_SCREEN_GAP;

    toasts->room = *room;
    for (size_t i = 0; i < toasts->count; i++) {
        struct bk_toast_view *view = &toasts->views[i];
        if (view->leaving || among(visible, count, view->card.id))
            continue;
        view->leaving = true;
        bk_tween_to(&view->opacity, 0, now_ms, lasting(toasts, BK_LEAVE_MS));
        bk_tween_to(&view->x, SLIDE / 2.0, now_ms, lasting(toasts, BK_LEAVE_MS));
    }
    for (size_t i = 0; i < count; i++) {
        const struct bk_app_face face =
            bk_faces_named(toasts->faces, toasts->apps, visible[i]->app, visible[i]->app_name);
        struct bk_toast_view *view = find_view(toasts, visible[i]->id);
        bool fresh = view == NULL;

        if (fresh)
            view = add_view(toasts, visible[i]->id);
        bk_card_measure(&view->card, typesetter, visible[i], card_width(toasts));
        bk_card_draw(&view->card, typesetter, visible[i], &face, attention,
                     bk_notifications_answerable(model, visible[i]), now_epoch);
        if (fresh) {
            view->x = (struct bk_tween){ .from = SLIDE, .to = SLIDE };
            view->y = (struct bk_tween){ .from = y, .to = y };
            bk_tween_to(&view->x, 0, now_ms, lasting(toasts, BK_ENTER_MS));
            bk_tween_to(&view->opacity, 1, now_ms, lasting(toasts, BK_ENTER_MS));
        } else {
            bk_tween_to(&view->y, y, now_ms, lasting(toasts, BK_MOVE_MS));
        }
        y += view->card.height + BK_STACK_GAP;
    }
    draw_more(toasts, typesetter, more, attention, y);
    bk_toasts_animate(toasts, now_ms);
}

bool bk_toasts_animate(struct bk_toasts *toasts, uint64_t now_ms)
{
    bool moving = false;

    for (size_t i = toasts->count; i > 0; i--) {
        struct bk_toast_view *view = &toasts->views[i - 1];
        bool moves = bk_tween_moves(&view->x, now_ms) || bk_tween_moves(&view->y, now_ms) ||
                     bk_tween_moves(&view->opacity, now_ms);
        if (view->leaving && !moves) {
            remove_view(toasts, i - 1);
            continue;
        }
        double x = left(toasts) + bk_tween_at(&view->x, now_ms);
        wlr_scene_node_set_position(&view->card.node->node, (int)lround(x) - BK_SHADOW_MARGIN,
                                    (int)lround(bk_tween_at(&view->y, now_ms)) - BK_SHADOW_MARGIN);
        wlr_scene_buffer_set_opacity(view->card.node, (float)bk_tween_at(&view->opacity, now_ms));
        moving = moving || moves;
    }
    return moving;
}

struct bk_target bk_toasts_at(const struct bk_toasts *toasts, double x, double y)
{
    for (size_t i = 0; i < toasts->count; i++) {
        const struct bk_toast_view *view = &toasts->views[i];
        struct bk_target target = bk_card_at(&view->card, x - (left(toasts)), y - view->y.to);
        if (!view->leaving && target.kind != BK_TARGET_NONE)
            return target;
    }
    if (toasts->more > 0 && bk_rect_has(&toasts->more_place, x, y))
        return (struct bk_target){ .kind = BK_TARGET_MORE };
    return (struct bk_target){ .kind = BK_TARGET_NONE };
}

void bk_toasts_targets(const struct bk_toasts *toasts, struct bk_notifications *model, struct bk_target_list *list)
{
    struct bk_notification *visible[BK_TOASTS_VISIBLE];
    size_t more;
    size_t count = bk_notifications_toasts(model, visible, &more);

    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < toasts->count; j++) {
            if (toasts->views[j].card.id == visible[i]->id && !toasts->views[j].leaving)
                bk_card_targets(&toasts->views[j].card, bk_notifications_answerable(model, visible[i]), list);
        }
    }
    if (more > 0)
        list->items[list->count++] = (struct bk_target){ .kind = BK_TARGET_MORE };
}
