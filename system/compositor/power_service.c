/* SPDX-License-Identifier: Apache-2.0 */
#include "power_service.h"

#include "desktop_service.h"

#include "log.h"

#include <errno.h>
#include <systemd/sd-json.h>

#define INTERFACE "io.bulkhead.Desktop."

struct set_parameters {
    struct bk_power_state state;
    int64_t percent;
    const char *problem;
    sd_json_variant *inhibitors;
};

/* Fills `told`, which has room for BK_INHIBITORS_MAX, with what borrows from `list`; what is wrong has been answered.
 */
static int take_inhibitors(sd_varlink *link, sd_json_variant *list, struct bk_inhibitor_told *told)
{
    static const sd_json_dispatch_field table[] = {
#define FIELD(name, member)                                                                                    \
    { name, SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, offsetof(struct bk_inhibitor_told, member), \
      SD_JSON_MANDATORY }
        FIELD("app", app),
        FIELD("appName", app_name),
        FIELD("reason", reason),
#undef FIELD
        {},
    };
    const size_t count = sd_json_variant_elements(list);
    int r = 0;

    if (count > BK_INHIBITORS_MAX)
        return sd_varlink_errorbo(link, INTERFACE "TooManyEntries",
                                  SD_JSON_BUILD_PAIR_UNSIGNED("max", BK_INHIBITORS_MAX));
    for (size_t i = 0; r == 0 && i < count; i++)
        r = sd_varlink_dispatch(link, sd_json_variant_by_index(list, i), table, &told[i]);
    return r;
}

/* Null is as left out: -1. */
static int dispatch_number(const char *name, sd_json_variant *json, sd_json_dispatch_flags_t flags, void *userdata)
{
    (void)name;
    (void)flags;
    if (sd_json_variant_is_null(json))
        return 0;
    *(int64_t *)userdata = sd_json_variant_integer(json);
    return *(int64_t *)userdata >= 0 ? 0 : -EINVAL;
}

static int on_set_power(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = {
#define FIELD(name, type, dispatch, member, flags) \
    { name, type, dispatch, offsetof(struct set_parameters, member), flags }
#define FLAG(name, member) \
    FIELD(name, SD_JSON_VARIANT_BOOLEAN, sd_json_dispatch_stdbool, state.member, SD_JSON_MANDATORY)
        FIELD("percent", SD_JSON_VARIANT_INTEGER, dispatch_number, percent, SD_JSON_NULLABLE),
        FLAG("plugged", plugged),
        FLAG("charging", charging),
        FIELD("seconds", SD_JSON_VARIANT_INTEGER, dispatch_number, state.seconds, SD_JSON_NULLABLE),
        FLAG("lowPower", low),
        FLAG("suspends", suspends),
        FLAG("suspending", suspending),
        FIELD("problem", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, problem, SD_JSON_NULLABLE),
        FIELD("inhibitors", SD_JSON_VARIANT_ARRAY, sd_json_dispatch_variant_noref, inhibitors, SD_JSON_MANDATORY),
#undef FLAG
#undef FIELD
        {},
    };
    struct bk_desktop *desktop = bk_desktop_service_desktop(userdata);
    struct bk_inhibitor_told told[BK_INHIBITORS_MAX];
    struct set_parameters parameters = { .state.seconds = -1, .percent = -1 };

    (void)flags;
    int r = sd_varlink_dispatch(link, json, table, &parameters);
    if (r == 0)
        r = take_inhibitors(link, parameters.inhibitors, told);
    if (r != 0)
        return r; /* it has been answered */
    parameters.state.percent = parameters.percent <= 100 ? (int)parameters.percent : 101;
    r = bk_power_set(&desktop->power, &parameters.state, parameters.problem, told,
                     sd_json_variant_elements(parameters.inhibitors));
    if (r == -EINVAL)
        return sd_varlink_error_invalid_parameter_name(link, "percent");
    if (r < 0)
        return sd_varlink_error_errno(link, r);
    bk_desktop_power_changed(desktop);
    return sd_varlink_reply(link, NULL);
}

int bk_power_service_bind(sd_varlink_server *server)
{
    return sd_varlink_server_bind_method(server, INTERFACE "SetPower", on_set_power);
}

void bk_power_service_wish(struct bk_desktop_service *service, const char *wish, bool value)
{
    __attribute__((cleanup(sd_json_variant_unrefp))) sd_json_variant *news = NULL;
    int r = sd_json_buildo(&news, SD_JSON_BUILD_PAIR_OBJECT("power", SD_JSON_BUILD_PAIR_BOOLEAN(wish, value)));

    if (r < 0) {
        errno = -r;
        bk_error("what the person wants is lost: %m");
        return;
    }
    bk_desktop_service_tell(service, news);
}
