/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An app's surface as a buffer that wlroots can show: the very pages that the app's bk-vmm writes to, read in place.
 *
 * Input from: app (pixels, which may change while they are read: they are only ever looked at)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_SURFACE_BUFFER_H
#define BK_COMPOSITOR_SURFACE_BUFFER_H

#include "display_session.h"

#include <stddef.h>
#include <wlr/types/wlr_buffer.h>

/* Takes the mapping of `mapped` bytes, which the surface was checked to fit in, and unmaps it with the buffer. A window
 * is opaque: what the surface says of alpha counts for cursors only. NULL when memory ends; the mapping is gone too. */
struct wlr_buffer *bk_surface_buffer_create(void *data, size_t mapped, const struct bk_display_surface *surface);

#endif
