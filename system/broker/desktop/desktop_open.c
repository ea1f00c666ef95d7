/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "desktop_open.h"

#include "json.h"

#include <assert.h>
#include <string.h>

#define INTERFACE "io.bulkhead.Desktop."

bool bk_desktop_ask_opening(struct bk_desktop *desktop, int64_t id, const struct bk_app *app,
                            const struct bk_open_thing *thing, bool keep, const struct bk_app *system,
                            struct bk_app *const *openers, size_t count)
{
    _cleanup_json_ sd_json_variant *list = NULL;
    _cleanup_json_ sd_json_variant *parameters = NULL;
    const bool link = thing->link != NULL, host = link && thing->parsed.host[0] != '\0';
    int r = sd_json_variant_new_array(&list, NULL, 0);

    for (size_t i = 0; r >= 0 && i < count; i++)
        r = sd_json_variant_append_arraybo(
            &list, SD_JSON_BUILD_PAIR_STRING("app", openers[i]->id),
            SD_JSON_BUILD_PAIR_STRING("appName", openers[i]->name),
            SD_JSON_BUILD_PAIR_CONDITION(openers[i] == system, "system", SD_JSON_BUILD_BOOLEAN(true)));
    if (r >= 0)
        r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_INTEGER("id", id), SD_JSON_BUILD_PAIR_STRING("app", app->id),
                           SD_JSON_BUILD_PAIR_STRING("appName", app->name),
                           SD_JSON_BUILD_PAIR_CONDITION(link, "scheme", SD_JSON_BUILD_STRING(thing->parsed.scheme)),
                           SD_JSON_BUILD_PAIR_CONDITION(host, "host", SD_JSON_BUILD_STRING(thing->parsed.host)),
                           SD_JSON_BUILD_PAIR_CONDITION(link, "link", SD_JSON_BUILD_STRING(thing->link)),
                           SD_JSON_BUILD_PAIR_CONDITION(!link, "name", SD_JSON_BUILD_STRING(thing->name)),
                           SD_JSON_BUILD_PAIR_CONDITION(!link, "type", SD_JSON_BUILD_STRING(thing->type)),
                           SD_JSON_BUILD_PAIR_CONDITION(!link, "size", SD_JSON_BUILD_UNSIGNED(thing->size)),
                           SD_JSON_BUILD_PAIR_VARIANT("openers", list), SD_JSON_BUILD_PAIR_BOOLEAN("keep", keep));
    return bk_desktop_ask_call(desktop, INTERFACE "AskOpening", id, r, parameters);
}

void bk_desktop_present(struct bk_desktop *desktop, const struct bk_app *app)
{
    _cleanup_json_ sd_json_variant *parameters = NULL;
    int r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_STRING("app", app->id));

    bk_desktop_call(desktop, INTERFACE "Present", r, parameters);
}

void bk_desktop_set_defaults(struct bk_desktop *desktop, struct bk_app_table *apps,
                             const struct bk_open_defaults *defaults)
{
    _cleanup_json_ sd_json_variant *list = NULL;
    _cleanup_json_ sd_json_variant *parameters = NULL;
    int r = sd_json_variant_new_array(&list, NULL, 0);

    for (unsigned i = 0; r >= 0 && i < defaults->count; i++) {
        const struct bk_open_default *item = &defaults->items[i];
        const struct bk_app *app = bk_app_by_owner(apps, item->app);
        char id[BK_APP_ID_MAX + 1];

        snprintf(id, sizeof id, "%.*s", (int)strcspn(item->app, " "), item->app);
        r = sd_json_variant_append_arraybo(
            &list, SD_JSON_BUILD_PAIR_STRING("kind", item->kind), SD_JSON_BUILD_PAIR_STRING("app", id),
            SD_JSON_BUILD_PAIR_STRING("appName", app != NULL ? app->name : id),
            SD_JSON_BUILD_PAIR_BOOLEAN("fresh", item->fresh), SD_JSON_BUILD_PAIR_BOOLEAN("once", item->once));
    }
    if (r >= 0)
        r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_VARIANT("defaults", list));
    bk_desktop_call(desktop, INTERFACE "SetDefaults", r, parameters);
}

/* False when it is none. */
static bool take_change(sd_json_variant *change, const struct bk_desktop_events *events, void *userdata)
{
    static const char *const names[] = { [BK_OPEN_DEFAULT_APP] = "app",
                                         [BK_OPEN_DEFAULT_FRESH] = "fresh",
                                         [BK_OPEN_DEFAULT_ONCE] = "once",
                                         [BK_OPEN_DEFAULT_FORGET] = "forget" };
    static_assert(sizeof names / sizeof names[0] == BK_OPEN_DEFAULT_WISHES, "a name for each");
    sd_json_variant *kind = sd_json_variant_by_key(change, "kind");
    sd_json_variant *to = sd_json_variant_by_key(change, "to");

    for (int wish = 0;
         sd_json_variant_is_string(kind) && sd_json_variant_is_string(to) && wish < BK_OPEN_DEFAULT_WISHES; wish++) {
        if (strcmp(sd_json_variant_string(to), names[wish]) != 0)
            continue;
        events->change_default(sd_json_variant_string(kind), (enum bk_open_default_wish)wish, userdata);
        return true;
    }
    return false;
}

bool bk_desktop_open_take(sd_json_variant *parameters, const struct bk_desktop_events *events, void *userdata,
                          const char **ret_fault)
{
    sd_json_variant *opened = sd_json_variant_by_key(parameters, "opened");
    sd_json_variant *change = sd_json_variant_by_key(parameters, "default");
    sd_json_variant *id = sd_json_variant_by_key(opened, "id");
    sd_json_variant *app = sd_json_variant_by_key(opened, "app");
    sd_json_variant *always = sd_json_variant_by_key(opened, "always");
    sd_json_variant *fresh = sd_json_variant_by_key(opened, "fresh");

    *ret_fault = NULL;
    if (bk_json_is_given(change))
        *ret_fault = take_change(change, events, userdata) ? NULL : "a change of a default of a wrong form";
    else if (!bk_json_is_given(opened))
        return false;
    else if (!sd_json_variant_is_integer(id) || !sd_json_variant_is_boolean(always) ||
             !sd_json_variant_is_boolean(fresh) || (bk_json_is_given(app) && !sd_json_variant_is_string(app)))
        *ret_fault = "an answer to an opening of a wrong form";
    else
        events->opened(sd_json_variant_integer(id), bk_json_is_given(app) ? sd_json_variant_string(app) : NULL,
                       sd_json_variant_boolean(always) > 0, sd_json_variant_boolean(fresh) > 0, userdata);
    return true;
}
