/* SPDX-License-Identifier: Apache-2.0 */
#include "location_source.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

struct place {
    struct bk_location_source source; /* first */
    struct bk_place where;
};

static void place_start(struct bk_location_source *source)
{
    const struct place *place = (const struct place *)source;
    const struct bk_fix fix = {
        .latitude = place->where.latitude,
        .longitude = place->where.longitude,
        .accuracy = BK_LOCATION_PLACE_M,
        .time_ms = (int64_t)time(NULL) * 1000,
    };

    source->report(source, &fix, 0, source->userdata);
}

static void place_stop(struct bk_location_source *source)
{
    (void)source;
}

static void place_destroy(struct bk_location_source *source)
{
    free(source);
}

int bk_location_place_create(const struct bk_place *where, struct bk_location_source **ret)
{
    struct place *place = calloc(1, sizeof *place);

    if (place == NULL)
        return -ENOMEM;
    place->source = (struct bk_location_source){
        .name = "a place that was set",
        .rank = BK_LOCATION_SET,
        .start = place_start,
        .stop = place_stop,
        .destroy = place_destroy,
        .stays = true,
    };
    place->where = *where;
    *ret = &place->source;
    return 0;
}
