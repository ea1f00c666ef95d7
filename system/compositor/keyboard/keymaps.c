/* SPDX-License-Identifier: Apache-2.0 */
#include "keymaps.h"

#include "log.h"

#include <errno.h>

int bk_keymaps_init(struct bk_keymaps *keymaps)
{
    *keymaps = (struct bk_keymaps){ .xkb = xkb_context_new(XKB_CONTEXT_NO_ENVIRONMENT_NAMES) };
    return keymaps->xkb != NULL ? 0 : -ENOMEM;
}

void bk_keymaps_finish(struct bk_keymaps *keymaps)
{
    for (size_t i = 0; i < BK_LAYOUTS; i++)
        xkb_keymap_unref(keymaps->compiled[i]);
    xkb_context_unref(keymaps->xkb);
    *keymaps = (struct bk_keymaps){ 0 };
}

struct xkb_keymap *bk_keymaps_of(struct bk_keymaps *keymaps, size_t layout)
{
    const struct bk_layout *names = &bk_layout_table[layout];
    const struct xkb_rule_names rules = {
        .rules = "evdev", .model = "pc105", .layout = names->layout, .variant = names->variant
    };

    if (keymaps->compiled[layout] == NULL)
        keymaps->compiled[layout] = xkb_keymap_new_from_names(keymaps->xkb, &rules, XKB_KEYMAP_COMPILE_NO_FLAGS);
    if (keymaps->compiled[layout] == NULL)
        bk_error("no keymap for the layout %s:%s", names->layout, names->variant);
    return keymaps->compiled[layout];
}
