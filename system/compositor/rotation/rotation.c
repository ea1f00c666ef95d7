/* SPDX-License-Identifier: Apache-2.0 */
#include "rotation.h"

#include "sheet.h"

#include "cleanup.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/render/swapchain.h>
#include <wlr/types/wlr_output.h>

#define BACKDROP 0xff05080fU

struct bk_rotation {
    struct wlr_scene_output *scene_output;
    struct wlr_output *output;
    struct bk_turn turn;
    int orientation;
    struct bk_sheet_picture held; /* its pixels are ours; none: no turn is on */
    struct wlr_swapchain *scenes; /* for the scene, drawn aside */
    struct wlr_swapchain *frames; /* for the screen */
};

int bk_rotation_create(struct wlr_scene_output *scene_output, struct bk_rotation **ret_rotation)
{
    struct bk_rotation *rotation = calloc(1, sizeof *rotation);
    if (rotation == NULL)
        return -ENOMEM;

    rotation->scene_output = scene_output;
    rotation->output = scene_output->output;
    *ret_rotation = rotation;
    return 0;
}

void bk_rotation_destroy(struct bk_rotation *rotation)
{
    if (rotation == NULL)
        return;
    bk_rotation_rest(rotation, rotation->orientation);
    free(rotation);
}

bool bk_rotation_is_on(const struct bk_rotation *rotation)
{
    return rotation->held.pixels.data != NULL;
}

bool bk_rotation_is_over(const struct bk_rotation *rotation, uint64_t now_ms)
{
    return bk_rotation_is_on(rotation) && !bk_turn_moves(&rotation->turn, now_ms);
}

/* --- pictures --- */

/* The pixels of a buffer, until wlr_buffer_end_data_ptr_access(). False when it has none that we could work on. */
static bool begin_access(struct wlr_buffer *buffer, uint32_t flags, struct bk_sheet_pixels *ret_pixels)
{
    void *data;
    uint32_t format;
    size_t stride;

    if (!wlr_buffer_begin_data_ptr_access(buffer, flags, &data, &format, &stride))
        return false;
    if ((format != DRM_FORMAT_XRGB8888 && format != DRM_FORMAT_ARGB8888) || stride % sizeof(uint32_t) != 0) {
        wlr_buffer_end_data_ptr_access(buffer);
        return false;
    }
    *ret_pixels = (struct bk_sheet_pixels){
        .data = data, .width = buffer->width, .height = buffer->height, .stride = (int)(stride / sizeof(uint32_t))
    };
    return true;
}

/* The scene as it would be shown at rest; the state has its buffer. */
static bool draw_scene(struct bk_rotation *rotation, struct wlr_output_state *state)
{
    if (!wlr_output_configure_primary_swapchain(rotation->output, NULL, &rotation->scenes))
        return false;
    const struct wlr_scene_output_state_options options = { .swapchain = rotation->scenes };
    /* Not an app's own buffer, though it may cover the screen. */
    wlr_output_lock_attach_render(rotation->output, true);
    bool done = wlr_scene_output_build_state(rotation->scene_output, state, &options);
    wlr_output_lock_attach_render(rotation->output, false);
    return done;
}

static bool allocate(struct bk_sheet_pixels *pixels, int width, int height)
{
    *pixels = (struct bk_sheet_pixels){ .width = width, .height = height, .stride = width };
    pixels->data = calloc((size_t)width * (size_t)height, sizeof *pixels->data);
    return pixels->data != NULL;
}

/* In the middle of a turn both pictures are seen: what is kept is the sheet as it looks. */
static bool keep_sheet(struct bk_rotation *rotation, const struct bk_sheet_picture *scene,
                       const struct bk_turn_sheet *sheet)
{
    struct bk_sheet_picture kept = { 0 };
    const struct bk_turn_sheet upright = { .width = round(sheet->width),
                                           .height = round(sheet->height),
                                           .fresh = sheet->fresh };

    if (!allocate(&kept.pixels, (int)upright.width, (int)upright.height))
        return false;
    bk_sheet_draw(&kept.pixels, &upright, &rotation->held, scene, BACKDROP);
    free(rotation->held.pixels.data);
    rotation->held = kept;
    return true;
}

static bool keep_scene(struct bk_rotation *rotation, const struct bk_sheet_picture *scene)
{
    struct bk_sheet_pixels kept;

    if (!allocate(&kept, scene->pixels.width, scene->pixels.height))
        return false;
    for (int y = 0; y < kept.height; y++)
        memcpy(kept.data + (ptrdiff_t)y * kept.stride, scene->pixels.data + (ptrdiff_t)y * scene->pixels.stride,
               (size_t)kept.width * sizeof *kept.data);
    rotation->held = (struct bk_sheet_picture){ .pixels = kept, .degrees = scene->degrees };
    return true;
}

