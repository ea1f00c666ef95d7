/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "desktop_software.h"

#include "json.h"

#include <assert.h>

#define INTERFACE "io.bulkhead.Desktop."

static int list_permissions(const struct bk_app *app, sd_json_variant **ret)
{
    int r = sd_json_variant_new_array(ret, NULL, 0);

    for (int i = 0; r >= 0 && i < BK_PERMISSIONS; i++) {
        const char *reason = app->permissions.reasons[i];
        if (reason != NULL)
            r = sd_json_variant_append_arraybo(ret, SD_JSON_BUILD_PAIR_STRING("name", bk_permission_names[i]),
                                               SD_JSON_BUILD_PAIR_STRING("reason", reason));
    }
    return r;
}

static int append_app(sd_json_variant **list, const struct bk_app *app)
{
    _cleanup_json_ sd_json_variant *permissions = NULL;
    const struct bk_app_bundle *bundle = &app->bundle;
    const bool installed = bundle->version[0] != '\0';
    int r = list_permissions(app, &permissions);

    if (r < 0)
        return r;
    return sd_json_variant_append_arraybo(
        list, SD_JSON_BUILD_PAIR_STRING("app", app->id),
        SD_JSON_BUILD_PAIR_CONDITION(installed, "version", SD_JSON_BUILD_STRING(bundle->version)),
        SD_JSON_BUILD_PAIR_CONDITION(installed, "key", SD_JSON_BUILD_STRING(bundle->key)),
        SD_JSON_BUILD_PAIR_CONDITION(installed, "size", SD_JSON_BUILD_UNSIGNED(bundle->size)),
        SD_JSON_BUILD_PAIR_VARIANT("permissions", permissions),
        SD_JSON_BUILD_PAIR_CONDITION(app->network.hosts != NULL, "network", SD_JSON_BUILD_VARIANT(app->network.hosts)),
        SD_JSON_BUILD_PAIR_CONDITION(app->shell, "shell", SD_JSON_BUILD_BOOLEAN(true)));
}

void bk_desktop_set_software(struct bk_desktop *desktop, const struct bk_software *software,
                             const struct bk_app_table *apps)
{
    _cleanup_json_ sd_json_variant *list = NULL;
    _cleanup_json_ sd_json_variant *parameters = NULL;
    const bool known = software->room_known;
    int r = sd_json_variant_new_array(&list, NULL, 0);

    for (size_t i = 0; r >= 0 && i < apps->n_apps; i++) {
        if (!bk_app_is_copy(apps->apps[i])) /* a copy is not installed */
            r = append_app(&list, apps->apps[i]);
    }
    if (r >= 0)
        r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_VARIANT("apps", list),
                           SD_JSON_BUILD_PAIR_BOOLEAN("installs", bk_software_installs(software)),
                           SD_JSON_BUILD_PAIR_CONDITION(known, "free", SD_JSON_BUILD_UNSIGNED(software->room_free)),
                           SD_JSON_BUILD_PAIR_CONDITION(known, "all", SD_JSON_BUILD_UNSIGNED(software->all)));
    bk_desktop_call(desktop, INTERFACE "SetSoftware", r, parameters);
}

static int build_bundle(const struct bk_software *software, const char *state, sd_json_variant **ret)
{
    const bool coming = software->state == BK_SOFTWARE_COMING && software->pump.size > 0;

    return sd_json_buildo(
        ret, SD_JSON_BUILD_PAIR_STRING("mark", software->mark), SD_JSON_BUILD_PAIR_STRING("state", state),
        SD_JSON_BUILD_PAIR_STRING("file", software->file),
        SD_JSON_BUILD_PAIR_CONDITION(coming, "part",
                                     SD_JSON_BUILD_REAL((double)software->pump.taken / (double)software->pump.size)),
        SD_JSON_BUILD_PAIR_CONDITION(software->candidate != NULL, "candidate",
                                     SD_JSON_BUILD_VARIANT(software->candidate)),
        SD_JSON_BUILD_PAIR_CONDITION(software->verdict != NULL, "verdict", SD_JSON_BUILD_STRING(software->verdict)),
        SD_JSON_BUILD_PAIR_CONDITION(software->reason != NULL, "reason", SD_JSON_BUILD_STRING(software->reason)));
}

