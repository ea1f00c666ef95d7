/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "desktop_power.h"

#include "json.h"

static int inhibitor_list(const struct bk_desktop_inhibitor *inhibitors, size_t count, sd_json_variant **ret)
{
    _cleanup_json_ sd_json_variant *list = NULL;
    int r = sd_json_variant_new_array(&list, NULL, 0);

    for (size_t i = 0; r >= 0 && i < count; i++)
        r = sd_json_variant_append_arraybo(&list, SD_JSON_BUILD_PAIR_STRING("app", inhibitors[i].app->id),
                                           SD_JSON_BUILD_PAIR_STRING("appName", inhibitors[i].app->name),
                                           SD_JSON_BUILD_PAIR_STRING("reason", inhibitors[i].reason));
    if (r >= 0)
        *ret = sd_json_variant_ref(list);
    return r;
}

void bk_desktop_set_power(struct bk_desktop *desktop, const struct bk_power *power, const char *problem,
                          const struct bk_desktop_inhibitor *inhibitors, size_t count)
{
    _cleanup_json_ sd_json_variant *list = NULL;
    _cleanup_json_ sd_json_variant *parameters = NULL;
    const struct bk_power_supply *supply = &power->supply;
    int r = inhibitor_list(inhibitors, count, &list);

    if (r >= 0)
        r = sd_json_buildo(
            &parameters,
            SD_JSON_BUILD_PAIR_CONDITION(supply->percent >= 0, "percent", SD_JSON_BUILD_INTEGER(supply->percent)),
            SD_JSON_BUILD_PAIR_BOOLEAN("plugged", supply->plugged),
            SD_JSON_BUILD_PAIR_BOOLEAN("charging", supply->charging),
            SD_JSON_BUILD_PAIR_CONDITION(supply->seconds >= 0, "seconds", SD_JSON_BUILD_INTEGER(supply->seconds)),
            SD_JSON_BUILD_PAIR_BOOLEAN("lowPower", power->low),
            SD_JSON_BUILD_PAIR_BOOLEAN("suspends", supply->suspends),
            SD_JSON_BUILD_PAIR_BOOLEAN("suspending", power->asleep_ms != 0),
            SD_JSON_BUILD_PAIR_CONDITION(problem != NULL, "problem", SD_JSON_BUILD_STRING(problem)),
            SD_JSON_BUILD_PAIR_VARIANT("inhibitors", list));
    bk_desktop_call(desktop, "io.bulkhead.Desktop.SetPower", r, parameters);
}

bool bk_desktop_power_take(sd_json_variant *parameters, const struct bk_desktop_events *events, void *userdata,
                           const char **ret_fault)
{
    sd_json_variant *wish = sd_json_variant_by_key(parameters, "power");
    sd_json_variant *low = sd_json_variant_by_key(wish, "lowPower");
    sd_json_variant *anyway = sd_json_variant_by_key(wish, "sleep");
    sd_json_variant *off = sd_json_variant_by_key(wish, "off");

    if (!bk_json_is_given(wish))
        return false;
    if (sd_json_variant_is_boolean(low))
        events->low_power(sd_json_variant_boolean(low), userdata);
    else if (sd_json_variant_is_boolean(anyway))
        events->sleep(sd_json_variant_boolean(anyway), userdata);
    else if (sd_json_variant_is_boolean(off) && sd_json_variant_boolean(off))
        events->power_off(userdata);
    else
        *ret_fault = "a wish about power of a wrong form";
    return true;
}
