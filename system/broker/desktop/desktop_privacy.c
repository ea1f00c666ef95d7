/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "desktop_privacy.h"

#include "json.h"

#include <errno.h>
#include <string.h>

#define INTERFACE "io.bulkhead.Desktop."

/* ---- dialogs ---- */

bool bk_desktop_ask(struct bk_desktop *desktop, int64_t id, const struct bk_app *app, enum bk_permission permission)
{
    _cleanup_json_ sd_json_variant *parameters = NULL;
    int r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_INTEGER("id", id), SD_JSON_BUILD_PAIR_STRING("app", app->id),
                           SD_JSON_BUILD_PAIR_STRING("appName", app->name),
                           SD_JSON_BUILD_PAIR_STRING("permission", bk_permission_names[permission]),
                           SD_JSON_BUILD_PAIR_STRING("reason", app->permissions.reasons[permission]),
                           SD_JSON_BUILD_PAIR_CONDITION(permission == BK_PERMISSION_NETWORK, "network",
                                                        SD_JSON_BUILD_VARIANT(app->network.hosts)));

    return bk_desktop_ask_call(desktop, INTERFACE "Ask", id, r, parameters);
}

void bk_desktop_withdraw_ask(struct bk_desktop *desktop, int64_t id)
{
    _cleanup_json_ sd_json_variant *parameters = NULL;
    int r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_INTEGER("id", id));

    bk_desktop_call(desktop, INTERFACE "WithdrawAsk", r, parameters);
}

/* ---- what is used ---- */

static int add_use(sd_json_variant **uses, const struct bk_app *app, enum bk_permission permission)
{
    return sd_json_variant_append_arraybo(
        uses, SD_JSON_BUILD_PAIR_STRING("app", app->id), SD_JSON_BUILD_PAIR_STRING("appName", app->name),
        SD_JSON_BUILD_PAIR_STRING("permission", bk_permission_names[permission]),
        SD_JSON_BUILD_PAIR_INTEGER("since", app->permissions.activities[permission].lit_time));
}

void bk_desktop_set_uses(struct bk_desktop *desktop, const struct bk_app_table *apps, uint64_t now_ms)
{
    _cleanup_json_ sd_json_variant *uses = NULL;
    _cleanup_json_ sd_json_variant *parameters = NULL;
    int r = sd_json_variant_new_array(&uses, NULL, 0);

    for (size_t i = 0; i < apps->n_apps; i++) {
        const struct bk_app *app = apps->apps[i];
        for (int permission = 0; r >= 0 && permission < BK_PERMISSIONS; permission++) {
            uint64_t until_ms;
            if (bk_activity_is_lit(&app->permissions.activities[permission], now_ms, &until_ms))
                r = add_use(&uses, app, (enum bk_permission)permission);
        }
    }
    if (r >= 0)
        r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_VARIANT("uses", uses));
    bk_desktop_call(desktop, INTERFACE "SetUses", r, parameters);
}

/* ---- the privacy page ---- */

static int grant_list(const struct bk_app_table *apps, sd_json_variant **ret)
{
    _cleanup_json_ sd_json_variant *grants = NULL;
    int r = sd_json_variant_new_array(&grants, NULL, 0);

    for (size_t i = 0; i < apps->n_apps; i++) {
        const struct bk_app *app = apps->apps[i];
        for (int permission = 0; r >= 0 && permission < BK_PERMISSIONS; permission++) {
            if (app->permissions.choices[permission] == BK_CHOICE_NONE)
                continue;
            r = sd_json_variant_append_arraybo(
                &grants, SD_JSON_BUILD_PAIR_STRING("app", app->id), SD_JSON_BUILD_PAIR_STRING("appName", app->name),
                SD_JSON_BUILD_PAIR_STRING("permission", bk_permission_names[permission]),
                SD_JSON_BUILD_PAIR_STRING("choice", bk_choice_names[app->permissions.choices[permission]]));
        }
    }
    if (r >= 0)
        *ret = sd_json_variant_ref(grants);
    return r;
}

