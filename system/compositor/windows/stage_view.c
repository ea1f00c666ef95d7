/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of the stage is seen: each window's view, posed where the model has the window or on its way there, and what the
 * windows of apps that left still look like while they fade. The model knows nothing of it.
 *
 * A window that is dragged carries its motion along, so that it never lags behind the pointer. Anything else that puts
 * it elsewhere makes it set off for there, but for a screen of another size, where all is at its place at once.
 */
#include "stage_state.h"

#include "app_color.h"

#include <string.h>

#define ENTER_SCALE 0.94 /* of a window that comes */
#define LEAVE_SCALE 0.90 /* of one that goes */

static uint32_t lasting(const struct bk_stage *stage, uint32_t duration_ms)
{
    return *stage->options.animated ? duration_ms : 0;
}

/* --- where a window is to be seen --- */

/* True when it is to be there at once. */
static bool aim_of(struct bk_stage *stage, const struct bk_window *window, struct bk_pose *ret_aim)
{
    const struct bk_rect outline = bk_window_outline(&stage->windows, window);
    struct bk_pose aim = { .frame = bk_area_of(&outline), .seen = bk_area_of(&outline), .opacity = 1 };

    if (stage->options.pose != NULL)
        return stage->options.pose(window, &actor_of(window)->motion.aim, ret_aim, stage->options.userdata);
    if (window->minimised) {
        const struct bk_rect task = stage->options.task_place(window->cid, stage->options.userdata);
        aim.seen = bk_area_of(&task);
        aim.opacity = 0;
    }
    *ret_aim = aim;
    return stage->drag.window == window && actor_of(window)->mode == window->mode;
}

static bool is_within(const struct bk_stage *stage, const struct bk_pose *pose)
{
    const struct bk_area *seen = &pose->seen;

    return pose->opacity > 0 && seen->x < stage->windows.width && seen->x + seen->width > 0 &&
           seen->y < stage->windows.height && seen->y + seen->height > 0;
}

bool bk_stage_can_be_seen(struct bk_stage *stage, const struct bk_window *window)
{
    struct bk_pose aim;

    (void)aim_of(stage, window, &aim);
    return is_within(stage, &aim);
}

static void set_off(struct bk_stage *stage, const struct bk_window *window, uint64_t now_ms)
{
    struct actor *actor = actor_of(window);
    const struct bk_pose now = bk_motion_at(&actor->motion, now_ms);
    struct bk_pose aim;
    bool carried = aim_of(stage, window, &aim);
    bool enters = actor->motion.aim.opacity < aim.opacity;

    actor->mode = window->mode;
    if (stage->resized || (!is_within(stage, &now) && !is_within(stage, &aim)))
        bk_motion_place(&actor->motion, &aim);
    else if (carried)
        bk_motion_carry(&actor->motion, &aim);
    else
        bk_motion_turn(&actor->motion, &aim, now_ms, lasting(stage, enters ? BK_ENTER_MS : BK_MOVE_MS));
}

struct bk_pose bk_stage_pose(const struct bk_window *window, uint64_t now_ms)
{
    return bk_motion_at(&actor_of(window)->motion, now_ms);
}

void bk_stage_view_enter(struct bk_stage *stage, struct bk_window *window)
{
    struct actor *actor = actor_of(window);
    const struct bk_rect outline = bk_window_outline(&stage->windows, window);
    struct bk_pose pose = { .frame = bk_area_of(&outline) };

    bk_window_view_init(&actor->view, stage->tree, &stage->pictures);
    pose.seen = bk_area_scaled(&pose.frame, ENTER_SCALE);
    bk_motion_place(&actor->motion, &pose);
    actor->mode = window->mode;
}

/* --- what is left of windows that are gone --- */

static void drop_ghost(struct bk_stage *stage, size_t index)
{
    bk_window_view_finish(&stage->ghosts[index].view);
    stage->ghost_count--;
    memmove(&stage->ghosts[index], &stage->ghosts[index + 1], (stage->ghost_count - index) * sizeof stage->ghosts[0]);
}

void bk_stage_drop_ghosts(struct bk_stage *stage)
{
    while (stage->ghost_count > 0)
        drop_ghost(stage, stage->ghost_count - 1);
}

static uint32_t below(const struct bk_windows *windows, const struct bk_window *window)
{
    size_t at = 0;

    while (windows->order[at] != window)
        at++;
    return at > 0 ? windows->order[at - 1]->cid : 0;
}

void bk_stage_view_leave(struct bk_stage *stage, struct bk_window *window, uint64_t now_ms)
{
    struct actor *actor = actor_of(window);
    struct bk_pose pose = bk_motion_at(&actor->motion, now_ms);

    if (!*stage->options.animated || pose.opacity <= 0) {
        bk_window_view_finish(&actor->view);
        return;
    }
    if (stage->ghost_count == BK_STAGE_GHOSTS_MAX)
        drop_ghost(stage, 0);
    struct ghost *ghost = &stage->ghosts[stage->ghost_count++];
    *ghost = (struct ghost){
        .window = *window, .view = actor->view, .motion = actor->motion, .above = below(&stage->windows, window)
    };
    pose.seen = bk_area_scaled(&pose.seen, LEAVE_SCALE);
    pose.opacity = 0;
    bk_motion_turn(&ghost->motion, &pose, now_ms, BK_LEAVE_MS);
    actor->view = (struct bk_window_view){ 0 };
}