bool bk_rotation_hold(struct bk_rotation *rotation, uint64_t now_ms)
{
    const struct bk_turn_sheet sheet = bk_turn_at(&rotation->turn, now_ms);
    struct bk_sheet_picture scene = { .degrees = -rotation->orientation };
    struct wlr_output_state state;

    if (bk_rotation_is_on(rotation) && sheet.fresh <= 0)
        return true; /* it is what is seen */
    wlr_output_state_init(&state);
    bool held =
        draw_scene(rotation, &state) && begin_access(state.buffer, WLR_BUFFER_DATA_PTR_ACCESS_READ, &scene.pixels);
    if (held) {
        held = bk_rotation_is_on(rotation) ? keep_sheet(rotation, &scene, &sheet) : keep_scene(rotation, &scene);
        wlr_buffer_end_data_ptr_access(state.buffer);
    }
    wlr_output_state_finish(&state);
    return held;
}

void bk_rotation_turn(struct bk_rotation *rotation, int orientation, uint64_t now_ms, uint32_t duration_ms)
{
    rotation->orientation = orientation;
    bk_turn_to(&rotation->turn, orientation, rotation->output->width, rotation->output->height, now_ms, duration_ms);
}

void bk_rotation_rest(struct bk_rotation *rotation, int orientation)
{
    rotation->orientation = orientation;
    bk_turn_rest(&rotation->turn, orientation, rotation->output->width, rotation->output->height);
    free(rotation->held.pixels.data);
    rotation->held = (struct bk_sheet_picture){ 0 };
    wlr_swapchain_destroy(rotation->scenes);
    wlr_swapchain_destroy(rotation->frames);
    rotation->scenes = NULL;
    rotation->frames = NULL;
}

/* --- frames --- */

static void damage_all(const struct bk_rotation *rotation, struct wlr_output_state *state)
{
    pixman_region32_t all;

    pixman_region32_init_rect(&all, 0, 0, (unsigned)rotation->output->width, (unsigned)rotation->output->height);
    wlr_output_state_set_damage(state, &all);
    pixman_region32_fini(&all);
}

static bool draw_sheet(const struct bk_rotation *rotation, struct wlr_buffer *frame, struct wlr_buffer *scene_buffer,
                       const struct bk_turn_sheet *sheet)
{
    struct bk_sheet_picture scene = { .degrees = -rotation->orientation };
    struct bk_sheet_pixels target;

    if (scene_buffer != NULL && !begin_access(scene_buffer, WLR_BUFFER_DATA_PTR_ACCESS_READ, &scene.pixels))
        return false;
    bool drawn = begin_access(frame, WLR_BUFFER_DATA_PTR_ACCESS_WRITE, &target);
    if (drawn) {
        bk_sheet_draw(&target, sheet, &rotation->held, &scene, BACKDROP);
        wlr_buffer_end_data_ptr_access(frame);
    }
    if (scene_buffer != NULL)
        wlr_buffer_end_data_ptr_access(scene_buffer);
    return drawn;
}

/* The state has the frame to commit instead of the scene's picture, which is drawn only when it is seen. */
static bool draw_frame(struct bk_rotation *rotation, struct wlr_output_state *state, uint64_t now_ms)
{
    const struct bk_turn_sheet sheet = bk_turn_at(&rotation->turn, now_ms);

    if (sheet.fresh > 0 && !draw_scene(rotation, state))
        return false;
    if (!wlr_output_configure_primary_swapchain(rotation->output, NULL, &rotation->frames))
        return false;
    struct wlr_buffer *frame = wlr_swapchain_acquire(rotation->frames, NULL);
    if (frame == NULL)
        return false;
    bool drawn = draw_sheet(rotation, frame, sheet.fresh > 0 ? state->buffer : NULL, &sheet);
    if (drawn)
        wlr_output_state_set_buffer(state, frame);
    wlr_buffer_unlock(frame);
    return drawn;
}

bool bk_rotation_commit(struct bk_rotation *rotation, uint64_t now_ms)
{
    bool over = bk_rotation_is_over(rotation, now_ms);
    struct wlr_output_state state;

    wlr_output_state_init(&state);
    bool done = over ? wlr_scene_output_build_state(rotation->scene_output, &state, NULL)
                     : draw_frame(rotation, &state, now_ms);
    if (done) {
        damage_all(rotation, &state);
        done = wlr_output_commit_state(rotation->output, &state);
    }
    wlr_output_state_finish(&state);
    if (done && over)
        bk_rotation_rest(rotation, rotation->orientation);
    return done;
}
