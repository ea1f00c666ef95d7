/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The picture behind everything: a calm sea before sunrise, drawn for the screen's size.
 *
 * Input from: trusted
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_WALLPAPER_H
#define BK_COMPOSITOR_WALLPAPER_H

#include <wlr/types/wlr_scene.h>

/* -ENOMEM, and `node` shows what it showed. */
int bk_wallpaper_draw(struct wlr_scene_buffer *node, int width, int height);

#endif
