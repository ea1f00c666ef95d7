/* SPDX-License-Identifier: Apache-2.0 */
#include "software_service.h"

#include "desktop_service.h"

#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-json.h>

#define INTERFACE "io.bulkhead.Desktop."

#define FIELD(type, name, json, dispatch, member, flags) \
    { name, SD_JSON_VARIANT_##json, sd_json_dispatch_##dispatch, offsetof(type, member), flags }

/* --- an app --- */

struct app_parameters {
    const char *app, *id, *name, *version, *key, *update;
    int64_t size;
    sd_json_variant *permissions, *network;
    bool shell;
};

struct permission_parameters {
    const char *name, *reason;
};

/* What is wrong with it has been answered. */
static int take_permissions(sd_varlink *link, sd_json_variant *list, struct bk_software_app_told *told)
{
    static const sd_json_dispatch_field table[] = {
        FIELD(struct permission_parameters, "name", STRING, const_string, name, SD_JSON_MANDATORY),
        FIELD(struct permission_parameters, "reason", STRING, const_string, reason, SD_JSON_MANDATORY),
        {},
    };
    const size_t count = sd_json_variant_elements(list);
    int r = 0;

    if (count > BK_SOFTWARE_PERMISSIONS_MAX)
        return sd_varlink_errorbo(link, INTERFACE "TooManyEntries",
                                  SD_JSON_BUILD_PAIR_UNSIGNED("max", BK_SOFTWARE_PERMISSIONS_MAX));
    for (size_t i = 0; r == 0 && i < count; i++) {
        struct permission_parameters permission = { NULL, NULL };
        r = sd_varlink_dispatch(link, sd_json_variant_by_index(list, i), table, &permission);
        told->permissions[i].name = permission.name;
        told->permissions[i].reason = permission.reason;
    }
    told->permission_count = count;
    return r;
}

static int take_app(sd_varlink *link, sd_json_variant *json, const sd_json_dispatch_field *table,
                    struct app_parameters *parameters, struct bk_software_app_told *told)
{
    int r = sd_varlink_dispatch(link, json, table, parameters);

    if (r != 0)
        return r;
    *told = (struct bk_software_app_told){ .app = parameters->app,
                                           .name = parameters->name,
                                           .version = parameters->version,
                                           .key = parameters->key,
                                           .size = parameters->size,
                                           .shell = parameters->shell };
    r = bk_desktop_service_take_hosts(link, parameters->network, &told->reach);
    if (r != 0)
        return r;
    return take_permissions(link, parameters->permissions, told);
}

/* --- SetSoftware --- */

struct set_parameters {
    sd_json_variant *apps;
    bool installs;
    int64_t room_free, all;
};

static int take_apps(sd_varlink *link, sd_json_variant *list, struct bk_software_app_told *told)
{
    static const sd_json_dispatch_field table[] = {
        FIELD(struct app_parameters, "app", STRING, const_string, app, SD_JSON_MANDATORY),
        FIELD(struct app_parameters, "version", STRING, const_string, version, SD_JSON_NULLABLE),
        FIELD(struct app_parameters, "key", STRING, const_string, key, SD_JSON_NULLABLE),
        FIELD(struct app_parameters, "size", INTEGER, int64, size, 0),
        FIELD(struct app_parameters, "permissions", ARRAY, variant_noref, permissions, SD_JSON_MANDATORY),
        FIELD(struct app_parameters, "network", ARRAY, variant_noref, network, SD_JSON_NULLABLE),
        FIELD(struct app_parameters, "shell", BOOLEAN, stdbool, shell, 0),
        {},
    };
    int r = 0;

    for (size_t i = 0; r == 0 && i < sd_json_variant_elements(list); i++) {
        struct app_parameters parameters = { NULL };
        r = take_app(link, sd_json_variant_by_index(list, i), table, &parameters, &told[i]);
    }
    return r;
}

static int on_set_software(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = {
        FIELD(struct set_parameters, "apps", ARRAY, variant_noref, apps, SD_JSON_MANDATORY),
        FIELD(struct set_parameters, "installs", BOOLEAN, stdbool, installs, SD_JSON_MANDATORY),
        FIELD(struct set_parameters, "free", INTEGER, int64, room_free, 0),
        FIELD(struct set_parameters, "all", INTEGER, int64, all, 0),
        {},
    };
    struct bk_desktop *desktop = bk_desktop_service_desktop(userdata);
    struct set_parameters parameters = { .installs = false };

    (void)flags;
    int r = sd_varlink_dispatch(link, json, table, &parameters);
    if (r != 0)
        return r; /* it has been answered */
    const size_t count = sd_json_variant_elements(parameters.apps);
    if (count > BK_SOFTWARE_MAX)
        return sd_varlink_errorbo(link, INTERFACE "TooManyEntries",
                                  SD_JSON_BUILD_PAIR_UNSIGNED("max", BK_SOFTWARE_MAX));
    struct bk_software_app_told *told = calloc(count + 1, sizeof *told);
    if (told == NULL)
        return sd_varlink_error_errno(link, -ENOMEM);
    r = take_apps(link, parameters.apps, told);
    int set = r == 0 ? bk_software_set(&desktop->software, told, count, parameters.installs, parameters.room_free,
                                       parameters.all)
                     : 0;
    free(told);
    if (r != 0)
        return r;
    if (set == -EINVAL)
        return sd_varlink_error_invalid_parameter_name(link, "apps");
    if (set < 0)
        return sd_varlink_error_errno(link, set);
    bk_desktop_software_changed(desktop);
    return sd_varlink_reply(link, NULL);
}

/* --- SetBundle --- */

struct bundle_parameters {
    struct bk_bundle_told told;
    const char *state;
    sd_json_variant *candidate;
};

/* The number of a name in a table; `count` when it is none. */
static size_t number_of(const char *name, const char *const *names, size_t count)
{
    size_t i = 0;

    while (i < count && (names[i] == NULL || strcmp(names[i], name) != 0))
        i++;
    return i;
}

/* What is wrong with it has been answered. */
static int take_candidate(sd_varlink *link, struct bundle_parameters *bundle, struct bk_software_app_told *candidate)
{
    static const sd_json_dispatch_field table[] = {
        FIELD(struct app_parameters, "id", STRING, const_string, app, SD_JSON_MANDATORY),
        FIELD(struct app_parameters, "name", STRING, const_string, name, SD_JSON_MANDATORY),
        FIELD(struct app_parameters, "version", STRING, const_string, version, SD_JSON_MANDATORY),
        FIELD(struct app_parameters, "key", STRING, const_string, key, SD_JSON_MANDATORY),
        FIELD(struct app_parameters, "size", INTEGER, int64, size, SD_JSON_MANDATORY),
        FIELD(struct app_parameters, "permissions", ARRAY, variant_noref, permissions, SD_JSON_MANDATORY),
        FIELD(struct app_parameters, "network", ARRAY, variant_noref, network, SD_JSON_NULLABLE),
        FIELD(struct app_parameters, "shell", BOOLEAN, stdbool, shell, 0),
        FIELD(struct app_parameters, "update", STRING, const_string, update, SD_JSON_MANDATORY),
        {},
    };
    struct app_parameters parameters = { NULL };

    if (bundle->candidate == NULL || sd_json_variant_is_null(bundle->candidate))
        return 0;
    int r = take_app(link, bundle->candidate, table, &parameters, candidate);
    if (r != 0)
        return r;
    const size_t update = number_of(parameters.update, bk_bundle_update_names, BK_BUNDLE_UPDATES);
    if (update == BK_BUNDLE_UPDATES)
        return sd_varlink_error_invalid_parameter_name(link, "update");
    bundle->told.update = (enum bk_bundle_update)update;
    bundle->told.candidate = candidate;
    return 0;
}

static int take_bundle(sd_varlink *link, sd_json_variant *json, struct bundle_parameters *bundle,
                       struct bk_software_app_told *candidate)
{
    static const sd_json_dispatch_field table[] = {
        FIELD(struct bundle_parameters, "mark", STRING, const_string, told.mark, SD_JSON_MANDATORY),
        FIELD(struct bundle_parameters, "state", STRING, const_string, state, SD_JSON_MANDATORY),
        FIELD(struct bundle_parameters, "file", STRING, const_string, told.file, SD_JSON_MANDATORY),
        FIELD(struct bundle_parameters, "part", NUMBER, double, told.part, 0),
        FIELD(struct bundle_parameters, "candidate", OBJECT, variant_noref, candidate, SD_JSON_NULLABLE),
        FIELD(struct bundle_parameters, "verdict", STRING, const_string, told.verdict, SD_JSON_NULLABLE),
        FIELD(struct bundle_parameters, "reason", STRING, const_string, told.reason, SD_JSON_NULLABLE),
        {},
    };
    int r = sd_varlink_dispatch(link, json, table, bundle);

    if (r != 0)
        return r;
    const size_t state = number_of(bundle->state, bk_bundle_state_names, BK_BUNDLE_STATES);
    if (state == BK_BUNDLE_STATES)
        return sd_varlink_error_invalid_parameter_name(link, "state");
    bundle->told.state = (enum bk_bundle_state)state;
    return take_candidate(link, bundle, candidate);
}

static int on_set_bundle(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = {
        { "bundle", SD_JSON_VARIANT_OBJECT, sd_json_dispatch_variant_noref, 0, SD_JSON_NULLABLE },
        {},
    };
    struct bk_desktop *desktop = bk_desktop_service_desktop(userdata);
    struct bundle_parameters bundle = { .state = NULL };
    struct bk_software_app_told candidate;
    sd_json_variant *given = NULL;

    (void)flags;
    int r = sd_varlink_dispatch(link, json, table, &given);
    const bool there = given != NULL && !sd_json_variant_is_null(given);
    if (r == 0 && there)
        r = take_bundle(link, given, &bundle, &candidate);
    if (r != 0)
        return r; /* it has been answered */
    r = bk_software_set_bundle(&desktop->software, there ? &bundle.told : NULL);
    if (r == -EINVAL)
        return sd_varlink_error_invalid_parameter_name(link, "bundle");
    if (r < 0)
        return sd_varlink_error_errno(link, r);
    bk_desktop_software_changed(desktop);
    return sd_varlink_reply(link, NULL);
}

/* --- ShowSoftware --- */

static int on_show_software(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    (void)json;
    (void)flags;
    bk_desktop_show_software(bk_desktop_service_desktop(userdata));
    return sd_varlink_reply(link, NULL);
}

int bk_software_service_bind(sd_varlink_server *server)
{
    return sd_varlink_server_bind_method_many(server, INTERFACE "SetSoftware", on_set_software, INTERFACE "SetBundle",
                                              on_set_bundle, INTERFACE "ShowSoftware", on_show_software);
}

/* --- what the person wants --- */

static int build_wish(enum bk_software_wish wish, const char *what, uint32_t point, sd_json_variant **ret)
{
    switch (wish) {
    case BK_SOFTWARE_CHOOSE:
        return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_BOOLEAN("choose", true));
    case BK_SOFTWARE_LOOK:
        return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_BOOLEAN("look", true));
    case BK_SOFTWARE_REMOVE:
        return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_STRING("remove", what));
    case BK_SOFTWARE_LOOK_AT:
        return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_STRING("lookAt", what));
    case BK_SOFTWARE_KEEP:
        return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_STRING("keep", what));
    case BK_SOFTWARE_RESTORE:
        return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_STRING("restore", what),
                              SD_JSON_BUILD_PAIR_UNSIGNED("point", point));
    case BK_SOFTWARE_AGREE:
    case BK_SOFTWARE_DECLINE:
        break;
    }
    return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_STRING("mark", what),
                          SD_JSON_BUILD_PAIR_BOOLEAN("agree", wish == BK_SOFTWARE_AGREE));
}

void bk_software_service_wish(struct bk_desktop_service *service, enum bk_software_wish wish, const char *what,
                              uint32_t point)
{
    __attribute__((cleanup(sd_json_variant_unrefp))) sd_json_variant *json = NULL;
    __attribute__((cleanup(sd_json_variant_unrefp))) sd_json_variant *news = NULL;
    int r = build_wish(wish, what, point, &json);

    if (r >= 0)
        r = sd_json_buildo(&news, SD_JSON_BUILD_PAIR_VARIANT("software", json));
    if (r < 0) {
        errno = -r;
        bk_error("what the person wants is lost: %m");
        return;
    }
    bk_desktop_service_tell(service, news);
}
