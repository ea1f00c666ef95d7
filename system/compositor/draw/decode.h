/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decodes a PNG of an app's (picture.h has judged its size).
 *
 * Input from: app
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_DECODE_H
#define BK_COMPOSITOR_DECODE_H

#include <cairo.h>
#include <stddef.h>

/* NULL when it is no good, or there is no memory for it. */
cairo_surface_t *bk_decode_png(const void *png, size_t size);

#endif
