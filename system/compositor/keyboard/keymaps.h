/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layouts as XKB's keymaps: each compiled at its first use, which is the most expensive thing a keyboard costs, and
 * kept for all keyboards and for when the person comes back to it.
 *
 * Input from: trusted (the image's XKB data)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_KEYMAPS_H
#define BK_COMPOSITOR_KEYMAPS_H

#include "layouts.h"

#include <xkbcommon/xkbcommon.h>

struct bk_keymaps {
    struct xkb_context *xkb;
    struct xkb_keymap *compiled[BK_LAYOUTS]; /* NULL: not used yet */
};

/* -ENOMEM. */
int bk_keymaps_init(struct bk_keymaps *keymaps);
void bk_keymaps_finish(struct bk_keymaps *keymaps);

/* Borrowed; NULL when the image lacks what it is made of. */
struct xkb_keymap *bk_keymaps_of(struct bk_keymaps *keymaps, size_t layout);

#endif
