/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much of a window the person can see.
 *
 * Input from: trusted
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_VISIBILITY_H
#define BK_COMPOSITOR_VISIBILITY_H

#include "windows.h"

enum bk_visibility {
    BK_VISIBILITY_NONE, /* there is no window */
    BK_VISIBILITY_SHOWN,
    BK_VISIBILITY_COVERED, /* other windows hide all that is within the screen */
    BK_VISIBILITY_MINIMISED,
    BK_VISIBILITIES,
};

enum bk_visibility bk_window_visibility(const struct bk_windows *windows, const struct bk_window *window);

#endif
