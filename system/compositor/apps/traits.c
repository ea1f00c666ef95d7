/* SPDX-License-Identifier: Apache-2.0 */
#include "traits.h"

#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void forget(struct bk_trait *trait)
{
    free(trait->title);
    *trait = (struct bk_trait){ 0 };
}

void bk_traits_finish(struct bk_traits *traits)
{
    for (size_t i = 0; i < BK_TRAITS_MAX; i++)
        forget(&traits->items[i]);
}

static struct bk_trait *place_of(struct bk_traits *traits, uint32_t cid)
{
    struct bk_trait *free_place = NULL;

    for (size_t i = 0; i < BK_TRAITS_MAX; i++) {
        if (traits->items[i].cid == cid)
            return &traits->items[i];
        if (traits->items[i].cid == 0 && free_place == NULL)
            free_place = &traits->items[i];
    }
    return free_place;
}

static bool is_bounded(const struct bk_trait_told *told)
{
    const int most = (int)BK_TRAIT_SIDE_MAX;

    if (told->cid == 0 || (told->title != NULL && strlen(told->title) > BK_TRAIT_TITLE_BYTES))
        return false;
    if (told->has_mark && told->mark.count > BK_TRAIT_COUNT_MAX)
        return false;
    return !told->has_least || (told->least_width >= 0 && told->least_width <= most && told->least_height >= 0 &&
                                told->least_height <= most);
}

int bk_traits_tell(struct bk_traits *traits, const struct bk_trait_told *told)
{
    char *title = NULL;

    if (!is_bounded(told))
        return -EINVAL;
    struct bk_trait *trait = place_of(traits, told->cid);
    if (trait == NULL)
        return -ENOBUFS;
    if (told->title != NULL && told->title[0] != '\0') {
        title = bk_text_clean(told->title, strlen(told->title), BK_TRAIT_TITLE_BYTES, BK_TEXT_ONE_LINE);
        if (title == NULL)
            return -ENOMEM;
    }
    trait->cid = told->cid;
    trait->revision = ++traits->revision;
    if (told->title != NULL) {
        free(trait->title);
        trait->title = title;
    }
    if (told->has_mark) {
        trait->mark = told->mark;
        traits->marks = traits->revision;
    }
    if (told->has_least) {
        trait->least_width = told->least_width;
        trait->least_height = told->least_height;
    }
    return 0;
}

const struct bk_trait *bk_traits_of(const struct bk_traits *traits, uint32_t cid)
{
    static const struct bk_trait nothing;

    for (size_t i = 0; cid != 0 && i < BK_TRAITS_MAX; i++) {
        if (traits->items[i].cid == cid)
            return &traits->items[i];
    }
    return &nothing;
}

void bk_traits_prune(struct bk_traits *traits, bool (*keeps)(uint32_t cid, const void *userdata), const void *userdata)
{
    for (size_t i = 0; i < BK_TRAITS_MAX; i++) {
        struct bk_trait *trait = &traits->items[i];
        if (trait->cid != 0 && !keeps(trait->cid, userdata))
            forget(trait);
    }
}