struct log_list {
    struct bk_app_table *apps;
    sd_json_variant *uses;
};

/* An app that is not installed any more has no name but its id; a copy that has gone, its app's. */
static int take_entry(const struct bk_permission_entry *entry, void *userdata)
{
    struct log_list *list = userdata;
    char words[BK_APP_NAME_MAX + 1];

    bk_app_words_of(list->apps, entry->app, words);
    return sd_json_variant_append_arraybo(
        &list->uses, SD_JSON_BUILD_PAIR_STRING("app", entry->app), SD_JSON_BUILD_PAIR_STRING("appName", words),
        SD_JSON_BUILD_PAIR_STRING("permission", bk_permission_names[entry->permission]),
        SD_JSON_BUILD_PAIR_INTEGER("start", entry->start), SD_JSON_BUILD_PAIR_INTEGER("seconds", entry->seconds));
}

void bk_desktop_set_privacy(struct bk_desktop *desktop, struct bk_app_table *apps, struct bk_permission_store *store)
{
    _cleanup_json_ sd_json_variant *grants = NULL;
    _cleanup_json_ sd_json_variant *parameters = NULL;
    struct log_list list = { .apps = apps };
    int r = grant_list(apps, &grants);

    if (r >= 0)
        r = sd_json_variant_new_array(&list.uses, NULL, 0);
    if (r >= 0)
        r = bk_permission_store_read_log(store, BK_DESKTOP_PAST_USES_MAX, take_entry, &list);
    if (r >= 0)
        r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_VARIANT("grants", grants),
                           SD_JSON_BUILD_PAIR_VARIANT("uses", list.uses));
    sd_json_variant_unref(list.uses);
    bk_desktop_call(desktop, INTERFACE "SetPrivacy", r, parameters);
}

/* ---- what the person did ---- */

/* Null is none; false for what is not known. */
static bool take_choice(sd_json_variant *json, enum bk_choice *ret)
{
    *ret = BK_CHOICE_NONE;
    if (!bk_json_is_given(json))
        return true;
    if (!sd_json_variant_is_string(json))
        return false;
    *ret = bk_choice_by_name(sd_json_variant_string(json));
    return *ret != BK_CHOICES;
}

static const char *take_asked(sd_json_variant *json, const struct bk_desktop_events *events, void *userdata)
{
    sd_json_variant *id = sd_json_variant_by_key(json, "id");
    enum bk_choice choice;

    if (!sd_json_variant_is_integer(id) || !take_choice(sd_json_variant_by_key(json, "choice"), &choice))
        return "an answer to a dialog of a wrong form";
    events->asked(sd_json_variant_integer(id), choice, userdata);
    return NULL;
}

static const char *take_grant(sd_json_variant *json, const struct bk_desktop_events *events, void *userdata)
{
    static const char fault[] = "a grant of a wrong form";
    sd_json_variant *app = sd_json_variant_by_key(json, "app");
    sd_json_variant *name = sd_json_variant_by_key(json, "permission");
    enum bk_choice choice;

    if (!sd_json_variant_is_string(app) || !sd_json_variant_is_string(name) ||
        !take_choice(sd_json_variant_by_key(json, "choice"), &choice) || choice == BK_CHOICE_ONCE)
        return fault;
    enum bk_permission permission = bk_permission_by_name(sd_json_variant_string(name));
    if (permission == BK_PERMISSIONS)
        return fault;
    events->grant(sd_json_variant_string(app), permission, choice, userdata);
    return NULL;
}

bool bk_desktop_privacy_take(sd_json_variant *parameters, const struct bk_desktop_events *events, void *userdata,
                             const char **ret_fault)
{
    sd_json_variant *asked = sd_json_variant_by_key(parameters, "asked");
    sd_json_variant *grant = sd_json_variant_by_key(parameters, "grant");

    if (bk_json_is_given(asked))
        *ret_fault = take_asked(asked, events, userdata);
    else if (bk_json_is_given(grant))
        *ret_fault = take_grant(grant, events, userdata);
    else
        return false;
    return true;
}