static bool sync_ghosts(struct bk_stage *stage, uint64_t now_ms)
{
    for (size_t i = stage->ghost_count; i > 0; i--) {
        struct ghost *ghost = &stage->ghosts[i - 1];
        if (!bk_motion_moves(&ghost->motion, now_ms)) {
            drop_ghost(stage, i - 1);
            continue;
        }
        const struct bk_pose pose = bk_motion_at(&ghost->motion, now_ms);
        bk_window_view_pose(&ghost->view, &stage->windows, &ghost->window, &pose);
    }
    return stage->ghost_count > 0;
}

/* --- all of it --- */

static void sync_order(struct bk_stage *stage)
{
    for (size_t i = 0; i < stage->windows.count; i++)
        wlr_scene_node_raise_to_top(&actor_of(stage->windows.order[i])->view.tree->node);
    for (size_t i = 0; i < stage->ghost_count; i++) {
        const struct bk_window *under = bk_windows_find(&stage->windows, stage->ghosts[i].above);
        if (under != NULL)
            wlr_scene_node_place_above(&stage->ghosts[i].view.tree->node, &actor_of(under)->view.tree->node);
        else
            wlr_scene_node_lower_to_bottom(&stage->ghosts[i].view.tree->node);
    }
    stage->order_dirty = false;
}

static void sync_view(struct bk_stage *stage, struct bk_window *window, uint64_t now_ms)
{
    struct actor *actor = actor_of(window);
    const struct bk_app_face face = bk_stage_face(stage, window);
    const struct bk_pose pose = bk_motion_at(&actor->motion, now_ms);
    const unsigned buttons = BK_WINDOW_MINIMISE | BK_WINDOW_MAXIMISE | BK_WINDOW_CLOSE | BK_WINDOW_WAIT | BK_WINDOW_END;
    bool below_pointer = stage->hover == window && stage->holder == NULL && stage->drag.window == NULL;
    bool down = stage->pressed == window;
    const struct bk_window_look look = {
        .width = bk_area_pixels(&pose.frame).width,
        .framed = !stage->windows.single,
        .mode = window->mode,
        .focused = stage->windows.focus == window,
        .hover = below_pointer && !down ? stage->hover_part & buttons : 0,
        .pressed =
            below_pointer && down && stage->hover_part == stage->pressed_part ? stage->pressed_part & buttons : 0,
        .starting = actor->shown == NULL && !actor->app->blank,
        .closing = window->closing,
        .face = bk_apps_look_of(stage->apps, window->cid),
        .scale = stage->scale,
    };

    bk_window_view_sync(&actor->view, stage->typesetter, &stage->windows, window, &pose, &look, &face);
}

static void sync_snap(struct bk_stage *stage)
{
    bool there = stage->drag.window != NULL && stage->drag.snap != BK_WINDOW_NORMAL;

    wlr_scene_node_set_enabled(&stage->snap->node, there);
    if (!there)
        return;
    const struct bk_rect place = bk_windows_snap_place(&stage->windows, stage->drag.snap);
    const struct bk_app_colors colors = bk_app_colors_of(bk_stage_face(stage, stage->drag.window).id);
    const float alpha = 0.38F; /* the scene's colours are premultiplied */
    const float color[4] = { (float)colors.accent.r * alpha, (float)colors.accent.g * alpha,
                             (float)colors.accent.b * alpha, alpha };
    wlr_scene_rect_set_color(stage->snap, color);
    wlr_scene_rect_set_size(stage->snap, place.width - 16, place.height - 16);
    wlr_scene_node_set_position(&stage->snap->node, place.x + 8, place.y + 8);
    wlr_scene_node_place_below(&stage->snap->node, &actor_of(stage->drag.window)->view.tree->node);
}

void bk_stage_view_sync(struct bk_stage *stage, uint64_t now_ms)
{
    if (stage->order_dirty)
        sync_order(stage);
    for (size_t i = 0; i < stage->windows.count; i++)
        set_off(stage, stage->windows.order[i], now_ms);
    stage->resized = false;
    sync_snap(stage);
}

bool bk_stage_view_animate(struct bk_stage *stage, uint64_t now_ms)
{
    bool moving = sync_ghosts(stage, now_ms);

    for (size_t i = 0; i < stage->windows.count; i++) {
        struct bk_window *window = stage->windows.order[i];
        sync_view(stage, window, now_ms);
        moving = moving || bk_motion_moves(&actor_of(window)->motion, now_ms);
    }
    return moving;
}
