/* SPDX-License-Identifier: Apache-2.0 */
#include "preferences_service.h"

#include "desktop_service.h"

#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <systemd/sd-json.h>

struct preferences {
    int undisturbed;
    const char *layout, *variant;
};

/* All of it, before the model says that it changed: what the broker has kept it need not be told. */
static void take(struct bk_desktop *desktop, const struct preferences *preferences)
{
    const bool has_variant = preferences->variant[0] != '\0';
    char name[64];

    snprintf(name, sizeof name, "%s%s%s", preferences->layout, has_variant ? ":" : "", preferences->variant);
    size_t layout = bk_layout_find(name);
    if (layout < BK_LAYOUTS)
        bk_desktop_choose_layout(desktop, layout);
    else
        bk_warning("a keyboard layout was kept that there is not any more");
    desktop->preferences.chosen = true;
    desktop->preferences.undisturbed = preferences->undisturbed != 0;
    desktop->preferences.layout = desktop->layouts.chosen;
    bk_notifications_set_undisturbed(desktop->model, desktop->preferences.undisturbed);
}

static int on_set_preferences(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field outer[] = {
        { "preferences", SD_JSON_VARIANT_OBJECT, sd_json_dispatch_variant_noref, 0, SD_JSON_MANDATORY },
        {},
    };
    static const sd_json_dispatch_field inner[] = {
#define FIELD(name, type, dispatch, member) \
    { name, type, dispatch, offsetof(struct preferences, member), SD_JSON_MANDATORY }
        FIELD("doNotDisturb", SD_JSON_VARIANT_BOOLEAN, sd_json_dispatch_intbool, undisturbed),
        FIELD("keyboardLayout", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, layout),
        FIELD("keyboardVariant", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, variant),
#undef FIELD
        {},
    };
    struct bk_desktop *desktop = bk_desktop_service_desktop(userdata);
    struct preferences preferences = { 0 };
    sd_json_variant *given = NULL;

    (void)flags;
    int r = sd_varlink_dispatch(link, json, outer, &given);
    if (r == 0)
        r = sd_varlink_dispatch(link, given, inner, &preferences);
    if (r != 0)
        return r; /* it has been answered */
    if (!desktop->preferences.chosen)
        take(desktop, &preferences);
    return sd_varlink_reply(link, NULL);
}

int bk_preferences_service_bind(sd_varlink_server *server)
{
    return sd_varlink_server_bind_method(server, "io.bulkhead.Desktop.SetPreferences", on_set_preferences);
}

void bk_preferences_service_changed(struct bk_desktop *desktop)
{
    const bool undisturbed = bk_notifications_is_undisturbed(desktop->model);

    if (undisturbed == desktop->preferences.undisturbed && desktop->layouts.chosen == desktop->preferences.layout)
        return;
    desktop->preferences.chosen = true;
    desktop->preferences.undisturbed = undisturbed;
    desktop->preferences.layout = desktop->layouts.chosen;
    bk_preferences_service_tell(desktop);
}

void bk_preferences_service_tell(struct bk_desktop *desktop)
{
    __attribute__((cleanup(sd_json_variant_unrefp))) sd_json_variant *fields = NULL;
    __attribute__((cleanup(sd_json_variant_unrefp))) sd_json_variant *news = NULL;
    const struct bk_layout *layout = &bk_layout_table[desktop->preferences.layout];

    if (!desktop->preferences.chosen)
        return;
    int r = sd_json_buildo(&fields, SD_JSON_BUILD_PAIR_BOOLEAN("doNotDisturb", desktop->preferences.undisturbed),
                           SD_JSON_BUILD_PAIR_STRING("keyboardLayout", layout->layout),
                           SD_JSON_BUILD_PAIR_STRING("keyboardVariant", layout->variant));
    if (r >= 0)
        r = sd_json_variant_set_field(&news, "preferences", fields);
    if (r < 0) {
        errno = -r;
        bk_error("what the person chose for the desktop is not kept: %m");
        return;
    }
    bk_desktop_service_tell(desktop->service, news);
}
