/* SPDX-License-Identifier: Apache-2.0 */
#include "location_sources.h"

#include "checked.h"

void bk_location_sources_add(struct bk_location_sources *sources, struct bk_location_source *source)
{
    struct bk_location_source **at = &sources->first;

    while (*at != NULL && (*at)->rank <= source->rank)
        at = &(*at)->next;
    source->next = *at;
    *at = source;
}

static void set_looks(struct bk_location_source *source, bool looks, uint64_t now_ms)
{
    if (source->looks == looks)
        return;
    source->looks = looks;
    source->looks_ms = now_ms;
    if (looks)
        source->start(source);
    else
        source->stop(source);
}

void bk_location_sources_remove(struct bk_location_sources *sources, struct bk_location_source *source)
{
    struct bk_location_source **at = &sources->first;

    while (*at != source)
        at = &(*at)->next;
    *at = source->next;
    set_looks(source, false, 0);
}

void bk_location_sources_take(struct bk_location_source *source, const struct bk_fix *fix, uint64_t at_ms)
{
    source->has_fix = true;
    source->fix_ms = at_ms;
    source->fix = *fix;
}

/* When its fix stops being fresh; 0: it has none. */
static uint64_t fresh_until(const struct bk_location_source *source)
{
    if (!source->has_fix)
        return 0;
    return source->stays ? UINT64_MAX : source->fix_ms + BK_LOCATION_FRESH_MS;
}

uint64_t bk_location_sources_settle(struct bk_location_sources *sources, uint64_t now_ms)
{
    bool looks = sources->wanted;
    uint64_t again_ms = UINT64_MAX;

    for (struct bk_location_source *source = sources->first; source != NULL; source = source->next) {
        set_looks(source, looks, now_ms);
        if (!looks)
            continue;
        uint64_t until_ms = bk_max(fresh_until(source), source->looks_ms + BK_LOCATION_PATIENCE_MS);
        if (until_ms > now_ms) {
            looks = false;
            again_ms = until_ms;
        }
    }
    return again_ms;
}

const struct bk_location_source *bk_location_sources_best(const struct bk_location_sources *sources, uint64_t now_ms)
{
    const struct bk_location_source *source = sources->first;

    while (source != NULL && (!source->looks || fresh_until(source) <= now_ms))
        source = source->next;
    return source;
}
