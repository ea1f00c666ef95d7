/* SPDX-License-Identifier: Apache-2.0 */
#include "privacy_service.h"

#include "desktop_service.h"

#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <systemd/sd-json.h>

#define INTERFACE "io.bulkhead.Desktop."

/* --- Ask, WithdrawAsk --- */

struct ask_parameters {
    int64_t id;
    struct bk_prompt_content content;
    sd_json_variant *network;
};

static int on_ask(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = {
#define FIELD(name, type, dispatch, member) \
    { name, type, dispatch, offsetof(struct ask_parameters, member), SD_JSON_MANDATORY }
        FIELD("id", SD_JSON_VARIANT_INTEGER, sd_json_dispatch_int64, id),
        FIELD("app", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, content.app),
        FIELD("appName", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, content.app_name),
        FIELD("permission", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, content.permission),
        FIELD("reason", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, content.reason),
#undef FIELD
        { "network", SD_JSON_VARIANT_ARRAY, sd_json_dispatch_variant_noref, offsetof(struct ask_parameters, network),
          SD_JSON_NULLABLE },
        {},
    };
    struct bk_desktop *desktop = bk_desktop_service_desktop(userdata);
    struct ask_parameters parameters = { 0 };

    (void)flags;
    int r = sd_varlink_dispatch(link, json, table, &parameters);
    if (r == 0)
        r = bk_desktop_service_take_hosts(link, parameters.network, &parameters.content.reach);
    if (r != 0)
        return r;
    r = bk_prompt_ask(&desktop->prompt, bk_desktop_service_peer(link), parameters.id, &parameters.content);
    if (r == -EBUSY)
        return sd_varlink_error(link, INTERFACE "Busy", NULL);
    if (r == -EINVAL)
        return sd_varlink_error_invalid_parameter_name(link, "permission");
    if (r < 0)
        return sd_varlink_error_errno(link, r);
    return sd_varlink_reply(link, NULL);
}

static int on_withdraw_ask(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = {
        { "id", SD_JSON_VARIANT_INTEGER, sd_json_dispatch_int64, 0, SD_JSON_MANDATORY },
        {},
    };
    int64_t id = 0;

    (void)flags;
    int r = sd_varlink_dispatch(link, json, table, &id);
    if (r != 0)
        return r;
    r = bk_prompt_withdraw(&bk_desktop_service_desktop(userdata)->prompt, id);
    if (r == -ENOENT)
        return sd_varlink_errorbo(link, INTERFACE "NoSuchQuestion", SD_JSON_BUILD_PAIR_INTEGER("id", id));
    return sd_varlink_reply(link, NULL);
}

/* --- SetUses, SetPrivacy --- */

#define FIELD(name, type, dispatch, member) \
    { name, type, dispatch, offsetof(struct bk_privacy_told, member), SD_JSON_MANDATORY }
#define FIELDS                                                                             \
    FIELD("app", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, app),              \
        FIELD("appName", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, app_name), \
        FIELD("permission", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, permission)

static int dispatch_choice(const char *name, sd_json_variant *json, sd_json_dispatch_flags_t flags, void *userdata)
{
    (void)name;
    (void)flags;
    *(enum bk_choice *)userdata = bk_choice_parse(sd_json_variant_string(json)); /* none: it is refused by the model */
    return 0;
}

static const sd_json_dispatch_field use_table[] = {
    FIELDS,
    FIELD("since", SD_JSON_VARIANT_INTEGER, sd_json_dispatch_int64, start),
    {},
};
static const sd_json_dispatch_field past_table[] = {
    FIELDS,
    FIELD("start", SD_JSON_VARIANT_INTEGER, sd_json_dispatch_int64, start),
    FIELD("seconds", SD_JSON_VARIANT_INTEGER, sd_json_dispatch_int64, seconds),
    {},
};
static const sd_json_dispatch_field grant_table[] = {
    FIELDS,
    FIELD("choice", SD_JSON_VARIANT_STRING, dispatch_choice, choice),
    {},
};
#undef FIELDS
#undef FIELD

/* Fills `*ret_told`, which is the caller's to free, with what borrows from `list`; what is wrong has been answered. */
static int take_list(sd_varlink *link, sd_json_variant *list, const sd_json_dispatch_field *table, size_t max,
                     struct bk_privacy_told **ret_told)
{
    const size_t count = sd_json_variant_elements(list);

