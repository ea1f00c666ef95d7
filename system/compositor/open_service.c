/* SPDX-License-Identifier: Apache-2.0 */
#include "open_service.h"

#include "desktop_service.h"

#include "log.h"

#include <assert.h>
#include <errno.h>
#include <systemd/sd-json.h>

#define INTERFACE "io.bulkhead.Desktop."

#define FIELD(type, name, json, dispatch, member, flags) \
    { name, SD_JSON_VARIANT_##json, sd_json_dispatch_##dispatch, offsetof(type, member), flags }

/* --- AskOpening --- */

struct opening_parameters {
    int64_t id;
    struct bk_prompt_content content;
    sd_json_variant *openers;
};

/* What is wrong has been answered: not 0. */
static int take_openers(sd_varlink *link, sd_json_variant *list,
                        struct bk_opener_content openers[static BK_OPENING_OPENERS_MAX])
{
    static const sd_json_dispatch_field table[] = {
        FIELD(struct bk_opener_content, "app", STRING, const_string, app, SD_JSON_MANDATORY),
        FIELD(struct bk_opener_content, "appName", STRING, const_string, name, SD_JSON_MANDATORY),
        FIELD(struct bk_opener_content, "system", BOOLEAN, stdbool, system, SD_JSON_NULLABLE),
        {},
    };

    if (sd_json_variant_elements(list) > BK_OPENING_OPENERS_MAX)
        return sd_varlink_errorbo(link, INTERFACE "TooManyEntries",
                                  SD_JSON_BUILD_PAIR_INTEGER("max", BK_OPENING_OPENERS_MAX));
    for (size_t i = 0; i < sd_json_variant_elements(list); i++) {
        openers[i] = (struct bk_opener_content){ .system = false };
        int r = sd_varlink_dispatch(link, sd_json_variant_by_index(list, i), table, &openers[i]);
        if (r != 0)
            return r;
    }
    return 0;
}

static int on_ask_opening(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = {
#define GIVEN(name, json, dispatch, member) \
    FIELD(struct opening_parameters, name, json, dispatch, member, SD_JSON_MANDATORY)
#define PERHAPS(name, json, dispatch, member) \
    FIELD(struct opening_parameters, name, json, dispatch, member, SD_JSON_NULLABLE)
        GIVEN("id", INTEGER, int64, id),
        GIVEN("app", STRING, const_string, content.app),
        GIVEN("appName", STRING, const_string, content.app_name),
        PERHAPS("scheme", STRING, const_string, content.opening.scheme),
        PERHAPS("host", STRING, const_string, content.opening.host),
        PERHAPS("link", STRING, const_string, content.opening.link),
        PERHAPS("name", STRING, const_string, content.opening.name),
        PERHAPS("type", STRING, const_string, content.opening.type),
        PERHAPS("size", INTEGER, int64, content.opening.size),
        GIVEN("openers", ARRAY, variant_noref, openers),
        GIVEN("keep", BOOLEAN, stdbool, content.opening.keep),
#undef GIVEN
#undef PERHAPS
        {},
    };
    struct bk_desktop *desktop = bk_desktop_service_desktop(userdata);
    struct bk_opener_content openers[BK_OPENING_OPENERS_MAX];
    struct opening_parameters parameters = { .content = { .kind = BK_PROMPT_OPENING } };

    (void)flags;
    int r = sd_varlink_dispatch(link, json, table, &parameters);
    if (r == 0)
        r = take_openers(link, parameters.openers, openers);
    if (r != 0)
        return r;
    parameters.content.opening.openers = openers;
    parameters.content.opening.count = sd_json_variant_elements(parameters.openers);
    r = bk_prompt_ask(&desktop->prompt, bk_desktop_service_peer(link), parameters.id, &parameters.content);
    if (r == -EBUSY)
        return sd_varlink_error(link, INTERFACE "Busy", NULL);
    if (r == -EINVAL)
        return sd_varlink_error_invalid_parameter_name(link, "link");
    if (r < 0)
        return sd_varlink_error_errno(link, r);
    return sd_varlink_reply(link, NULL);
}

/* --- Present --- */

static int on_present(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = {
        { "app", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, 0, SD_JSON_MANDATORY },
        {},
    };
    struct bk_desktop *desktop = bk_desktop_service_desktop(userdata);
    const char *id = NULL;

    (void)flags;
    int r = sd_varlink_dispatch(link, json, table, &id);
    if (r != 0)
        return r;
    bk_stage_present(desktop->stage, id);
    return sd_varlink_reply(link, NULL);
}

/* --- SetDefaults --- */

static int on_set_defaults(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field outer[] = {
        { "defaults", SD_JSON_VARIANT_ARRAY, sd_json_dispatch_variant_noref, 0, SD_JSON_MANDATORY },
        {},
    };
    static const sd_json_dispatch_field inner[] = {
        FIELD(struct bk_default, "kind", STRING, const_string, kind, SD_JSON_MANDATORY),
        FIELD(struct bk_default, "app", STRING, const_string, app, SD_JSON_MANDATORY),
        FIELD(struct bk_default, "appName", STRING, const_string, app_name, SD_JSON_MANDATORY),
        FIELD(struct bk_default, "fresh", BOOLEAN, stdbool, fresh, SD_JSON_MANDATORY),
        FIELD(struct bk_default, "once", BOOLEAN, stdbool, once, SD_JSON_MANDATORY),
        {},
    };
    struct bk_desktop *desktop = bk_desktop_service_desktop(userdata);
    struct bk_default told[BK_DEFAULTS_MAX];
    sd_json_variant *list = NULL;

    (void)flags;
    int r = sd_varlink_dispatch(link, json, outer, &list);
    if (r == 0 && sd_json_variant_elements(list) > BK_DEFAULTS_MAX)
        return sd_varlink_errorbo(link, INTERFACE "TooManyEntries", SD_JSON_BUILD_PAIR_INTEGER("max", BK_DEFAULTS_MAX));
    for (size_t i = 0; r == 0 && i < sd_json_variant_elements(list); i++)
        r = sd_varlink_dispatch(link, sd_json_variant_by_index(list, i), inner, &told[i]);
    if (r != 0)
        return r;
    r = bk_defaults_set(&desktop->defaults, told, sd_json_variant_elements(list));
    if (r == -EINVAL)
        return sd_varlink_error_invalid_parameter_name(link, "defaults");
    if (r < 0)
        return sd_varlink_error_errno(link, r);
    bk_desktop_privacy_changed(desktop);
    return sd_varlink_reply(link, NULL);
}

int bk_open_service_bind(sd_varlink_server *server)
{
    return sd_varlink_server_bind_method_many(server, INTERFACE "AskOpening", on_ask_opening, INTERFACE "Present",
                                              on_present, INTERFACE "SetDefaults", on_set_defaults);
}

/* --- what the person did --- */

/* Takes `what`. */
static void tell(struct bk_desktop_service *service, int r, sd_json_variant *what)
{
    if (r >= 0) {
        bk_desktop_service_tell(service, what);
    } else {
        errno = -r;
        bk_error("what the person chose is lost: %m");
    }
    sd_json_variant_unref(what);
}

void bk_open_service_opened(struct bk_desktop_service *service, int64_t id, const char *app, bool always, bool fresh)
{
    __attribute__((cleanup(sd_json_variant_unrefp))) sd_json_variant *opened = NULL;
    sd_json_variant *news = NULL;
    int r = sd_json_buildo(&opened, SD_JSON_BUILD_PAIR_INTEGER("id", id),
                           SD_JSON_BUILD_PAIR_CONDITION(app != NULL, "app", SD_JSON_BUILD_STRING(app)),
                           SD_JSON_BUILD_PAIR_BOOLEAN("always", always), SD_JSON_BUILD_PAIR_BOOLEAN("fresh", fresh));

    if (r >= 0)
        r = sd_json_buildo(&news, SD_JSON_BUILD_PAIR_VARIANT("opened", opened));
    tell(service, r, news);
}

void bk_open_service_change_default(struct bk_desktop_service *service, const char *kind, enum bk_default_wish wish)
{
    static const char *const names[] = { [BK_DEFAULT_APP] = "app",
                                         [BK_DEFAULT_FRESH] = "fresh",
                                         [BK_DEFAULT_ONCE] = "once",
                                         [BK_DEFAULT_FORGET] = "forget" };
    static_assert(sizeof names / sizeof names[0] == BK_DEFAULT_WISHES, "a name for each");
    __attribute__((cleanup(sd_json_variant_unrefp))) sd_json_variant *change = NULL;
    sd_json_variant *news = NULL;
    int r =
        sd_json_buildo(&change, SD_JSON_BUILD_PAIR_STRING("kind", kind), SD_JSON_BUILD_PAIR_STRING("to", names[wish]));

    if (r >= 0)
        r = sd_json_buildo(&news, SD_JSON_BUILD_PAIR_VARIANT("default", change));
    tell(service, r, news);
}
