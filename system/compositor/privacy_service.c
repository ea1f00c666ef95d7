/* SPDX-License-Identifier: Apache-2.0 */
#include "privacy_service.h"

#include "desktop_service.h"

#include "log.h"

#include <errno.h>
#include <systemd/sd-json.h>

#define INTERFACE "io.bulkhead.Desktop."

/* --- Ask, WithdrawAsk --- */

struct ask_parameters {
    int64_t id;
    struct bk_prompt_content content;
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
        {},
    };
    struct bk_desktop *desktop = bk_desktop_service_desktop(userdata);
    struct ask_parameters parameters = { 0 };

    (void)flags;
    int r = sd_varlink_dispatch(link, json, table, &parameters);
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

int bk_privacy_service_bind(sd_varlink_server *server)
{
    return sd_varlink_server_bind_method_many(server, INTERFACE "Ask", on_ask, INTERFACE "WithdrawAsk",
                                              on_withdraw_ask);
}

/* --- what the person did --- */

void bk_privacy_service_answer(struct bk_desktop_service *service, int64_t id, enum bk_choice choice)
{
    __attribute__((cleanup(sd_json_variant_unrefp))) sd_json_variant *asked = NULL;
    __attribute__((cleanup(sd_json_variant_unrefp))) sd_json_variant *news = NULL;
    bool chosen = choice < BK_CHOICES;
    int r = sd_json_buildo(
        &asked, SD_JSON_BUILD_PAIR_INTEGER("id", id),
        SD_JSON_BUILD_PAIR_CONDITION(chosen, "choice", SD_JSON_BUILD_STRING(chosen ? bk_choice_names[choice] : NULL)));

    if (r >= 0)
        r = sd_json_buildo(&news, SD_JSON_BUILD_PAIR_VARIANT("asked", asked));
    if (r < 0) {
        errno = -r;
        bk_error("an answer of the person is lost: %m");
        return;
    }
    bk_desktop_service_tell(service, news);
}
