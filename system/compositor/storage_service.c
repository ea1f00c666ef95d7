/* SPDX-License-Identifier: Apache-2.0 */
#include "storage_service.h"

#include "desktop_service.h"

#include <errno.h>
#include <string.h>
#include <systemd/sd-json.h>

#define INTERFACE "io.bulkhead.Desktop."

#define FIELD(type, name, json, dispatch, member, flags) \
    { name, SD_JSON_VARIANT_##json, sd_json_dispatch_##dispatch, offsetof(type, member), flags }

struct point_parameters {
    int64_t point, time, size;
    const char *version, *cause;
};

struct deed_parameters {
    const char *app, *state, *verdict, *reason;
    bool restores;
};

struct storage_parameters {
    const char *app;
    int64_t quota, data, taken;
    sd_json_variant *points, *deed;
};

/* The number of a name in a table; `count` when it is none. */
static size_t number_of(const char *name, const char *const *names, size_t count)
{
    size_t i = 0;

    while (i < count && (names[i] == NULL || strcmp(names[i], name) != 0))
        i++;
    return i;
}

static bool is_given(sd_json_variant *json)
{
    return json != NULL && !sd_json_variant_is_null(json);
}

/* What is wrong with it has been answered, as with all that follow. */
static int take_point(sd_varlink *link, sd_json_variant *json, struct bk_restore_point_told *told)
{
    static const sd_json_dispatch_field table[] = {
        FIELD(struct point_parameters, "point", INTEGER, int64, point, SD_JSON_MANDATORY),
        FIELD(struct point_parameters, "time", INTEGER, int64, time, SD_JSON_MANDATORY),
        FIELD(struct point_parameters, "version", STRING, const_string, version, SD_JSON_NULLABLE),
        FIELD(struct point_parameters, "cause", STRING, const_string, cause, SD_JSON_MANDATORY),
        FIELD(struct point_parameters, "size", INTEGER, int64, size, SD_JSON_MANDATORY),
        {},
    };
    struct point_parameters parameters = { .version = NULL };
    int r = sd_varlink_dispatch(link, json, table, &parameters);

    if (r != 0)
        return r;
    const size_t cause = number_of(parameters.cause, bk_point_cause_names, BK_POINT_CAUSES);
    if (cause == BK_POINT_CAUSES)
        return sd_varlink_error_invalid_parameter_name(link, "cause");
    *told = (struct bk_restore_point_told){ .number = parameters.point,
                                            .time = parameters.time,
                                            .size = parameters.size,
                                            .version = parameters.version,
                                            .cause = (enum bk_point_cause)cause };
    return 0;
}

static int take_points(sd_varlink *link, sd_json_variant *list, struct bk_storage_told *told)
{
    const size_t count = sd_json_variant_elements(list);
    int r = 0;

    if (count > BK_STORAGE_POINTS_MAX)
        return sd_varlink_errorbo(link, INTERFACE "TooManyEntries",
                                  SD_JSON_BUILD_PAIR_UNSIGNED("max", BK_STORAGE_POINTS_MAX));
    for (size_t i = 0; r == 0 && i < count; i++)
        r = take_point(link, sd_json_variant_by_index(list, i), &told->points[i]);
    told->point_count = count;
    return r;
}

static int take_deed(sd_varlink *link, sd_json_variant *json, struct bk_storage_told *told)
{
    static const sd_json_dispatch_field table[] = {
        FIELD(struct deed_parameters, "app", STRING, const_string, app, SD_JSON_MANDATORY),
        FIELD(struct deed_parameters, "restores", BOOLEAN, stdbool, restores, SD_JSON_MANDATORY),
        FIELD(struct deed_parameters, "state", STRING, const_string, state, SD_JSON_MANDATORY),
        FIELD(struct deed_parameters, "verdict", STRING, const_string, verdict, SD_JSON_NULLABLE),
        FIELD(struct deed_parameters, "reason", STRING, const_string, reason, SD_JSON_NULLABLE),
        {},
    };
    struct deed_parameters parameters = { .app = NULL };
    int r = is_given(json) ? sd_varlink_dispatch(link, json, table, &parameters) : 0;

    if (r != 0 || parameters.app == NULL)
        return r;
    const size_t state = number_of(parameters.state, bk_deed_state_names, BK_DEED_STATES);
    if (state == BK_DEED_STATES)
        return sd_varlink_error_invalid_parameter_name(link, "state");
    told->deed_app = parameters.app;
    told->deed_state = (enum bk_deed_state)state;
    told->restores = parameters.restores;
    told->verdict = parameters.verdict;
    told->reason = parameters.reason;
    return 0;
}

static int take_storage(sd_varlink *link, sd_json_variant *json, struct bk_storage_told *told)
{
    static const sd_json_dispatch_field table[] = {
        FIELD(struct storage_parameters, "app", STRING, const_string, app, SD_JSON_MANDATORY),
        FIELD(struct storage_parameters, "quota", INTEGER, int64, quota, 0),
        FIELD(struct storage_parameters, "data", INTEGER, int64, data, 0),
        FIELD(struct storage_parameters, "taken", INTEGER, int64, taken, 0),
        FIELD(struct storage_parameters, "points", ARRAY, variant_noref, points, SD_JSON_MANDATORY),
        FIELD(struct storage_parameters, "deed", OBJECT, variant_noref, deed, SD_JSON_NULLABLE),
        {},
    };
    struct storage_parameters parameters = { .app = NULL };
    int r = sd_varlink_dispatch(link, json, table, &parameters);

    if (r != 0)
        return r;
    told->app = parameters.app;
    told->quota = parameters.quota;
    told->data = parameters.data;
    told->taken = parameters.taken;
    told->known = is_given(sd_json_variant_by_key(json, "quota")) && is_given(sd_json_variant_by_key(json, "data")) &&
                  is_given(sd_json_variant_by_key(json, "taken"));
    r = take_points(link, parameters.points, told);
    return r != 0 ? r : take_deed(link, parameters.deed, told);
}

static int on_set_storage(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = {
        { "storage", SD_JSON_VARIANT_OBJECT, sd_json_dispatch_variant_noref, 0, SD_JSON_NULLABLE },
        {},
    };
    struct bk_desktop *desktop = bk_desktop_service_desktop(userdata);
    struct bk_storage_told told = { .app = NULL };
    sd_json_variant *given = NULL;

    (void)flags;
    int r = sd_varlink_dispatch(link, json, table, &given);
    if (r == 0 && is_given(given))
        r = take_storage(link, given, &told);
    if (r != 0)
        return r; /* it has been answered */
    r = bk_software_set_storage(&desktop->software, told.app != NULL ? &told : NULL);
    if (r == -EINVAL)
        return sd_varlink_error_invalid_parameter_name(link, "storage");
    if (r < 0)
        return sd_varlink_error_errno(link, r);
    bk_desktop_software_changed(desktop);
    return sd_varlink_reply(link, NULL);
}

int bk_storage_service_bind(sd_varlink_server *server)
{
    return sd_varlink_server_bind_method_many(server, INTERFACE "SetStorage", on_set_storage);
}