    if (count > max)
        return sd_varlink_errorbo(link, INTERFACE "TooManyEntries", SD_JSON_BUILD_PAIR_INTEGER("max", (int64_t)max));
    struct bk_privacy_told *told = calloc(count + 1, sizeof *told);
    if (told == NULL)
        return sd_varlink_error_errno(link, -ENOMEM);
    for (size_t i = 0; i < count; i++) {
        int r = sd_varlink_dispatch(link, sd_json_variant_by_index(list, i), table, &told[i]);
        if (r != 0) {
            free(told);
            return r;
        }
    }
    *ret_told = told;
    return 0;
}

static int end_set(sd_varlink *link, struct bk_desktop *desktop, int r)
{
    if (r == -EINVAL)
        return sd_varlink_error_invalid_parameter_name(link, "permission");
    if (r < 0)
        return sd_varlink_error_errno(link, r);
    bk_desktop_privacy_changed(desktop);
    return sd_varlink_reply(link, NULL);
}

static int on_set_uses(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = {
        { "uses", SD_JSON_VARIANT_ARRAY, sd_json_dispatch_variant_noref, 0, SD_JSON_MANDATORY },
        {},
    };
    struct bk_desktop *desktop = bk_desktop_service_desktop(userdata);
    struct bk_privacy_told *told = NULL;
    sd_json_variant *uses = NULL;

    (void)flags;
    int r = sd_varlink_dispatch(link, json, table, &uses);
    if (r == 0)
        r = take_list(link, uses, use_table, BK_USES_MAX, &told);
    if (told == NULL)
        return r; /* it has been answered */
    r = end_set(link, desktop, bk_privacy_set_uses(&desktop->privacy, told, sd_json_variant_elements(uses)));
    free(told);
    return r;
}

static int on_set_privacy(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = {
        { "grants", SD_JSON_VARIANT_ARRAY, sd_json_dispatch_variant_noref, 0, SD_JSON_MANDATORY },
        { "uses", SD_JSON_VARIANT_ARRAY, sd_json_dispatch_variant_noref, sizeof(sd_json_variant *), SD_JSON_MANDATORY },
        {},
    };
    struct bk_desktop *desktop = bk_desktop_service_desktop(userdata);
    struct bk_privacy_told *grants = NULL, *past = NULL;
    sd_json_variant *lists[2] = { NULL, NULL };

    (void)flags;
    int r = sd_varlink_dispatch(link, json, table, lists);
    if (r == 0)
        r = take_list(link, lists[0], grant_table, BK_GRANTS_MAX, &grants);
    if (grants != NULL)
        r = take_list(link, lists[1], past_table, BK_PAST_USES_MAX, &past);
    if (past != NULL) /* else it has been answered */
        r = end_set(link, desktop,
                    bk_privacy_set(&desktop->privacy, grants, sd_json_variant_elements(lists[0]), past,
                                   sd_json_variant_elements(lists[1])));
    free(grants);
    free(past);
    return r;
}

int bk_privacy_service_bind(sd_varlink_server *server)
{
    return sd_varlink_server_bind_method_many(server, INTERFACE "Ask", on_ask, INTERFACE "WithdrawAsk", on_withdraw_ask,
                                              INTERFACE "SetUses", on_set_uses, INTERFACE "SetPrivacy", on_set_privacy);
}

/* --- what the person did --- */

/* `what` with the choice, where one was made, as the news `name`. Takes `what`. */
static void tell(struct bk_desktop_service *service, const char *name, sd_json_variant *what, enum bk_choice choice)
{
    __attribute__((cleanup(sd_json_variant_unrefp))) sd_json_variant *fields = what;
    __attribute__((cleanup(sd_json_variant_unrefp))) sd_json_variant *news = NULL;
    int r = fields != NULL ? 0 : -ENOMEM;

    if (r >= 0 && choice < BK_CHOICES)
        r = sd_json_variant_set_field_string(&fields, "choice", bk_choice_names[choice]);
    if (r >= 0)
        r = sd_json_variant_set_field(&news, name, fields);
    if (r < 0) {
        errno = -r;
        bk_error("what the person chose is lost: %m");
        return;
    }
    bk_desktop_service_tell(service, news);
}

void bk_privacy_service_answer(struct bk_desktop_service *service, int64_t id, enum bk_choice choice)
{
    sd_json_variant *asked = NULL;

    (void)sd_json_buildo(&asked, SD_JSON_BUILD_PAIR_INTEGER("id", id));
    tell(service, "asked", asked, choice);
}

void bk_privacy_service_change(struct bk_desktop_service *service, const char *app, const char *permission,
                               enum bk_choice choice)
{
    sd_json_variant *grant = NULL;

    (void)sd_json_buildo(&grant, SD_JSON_BUILD_PAIR_STRING("app", app),
                         SD_JSON_BUILD_PAIR_STRING("permission", permission));
    tell(service, "grant", grant, choice);
}
