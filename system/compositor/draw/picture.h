/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a PNG of an app's says it is, by its first bytes: enough to refuse it before anything decodes it.
 *
 * Input from: app
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_PICTURE_H
#define BK_COMPOSITOR_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Its sides in pixels; false when it is no PNG. */
bool bk_picture_size(const void *png, size_t size, uint32_t *ret_width, uint32_t *ret_height);
/* True for a PNG both of whose sides are within these bounds. */
bool bk_picture_fits(const void *png, size_t size, uint32_t least, uint32_t most);

#endif
