/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The screen while the desktop turns. The scene knows quarter turns only; so for as long as the turn lasts, this draws
 * the scene aside and puts frames of its own on the screen, of the old picture of the desktop and the new one on one
 * sheet (turn.h, sheet.h). Bar and windows are one picture: they cannot stand at different angles.
 *
 * Input from: app (pixels)
 * Runs in: bk-compositor, main thread
 *
 * The order: bk_rotation_hold() keeps what the screen shows; then the desktop is laid out anew, the apps are told, the
 * output's transform is another; then bk_rotation_turn(), and bk_rotation_commit() for each frame while it is on.
 */
#ifndef BK_COMPOSITOR_ROTATION_H
#define BK_COMPOSITOR_ROTATION_H

#include <stdbool.h>
#include <stdint.h>
#include <wlr/types/wlr_scene.h>

struct bk_rotation;

/* `scene_output` outlives it. */
int bk_rotation_create(struct wlr_scene_output *scene_output, struct bk_rotation **ret_rotation);
void bk_rotation_destroy(struct bk_rotation *rotation);

/* True from bk_rotation_turn() until the frame with which the desktop is at rest again. */
bool bk_rotation_is_on(const struct bk_rotation *rotation);
/* True when that frame is the next one: it is drawn with all that a frame has. */
bool bk_rotation_is_over(const struct bk_rotation *rotation, uint64_t now_ms);

/* Keeps the desktop as it is seen now. False when that cannot be: there is no turn then. */
bool bk_rotation_hold(struct bk_rotation *rotation, uint64_t now_ms);
/* Begins to turn, for `duration_ms`, to the angle of a machine that was turned by `orientation` degrees clockwise. */
void bk_rotation_turn(struct bk_rotation *rotation, int orientation, uint64_t now_ms, uint32_t duration_ms);
/* At rest at this angle from now on, whatever was on. */
void bk_rotation_rest(struct bk_rotation *rotation, int orientation);

/* Draws and commits a frame; false when that failed and is to be tried again. */
bool bk_rotation_commit(struct bk_rotation *rotation, uint64_t now_ms);

#endif
