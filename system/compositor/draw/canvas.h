/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cairo picture as a buffer that wlroots can show: pixels in ordinary memory, drawn once, then only read. It is drawn
 * in logical pixels and has those of the screen: as sharp as the screen is.
 *
 * Input from: trusted
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_CANVAS_H
#define BK_COMPOSITOR_CANVAS_H

#include <cairo.h>
#include <stdint.h>
#include <wlr/types/wlr_scene.h>

struct bk_canvas {
    struct wlr_buffer *buffer;
    cairo_t *cairo;
    int width, height; /* logical: as begun, or one more so that it has whole device pixels */
};

/* Device pixels to a logical one, of the one screen there is: 1, 1.5 or 2. Canvases that are begun from now on have it;
 * what was drawn before is its owner's to draw anew. */
void bk_canvas_set_scale(double scale);
double bk_canvas_scale(void);

/* Begins a transparent picture; -ENOMEM when there is no memory for it. */
int bk_canvas_begin(int width, int height, struct bk_canvas *ret_canvas);

/* The same, opaque, and its device pixels to write to directly: xRGB words in `ret_canvas->buffer`'s width and height,
 * `*ret_stride` bytes from row to row. */
int bk_canvas_begin_opaque(int width, int height, struct bk_canvas *ret_canvas, unsigned char **ret_pixels,
                           int *ret_stride);

/* Ends the drawing; the buffer is the caller's to drop. */
struct wlr_buffer *bk_canvas_end(struct bk_canvas *canvas);

/* Ends the drawing and lets `node` show it, in its logical size. */
void bk_canvas_show(struct bk_canvas *canvas, struct wlr_scene_buffer *node);

#endif
