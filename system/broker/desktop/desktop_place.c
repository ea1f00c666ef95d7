/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "desktop_place.h"

#include "json.h"

int bk_desktop_build_place(const struct bk_place *place, sd_json_variant **ret)
{
    return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_REAL("latitude", place->latitude),
                          SD_JSON_BUILD_PAIR_REAL("longitude", place->longitude));
}

bool bk_desktop_read_place(sd_json_variant *json, struct bk_place *ret)
{
    sd_json_variant *latitude = sd_json_variant_by_key(json, "latitude");
    sd_json_variant *longitude = sd_json_variant_by_key(json, "longitude");

    if (!sd_json_variant_is_number(latitude) || !sd_json_variant_is_number(longitude))
        return false;
    const struct bk_place place = { sd_json_variant_real(latitude), sd_json_variant_real(longitude) };
    if (bk_place_check(&place) != BK_PLACE_GOOD)
        return false;
    *ret = place;
    return true;
}

void bk_desktop_set_place(struct bk_desktop *desktop, const struct bk_place *place)
{
    _cleanup_json_ sd_json_variant *json = NULL;
    _cleanup_json_ sd_json_variant *parameters = NULL;
    int r = place != NULL ? bk_desktop_build_place(place, &json) : 0;

    if (r >= 0)
        r = sd_json_buildo(&parameters,
                           SD_JSON_BUILD_PAIR_CONDITION(place != NULL, "place", SD_JSON_BUILD_VARIANT(json)));
    bk_desktop_call(desktop, "io.bulkhead.Desktop.SetPlace", r, parameters);
}

bool bk_desktop_place_take(sd_json_variant *parameters, const struct bk_desktop_events *events, void *userdata,
                           const char **ret_fault)
{
    sd_json_variant *change = sd_json_variant_by_key(parameters, "place");
    sd_json_variant *json = sd_json_variant_by_key(change, "place");
    struct bk_place place;

    if (!bk_json_is_given(change))
        return false;
    if (!sd_json_variant_is_object(change) || (bk_json_is_given(json) && !bk_desktop_read_place(json, &place)))
        *ret_fault = "a place of a wrong form";
    else
        events->place(bk_json_is_given(json) ? &place : NULL, userdata);
    return true;
}
