/* SPDX-License-Identifier: Apache-2.0 */
#include "layouts.h"

#include <assert.h>
#include <string.h>

/* Neighbours share a language or a part of the world. The System VM's image holds what each needs (image.list). */
const struct bk_layout bk_layout_table[] = {
    { "us", "", "us", "English (US)" },
    { "us", "intl", "us intl", "English (intl.)" },
    { "us", "dvorak", "us dvk", "English (Dvorak)" },
    { "gb", "", "gb", "English (UK)" },
    { "de", "", "de", "Deutsch" },
    { "ch", "", "ch", "Deutsch (Schweiz)" },
    { "ch", "fr", "ch fr", "Français (Suisse)" },
    { "fr", "", "fr", "Français" },
    { "be", "", "be", "België, Belgique" },
    { "nl", "", "nl", "Nederlands" },
    { "it", "", "it", "Italiano" },
    { "es", "", "es", "Español" },
    { "pt", "", "pt", "Português" },
    { "br", "", "br", "Português (Brasil)" },
    { "dk", "", "dk", "Dansk" },
    { "no", "", "no", "Norsk" },
    { "se", "", "se", "Svenska" },
    { "fi", "", "fi", "Suomi" },
    { "pl", "", "pl", "Polski" },
    { "cz", "", "cz", "Čeština" },
    { "hu", "", "hu", "Magyar" },
    { "tr", "", "tr", "Türkçe" },
    { "gr", "", "gr", "Ελληνικά" },
    { "ru", "", "ru", "Русский" },
    { "ua", "", "ua", "Українська" },
    { "jp", "", "jp", "Nihongo" },
};
static_assert(sizeof bk_layout_table / sizeof bk_layout_table[0] == BK_LAYOUTS, "as many as the header says");

size_t bk_layout_find(const char *name)
{
    const char *colon = strchrnul(name, ':');
    const char *variant = *colon == ':' ? colon + 1 : colon;
    size_t length = (size_t)(colon - name);

    for (size_t i = 0; i < BK_LAYOUTS; i++) {
        const struct bk_layout *layout = &bk_layout_table[i];
        if (strlen(layout->layout) == length && strncmp(layout->layout, name, length) == 0 &&
            strcmp(layout->variant, variant) == 0)
            return i;
    }
    return BK_LAYOUTS;
}

void bk_layouts_init(struct bk_layouts *layouts, size_t first)
{
    *layouts = (struct bk_layouts){ .chosen = first, .used = { first }, .used_count = 1 };
}

bool bk_layouts_has_used(const struct bk_layouts *layouts, size_t layout)
{
    for (size_t i = 0; i < layouts->used_count; i++) {
        if (layouts->used[i] == layout)
            return true;
    }
    return false;
}

void bk_layouts_choose(struct bk_layouts *layouts, size_t layout)
{
    layouts->chosen = layout;
    if (!bk_layouts_has_used(layouts, layout))
        layouts->used[layouts->used_count++] = layout;
}

size_t bk_layouts_next(const struct bk_layouts *layouts)
{
    size_t at = 0;

    while (layouts->used[at] != layouts->chosen)
        at++;
    return layouts->used[(at + 1) % layouts->used_count];
}
