/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "open_defaults.h"

#include "log.h"

#include <string.h>
#include <systemd/sd-json.h>

static unsigned place_of(const struct bk_open_defaults *defaults, const char *kind)
{
    unsigned place = 0;

    while (place < defaults->count && strcmp(defaults->items[place].kind, kind) != 0)
        place++;
    return place;
}

static void take_out(struct bk_open_defaults *defaults, unsigned place)
{
    defaults->count--;
    memmove(&defaults->items[place], &defaults->items[place + 1],
            (defaults->count - place) * sizeof defaults->items[0]);
}

/* Puts it behind the others. */
static void put(struct bk_open_defaults *defaults, const char *kind, const char *app, bool fresh, bool once)
{
    unsigned before = place_of(defaults, kind);

    if (before < defaults->count)
        take_out(defaults, before);
    if (defaults->count == BK_OPEN_DEFAULTS_MAX)
        take_out(defaults, 0);
    struct bk_open_default *item = &defaults->items[defaults->count++];
    *item = (struct bk_open_default){ .fresh = fresh, .once = once };
    memcpy(item->kind, kind, strlen(kind) + 1);
    memcpy(item->app, app, strlen(app) + 1);
}

void bk_open_defaults_take(struct bk_open_defaults *defaults, sd_json_variant *object)
{
    *defaults = (struct bk_open_defaults){ .count = 0 };
    /* An object is an array of its keys and values to sd-json. */
    for (size_t i = 0; i + 1 < sd_json_variant_elements(object); i += 2) {
        const char *kind = sd_json_variant_string(sd_json_variant_by_index(object, i));
        sd_json_variant *value = sd_json_variant_by_index(object, i + 1);
        const bool fresh = sd_json_variant_boolean(sd_json_variant_by_key(value, "fresh")) > 0;
        const bool once = sd_json_variant_boolean(sd_json_variant_by_key(value, "once")) > 0;
        if (sd_json_variant_is_object(value))
            value = sd_json_variant_by_key(value, "app");
        const char *app = sd_json_variant_is_string(value) ? sd_json_variant_string(value) : "";
        if (kind[0] != '\0' && strlen(kind) <= BK_OPEN_KIND_MAX && app[0] != '\0' && strlen(app) <= BK_APP_OWNER_MAX)
            put(defaults, kind, app, fresh, once);
    }
}

void bk_open_defaults_load(struct bk_open_defaults *defaults, const char *path)
{
    struct bk_preferences file;

    bk_preferences_open(&file, path);
    bk_open_defaults_take(defaults, file.kept);
    defaults->file = file;
}

void bk_open_defaults_finish(struct bk_open_defaults *defaults)
{
    bk_preferences_close(&defaults->file);
}

struct bk_open_default *bk_open_defaults_find(struct bk_open_defaults *defaults, const char *kind)
{
    unsigned place = place_of(defaults, kind);

    return place < defaults->count ? &defaults->items[place] : NULL;
}

static int add(sd_json_variant **object, const struct bk_open_default *item)
{
    __attribute__((cleanup(sd_json_variant_unrefp))) sd_json_variant *value = NULL;

    if (!item->fresh && !item->once)
        return sd_json_variant_set_field_string(object, item->kind, item->app);
    int r = sd_json_buildo(&value, SD_JSON_BUILD_PAIR_STRING("app", item->app),
                           SD_JSON_BUILD_PAIR_CONDITION(item->fresh, "fresh", SD_JSON_BUILD_BOOLEAN(true)),
                           SD_JSON_BUILD_PAIR_CONDITION(item->once, "once", SD_JSON_BUILD_BOOLEAN(true)));
    return r < 0 ? r : sd_json_variant_set_field(object, item->kind, value);
}

static int build(const struct bk_open_defaults *defaults, sd_json_variant **object)
{
    int r = sd_json_build(object, SD_JSON_BUILD_EMPTY_OBJECT);

    for (unsigned i = 0; r >= 0 && i < defaults->count; i++)
        r = add(object, &defaults->items[i]);
    return r;
}

static void keep(struct bk_open_defaults *defaults)
{
    sd_json_variant *object = NULL;

    int r = build(defaults, &object);
    if (r >= 0)
        bk_preferences_keep(&defaults->file, object);
    else
        bk_error("a default is not kept: %s", strerror(-r));
    sd_json_variant_unref(object);
}

void bk_open_defaults_choose(struct bk_open_defaults *defaults, const char *kind, const char *app, bool fresh)
{
    put(defaults, kind, app, fresh, false);
    keep(defaults);
}

void bk_open_defaults_change(struct bk_open_defaults *defaults, const char *kind, enum bk_open_default_wish wish)
{
    unsigned place = place_of(defaults, kind);

    if (place == defaults->count)
        return; /* it went meanwhile */
    defaults->items[place].once = wish == BK_OPEN_DEFAULT_ONCE;
    if (wish == BK_OPEN_DEFAULT_FORGET)
        take_out(defaults, place);
    else if (wish != BK_OPEN_DEFAULT_ONCE)
        defaults->items[place].fresh = wish == BK_OPEN_DEFAULT_FRESH;
    keep(defaults);
}

void bk_open_defaults_forget(struct bk_open_defaults *defaults, const char *app)
{
    unsigned count = defaults->count;

    for (unsigned i = count; i-- > 0;) {
        if (strcmp(defaults->items[i].app, app) == 0)
            take_out(defaults, i);
    }
    if (defaults->count < count)
        keep(defaults);
}
