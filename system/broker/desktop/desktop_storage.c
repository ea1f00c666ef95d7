/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "desktop_storage.h"

#include "json.h"

#include <assert.h>

#define INTERFACE "io.bulkhead.Desktop."

/* A number that the desktop can be told. */
static bool is_number(sd_json_variant *json)
{
    return sd_json_variant_is_unsigned(json) && sd_json_variant_unsigned(json) <= INT64_MAX;
}

/* What is no restore point is left out. */
static int append_point(sd_json_variant **list, sd_json_variant *point)
{
    sd_json_variant *number = sd_json_variant_by_key(point, "point");
    sd_json_variant *time = sd_json_variant_by_key(point, "time");
    sd_json_variant *version = sd_json_variant_by_key(point, "version");
    sd_json_variant *cause = sd_json_variant_by_key(point, "cause");
    sd_json_variant *size = sd_json_variant_by_key(point, "size");

    if (!is_number(number) || sd_json_variant_unsigned(number) > UINT32_MAX || !is_number(time) || !is_number(size) ||
        !sd_json_variant_is_string(cause))
        return 0;
    return sd_json_variant_append_arraybo(
        list, SD_JSON_BUILD_PAIR_VARIANT("point", number), SD_JSON_BUILD_PAIR_VARIANT("time", time),
        SD_JSON_BUILD_PAIR_CONDITION(sd_json_variant_is_string(version), "version", SD_JSON_BUILD_VARIANT(version)),
        SD_JSON_BUILD_PAIR_VARIANT("cause", cause), SD_JSON_BUILD_PAIR_VARIANT("size", size));
}

/* The newest first, which bk-supervisor has last. */
static int list_points(sd_json_variant *points, sd_json_variant **ret)
{
    const size_t count = sd_json_variant_is_array(points) ? sd_json_variant_elements(points) : 0;
    int r = sd_json_variant_new_array(ret, NULL, 0);

    for (size_t i = 0; r >= 0 && i < count && i < BK_STORAGE_POINTS_MAX; i++)
        r = append_point(ret, sd_json_variant_by_index(points, count - 1 - i));
    return r;
}

static int build_deed(const struct bk_deed *deed, sd_json_variant **ret)
{
    static const char *const names[] = {
        [BK_DEED_NONE] = NULL,   [BK_DEED_ENDING] = "ending", [BK_DEED_WORKING] = "working",
        [BK_DEED_DONE] = "done", [BK_DEED_FAILED] = "failed",
    };
    static_assert(sizeof names / sizeof names[0] == BK_DEED_STATES, "one name for each");
    const char *state = names[deed->state];

    if (state == NULL)
        return 0;
    return sd_json_buildo(
        ret, SD_JSON_BUILD_PAIR_STRING("app", deed->app), SD_JSON_BUILD_PAIR_BOOLEAN("restores", deed->restores),
        SD_JSON_BUILD_PAIR_STRING("state", state),
        SD_JSON_BUILD_PAIR_CONDITION(deed->verdict != NULL, "verdict", SD_JSON_BUILD_STRING(deed->verdict)),
        SD_JSON_BUILD_PAIR_CONDITION(deed->reason != NULL, "reason", SD_JSON_BUILD_STRING(deed->reason)));
}

static int build_storage(const struct bk_storage *storage, sd_json_variant **ret)
{
    _cleanup_json_ sd_json_variant *points = NULL;
    _cleanup_json_ sd_json_variant *deed = NULL;
    sd_json_variant *quota = sd_json_variant_by_key(storage->usage, "quota");
    sd_json_variant *data = sd_json_variant_by_key(storage->usage, "data");
    sd_json_variant *taken = sd_json_variant_by_key(storage->usage, "points");
    const bool known = is_number(quota) && is_number(data) && is_number(taken);

    int r = list_points(storage->points, &points);
    if (r >= 0)
        r = build_deed(&storage->deed, &deed);
    if (r < 0)
        return r;
    return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_STRING("app", storage->app),
                          SD_JSON_BUILD_PAIR_CONDITION(known, "quota", SD_JSON_BUILD_VARIANT(quota)),
                          SD_JSON_BUILD_PAIR_CONDITION(known, "data", SD_JSON_BUILD_VARIANT(data)),
                          SD_JSON_BUILD_PAIR_CONDITION(known, "taken", SD_JSON_BUILD_VARIANT(taken)),
                          SD_JSON_BUILD_PAIR_VARIANT("points", points),
                          SD_JSON_BUILD_PAIR_CONDITION(deed != NULL, "deed", SD_JSON_BUILD_VARIANT(deed)));
}

void bk_desktop_set_storage(struct bk_desktop *desktop, const struct bk_storage *storage)
{
    _cleanup_json_ sd_json_variant *told = NULL;
    _cleanup_json_ sd_json_variant *parameters = NULL;
    int r = storage->app[0] != '\0' ? build_storage(storage, &told) : 0;

    if (r >= 0)
        r = sd_json_buildo(&parameters,
                           SD_JSON_BUILD_PAIR_CONDITION(told != NULL, "storage", SD_JSON_BUILD_VARIANT(told)));
    bk_desktop_call(desktop, INTERFACE "SetStorage", r, parameters);
}