void bk_desktop_set_bundle(struct bk_desktop *desktop, const struct bk_software *software)
{
    static const char *const names[] = {
        [BK_SOFTWARE_NOTHING] = NULL,      [BK_SOFTWARE_CHOOSING] = NULL,   [BK_SOFTWARE_COMING] = "coming",
        [BK_SOFTWARE_JUDGING] = "judging", [BK_SOFTWARE_JUDGED] = "judged", [BK_SOFTWARE_INSTALLING] = "installing",
        [BK_SOFTWARE_ENDED] = "ended",
    };
    static_assert(sizeof names / sizeof names[0] == BK_SOFTWARE_STATES, "one name for each");
    _cleanup_json_ sd_json_variant *bundle = NULL;
    _cleanup_json_ sd_json_variant *parameters = NULL;
    const char *state = names[software->state];
    int r = state != NULL ? build_bundle(software, state, &bundle) : 0;

    if (r >= 0)
        r = sd_json_buildo(&parameters,
                           SD_JSON_BUILD_PAIR_CONDITION(bundle != NULL, "bundle", SD_JSON_BUILD_VARIANT(bundle)));
    bk_desktop_call(desktop, INTERFACE "SetBundle", r, parameters);
}

void bk_desktop_show_software(struct bk_desktop *desktop)
{
    bk_desktop_call(desktop, INTERFACE "ShowSoftware", 0, NULL);
}

bool bk_desktop_software_take(sd_json_variant *parameters, const struct bk_desktop_events *events, void *userdata,
                              const char **ret_fault)
{
    static const struct {
        const char *key;
        enum bk_software_wish wish;
    } about_apps[] = {
        { "remove", BK_SOFTWARE_REMOVE },
        { "lookAt", BK_SOFTWARE_LOOK_AT },
        { "keep", BK_SOFTWARE_KEEP },
    };
    sd_json_variant *wish = sd_json_variant_by_key(parameters, "software");
    sd_json_variant *mark = sd_json_variant_by_key(wish, "mark");
    sd_json_variant *agree = sd_json_variant_by_key(wish, "agree");
    sd_json_variant *restore = sd_json_variant_by_key(wish, "restore");
    sd_json_variant *point = sd_json_variant_by_key(wish, "point");

    if (!bk_json_is_given(wish))
        return false;
    for (size_t i = 0; i < sizeof about_apps / sizeof about_apps[0]; i++) {
        sd_json_variant *app = sd_json_variant_by_key(wish, about_apps[i].key);
        if (sd_json_variant_is_string(app)) {
            events->software(about_apps[i].wish, sd_json_variant_string(app), 0, userdata);
            return true;
        }
    }
    if (sd_json_variant_is_string(mark) && sd_json_variant_is_boolean(agree))
        events->software(sd_json_variant_boolean(agree) ? BK_SOFTWARE_AGREE : BK_SOFTWARE_DECLINE,
                         sd_json_variant_string(mark), 0, userdata);
    else if (sd_json_variant_is_string(restore) && sd_json_variant_is_unsigned(point) &&
             sd_json_variant_unsigned(point) <= INT64_MAX)
        events->software(BK_SOFTWARE_RESTORE, sd_json_variant_string(restore), sd_json_variant_unsigned(point),
                         userdata);
    else if (sd_json_variant_is_boolean(sd_json_variant_by_key(wish, "choose")))
        events->software(BK_SOFTWARE_CHOOSE, NULL, 0, userdata);
    else if (sd_json_variant_is_boolean(sd_json_variant_by_key(wish, "look")))
        events->software(BK_SOFTWARE_LOOK, NULL, 0, userdata);
    else
        *ret_fault = "a wish about software of a wrong form";
    return true;
}
